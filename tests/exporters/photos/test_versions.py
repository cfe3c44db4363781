"""Libraries in the shape of every Photos version from macOS 10.15 to 27, against osxphotos."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from shapes import MODELS, reshape

from rootcellar.api import CopyOf
from rootcellar_photos import assets

VERSIONS = [(version, model) for version, models in MODELS.items() for model in models]


@pytest.mark.parametrize(("version", "model"), VERSIONS, ids=lambda value: str(value))
def test_each_version_is_read_as_osxphotos_reads_it(
    version: float,
    model: int,
    library: Path,
    tmp_path: Path,
    export: Callable[..., Any],
    open_with_osxphotos: Callable[[Path], Any],
) -> None:
    import osxphotos

    shaped = reshape(library, tmp_path / "Shaped.photoslibrary", version, model)
    database = open_with_osxphotos(shaped)
    assert database.photos_version == version
    done = export(shaped)
    assert done.items.keys() == done.sightings.keys() == database._dbphotos.keys()
    for uuid, item in done.items.items():
        photo = osxphotos.PhotoInfo(db=database, uuid=uuid, info=database._dbphotos[uuid])
        assert not item.record.get("unread")
        assert item.record.get("title") == photo.title
        assert item.record.get("caption") == photo.description
        assert item.record.get("keywords", []) == photo.keywords
        assert item.record.get("labels", []) == sorted(set(photo.labels))
        named = [one["name"] for one in item.record.get("persons", ())]
        assert named == [name for name in photo.persons if name != "_UNKNOWN_"]
        own = {album.uuid for album in (*photo.album_info, *photo.project_info)}
        assert own <= set(item.record.get("albums", ()))
        copied = {str(f.content.path) for f in item.files if isinstance(f.content, CopyOf)}
        for name in (
            "path",
            "path_edited",
            "path_live_photo",
            "path_edited_live_photo",
            "path_raw",
        ):
            path = getattr(photo, name)
            assert path is None or str(path) in copied, (uuid, name)
    albums = {album.uuid: album for album in (*database.album_info, *database.album_info_shared)}
    for uuid, album in albums.items():
        assert list(done.gatherings[uuid].groups["items"]) == [one.uuid for one in album.photos]


@pytest.mark.parametrize("lacking", ["search", "resources", "journals", "photos.db", "scopes"])
def test_a_library_without_some_of_its_folders_is_read(
    lacking: str, library: Path, tmp_path: Path, export: Callable[..., Any]
) -> None:
    copy = shutil.copytree(library, tmp_path / "Bare.photoslibrary")
    for path in (copy / lacking, copy / "database" / lacking, copy / "resources" / lacking):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    before, after = export(library), export(copy)
    assert after.items.keys() == before.items.keys()
    assert not [item for item in after.items.values() if "unread" in item.record]


def test_a_column_or_table_that_is_gone_costs_only_what_it_held(
    sample: Path, tmp_path: Path, export: Callable[..., Any]
) -> None:
    copy = shutil.copytree(sample, tmp_path / "Newer.photoslibrary")
    with closing(sqlite3.connect(copy / "database" / "Photos.sqlite")) as database, database:
        database.execute("DROP TABLE ZUNMANAGEDADJUSTMENT")
        database.execute("DROP TABLE ZEXTENDEDATTRIBUTES")
        database.execute("DROP TABLE ZFILESYSTEMVOLUME")
        for column in ("ZTITLE", "ZCAMERACAPTUREDEVICE", "ZORIGINALRESOURCECHOICE"):
            database.execute(
                f"ALTER TABLE ZADDITIONALASSETATTRIBUTES RENAME COLUMN {column} TO OLD{column}"
            )
    before, after = export(sample), export(copy)
    assert after.items.keys() == before.items.keys()
    for key, item in after.items.items():
        assert not item.record.get("unread")
        assert "title" not in item.record
        assert item.record.get("keywords") == before.items[key].record.get("keywords")
        assert [one.role for one in item.files] == [one.role for one in before.items[key].files]


@pytest.mark.parametrize(("version", "model"), VERSIONS, ids=lambda value: str(value))
def test_a_database_that_has_lost_its_model_is_read_by_its_form(
    version: float, model: int, sample: Path, tmp_path: Path, export: Callable[..., Any]
) -> None:
    shaped = reshape(sample, tmp_path / "Shaped.photoslibrary", version, model)
    before = export(shaped)
    with closing(sqlite3.connect(shaped / "database" / "Photos.sqlite")) as database, database:
        database.execute("DROP TABLE Z_METADATA")
    assets._ADDED.clear()
    after = export(shaped)
    (database_item,) = after.items.keys() - before.items.keys()
    del after.items[database_item]
    assert {key: item.record for key, item in after.items.items()} == {
        key: item.record for key, item in before.items.items()
    }
