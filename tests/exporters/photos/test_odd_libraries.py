"""Libraries in strange conditions: nothing of what lies in them may go without being said."""

import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from disk_truth import digest, unexplained, untaken
from iphoto_library import make_iphoto_library
from legacy_library import make_legacy_library

from rootcellar.api import Absent, CopyOf
from rootcellar.sources.home import HomeFolder
from rootcellar_photos import Photos, assets


def _database(library: Path) -> Path:
    names = ("database/Photos.sqlite", "database/photos.db", "Database/apdb/Library.apdb")
    return next(library / name for name in names if (library / name).exists())


def _change(library: Path, *statements: str, lenient: bool = False) -> None:
    with closing(sqlite3.connect(_database(library))) as database, database:
        database.create_collation("LiStringCollation", lambda a, b: (a > b) - (a < b))
        for kind, name in database.execute(
            "SELECT type, name FROM sqlite_master WHERE type = 'trigger'"
            " OR (type = 'index' AND sql NOTNULL)"
        ).fetchall():
            database.execute(f"DROP {kind} {name}")
        for statement in statements:
            try:
                database.execute(statement)
            except sqlite3.OperationalError:
                if not lenient:
                    raise


def _tables(library: Path, pattern: str) -> list[str]:
    with closing(sqlite3.connect(_database(library))) as database:
        rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [name for (name,) in rows if re.fullmatch(pattern, name)]


def _pictures(library: Path) -> str:
    return _tables(library, "ZASSET|ZGENERICASSET|RKVersion")[0]


def _copy(library: Path, target: Path) -> Path:
    shutil.copytree(library, target, symlinks=True)
    for folder, _, names in os.walk(target):
        for name in ("", *names):
            if not (Path(folder) / name).is_symlink():
                (Path(folder) / name).chmod(0o755 if not name else 0o644)
    assets._ADDED.clear()  # what other libraries at this path lacked
    return target


@pytest.fixture(params=["of Photos", "of Photos 4", "of iPhoto"])
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterable[Path]:
    """A library to be changed: of each kind; those of Photos in turn."""
    target = tmp_path / "Odd.photoslibrary"
    if request.param == "of Photos":
        return [_copy(request.getfixturevalue("sample"), target)]
    if request.param == "of Photos 4":
        return [make_legacy_library(target).root]
    return [make_iphoto_library(target).root]


@pytest.fixture
def copied(library: Path, tmp_path: Path) -> Path:
    """A copy of each library of Photos in turn, to be changed."""
    return _copy(library, tmp_path / "Odd.photoslibrary")


def _digests(done: Any) -> set[str]:
    return {
        digest(file.content.path)
        for item in done.items.values()
        if item.record.get("kind") != "database"
        for file in item.files
        if isinstance(file.content, CopyOf)
    }


ALBUMS = (
    r"Z_\d+ASSETS|ZGENERICALBUM|Z_\d+.*ALBUM.*|ZSHARE|RKAlbum|RKAlbumVersion|RKCustomSortOrder"
)
WORDS = r"Z_\d+KEYWORDS|ZKEYWORD|ZPERSON|ZDETECTEDFACE|RKKeyword.*|RKPerson|RKFace.*|ZMEMORY"


@pytest.mark.parametrize("pattern", [ALBUMS, WORDS], ids=["albums", "words"])
def test_without_the_tables_of_albums_or_words_every_file_is_taken(
    pattern: str, copied: Path, library: Path, export: Callable[..., Any]
) -> None:
    before = export(library)
    _change(copied, *(f"DROP TABLE {table}" for table in _tables(copied, pattern)))
    done = export(copied)
    assert done.items.keys() == before.items.keys()
    assert _digests(done) == _digests(before)
    assert not unexplained(done.items.values())
    assert not [item for item in done.items.values() if "unread" in item.record]


def test_columns_that_nobody_knows_change_nothing(
    copied: Path, library: Path, export: Callable[..., Any]
) -> None:
    before = export(library)
    tables = _tables(copied, "Z[A-Z]+")
    _change(copied, *(f"ALTER TABLE {table} ADD COLUMN ZODD DEFAULT 7" for table in tables))
    done = export(copied)
    assert {key: item.record for key, item in done.items.items()} == {
        key: item.record for key, item in before.items.items()
    }


