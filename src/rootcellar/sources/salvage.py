"""What can still be read of a damaged SQLite database, copied into a sound one.

Damage usually hits some pages of some tables. Rows are read in the order of their row numbers;
where a page cannot be read, the next number that can is looked for, and reading goes on there.
Works on a private copy only, like everything that opens a database.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

LAST = 2**63 - 1


def salvage(damaged: Path, target: Path) -> tuple[str, ...]:
    """Copy what can be read of a damaged private copy into a new database at `target`.

    Returns the names of the tables of which rows may be lacking, sorted. Raises sqlite3.Error
    when not even the list of tables can be read.
    """
    losses: list[str] = []
    with (
        closing(sqlite3.connect(damaged, isolation_level=None)) as source,
        closing(sqlite3.connect(target, isolation_level=None)) as sound,
    ):
        source.text_factory = bytes  # text that is no UTF-8 is copied as it is, not decoded
        sound.execute("PRAGMA journal_mode = MEMORY")  # a statement that fails is undone
        sound.execute("PRAGMA synchronous = OFF")
        schema = source.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE sql NOTNULL AND name NOT LIKE"
            " 'sqlite_%' ORDER BY rowid"
        ).fetchall()
        parts = [tuple(_text(value) for value in row) for row in schema]
        sound.execute("ATTACH ? AS damaged", (str(damaged),))
        sound.execute("BEGIN")
        for kind, name, sql in parts:
            if (
                kind == "table"
                and _tried(sound, sql)
                and not _is_virtual(sql)
                and not _copy_table(source, sound, name)
            ):
                losses.append(name)
        sound.execute("COMMIT")
        for kind, _, sql in parts:
            if kind == "index":
                _tried(sound, sql)
    return tuple(sorted(losses))


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _is_virtual(sql: str) -> bool:
    return sql.lstrip().upper().startswith("CREATE VIRTUAL")


def _tried(connection: sqlite3.Connection, sql: str) -> bool:
    """Return whether a statement of the schema could be carried out (Apple's own may not)."""
    if _is_virtual(sql):
        return False
    try:
        connection.execute(sql)
    except sqlite3.Error:
        return False
    return True


def _copy_table(source: sqlite3.Connection, sound: sqlite3.Connection, name: str) -> bool:
    """Copy what can be read of one table; return whether that was all of it."""
    quoted = '"' + name.replace('"', '""') + '"'
    try:
        source.execute(f"SELECT rowid FROM {quoted} LIMIT 0")
    except sqlite3.Error:
        return False  # a table without row numbers: all or nothing
    whole = False
    for first, last in _ranges(source, quoted):
        whole = (first, last) == (-LAST, LAST)
        with contextlib.suppress(sqlite3.Error):  # then this range is among the losses
            sound.execute(
                f"INSERT OR IGNORE INTO main.{quoted} SELECT * FROM damaged.{quoted} NOT INDEXED"
                " WHERE rowid BETWEEN ? AND ?",
                (first, last),
            )
    return whole


def _ranges(source: sqlite3.Connection, table: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges of row numbers (both ends included) whose rows can be read."""
    start: int | None = -LAST
    while start is not None:
        last = start - 1
        try:
            for row in source.execute(
                f"SELECT rowid, * FROM {table} NOT INDEXED WHERE rowid >= ? ORDER BY rowid",
                (start,),
            ):
                last = row[0]
        except sqlite3.Error:
            if last >= start:
                yield start, last
            # Stores of Apple's number from 1: nobody looks among 2**63 negative numbers.
            start = _next_readable(source, table, max(last + 1, 0))
        else:
            yield start, LAST
            return


def _next_readable(source: sqlite3.Connection, table: str, bad: int) -> int | None:
    """Return the lowest row number above `bad` from which rows can be read; None: no more.

    One row may be bad by itself (its overflow page is gone), or a page full of them.
    """
    if _readable(source, table, bad + 1):
        return bad + 1
    step, low = 1, bad + 1
    while not _readable(source, table, bad + 1 + step):
        low, step = bad + 1 + step, step * 2
        if bad + 1 + step > LAST // 2:
            return None
    high = bad + 1 + step
    while high - low > 1:
        middle = (low + high) // 2
        if _readable(source, table, middle):
            high = middle
        else:
            low = middle
    return high


def _readable(source: sqlite3.Connection, table: str, start: int) -> bool:
    try:
        source.execute(
            f"SELECT * FROM {table} NOT INDEXED WHERE rowid >= ? ORDER BY rowid LIMIT 1", (start,)
        ).fetchone()
    except sqlite3.Error:
        return False
    return True
