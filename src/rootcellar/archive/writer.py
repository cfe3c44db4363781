"""The one writer of an archive: parts first, then a journal, then renames, then the state."""

import contextlib
import hashlib
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from rootcellar.archive.disk import Disk, write_all
from rootcellar.archive.journal import Journal, Step, read_journal, remove_journal
from rootcellar.archive.layout import PARTS, history_path, quarantine_path
from rootcellar.archive.names import fold
from rootcellar.errors import SourceError

CHUNK = 1 << 20
COPY_ATTEMPTS = 3

Settle = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: size in bytes, sha256 in hex, the mtime the file system gave back.

    `source` is the signature of the file it was copied from; empty for made bytes.
    """

    size: int
    sha256: str
    mtime_ns: int
    source: str = ""


class FileUnreadable(SourceError):
    """A file of the source could not be copied: forbidden, vanished, or changing all the time."""


def signature(path: Path) -> str:
    """Return what a stat tells of a source file's content: size and mtime.

    Raises FileUnreadable.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    return _signature(status)


def _signature(status: os.stat_result) -> str:
    return f"{status.st_size}:{status.st_mtime_ns}"


def _reading(source: Path) -> FileIO:
    try:
        return source.open("rb", buffering=0)
    except OSError as error:
        raise _unreadable(source, error) from error


def sha256_of(path: Path) -> str:
    """Return the sha256 of a source file in hex; raises FileUnreadable."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def sha256_of_bytes(data: bytes) -> str:
    """Return the sha256 of some bytes in hex."""
    return hashlib.sha256(data).hexdigest()


def _unreadable(path: Path, error: OSError) -> FileUnreadable:
    return FileUnreadable(
        f"{path} cannot be read: {error.strerror}.",
        hint="Check the permissions of this file; `rootcellar doctor` tells what may be read.",
    )


class Batch:
    """Some hundred changes that become visible together, or not at all.

    Used once: put, move and retire, then `commit`, or `abandon` when something failed.
    """

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self._outs: list[Step] = []
        self._moves: list[Step] = []
        self._puts: list[Step] = []
        self._buffer = memoryview(bytearray(CHUNK))

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in the order in which they are applied."""
        return (*self._outs, *self._moves, *self._puts)

    def put_copy(self, source: Path, path: str, mtime_ns: int) -> Written:
        """Copy a source file into a part bound for `path`, hashing it on the way.

        Raises FileUnreadable; an OSError is the archive's.
        """
        part = f"{PARTS}/{len(self._puts)}"
        with _reading(source) as reading:
            for _ in range(COPY_ATTEMPTS):
                before = os.fstat(reading.fileno())
                try:
                    size, digest = self._copy(reading, source, part)
                except FileUnreadable:
                    self.disk.unlink(part)
                    raise
                taken = _signature(os.fstat(reading.fileno()))
                if taken == _signature(before) and size == before.st_size:
                    given = self.disk.set_mtime(part, mtime_ns)
                    self._puts.append(Step("put", part, path))
                    return Written(size, digest, given, taken)
                reading.seek(0)
        self.disk.unlink(part)
        raise FileUnreadable(
            f"{source} changed each time it was copied.",
            hint="An application is writing to it; the next run takes it.",
        )

    def _copy(self, reading: FileIO, source: Path, part: str) -> tuple[int, str]:
        digest = hashlib.sha256()
        size = 0
        with self.disk.create(part) as writing:
            while True:
                try:
                    taken = reading.readinto(self._buffer)
                except OSError as error:
                    raise _unreadable(source, error) from error
                if not taken:
                    return size, digest.hexdigest()
                chunk = self._buffer[:taken]
                digest.update(chunk)
                size += taken
                write_all(writing, chunk)

    def put_bytes(self, data: bytes, path: str, mtime_ns: int) -> Written:
        """Write made bytes into a part bound for `path`."""
        part = f"{PARTS}/{len(self._puts)}"
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

    def commit(self, settlement: dict[str, Any], settle: Settle) -> None:
        """Make all of it true: journal, renames, state; cut off here, the next start ends it."""
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

    def _require_one_for_each_name(self) -> None:
        """Raise, before anything is renamed, where one file would replace another: a bug."""
        names = Counter(fold(step.to) for step in (*self._moves, *self._puts))
        twice = [name for name, count in names.items() if count > 1]
        if twice:
            raise ValueError(f"two files are bound for one name: {', '.join(twice[:3])}")

    def abandon(self) -> None:
        """Remove the parts of a batch that was not committed, as far as the drive allows."""
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
