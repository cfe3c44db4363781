"""Libraries of iPhoto: 9.6 against osxphotos' own reading of the same library, and early ones."""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from iphoto_library import IMPORT, IPhotoBuilder, make_early_library, make_iphoto_library

from rootcellar.api import Absent, CopyOf, Item, Sighting, StoreUnreadable
from rootcellar.sources.home import HomeFolder
from rootcellar.testing import check_exporter
from rootcellar_photos import Photos, databases


@pytest.fixture
def builder(tmp_path: Path) -> IPhotoBuilder:
    """A made-up library of iPhoto 9.6."""
    return make_iphoto_library(tmp_path / "home" / "Pictures" / "iPhoto Library.photolibrary")


@pytest.fixture
def early(tmp_path: Path) -> Path:
    """A made-up library of iPhoto 7."""
    return make_early_library(tmp_path / "home" / "Pictures" / "iPhoto Library")


def _digests(item: Item) -> dict[str, str]:
    return {
        file.role: hashlib.sha256(file.content.path.read_bytes()).hexdigest()
        for file in item.files
        if isinstance(file.content, CopyOf)
    }


def _digest(path: str | Path) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _absent(item: Item) -> dict[str, str]:
    return {one.role: one.content.reason for one in item.files if isinstance(one.content, Absent)}


def _oracle(library: Path, tmp_path: Path) -> Any:
    osxphotos = pytest.importorskip("osxphotos")
    return osxphotos.iPhotoDB(shutil.copytree(library, tmp_path / "oracle" / library.name))


def test_what_osxphotos_says_of_each_picture_is_exported(
    builder: IPhotoBuilder, tmp_path: Path, export: Callable[..., Any]
) -> None:
    done = export(builder.root)
    photos = {photo.uuid: photo for photo in _photos(_oracle(builder.root, tmp_path))}
    assert done.items.keys() == photos.keys()
    assert not done.troubles
    for uuid, photo in photos.items():
        record, found = done.items[uuid].record, _digests(done.items[uuid])
        assert found.get("original") == (_digest(photo.path) if photo.path else None), uuid
        if uuid != "undrawn%1":
            assert found.get("edited") == (
                _digest(photo.path_edited) if photo.path_edited else None
            )
        assert record["title"] == photo.title
        assert record.get("caption", "") == photo.description
        assert record.get("keywords", []) == sorted(photo.keywords)
        assert record.get("rating", 0) == photo.rating
        assert record.get("flagged", False) == photo.flagged
        assert record.get("hidden", False) == photo.hidden
        assert bool(record.get("trashed")) == bool(photo.intrash)
        assert (record["kind"] == "movie") == photo.ismovie
        location = record.get("location", {"latitude": None, "longitude": None})
        assert (location["latitude"], location["longitude"]) == photo.location
        date = done.items[uuid].files[0].modified
        assert date == photo.date, uuid
        assert record["original_filename"] == photo.original_filename
        assert record["size"]["width"] == photo.width
        own = {album.uuid for album in photo.album_info} - {"lastImportAlbum"}
        assert set(record.get("albums", ())) == own


def _photos(database: Any) -> list[Any]:
    from osxphotos.iphoto import iPhotoPhotoInfo

    return [iPhotoPhotoInfo(uuid, database) for uuid in database._db_photos]


def test_every_file_is_taken_and_what_is_not_there_is_named(
    builder: IPhotoBuilder, export: Callable[..., Any]
) -> None:
    builder.file(f"Masters/{IMPORT}/stranger.JPG")
    done = export(builder.root)
    taken = {sha for item in done.items.values() for sha in _digests(item).values()}
    for root in ("Masters", "Previews"):
        for path in (builder.root / root).rglob("*"):
            assert path.is_dir() or path.name == "stranger.JPG" or _digest(path) in taken, path
    (notice,) = done.notices
    assert "stranger.JPG" in notice
    assert "missing from the library" in _absent(done.items["undrawn%1"])["edited"]
    assert "missing from the library" in _absent(done.items["gone%1"])["original"]
    assert "“Shelf”" in _absent(done.items["away%1"])["original"]
    assert _digests(done.items["gone%1"]).keys() == {"preview"}
    assert (builder.root / f"Thumbnails/{IMPORT}/gone%1/DSC_0010_1024.jpg").read_bytes() == next(
        file.content.path.read_bytes()
        for file in done.items["gone%1"].files
        if file.role == "preview"
    )
    assert list(_digests(done.items["guessed%1"])) == ["original", "edited", "other_DSC_0003.jpg"]
    assert list(_digests(done.items["reverted%1"])) == ["original", "other_DSC_0004.jpg"]


