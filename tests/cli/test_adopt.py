"""`rootcellar adopt` on folders that osxphotos really exported, in every layout people use."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rootcellar.sample.photos_items import Photo
from rootcellar.sample.photos_library import PhotosLibraryBuilder

OSXPHOTOS = str(Path(sys.executable).parent / "osxphotos")
SIDECARS = (".xmp", ".json")
LAYOUTS: dict[str, tuple[str, ...]] = {
    "flat": (),
    "months, sidecars": ("--directory", "{created.year}/{created.mm}", "--sidecar", "xmp"),
    "albums": ("--directory", "{folder_album}", "--sidecar", "json"),
    "our own": ("--directory", "Photos/{created.year}/{created.date}", "--sidecar", "xmp"),
    "names": ("--filename", "{uuid}", "--edited-suffix", " bearbeitet", "--export-by-date"),
    "times": ("--touch-file", "--export-aae", "--update"),
    "without a list": ("--no-exportdb",),
}


def osxphotos(world: Any, *options: str) -> Path:
    """Export the library of the home, and return the folder."""
    folder = world.root / "exported"
    folder.mkdir(exist_ok=True)
    (library,) = (world.home / "Pictures").glob("*.photoslibrary")
    subprocess.run(
        [OSXPHOTOS, "export", str(folder), "--library", str(library), *options],
        env={**os.environ, "HOME": str(world.root)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    return folder


def media(folder: Path) -> dict[int, bytes]:
    """Return inode and bytes of every picture in a folder."""
    return {
        path.stat().st_ino: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix not in SIDECARS
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }


def named(archive: Path) -> dict[int, tuple[str, bytes]]:
    """Return the files that the records name, by inode: (role, bytes)."""
    found = {}
    for lines in archive.rglob("metadata.jsonl"):
        for line in lines.read_text().splitlines():
            for file in json.loads(line)["files"]:
                path = archive / file["path"]
                found[path.stat().st_ino] = (file["role"], path.read_bytes())
    return found


@pytest.mark.parametrize("in_place", [False, True], ids=["into an archive", "in place"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_picture_that_osxphotos_exported_is_copied(
    sample: Any, layout: str, in_place: bool
) -> None:
    if in_place and layout not in ("flat", "our own"):
        pytest.skip("the same as into an archive")
    folder = osxphotos(sample, *LAYOUTS[layout])
    archive = folder if in_place else sample.archive
    before = media(folder)
    contents = set(before.values())
    places = ("--home", sample.home, "--archive", archive, "--json")
    done = sample.run("adopt", folder, *places)
    assert done.code == 3, done.err  # one picture of the sample is only in iCloud
    adopted = done.document["adopted"]
    now = named(archive)
    taken = {inode for inode in now if inode in before}
    assert {now[inode][1] for inode in taken} == contents
    assert all(now[inode][1] == before[inode] for inode in taken)
    copied = [data for inode, (_, data) in now.items() if inode not in before]
    assert not contents & set(copied)  # whatever osxphotos exported was renamed
    assert adopted["files"] == len(taken) == len(contents)
    assert adopted["bytes"] == sum(map(len, contents))
    report = done.document["exporters"]["photos"]
    assert report["bytes"] < adopted["bytes"]
    again = sample.run("export", "photos", *places).document["exporters"]["photos"]
    assert (again["files"], again["bytes"], again["unchanged"]) == (0, 0, report["new"])
    assert media(archive).keys() >= taken
    for one in adopted["left"]:
        assert Path(one["path"]).is_file()


def test_a_dry_run_foretells_the_adoption(sample: Any) -> None:
    folder = osxphotos(sample, *LAYOUTS["albums"])
    before = sample.tree()
    places = ("--home", sample.home, "--archive", sample.archive, "--json")
    said = sample.run("adopt", folder, *places, "--dry-run")
    assert sample.tree() == before
    done = sample.run("adopt", folder, *places)
    assert said.document["adopted"] == done.document["adopted"]
    assert said.document["dry_run"]


def test_without_any_archive_the_folder_becomes_one(sample: Any) -> None:
    folder = osxphotos(sample)
    done = sample.run("adopt", folder, "--home", sample.home)
    assert done.code == 3, done.err
    assert (folder / ".rootcellar/archive.json").exists()
    assert "taken over without copying" in done.out
    again = sample.run("export", "photos", "--home", sample.home)
    assert "unchanged" in again.out
    assert "new" not in again.out


def test_a_folder_of_a_library_whose_identifiers_have_changed_is_taken_over(world: Any) -> None:
    library = world.home / "Pictures" / "Photos Library.photoslibrary"
    write(library, seed="one")
    folder = osxphotos(world)
    shutil.rmtree(library)
    write(library, seed="another")
    same = {path.read_bytes() for path in library.rglob("*") if path.is_file()}
    same &= set(media(folder).values())
    assert len(same) >= 5  # all originals; the sample draws an edit anew
    done = world.run("adopt", folder, "--home", world.home, "--archive", world.archive, "--json")
    assert done.document["adopted"]["files"] == len(same)
    assert done.document["exporters"]["photos"]["new"] == 5
    again = world.export()
    assert again.document["exporters"]["photos"]["unchanged"] == 5


def write(library: Path, *, seed: str, missing: bool = False) -> None:
    """Write a library of five pictures, one of them edited; its originals may be in iCloud."""
    builder = PhotosLibraryBuilder(library, seed=seed)
    for number in range(4):
        content = b"\xff\xd8 the picture number %d\xff\xd9" % number
        builder.photo(
            Photo(content=content, original_filename=f"IMG_{number}.JPG", missing=missing)
        )
    content = b"\xff\xd8 the picture that is edited\xff\xd9"
    builder.photo(Photo(content=content, edited=Photo().taken, original_filename="edited.JPG"))
    builder.write()


def older(database: Path) -> None:
    """Turn osxphotos' list into one of version 5: other tables, other columns."""
    with sqlite3.connect(database) as connection:
        connection.executescript("""
            CREATE TABLE files (id INTEGER PRIMARY KEY, filepath TEXT NOT NULL,
                filepath_normalized TEXT NOT NULL, uuid TEXT, orig_mode INTEGER,
                orig_size INTEGER, orig_mtime REAL, exif_mode INTEGER, exif_size INTEGER,
                exif_mtime REAL);
            INSERT INTO files (filepath, filepath_normalized, uuid, orig_size, orig_mtime,
                exif_size, exif_mtime) SELECT filepath, filepath_normalized, uuid, dest_size,
                dest_mtime, 42, 42 FROM export_data;
            CREATE TABLE converted (id INTEGER PRIMARY KEY, filepath_normalized TEXT NOT NULL,
                mode INTEGER, size INTEGER, mtime REAL);
            DROP TABLE export_data;
        """)
    connection.close()


