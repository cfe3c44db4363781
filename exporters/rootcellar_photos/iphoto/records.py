"""The record of a picture of iPhoto; docs/reference/photos-records.md tells what is in it."""

from typing import Any

from rootcellar.api import Record
from rootcellar_photos.naming import text_of
from rootcellar_photos.plain import iso, pruned, utc
from rootcellar_photos.seen import Seen

Row = dict[str, Any]
"""A row of the plain table `picture`, with what stands beside it (`keyword`, `face`, `exif`) under
those names, its `albums`, and `event_title`."""
_ORIENTATIONS = {0: 1, 90: 6, 180: 3, 270: 8}
_CAMERA = {
    "make": "Make",
    "model": "Model",
    "lens": "LensModel",
    "iso": "ISOSpeedRating",
    "aperture": "ApertureValue",
    "shutter_speed": "ShutterSpeed",
    "focal_length": "FocalLength",
    "exposure_bias": "ExposureBiasValue",
    "metering_mode": "MeteringMode",
    "white_balance": "WhiteBalance",
    "focal_length_35mm": "FocalLenIn35mmFilm",
}
"""What a record calls them, and what iPhoto does (RKExifStringProperty, RKExifNumberProperty)."""


def iphoto_record(row: Row, seen: Seen) -> Record:
    """Return what is known of a picture, in the words of later libraries."""
    exif = {name: value for name, value in row["exif"] if value not in (None, "")}
    width, height = row["width"], row["height"]
    original = (row["original_width"], row["original_height"])
    full = {
        "uuid": row["uuid"],
        "kind": "movie" if row["movie"] else "photo",
        "kinds": [name for name, on in (("burst", row["burst"]), ("raw", row["raw"])) if on],
        "original_filename": seen.sighting.title,
        "title": row["title"],
        "caption": row["caption"],
        "keywords": sorted({text_of(name) for (name,) in row["keyword"]}),
        "rating": row["rating"] if row["rating"] in (1, 2, 3, 4, 5) else None,
        "flagged": bool(row["flagged"]),
        "hidden": bool(row["hidden"]),
        "trashed": bool(row["trashed"]),
        "date": iso(seen.date),
        "timezone": row["zone"],
        "date_added": utc(row["added"]),
        "date_modified": utc(row["modified"] or None),
        "persons": [_person(*face) for face in row["face"]],
        "location": _location(row["latitude"], row["longitude"]),
        "place": {"name": row["place"]},
        "event": {"uuid": row["event"] if row["event_title"] else None},
        "albums": seen.albums,
        "burst": {"uuid": row["burst"]},
        "size": {
            "width": width,
            "height": height,
            "orientation": _ORIENTATIONS.get(row["rotation"] or 0) if width else None,
        },
        "original": {
            **(
                {"width": original[0], "height": original[1]}
                if all(original) and original != (width, height)
                else {}
            ),
            "bytes": row["bytes"],
        },
        "duration": row["duration"] or None,
        "camera": {name: exif.get(key) for name, key in _CAMERA.items()},
        "referenced": (
            {"volume": row["volume"], "path": row["path"]} if row["reference"] else None
        ),
    }
    found: Record = pruned(full)
    return found


def _person(_: Any, person: Any, name: str, *box: float | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": name, "uuid": person}
    if None not in box:
        entry["box"] = {
            axis: round(float(one or 0), 6) for axis, one in zip("xywh", box, strict=True)
        }
    return entry


def _location(latitude: Any, longitude: Any) -> dict[str, float] | None:
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    if (latitude, longitude) == (0, 0) or not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return {"latitude": float(latitude), "longitude": float(longitude)}
