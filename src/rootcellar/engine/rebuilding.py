"""The state, made again from the archive itself: its records, its gatherings, its files."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from rootcellar.archive.disk import Disk
from rootcellar.archive.identity import Identity, is_litter
from rootcellar.archive.layout import INSIDE, RECORDS
from rootcellar.archive.names import fold, folder_of, portable_stem, with_digest
from rootcellar.archive.records import Line, read_lines
from rootcellar.archive.writer import sha256_of_bytes
from rootcellar.engine.holding import parsed
from rootcellar.engine.pages import PAGE
from rootcellar.engine.runs import Run, listed
from rootcellar.state.rows import (
    ArchiveRow,
    ExporterRow,
    Missing,
    StoredDocument,
    StoredFile,
    StoredItem,
    StoredMembers,
)
from rootcellar.state.store import StateStore

UNKNOWN_MTIME = -1
"""No file has it, so a file with it is hashed before it is believed."""
_CHUNK = 500


class Rebuilt(Struct, frozen=True):
    """What was found: items, their files, files that a record names and that are not there."""

    items: int
    files: int
    lost: tuple[str, ...]


def rebuild(disk: Disk, identity: Identity, state: StateStore) -> Rebuilt:
    """Make the state of one archive anew; the archive is only read.

    Every item counts as unchecked afterwards: the next export compares it with the source.
    """
    archive = state.register(identity.uuid, identity.counter, identity.token)
    found = _Found(disk, identity.tops)
    with state.transaction():
        state.clear(archive)
        pages = []
        for path in _walk(disk):
            if path.rpartition("/")[2] == RECORDS:
                _take_records(state, archive, found, path)
            elif path.endswith(".json"):
                pages.append(path)
        for path in pages:  # when all items are known, as they name them by their files
            _take_gathering(state, archive, found, path)
        for name in identity.tops.values():
            stores = tuple(identity.stores.get(name, ()))
            state.put_exporter(archive, ExporterRow(name, stores=stores))
    return Rebuilt(found.items, found.files, tuple(found.lost))


def _walk(disk: Disk) -> Iterator[str]:
    for name in disk.names(""):
        if name != INSIDE and not is_litter(name):
            yield from disk.walk(name)


def _take_records(state: StateStore, archive: ArchiveRow, found: "_Found", path: str) -> None:
    items = []
    for line in read_lines(found.disk, path):
        items.append(found.item(line, folder_of(path)))
        if len(items) == _CHUNK:
            state.restore(archive, items, ())
            items.clear()
    state.restore(archive, items, (found.records(path),))


def _take_gathering(state: StateStore, archive: ArchiveRow, found: "_Found", path: str) -> None:
    read = found.gathering(path)
    if read is None:
        return
    document, groups = read

    def key_of(path: str, key: str) -> str:
        holder = state.holdings.holder(archive, fold(path)) if path else None
        if holder is not None:
            return holder[1] if holder[0] == document.exporter else ""
        return key or found.lost.get(path, "")

    keys = {
        name: tuple(filter(None, (key_of(*member) for member in listed(runs))))
        for name, runs in groups.items()
    }
    members = StoredMembers(document.exporter, document.key, keys)
    state.restore(archive, (), (document, *found.pages(document)), (members,))


class _Found:
    """What the archive's files say, as rows of the state."""

    def __init__(self, disk: Disk, tops: Mapping[str, str]) -> None:
        self.disk = disk
        self.tops = tops
        self.items = 0
        self.files = 0
        self.lost: dict[str, str] = {}
        """The keys of items, by the paths of theirs that are not there."""

    def item(self, line: Line, folder: str) -> StoredItem:
        value = line.value
        top = folder.partition("/")[0]
        files = tuple(file for entry in value["files"] if (file := self._file(line.key, entry)))
        self.items += 1
        self.files += len(files)
        wished = f"{folder}/{portable_stem(line.place).rpartition('/')[2]}"
        return StoredItem(
            exporter=self.tops.get(top, top.lower()),
            key=line.key,
            title=value["title"],
            place=line.place,
            stem=_stem(wished, line.key, files),  # also where a record was moved by hand
            fingerprint="",
            store="",
            in_trash=bool(value.get("in_trash")),
            gone=bool(value["gone"]),
            line=line.digest,
            files=files,
            missing=tuple(
                Missing(role, "not exported so far", "Run `rootcellar export`.")
                for role in value.get("absent", ())
            ),
            refers_to=tuple(value.get("refers_to", ())),
        )

    def _file(self, key: str, entry: Mapping[str, Any]) -> StoredFile | None:
        path, size, sha256 = entry["path"], entry["size"], entry["sha256"]
        view = bool(entry.get("view"))
        status = self.disk.stat(path)
        if status is None:
            self.lost[path] = key
            return None
        believed = status.size == size and not (view and self.disk.sha256(path) != sha256)
        mtime_ns = status.mtime_ns if believed else UNKNOWN_MTIME
        return StoredFile(entry["role"], path, size, sha256, mtime_ns, view=view)

    def records(self, path: str) -> StoredDocument:
        return self._document("records", "", "", path, self.disk.read(path))

    def gathering(self, path: str) -> tuple[StoredDocument, dict[str, list[Run]]] | None:
        """Return a gathering and its groups; None for any other file."""
        data = self.disk.read(path)
        try:
            value = parsed(json.loads(data))
            key, place, groups = value["key"], value["place"], value["groups"]
        except (ValueError, KeyError, TypeError):
            return None
        top = path.partition("/")[0]
        exporter = self.tops.get(top, top.lower())
        document = self._document("gathering", exporter, key, path, data)
        return replace(document, place=place), groups

    def pages(self, gathering: StoredDocument) -> list[StoredDocument]:
        """Return the pages that lie beside a gathering, as far as they are there."""
        found = []
        for page in parsed(json.loads(self.disk.read(gathering.path))).get("pages", ()):
            path, size, sha256 = page["path"], page["size"], page["sha256"]
            status = self.disk.stat(path)
            if status is not None:
                same = self.disk.sha256(path) == sha256  # else a person's edit, which is kept
                mtime_ns = status.mtime_ns if same else UNKNOWN_MTIME
                owner = (PAGE, gathering.exporter, gathering.key)
                document = StoredDocument(*owner, path, size, sha256, mtime_ns)
                found.append(replace(document, place=page["template"]))
        return found

    def _document(
        self, kind: str, exporter: str, key: str, path: str, data: bytes
    ) -> StoredDocument:
        status = self.disk.stat(path)
        assert status is not None
        return StoredDocument(
            kind, exporter, key, path, len(data), sha256_of_bytes(data), status.mtime_ns
        )


def _stem(plain: str, key: str, files: tuple[StoredFile, ...]) -> str:
    """Return the stem the item was given: its wish, or that with a piece of the digest."""
    for stem in (*(with_digest(plain, key, length) for length in (64, 32, 16, 8, 4)), plain):
        if files and all(file.path.startswith(stem) for file in files):
            return stem
    return plain
