"""Fixtures: captures of real libraries, of grown ones, and of the made-up sample."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rootcellar.api import Capture, FoundStore, Notice, Sighting, Trouble
from rootcellar.sample import make_home
from rootcellar_photos import Photos, PhotosSettings

REPOSITORY = Path(__file__).resolve().parents[3]
FIXTURES = Path(os.environ.get("ROOTCELLAR_FIXTURES", REPOSITORY.parent / "shared" / "fixtures"))
sys.path.insert(0, str(Path(__file__).parent))
LIBRARIES = {
    "macOS 26.1": "homes/mac26/Pictures/Photos Library.photoslibrary",
    "macOS 15.7.2": "photos/Test-Media-Types-15.7.2.photoslibrary",
    "macOS 10.15.1": "photos/Test-Shared-10.15.1.photoslibrary",
}


def _library(name: str) -> Path:
    path = FIXTURES / LIBRARIES[name]
    if not path.is_dir():
        pytest.skip(f"no real Photos library at {path}; set ROOTCELLAR_FIXTURES")
    return path


@pytest.fixture(params=[*LIBRARIES, "sample"])
def library(request: pytest.FixtureRequest, sample: Path) -> Path:
    """Each library in turn; tests must not change it."""
    return sample if request.param == "sample" else _library(request.param)


@pytest.fixture(params=LIBRARIES)
def real_library(request: pytest.FixtureRequest) -> Path:
    """Each real library in turn; tests must not change it."""
    return _library(request.param)


@pytest.fixture
def media_types() -> Path:
    return _library("macOS 15.7.2")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library of the made-up sample home."""
    home = make_home(tmp_path_factory.mktemp("sample") / "home")
    (found,) = (home / "Pictures").glob("*.photoslibrary")
    return found


@pytest.fixture
def capture(tmp_path: Path) -> Callable[..., Capture]:
    """Make a capture of libraries, as the core would."""
    made = []

    def make(*libraries: Path) -> Capture:
        made.append(libraries)
        scratch = tmp_path / f"scratch-{len(made)}"
        scratch.mkdir()
        stores = tuple(FoundStore(Photos.reads[0], path) for path in libraries)
        return Capture(home=tmp_path, stores=stores, scratch=scratch, settings=PhotosSettings())

    return make


@pytest.fixture
def export(capture: Callable[..., Capture]) -> Callable[..., Any]:
    """Survey and read libraries whole: `.sightings` and `.items` by key, `.gatherings`."""

    def run(*libraries: Path) -> Any:
        photos, one = Photos(), capture(*libraries)
        found = list(photos.survey(one))
        sightings = {each.key: each for each in found if isinstance(each, Sighting)}
        items = {item.sighting.key: item for item in photos.read(one, list(sightings))}
        return SimpleNamespace(
            capture=one,
            sightings=sightings,
            troubles=[each for each in found if isinstance(each, Trouble)],
            notices=[each.text for each in found if isinstance(each, Notice)],
            items=items,
            gatherings={page.key: page for page in photos.gatherings(one)},
        )

    return run


@pytest.fixture
def open_with_osxphotos(tmp_path: Path) -> Iterator[Callable[[Path], Any]]:
    """Load a copy of a library's whole database with osxphotos: the oracle."""
    osxphotos = pytest.importorskip("osxphotos")
    opened = []

    def open_copy(library: Path) -> Any:
        folder = tmp_path / f"oracle-{len(opened)}"
        (folder / "search").mkdir(parents=True)
        for name in ("Photos.sqlite", "search/psi.sqlite"):
            for ending in ("", "-wal"):
                source = library / "database" / (name + ending)
                if source.exists():
                    shutil.copyfile(source, folder / (name + ending))
        database = osxphotos.PhotosDB(folder / "Photos.sqlite", library_path=library)
        opened.append(database)
        return database

    yield open_copy
    for database in opened:
        database._tempdir.cleanup()
        database._db_connection.close()
        database._db_connection = None


@pytest.fixture
def grown(tmp_path: Path) -> Callable[[int], Path]:
    """Grow the 26.1 library to so many assets; returns a library that may be changed."""

    def grow(count: int) -> Path:
        target = tmp_path / "grown.photoslibrary"
        script = FIXTURES.parent / "bench" / "scale_photos.py"
        arguments = ["--count", str(count), "--edited", "0.2", "--live", "0.3", "--missing", "0.1"]
        source = _library("macOS 26.1")
        subprocess.run(
            [sys.executable, script, "grow", source, target, *arguments],
            check=True,
            capture_output=True,
        )
        subprocess.run(["chmod", "-R", "u+w", target], check=True)
        return target

    return grow


@pytest.fixture
def mutate() -> Callable[..., dict[str, Any]]:
    """Change a grown library as Photos would; returns what was touched, by kind of change."""

    def run(library: Path, *arguments: str) -> dict[str, Any]:
        import json

        script = FIXTURES.parent / "bench" / "scale_photos.py"
        done = subprocess.run(
            [sys.executable, script, "mutate", library, *arguments],
            check=True,
            capture_output=True,
            text=True,
        )
        return dict(json.loads(done.stdout))

    return run
