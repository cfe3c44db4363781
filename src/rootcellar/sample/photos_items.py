"""What can be put into a made-up Photos library: photos and what belongs to them.

Plain frozen values without behaviour; `photos_library.PhotosLibraryBuilder` takes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum

# The moment at which the sample's stores were last touched; files without a date bear it.
LIBRARY_TIME = datetime(2026, 9, 20, 16, 0, tzinfo=UTC)
DEFAULT_TAKEN = datetime(2024, 7, 14, 12, 0, tzinfo=timezone(timedelta(hours=2)))
CAMERA = ("Rootcellar", "Sample Camera")


class Kind(Enum):
    """What an asset's original is."""

    PHOTO = "jpeg"
    SCREENSHOT = "png"
    VIDEO = "mov"


@dataclass(frozen=True, slots=True)
class Face:
    """A face in a photo; ``person`` is empty when nobody has named it.

    ``x`` and ``y`` are its centre from the lower left, ``size`` its diameter, all as shares of the
    picture (the size: of its longer side), as Photos counts them.
    """

    person: str
    x: float = 0.5
    y: float = 0.5
    size: float = 0.25


@dataclass(frozen=True, slots=True)
class Burst:
    """A photo's place in a burst; photos with the same ``name`` were taken together."""

    name: str
    picked: bool = False


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a photo in a shared album; without a ``text`` it is a like."""

    author: str
    made: datetime
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a photo was taken; with names, Photos has looked the place up."""

    latitude: float
    longitude: float
    city: str = ""
    country: str = ""
    country_code: str = ""


@dataclass(frozen=True, slots=True)
class Photo:
    """One asset of a library. Every field has a default that makes an ordinary photo.

    ``taken`` is in the photo's own zone, whose name is ``zone``; None is a photo without a date.
    ``missing`` originals are in iCloud only. ``content`` replaces the original's made-up bytes.
    ``revision`` is Z_OPT, which Core Data raises with every change of a row.
    """

    original_filename: str | None = None  # IMG_0001.JPG and so on
    taken: datetime | None = DEFAULT_TAKEN
    zone: str | None = "Europe/Zurich"
    kind: Kind = Kind.PHOTO
    scene: str = "apples"
    variant: int = 0
    uuid: str | None = None
    title: str | None = None
    caption: str | None = None
    keywords: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    faces: tuple[Face, ...] = ()
    place: Place | None = None
    camera: tuple[str, str] | None = CAMERA
    favorite: bool = False
    hidden: bool = False
    trashed: datetime | None = None
    added: datetime | None = None
    edited: datetime | None = None
    live: bool = False
    raw: bool = False
    burst: Burst | None = None
    missing: bool = False
    in_icloud: bool = True
    shared_album: str | None = None  # the uuid that `PhotosLibraryBuilder.shared_album` returned
    comments: tuple[Comment, ...] = ()
    content: bytes | None = None
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of albums; ``parent`` is another folder's uuid."""

    uuid: str
    title: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Album:
    """An album of the user's own; ``photos`` are uuids in the album's order."""

    uuid: str
    title: str
    photos: tuple[str, ...] = ()
    folder: str | None = None
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class SharedAlbum:
    """An album that ``owner`` shares through iCloud."""

    uuid: str
    title: str
    owner: str
