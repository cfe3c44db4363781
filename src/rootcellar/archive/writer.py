"""The one writer of an archive: parts first, then a journal, then renames, then the state."""

import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rootcellar.archive.copying import CHUNK, CopiesAhead, Written, copy
from rootcellar.archive.disk import Disk, write_all
from rootcellar.archive.journal import Journal, Step, read_journal, remove_journal
from rootcellar.archive.layout import PARTS, history_path, quarantine_path
from rootcellar.archive.names import fold

Settle = Callable[[Any], None]
"""Tells the state of a settlement: as it was committed, or as a journal has kept it."""


def sha256_of_bytes(data: bytes) -> str:
    """Return the sha256 of some bytes in hex."""
    return hashlib.sha256(data).hexdigest()


class Batch:
    """Some hundred changes that become visible together, or not at all.

    Used once: put, move and retire, then `commit`, or `abandon` when something failed.
    """

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self._outs: list[Step] = []
        self._moves: list[Step] = []
        self._puts: list[Step] = []
        self._parts = 0
        self._buffer = memoryview(bytearray(CHUNK))
        self._ahead: CopiesAhead | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in the order in which they are applied."""
        return (*self._outs, *self._moves, *self._puts)

    def copy_ahead(self, copies: Iterable[tuple[Path, int]]) -> None:
        """Begin to copy source files that `put_copy` will be asked for, several at once.

        `copies` are (source, mtime in nanoseconds). To be called once, before the first put.
        """
        self._ahead = CopiesAhead(
            self.disk, [(source, self._part(), mtime_ns) for source, mtime_ns in copies]
        )

    def put_copy(self, source: Path, path: str, mtime_ns: int) -> Written:
        """Copy a source file into a part bound for `path`, hashing it on the way.

        Raises FileUnreadable; an OSError is the archive's.
        """
        ready = self._ahead.take(source, mtime_ns) if self._ahead else None
        if ready is None:
            part = self._part()
            ready = part, copy(self.disk, source, part, mtime_ns, self._buffer)
        part, written = ready
        self._puts.append(Step("put", part, path))
        return written

    def _part(self) -> str:
        self._parts += 1
        return f"{PARTS}/{self._parts - 1}"

    def put_bytes(self, data: bytes, path: str, mtime_ns: int) -> Written:
        """Write made bytes into a part bound for `path`."""
        part = self._part()
        with self.disk.create(part) as file:
            write_all(file, data)
        given = self.disk.set_mtime(part, mtime_ns)
        self._puts.append(Step("put", part, path))
        return Written(len(data), sha256_of_bytes(data), given)

    def retire(self, path: str, sha256: str) -> None:
        """Move what is at `path` to history, named by its digest."""
        self._outs.append(Step("out", path, history_path(sha256, path)))

    def quarantine(self, path: str, sha256: str) -> None:
        """Move foreign bytes out of the way, and keep them."""
        self._outs.append(Step("out", path, quarantine_path(sha256, path)))

    def drop(self, path: str) -> None:
        """Remove a version that this same run wrote, and that no snapshot holds."""
        self._outs.append(Step("drop", path))

    def move(self, old: str, new: str) -> None:
        """Rename a file to a name that nothing in the archive bears."""
        self._moves.append(Step("move", old, new))

    def take(self, path: str, new: str, mtime_ns: int) -> int:
        """Bring a file into the archive by renaming it, and return the mtime it has then.

        `path` is relative to the archive's root, and may begin with `..`.
        """
        given = self.disk.set_mtime(path, mtime_ns)
        if path != new:
            self._moves.append(Step("take", path, new))
        return given

    def commit(self, settlement: Any, settle: Settle) -> None:
        """Make all of it true: journal, renames, state; cut off here, the next start ends it."""
        self._end_copying()
        if not self.steps:
            settle(settlement)
            return
        self._require_one_for_each_name()
        self.disk.flush()
        journal = Journal(self.steps, settlement)
        journal.write(self.disk)
        journal.apply(self.disk)
        self.disk.flush()
        settle(settlement)
        remove_journal(self.disk)

    def _end_copying(self) -> None:
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None

    def _require_one_for_each_name(self) -> None:
        """Raise, before anything is renamed, where one file would replace another: a bug."""
        names = Counter(fold(step.to) for step in (*self._moves, *self._puts))
        twice = [name for name, count in names.items() if count > 1]
        if twice:
            raise ValueError(f"two files are bound for one name: {', '.join(twice[:3])}")

    def abandon(self) -> None:
        """Remove the parts of a batch that was not committed, as far as the drive allows."""
        self._end_copying()
        with contextlib.suppress(OSError):
            if not is_pending(self.disk):
                remove_journal(self.disk)
                clear_parts(self.disk)


def is_pending(disk: Disk) -> bool:
    """Return whether a batch was committed and could not be brought to its end."""
    return read_journal(disk) is not None


def recover(disk: Disk, settle: Settle) -> bool:
    """End what an earlier run was cut off in; return whether there was anything.

    Called at every start, before anything else is read or written.
    """
    journal = read_journal(disk)
    if journal is not None:
        journal.apply(disk)
        disk.flush()
        settle(journal.settlement)
    remove_journal(disk)
    clear_parts(disk)
    return journal is not None


def clear_parts(disk: Disk) -> None:
    """Remove every part: none is needed once the journal is done with."""
    for name in disk.names(PARTS):
        disk.unlink(f"{PARTS}/{name}")
