"""Where an asset wishes to lie: the day it was taken, in its own zone, and its original name."""

import math
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from string import Formatter
from unicodedata import normalize
from zoneinfo import ZoneInfo

from rootcellar.apple.dates import COCOA_EPOCH
from rootcellar_photos.rows import AssetRow

FIRST_YEAR = 1826
"""The year of the oldest photograph that survives: earlier dates are nonsense."""
LAST_YEAR = 2200
"""Later dates are nonsense. Fixed, so that a place never depends on the day of the export."""

_NOT_XML = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff]")
"""Control characters: no XMP can hold them, and nobody typed them."""
_SAME_TYPE = {"jpg": "jpeg", "jpe": "jpeg", "tif": "tiff", "heif": "heic", "qt": "mov"}


@lru_cache(maxsize=1024)
def _zone(name: str) -> tzinfo | None:
    """Return the zone of an IANA name; None for Photos' other spellings, such as GMT-0400."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # also ZoneInfoNotFoundError, and names such as ".."
        return None


def moment(seconds: float | None, zone: tzinfo = UTC) -> datetime | None:
    """Return the time that Core Data keeps as seconds since 2001; None when it is none."""
    if seconds is None or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        return None
    try:
        return (COCOA_EPOCH + timedelta(seconds=seconds)).astimezone(zone)
    except (OverflowError, ValueError):
        return None


LAYOUT = "{year}/{date}"
FIELDS = ("year", "month", "day", "date")
"""What a layout may ask for: 2024, 07, 14, 2024-07-14."""
RESERVED = ("albums", "databases", "shared", "undated", "people.json", "metadata.jsonl")
"""What lies at the top of Photos and is not laid out by date, folded."""
DEEPEST = 8


@lru_cache(maxsize=256)
def _fixed(seconds: int) -> tzinfo:
    return timezone(timedelta(seconds=seconds))


def taken(row: AssetRow) -> datetime | None:
    """Return when the photo was taken, in its own zone; None for no date or an absurd one.

    The zone is the one Photos names (ZTIMEZONENAME) where it is an IANA name, else the offset
    it keeps: as osxphotos reads them.
    """
    zone: tzinfo = UTC
    named = _zone(row.zone) if row.zone else None
    if named is not None:
        zone = named
    elif row.offset and abs(row.offset) < 86400:
        zone = _fixed(row.offset)
    date = moment(row.created, zone)
    if date is None or not FIRST_YEAR <= date.year <= LAST_YEAR:
        return None
    return date


def split_name(name: str) -> tuple[str, str]:
    """Split a file name into stem and extension (with its dot); a number is no extension."""
    extension = extension_of(name)
    stem, bare = name.removesuffix(extension), extension[1:]
    if 1 < len(extension) <= 6 and bare.isalnum() and not bare.isdecimal():
        return stem, extension
    return name, ""


def component(text: str) -> str:
    """Return text as one component of a place: composed (NFC), and without a slash."""
    return text_of(text).replace("/", "-").strip() or "Untitled"


def text_of(text: str) -> str:
    """Return text composed (NFC), without what UTF-8 or XML cannot hold (U+FFFD instead)."""
    if text.isascii() and text.isprintable():
        return text
    whole = normalize("NFC", text).encode("utf-8", "replace").decode("utf-8")
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", whole)


def original_name(row: AssetRow) -> str:
    """Return the name the file had when it was imported."""
    return text_of(row.original_filename or row.filename or row.uuid)


def place(
    stem: str, date: datetime | None, shared_album: str | None = None, layout: str = LAYOUT
) -> str:
    """Return the wished-for place: `2024/2024-07-14/IMG_0412`, or `undated/IMG_0412`.

    What others have put into a shared album lies apart, whatever the layout:
    `Shared/<album>/2024-07-14/IMG_0412`.
    """
    day = f"{date.year:04}-{date.month:02}-{date.day:02}" if date else "undated"
    if shared_album is not None:
        return f"Shared/{component(shared_album)}/{day}/{component(stem)}"
    if date is None:
        return f"{day}/{component(stem)}"
    if layout == LAYOUT:
        return f"{day[:4]}/{day}/{component(stem)}"  # nearly always, and for every picture
    folder = layout.format(year=day[:4], month=day[5:7], day=day[8:], date=day)
    return f"{folder}/{component(stem)}" if folder else component(stem)


def check_layout(layout: str) -> None:
    """Raise ValueError, in words for people, unless this is a layout of folders."""
    try:
        parts = list(Formatter().parse(layout))
    except ValueError:
        raise ValueError(f"layout {layout!r} has a brace without its other half.") from None
    for _, name, form, conversion in parts:
        if name is not None and (name not in FIELDS or form or conversion):
            raise ValueError(
                f"layout {layout!r} asks for {{{name}}}; allowed are "
                + ", ".join(f"{{{one}}}" for one in FIELDS)
            )
    folders = layout.split("/") if layout else []
    if any(not one.strip(" .") or one != one.strip() for one in folders):
        raise ValueError(f"layout {layout!r} has a folder without a name.")
    if any(one.startswith(".") or one.endswith(".") for one in folders):
        raise ValueError(f"layout {layout!r} has a folder that begins or ends with a dot.")
    if any(sign in layout for sign in '\\:*?"<>|') or not layout.isprintable():
        raise ValueError(f"layout {layout!r} has a sign that not every drive takes in a name.")
    if len(folders) > DEEPEST:
        raise ValueError(f"layout {layout!r} is more than {DEEPEST} folders deep.")
    if folders and folders[0].casefold() in RESERVED:
        raise ValueError(f"layout {layout!r} begins with {folders[0]}, which has another use.")


@lru_cache(maxsize=4096)
def original_extension(wanted: str, on_disk: str) -> str:
    """Return the extension for the original: its first one when that agrees with the file's."""
    if not on_disk or (wanted and _type(wanted) == _type(on_disk)):
        return wanted or on_disk
    return text_of(on_disk)


def _type(extension: str) -> str:
    bare = extension[1:].casefold()
    return _SAME_TYPE.get(bare, bare)


def extension_of(name: str) -> str:
    """Return the last extension of a name or path, with its dot; none when there is none."""
    at = name.rfind(".")
    return name[at:] if at > name.rfind("/") + 1 else ""


def like(extension: str, model: str) -> str:
    """Return an extension in the case of another: `.MOV` beside `.HEIC`, `.mov` beside `.heic`."""
    return extension.upper() if model[1:].isupper() else extension
