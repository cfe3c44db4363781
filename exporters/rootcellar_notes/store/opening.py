"""Opening the private copy of a store."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from rootcellar.api import opened


@contextlib.contextmanager
def plainly_opened(database: Path) -> Iterator[sqlite3.Connection]:
    """Open a private copy, with rows as tuples; damaged texts are read as far as they go."""
    with opened(database) as connection:
        connection.row_factory = None
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        yield connection
