"""The records files that one batch touches: lines put in, taken out, and written once."""

from collections.abc import Callable, Iterable

from rootcellar.archive.layout import RECORDS
from rootcellar.archive.records import Line, in_order, read_lines
from rootcellar.archive.writer import Batch, sha256_of_bytes
from rootcellar.engine.writing import Changes, Writing
from rootcellar.state.rows import StoredDocument

Reread = Callable[[str, frozenset[str]], Iterable[Line]]
"""Given a folder and keys whose lines are lost: the lines again, from the source or the state."""


class Shards:
    """The records files of one batch, by folder."""

    def __init__(self, writing: Writing, batch: Batch, recover_lines: Reread) -> None:
        self.writing = writing
        self.batch = batch
        self.recover_lines = recover_lines
        self._lines: dict[str, dict[str, Line]] = {}
        self._foreign: set[str] = set()
        self._dirty: set[str] = set()

    def load(self, folders: Iterable[str]) -> None:
        """Read the files of these folders now, where they are as they were written."""
        for folder in folders:
            path = f"{folder}/{RECORDS}"
            known = self.writing.state.documents.document(self.writing.archive, path)
            if known is not None and known.path == path and self.writing.is_intact(known):
                self._lines[folder] = self._read(path)

    def line(self, folder: str, key: str) -> Line | None:
        """Return the line an item has now."""
        return self._folder(folder).get(key)

    def put(self, folder: str, line: Line) -> None:
        """Give an item a new line."""
        self._folder(folder)[line.key] = line
        self._dirty.add(folder)

    def remove(self, folder: str, key: str) -> None:
        """Take an item's line out: it has moved to another folder or has another key."""
        if self._folder(folder).pop(key, None) is not None:
            self._dirty.add(folder)

    def write(self, changes: Changes) -> None:
        """Add every touched records file to the batch."""
        for folder in sorted(self._dirty):
            self._write(folder, changes)

    def _write(self, folder: str, changes: Changes) -> None:
        path = f"{folder}/{RECORDS}"
        lines = self._lines[folder]
        data = b"".join(line.text for line in in_order(lines.values()))
        known = self.writing.state.documents.document(self.writing.archive, path)
        digest = sha256_of_bytes(data)
        if known is not None:
            if known.sha256 == digest and folder not in self._foreign:
                return
            self._take_away(known, folder)
        elif lines:
            self._quarantine(path)
        if not lines:
            changes.dropped.append(path)
            return
        written = self.batch.put_bytes(data, path, 0)
        changes.documents.append(
            StoredDocument(
                kind="records",
                exporter="",
                key="",
                path=path,
                size=written.size,
                sha256=written.sha256,
                mtime_ns=written.mtime_ns,
                run=self.writing.run,
            )
        )

    def _take_away(self, known: StoredDocument, folder: str) -> None:
        if folder in self._foreign:
            self._quarantine(known.path)
        elif known.run == self.writing.run:
            self.batch.drop(known.path)
        else:
            self.batch.retire(known.path, known.sha256)

    def _quarantine(self, path: str) -> None:
        """Move what somebody put where records belong out of the way: a file, a folder, a link."""
        disk = self.writing.disk
        if disk.exists(path):
            is_file = disk.stat(path) is not None
            digest = disk.sha256(path) if is_file else sha256_of_bytes(path.encode())
            self.batch.quarantine(path, digest)

    def _folder(self, folder: str) -> dict[str, Line]:
        if folder not in self._lines:
            self._lines[folder] = self._load(folder)
        return self._lines[folder]

    def _load(self, folder: str) -> dict[str, Line]:
        path = f"{folder}/{RECORDS}"
        known = self.writing.state.documents.document(self.writing.archive, path)
        if known is None:
            return {}
        disk = self.writing.disk
        if self.writing.is_intact(known):
            return self._read(path)
        self._foreign.add(folder)
        self._dirty.add(folder)
        found = read_lines(disk, path) if disk.stat(path) is not None else ()
        expected = self.writing.state.holdings.folder_lines(self.writing.archive, folder)
        good = {
            line.key: line
            for line in found
            if line.key in expected and line.digest == expected[line.key][1]
        }
        lost = frozenset(expected) - frozenset(good)
        return good | {line.key: line for line in self.recover_lines(folder, lost)}

    def _read(self, path: str) -> dict[str, Line]:
        return {line.key: line for line in read_lines(self.writing.disk, path)}
