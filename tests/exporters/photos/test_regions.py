"""Faces in the sidecar: the same regions as osxphotos writes for the same picture."""

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rootcellar.views import Views

pytestmark = pytest.mark.skipif(shutil.which("exiftool") is None, reason="no exiftool")


@pytest.fixture(scope="module")
def render() -> Callable[[Any], bytes]:
    views = Views(None)
    return lambda record: views.render("photos/sidecar.xmp", record=record, files=[], title="")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_regions_are_those_osxphotos_writes_however_the_picture_is_turned(
    orientation: int,
    library: Path,
    tmp_path: Path,
    export: Callable[..., Any],
    open_with_osxphotos: Callable[[Path], Any],
    render: Callable[[Any], bytes],
) -> None:
    if "Test-" in library.name:
        pytest.skip("nobody has a name in this library")
    copy = tmp_path / "Turned.photoslibrary"
    shutil.copytree(library / "database", copy / "database")
    with closing(sqlite3.connect(copy / "database" / "Photos.sqlite")) as connection:
        connection.execute("UPDATE ZASSET SET ZORIENTATION = ?", (orientation,))
        connection.commit()
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    for key, item in export(copy).items.items():
        if item.record.get("persons"):
            (ours / f"{key}.xmp").write_bytes(render(item.record))
    database = open_with_osxphotos(copy)
    for key in sorted(path.stem for path in ours.iterdir()):
        _write_with_osxphotos(database.get_photo(key), theirs / key)
    found = _regions(ours)
    assert len(found) >= 2
    assert found == _regions(theirs)


def _write_with_osxphotos(photo: Any, path: Path) -> None:
    from osxphotos import ExportOptions
    from osxphotos._constants import SIDECAR_XMP
    from osxphotos.photoexporter import ExportResults
    from osxphotos.sidecars import SidecarWriter

    options = ExportOptions(sidecar=SIDECAR_XMP, sidecar_drop_ext=True)
    SidecarWriter(photo).write_sidecar_files(path, options, ExportResults())


def _regions(folder: Path) -> dict[str, Any]:
    """Return, by UUID, the size the regions apply to, and each name with its area."""
    done = subprocess.run(
        ["exiftool", "-json", "-struct", "-n", "-XMP-mwg-rs:all", folder],
        check=True,
        capture_output=True,
    )
    found = {}
    for one in json.loads(done.stdout):
        info = one["RegionInfo"]
        areas = [
            (region["Name"], region["Type"], sorted(region["Area"].items()))
            for region in info["RegionList"]
            if region["Name"]  # osxphotos also writes faces that nobody has named
        ]
        size = info["AppliedToDimensions"]
        found[Path(one["SourceFile"]).stem] = (sorted(size.items()), sorted(areas))
    return found
