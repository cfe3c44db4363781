"""The clock that the state goes by, and what an error of SQLite's means to a person."""

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from rootcellar.errors import StateError


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


@contextlib.contextmanager
def state_errors(path: Path) -> Iterator[None]:
    """Tell what an error of SQLite's means to a person; raises StateError."""
    try:
        yield
    except sqlite3.Error as error:
        if is_in_use(error):
            raise in_use(path) from error
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_READONLY"):
            raise StateError(
                f"The state {path} may not be written to.",
                hint="Check the owner and the permissions of this file and its folder: has "
                f"rootcellar been run with sudo? Then: sudo chown -R $USER '{path.parent}'",
            ) from error
        raise StateError(
            f"The state {path} cannot be used: {error}.",
            hint="Is the internal disk full? If the file is damaged, move it away and run "
            "`rootcellar rebuild --archive ARCHIVE`: everything in it can be made again.",
        ) from error


def is_in_use(error: sqlite3.Error) -> bool:
    """Return whether somebody else has had the state locked for longer than anybody waits."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def in_use(path: Path) -> StateError:
    """Return what to tell of a state that somebody else has locked."""
    return StateError(
        f"Another program has been using the state {path} for too long.",
        hint="Wait until the other rootcellar has finished, and run the same command again.",
    )
