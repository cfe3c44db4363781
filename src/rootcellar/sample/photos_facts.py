"""What the rows of a made-up library say about a photo: dates, sizes, types, identities.

Pure, without knowledge of tables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rootcellar.sample import pictures
from rootcellar.sample.photos_files import SCREEN_HEIGHT, SCREEN_WIDTH
from rootcellar.sample.photos_items import LIBRARY_TIME, Kind, Photo

_APPLE_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
UTI = {
    Kind.PHOTO: "public.jpeg",
    Kind.SCREENSHOT: "public.png",
    Kind.VIDEO: "com.apple.quicktime-movie",
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """The Z_PKs of what assets refer to."""

    keywords: Mapping[str, int]
    persons: Mapping[str, int]
    moments: Mapping[str, int]  # by asset uuid
    import_session: int
    shared_albums: Mapping[str, tuple[int, str]]  # by uuid: Z_PK and owner


def apple_time(moment: datetime) -> float:
    """Return seconds since 2001, as Core Data stores dates."""
    return (moment - _APPLE_EPOCH).total_seconds()


def added(photo: Photo) -> datetime:
    """Return when the photo came into the library."""
    if photo.added is not None:
        return photo.added
    if photo.taken is None or photo.taken > LIBRARY_TIME or photo.taken.year < 2000:
        return LIBRARY_TIME - timedelta(days=30)
    return photo.taken + timedelta(hours=1)


def zone_offset(photo: Photo) -> int | None:
    """Return the seconds east of UTC at the photo's place and time, None when not known."""
    offset = None if photo.taken is None else photo.taken.utcoffset()
    return None if offset is None else int(offset.total_seconds())


def person_id(name: str) -> str:
    """Return the hashed id under which iCloud knows a person of a shared album."""
    return hashlib.sha256(name.encode("utf-8")).hexdigest()


def size_of(photo: Photo) -> tuple[int, int]:
    """Return width and height of the original."""
    if photo.kind is Kind.SCREENSHOT:
        return SCREEN_WIDTH, SCREEN_HEIGHT
    if photo.kind is Kind.VIDEO:
        return pictures.PREVIEW_WIDTH, pictures.PREVIEW_HEIGHT
    return pictures.WIDTH, pictures.HEIGHT
