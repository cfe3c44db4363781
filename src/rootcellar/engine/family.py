"""The files of one item, on their way into the archive: named, written, moved, kept or retired."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from rootcellar.archive.copying import FileUnreadable, Written, sha256_of, signature
from rootcellar.archive.names import fold, is_text, portable_suffix, with_digest
from rootcellar.archive.records import file_entry
from rootcellar.archive.writer import sha256_of_bytes
from rootcellar.canonical import Encoded
from rootcellar.engine.adopting import Taken
from rootcellar.engine.foresight import Foreseen
from rootcellar.items import Absent, Bytes, CopyOf, File, Item, View
from rootcellar.state.rows import Missing, StoredFile, StoredItem

if TYPE_CHECKING:
    from rootcellar.engine.preparing import Preparing

_DIGESTS = (4, 8, 16, 32, 64)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def mtime_of(moment: datetime | None) -> int:
    """Return a moment in nanoseconds since 1970; 0 for none."""
    if moment is None:
        return 0
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 10**9 + delta.microseconds * 1000


def kept_view(former: StoredFile, condition: str, data: bytes) -> StoredFile | None:
    """Return the page that stays as it is: equal to `data`, or edited by a person; else None."""
    same = former.sha256 == sha256_of_bytes(data)
    if condition == "lost" or not (same or condition == "foreign"):
        return None
    return replace(former, kept=not same)


class Family:
    """The files of one item, on their way into the archive."""

    def __init__(
        self, preparing: "Preparing", item: Item, known: StoredItem | None, stem: str
    ) -> None:
        self.preparing = preparing
        self.writing = preparing.writing
        self.batch = preparing.batch
        self.item = item
        self.key = item.sighting.key
        self.former = {file.role: file for file in known.files} if known else {}
        self.owners = frozenset({self.key, known.key if known else self.key})
        self._held = {fold(file.path): role for role, file in self.former.items()}
        self._found_free: set[str] = set()
        self.missing: list[Missing] = []
        self.touched = False
        self.offered = self._offered()
        self.stem = self._free_stem(stem, known)

    def settle_files(self) -> list[StoredFile]:
        """Return the files the item has in the archive after the batch."""
        stored: dict[str, StoredFile] = {}
        held = set(self.former)
        ranked = sorted(self.item.files, key=lambda file: bool(file.stands_in_for))
        for file in ranked:
            if file.stands_in_for and file.stands_in_for in held:
                continue
            if not isinstance(file.content, View) and (found := self._place(file)):
                stored[file.role] = found
                held.add(file.role)
        for file in self.item.files:
            if isinstance(file.content, View):
                stored[file.role] = self._place_view(file, file.content, stored.values())
        for role, former in self.former.items():
            if role not in stored and (kept := self._retire(former)):
                stored[role] = kept
        order = {file.role: number for number, file in enumerate(self.item.files)}
        return sorted(stored.values(), key=lambda file: (order.get(file.role, 999), file.role))

    # -- names -------------------------------------------------------------------------------

    def _free_stem(self, stem: str, known: StoredItem | None) -> str:
        if known is not None and known.stem == stem:
            return stem  # a name once given is kept; a new file of it takes the digest alone
        endings = [
            (file.role, portable_suffix(file.suffix))
            for file in self.item.files
            if not self._needs_no_name(file)
        ]
        candidate = stem
        for length in _DIGESTS:
            if all(self._is_free(candidate + suffix, role) for role, suffix in endings):
                return candidate
            candidate = with_digest(stem, self.key, length)
        return candidate

    def _needs_no_name(self, file: File) -> bool:
        if isinstance(file.content, View):
            # Where another program's sidecar lies, ours alone gets another name.
            return self.writing.adoption is not None
        known = file.role in self.former or file.role in self.offered
        return isinstance(file.content, Absent) and not known

    def _is_free(self, path: str, role: str) -> bool:
        """Return whether a name is free: of other items, and of this one's other files."""
        if self._held.get(fold(path), role) != role:
            return False
        if role in self.offered and fold(self.offered[role].path) == fold(path):
            return True  # there already, under the right name
        if path not in self._found_free:
            if not self.preparing.neighbours.is_free(path, self.preparing.exporter, self.owners):
                return False
            self._found_free.add(path)  # it is asked for again when it is given
        return True

    def _path(self, file: File) -> str:
        suffix = portable_suffix(file.suffix)
        former = self.former.get(file.role)
        if former is not None and any(former.path == name for name in self._names(suffix)):
            return former.path
        path = ""
        for path in self._names(suffix):
            if self._is_free(path, file.role):
                break
        self._held[fold(path)] = file.role
        self.preparing.neighbours.claim(path, self.key)
        return path

    def _names(self, suffix: str) -> Iterator[str]:
        """Yield the names a file of this item may bear, the best one first."""
        yield self.stem + suffix
        for length in _DIGESTS:
            yield with_digest(self.stem, self.key, length) + suffix

    # -- originals ---------------------------------------------------------------------------

    def _offered(self) -> dict[str, Taken]:
        """Return the files that are taken from a folder that is being adopted, by role."""
        adoption = self.writing.adoption
        if adoption is None:
            return {}
        there = [file for file in self.former.values() if self._condition(file) != "lost"]
        times = {file.role: mtime_of(file.modified) for file in self.item.files}
        return adoption.find(self.item, there, self.preparing.staging, times)

    def _place(self, file: File) -> StoredFile | None:
        former = self.former.get(file.role)
        if file.role in self.offered:
            return self._take(file, self.offered[file.role])
        try:
            if isinstance(file.content, CopyOf):
                return self._place_copy(file, file.content.path, former)
            if isinstance(file.content, Bytes):
                return self._place_bytes(file, file.content.data, former)
        except FileUnreadable as error:
            self.missing.append(Missing(file.role, error.message, error.hint, failed=True))
            return self._keep(file, former) if former else None
        assert isinstance(file.content, Absent)
        if former is not None and self._condition(former) != "lost":
            return self._keep(file, former)  # it has left this machine; the archive has it
        absent = file.content
        awaits = tuple(str(path) for path in absent.awaits if is_text(str(path)))
        gap = Missing(file.role, absent.reason, absent.hint, awaits)
        if absent.downloadable:
            dated = mtime_of(file.modified)
            gap = replace(gap, downloadable=True, size=absent.size or 0, dated=dated)
        self.missing.append(gap)
        self.former.pop(file.role, None)
        return None

    def _place_copy(self, file: File, source: Path, former: StoredFile | None) -> StoredFile:
        now = signature(source)
        condition = self._condition(former) if former else "lost"
        if former and condition == "intact":
            if former.source == now:
                return self._keep(file, former)
            if now.partition(":")[0] == str(former.size):
                digest = self.preparing.staging.remembered_hash(str(source), now)
                if (digest or sha256_of(source)) == former.sha256:
                    return replace(self._keep(file, former), source=now)
        self.writing.require_space(int(now.partition(":")[0]))
        path = self._path(file)
        written = self.batch.put_copy(source, path, mtime_of(file.modified))
        return self._put(file, path, written, former, condition)

    def _take(self, file: File, taken: Taken) -> StoredFile:
        path = self._path(file)
        mtime_ns = self.batch.take(taken.path, path, mtime_of(file.modified))
        self.touched = True
        return StoredFile(file.role, path, taken.size, taken.sha256, mtime_ns, taken.source)

    def _place_bytes(self, file: File, data: bytes, former: StoredFile | None) -> StoredFile:
        condition = self._condition(former) if former else "lost"
        if former and condition == "intact" and former.sha256 == sha256_of_bytes(data):
            return self._keep(file, former)
        path = self._path(file)
        written = self.batch.put_bytes(data, path, mtime_of(file.modified))
        return self._put(file, path, written, former, condition)

    def _put(
        self,
        file: File,
        path: str,
        written: Written,
        former: StoredFile | None,
        condition: str,
        template: str = "",
    ) -> StoredFile:
        self.touched = True
        self.writing.bytes += written.size
        if former is not None:
            self._out(former, condition)
        return StoredFile(
            file.role,
            path,
            written.size,
            written.sha256,
            written.mtime_ns,
            written.source,
            view=bool(template),
            rendered=template,
        )

    def _out(self, former: StoredFile, condition: str) -> None:
        if condition == "intact":
            self.batch.retire(former.path, former.sha256)
        elif condition == "foreign":
            self.batch.quarantine(former.path, self.writing.disk.sha256(former.path))

    def _keep(self, file: File, former: StoredFile) -> StoredFile:
        path = self._path(file)
        mtime_ns = former.mtime_ns
        if file.modified is not None and mtime_of(file.modified) != mtime_ns:
            mtime_ns = self._retouch(former, mtime_of(file.modified))
        if path == former.path:
            return replace(former, mtime_ns=mtime_ns)
        self.touched = True
        if self.writing.disk.exists(former.path):
            self.batch.move(former.path, path)
        return replace(former, path=path, mtime_ns=mtime_ns)

    def _retouch(self, former: StoredFile, mtime_ns: int) -> int:
        if self._condition(former) != "intact":
            return former.mtime_ns
        return self.writing.disk.set_mtime(former.path, mtime_ns)

    def _condition(self, former: StoredFile) -> str:
        return self.writing.condition_of(former)

    # -- views -------------------------------------------------------------------------------

    def _place_view(self, file: File, view: View, others: Iterable[StoredFile]) -> StoredFile:
        data = view.data if isinstance(view, Foreseen) else self._rendered(file, view, others)
        former = self.former.get(file.role)
        condition = self._condition(former) if former else "lost"
        if former and (kept := kept_view(former, condition, data)):
            return replace(self._keep(file, kept), view=True, rendered=view.template)
        path = self._path(file)
        written = self.batch.put_bytes(data, path, mtime_of(file.modified))
        return self._put(file, path, written, former, condition, view.template)

    def _rendered(self, file: File, view: View, others: Iterable[StoredFile]) -> bytes:
        entries = [file_entry(other) for other in others if not other.view]
        links = self.preparing.links(self.item.refers_to, self.stem, portable_suffix(file.suffix))
        title = self.item.sighting.title
        record = self.item.record
        if isinstance(record, Encoded):
            record = record.value
        return self.preparing.render(view.template, record, entries, title, links)

    def _retire(self, former: StoredFile) -> StoredFile | None:
        """Retire a file whose role is no more; a view that was edited stays where it is."""
        condition = self._condition(former)
        if former.view and condition == "foreign":
            return replace(former, kept=True)
        self.touched = True
        self._out(former, condition)
        return None
