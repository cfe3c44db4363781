"""What an operating system's error on the archive's drive means to a person."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from rootcellar.errors import ArchiveUnwritable, DestinationWaiting, RootcellarError

_GONE = {
    number
    for name in ("ENXIO", "ENODEV", "ENOTCONN", "ESTALE", "EIO", "ESHUTDOWN", "EHOSTDOWN")
    if (number := getattr(errno, name, None)) is not None
}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def archive_errors(root: Path) -> Iterator[None]:
    """Tell what an operating system's error on the archive's drive means to a person."""
    try:
        yield
    except RootcellarError:
        raise
    except OSError as error:
        raise explained(error, root) from error


def explained(error: OSError, root: Path) -> RootcellarError:
    """Return the error a person can act on for an OSError met while using the archive."""
    detail = error.strerror or str(error)
    if error.errno in _FULL:
        return ArchiveUnwritable(
            f"The archive's drive is full: {root}.",
            hint="Free some space on it and run the same command again; it continues where it "
            "stopped. Nothing is lost.",
        )
    if error.errno == errno.EROFS:
        return ArchiveUnwritable(
            f"The archive's drive is read-only: {root}.",
            hint="Check the drive (a damaged one is often mounted read-only, and macOS only reads "
            "NTFS), then run the same command again.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return ArchiveUnwritable(
            f"The archive may not be written to: {root} ({detail}).",
            hint="Check who owns the folder; on a Mac, allow access to removable volumes in "
            "System Settings > Privacy & Security > Files and Folders.",
        )
    if error.errno in _GONE or error.errno == errno.ENOENT:
        return DestinationWaiting(
            f"The archive's drive went away: {root} ({detail}).",
            hint="Connect it again and run the same command; it continues where it stopped.",
        )
    return ArchiveUnwritable(
        f"Writing to the archive failed: {root} ({detail}).",
        hint="Run the same command again; if it fails again, check the drive.",
    )