@pytest.mark.parametrize("of_version", ["today", "5"])
def test_originals_that_have_left_for_icloud_are_taken_as_the_list_says(
    world: Any, of_version: str
) -> None:
    library = world.home / "Pictures" / "Photos Library.photoslibrary"
    write(library, seed="one")
    folder = osxphotos(world)
    if of_version == "5":
        older(folder / ".osxphotos_export.db")
    shutil.rmtree(library)
    write(library, seed="one", missing=True)
    places: Sequence[str | Path] = ("--home", world.home, "--archive", world.archive, "--json")
    before = media(folder)
    done = world.run("adopt", folder, *places)
    assert done.document["adopted"]["files"] == 6
    assert done.document["exporters"]["photos"]["absent"] == []
    assert {data for _, data in named(world.archive).values()} >= set(before.values())
    assert media(world.archive).keys() >= before.keys()
    again = world.run("export", *places).document["exporters"]["photos"]
    assert (again["unchanged"], again["files"], again["absent"]) == (5, 0, [])


def test_a_list_that_is_damaged_says_nothing_and_stops_nothing(sample: Any) -> None:
    folder = osxphotos(sample)
    (folder / ".osxphotos_export.db").write_bytes(b"SQLite format 3\0 and then nonsense")
    places = ("--home", sample.home, "--archive", sample.archive, "--json")
    count = len(set(media(folder).values()))
    done = sample.run("adopt", folder, *places)
    assert done.document["adopted"]["files"] == count


def test_without_a_library_nothing_is_touched(world: Any) -> None:
    (world.root / "exported").mkdir()
    (world.root / "exported" / "x.jpg").write_bytes(b"x")
    before = world.tree()
    done = world.run("adopt", world.root / "exported", "--home", world.home, "--json")
    assert done.code == 1
    assert world.tree() == before
