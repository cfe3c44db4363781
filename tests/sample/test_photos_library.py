"""The sample's Photos library, read by osxphotos as an exporter reads a real one."""

import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rootcellar.sample.photos_content import ABSURD_DATE, DECOMPOSED_NAME, FORBIDDEN_NAME

Library = Any  # osxphotos publishes no types
# These want the media analysis database, exiftool or macOS.
NOT_HERE = {"ai_caption", "detected_text", "exiftool", "media_analysis"}


@pytest.fixture(scope="module")
def path(home: Path) -> Path:
    return home / "Pictures" / "Photos Library.photoslibrary"


@pytest.fixture(scope="module")
def library(path: Path, open_library: Callable[[Path], Library]) -> Library:
    return open_library(path)


@pytest.fixture(scope="module")
def photos(library: Library) -> list[Any]:
    return library.photos_by_uuid(list(library._dbphotos))


def named(photos: list[Any], name: str) -> Any:
    return next(photo for photo in photos if photo.original_filename == name)


def test_the_library_holds_every_kind_of_asset(photos: list[Any]) -> None:
    counts = Counter[str]()
    for photo in photos:
        counts["all"] += 1
        for kind in ("ismovie", "live_photo", "has_raw", "hasadjustments", "burst", "hidden"):
            counts[kind] += bool(getattr(photo, kind))
        for kind in ("intrash", "ismissing", "shared", "screenshot", "favorite"):
            counts[kind] += bool(getattr(photo, kind))
        counts["years"] = len({p.date.year for p in photos})
    assert counts == {
        "all": 43,
        "ismovie": 2,
        "live_photo": 3,
        "has_raw": 1,
        "hasadjustments": 3,
        "burst": 3,
        "hidden": 1,
        "intrash": 1,
        "ismissing": 3,
        "shared": 2,
        "screenshot": 1,
        "favorite": 4,
        "years": 12,
    }


def test_every_attribute_can_be_read(photos: list[Any]) -> None:
    for photo in photos:
        for name in dir(type(photo)):
            if not name.startswith("_") and name not in NOT_HERE:
                getattr(photo, name)
        for album in photo.album_info:
            assert photo.uuid in [member.uuid for member in album.photos]
            assert album.asdict()
        for face in photo.face_info:
            assert face.asdict()
            assert face.mwg_rs_area
            assert face.person_info.asdict()
        if photo.import_info is not None:
            assert photo.import_info.asdict()
            assert photo.import_info.photos
        if photo.moment_info is not None:
            assert photo.moment_info.asdict()
        assert photo.tables().ZASSET.rows()


def test_the_files_of_an_asset_are_found(photos: list[Any]) -> None:
    for photo in photos:
        assert (photo.path is None) == photo.ismissing
        assert photo.path_derivatives
        if photo.path:
            assert Path(photo.path).stat().st_size == photo.original_filesize
    live = named(photos, "IMG_6003.JPG")
    assert Path(live.path_live_photo).name == f"{live.uuid}_3.mov"
    assert live.path_edited is None
    both = named(photos, "IMG_6004.JPG")
    assert both.path_live_photo
    assert Path(both.path_edited).name == f"{both.uuid}_1_201_a.jpeg"
    assert Path(both.path_edited_live_photo).name == f"{both.uuid}_2_100_a.mov"
    raw = named(photos, "IMG_6005.JPG")
    assert Path(raw.path_raw).name == f"{raw.uuid}_4.dng"
    assert raw.uti_raw == "com.adobe.raw-image"
    video = named(photos, "IMG_6006.MOV")
    assert Path(video.path_edited).name == f"{video.uuid}_2_0_a.mov"


def test_an_edit_can_be_decoded(photos: list[Any]) -> None:
    edited = named(photos, "IMG_6001.JPG")
    assert edited.adjustments.adjustments[0]["identifier"] == "SmartTone"
    assert edited.adjustments.timestamp == datetime.fromisoformat("2023-10-08T09:30:00+02:00")
    assert edited.date_modified == edited.adjustments.timestamp
    assert edited.orientation == 1
    assert not edited.external_edit


