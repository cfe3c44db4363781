"""A library whose database cannot be read: what its folders alone tell of its pictures.

Photos names the files of a picture after its identifier, so they are told apart, and bear the
same keys, as when the database is read: a version that can read it finds them again. A file
without an identifier in its name (Masters of Photos 2 to 4) is an item of its own, and is found
again by its content.
"""

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from rootcellar.api import Absent, CopyOf, File, Item, Sighting, Trouble
from rootcellar_photos.folders import Folders, Signature, listed, signature
from rootcellar_photos.layouts import IPHOTO_MEDIA, is_iphoto
from rootcellar_photos.naming import component, extension_of, split_name, text_of
from rootcellar_photos.plain import pruned
from rootcellar_photos.resources import (
    MOVIES,
    Part,
    another,
    distinct,
    named,
    preview_of,
    role_of_original,
    role_of_render,
)
from rootcellar_photos.rows import AssetRow
from rootcellar_photos.seen import Seen
from rootcellar_photos.settings import PhotosSettings, scope_of

MEDIA = {"originals": 1, "Masters": 4, "resources/media/master": 2, "resources/media/version": 2}
"""Where media lie beside those of the scopes, and how many levels of folders there are."""
SHARED = ("resources/cloudsharing/data", "scopes/cloudsharing/data")
_UUID = re.compile(r"([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})[._]")
_FILMS = (*MOVIES, ".avi", ".mpg", ".mpeg", ".3gp", ".mts", ".m2ts", ".dv", ".qt")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING = dict.fromkeys(AssetRow._fields)
UNREAD = "the library's database could not be read"
AWAY = (
    "The original is not in the library, and the database that tells where it is cannot be read."
)
AWAY_HINT = (
    "Update rootcellar: `pip install --upgrade rootcellar`. If Photos can open the library, have "
    "it download the originals (Settings > iCloud), and export again."
)


@dataclass(slots=True)
class Found:
    """What lies in the folders: paths (in the library) of each picture's files, and the rest."""

    pictures: dict[str, list[str]] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    """By key."""

    @property
    def has_files(self) -> bool:
        """Return whether there is more than previews."""
        return bool(self.others) or any(self.pictures.values())


class WalkedLibrary(msgspec.Struct, frozen=True):
    """A library of which the files can be read, and the database cannot."""

    path: Path
    folders: Folders
    identity: str
    found: Found
    troubles: tuple[Trouble, ...] = ()
    settings: PhotosSettings = msgspec.field(default_factory=PhotosSettings)

    @property
    def root(self) -> str:
        """Return the path as text (all its files are asked for by text)."""
        return str(self.path)


def find(folders: Folders) -> Found:
    """Look through the folders of a library, once."""
    found = Found()
    roots = dict(IPHOTO_MEDIA if is_iphoto(folders.library) else MEDIA)
    roots |= dict.fromkeys(SHARED, 2)
    roots |= dict.fromkeys([*folders.original_roots, *folders.render_roots], 1)
    for root, levels in roots.items():
        for folder, names in listed(folders, root, levels + 1):
            for name in names:
                if match := _UUID.match(name):
                    found.pictures.setdefault(match[1].upper(), []).append(f"{folder}/{name}")
                elif root not in SHARED:  # beside pictures, Photos' own lists lie there
                    path = f"{folder}/{name}"
                    found.others[_key_of(path)] = path
    for root in folders.preview_roots:
        for _, names in listed(folders, root, 2):
            for match in filter(None, map(_UUID.match, names)):
                found.pictures.setdefault(match[1].upper(), [])
    return found


def walk(library: WalkedLibrary, keys: Collection[str] | None = None) -> Iterator[Seen]:
    """Yield what lies in the library, or what has these keys; the same for the same state."""
    for uuid, paths in sorted(library.found.pictures.items()):
        if (keys is None or uuid in keys) and (seen := _picture(library, uuid, paths)):
            yield seen
    for key, path in sorted(library.found.others.items(), key=lambda pair: pair[1]):
        if (keys is None or key in keys) and (seen := _other(library, key, path)):
            yield seen


def walked_item(seen: Seen) -> Item:
    """Return the item of what was seen."""
    movie = seen.row.is_movie
    scopes = {"shared-album": seen.row.is_shared, "syndicated": seen.row.is_syndicated}
    record: dict[str, Any] = {
        "uuid": seen.row.uuid if not seen.row.uuid.startswith(_OTHER) else None,
        "kind": "movie" if movie else "photo",
        "scopes": [name for name, is_in in scopes.items() if is_in],
        "unread": UNREAD,
    }
    return Item(seen.sighting, pruned(record), tuple(map(_file, seen.parts)))


