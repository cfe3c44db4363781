"""Level 2: the items of the assets asked for, with their records and files."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from rootcellar.api import (
    Absent,
    Bytes,
    Capture,
    CopyOf,
    File,
    Item,
    Record,
    StoreUnreadable,
    View,
)
from rootcellar_photos.absences import role_of
from rootcellar_photos.assets import load, photos_of
from rootcellar_photos.facts import facts
from rootcellar_photos.iphoto.pictures import iphoto_pictures
from rootcellar_photos.iphoto.store import IPhotoLibrary
from rootcellar_photos.legacy.scan import legacy_scan
from rootcellar_photos.legacy.slices import legacy_facts, legacy_slice_of
from rootcellar_photos.legacy.store import LegacyLibrary
from rootcellar_photos.library import AnyLibrary, ReadLibrary, search_index
from rootcellar_photos.naming import text_of
from rootcellar_photos.record import record
from rootcellar_photos.resources import Part
from rootcellar_photos.scan import scan, sidecar_suffix
from rootcellar_photos.seen import Seen
from rootcellar_photos.settings import SIDECARS, PhotosSettings
from rootcellar_photos.slices import slice_of
from rootcellar_photos.unread import plain_record
from rootcellar_photos.walking import WalkedLibrary, walk, walked_item

__all__ = ["load", "read_items"]


def read_items(capture: Capture, library: AnyLibrary, keys: Collection[str]) -> Iterator[Item]:
    """Yield the items of those keys that are in this library."""
    if isinstance(library, WalkedLibrary):
        yield from map(walked_item, walk(library, keys))
        return
    if isinstance(library, IPhotoLibrary):
        for one, said in iphoto_pictures(library, keys):
            yield Item(one.sighting, said, tuple(files(one, {}, library.settings)))
        return
    if isinstance(library, LegacyLibrary):
        seen = list(legacy_scan(library, keys))
        more = legacy_facts(library, [one.row.uuid for one in seen])
    else:
        seen = list(scan(library, keys))
        more = facts(library, [one.row.uuid for one in seen])
        if library.rest is not None:
            lost = set(keys).difference(one.row.uuid for one in seen)
            yield from map(walked_item, walk(library.rest, lost))
    if seen:
        yield from _read(capture, library, seen, more)


def _read(
    capture: Capture, library: ReadLibrary, seen: list[Seen], more: Mapping[str, dict[str, Any]]
) -> list[Item]:
    """Return the items of what was seen; what osxphotos cannot read is said by what we know."""

    def item(photo: Any, one: Seen, why: str = "") -> Item:
        known = more.get(one.row.uuid, {})
        came = capture.downloaded.get(one.row.uuid, {})
        kept = tuple(_arrived(file, came) for file in files(one, known, library.settings))
        return Item(one.sighting, _record(photo, one, known, why), kept)

    try:
        with (
            _slice(capture, library, [one.row.uuid for one in seen]) as slice_path,
            photos_of(slice_path, library.path) as find,
        ):
            return [item(find(one.row.uuid), one) for one in seen]
    except StoreUnreadable as error:
        if len(seen) == 1 or not _is_readable(capture, library):
            return [item(None, one, error.message) for one in seen]
    half = len(seen) // 2  # one asset spoils the whole slice for osxphotos: find it
    return [
        *_read(capture, library, seen[:half], more),
        *_read(capture, library, seen[half:], more),
    ]


def _is_readable(capture: Capture, library: ReadLibrary) -> bool:
    """Return whether osxphotos can read this library at all: a slice of it with no asset."""
    try:
        with _slice(capture, library, []) as slice_path, photos_of(slice_path, library.path):
            return True
    except StoreUnreadable:
        return False


def _record(photo: Any, one: Seen, known: dict[str, Any], why: str) -> Record:
    """Return the record of an asset; a plainer one of what osxphotos cannot read."""
    if photo is not None:
        try:
            return record(photo, one, known)
        except Exception as error:  # noqa: BLE001 - one odd asset must not cost all the others
            why = f"{type(error).__name__}: {error}"
    return plain_record(one, known, why or "osxphotos does not list it")


def _slice(
    capture: Capture, library: ReadLibrary, keys: list[str]
) -> AbstractContextManager[Path]:
    if isinstance(library, LegacyLibrary):
        return legacy_slice_of(library, keys, capture.scratch)
    return slice_of(library, search_index(capture, library), keys, capture.scratch)


def files(seen: Seen, facts: Mapping[str, Any], settings: PhotosSettings) -> Iterator[File]:
    """Yield the files of an asset, absent ones included, and its sidecars."""
    for part in seen.parts:
        if part.found is not None and not part.path:  # its bytes are in the database
            yield File(part.role, part.suffix, Bytes(facts[part.role]), seen.date)
        else:
            yield _file(part, seen)
    for kind in settings.sidecars:
        role, ending, template = SIDECARS[kind]
        yield File(role, sidecar_suffix(seen.parts, ending), View(template), seen.date)


def _arrived(file: File, came: Mapping[str, Path]) -> File:
    """Return a file that is absent as Photos gave it to us, when it did."""
    if not isinstance(file.content, Absent) or file.role not in came:
        return file
    return replace(file, content=CopyOf(came[file.role]))


def _file(part: Part, seen: Seen) -> File:
    date = seen.date
    if part.absent is not None:
        gap = part.absent
        awaits = tuple(Path(path) for path in gap.awaits)
        size = _size(part.role, seen)
        absent = Absent(_sentence(gap.reason), gap.hint, awaits, size, gap.downloadable)
        return File(part.role, part.suffix, absent, date)
    stands_in_for = "original" if part.role == "preview" else ""
    return File(part.role, part.suffix, CopyOf(Path(part.path)), date, stands_in_for)


def _size(role: str, seen: Seen) -> int | None:
    """Return how many bytes an absent file has, when Photos says so and says it once."""
    sizes = {one.length for one in seen.resources if role_of(one) == role and one.length}
    return sizes.pop() if len(sizes) == 1 else None


def _sentence(reason: str) -> str:
    reason = text_of(reason)
    return f"{reason[:1].upper()}{reason[1:]}."
