"""The builder of made-up Photos libraries, as tests of other rooms use it."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rootcellar.sample.photos_items import Photo
from rootcellar.sample.photos_library import PhotosLibraryBuilder
from rootcellar.sample.photos_models import MACOS_15, MACOS_26, MACOS_UNKNOWN, Model

Open = Callable[[Path], Any]


def query(library: Path, statement: str) -> list[Any]:
    """Ask a copy of the library's database, so that the library stays as it is."""
    copy = library.parent / f"copy of {library.name}"
    shutil.copytree(library / "database", copy)
    with closing(sqlite3.connect(copy / "Photos.sqlite")) as connection:
        rows = connection.execute(statement).fetchall()
    shutil.rmtree(copy)
    return rows


def test_a_library_of_ordinary_photos_takes_no_arguments(
    tmp_path: Path, open_library: Open
) -> None:
    builder = PhotosLibraryBuilder(tmp_path / "a.photoslibrary")
    uuids = [builder.photo() for _ in range(20)]
    library = open_library(builder.write())
    photos = library.photos_by_uuid(uuids)
    assert [photo.uuid for photo in photos] == uuids
    assert all(photo.path for photo in photos)
    assert photos[6].original_filename == "IMG_0007.JPG"


def test_an_empty_library_is_one(tmp_path: Path, open_library: Open) -> None:
    path = PhotosLibraryBuilder(tmp_path / "a.photoslibrary").write()
    assert not open_library(path)._dbphotos
    assert not (path / "database" / "Photos.sqlite-wal").exists()


@pytest.mark.parametrize("model", [MACOS_15, MACOS_26])
def test_osxphotos_reads_the_models_it_knows(
    tmp_path: Path, open_library: Open, model: Model
) -> None:
    builder = PhotosLibraryBuilder(tmp_path / "a.photoslibrary", model=model)
    builder.album("Pears", [builder.photo(Photo(keywords=("pears",)))])
    library = open_library(builder.write())
    assert library.albums == ["Pears"]
    assert library.keywords == ["pears"]


def test_an_unknown_model_has_joins_of_other_names(tmp_path: Path) -> None:
    builder = PhotosLibraryBuilder(tmp_path / "a.photoslibrary", model=MACOS_UNKNOWN)
    builder.album("Pears", [builder.photo()])
    path = builder.write()
    assert query(path, "SELECT * FROM Z_38ASSETS") == [(3, 1, 2048)]


def test_seed_and_store_uuid_make_another_library(tmp_path: Path) -> None:
    first = PhotosLibraryBuilder(tmp_path / "a.photoslibrary")
    second = PhotosLibraryBuilder(tmp_path / "b.photoslibrary", seed="other")
    assert first.photo() != second.photo()
    third = PhotosLibraryBuilder(tmp_path / "c.photoslibrary", store_uuid="1234")
    assert third.photo() == PhotosLibraryBuilder(tmp_path / "d.photoslibrary").photo()
    stores = {b.write(): b for b in (first, second, third)}
    uuids = [query(path, "SELECT Z_UUID FROM Z_METADATA")[0][0] for path in stores]
    assert len(set(uuids)) == 3
    assert uuids[2] == "1234"


def test_a_change_shows_in_the_row_and_in_the_time(tmp_path: Path) -> None:
    path = tmp_path / "a.photoslibrary"
    later = datetime(2026, 10, 1, tzinfo=UTC)
    photo = Photo(title="before")
    builder = PhotosLibraryBuilder(path)
    uuid = builder.photo(photo)
    before = builder.write() / "database" / "Photos.sqlite"
    time = before.stat().st_mtime
    shutil.rmtree(path)
    changed = PhotosLibraryBuilder(path, written=later)
    assert changed.photo(replace(photo, title="after", revision=2)) == uuid
    changed.write()
    assert before.stat().st_mtime == later.timestamp() != time
    assert query(path, "SELECT Z_OPT FROM ZASSET") == [(2,)]


def test_given_content_is_the_original(tmp_path: Path, open_library: Open) -> None:
    builder = PhotosLibraryBuilder(tmp_path / "a.photoslibrary")
    builder.photo(Photo(content=b"just bytes"))
    twin = builder.photo(Photo(content=b"just bytes"))
    library = open_library(builder.write())
    photo = library.get_photo(twin)
    assert Path(photo.path).read_bytes() == b"just bytes"
    assert photo.original_filesize == 10
    assert len({p.fingerprint for p in library.photos()}) == 1


def test_one_uuid_for_two_assets_is_refused(tmp_path: Path) -> None:
    builder = PhotosLibraryBuilder(tmp_path / "a.photoslibrary")
    uuid = builder.photo()
    with pytest.raises(ValueError, match=uuid):
        builder.photo(Photo(uuid=uuid))


def test_shared_albums_are_refused_where_the_schema_is_not_made_up(tmp_path: Path) -> None:
    builder = PhotosLibraryBuilder(tmp_path / "a.photoslibrary", model=MACOS_26)
    with pytest.raises(ValueError, match="macOS 15"):
        builder.shared_album("Allotment", "Carla")