def test_what_people_wrote_and_who_is_in_it(
    builder: IPhotoBuilder, export: Callable[..., Any]
) -> None:
    record = export(builder.root).items["plain%1"].record
    assert record["caption"] == "On the lake"
    assert record["keywords"] == ["boats", "summer"]
    assert record["rating"] == 4
    assert record["flagged"] is True
    assert record["place"] == {"name": "Lake Constance"}
    assert record["event"] == {"uuid": "event%1"}
    assert record["camera"] == {"make": "Rootcellar", "iso": 200}
    assert record["date"] == "2014-05-01T10:30:00+02:00"
    (person,) = record["persons"]
    assert person == {
        "name": "Juno Quill",
        "uuid": "face-name%1",
        "box": {"x": 0.3, "y": 0.3, "w": 0.2, "h": 0.2},
    }


def test_the_face_in_an_edit_is_where_the_edit_shows_it(
    builder: IPhotoBuilder, export: Callable[..., Any]
) -> None:
    (person,) = export(builder.root).items["edited%1"].record["persons"]
    assert person["name"] == "Tavi Morrow"
    assert person["box"] == {"x": 0.3, "y": 0.4, "w": 0.1, "h": 0.2}


def test_the_cameras_clock_and_odd_zones_tell_the_day(
    builder: IPhotoBuilder, export: Callable[..., Any]
) -> None:
    items = export(builder.root).items
    assert items["clock%1"].record["date"] == "2014-05-01T15:30:00+07:00"
    assert items["hidden%1"].record["date"] == "2014-05-01T01:30:00-07:00"


def test_albums_events_and_people_are_pages(
    builder: IPhotoBuilder, export: Callable[..., Any]
) -> None:
    pages = export(builder.root).gatherings
    assert {page.place: list(page.groups.get("items", ())) for page in pages.values()} == {
        "Albums/Trips/South/Boats": ["edited%1", "plain%1"],
        "Albums/Empty": [],
        "Albums/Projects/A book": ["guessed%1"],
        "Albums/Events/A week at the lake": [
            *("plain%1", "edited%1", "guessed%1", "reverted%1", "undrawn%1", "raw%1", "movie%1"),
            *("hidden%1", "gone%1", "away%1"),
        ],
        "Albums/Events/Later": ["clock%1"],
        "People": [],
    }
    assert pages["event%1"].record["note"] == "It rained."
    assert pages["event%1"].record["kind"] == "event"
    assert pages["people"].groups == {"Juno Quill": ("plain%1",), "Tavi Morrow": ("edited%1",)}


@pytest.mark.parametrize("lacking", [
    {"Faces.db"}, {"Properties.apdb"}, {"ImageProxies.apdb"}, {"RKVersionFaceContent"},
    {"RKMaster.burstUuid", "RKFolder.minImageTimeZoneName", "RKVersion.overridePlaceId"},
    {"RKNote", "RKVolume", "RKKeyword"}, {"RKAlbum", "RKFolder"},
    {"RKVersionFaceContent.faceRectLeft", "RKVersion.versionNumber"},
    {"RKAlbum.isMagic", "RKAlbum.albumSubclass", "RKUniqueString", "RKPlace"},
], ids=lambda lacking: "+".join(sorted(lacking)))  # fmt: skip
def test_other_versions_lack_tables_and_columns(
    lacking: set[str], builder: IPhotoBuilder, tmp_path: Path, export: Callable[..., Any]
) -> None:
    other = make_iphoto_library(
        tmp_path / "Other.photolibrary", lacking=frozenset(lacking), links=False
    )
    before, done = export(builder.root), export(other.root)
    assert done.items.keys() >= before.items.keys()
    for key, item in before.items.items():
        assert _digests(done.items[key]).get("original") == _digests(item).get("original") or (
            key == "away%1"
        )
    assert not done.troubles


