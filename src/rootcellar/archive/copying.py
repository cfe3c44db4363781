"""Copies files of the source into parts: read once, hashed and written on the way.

A file that changes while it is read is copied again. Several are copied at once, ahead of the
batch that wants them: hashing takes as long as reading, and both let other threads run.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterable
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from rootcellar.archive.cloning import clone
from rootcellar.archive.disk import Disk, write_all
from rootcellar.errors import SourceError

if TYPE_CHECKING:
    from concurrent.futures import Future

CHUNK = 1 << 20
ATTEMPTS = 3
AT_ONCE = min(4, os.cpu_count() or 1)
WORTHWHILE = 256 << 10
"""A file smaller than this is copied sooner than handed to a thread, or cloned."""


class Written(Struct, frozen=True):
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


def size_of(path: Path) -> int:
    """Return the size of a source file in bytes; raises FileUnreadable."""
    return int(signature(path).partition(":")[0])


def sha256_of(path: Path) -> str:
    """Return the sha256 of a source file in hex; raises FileUnreadable."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def copy(disk: Disk, source: Path, part: str, mtime_ns: int, buffer: memoryview) -> Written:
    """Copy a source file into a part; raises FileUnreadable, an OSError is the archive's."""
    try:
        with _reading(source) as reading:
            for _ in range(ATTEMPTS):
                before = os.fstat(reading.fileno())
                size, digest = _copy(disk, reading, source, part, buffer)
                taken = _signature(os.fstat(reading.fileno()))
                if taken == _signature(before) and size == before.st_size:
                    return Written(size, digest, disk.set_mtime(part, mtime_ns), taken)
                reading.seek(0)
    except FileUnreadable:
        disk.unlink(part)
        raise
    disk.unlink(part)
    raise FileUnreadable(
        f"{source} changed each time it was copied.",
        hint="An application is writing to it; the next run takes it.",
    )


def _copy(
    disk: Disk, reading: FileIO, source: Path, part: str, buffer: memoryview
) -> tuple[int, str]:
    digest = hashlib.sha256()
    size = 0
    with disk.create(part) as writing:
        cloned = _clone(disk, reading, part)
        while True:
            try:
                taken = reading.readinto(buffer)
            except OSError as error:
                raise _unreadable(source, error) from error
            if not taken:
                return size, digest.hexdigest()
            chunk = buffer[:taken]
            digest.update(chunk)
            size += taken
            if not cloned:
                write_all(writing, chunk)


def _clone(disk: Disk, reading: FileIO, part: str) -> bool:
    """Make the part a clone of the source where that works; one refusal is enough."""
    status = os.fstat(reading.fileno())
    if status.st_size < WORTHWHILE or not disk.may_clone(status.st_dev):
        return False
    cloned = clone(reading.fileno(), disk.handle, part)
    if not cloned:
        disk.cannot_clone(status.st_dev)
    return cloned


def _signature(status: os.stat_result) -> str:
    return f"{status.st_size}:{status.st_mtime_ns}"


def _reading(source: Path) -> FileIO:
    try:
        return source.open("rb", buffering=0)
    except OSError as error:
        raise _unreadable(source, error) from error


def _unreadable(path: Path, error: OSError) -> FileUnreadable:
    return FileUnreadable(
        f"{path} cannot be read: {error.strerror}.",
        hint="Check the permissions of this file; `rootcellar doctor` tells what may be read.",
    )


class CopiesAhead:
    """Copies of one batch that are made before they are asked for, by several threads.

    `take` gives what became of one; `close` waits for all and removes those nobody took.
    """

    def __init__(self, disk: Disk, copies: Iterable[tuple[Path, str, int]]) -> None:
        """`copies` are (source, part, mtime in nanoseconds)."""
        from concurrent.futures import ThreadPoolExecutor

        self.disk = disk
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="copy")
        self._copies: dict[tuple[Path, int], tuple[str, Future[Written]]] = {
            (source, mtime_ns): (part, self._pool.submit(self._do, source, part, mtime_ns))
            for source, part, mtime_ns in copies
        }

    def _do(self, source: Path, part: str, mtime_ns: int) -> Written:
        return copy(self.disk, source, part, mtime_ns, memoryview(bytearray(CHUNK)))

    def take(self, source: Path, mtime_ns: int) -> tuple[str, Written] | None:
        """Return (part, what was written) of a copy, or None when it was not begun ahead.

        Raises what copying raised.
        """
        begun = self._copies.pop((source, mtime_ns), None)
        return (begun[0], begun[1].result()) if begun else None

    def close(self) -> None:
        """End all copying, and remove what nobody took."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for part, _ in self._copies.values():
            with contextlib.suppress(OSError):
                self.disk.unlink(part)
        self._copies.clear()
