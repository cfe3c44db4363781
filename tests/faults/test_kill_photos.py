"""`kill -9` at random moments of an export of a Photos library, through the real command."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from checking import check_archive
from kill_nine import kill_at_random
from orchard import tree

from rootcellar.sample.photos_items import DEFAULT_TAKEN, LIBRARY_TIME, Photo
from rootcellar.sample.photos_library import PhotosLibraryBuilder

pytestmark = pytest.mark.faults

PICTURES = 240


def home(folder: Path, *, later: bool) -> Path:
    """Make a home with a library as it is first, or after changes of every kind."""
    written = LIBRARY_TIME + timedelta(days=later)
    builder = PhotosLibraryBuilder(
        folder / "Pictures" / "Photos Library.photoslibrary", written=written
    )
    uuids = []
    for number in range(PICTURES + 20 * later):
        changed = later and number % 6 == 0
        moved = timedelta(days=40) if later and number % 12 == 6 else timedelta()
        uuids.append(
            builder.photo(
                Photo(
                    original_filename=f"IMG_{number % 200:04}.JPG",
                    taken=DEFAULT_TAKEN + timedelta(hours=5 * (number % 200)) + moved,
                    title=f"Apple {number} {changed}",
                    live=number % 5 == 0,
                    edited=written if number % 4 == 0 or changed else None,
                    trashed=written if later and number % 60 == 3 else None,
                    content=b"\xff\xd8 picture %d %d\xff\xd9" % (number, changed),
                    revision=1 + changed,
                )
            )
        )
    builder.album("Harvest later" if later else "Harvest", uuids[::3])
    builder.write()
    return folder


class Export:
    """The command of one season, with a state and an archive of its own."""

    def __init__(self, root: Path, source: Path) -> None:
        self.root = root
        self.archive = root / "archive"
        rootcellar = str(Path(sys.executable).parent / "rootcellar")
        places = ["--home", str(source), "--archive", str(self.archive)]
        self.command = [rootcellar, "export", "--json", *places]
        self.env: Mapping[str, str] = {
            **os.environ,
            "ROOTCELLAR_STATE": str(root / "state"),
            "ROOTCELLAR_CACHE": str(root / "cache"),
            "ROOTCELLAR_SETTINGS": str(root / "settings.toml"),
        }

    def run(self) -> dict:
        """Run the command to its end and return what it reports of photos."""
        done = subprocess.run(self.command, env=dict(self.env), capture_output=True, check=True)
        return json.loads(done.stdout)["exporters"]["photos"]


@pytest.mark.parametrize("season", ["first export", "second export"])
def test_a_photos_run_killed_at_a_random_moment_is_completed_by_the_next(
    tmp_path: Path, season: str, everything: bool
) -> None:
    first = home(tmp_path / "first", later=False)
    source = first if season == "first export" else home(tmp_path / "later", later=True)
    template = tmp_path / "template"
    template.mkdir()
    if season == "second export":
        Export(template, first).run()
    shutil.copytree(template, tmp_path / "unbroken", dirs_exist_ok=True)
    _move(tmp_path / "unbroken", template)
    unbroken = Export(tmp_path / "unbroken", source)
    unbroken.run()
    expected = tree(unbroken.archive)
    broken = Export(tmp_path / "broken", source)

    def prepare(number: int) -> None:
        shutil.rmtree(broken.root, ignore_errors=True)
        shutil.copytree(template, broken.root)
        _move(broken.root, template)

    def check(number: int) -> None:
        broken.run()
        assert tree(broken.archive) == expected
        assert check_archive(broken.archive, broken.root / "state" / "state.sqlite") == []
        assert list((broken.root / "cache" / "scratch").iterdir()) == []
        again = broken.run()
        assert (again["new"], again["changed"], again["moved"], again["files"]) == (0, 0, 0, 0)

    times = 60 if everything else 3
    kills = kill_at_random(broken.command, broken.env, times, check, prepare=prepare)
    print(  # noqa: T201 - `pytest -rP` tells how it went
        f"{season}: killed {kills.killed} times in {kills.seconds:.0f} s"
    )
    assert kills.killed == times


def _move(root: Path, template: Path) -> None:
    """Let a copied state know that its archive has moved along with it."""
    import sqlite3

    path = root / "state" / "state.sqlite"
    if path.exists():
        with sqlite3.connect(path) as connection:
            connection.execute(
                "UPDATE archive_path SET path = replace(path, ?, ?)", (str(template), str(root))
            )
        connection.close()
