"""One item beside what the archive holds of it: which files are written, moved, retired, kept."""

import contextlib
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rootcellar.archive.copying import (
    WORTHWHILE,
    FileUnreadable,
    Written,
    sha256_of,
    signature,
    size_of,
)
from rootcellar.archive.names import fold, portable_suffix, with_digest
from rootcellar.archive.records import Line, file_entry, make_line
from rootcellar.archive.writer import Batch, sha256_of_bytes
from rootcellar.engine.places import Places
from rootcellar.engine.writing import Neighbours, Writing
from rootcellar.items import Absent, Bytes, CopyOf, File, Item, Record, View
from rootcellar.state.rows import Missing, StoredFile, StoredItem
from rootcellar.state.staging import Staging

_DIGESTS = (4, 8, 16, 32, 64)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Render = Callable[[str, Record, list[dict[str, object]], str, Mapping[str, str]], bytes]
"""Renders (template, record, file entries, title, links) to bytes."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of one item: its row for the state, its line, and how it is reported."""

    item: StoredItem
    line: Line
    status: str
    former: StoredItem | None = None


def mtime_of(moment: datetime | None) -> int:
    """Return a moment in nanoseconds since 1970; 0 for none."""
    if moment is None:
        return 0
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 10**9 + delta.microseconds * 1000


class Preparing:
    """Prepares the items of one batch of one exporter."""

    def __init__(
        self,
        writing: Writing,
        staging: Staging,
        batch: Batch,
        render: Render,
        exporter: str,
        places: Places,
    ) -> None:
        self.writing = writing
        self.staging = staging
        self.batch = batch
        self.render = render
        self.exporter = exporter
        self.places = places
        self.neighbours = Neighbours(writing)

    def copy_ahead(self, items: Iterable[Item]) -> None:
        """Begin to copy the large files of items that are new: they will be wanted, all of them.

        Nothing is begun when there may not be room: the drive is then filled file by file.
        """
        wanted = []
        total = 0
        for item in items:
            for file in item.files:
                if isinstance(file.content, CopyOf) and not file.stands_in_for:
                    with contextlib.suppress(FileUnreadable):
                        size = size_of(file.content.path)
                        if size >= WORTHWHILE:
                            total += size
                            wanted.append((file.content.path, mtime_of(file.modified)))
        if len(wanted) > 1 and self.writing.has_space(total):
            self.batch.copy_ahead(dict.fromkeys(wanted))

    def prepare(
        self, item: Item, fingerprint: str, stem: str, known: StoredItem | None
    ) -> Prepared:
        """Add to the batch whatever brings the archive from `known` to `item`."""
        family = _Family(self, item, known, stem)
        stored = family.settle_files()
        sighting = item.sighting
        row = StoredItem(
            exporter=self.exporter,
            key=sighting.key,
            title=sighting.title,
            place=sighting.place,
            stem=family.stem,
            fingerprint=fingerprint,
            store=sighting.store,
            in_trash=sighting.in_trash,
            gone=False,
            line="",
            files=tuple(stored),
            missing=tuple(family.missing),
            scope=sighting.scope,
            refers_to=item.refers_to,
        )
        line = make_line(row, item.record)
        row = replace(row, line=line.digest)
        return Prepared(row, line, _status(row, known, touched=family.touched), known)

    def rerender(self, known: StoredItem, line: Line) -> Prepared:
        """Render the views of an item again from its stored record, the source left alone."""
        record = line.value["record"]
        entries = [file_entry(file) for file in known.files if not file.view]
        files = []
        touched = False
        for file in known.files:
            if not file.view or not file.rendered:
                files.append(file)
                continue
            links = self.links(known.refers_to, file.path, "")
            data = self.render(file.rendered, record, entries, known.title, links)
            condition = self.writing.condition_of(file)
            kept = kept_view(file, condition, data)
            if kept is None:
                touched = True
                if condition == "intact":
                    self.batch.retire(file.path, file.sha256)
                written = self.batch.put_bytes(data, file.path, file.mtime_ns)
                kept = replace(
                    file, size=written.size, sha256=written.sha256, mtime_ns=written.mtime_ns
                )
            files.append(kept)
        row = replace(known, files=tuple(files))
        fresh = make_line(row, record)
        row = replace(row, line=fresh.digest)
        return Prepared(row, fresh, _status(row, known, touched=touched), known)

    def links(self, keys: Iterable[str], page: str, suffix: str) -> dict[str, str]:
        """Return by key the paths of other items' pages as a page at `page` finds them.

        `suffix` is that of pages that are yet to be written; without one they are left out.
        """
        folder = page.rpartition("/")[0]
        return {
            key: posixpath.relpath(path, folder)
            for key in keys
            if (path := self.places.page(key, suffix))
        }


