"""Every file of a library that is a person's is taken, or said not to be."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from disk_truth import unexplained, untaken
from legacy_library import make_legacy_library

from rootcellar.api import CopyOf

UUID = "9C0FFEE0-1234-4ABC-8DEF-0123456789AB"


@pytest.fixture
def odd(sample: Path, tmp_path: Path) -> Path:
    """A copy of the sample's library, to which files may be added."""
    return shutil.copytree(sample, tmp_path / "Odd.photoslibrary")


def _rows(library: Path, where: str = "TRUE") -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(library / "database" / "Photos.sqlite")) as database:
        return database.execute(
            f"SELECT ZUUID, ZDIRECTORY, ZFILENAME FROM ZASSET WHERE {where} ORDER BY Z_PK"
        ).fetchall()


def _own(library: Path) -> tuple[str, str]:
    """Return UUID and directory of a picture that lies in the library itself."""
    uuid, directory, _ = next(
        row
        for row in _rows(library, "ZCLOUDBATCHPUBLISHDATE IS NULL AND ZKIND = 0")
        if row[1] and not row[1].startswith("/") and (library / "originals" / row[1]).is_dir()
    )
    return uuid, directory


def _add(library: Path, path: str) -> None:
    target = library / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(f"bytes of {path}".encode())


def test_nothing_of_a_library_is_left_behind(library: Path, export: Callable[..., Any]) -> None:
    done = export(library)
    assert untaken(library, done.items.values(), done.notices) == set()
    assert unexplained(done.items.values()) == []
    assert done.notices == []


def test_nothing_of_a_library_of_photos_4_is_left_behind(
    tmp_path: Path, export: Callable[..., Any]
) -> None:
    builder = make_legacy_library(tmp_path / "Old.photoslibrary")
    folder = "2018/07/20/20180720-100000"
    for name in ("IMG_0001.AAE", "IMG_0001.txt", "STRAY.JPG"):
        _add(builder.root, f"Masters/{folder}/{name}")
    _add(builder.root, "resources/media/version/00/00/fullsizeoutput_ffff.jpeg")
    _add(builder.root, "resources/media/master/00/00/penultimate_1.jpeg")
    done = export(builder.root)
    assert untaken(builder.root, done.items.values(), done.notices) == set()
    (notice,) = done.notices
    assert "2 files" in notice
    assert "STRAY.JPG" in notice
    roles = {file.role for file in done.items["Plain%%picture+1"].files}
    assert {"aae", "other_IMG_0001.txt"} <= roles


@pytest.mark.parametrize(
    "path",
    [
        "originals/{d}/{u}_3.mov",
        "originals/{d}/{u}_3.MOV",
        "originals/{d}/{u}_4.CR2",
        "originals/{d}/{u}_4.dng",
        "originals/{d}/{u}_5.AAE",
        "originals/{d}/{u}_6.jpeg",
        "originals/{d}/{u}.aae",
        "originals/{d}/{u}.XMP",
        "originals/{d}/{u}_O.aae",
        "originals/{d}/{u}_long.m4v",
        "originals/{f}/{u}_7.heic",
        "originals/{l}/{v}_3.mov",
        "originals/{d}/{v}.xmp",
        "resources/renders/{f}/{u}.plist",
        "resources/renders/{f}/{u}_1_201_a.heic",
        "resources/renders/{f}/{u}_1_201_o.jpeg",
        "resources/renders/{f}/{u}_2_100_a.mov",
        "resources/renders/{f}/{u}_2_0_a.MOV",
        "resources/renders/{f}/{u}_p.jpeg",
        "resources/renders/{f}/{u}_4_5005_c.data",
        "resources/renders/{f}/{u}/secondary.data",
        "scopes/syndication/originals/{f}/{u}.jpeg",
        "scopes/syndication/originals/{f}/{u}_3.mov",
        "scopes/syndication/resources/renders/{f}/{u}_1_201_a.jpeg",
        "scopes/momentshared/originals/{f}/{u}.jpeg",
        "scopes/momentshared/resources/renders/{f}/{u}.plist",
        "scopes/cloudsharing/data/123456/ALBUM/{u}.MOV",
        "resources/cloudsharing/data/123456/ALBUM/{u}.medium.MP4",
        "originals/Z/{u}_3.mov",
        "originals/{d}/" + UUID + ".jpeg",
        "originals/" + UUID + ".jpeg",
        "originals/{d}/an old file.jpeg",
        "resources/renders/9/" + UUID + ".plist",
        "scopes/syndication/originals/9/" + UUID + ".jpeg",
        "scopes/cloudsharing/data/123456/ALBUM/" + UUID + ".JPG",
    ],
)
def test_whatever_bears_the_identifier_of_a_picture_is_taken_and_strangers_are_told(
    path: str, odd: Path, export: Callable[..., Any]
) -> None:
    before = len(export(odd).items)
    uuid, directory = _own(odd)
    place = {"u": uuid, "v": uuid.lower(), "d": directory, "f": uuid[0], "l": uuid[0].lower()}
    added = path.format(**place)
    _add(odd, added)
    done = export(odd)
    assert untaken(odd, done.items.values(), done.notices) == set()
    assert len(done.items) == before
    strange = (UUID, "old file", "secondary.data", "ALBUM", "originals/Z")
    stranger = any(one in path for one in strange)
    assert bool(done.notices) == stranger
    if stranger:
        assert f": {added}." in done.notices[0]


def test_names_of_a_referenced_file_are_those_of_its_disk(
    odd: Path, tmp_path: Path, export: Callable[..., Any]
) -> None:
    outside = tmp_path / "Shelf" / "Ferien"
    outside.mkdir(parents=True)
    (outside / "Ku\u0308ste.JPG").write_bytes(b"a picture on a shelf")
    uuid, _ = _own(odd)
    with closing(sqlite3.connect(odd / "database" / "Photos.sqlite")) as database, database:
        database.execute(
            "UPDATE ZASSET SET ZDIRECTORY = ?, ZFILENAME = ?, ZSAVEDASSETTYPE = 10"
            " WHERE ZUUID = ?",
            (str(outside), "K\u00fcste.JPG", uuid),
        )
    files = {file.role: file.content for file in export(odd).items[uuid].files}
    assert isinstance(files["original"], CopyOf)
    assert files["original"].path.read_bytes() == b"a picture on a shelf"


def test_a_name_that_the_disk_spells_otherwise_is_found(
    odd: Path, export: Callable[..., Any]
) -> None:
    uuid, directory = _own(odd)
    folder = odd / "originals" / directory
    (there,) = (one for one in folder.iterdir() if re.fullmatch(rf"{uuid}\.\w+", one.name))
    there.rename(folder / there.name.lower())
    files = {file.role: file.content for file in export(odd).items[uuid].files}
    assert isinstance(files["original"], CopyOf)
