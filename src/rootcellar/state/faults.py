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
        raise StateError(
            f"The state {path} cannot be used: {error}.",
            hint="Is the internal disk full? If the file is damaged, move it away and run "
            "`rootcellar rebuild --archive ARCHIVE`: everything in it can be made again.",
        ) from error