def test_two_of_three_burst_photos_are_not_picked(photos: list[Any], library: Library) -> None:
    burst = [photo for photo in photos if photo.burst]
    assert [photo.burst_key for photo in burst].count(True) == 1
    assert [photo.visible for photo in burst].count(False) == 2
    assert all(len(photo.burst_photos) == 2 for photo in burst)
    listed = {photo.uuid for photo in library.photos()}
    assert len(listed) == len(photos) - 3  # two not picked, one in the trash


def test_texts_keywords_and_labels_are_as_planned(photos: list[Any]) -> None:
    apples = named(photos, "IMG_6001.JPG")
    assert apples.title == "Red, yellow, green"
    assert apples.description == "Gravenstein, Golden Delicious, Granny Smith"
    assert apples.keywords == ["apples", "harvest"]
    assert apples.labels == ["Apple", "Fruit"]
    assert named(photos, "IMG_4100.JPG").title == "月夜"
    assert "\n" in named(photos, "IMG_2001.JPG").description


def test_persons_have_given_names_and_one_face_has_none(
    photos: list[Any], library: Library
) -> None:
    assert sorted(library.persons) == ["Anna", "Ben", "Carla", "_UNKNOWN_"]
    pair = named(photos, "IMG_7003.JPG")
    assert pair.persons == ["Anna", "Ben"]
    left, right = pair.face_info
    assert left.center_x < right.center_x
    anna = next(person for person in library.person_info if person.name == "Anna")
    assert anna.facecount == len(anna.photos) == 3
    assert anna.keyphoto.original_filename == "IMG_7001.JPG"


def test_albums_and_folders_are_as_planned(library: Library) -> None:
    albums = {
        (*album.folder_names, album.title, len(album.photos)) for album in library.album_info
    }
    assert albums == {
        ("Journeys", "Lisbon", 4),
        ("Journeys", "Far away", "Tokyo", 3),
        ("Harvest", 10),
        ("Best of", 2),
        ("Best of", 5),
        ("Apples/Pears", 2),
        ("To print", 0),
    }
    harvest = next(album for album in library.album_info if album.title == "Harvest")
    assert harvest.photos[-1].title == "The cellar is full"
    assert harvest.sort_order.name == "MANUAL"
    lisbon = next(album for album in library.album_info if album.title == "Lisbon")
    assert lisbon.sort_order.name == "NEWEST_FIRST"
    assert lisbon.photos[0].original_filename == "MVI_0104.MOV"


def test_a_shared_album_has_owner_comments_and_likes(photos: list[Any], library: Library) -> None:
    (album,) = library.album_info_shared
    assert (album.title, album.owner, len(album.photos)) == ("Allotment", "Carla", 2)
    photo = named(photos, "IMG_0077.JPG")
    assert photo.owner == "Carla"
    assert [(c.user, c.text) for c in photo.comments] == [("Ben", "Are those ours?")]
    assert [like.user for like in photo.likes] == ["Anna"]
    assert "scopes/cloudsharing/data" in photo.path
    assert photo.fingerprint is None


def test_dates_are_in_the_zone_of_the_photo(photos: list[Any]) -> None:
    for photo in photos:
        assert photo.date.utcoffset() == timedelta(seconds=photo.tzoffset or 0)
    assert named(photos, "IMG_3010.JPG").date.isoformat() == "2018-03-04T23:58:00+05:30"
    assert named(photos, "IMG_5201.JPG").date.isoformat() == "2022-01-01T00:00:03+13:00"
    assert named(photos, "IMG_8002.JPG").date_trashed is not None
    zones = {photo.tzname for photo in photos}
    assert len(zones) == 6  # five and none