def test_orders_that_only_apples_code_knows_are_no_hindrance(
    builder: IPhotoBuilder, tmp_path: Path, export: Callable[..., Any]
) -> None:
    other = make_iphoto_library(tmp_path / "Other.photolibrary", collated=True)
    assert {key: item.record for key, item in export(other.root).items.items()} == {
        key: item.record for key, item in export(builder.root).items.items()
    }


def test_a_damaged_side_database_costs_what_it_says(
    builder: IPhotoBuilder, export: Callable[..., Any]
) -> None:
    (builder.root / "Database/apdb/Faces.db").write_bytes(b"no database" * 1000)
    done = export(builder.root)
    (trouble,) = done.troubles
    assert "Faces.db" in trouble.reason
    assert trouble.store == done.sightings["plain%1"].store
    assert "persons" not in done.items["plain%1"].record
    assert done.items["plain%1"].record["keywords"]


def test_an_early_library_is_read_from_its_list(early: Path, export: Callable[..., Any]) -> None:
    done = export(early)
    one, two, three = (done.items[f"guid-{number}"] for number in (1, 2, 3))
    record = {**one.record}
    assert record.pop("date").startswith("2007-07-14T10:00")
    assert record["title"] == "The harbour"
    assert record["caption"] == "In the morning"
    assert record["keywords"] == ["sea"]
    assert record["rating"] == 5
    assert record["location"] == {"latitude": 54.5, "longitude": 13.4}
    assert two.record["date"] == "2007-07-14T10:00:00+02:00"
    assert two.record["flagged"] is True
    assert "caption" not in two.record
    assert two.record["persons"][0]["box"] == {"x": 0.25, "y": 0.25, "w": 0.1, "h": 0.3}
    assert _digests(two) == {
        "original": _digest(early / "Originals/2007/Roll 1/DSC_2.JPG"),
        "edited": _digest(early / "Modified/2007/Roll 1/DSC_2.JPG"),
    }
    assert three.record["kind"] == "movie"
    assert {page.place: page.groups.get("items") for page in done.gatherings.values()} == {
        "Albums/Travel/Harbour": ("guid-2", "guid-1"),
        "Albums/Events/July": ("guid-2", "guid-1", "guid-3"),
        "People": None,
    }
    (notice,) = done.notices
    assert "forgotten.JPG" in notice


def test_two_early_libraries_that_count_alike_are_told_apart(
    early: Path, tmp_path: Path, export: Callable[..., Any]
) -> None:
    other = make_early_library(tmp_path / "Older iPhoto Library")
    told = (other / "AlbumData.xml").read_text()
    for number in (1, 2, 3):
        told = told.replace(f"<string>guid-{number}</string>", f"<string>other-{number}</string>")
    (other / "AlbumData.xml").write_text(told)
    done = export(early, other)
    assert len(done.items) == 6
    events = [page for page in done.gatherings.values() if page.record.get("kind") == "event"]
    assert len(events) == 2
    assert sorted(done.gatherings["people"].groups.values()) == [("guid-2",), ("other-2",)]


def test_without_a_sound_database_the_list_tells(
    builder: IPhotoBuilder, early: Path, export: Callable[..., Any]
) -> None:
    shutil.copy(early / "AlbumData.xml", builder.root)
    (builder.root / "Database/apdb/Library.apdb").write_bytes(b"no database" * 1000)
    done = export(builder.root)
    (trouble,) = done.troubles
    assert "AlbumData.xml" in trouble.reason
    assert done.items.keys() == {"guid-1", "guid-2", "guid-3"}


def test_without_database_and_list_the_folders_are_walked(
    builder: IPhotoBuilder, export: Callable[..., Any]
) -> None:
    (builder.root / "Database/apdb/Library.apdb").write_bytes(b"no database" * 1000)
    done = export(builder.root)
    (trouble,) = done.troubles
    assert "as they lie in its folders" in trouble.reason
    taken = {sha for item in done.items.values() for sha in _digests(item).values()}
    for root in ("Masters", "Previews"):
        for path in (builder.root / root).rglob("*"):
            assert path.is_dir() or _digest(path) in taken, path
    assert [key for key in done.items if key.startswith(databases.PREFIX)]