def kept_view(former: StoredFile, condition: str, data: bytes) -> StoredFile | None:
    """Return the page that stays as it is: equal to `data`, or edited by a person; else None."""
    same = former.sha256 == sha256_of_bytes(data)
    if condition == "lost" or not (same or condition == "foreign"):
        return None
    return replace(former, kept=not same)


def _status(row: StoredItem, known: StoredItem | None, *, touched: bool) -> str:
    if known is None:
        return "new"
    if not touched and row.line == known.line:
        return "unchanged"
    return "moved" if row.stem != known.stem else "changed"


class _Family:
    """The files of one item, on their way into the archive."""

    def __init__(
        self, preparing: Preparing, item: Item, known: StoredItem | None, stem: str
    ) -> None:
        self.preparing = preparing
        self.writing = preparing.writing
        self.batch = preparing.batch
        self.item = item
        self.key = item.sighting.key
        self.former = {file.role: file for file in known.files} if known else {}
        self.owners = frozenset({self.key, known.key if known else self.key})
        self._held = {fold(file.path): role for role, file in self.former.items()}
        self.missing: list[Missing] = []
        self.touched = False
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
            if not isinstance(file.content, Absent) or file.role in self.former
        ]
        candidate = stem
        for length in _DIGESTS:
            if all(self._is_free(candidate + suffix, role) for role, suffix in endings):
                return candidate
            candidate = with_digest(stem, self.key, length)
        return candidate

    def _is_free(self, path: str, role: str) -> bool:
        """Return whether a name is free: of other items, and of this one's other files."""
        if self._held.get(fold(path), role) != role:
            return False
        return self.preparing.neighbours.is_free(path, self.preparing.exporter, self.owners)

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

    def _place(self, file: File) -> StoredFile | None:
        former = self.former.get(file.role)
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
        awaits = tuple(str(path) for path in absent.awaits)
        self.missing.append(Missing(file.role, absent.reason, absent.hint, awaits))
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
    ) -> StoredFile:
        self.touched = True
        self.writing.bytes += written.size
        if former is not None:
            self._out(former, condition)
        return StoredFile(
            file.role, path, written.size, written.sha256, written.mtime_ns, written.source
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
        entries = [file_entry(other) for other in others if not other.view]
        links = self.preparing.links(self.item.refers_to, self.stem, portable_suffix(file.suffix))
        data = self.preparing.render(
            view.template, self.item.record, entries, self.item.sighting.title, links
        )
        former = self.former.get(file.role)
        condition = self._condition(former) if former else "lost"
        if former and (kept := kept_view(former, condition, data)):
            return replace(self._keep(file, kept), view=True, rendered=view.template)
        path = self._path(file)
        written = self.batch.put_bytes(data, path, mtime_of(file.modified))
        stored = self._put(file, path, written, former, condition)
        return replace(stored, view=True, rendered=view.template)

    def _retire(self, former: StoredFile) -> StoredFile | None:
        """Retire a file whose role is no more; a view that was edited stays where it is."""
        condition = self._condition(former)
        if former.view and condition == "foreign":
            return replace(former, kept=True)
        self.touched = True
        self._out(former, condition)
        return None
