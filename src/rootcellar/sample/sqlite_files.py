"""Write SQLite files whose bytes depend on nothing but their statements.

It alone opens SQLite for the sample. A store is left as Apple's programs leave it while they
run: in WAL mode, the latest transaction only in the ``-wal``, so that a reader who forgets the
``-wal`` sees an older store. The two salts in a ``-wal`` are random; they are replaced by fixed
ones and its checksums computed again (https://www.sqlite.org/fileformat2.html, 4.1).
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

Statement = tuple[str, Sequence[object]]

PAGE_SIZE = 4096
_WAL_HEADER, _FRAME_HEADER = 32, 24
_SALTS = b"root" + b"cell"


def write_plain(path: Path, statements: Iterable[Statement]) -> None:
    """Write ``statements`` to a new database at ``path`` in one file."""
    with closing(_create(path)) as connection:
        _run(connection, statements)


def write_with_wal(path: Path, early: Iterable[Statement], late: Sequence[Statement]) -> None:
    """Write a new database in WAL mode; what ``late`` does is only in the ``-wal`` beside it.

    Without ``late`` there is no ``-wal``.
    """
    wal = path.with_name(path.name + "-wal")
    with closing(_create(path)) as connection:
        _run(connection, early)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        _run(connection, late)
        database, frames = path.read_bytes(), wal.read_bytes() if late else b""
    # Closing has moved the -wal into the database and removed it: put both back as they were.
    path.write_bytes(database)
    if frames:
        wal.write_bytes(_with_fixed_salts(frames))


def _create(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def _run(connection: sqlite3.Connection, statements: Iterable[Statement]) -> None:
    connection.execute("BEGIN")
    for statement, values in statements:
        connection.execute(statement, values)
    connection.execute("COMMIT")


def _with_fixed_salts(wal: bytes) -> bytes:
    order = ">" if wal[3] & 1 else "<"
    header = wal[:16] + _SALTS
    sums = _checksum(header, (0, 0), order)
    parts = [header, struct.pack(">LL", *sums)]
    for at in range(_WAL_HEADER, len(wal), _FRAME_HEADER + PAGE_SIZE):
        page = wal[at + _FRAME_HEADER : at + _FRAME_HEADER + PAGE_SIZE]
        sums = _checksum(wal[at : at + 8] + page, sums, order)
        parts += (wal[at : at + 8], _SALTS, struct.pack(">LL", *sums), page)
    return b"".join(parts)


def _checksum(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}L", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