def test_a_library_with_nothing_but_trash_is_taken(
    copied: Path, library: Path, export: Callable[..., Any]
) -> None:
    before = export(library)
    _change(copied, f"UPDATE {_pictures(copied)} SET ZTRASHEDSTATE = 1, ZTRASHEDDATE = 7e8")
    done = export(copied)
    assert _digests(done) == _digests(before)
    assert all(one.in_trash for one in done.sightings.values())


def test_numbers_and_texts_in_each_others_place_cost_only_themselves(
    copied: Path, library: Path, export: Callable[..., Any]
) -> None:
    before = export(library)
    _change(
        copied,
        f"UPDATE {_pictures(copied)} SET ZDATECREATED = 'yesterday', ZWIDTH = 'wide',"
        " ZKINDSUBTYPE = x'00', ZMODIFICATIONDATE = 'x', ZLATITUDE = 'north' WHERE Z_PK % 2 = 0",
        "UPDATE ZADDITIONALASSETATTRIBUTES SET ZTITLE = x'ff00fe', ZTIMEZONEOFFSET = 'abc',"
        " ZORIGINALFILENAME = 12345 WHERE Z_PK % 3 = 0",
        "UPDATE ZGENERICALBUM SET ZTITLE = x'ff00' WHERE ZKIND = 2 AND Z_PK % 2 = 0",
        "UPDATE ZGENERICALBUM SET ZTITLE = 1234, ZCREATIONDATE = 'x' WHERE ZKIND = 2"
        " AND Z_PK % 2 = 1",
        "UPDATE ZPERSON SET ZFULLNAME = 77 WHERE ZFULLNAME <> ''",
        "UPDATE ZKEYWORD SET ZTITLE = Z_PK",
    )
    done = export(copied)
    assert done.items.keys() == before.items.keys()
    assert _digests(done) == _digests(before)
    assert not [item.record["unread"] for item in done.items.values() if "unread" in item.record]


def test_a_new_library_without_pictures_is_fine(
    odd: list[Path], export: Callable[..., Any]
) -> None:
    (library,) = odd
    _change(library, f"DELETE FROM {_pictures(library)}")
    for folder in ("originals", "resources", "scopes", "Masters", "Previews", "Thumbnails"):
        shutil.rmtree(library / folder, ignore_errors=True)
    done = export(library)
    assert done.items == {}
    assert done.troubles == []


def test_a_database_that_lists_nothing_beside_pictures_is_not_believed(
    odd: list[Path], export: Callable[..., Any]
) -> None:
    (library,) = odd
    _change(library, f"DELETE FROM {_pictures(library)}")
    done = export(library)
    (trouble,) = done.troubles
    assert "lists no pictures" in trouble.reason
    assert not untaken(library, done.items.values()) - _thumbnails(library)


def _thumbnails(library: Path) -> set[str]:
    return {
        path.relative_to(library).as_posix()
        for name in ("Thumbnails", "Database")
        for path in (library / name).rglob("*")
    }