def test_a_list_that_is_none_is_refused(tmp_path: Path, capture: Callable[..., Any]) -> None:
    library = tmp_path / "iPhoto Library"
    (library / "Originals").mkdir(parents=True)
    (library / "AlbumData.xml").write_text("<plist><dict><key>half")
    with pytest.raises(StoreUnreadable, match=r"AlbumData\.xml") as raised:
        list(Photos().survey(capture(library)))
    assert raised.value.hint


@pytest.mark.parametrize(
    "name",
    ["iPhoto Library.photolibrary", "iPhoto Library.migratedphotolibrary", "iPhoto Library"],
)
def test_a_library_is_found_below_pictures_under_any_name(name: str, tmp_path: Path) -> None:
    make_iphoto_library(tmp_path / "home" / "Pictures" / name)
    (found,) = HomeFolder(tmp_path / "home").stores(Photos.reads).stores
    assert found.path.name == name


# -- what Photos left over ----------------------------------------------------------------------


def _hold_masters(library: Path, sample: Path, tmp_path: Path, *, linked: bool) -> Path:
    """Return a copy of the sample's library that also has some of the masters.

    They are not in its database: for recognising them only files count.
    """
    photos = shutil.copytree(
        sample, tmp_path / "home" / "Pictures" / "Photos Library.photoslibrary"
    )
    for number, name in enumerate(("DSC_0001.JPG", "DSC_0004.JPG", "MVI_0007.MOV")):
        uuid = f"AAAAAAAA-0000-4000-8000-00000000000{number}"
        target = photos / "originals" / "A" / f"{uuid}{Path(name).suffix.lower()}"
        target.parent.mkdir(exist_ok=True)
        place = os.link if linked else shutil.copyfile
        place(library / "Masters" / IMPORT / name, target)
    return photos


@pytest.mark.parametrize("linked", [True, False])
def test_what_photos_has_taken_over_is_not_taken_twice(
    linked: bool, tmp_path: Path, sample: Path, export: Callable[..., Any]
) -> None:
    builder = make_iphoto_library(
        tmp_path / "home" / "Pictures" / "iPhoto Library.migratedphotolibrary"
    )
    photos = _hold_masters(builder.root, sample, tmp_path, linked=linked)
    alone, done = export(builder.root), export(builder.root, photos)
    left = alone.items.keys() - done.items.keys()
    # DSC_0004 has an edit that was undone, which Photos has not: it is taken whole.
    assert left == {"plain%1", "movie%1"}
    (notice,) = (text for text in done.notices if "left over" in text)
    assert "2 of its pictures are, byte for byte, in a library of Photos" in notice
    assert f"{len(alone.items) - 2} more are in it alone" in notice
    boats = done.gatherings["album%1"]
    assert list(boats.groups["items"]) == ["edited%1", "AAAAAAAA-0000-4000-8000-000000000000"]
    assert not [text for text in done.notices if "DSC_0001" in text]


def test_the_contract_is_kept(builder: IPhotoBuilder, early: Path) -> None:
    assert builder.root.parent == early.parent
    items = check_exporter(Photos(), builder.root.parent.parent)
    assert {"plain%1", "guid-1"} <= {item.sighting.key for item in items}


def test_a_change_of_any_of_the_databases_is_seen(
    builder: IPhotoBuilder, capture: Callable[..., Any], export: Callable[..., Any]
) -> None:
    before = export(builder.root).sightings
    for path in builder.root.rglob("*"):
        if not path.is_symlink():
            os.utime(path, (1_600_000_000, 1_600_000_000))
    first = Photos().token(capture(builder.root))
    with closing(sqlite3.connect(builder.root / "Database/apdb/Properties.apdb")) as database:
        database.execute("UPDATE RKUniqueString SET stringProperty = 'Ashore' WHERE modelId = 1")
        database.commit()
    os.utime(builder.root / "Database/apdb/Properties.apdb", (1_600_000_100, 1_600_000_100))
    assert first is not None
    assert Photos().token(capture(builder.root)) != first
    after = {
        one.key: one for one in Photos().survey(capture(builder.root)) if isinstance(one, Sighting)
    }
    changed = {key for key in before if before[key].fingerprint != after[key].fingerprint}
    assert "plain%1" in changed
