"""Libraries of Photos 2, 3 and 4, compared with what osxphotos says of the same library."""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from legacy_library import LegacyBuilder, make_legacy_library

from rootcellar.api import Absent, Bytes, CopyOf, Item, StoreMissing
from rootcellar.testing import check_exporter
from rootcellar_photos import Photos


@pytest.fixture
def builder(tmp_path: Path) -> LegacyBuilder:
    """A made-up library of Photos 4."""
    return make_legacy_library(tmp_path / "home" / "Pictures" / "Old.photoslibrary")


@pytest.fixture
def oracle() -> Iterator[Callable[[Path], Any]]:
    """Load a library whole with osxphotos."""
    osxphotos = pytest.importorskip("osxphotos")
    loaded = []

    def load(library: Path) -> Any:
        loaded.append(osxphotos.PhotosDB(library / "database" / "photos.db"))
        return loaded[-1]

    yield load
    for database in loaded:
        database._tempdir.cleanup()
        database._db_connection.close()
        database._db_connection = None


def _photos(osxphotos_db: Any) -> dict[str, Any]:
    from osxphotos import PhotoInfo

    known = osxphotos_db._dbphotos
    return {uuid: PhotoInfo(db=osxphotos_db, uuid=uuid, info=known[uuid]) for uuid in known}


def _digests(item: Item) -> dict[str, str]:
    return {
        file.role: hashlib.sha256(file.content.path.read_bytes()).hexdigest()
        for file in item.files
        if isinstance(file.content, CopyOf)
    }


def _change(library: Path, *statements: str) -> None:
    with closing(sqlite3.connect(library / "database" / "photos.db")) as database, database:
        for statement in statements:
            database.execute(statement)


@pytest.mark.parametrize("version", ["2622", "3301", "4016", "4025"])
def test_every_picture_and_every_file_osxphotos_finds_is_exported(
    version: str, tmp_path: Path, export: Callable[..., Any], oracle: Callable[[Path], Any]
) -> None:
    builder = make_legacy_library(tmp_path / "Old.photoslibrary", version)
    done = export(builder.root)
    photos = _photos(oracle(builder.root))
    assert done.items.keys() == photos.keys() == done.sightings.keys()
    for uuid, photo in photos.items():
        found = _digests(done.items[uuid])
        for role, path in (
            ("original", photo.path),
            ("edited", photo.path_edited),
            ("live", photo.path_live_photo),
            ("edited-live", photo.path_edited_live_photo),
            ("raw", photo.path_raw),
        ):
            digest = hashlib.sha256(Path(path).read_bytes()).hexdigest() if path else None
            assert found.get(role) == digest, (uuid, role)


def test_every_file_of_the_library_is_taken_or_a_preview_of_one_that_is(
    builder: LegacyBuilder, export: Callable[..., Any]
) -> None:
    items = export(builder.root).items
    taken = {digest for item in items.values() for digest in _digests(item).values()}
    left = {
        path
        for path, content in builder.files.items()
        if hashlib.sha256(content).hexdigest() not in taken
    }
    assert left == {"resources/proxies/derivatives/00/00/a/IMG_0010_mini.jpg"}


def test_records_say_what_osxphotos_says(
    builder: LegacyBuilder, export: Callable[..., Any], oracle: Callable[[Path], Any]
) -> None:
    items, photos = export(builder.root).items, _photos(oracle(builder.root))
    for uuid, photo in photos.items():
        record = items[uuid].record
        assert "unread" not in record
        assert record["original_filename"] == photo.original_filename
        assert record.get("title") == photo.title
        assert record.get("caption") == photo.description
        assert record.get("keywords", []) == photo.keywords
        assert record.get("favourite", False) == photo.favorite
        assert record.get("hidden", False) == photo.hidden
        assert bool(record.get("trashed")) == photo.intrash
        assert [one["name"] for one in record.get("persons", ())] == photo.persons
        assert (record["kind"] == "movie") == photo.ismovie
        if uuid != "Hidden":
            assert record["date"] == photo.date.isoformat()
    plain = items["Plain%%picture+1"].record
    assert plain["place"] == {
        "name": "Binz, Rügen, Germany",
        "country_code": "DE",
        "country": "Germany",
        "city": "Rügen",
        "areas": ["Binz"],
        "levels": {"city": ["Rügen"], "country": ["Germany"]},
    }
    assert plain["import"]["title"] == "July"
    assert items["Pair"].record["kinds"] == ["raw+jpeg"]
    assert items["Movie"].record["kinds"] == ["slow-motion"]


def test_albums_and_people_are_those_of_osxphotos(
    builder: LegacyBuilder, export: Callable[..., Any], oracle: Callable[[Path], Any]
) -> None:
    pages, database = export(builder.root).gatherings, oracle(builder.root)
    albums = {album.uuid: album for album in [*database.album_info, *database.project_info]}
    assert pages.keys() - {"people"} == albums.keys() == {"album%1", "album%3"}
    for uuid, album in albums.items():
        assert pages[uuid].title == album.title
        folders = [one["title"] for one in pages[uuid].record.get("folders", ())]
        assert folders == album.folder_names
        members = [uuid for uuid in pages[uuid].groups["items"] if uuid != "Trash"]
        assert members == [photo.uuid for photo in album.photos if not photo.intrash]
    assert pages["people"].groups == {"Juno Quill": ("Plain%%picture+1",)}


