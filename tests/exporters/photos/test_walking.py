"""Libraries whose databases cannot be read: their files are taken, and copies of the databases."""

import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from disk_truth import digest, media
from legacy_library import make_legacy_library

from rootcellar.api import Absent, CopyOf, Item, Sighting
from rootcellar.testing import check_exporter
from rootcellar_photos import Photos, PhotosSettings, databases

TIME = 1_700_000_000


def _database(library: Path) -> Path:
    return library / "database" / "Photos.sqlite"


def _without_database(library: Path) -> None:
    shutil.rmtree(library / "database")


def _no_database_at_all(library: Path) -> None:
    for ending in ("-wal", "-shm"):
        _database(library).with_name(f"Photos.sqlite{ending}").unlink(missing_ok=True)
    _database(library).write_bytes(b"no database at all" * 1000)


def _of_something_else(library: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        _database(library).with_name(f"Photos.sqlite{ending}").unlink(missing_ok=True)
    with closing(sqlite3.connect(_database(library))) as database, database:
        database.execute("CREATE TABLE notes (text)")


def _renamed_tables(library: Path) -> None:
    """The form of a later macOS may be another altogether."""
    with closing(sqlite3.connect(_database(library))) as database, database:
        for asset in ("ZASSET", "ZGENERICASSET"):
            if database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (asset,)).fetchone():
                database.execute(f"ALTER TABLE {asset} RENAME TO ZPICTURE")


def _renamed_columns(library: Path) -> None:
    with closing(sqlite3.connect(_database(library))) as database, database:
        tables = {"ZASSET", "ZGENERICASSET"}
        for (name,) in database.execute("SELECT name FROM sqlite_master").fetchall():
            if name in tables:
                database.execute(f"ALTER TABLE {name} RENAME COLUMN ZUUID TO ZIDENTIFIER")
                database.execute(f"ALTER TABLE {name} RENAME COLUMN ZFILENAME TO ZNAME")


UNREADABLE = {
    "without a database": _without_database,
    "damaged": _no_database_at_all,
    "not a Photos database": _of_something_else,
    "no table of assets": _renamed_tables,
    "form that is not known": _renamed_columns,
}


@pytest.fixture(params=UNREADABLE)
def unreadable(request: pytest.FixtureRequest, library: Path, tmp_path: Path) -> tuple[Path, str]:
    """A copy of each library whose database cannot be read for each reason; and what is said."""
    copy = shutil.copytree(library, tmp_path / "Broken.photoslibrary")
    for folder, _, names in os.walk(copy):
        for name in ("", *names):
            (Path(folder) / name).chmod(0o755 if not name else 0o644)
    UNREADABLE[request.param](copy)
    return copy, request.param


def _taken(items: dict[str, Item]) -> set[str]:
    return {
        digest(file.content.path)
        for item in items.values()
        for file in item.files
        if isinstance(file.content, CopyOf)
    }


def test_every_file_is_taken_under_the_keys_the_database_gives(
    unreadable: tuple[Path, str], library: Path, export: Callable[..., Any]
) -> None:
    broken, why = unreadable
    known, done = export(library), export(broken)
    (trouble,) = done.troubles
    assert why in trouble.reason
    assert "as they lie in its folders" in trouble.reason
    assert trouble.hint
    assert why not in ("no table of assets", "form that is not known") or "Update" in trouble.hint
    assert trouble.store == next(iter(done.sightings.values())).store
    assert set(media(broken).values()) <= _taken(done.items)
    pictures = {key for key in done.items if not key.startswith(("file-", databases.PREFIX))}
    assert pictures >= {
        key
        for key, item in known.items.items()
        if any(isinstance(file.content, CopyOf) and file.role == "original" for file in item.files)
        if f"{library}/" in str(item.files[0].content)
    }
    for key in pictures & known.items.keys():
        assert done.sightings[key].makeshift
        before = {file.role: file for file in known.items[key].files}
        for file in done.items[key].files:
            if file.role in before and isinstance(file.content, CopyOf):
                same = before[file.role].content
                assert isinstance(same, CopyOf), (key, file.role)
                assert digest(same.path) == digest(file.content.path), (key, file.role)
    assert not [
        one
        for one in done.items.values()
        if "unread" not in one.record and (one.record.get("kind") != "database")
    ]
    assert list(done.gatherings) == ["people"]
    assert done.gatherings["people"].outside
    assert not done.notices


