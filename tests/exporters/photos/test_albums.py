"""Albums and people, against what osxphotos says of the same library."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_albums_have_the_order_and_the_folders_osxphotos_gives(
    library: Path, export: Callable[..., Any], open_with_osxphotos: Callable[[Path], Any]
) -> None:
    pages = export(library).gatherings
    database = open_with_osxphotos(library)
    albums = [*database.album_info, *database.album_info_shared, *database.project_info]
    assert {album.uuid for album in albums} == set(pages) - {"people"}
    for album in albums:
        page = pages[album.uuid]
        assert page.title == (album.title or "")
        assert page.groups["items"] == tuple(photo.uuid for photo in album.photos)
        assert [f["title"] for f in page.record.get("folders", [])] == album.folder_names
        assert page.place.startswith("Albums/")
        assert page.suffix == ".json"


def test_people_are_gathered_with_their_pictures(
    library: Path, export: Callable[..., Any], open_with_osxphotos: Callable[[Path], Any]
) -> None:
    page = export(library).gatherings["people"]
    people = {
        person.uuid: {photo.uuid for photo in person.photos}
        for person in open_with_osxphotos(library).person_info
        if person.name != "_UNKNOWN_"
    }
    assert page.place == "People"
    assert people == {
        one["uuid"]: set(page.groups[label]) for label, one in page.record["persons"].items()
    }


def test_people_of_one_name_stay_apart(
    sample: Path, tmp_path: Path, export: Callable[..., Any]
) -> None:
    library = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    with sqlite3.connect(library / "database" / "Photos.sqlite") as database:
        database.execute("UPDATE ZPERSON SET ZFULLNAME = 'Kim' WHERE ZFULLNAME <> ''")
    database.close()
    page = export(library).gatherings["people"]
    assert len(page.groups) == len(page.record["persons"]) > 1
    assert all(label.startswith("Kim (") for label in page.groups)


def test_a_slash_in_a_title_makes_no_folder(
    sample: Path, tmp_path: Path, export: Callable[..., Any]
) -> None:
    library = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    with sqlite3.connect(library / "database" / "Photos.sqlite") as database:
        database.execute("UPDATE ZGENERICALBUM SET ZTITLE = 'a/b' WHERE ZKIND = 2")
    database.close()
    pages = [page for page in export(library).gatherings.values() if page.key != "people"]
    albums = [page for page in pages if page.record["kind"] == "album"]
    assert albums
    assert all(page.place.endswith("/a-b") and page.title == "a/b" for page in albums)