def test_what_is_not_here_says_why(builder: LegacyBuilder, export: Callable[..., Any]) -> None:
    items = export(builder.root).items
    reasons = {}
    for uuid, item in items.items():
        for file in item.files:
            if isinstance(file.content, Absent):
                reasons[uuid, file.role] = file.content.reason
                assert file.content.hint
    assert reasons == {
        ("Cloud", "original"): "The original is only in iCloud.",
        ("Lost", "original"): "The original is missing from the library.",
        ("Away", "original"): (
            "The original is kept outside the library, on the volume “Shelf”, and is not there."
        ),
    }
    assert _digests(items["Cloud"]).keys() == {"preview"}
    (steps,) = (f.content for f in items["Edited"].files if f.role == "adjustments")
    assert isinstance(steps, Bytes)
    assert steps.data.startswith(b"bplist")


def test_the_contract_of_exporters_holds(builder: LegacyBuilder) -> None:
    home = builder.root.parents[1]
    assert len(check_exporter(Photos(), home)) == 12


def test_each_kind_of_change_is_seen_and_nothing_else(
    builder: LegacyBuilder, export: Callable[..., Any]
) -> None:
    before = {key: one.fingerprint for key, one in export(builder.root).sightings.items()}
    _change(
        builder.root,
        "UPDATE RKVersion SET name = 'Another' WHERE uuid = 'Live'",
        "UPDATE RKKeyword SET name = 'shore'",
        "INSERT INTO RKCustomSortOrder (containerUuid, objectUuid) VALUES ('album%1', 'Pair')",
        "UPDATE RKPlace SET defaultName = 'Baabe' WHERE type = 45",
    )
    builder.file("Masters/2018/07/20/20180720-100000/IMG_0004.MOV", b"a file that was replaced")
    builder.file("Masters/2018/07/21/20180721-100000/IMG_0011.JPG", b"a file that came back")
    after = {key: one.fingerprint for key, one in export(builder.root).sightings.items()}
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"Live", "Plain%%picture+1", "Pair", "Movie", "Lost"}


def test_damaged_rows_cost_what_they_hold_and_no_picture(
    builder: LegacyBuilder, export: Callable[..., Any]
) -> None:
    _change(
        builder.root,
        "UPDATE RKVersion SET uuid = NULL WHERE uuid = 'Movie'",
        "UPDATE RKVersion SET uuid = 'Burst7' WHERE uuid = 'Burst8'",
        "UPDATE RKVersion SET imageDate = 1e300, lastModifiedDate = 'never' WHERE uuid = 'Trash'",
        "UPDATE RKVersion SET hasKeywords = 1",
        "DELETE FROM RKMaster WHERE uuid IN ('mRaw', 'mLost')",
        "UPDATE RKAlbum SET folderUuid = 'nowhere' WHERE uuid = 'album%1'",
        "UPDATE RKFolder SET parentFolderUuid = 'inner' WHERE uuid = 'folder'",
        "UPDATE RKFace SET personId = 99",
        "DROP TABLE RKPlace",
        "DROP TABLE RKCloudResource",
        "DROP TABLE RKVolume",
    )
    done = export(builder.root)
    assert len(done.items) == 11
    assert "mMovie" in done.items
    for key in ("Plain%%picture+1", "Edited", "Live", "mMovie", "Pair", "Trash", "Burst7"):
        assert "original" in _digests(done.items[key]), key
    assert done.sightings["Trash"].place.startswith("undated/")
    (lost,) = (file for file in done.items["Lost"].files if file.role == "original")
    assert isinstance(lost.content, Absent)
    assert "not named" in lost.content.reason


def test_files_of_a_picture_and_of_an_import_with_one_number_are_told_apart(
    builder: LegacyBuilder, export: Callable[..., Any]
) -> None:
    before = {key: _digests(item) for key, item in export(builder.root).items.items()}
    _change(
        builder.root,
        "UPDATE RKModelResource SET attachedModelId = attachedModelId - 100"
        " WHERE attachedModelType = 1",
        "UPDATE RKMaster SET modelId = modelId - 100",
    )
    after = {key: _digests(item) for key, item in export(builder.root).items.items()}
    assert after == before
    assert {"live", "edited-live"} <= after["Live"].keys()


def test_names_are_found_however_the_disk_spells_them(
    builder: LegacyBuilder, export: Callable[..., Any]
) -> None:
    folder = "Masters/2018/07/20/20180720-100000"
    _change(
        builder.root,
        "UPDATE RKMaster SET imagePath = replace(imagePath, 'IMG_0001.JPG', 'b\u00fccht.JPG')",
    )
    (builder.root / folder / "IMG_0001.JPG").rename(builder.root / folder / "Bu\u0308cht.jpg")
    assert "original" in _digests(export(builder.root).items["Plain%%picture+1"])


def test_the_database_of_photos_1_has_another_name(
    builder: LegacyBuilder, export: Callable[..., Any]
) -> None:
    before = export(builder.root)
    (builder.root / "Database" / "apdb").mkdir(parents=True)
    (builder.root / "database" / "photos.db").rename(
        builder.root / "Database" / "apdb" / "Library.apdb"
    )
    after = export(builder.root)
    assert {key: item.record for key, item in after.items.items()} == {
        key: item.record for key, item in before.items.items()
    }


def test_the_photos_db_of_a_later_library_is_no_library_of_photos_4(
    builder: LegacyBuilder, capture: Callable[..., Any]
) -> None:
    _change(builder.root, "UPDATE LiGlobals SET value = '5001' WHERE keyPath = 'libraryVersion'")
    for folder in ("Masters", "resources"):
        shutil.rmtree(builder.root / folder)
    with pytest.raises(StoreMissing, match="without a database"):
        list(Photos().survey(capture(builder.root)))