def test_a_copy_of_the_database_is_one_file_with_its_log(
    sample: Path, tmp_path: Path, export: Callable[..., Any]
) -> None:
    broken = shutil.copytree(sample, tmp_path / "Broken.photoslibrary")
    with closing(sqlite3.connect(_database(broken))) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA wal_autocheckpoint = 0")
        with database:
            database.execute("ALTER TABLE ZASSET RENAME TO ZPICTURE")
        assert _database(broken).with_name("Photos.sqlite-wal").stat().st_size
        before = {
            path: path.read_bytes() for path in (broken / "database").iterdir() if path.is_file()
        }
        done = export(broken)
        (item,) = [one for key, one in done.items.items() if key.startswith(databases.PREFIX)]
        after = {
            path: path.read_bytes() for path in (broken / "database").iterdir() if path.is_file()
        }
        assert after == before
    (file,) = item.files
    assert item.sighting.place == "Databases/Broken"
    assert (file.role, file.suffix) == ("database", ".sqlite")
    assert isinstance(file.content, CopyOf)
    with closing(sqlite3.connect(file.content.path)) as copy:
        (count,) = copy.execute("SELECT count(*) FROM ZPICTURE").fetchone()
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert count == len(export(sample).items)
    assert not file.content.path.with_name("Photos.sqlite-wal").exists()


def test_what_is_no_database_is_copied_byte_for_byte_with_its_log(
    sample: Path, tmp_path: Path, export: Callable[..., Any]
) -> None:
    broken = shutil.copytree(sample, tmp_path / "Broken.photoslibrary")
    _no_database_at_all(broken)
    _database(broken).with_name("Photos.sqlite-wal").write_bytes(b"and no log")
    done = export(broken)
    (item,) = [one for key, one in done.items.items() if key.startswith(databases.PREFIX)]
    assert {file.suffix: file.content.path.read_bytes() for file in item.files} == {
        ".sqlite": _database(broken).read_bytes(),
        ".sqlite-wal": b"and no log",
    }


def test_a_previews_stands_for_an_original_that_is_away(
    sample: Path, tmp_path: Path, export: Callable[..., Any]
) -> None:
    broken = shutil.copytree(sample, tmp_path / "Broken.photoslibrary")
    known = export(broken)
    away = {
        key for key, item in known.items.items() if "preview" in {file.role for file in item.files}
    }
    assert away
    _without_database(broken)
    done = export(broken)
    for key in away:
        files = {file.role: file for file in done.items[key].files}
        assert files["preview"].stands_in_for == "original"
        assert isinstance(files["original"].content, Absent)
        assert "database" in files["original"].content.reason


def test_without_hidden_pictures_no_new_one_is_taken(
    sample: Path, tmp_path: Path, capture: Callable[..., Any]
) -> None:
    broken = shutil.copytree(sample, tmp_path / "Broken.photoslibrary")
    _renamed_tables(broken)
    one = capture(broken)
    one.settings = PhotosSettings(hidden=False)
    found = [each for each in Photos().survey(one) if isinstance(each, Sighting)]
    assert {each.outside for each in found if each.makeshift} == {True}


def test_a_library_of_photos_4_is_walked_too(tmp_path: Path, export: Callable[..., Any]) -> None:
    builder = make_legacy_library(tmp_path / "Old.photoslibrary")
    known = export(builder.root)
    path = builder.root / "database" / "photos.db"
    path.write_bytes(b"no database at all" * 1000)
    done = export(builder.root)
    assert done.troubles
    assert set(media(builder.root).values()) <= _taken(done.items)
    originals = {
        hashlib.sha256(file.content.path.read_bytes()).hexdigest()
        for item in known.items.values()
        for file in item.files
        if isinstance(file.content, CopyOf) and file.role == "original"
    }
    assert originals <= _taken(done.items)


def test_an_unreadable_copy_of_a_library_takes_nothing_twice(
    sample: Path, tmp_path: Path, export: Callable[..., Any]
) -> None:
    broken = shutil.copytree(sample, tmp_path / "Broken.photoslibrary")
    _renamed_tables(broken)
    known, done = export(sample), export(sample, broken)
    (database,) = done.items.keys() - known.items.keys()
    assert database.startswith(databases.PREFIX)
    assert not [one.key for one in done.sightings.values() if one.makeshift]


def test_a_large_database_is_copied_once_a_day_and_when_it_rests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "LARGE", 10)
    path = tmp_path / "Photos.sqlite"
    now = TIME // databases.DAY * databases.DAY + 1000
    monkeypatch.setattr(time, "time", lambda: float(now))

    def stamp(size: int, moment: int) -> str:
        path.write_bytes(b"x" * size)
        os.utime(path, (moment, moment))
        one = databases.Unread(path, "Photos Library.photoslibrary", "identity", 0)
        return databases.sighting(one).fingerprint

    assert stamp(5, now - 50) != stamp(6, now - 40)  # a small one always
    first = stamp(20, now - 50)
    assert stamp(30, now - 10) == first
    now += databases.DAY
    assert stamp(40, now - 10) != first
    now += 2 * databases.DAY
    resting = databases.sighting(databases.Unread(path, "L", "identity", 0)).fingerprint
    assert resting not in (first, stamp(40, now - 10))


def test_the_contract_is_kept(sample: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(sample, tmp_path / "home" / "Pictures" / "Broken.photoslibrary")
    _renamed_tables(broken)
    items = check_exporter(Photos(), tmp_path / "home")
    assert len(items) > 10
