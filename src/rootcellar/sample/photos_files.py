"""Make the files of one asset: original, edits, live movie, RAW, previews.

Pure: it returns bytes and where they belong in the library; `trees` writes them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import plistlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from rootcellar.sample import movies, pictures
from rootcellar.sample.exif import digital_negative, exif_segment
from rootcellar.sample.photos_items import CAMERA, LIBRARY_TIME, Kind, Photo

SCREEN_WIDTH, SCREEN_HEIGHT = 390, 844
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHARED_ROOT = "scopes/cloudsharing"


class Role(Enum):
    """What a file is to its asset."""

    ORIGINAL = "original"
    LIVE = "live"
    RAW = "raw"
    EDITED = "edited"
    EDITED_LIVE = "edited live"
    ADJUSTMENTS = "adjustments"
    PREVIEW = "preview"
    THUMBNAIL = "thumbnail"


@dataclass(frozen=True, slots=True)
class LibraryFile:
    """One file of an asset; ``path`` is where it lies, or would lie, in the library."""

    role: Role
    path: str
    data: bytes
    modified: datetime
    on_disk: bool = True

    @property
    def fingerprint(self) -> str:
        """Return the file's hash in the form in which Photos stores it."""
        digest = hashlib.sha1(self.data, usedforsecurity=False).digest()
        return base64.b64encode(b"\x01" + digest).decode("ascii")


def file_time(photo: Photo) -> datetime:
    """Return the time that the photo's original bears on disk: its own date, if a disk can."""
    if photo.taken is None or not _EPOCH <= photo.taken <= LIBRARY_TIME:
        return LIBRARY_TIME
    return photo.taken


def directory(photo: Photo, uuid: str) -> str:
    """Return what ZDIRECTORY holds."""
    if photo.shared_album is not None:
        return f"1000000001/{photo.shared_album}"
    return uuid[0]


def filename(photo: Photo, uuid: str) -> str:
    """Return what ZFILENAME holds."""
    return f"{uuid}.JPG" if photo.shared_album is not None else f"{uuid}.{photo.kind.value}"


def files_of(photo: Photo, uuid: str) -> Iterator[LibraryFile]:
    """Yield the files of an asset, the original first; those not on disk too."""
    if photo.shared_album is not None:
        yield from _shared(photo, uuid)
        return
    when, here = file_time(photo), f"originals/{uuid[0]}"

    def stored(role: Role, name: str, data: bytes) -> LibraryFile:
        return LibraryFile(role, f"{here}/{name}", data, when, not photo.missing)

    yield stored(Role.ORIGINAL, filename(photo, uuid), _original(photo, uuid))
    if photo.live:
        yield stored(Role.LIVE, f"{uuid}_3.mov", _movie(photo, 1.0))
    if photo.raw:
        grey = bytes((x * 2 + y * 3) % 256 for y in range(48) for x in range(64))
        yield stored(Role.RAW, f"{uuid}_4.dng", digital_negative(64, 48, grey, CAMERA))
    if photo.edited is not None:
        yield from _edits(photo, uuid, photo.edited)
    yield from _previews(photo, uuid)


def _original(photo: Photo, uuid: str) -> bytes:
    if photo.content is not None:
        return photo.content
    if photo.kind is Kind.VIDEO:
        return _movie(photo, 2.0)
    if photo.kind is Kind.SCREENSHOT:
        shift = photo.variant * 40 % 120
        stripes = ((206, 60 + shift, 44), (96, 150, 66), (60, 96, 160 - shift))
        return movies.screenshot(SCREEN_WIDTH, SCREEN_HEIGHT, stripes)
    position = None
    if photo.place is not None:
        position = (photo.place.latitude, photo.place.longitude)
    taken = photo.taken if photo.taken is None or photo.taken <= LIBRARY_TIME else None
    exif = exif_segment(taken, photo.camera, position, uuid.replace("-", ""))
    return pictures.with_segments(pictures.picture(photo.scene, photo.variant), exif)