def test_one_date_is_missing_and_one_absurd(photos: list[Any]) -> None:
    assert named(photos, "scan.jpg").date.year == 1970  # what osxphotos says for none
    assert named(photos, "IMG_0001.JPG").date == ABSURD_DATE


def test_places_have_coordinates_and_some_names(photos: list[Any]) -> None:
    lisbon = named(photos, "DSC_0101.JPG")
    assert lisbon.location == (38.7223, -9.1393)
    assert lisbon.place.name == "Lisbon, Portugal"
    assert lisbon.place.country_code == "PT"
    assert lisbon.place.address.city == "Lisbon"
    auckland = named(photos, "IMG_5200.JPG")
    assert auckland.location == (-36.8509, 174.7645)
    assert auckland.place is None
    assert named(photos, "IMG_7001.JPG").location == (None, None)


def test_awkward_names_are_there(photos: list[Any], path: Path) -> None:
    names = Counter(photo.original_filename for photo in photos)
    assert names["IMG_0412.JPG"] == 2
    assert names["img_0412.jpg"] == 1
    assert names[FORBIDDEN_NAME] == 1
    days = {p.date.date() for p in photos if p.original_filename.upper() == "IMG_0412.JPG"}
    assert len(days) == 1
    with closing(
        sqlite3.connect(f"file:{path}/database/Photos.sqlite?immutable=1", uri=True)
    ) as c:
        rows = c.execute("SELECT ZORIGINALFILENAME FROM ZADDITIONALASSETATTRIBUTES").fetchall()
    assert DECOMPOSED_NAME in [row[0] for row in rows]
    assert unicodedata.normalize("NFC", DECOMPOSED_NAME) != DECOMPOSED_NAME


def test_originals_in_icloud_only_say_so(photos: list[Any], path: Path) -> None:
    missing = named(photos, "IMG_8003.JPG")
    assert missing.ismissing
    assert missing.iscloudasset
    assert missing.incloud
    assert missing.fingerprint
    assert missing.path_derivatives
    assert not (path / "originals" / missing.uuid[0] / missing.filename).exists()
    local = named(photos, "scan.jpg")
    assert not local.iscloudasset
    assert local.incloud is None


def test_the_latest_photo_is_only_in_the_wal(path: Path, tmp_path: Path) -> None:
    def titles(*names: str) -> list[str]:
        for name in names:
            (tmp_path / name).write_bytes((path / "database" / name).read_bytes())
        with closing(sqlite3.connect(tmp_path / "Photos.sqlite")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            rows = connection.execute(
                "SELECT ZTITLE FROM ZADDITIONALASSETATTRIBUTES WHERE ZTITLE IS NOT NULL"
            ).fetchall()
        return [row[0] for row in rows]

    assert "The cellar is full" not in titles("Photos.sqlite")
    assert "The cellar is full" in titles("Photos.sqlite", "Photos.sqlite-wal")


def test_row_numbers_agree_with_the_table_of_maxima(path: Path, tmp_path: Path) -> None:
    for name in ("Photos.sqlite", "Photos.sqlite-wal"):
        (tmp_path / name).write_bytes((path / "database" / name).read_bytes())
    with closing(sqlite3.connect(tmp_path / "Photos.sqlite")) as connection:
        maxima = connection.execute("SELECT Z_ENT, Z_NAME, Z_MAX FROM Z_PRIMARYKEY").fetchall()
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = {row[0] for row in tables.fetchall()}
        for _, name, maximum in maxima:
            if (table := f"Z{name.upper()}") in tables:
                found = connection.execute(f"SELECT max(Z_PK) FROM {table}").fetchone()[0]
                assert (found or 0) == maximum, name


def test_all_originals_differ(photos: list[Any]) -> None:
    contents = [Path(photo.path).read_bytes() for photo in photos if photo.path]
    assert len(set(contents)) == len(contents) == 40
