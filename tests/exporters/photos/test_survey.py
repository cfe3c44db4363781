"""What the survey sees, against osxphotos as the oracle."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def _photo(database: Any, uuid: str) -> Any:
    import osxphotos

    return osxphotos.PhotoInfo(db=database, uuid=uuid, info=database._dbphotos[uuid])


def test_every_asset_is_seen_once(
    library: Path, export: Callable[..., Any], open_with_osxphotos: Callable[[Path], Any]
) -> None:
    exported = export(library)
    assert set(exported.sightings) == set(open_with_osxphotos(library)._dbphotos)
    assert set(exported.items) == set(exported.sightings)


def test_the_item_has_the_sighting_that_the_survey_had(
    library: Path, export: Callable[..., Any]
) -> None:
    exported = export(library)
    for key, item in exported.items.items():
        assert item.sighting == exported.sightings[key]


def test_a_place_is_the_day_in_the_photos_own_zone(
    library: Path, export: Callable[..., Any], open_with_osxphotos: Callable[[Path], Any]
) -> None:
    database = open_with_osxphotos(library)
    for key, sighting in export(library).sightings.items():
        date = _photo(database, key).date
        if "undated" in sighting.place.split("/"):
            assert date.year == 1970 or not 1826 <= date.year <= 2200  # 1970: it has none
        elif sighting.place.startswith("Shared/"):
            assert sighting.place.split("/")[2] == f"{date:%Y-%m-%d}"
        else:
            assert sighting.place.startswith(f"{date:%Y/%Y-%m-%d}/")


def test_trash_is_told(
    library: Path, export: Callable[..., Any], open_with_osxphotos: Callable[[Path], Any]
) -> None:
    database = open_with_osxphotos(library)
    for key, sighting in export(library).sightings.items():
        assert sighting.in_trash == _photo(database, key).intrash


def test_the_suffixes_of_a_sighting_are_those_of_its_files(
    library: Path, export: Callable[..., Any]
) -> None:
    for item in export(library).items.values():
        suffixes = [file.suffix for file in item.files]
        assert sorted(suffixes) == sorted(item.sighting.suffixes)
        assert len({suffix.casefold() for suffix in suffixes}) == len(suffixes)
        assert len({file.role for file in item.files}) == len(item.files)
        assert all(suffix[0] in ". " for suffix in suffixes)


def test_the_survey_does_not_import_osxphotos(sample: Path, tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from rootcellar.api import Capture, FoundStore
from rootcellar_photos import Photos, PhotosSettings
stores = (FoundStore(Photos.reads[0], Path(sys.argv[1])),)
photos = Photos()
capture = Capture(Path("/"), stores, Path(sys.argv[2]), PhotosSettings())
photos.token(capture)
assert list(photos.survey(capture)) and list(photos.gatherings(capture))
sys.exit("osxphotos" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", program, sample, tmp_path], check=True)


def test_the_same_library_twice_is_read_once(
    sample: Path, export: Callable[..., Any], capture: Callable[..., Any], tmp_path: Path
) -> None:
    import shutil

    from rootcellar_photos import Photos

    copy = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    keys = [sighting.key for sighting in Photos().survey(capture(sample, copy))]
    assert len(keys) == len(set(keys)) == len(export(sample).sightings)


def test_known_models_are_those_osxphotos_knows() -> None:
    from osxphotos import _constants

    from rootcellar_photos.schema import KNOWN_MODELS

    ranges = [
        value
        for name, value in vars(_constants).items()
        if name.startswith("_PHOTOS_")
        and name.endswith("_MODEL_VERSION")
        and isinstance(value, list)
    ]
    for low, high in ranges:
        assert any(first <= low and high <= last for first, last in KNOWN_MODELS), (low, high)
    for first, last in KNOWN_MODELS:
        assert any(low == first for low, _ in ranges)
        assert any(high == last for _, high in ranges)