def _movie(photo: Photo, seconds: float, shift: int = 0) -> bytes:
    shown = (photo.variant + shift, photo.variant + shift + 1)
    frames = [pictures.preview(photo.scene, variant) for variant in shown]
    return movies.movie(frames, seconds, photo.taken, pictures.PREVIEW_WIDTH)


def _edits(photo: Photo, uuid: str, edited: datetime) -> Iterator[LibraryFile]:
    here = f"resources/renders/{uuid[0]}/{uuid}"
    plist = _adjustments(edited)
    if photo.kind is Kind.VIDEO:
        yield LibraryFile(Role.EDITED, f"{here}_2_0_a.mov", _movie(photo, 1.0, 1), edited)
    else:
        exif = exif_segment(photo.taken, photo.camera, None, f"{uuid.replace('-', '')}E")
        picture = pictures.picture(photo.scene, photo.variant + 1)
        render = pictures.with_segments(picture, exif)
        yield LibraryFile(Role.EDITED, f"{here}_1_201_a.jpeg", render, edited)
    if photo.live:
        yield LibraryFile(Role.EDITED_LIVE, f"{here}_2_100_a.mov", _movie(photo, 0.8, 1), edited)
    yield LibraryFile(Role.ADJUSTMENTS, f"{here}.plist", plist, edited)


def _adjustments(edited: datetime) -> bytes:
    """Return the recipe of an edit, in the format of Photos' own editor."""
    recipe = {
        "formatVersion": 1,
        "formatIdentifier": "com.apple.photo",
        "adjustments": [
            {"identifier": "SmartTone", "enabled": True, "settings": {"inputLight": 0.25}}
        ],
        "metadata": {
            "masterWidth": pictures.WIDTH,
            "masterHeight": pictures.HEIGHT,
            "orientation": 1,
        },
        "versionInfo": {"appVersion": "10.0", "platform": "OSX"},
    }
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packer.compress(json.dumps(recipe).encode("ascii")) + packer.flush()
    plist = {
        "adjustmentBaseVersion": 0,
        "adjustmentData": data,
        "adjustmentEditorBundleID": "com.apple.Photos",
        "adjustmentFormatIdentifier": "com.apple.photo",
        "adjustmentFormatVersion": "1.5",
        "adjustmentRenderTypes": 0,
        "adjustmentTimestamp": edited.astimezone(UTC).replace(tzinfo=None),
    }
    return plistlib.dumps(plist)


def _previews(photo: Photo, uuid: str) -> Iterator[LibraryFile]:
    picture = pictures.preview(photo.scene, photo.variant)
    preview = f"resources/derivatives/{uuid[0]}/{uuid}_1_105_c.jpeg"
    thumbnail = f"resources/derivatives/masters/{uuid[0]}/{uuid}_4_5005_c.jpeg"
    yield LibraryFile(Role.PREVIEW, preview, picture, LIBRARY_TIME)
    small = pictures.thumbnail(photo.scene, photo.variant)
    yield LibraryFile(Role.THUMBNAIL, thumbnail, small, LIBRARY_TIME)


def _shared(photo: Photo, uuid: str) -> Iterator[LibraryFile]:
    path = f"{SHARED_ROOT}/data/{directory(photo, uuid)}/{filename(photo, uuid)}"
    thumbnails = f"{SHARED_ROOT}/resources/derivatives/masters/{uuid[0]}"
    original, when = _original(photo, uuid), file_time(photo)
    yield LibraryFile(Role.ORIGINAL, path, original, when, not photo.missing)
    small = pictures.thumbnail(photo.scene, photo.variant)
    thumbnail = f"{thumbnails}/{uuid}_4_5005_c.jpeg"
    yield LibraryFile(Role.THUMBNAIL, thumbnail, small, LIBRARY_TIME)
