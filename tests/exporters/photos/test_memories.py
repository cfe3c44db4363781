"""Memories, in the form of every version that there is a database of."""

import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from shapes import columns


def _number(database: sqlite3.Connection, kind: str) -> tuple[str, str, str]:
    """Return table, column of the memory, column of the picture; made if need be."""
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master")]
    pattern = rf"Z_\d+MEMORIESBEING{kind}ASSETS"
    table = next((one for one in tables if re.fullmatch(pattern, one)), "")
    if not table:
        table = f"Z_3MEMORIESBEING{kind}ASSETS"
        ordered = f", Z_FOK_3{kind}ASSETS" if kind == "CUSTOMUSER" else ""
        database.execute(
            f"CREATE TABLE {table} (Z_3{kind}ASSETS, Z_56MEMORIESBEING{kind}ASSETS{ordered})"
        )
    names = columns(database, table)
    owner = next(one for one in names if "MEMORIESBEING" in one)
    member = next(one for one in names if "MEMORIESBEING" not in one and "FOK" not in one)
    return table, owner, member


@pytest.fixture
def remembering(library: Path, tmp_path: Path) -> tuple[Path, list[str]]:
    """A copy of each library with memories in it; and UUIDs of pictures in order of time."""
    copy = shutil.copytree(library, tmp_path / "Copy.photoslibrary")
    for folder, _, names in os.walk(copy):
        for name in ("", *names):
            (Path(folder) / name).chmod(0o755 if not name else 0o644)
    with closing(sqlite3.connect(copy / "database" / "Photos.sqlite")) as database, database:
        _fill(database)
        asset = "ZASSET" if columns(database, "ZASSET") else "ZGENERICASSET"
        rows = database.execute(
            f"SELECT ZUUID FROM {asset} ORDER BY ZDATECREATED, ZUUID LIMIT 5"
        ).fetchall()
    return copy, [uuid for (uuid,) in rows]


def _fill(database: sqlite3.Connection) -> None:
    asset = "ZASSET" if columns(database, "ZASSET") else "ZGENERICASSET"
    pks = [
        pk
        for (pk,) in database.execute(
            f"SELECT Z_PK FROM {asset} ORDER BY ZDATECREATED, ZUUID LIMIT 5"
        )
    ]
    if not columns(database, "ZMEMORY"):
        database.execute(
            "CREATE TABLE ZMEMORY (Z_PK INTEGER PRIMARY KEY, ZUUID, ZTITLE, ZSUBTITLE,"
            " ZCREATIONDATE, ZKEYASSET, ZFAVORITE, ZREJECTED)"
        )
    for pk, uuid, title, subtitle, favourite, rejected in (
        (1, "M1", "Am See", "Mai 2014", 1, 0),
        (2, "M2", "Rejected", None, 0, 1),
        (3, "M3", "By hand", " ", 0, 0),
        (4, "M4", None, None, 0, 0),
    ):
        database.execute(
            "INSERT INTO ZMEMORY (Z_PK, ZUUID, ZTITLE, ZSUBTITLE, ZCREATIONDATE, ZKEYASSET,"
            " ZFAVORITE, ZREJECTED) VALUES (?, ?, ?, ?, 700000000, ?, ?, ?)",
            (pk, uuid, title, subtitle, pks[-1], favourite, rejected),
        )
    for kind, memory, chosen in (
        ("CURATED", 1, pks[2::-1]),
        ("EXTENDEDCURATED", 1, pks),
        ("USERREMOVED", 1, pks[4:]),
        ("CURATED", 3, pks),
        ("CUSTOMUSER", 3, [*pks[3:4], pks[0]]),
    ):
        table, owner, member = _number(database, kind)
        ordered = next((one for one in columns(database, table) if "FOK" in one), None)
        for position, pk in enumerate(chosen):
            names, values = [owner, member], [memory, pk]
            if ordered:
                names, values = [*names, ordered], [*values, position]
            database.execute(
                f"INSERT INTO {table} ({', '.join(names)}) VALUES"
                f" ({', '.join('?' * len(values))})",
                values,
            )


def test_memories_are_pages_with_their_pictures(
    remembering: tuple[Path, list[str]], library: Path, export: Callable[..., Any]
) -> None:
    copy, pictures = remembering
    pages = export(copy).gatherings
    assert pages.keys() - export(library).gatherings.keys() == {"M1", "M3"}
    lake = pages["M1"]
    assert lake.place == "Albums/Memories/Am See, Mai 2014"
    assert lake.title == "Am See"
    assert lake.groups["items"] == tuple(pictures[:3])
    assert lake.groups.get("more", ()) == tuple(pictures[3:4])
    assert {**lake.record, "category": None, "subcategory": None} == {
        "uuid": "M1",
        "title": "Am See",
        "kind": "memory",
        "created": "2023-03-08T20:26:40Z",
        "order": "date",
        "descending": False,
        "cover": pictures[-1],
        "subtitle": "Mai 2014",
        "favourite": True,
        "category": None,
        "subcategory": None,
    }


def test_what_the_person_chose_comes_in_the_persons_order(
    remembering: tuple[Path, list[str]], export: Callable[..., Any]
) -> None:
    copy, pictures = remembering
    page = export(copy).gatherings["M3"]
    assert page.place == "Albums/Memories/By hand"
    with closing(sqlite3.connect(copy / "database" / "Photos.sqlite")) as database:
        table, *_ = _number(database, "CUSTOMUSER")
        ordered = any("FOK" in name for name in columns(database, table))
    chosen = [*pictures[3:4], pictures[0]]
    assert list(page.groups["items"]) == (
        chosen if ordered else sorted(chosen, key=pictures.index)
    )


def test_a_memory_that_changes_is_seen_at_a_glance(
    sample: Path, tmp_path: Path, capture: Callable[..., Any]
) -> None:
    from rootcellar_photos import Photos

    copy = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    before = Photos().glance(capture(copy), "")
    with closing(sqlite3.connect(copy / "database" / "Photos.sqlite")) as database, database:
        _fill(database)
    after = Photos().glance(capture(copy), "")
    assert before is not None
    assert after is not None
    assert before.items == after.items
    assert before.pages != after.pages