NAMES = (
    *("Fotos – Ünï \"quoted\" 'x' %20 #?&;.photoslibrary", "-rf.photoslibrary", "no ending"),
    *("with\nnewline.photoslibrary", "\N{CAMERA}.photoslibrary", " lead.photoslibrary"),
    *("e\u0301.photoslibrary", "x" * 200 + ".photoslibrary", "bad\udcff.photoslibrary"),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_library_of_any_name_is_found_and_read(
    name: str, sample: Path, tmp_path: Path, export: Callable[..., Any]
) -> None:
    copy = tmp_path / "home" / "Pictures" / name
    try:
        _copy(sample, copy)
    except (OSError, UnicodeError):
        pytest.skip("this file system does not take the name")
    (found,) = HomeFolder(tmp_path / "home").stores(Photos.reads).stores
    done = export(found.path)
    assert _digests(done) == _digests(export(sample))
    for item in done.items.values():
        str(item.record).encode()
        item.sighting.store.encode()


def test_what_cannot_be_read_is_told_of_a_library_of_any_name(
    sample: Path, tmp_path: Path, export: Callable[..., Any]
) -> None:
    try:
        copy = _copy(sample, tmp_path / "bad\udcff.photoslibrary")
    except (OSError, UnicodeError):
        pytest.skip("this file system does not take the name")
    _change(copy, "ALTER TABLE ZASSET RENAME TO ZPICTURE")
    done = export(copy)
    (trouble,) = done.troubles
    for text in (trouble.title, trouble.reason, trouble.store, *(
        one.sighting.title + one.sighting.place for one in done.items.values()
    )):  # fmt: skip
        text.encode()


def test_a_library_that_is_a_link_is_read_once(
    sample: Path, tmp_path: Path, export: Callable[..., Any]
) -> None:
    copy = _copy(sample, tmp_path / "Disk" / "Mine.photoslibrary")
    pictures = tmp_path / "home" / "Pictures"
    pictures.mkdir(parents=True)
    for name in ("Photos Library.photoslibrary", "Other.photoslibrary"):
        (pictures / name).symlink_to(copy)
    (found,) = HomeFolder(tmp_path / "home").stores(Photos.reads).stores
    assert export(found.path).items.keys() == export(sample).items.keys()


def test_nothing_in_a_library_is_written_to_in_any_condition(
    odd: list[Path], export: Callable[..., Any]
) -> None:
    (library,) = odd
    for statement in ("", f"DELETE FROM {_pictures(library)}", "DROP TABLE " + _pictures(library)):
        if statement:
            _change(library, statement)
        before = {path: path.lstat().st_mtime_ns for path in library.rglob("*")}
        export(library)
        assert {path: path.lstat().st_mtime_ns for path in library.rglob("*")} == before


def test_originals_kept_in_a_home_that_was_copied_are_found_in_the_copy(
    sample: Path, tmp_path: Path, export: Callable[..., Any]
) -> None:
    """The person's home was /Users/juno; it lies somewhere else now, under another name."""
    copy = _copy(sample, tmp_path / "Pictures" / "Photos Library.photoslibrary")
    kept = tmp_path / "Pictures" / "Kept" / "IMG 1.jpg"
    kept.parent.mkdir()
    kept.write_bytes(b"kept outside the library")
    _change(
        copy,
        "UPDATE ZASSET SET ZDIRECTORY = '/Users/juno/Pictures/Kept', ZFILENAME = 'IMG 1.jpg',"
        " ZSAVEDASSETTYPE = 10 WHERE Z_PK = (SELECT min(Z_PK) FROM ZASSET)",
        "UPDATE ZINTERNALRESOURCE SET ZDATALENGTH = 24 WHERE ZDATASTORESUBTYPE = 1"
        " AND ZASSET = (SELECT min(Z_PK) FROM ZASSET)",
    )
    with closing(sqlite3.connect(_database(copy))) as database:
        (uuid,) = database.execute("SELECT ZUUID FROM ZASSET ORDER BY Z_PK LIMIT 1").fetchone()
    done = export(copy)
    original = next(file for file in done.items[uuid].files if file.role == "original")
    assert isinstance(original.content, CopyOf)
    assert original.content.path == kept
    kept.write_bytes(b"another file, which has taken its name")
    original = next(file for file in export(copy).items[uuid].files if file.role == "original")
    assert isinstance(original.content, Absent)
    assert "/Users/juno/Pictures/Kept" in original.content.reason


def test_older_libraries_find_them_there_too(tmp_path: Path, export: Callable[..., Any]) -> None:
    (tmp_path / "Pictures").mkdir()
    (tmp_path / "Pictures" / "A.JPG").write_bytes(b"x" * 100)
    iphoto = make_iphoto_library(tmp_path / "iPhoto Library.photolibrary").root
    kept = "imagePath = 'Users/juno/Pictures/A.JPG'"
    _change(iphoto, f"UPDATE RKMaster SET {kept} WHERE uuid = 'maway%1'")
    legacy = make_legacy_library(tmp_path / "Old.photoslibrary").root
    _change(legacy, f"UPDATE RKMaster SET {kept} WHERE uuid = 'mAway'")
    for library, key in ((iphoto, "away%1"), (legacy, "Away")):
        files = {file.role: file for file in export(library).items[key].files}
        content = files["original"].content
        assert isinstance(content, CopyOf)
        assert content.path == tmp_path / "Pictures" / "A.JPG"
