"""The archive's folder as an open directory handle: every byte is written relative to it.

A path that silently became a folder on the boot disk (a drive that was unmounted) cannot receive
anything, because no path is looked up again once the handle is open.
"""

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from msgspec import Struct

from rootcellar.archive import renaming


class Stat(Struct, frozen=True):
    """What we rely on of a file: its size in bytes and its mtime in nanoseconds."""

    size: int
    mtime_ns: int


class Disk:
    """One archive folder, held open; all paths are `/`-joined and relative to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._folders: set[str] = {""}
        self._written: list[str] = []
        self._device = os.fstat(self.handle).st_dev
        self._refused: set[int] = set()

    def close(self) -> None:
        """Let go of the folder, so that the drive can be ejected."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1

    def is_at_root(self) -> bool:
        """Return whether the path of the archive still leads to this very folder."""
        try:
            there = os.stat(self.root)  # noqa: PTH116 - of the same kind as the next line
        except OSError:
            return False
        return os.path.samestat(there, os.fstat(self.handle))

    def lock(self) -> bool:
        """Take the archive for this process alone; false when another holds it."""
        try:
            fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                return False
            if error.errno in (errno.ENOTSUP, errno.ENOLCK, errno.EINVAL, errno.ENOSYS):
                return True  # a network drive without locks: the lock beside the state still holds
            raise
        return True

    # -- reading -----------------------------------------------------------------------------

    def stat(self, path: str) -> Stat | None:
        """Return size and mtime of a regular file, or None where there is none."""
        try:
            status = os.stat(path, dir_fd=self.handle, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Stat(status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None

    def exists(self, path: str) -> bool:
        """Return whether anything at all bears this name."""
        try:
            os.stat(path, dir_fd=self.handle, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def folder_identity(self, path: str) -> tuple[int, int] | None:
        """Return what tells a folder from every other, links followed; None for no folder."""
        try:
            status = os.stat(path or ".", dir_fd=self.handle)
        except OSError:  # also links that lead nowhere, or round in a circle
            return None
        return (status.st_dev, status.st_ino) if stat.S_ISDIR(status.st_mode) else None

    def is_link(self, path: str) -> bool:
        """Return whether a path is a symbolic link."""
        try:
            status = os.stat(path, dir_fd=self.handle, follow_symlinks=False)
        except OSError:
            return False
        return stat.S_ISLNK(status.st_mode)

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder, sorted; empty when it is not there."""
        try:
            handle = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.handle)
        except (FileNotFoundError, NotADirectoryError):
            return []
        try:
            return sorted(os.listdir(handle))  # noqa: PTH208 - a Path cannot list a handle
        finally:
            os.close(handle)

    def open(self, path: str) -> IO[bytes]:
        """Open a file for reading."""
        return os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self.handle), "rb")

    def read(self, path: str) -> bytes:
        """Return a whole (small) file."""
        with self.open(path) as file:
            return file.read()

    def sha256(self, path: str) -> str:
        """Return the sha256 of a file in hex."""
        digest = hashlib.sha256()
        with self.open(path) as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        return digest.hexdigest()

    def walk(self, folder: str = "") -> Iterator[str]:
        """Yield every regular file below `folder`, in name order, links not followed."""
        for name in self.names(folder):
            path = f"{folder}/{name}" if folder else name
            mode = os.stat(path, dir_fd=self.handle, follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                yield from self.walk(path)
            elif stat.S_ISREG(mode):
                yield path

    def free_bytes(self) -> int:
        """Return how many bytes a normal user can still write."""
        status = os.fstatvfs(self.handle)
        return status.f_bavail * status.f_frsize

    # -- cloning -----------------------------------------------------------------------------

    def may_clone(self, device: int) -> bool:
        """Return whether a file of this device could be cloned here; it may still be refused."""
        return device == self._device and device not in self._refused

    def cannot_clone(self, device: int) -> None:
        """Remember that files of this device are not to be cloned here."""
        self._refused.add(device)

    # -- writing -----------------------------------------------------------------------------

    def create(self, path: str) -> IO[bytes]:
        """Create (or empty) a file for writing; its folder is made when it is not there."""
        self.make_folder(path.rpartition("/")[0])
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        file = os.fdopen(os.open(path, flags, 0o644, dir_fd=self.handle), "wb", buffering=0)
        self._written.append(path)
        return file

    def append(self, path: str, lines: bytes) -> None:
        """Add lines to a text file, and return when they would survive a power cut.

        They begin on a line of their own, also after one that a full drive cut off.
        """
        self.make_folder(path.rpartition("/")[0])
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644, dir_fd=self.handle)
        with os.fdopen(handle, "r+b", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            if end:
                file.seek(end - 1)
                if file.read(1) != b"\n":
                    lines = b"\n" + lines
            write_all(file, lines)
        self._written.append(path)
        self.flush()

    def set_mtime(self, path: str, mtime_ns: int) -> int:
        """Set a file's mtime and return the mtime that the file system gave back.

        A time that the file system cannot hold (before 1970 on some, absurd years) is left as it
        was: the true time is in the record.
        """
        with contextlib.suppress(OSError, OverflowError):
            os.utime(path, ns=(mtime_ns, mtime_ns), dir_fd=self.handle)
        return os.stat(path, dir_fd=self.handle).st_mtime_ns

    def copy(self, path: str, to: str) -> None:
        """Copy a file with its mtime, whatever is at `to`."""
        with self.open(path) as reading, self.create(to) as writing:
            while chunk := reading.read(1 << 20):
                write_all(writing, chunk)
        self.set_mtime(to, os.stat(path, dir_fd=self.handle).st_mtime_ns)

    def rename(self, old: str, new: str) -> None:
        """Rename within the archive, replacing what is at `new`; its folder is made if needed."""
        self.make_folder(new.rpartition("/")[0])
        os.rename(old, new, src_dir_fd=self.handle, dst_dir_fd=self.handle)

    def rename_to_free(self, old: str, new: str) -> None:
        """Rename as `rename` does, but FileExistsError when anything is at `new`."""
        self.make_folder(new.rpartition("/")[0])
        renaming.rename_to_free(self.handle, old, new)

    def exchange(self, one: str, other: str) -> bool:
        """Let two files change places at once; false where the file system cannot do that."""
        return renaming.exchange(self.handle, one, other)

    def unlink(self, path: str) -> None:
        """Remove a file of our own making (a part, a journal); no error when it is not there."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path, dir_fd=self.handle)

    def make_folder(self, folder: str) -> None:
        """Make a folder and those above it, below the archive's root."""
        if folder in self._folders:
            return
        self.make_folder(folder.rpartition("/")[0])
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o755, dir_fd=self.handle)
        self._folders.add(folder)

    def drop_empty_folder(self, folder: str, above: str = "") -> None:
        """Remove a folder, and those it is in below `above`, as long as nothing is in them."""
        while folder != above:
            try:
                os.rmdir(folder, dir_fd=self.handle)
            except OSError:
                return
            self._folders.discard(folder)
            folder = folder.rpartition("/")[0]

    def flush(self) -> None:
        """Return when everything written so far would survive a power cut.

        Linux: `syncfs` on the handle, one barrier for a whole batch. Elsewhere every file and
        folder written is synced, then the drive's own cache once (F_FULLFSYNC on macOS, where
        fsync alone does not reach the platter).
        """
        written, self._written = self._written, []
        if _syncfs(self.handle):
            return
        folders = {path.rpartition("/")[0] for path in written}
        for path in [*written, *sorted(folders)]:
            with contextlib.suppress(FileNotFoundError):
                _fsync_path(path or ".", self.handle)
        _full_fsync(self.handle)


def _fsync_path(path: str, handle: int) -> None:
    descriptor = os.open(path, os.O_RDONLY, dir_fd=handle)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _full_fsync(handle: int) -> None:
    if sys.platform == "darwin":
        try:
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
        except OSError:
            os.fsync(handle)  # exFAT and network drives answer ENOTTY or ENOTSUP


def write_all(file: IO[bytes], data: bytes | memoryview) -> None:
    """Write all of `data` to an unbuffered file; a short write (a full disk) goes on or raises."""
    view = memoryview(data)
    while view:
        written = file.write(view)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        view = view[written:]


_libc: ctypes.CDLL | None = None


def _syncfs(handle: int) -> bool:
    """Flush the whole file system of `handle`; false where there is no such call."""
    global _libc
    if not sys.platform.startswith("linux"):
        return False
    if _libc is None:
        _libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(_libc, "syncfs"):
        return False
    if _libc.syncfs(handle) != 0:
        number = ctypes.get_errno()
        if number in (errno.ENOSYS, errno.EINVAL):
            return False
        raise OSError(number, os.strerror(number))
    return True