_OTHER = "file-"


def _key_of(path: str) -> str:
    """Return the key of a file that bears no identifier."""
    return _OTHER + hashlib.sha256(path.encode("utf-8", "replace")).hexdigest()[:32]


def _picture(library: WalkedLibrary, uuid: str, paths: list[str]) -> Seen | None:
    row = _row(uuid, paths)
    files = _parts(library, row, paths)
    return _seen(library, row, uuid, f"{uuid[:1]}/{uuid}", files) if files else None


def _row(uuid: str, paths: list[str]) -> AssetRow:
    """Return what the names of its files tell of a picture, as the database would say it."""
    renders = [path for path in paths if _is_render(path)]
    plain = [path for path in paths if path not in renders]
    pictures = [path for path in plain if not path.lower().endswith((*_FILMS, ".aae", ".plist"))]
    shared = any(path.startswith(SHARED) for path in plain)
    film = any(path.lower().endswith(_FILMS) for path in plain)
    known = {
        "pk": 0,
        "uuid": uuid,
        "filename": "",
        "kind": int(film and (shared or not pictures)),
        "adjustments": int(bool(renders)),
        "published": 0.0 if shared else None,
        "syndication": uuid if any("/syndication/" in path for path in plain) else None,
        "syndication_history": 0,
    }
    return AssetRow(**{**_NOTHING, **known})  # type: ignore[arg-type]  # what is not known is NULL


def _is_render(path: str) -> bool:
    return "resources/renders/" in path


def _parts(library: WalkedLibrary, row: AssetRow, paths: list[str]) -> list[Part]:
    """Return the files of a picture; an absent original beside a preview, else only what is."""
    found: dict[str, tuple[str, Signature]] = {}
    for path in sorted(paths, key=lambda one: (_is_render(one), one)):
        status = signature(f"{library.root}/{path}")
        if status is None:
            continue
        name = path.rpartition("/")[2]
        if _is_render(path):
            role = role_of_render(name[len(row.uuid) :], edited=True, movie=row.is_movie)
        else:
            role = role_of_original(name, row)
        if role in found:
            role = another(f"other{text_of(name[len(row.uuid) :])}", found)
        found[role] = (f"{library.root}/{path}", status)
    away = "original" not in found
    preview = preview_of(row, library.folders, library.root) if away else None
    if preview and library.settings.previews:
        found["preview"] = preview
    if not found:
        return []
    first = extension_of(found["original"][0]) if not away else ""
    first = text_of(first) or (".mov" if row.is_movie else ".jpeg")
    files = named(found, (), first)
    return distinct([*files, Part("original", first, "", None)] if away else files)


def _other(library: WalkedLibrary, key: str, path: str) -> Seen | None:
    status = signature(f"{library.root}/{path}")
    if status is None:
        return None
    folder, _, name = path.rpartition("/")
    stem, extension = split_name(text_of(name))
    film = int(path.lower().endswith(_FILMS))
    row = AssetRow(**{**_NOTHING, "pk": 0, "uuid": key, "kind": film})  # type: ignore[arg-type]
    root = next((root for root in MEDIA if folder.startswith(root)), "")
    below = [component(part) for part in folder[len(root) :].split("/") if part]
    place = "/".join((*below, component(stem)))
    part = Part("original", text_of(extension) or ".bin", f"{library.root}/{path}", status)
    return _seen(library, row, text_of(name), place, [part])


def _seen(
    library: WalkedLibrary, row: AssetRow, title: str, place: str, files: list[Part]
) -> Seen:
    scope, outside = scope_of(row, library.settings)
    known = [(part.role, part.suffix, part.found) for part in files]
    sighting = Sighting(
        key=row.uuid,
        title=title,
        place=f"undated/{place}",
        fingerprint=hashlib.sha256(repr(known).encode("utf-8", "replace")).hexdigest()[:32],
        suffixes=tuple(part.suffix for part in files),
        store=library.identity,
        scope=scope,
        # Nothing tells which pictures are hidden: where those are left out, no new one is taken.
        outside=outside or not library.settings.hidden,
        makeshift=True,
    )
    return Seen(row, None, files, [], {}, sighting)


def _file(part: Part) -> File:
    if part.found is None:
        return File(part.role, part.suffix, Absent(AWAY, AWAY_HINT))
    modified = _EPOCH + timedelta(microseconds=part.found[1] // 1000)
    stands_in_for = "original" if part.role == "preview" else ""
    return File(part.role, part.suffix, CopyOf(Path(part.path)), modified, stands_in_for)
