"""That a change is found, and nothing else: rows, files, and what the token sees."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rootcellar.api import Sighting
from rootcellar_photos import Photos


def _fingerprints(capture: Any) -> dict[str, str]:
    return {sighting.key: sighting.fingerprint for sighting in Photos().survey(capture)}


def test_each_change_photos_makes_is_found_and_no_other(
    grown: Callable[[int], Path],
    mutate: Callable[..., dict[str, Any]],
    capture: Callable[..., Any],
) -> None:
    library = grown(300)
    before = _fingerprints(capture(library))
    kinds = ("title", "favorite", "keyword", "album", "edit", "replace-original", "trash", "add")
    arguments = [text for kind in kinds for text in (f"--{kind}", "2")]
    touched = mutate(library, *arguments, "--delete", "1", "--rename-album", "1")
    after = _fingerprints(capture(library))
    changed = {key for key, value in after.items() if before.get(key) != value}
    expected = {
        key for kind in kinds for key in touched[kind.replace("-", "_")] if isinstance(key, str)
    }
    assert changed == expected
    assert set(before) - set(after) == set(touched["delete"])


def test_a_file_replaced_behind_photos_back_is_found(
    sample: Path, tmp_path: Path, capture: Callable[..., Any]
) -> None:
    library = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    before = _fingerprints(capture(library))
    original = min(path for path in (library / "originals").rglob("*.*") if "_" not in path.stem)
    original.write_bytes(original.read_bytes() + b"more")
    after = _fingerprints(capture(library))
    assert {key for key in after if after[key] != before[key]} == {original.stem}


def test_a_moved_library_has_not_changed(
    sample: Path, tmp_path: Path, capture: Callable[..., Any]
) -> None:
    elsewhere = shutil.copytree(sample, tmp_path / "Elsewhere.photoslibrary")
    assert _fingerprints(capture(sample)) == _fingerprints(capture(elsewhere))


def _age(library: Path, seconds: int = 60) -> None:
    then = time.time() - seconds
    for folder, _, names in os.walk(library):
        for name in (*names, "."):
            os.utime(Path(folder, name), (then, then))


def test_the_token_stays_while_nothing_happens(
    sample: Path, tmp_path: Path, capture: Callable[..., Any]
) -> None:
    library = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    _age(library)
    token = Photos().token(capture(library))
    assert token is not None
    assert Photos().token(capture(library)) == token


def test_the_token_changes_with_the_database_and_with_new_files(
    sample: Path, tmp_path: Path, capture: Callable[..., Any]
) -> None:
    library = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    _age(library)
    token = Photos().token(capture(library))
    folder = next(path for path in (library / "originals").iterdir() if path.is_dir())
    (folder / "new.jpeg").touch()
    _age(library, 30)
    later = Photos().token(capture(library))
    assert later != token
    with (library / "database" / "Photos.sqlite").open("ab") as file:
        file.write(b"x")
    _age(library, 30)
    assert Photos().token(capture(library)) not in (later, token)


def test_a_token_is_not_trusted_right_after_a_change(
    sample: Path, tmp_path: Path, capture: Callable[..., Any]
) -> None:
    library = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    _age(library)
    os.utime(library / "database" / "Photos.sqlite")
    assert Photos().token(capture(library)) is None


KINDS = (
    *("title", "favorite", "keyword", "album", "edit", "replace-original", "trash", "add"),
    *("delete", "rename-album"),
)


def _looks(capture: Any) -> tuple[dict[str, tuple[bytes, bytes]], str]:
    """Return how every asset looks at a glance, rows and files, and the pages' digest."""
    glance = Photos().glance(capture, "")
    assert glance is not None
    assert glance.files is not None
    return {key: (rows, glance.files[key]) for key, rows in glance.items.items()}, glance.pages


def test_a_glance_finds_what_a_survey_finds_of_every_kind_of_change(
    grown: Callable[[int], Path],
    mutate: Callable[..., dict[str, Any]],
    capture: Callable[..., Any],
) -> None:
    library = grown(60)
    looks, pages = _looks(capture(library))
    seen = _fingerprints(capture(library))
    for kind in KINDS:
        mutate(library, f"--{kind}", "1")
        after, pages_after = _looks(capture(library))
        seen_after = _fingerprints(capture(library))
        changed = {key for key, value in seen_after.items() if seen.get(key) != value}
        assert after.keys() == seen_after.keys()
        assert {key for key, value in after.items() if looks.get(key) != value} == changed
        assert changed or pages != pages_after or looks.keys() != after.keys(), kind
        looks, pages, seen = after, pages_after, seen_after


def test_some_are_surveyed_as_all_are(
    grown: Callable[[int], Path], capture: Callable[..., Any]
) -> None:
    opened = capture(grown(60))
    every = {one.key: one for one in Photos().survey(opened) if isinstance(one, Sighting)}
    some = frozenset(sorted(every)[::7])
    found = [one for one in Photos().survey_some(opened, some) if isinstance(one, Sighting)]
    assert {one.key: one for one in found} == {key: every[key] for key in some}


def test_files_are_looked_at_only_when_some_came_or_went(
    sample: Path, tmp_path: Path, capture: Callable[..., Any]
) -> None:
    library = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    (library / "originals").touch()
    fresh = Photos().glance(capture(library), "")
    assert fresh is not None
    assert fresh.folders == ""
    _age(library)
    before = Photos().glance(capture(library), "")
    assert before is not None
    again = Photos().glance(capture(library), before.folders)
    assert again is not None
    assert (again.items, again.files) == (before.items, None)
    next((library / "originals").glob("*/*")).rename(library / "originals" / "lost.jpg")
    after = Photos().glance(capture(library), before.folders)
    assert after is not None
    assert after.files is not None
    assert before.files is not None
    assert len([key for key in after.files if after.files[key] != before.files[key]]) == 1


def test_what_photos_writes_for_itself_leaves_the_glance_alone(
    sample: Path, tmp_path: Path, capture: Callable[..., Any]
) -> None:
    library = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    before = _looks(capture(library))
    with sqlite3.connect(library / "database" / "Photos.sqlite") as connection:
        connection.execute("CREATE TABLE ZANALYSIS (Z_PK INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO ZANALYSIS VALUES (1)")
    connection.close()
    assert _looks(capture(library)) == before


def test_no_glance_tells_of_a_damaged_database(
    sample: Path, tmp_path: Path, capture: Callable[..., Any]
) -> None:
    library = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    (library / "database" / "Photos.sqlite").write_bytes(b"no database " * 999)
    assert Photos().glance(capture(library), "") is None


def test_no_glance_tells_of_two_libraries_with_the_same_pictures(
    sample: Path, tmp_path: Path, capture: Callable[..., Any]
) -> None:
    copies = [shutil.copytree(sample, tmp_path / f"{name}.photoslibrary") for name in "AB"]
    assert Photos().glance(capture(*copies), "") is None
