"""That a change is found, and nothing else: rows, files, and what the token sees."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


def test_the_content_token_changes_with_every_kind_of_change(
    grown: Callable[[int], Path],
    mutate: Callable[..., dict[str, Any]],
    capture: Callable[..., Any],
) -> None:
    library = grown(60)
    _age(library)
    tokens = [Photos().content_token(capture(library))]
    for kind in KINDS:
        mutate(library, f"--{kind}", "1")
        _age(library)
        tokens.append(Photos().content_token(capture(library)))
    assert None not in tokens
    assert len(set(tokens)) == len(KINDS) + 1


def test_what_photos_writes_for_itself_leaves_the_content_token_alone(
    sample: Path, tmp_path: Path, capture: Callable[..., Any]
) -> None:
    library = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    _age(library)
    before = Photos().content_token(capture(library))
    assert before is not None
    with sqlite3.connect(library / "database" / "Photos.sqlite") as connection:
        connection.execute("CREATE TABLE ZANALYSIS (Z_PK INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO ZANALYSIS VALUES (1)")
    connection.close()
    _age(library / "database", 30)
    assert Photos().token(capture(library)) is not None
    assert Photos().content_token(capture(library)) == before


def test_a_damaged_database_has_no_content_token_or_another(
    sample: Path, tmp_path: Path, capture: Callable[..., Any]
) -> None:
    library = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    _age(library)
    before = Photos().content_token(capture(library))
    (library / "database" / "Photos.sqlite").write_bytes(b"no database " * 999)
    _age(library, 30)
    assert before is not None
    assert Photos().content_token(capture(library)) is None
