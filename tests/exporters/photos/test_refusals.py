"""Libraries that cannot be read: each with its own words and a next step."""

import plistlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rootcellar.api import StoreMissing, StoreUnreadable, Trouble
from rootcellar_photos import Photos
from rootcellar_photos.layouts import is_library


@pytest.fixture
def broken(sample: Path, tmp_path: Path) -> Path:
    """A copy of the sample's library, to be broken."""
    return shutil.copytree(sample, tmp_path / "Broken.photoslibrary")


def _survey(capture: Any) -> list[Any]:
    return list(Photos().survey(capture))


def test_a_library_without_a_database_and_pictures_is_recognised_and_named(
    broken: Path, capture: Callable[..., Any]
) -> None:
    for folder in ("database", "originals", "resources", "scopes"):
        shutil.rmtree(broken / folder, ignore_errors=True)
    assert is_library(broken)
    with pytest.raises(StoreMissing, match="without a database") as raised:
        _survey(capture(broken))
    assert raised.value.hint


def test_a_library_is_known_by_its_content_not_by_its_name(broken: Path, tmp_path: Path) -> None:
    renamed = broken.rename(tmp_path / "Photos-Mediathek")
    assert is_library(renamed)
    assert not is_library(tmp_path)
    assert not is_library(renamed / "database" / "Photos.sqlite")


def test_a_newer_model_is_read_as_far_as_it_goes_and_said_to_be_unknown(
    broken: Path, sample: Path, export: Callable[..., Any]
) -> None:
    with sqlite3.connect(broken / "database" / "Photos.sqlite") as database:
        metadata = plistlib.dumps({"PLModelVersion": 990000000})
        database.execute("UPDATE Z_METADATA SET Z_PLIST = ?", (metadata,))
    database.close()
    known, newer = export(sample), export(broken)
    (trouble,) = newer.troubles
    assert "990000000" in trouble.reason
    assert "Update rootcellar" in trouble.hint
    assert trouble.store == next(iter(newer.sightings.values())).store
    (database,) = newer.items.keys() - known.items.keys()
    assert newer.items.pop(database).record["model"] == "990000000"
    assert newer.items.keys() == known.items.keys()
    for key, item in newer.items.items():
        assert item.record == known.items[key].record
        assert [file.role for file in item.files] == [file.role for file in known.items[key].files]
        assert newer.sightings[key].fingerprint != known.sightings[key].fingerprint


def test_an_empty_database_of_photos_4_is_refused(
    tmp_path: Path, capture: Callable[..., Any]
) -> None:
    (tmp_path / "Old.photoslibrary" / "database").mkdir(parents=True)
    (tmp_path / "Old.photoslibrary" / "database" / "photos.db").touch()
    with pytest.raises(StoreUnreadable, match="holds no tables") as raised:
        _survey(capture(tmp_path / "Old.photoslibrary"))
    assert raised.value.hint


def test_one_broken_library_does_not_hide_another(
    broken: Path, sample: Path, capture: Callable[..., Any], export: Callable[..., Any]
) -> None:
    shutil.rmtree(broken / "database")
    found = _survey(capture(sample, broken))
    (trouble,) = [one for one in found if isinstance(one, Trouble)]
    assert trouble.title == "Broken.photoslibrary"
    assert trouble.reason
    assert trouble.hint
    assert len(found) - 1 == len(export(sample).sightings)
