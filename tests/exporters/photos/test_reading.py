"""What an item holds: every file, an explanation of each gap, a record that does not churn."""

import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rootcellar.api import Absent, CopyOf
from rootcellar.canonical import canonical_json
from rootcellar_photos import Photos

_NO_ASSETS = {
    "Info.plist",
    "cloudSharedEmails.plist",
    "cloudSharedPersonInfos.plist",
    "personID",
    "serverconfiguration",
}
"""Files among the media that belong to no asset: bookkeeping of shared albums."""


def _media(library: Path) -> list[Path]:
    roots = ("originals", "resources/renders", "resources/cloudsharing/data", "scopes")
    return [
        Path(folder) / name
        for root in roots
        for folder, _, names in os.walk(library / root)
        for name in names
        if "derivatives" not in folder and name not in _NO_ASSETS
    ]


def _tree(library: Path) -> dict[str, str]:
    return {
        str(Path(folder, name).relative_to(library)): hashlib.sha256(
            Path(folder, name).read_bytes()
        ).hexdigest()
        for folder, _, names in os.walk(library)
        for name in names
    }


def test_every_media_file_belongs_to_exactly_one_exported_file(
    library: Path, export: Callable[..., Any]
) -> None:
    copied = [
        file.content.path
        for item in export(library).items.values()
        for file in item.files
        if isinstance(file.content, CopyOf)
    ]
    assert len(copied) == len(set(copied))
    assert set(_media(library)) <= set(copied)


def test_an_original_is_there_or_its_absence_is_explained(
    library: Path, export: Callable[..., Any]
) -> None:
    for item in export(library).items.values():
        (original,) = [file for file in item.files if file.role == "original"]
        if isinstance(original.content, Absent):
            assert original.content.reason.endswith(".")
            assert original.content.hint
            assert not any(path.exists() for path in original.content.awaits)
        for file in item.files:
            if file.role == "preview":
                assert file.stands_in_for == "original"
                assert isinstance(original.content, Absent)


def test_osxphotos_finds_no_file_that_we_lack(
    library: Path, export: Callable[..., Any], open_with_osxphotos: Callable[[Path], Any]
) -> None:
    import osxphotos

    database = open_with_osxphotos(library)
    names = ("path", "path_edited", "path_live_photo", "path_edited_live_photo", "path_raw")
    for key, item in export(library).items.items():
        photo = osxphotos.PhotoInfo(db=database, uuid=key, info=database._dbphotos[key])
        copied = {str(f.content.path) for f in item.files if isinstance(f.content, CopyOf)}
        for name in names:
            path = getattr(photo, name)
            assert path is None or path in copied, (name, path)


def test_roles_are_what_osxphotos_calls_them(
    library: Path, export: Callable[..., Any], open_with_osxphotos: Callable[[Path], Any]
) -> None:
    import osxphotos

    database = open_with_osxphotos(library)
    roles = {
        "original": "path",
        "edited": "path_edited",
        "live": "path_live_photo",
        "edited-live": "path_edited_live_photo",
        "raw": "path_raw",
        "adjustments": "adjustments_path",
        "aae": "original_adjustments_path",
    }
    for key, item in export(library).items.items():
        photo = osxphotos.PhotoInfo(db=database, uuid=key, info=database._dbphotos[key])
        files = {f.role: str(f.content.path) for f in item.files if isinstance(f.content, CopyOf)}
        for role, name in roles.items():
            if path := getattr(photo, name):
                assert files[role] == str(path)


def test_the_library_is_not_touched_and_never_opened_by_sqlite(
    library: Path, export: Callable[..., Any]
) -> None:
    before = _tree(library)
    seen: list[str] = []
    active = True

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if not active:
            return
        if event == "sqlite3.connect":
            seen.append(str(arguments[0]))
        elif event == "open" and isinstance(arguments[0], str) and arguments[2] & 3:
            seen.append(arguments[0])

    sys.addaudithook(watch)
    exported = export(library)
    active = False
    assert exported.items
    assert seen
    assert not [path for path in seen if str(library) in path]
    assert _tree(library) == before


def test_two_exports_give_the_same_bytes(library: Path, export: Callable[..., Any]) -> None:
    first, second = export(library), export(library)
    for key, item in first.items.items():
        other = second.items[key]
        assert item.sighting == other.sighting
        assert canonical_json(item.record) == canonical_json(other.record)
        assert item.files == other.files
    assert first.gatherings == second.gatherings


def test_records_are_plain_small_and_free_of_paths_of_the_library(
    library: Path, export: Callable[..., Any]
) -> None:
    records = [item.record for item in export(library).items.values()]
    text = [canonical_json(record).decode() for record in records]
    assert [json.loads(line) for line in text] == records
    for line in text:
        line.encode("utf-8")
        assert str(library) not in line
    assert sum(map(len, text)) / len(text) < 2000


def test_scratch_is_empty_of_slices_afterwards(sample: Path, capture: Callable[..., Any]) -> None:
    one = capture(sample)
    photos = Photos()
    keys = [sighting.key for sighting in photos.survey(one)]
    assert len(list(photos.read(one, keys))) == len(keys)
    assert not [path for path in one.scratch.iterdir() if "slice" in path.name]


def test_a_key_that_has_vanished_is_left_out(sample: Path, capture: Callable[..., Any]) -> None:
    one = capture(sample)
    photos = Photos()
    key = next(iter(photos.survey(one))).key
    assert [item.sighting.key for item in photos.read(one, [key, "nothing"])] == [key]


def test_a_slice_gives_what_the_whole_library_gives(
    real_library: Path, capture: Callable[..., Any], open_with_osxphotos: Callable[[Path], Any]
) -> None:
    """Read one by one, each record is what osxphotos says of the whole library."""
    import osxphotos

    from rootcellar_photos.facts import facts
    from rootcellar_photos.record import record
    from rootcellar_photos.scan import scan

    one = capture(real_library)
    photos = Photos()
    (opened,), _ = photos._libraries(one)
    database = open_with_osxphotos(real_library)
    for seen in scan(opened):
        key = seen.row.uuid
        (item,) = photos.read(one, [key])
        photo = osxphotos.PhotoInfo(db=database, uuid=key, info=database._dbphotos[key])
        assert item.record == record(photo, seen, facts(opened, [key])[key])


def test_a_renumbered_join_table_is_read_all_the_same(
    sample: Path, tmp_path: Path, export: Callable[..., Any]
) -> None:
    """A minor macOS numbers the entities anew; the records stay (osxphotos issue 2077)."""
    import shutil

    from rootcellar_photos.schema import read_schema

    copy = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    database = sqlite3.connect(copy / "database" / "Photos.sqlite", isolation_level=None)
    schema = read_schema(database, "copy")
    assert schema.albums
    assert schema.keywords
    for join, other in ((schema.albums, "Z_97ASSETS"), (schema.keywords, "Z_1KEYWORDS")):
        if join.table != other:
            database.execute(f"ALTER TABLE {join.table} RENAME TO {other}")
    owner, member = schema.albums.owner, schema.keywords.member
    database.execute(f"ALTER TABLE Z_97ASSETS RENAME COLUMN {owner} TO Z_97ALBUMS")
    database.execute(f"ALTER TABLE Z_1KEYWORDS RENAME COLUMN {member} TO Z_98KEYWORDS")
    database.close()
    former, latter = export(sample), export(copy)
    assert {k: i.record for k, i in former.items.items()} == {
        k: i.record for k, i in latter.items.items()
    }
    assert former.gatherings == latter.gatherings
