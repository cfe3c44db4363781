"""Scratch: private copies on the internal disk, removed after the run or at the next start."""

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from rootcellar.errors import ScratchUnwritable

FULL = (errno.ENOSPC, errno.EDQUOT)
DAY = 86_400


def scratch_root() -> Path:
    """Return where scratch lies: on the internal disk; ROOTCELLAR_CACHE names another folder."""
    if named := os.environ.get("ROOTCELLAR_CACHE"):
        return Path(named).expanduser() / "scratch"
    return platformdirs.user_cache_path("rootcellar") / "scratch"


def is_full(error: OSError | sqlite3.Error) -> bool:
    """Return whether an error met while reading says that there is no room for a private copy."""
    if isinstance(error, OSError):
        return error.errno in FULL
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def scratch_full() -> ScratchUnwritable:
    """Return the error that says so."""
    return ScratchUnwritable(
        f"There is no room for private copies of the databases in {scratch_root()}.",
        hint="Free some space there (a few times the size of the largest database), or set "
        "ROOTCELLAR_CACHE to a folder on another internal disk. Nothing is lost.",
    )


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a private folder that is removed afterwards; raises ScratchUnwritable."""
    root = scratch_root()
    folder = root / secrets.token_hex(8)
    lock = folder.with_suffix(".lock")
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = lock.open("w")
    except OSError as error:
        raise ScratchUnwritable(
            f"Private copies cannot be made in {root}: {error.strerror}.",
            hint="Check that this folder can be written to, or set ROOTCELLAR_CACHE to one that "
            "can. It must be on an internal disk.",
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            lock.unlink(missing_ok=True)


def sweep_scratch() -> int:
    """Remove the scratch that crashed runs left; a living run's is locked, and stays.

    Returns how many folders were removed.
    """
    removed = 0
    root = scratch_root()
    with contextlib.suppress(OSError):  # whoever needs scratch will say what is wrong with it
        for path in sorted(root.iterdir()):
            if path.is_dir():
                removed += _swept(path)
            elif path.stat().st_mtime < time.time() - DAY:  # its run died before it had a folder
                path.unlink(missing_ok=True)
    return removed


def _swept(folder: Path) -> bool:
    """Remove one folder and its lock unless a run holds it; return whether it was removed."""
    lock = folder.with_suffix(".lock")
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        shutil.rmtree(folder, ignore_errors=True)
        lock.unlink(missing_ok=True)
    return True
