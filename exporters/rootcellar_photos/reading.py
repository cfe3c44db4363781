"""Level 2: the items of the assets asked for, with their records and files."""

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from rootcellar.api import Absent, Capture, CopyOf, File, Item, View
from rootcellar_photos.assets import load, photos_of
from rootcellar_photos.facts import facts
from rootcellar_photos.library import Library, search_index
from rootcellar_photos.naming import text_of
from rootcellar_photos.record import record
from rootcellar_photos.resources import Part
from rootcellar_photos.scan import Seen, scan, sidecar_suffix
from rootcellar_photos.slices import slice_of

__all__ = ["load", "read_items"]

SIDECAR_TEMPLATE = "photos/sidecar.xmp"


def read_items(capture: Capture, library: Library, keys: Collection[str]) -> Iterator[Item]:
    """Yield the items of those keys that are in this library."""
    seen = list(scan(library, keys))
    if not seen:
        return
    here = [one.row.uuid for one in seen]
    more = facts(library, here)
    search = search_index(capture, library)
    with (
        slice_of(library, search, here, capture.scratch) as slice_path,
        photos_of(slice_path, library.path) as find,
    ):
        for one in seen:
            photo = find(one.row.uuid)
            if photo is not None:
                yield Item(
                    sighting=one.sighting,
                    record=record(photo, one, more.get(one.row.uuid, {})),
                    files=tuple(files(one)),
                )


def files(seen: Seen) -> Iterator[File]:
    """Yield the files of an asset, absent ones included, and its sidecar."""
    for part in seen.parts:
        yield _file(part, seen.date)
    suffix = sidecar_suffix(seen.parts)
    yield File("sidecar", suffix, View(SIDECAR_TEMPLATE), seen.date)


def _file(part: Part, date: datetime | None) -> File:
    if part.absent is not None:
        gap = part.absent
        awaits = tuple(Path(path) for path in gap.awaits)
        absent = Absent(_sentence(gap.reason), gap.hint, awaits)
        return File(part.role, part.suffix, absent, date)
    stands_in_for = "original" if part.role == "preview" else ""
    return File(part.role, part.suffix, CopyOf(Path(part.path)), date, stands_in_for)


def _sentence(reason: str) -> str:
    reason = text_of(reason)
    return f"{reason[:1].upper()}{reason[1:]}."
