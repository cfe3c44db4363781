"""Damaged databases: what can be read is, and what cannot is named."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rootcellar.api import Capture, StoreUnreadable, opened
from rootcellar.sources.salvage import salvage

PAGE = 4096


def _pages_of(path: Path, table: str) -> list[int]:
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT pageno FROM dbstat WHERE name = ?", (table,))
        return [number for (number,) in rows]


def _spoil(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(bytes(random.Random(page).randbytes(PAGE)))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Three tables: long rows (with pages of overflow), short ones, and one that stays whole."""
    path = tmp_path / "Photos.sqlite"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE assets (pk INTEGER PRIMARY KEY, uuid TEXT, blob BLOB)")
        made.execute("CREATE INDEX by_uuid ON assets (uuid)")
        made.execute("CREATE TABLE albums (pk INTEGER PRIMARY KEY, title TEXT)")
        made.execute("CREATE TABLE people (pk INTEGER PRIMARY KEY, name TEXT)")
        made.executemany(
            "INSERT INTO assets VALUES (?, ?, ?)",
            [(n * 3, f"uuid {n}", b"x" * (9000 if n % 50 == 0 else 40)) for n in range(1, 2001)],
        )
        titles = [(n, f"Coast {n}") for n in range(1, 5001)]
        made.executemany("INSERT INTO albums VALUES (?, ?)", titles)
        made.execute("INSERT INTO people VALUES (1, CAST(x'ff41' AS TEXT))")
    return path


def _rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with opened(path) as connection:
        connection.text_factory = bytes
        return [tuple(row) for row in connection.execute(query)]


def test_rows_on_sound_pages_are_all_there(database: Path, tmp_path: Path) -> None:
    leaves = _pages_of(database, "assets")
    for page in leaves[10:13] + leaves[20:21]:
        _spoil(database, page)
    with closing(sqlite3.connect(database)) as damaged, pytest.raises(sqlite3.DatabaseError):
        damaged.execute("SELECT * FROM assets NOT INDEXED").fetchall()
    target = tmp_path / "sound.sqlite"
    assert salvage(database, target) == ("assets",)
    found = _rows(target, "SELECT pk, uuid, length(blob) FROM assets ORDER BY pk")
    assert 2000 - 4 * 110 < len(found) < 2000
    for pk, uuid, length in found:
        number = int(pk) // 3  # type: ignore[call-overload]
        assert uuid == f"uuid {number}".encode()
        assert length == (9000 if number % 50 == 0 else 40)
    assert len(_rows(target, "SELECT * FROM albums")) == 5000
    assert _rows(target, "SELECT name FROM people") == [(b"\xffA",)]
    assert _rows(target, "PRAGMA quick_check") == [(b"ok",)]


def test_the_last_page_and_the_first_may_be_lost(database: Path, tmp_path: Path) -> None:
    leaves = sorted(_pages_of(database, "albums"))[1:]
    _spoil(database, leaves[0])
    _spoil(database, leaves[-1])
    target = tmp_path / "sound.sqlite"
    assert salvage(database, target) == ("albums",)
    found = [pk for (pk,) in _rows(target, "SELECT pk FROM albums")]
    assert 3000 < len(found) < 5000
    assert max(found) < 5000
    assert min(found) > 1
    assert len(_rows(target, "SELECT * FROM assets")) == 2000


def test_a_capture_gives_what_could_be_salvaged_and_says_what_not(
    database: Path, tmp_path: Path
) -> None:
    _spoil(database, _pages_of(database, "assets")[10])
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    capture = Capture(home=tmp_path, stores=(), scratch=scratch, settings=None)
    before = database.read_bytes()
    with pytest.raises(StoreUnreadable, match="damaged"):
        capture.database(database)
    copy, losses = capture.salvaged(database)
    assert losses == ("assets",)
    assert len(_rows(copy, "SELECT * FROM assets")) > 1800
    assert database.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Photos.sqlite", "scratch"]
    assert capture.salvaged(database)[0] == copy


@pytest.mark.parametrize("content", [b"", b"no database at all" * 1000])
def test_what_is_no_database_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "Photos.sqlite"
    path.write_bytes(content)
    capture = Capture(home=tmp_path, stores=(), scratch=tmp_path, settings=None)
    with pytest.raises(StoreUnreadable, match="nothing of it can be read") as raised:
        capture.salvaged(path)
    assert raised.value.hint
