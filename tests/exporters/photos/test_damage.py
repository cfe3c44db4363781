"""Damaged libraries: every picture that can be found is taken, and what is lost is said."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rootcellar.api import CopyOf, Item
from rootcellar_photos import Photos, assets

KEPT = ("ZASSET", "Z_METADATA")
"""Without the first there is no library, without the second it is of an unknown model."""


@pytest.fixture
def broken(sample: Path, tmp_path: Path) -> Path:
    """A copy of the sample's library, to be damaged; everything is in its one file."""
    copy = shutil.copytree(sample, tmp_path / "Broken.photoslibrary")
    with closing(sqlite3.connect(_path(copy), isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
    return copy


def _path(library: Path) -> Path:
    return library / "database" / "Photos.sqlite"


def _change(library: Path, *statements: str) -> None:
    with closing(sqlite3.connect(_path(library))) as database, database:
        for kind, name in database.execute(
            "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'index')"
            " AND sql NOTNULL"
        ).fetchall():
            database.execute(f"DROP {kind} {name}")
        for statement in statements:
            database.execute(statement)


def _roles(item: Item) -> list[str]:
    return [file.role for file in item.files]


def _copied(items: dict[str, Item], library: Path) -> set[str]:
    return {
        str(file.content.path.relative_to(library))
        for item in items.values()
        for file in item.files
        if isinstance(file.content, CopyOf) and item.record.get("kind") != "database"
    }


def _tables(library: Path) -> list[str]:
    with closing(sqlite3.connect(_path(library))) as database:
        rows = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'Z%' ORDER BY 1"
        )
        return [name for (name,) in rows if name not in KEPT and not name.startswith("Z_RT")]


def test_without_any_one_table_every_picture_is_taken(
    broken: Path, sample: Path, export: Callable[..., Any]
) -> None:
    before = _copied(export(sample).items, sample)
    whole = _path(broken).read_bytes()
    for table in _tables(broken):
        _change(broken, f"DROP TABLE {table}")
        assets._ADDED.clear()  # what the library lacked a moment ago is there again
        done = export(broken)
        assert done.items.keys() == done.sightings.keys()
        assert _copied(done.items, broken) == before, table
        assert not [item for item in done.items.values() if "unread" in item.record], table
        _path(broken).write_bytes(whole)


def test_without_all_other_tables_every_picture_is_taken(
    broken: Path, sample: Path, export: Callable[..., Any]
) -> None:
    before = _copied(export(sample).items, sample)
    _change(broken, *(f"DROP TABLE {table}" for table in (*_tables(broken), "Z_METADATA")))
    done = export(broken)
    assert _copied(done.items, broken) == before
    (trouble,) = done.troubles
    assert "not known here" in trouble.reason


def test_references_that_lead_nowhere_cost_nothing_else(
    broken: Path, sample: Path, export: Callable[..., Any]
) -> None:
    before = export(sample)
    _change(
        broken,
        "UPDATE ZASSET SET ZMASTER = 9999, ZMOMENT = 9999, ZIMPORTSESSION = 9999,"
        " ZEXTENDEDATTRIBUTES = 9999",
        "UPDATE ZADDITIONALASSETATTRIBUTES SET ZASSETDESCRIPTION = 9999,"
        " ZUNMANAGEDADJUSTMENT = 9999",
        "UPDATE ZDETECTEDFACE SET ZPERSONFORFACE = 9999",
        "UPDATE ZGENERICALBUM SET ZPARENTFOLDER = 9999 WHERE ZKIND = 2",
    )
    done = export(broken)
    assert done.items.keys() == before.items.keys()
    for key, item in done.items.items():
        assert _roles(item) == _roles(before.items[key])
        assert "unread" not in item.record
        assert item.record.get("keywords") == before.items[key].record.get("keywords")


def test_folders_of_albums_in_circles_and_without_a_root_are_no_matter(
    broken: Path, sample: Path, export: Callable[..., Any]
) -> None:
    _change(
        broken,
        "UPDATE ZGENERICALBUM SET ZPARENTFOLDER = Z_PK WHERE ZKIND = 4000",
        "DELETE FROM ZGENERICALBUM WHERE ZKIND = 3999",
    )
    before, done = export(sample), export(broken)
    assert {key: item.record for key, item in done.items.items()} == {
        key: item.record for key, item in before.items.items()
    }
    assert done.gatherings.keys() == before.gatherings.keys()


def test_pictures_without_attributes_are_taken_with_what_is_left(
    broken: Path, sample: Path, export: Callable[..., Any]
) -> None:
    before = export(sample)
    _change(broken, "DELETE FROM ZADDITIONALASSETATTRIBUTES WHERE Z_PK % 2 = 0")
    done = export(broken)
    assert done.items.keys() == before.items.keys()
    assert _copied(done.items, broken) == _copied(before.items, sample)
    assert not [item for item in done.items.values() if "unread" in item.record]


def test_attributes_that_are_there_twice_make_one_item(
    broken: Path, sample: Path, export: Callable[..., Any]
) -> None:
    _change(
        broken,
        "INSERT INTO ZADDITIONALASSETATTRIBUTES (Z_PK, ZASSET, ZORIGINALFILENAME)"
        " SELECT Z_PK + 5000, ZASSET, ZORIGINALFILENAME FROM ZADDITIONALASSETATTRIBUTES",
    )
    found = [one.key for one in Photos().survey(export(broken).capture)]
    assert len(found) == len(set(found)) == len(export(sample).items)


def test_lost_identifiers_come_back_from_the_names_of_files(
    broken: Path, sample: Path, export: Callable[..., Any]
) -> None:
    before = export(sample)
    _change(broken, "UPDATE ZASSET SET ZUUID = NULL WHERE Z_PK % 2 = 0")
    done = export(broken)
    assert done.items.keys() == before.items.keys()
    assert _copied(done.items, broken) == _copied(before.items, sample)
    assert done.troubles == []


def test_a_picture_without_identifier_and_name_is_told(
    broken: Path, export: Callable[..., Any]
) -> None:
    _change(
        broken,
        "UPDATE ZASSET SET ZUUID = NULL, ZFILENAME = NULL"
        " WHERE Z_PK = (SELECT min(Z_PK) FROM ZASSET)",
    )
    done = export(broken)
    (trouble,) = done.troubles
    assert "1 of the pictures" in trouble.reason
    assert done.notices  # its files are strangers now


def test_of_two_rows_with_one_identifier_one_counts(
    broken: Path, sample: Path, export: Callable[..., Any]
) -> None:
    _change(
        broken,
        "UPDATE ZASSET SET ZUUID = (SELECT ZUUID FROM ZASSET ORDER BY Z_PK LIMIT 1)"
        " WHERE Z_PK IN (SELECT Z_PK FROM ZASSET ORDER BY Z_PK LIMIT 3)",
    )
    found = [one for one in Photos().survey(export(broken).capture) if hasattr(one, "key")]
    assert len(found) == len({one.key for one in found}) == len(export(sample).items) - 2
    (notice,) = export(broken).notices
    assert "belong" in notice


@pytest.mark.parametrize("date", ["1e300", "-1e300", "9e999", "'never'", "x'00'", "-2e11", "4e10"])
def test_absurd_dates_are_no_dates(
    date: str, broken: Path, sample: Path, export: Callable[..., Any]
) -> None:
    _change(
        broken,
        f"UPDATE ZASSET SET ZDATECREATED = {date}, ZADDEDDATE = {date}, ZTRASHEDDATE = {date},"
        f" ZADJUSTMENTTIMESTAMP = {date}, ZMODIFICATIONDATE = {date}",
        f"UPDATE ZMOMENT SET ZSTARTDATE = {date}, ZENDDATE = {date}",
        f"UPDATE ZEXTENDEDATTRIBUTES SET ZDATECREATED = {date}",
        f"UPDATE ZGENERICALBUM SET ZCREATIONDATE = {date}",
        f"UPDATE ZCLOUDSHAREDCOMMENT SET ZCOMMENTDATE = {date}",
    )
    done = export(broken)
    assert _copied(done.items, broken) == _copied(export(sample).items, sample)
    assert not [item for item in done.items.values() if "unread" in item.record]
    assert all("undated" in one.place for one in done.sightings.values())


def test_odd_values_in_columns_of_a_picture_do_not_stop_the_others(
    broken: Path, sample: Path, export: Callable[..., Any]
) -> None:
    _change(
        broken,
        "UPDATE ZASSET SET ZKIND = NULL, ZKINDSUBTYPE = 77, ZLATITUDE = 'north', ZHEIGHT = NULL,"
        " ZCLOUDOWNERHASHEDPERSONID = 'nobody', ZUNIFORMTYPEIDENTIFIER = NULL",
        "UPDATE ZADDITIONALASSETATTRIBUTES SET ZTIMEZONENAME = '../etc', ZTIMEZONEOFFSET = 1e9,"
        " ZORIGINALFILENAME = NULL, ZREVERSELOCATIONDATA = x'0102', ZTITLE = x'ff00'",
    )
    done = export(broken)
    assert done.items.keys() == export(sample).items.keys()
    assert {"original" in _roles(item) for item in done.items.values()} == {True}


def test_a_picture_without_directory_and_name_is_found_by_its_identifier(
    broken: Path, sample: Path, export: Callable[..., Any]
) -> None:
    _change(
        broken,
        "UPDATE ZASSET SET ZDIRECTORY = NULL, ZFILENAME = NULL"
        " WHERE ZCLOUDBATCHPUBLISHDATE IS NULL AND ZDIRECTORY NOT LIKE '/%'",
    )
    done = export(broken)
    assert _copied(done.items, broken) == _copied(export(sample).items, sample)


def test_a_page_that_cannot_be_read_costs_what_its_rows_said_only(
    broken: Path, sample: Path, export: Callable[..., Any]
) -> None:
    with closing(sqlite3.connect(_path(broken))) as database:
        (size,) = database.execute("PRAGMA page_size").fetchone()
        pages = database.execute(
            "SELECT pageno FROM dbstat WHERE name = 'ZASSET' AND pagetype = 'leaf' ORDER BY 1"
        ).fetchall()
    with _path(broken).open("r+b") as file:
        file.seek((pages[len(pages) // 2][0] - 1) * size)
        file.write(random.Random(1).randbytes(size))
    before, done = export(sample), export(broken)
    (trouble,) = done.troubles
    assert "ZASSET" in trouble.reason
    assert trouble.store == next(iter(before.sightings.values())).store
    lost = {key for key, one in done.sightings.items() if one.makeshift}
    assert 0 < len(lost) < len(before.items)
    for key in done.items.keys() & before.items.keys() - lost:
        assert done.items[key].record == before.items[key].record
    assert _copied(done.items, broken) == _copied(before.items, sample)
    assert done.notices == []
    (database,) = (item for item in done.items.values() if item.record["kind"] == "database")
    (file,) = database.files
    assert isinstance(file.content, CopyOf)
    assert file.content.path.read_bytes() == _path(broken).read_bytes()


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00" + bytes(84)])
def test_an_empty_database_is_told_in_its_own_words(
    content: bytes, broken: Path, sample: Path, export: Callable[..., Any]
) -> None:
    _path(broken).write_bytes(content)
    (trouble,) = export(broken).troubles
    assert "damaged" in trouble.reason
    assert trouble.hint


def test_a_log_that_was_torn_gives_the_state_before_it(
    broken: Path, sample: Path, export: Callable[..., Any], tmp_path: Path
) -> None:
    before = export(sample)
    with closing(sqlite3.connect(_path(broken), isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA wal_autocheckpoint = 0")
        for number in range(5):
            database.execute(f"UPDATE ZADDITIONALASSETATTRIBUTES SET ZTITLE = 'title {number}'")
        wal = _path(broken).with_name("Photos.sqlite-wal").read_bytes()
        main = _path(broken).read_bytes()
    for cut in (len(wal) // 2, 40, 0):
        _path(broken).write_bytes(main)
        _path(broken).with_name("Photos.sqlite-wal").write_bytes(wal[:cut])
        done = export(broken)
        assert done.items.keys() == before.items.keys()
        titles = {item.record.get("title") for item in done.items.values()}
        assert titles <= {f"title {n}" for n in range(4)} | {
            item.record.get("title") for item in before.items.values()
        }
