"""The record of an asset: all that Photos knows of it, as plain JSON with a fixed order of keys.

What is empty, false or usual is left out. What churns without meaning is left out too (view
counts, analysis state, scores, availability in iCloud, paths of this machine): a record changes
only when the asset does. docs/reference/photos-records.md lists every field.
"""

import contextlib
from datetime import datetime
from functools import lru_cache
from typing import Any

from rootcellar.api import Record
from rootcellar_photos.absences import role_of
from rootcellar_photos.assets import adjustments_of, faces_of, facts_of, place_of, search_of
from rootcellar_photos.edits import capture_of, edit_of
from rootcellar_photos.naming import original_name
from rootcellar_photos.plain import Whole, iso, pruned, utc
from rootcellar_photos.seen import Seen
from rootcellar_photos.sharing import scopes, shared

_KINDS = (
    ("live", "live_photo"),
    ("burst", "burst"),
    ("panorama", "panorama"),
    ("slow-motion", "slow_mo"),
    ("time-lapse", "time_lapse"),
    ("screenshot", "screenshot"),
    ("screen-recording", "screen_recording"),
    ("selfie", "selfie"),
    ("hdr", "hdr"),
    ("raw", "israw"),
    ("raw+jpeg", "has_raw"),
    ("spatial", "spatial"),
)
_CAMERA = {
    "make": "camera_make",
    "model": "camera_model",
    "lens": "lens_model",
    "iso": "iso",
    "aperture": "aperture",
    "shutter_speed": "shutter_speed",
    "focal_length": "focal_length",
    "exposure_bias": "exposure_bias",
    "flash": "flash_fired",
    "metering_mode": "metering_mode",
    "white_balance": "white_balance",
    "codec": "codec",
    "frames_per_second": "fps",
    "bit_rate": "bit_rate",
    "sample_rate": "sample_rate",
    "track_format": "track_format",
}
_CAMERA_FACTS = ("focal_length_35mm", "digital_zoom", "credit")
_SEARCH = ("activities", "events", "holidays", "landmarks", "venues", "venue_types")
"""Kinds of words in Photos' search index; the others repeat what the record says elsewhere."""


def record(photo: Any, seen: Seen, facts: dict[str, Any]) -> Record:
    """Return the record of an asset from osxphotos' view of it, the survey's, and plain facts."""
    row = seen.row
    adjustments_of(photo)  # before the faces, whose boxes depend on it
    full = {
        "uuid": row.uuid,
        "kind": "movie" if row.is_movie else "photo",
        "kinds": _kinds(photo),
        "original_filename": original_name(row),
        "title": photo.title,
        "caption": photo.description,
        "keywords": sorted(set(photo.keywords)),
        "labels": sorted(set(photo.labels)),
        "search": _search(search_of(photo)),
        "favourite": bool(row.favourite),
        "hidden": bool(row.hidden),
        "trashed": utc(facts.get("trashed")) or row.trash_state == 1,
        "date": iso(seen.date),
        "timezone": row.zone,
        "date_original": _original_date(photo, seen.date),
        "date_added": utc(facts.get("added")),
        "date_modified": utc(row.modified),
        "persons": _persons(photo),
        "location": _location(photo, facts),
        "place": _place(photo),
        "moment": {"title": row.moment_title, "subtitle": row.moment_subtitle},
        "albums": seen.albums,
        "import": _import(seen, facts),
        "burst": _burst(photo, facts),
        "size": {"width": photo.width, "height": photo.height, "orientation": photo.orientation},
        "original": {
            **_original_size(photo),
            "bytes": photo.original_filesize,
            "uti": photo.uti_original,
            "fingerprint": facts.get("fingerprint"),
            "raw": photo.raw_original,
        },
        "duration": facts.get("duration") or None,
        "camera": _camera(photo, facts),
        "capture": capture_of(seen),
        "edit": edit_of(photo, seen, facts),
        "scopes": scopes(seen),
        "shared": shared(photo, seen, facts),
        "cloud": {"asset": facts.get("cloud_asset"), "master": row.master or facts.get("master")},
        "referenced": _referenced(seen),
        "resources": _resources(seen, facts),
    }
    found: Record = pruned(full)
    return found


def _original_size(photo: Any) -> dict[str, int]:
    """Return the size of the original where it is not the size of the picture as it is now."""
    now = (photo.width, photo.height, photo.orientation)
    then = (photo.original_width, photo.original_height, photo.original_orientation)
    return {} if now == then else dict(zip(("width", "height", "orientation"), then, strict=True))


def _kinds(photo: Any) -> list[str]:
    kinds = [name for name, attribute in _KINDS if getattr(photo, attribute)]
    known = facts_of(photo)
    if known["portrait"] if "masterModelID" in known else known.get("depth_state"):
        kinds.append("portrait")
    return kinds


def _original_date(photo: Any, date: datetime | None) -> str | None:
    """Return the date the file had when it was imported, when the person has changed it since."""
    if photo.exif_info is None:
        return None  # until Photos 4 nothing keeps it
    imported = photo.exif_info.date
    return iso(imported) if imported is not None and imported != date else None


def _persons(photo: Any) -> list[dict[str, Any]]:
    """Return the named people of a photo, each with the box of the face where there is one.

    Boxes are the MWG regions that osxphotos computes: centre and size, as shares of the picture.
    """
    persons = []
    for face in faces_of(photo):
        if not face.name or face.name == "_UNKNOWN_":
            continue
        person = face.person_info
        entry = {"name": face.name, "uuid": person.uuid, "face": face.uuid}
        entry["manual"] = face.manual == 1
        area = None
        with contextlib.suppress(TypeError, ZeroDivisionError):  # the picture has no size
            area = face.mwg_rs_area if face.size else None
        if area is not None:
            entry["box"] = {axis: round(getattr(area, axis), 6) for axis in ("x", "y", "w", "h")}
        persons.append(entry)
    persons.sort(key=lambda entry: (entry["name"], entry["face"] or ""))
    return persons


def _location(photo: Any, facts: dict[str, Any]) -> dict[str, Any] | None:
    latitude, longitude = photo.location
    if latitude is None or longitude is None:
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    accuracy = facts.get("gps_accuracy")
    return {
        "latitude": latitude,
        "longitude": longitude,
        "accuracy": accuracy if accuracy and accuracy > 0 else None,
    }


def _place(photo: Any) -> dict[str, Any] | Whole | None:
    known = facts_of(photo)
    archive = known["reverse_geolocation"]
    if not known.get("placeNames"):
        return _place_of(archive) if archive else None
    place = photo.place  # until Photos 4
    if place is None:
        return None
    address = place.address._asdict()
    for part in ("country", "state_province", "city"):
        address[part] = next(iter(getattr(place.names, part)), None)
    return _described(place, address)


@lru_cache(maxsize=1024)
def _place_of(archive: bytes) -> Whole | None:
    """Return what Photos calls a place; photos of one place share the archive's bytes."""
    place = place_of(archive)
    return Whole(pruned(_described(place, place.address._asdict()))) if place else None


def _described(place: Any, address: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": place.name,
        "address": place.address_str,
        "home": bool(place.ishome),
        "country_code": place.country_code,
        **{key: address[key] for key in _ADDRESS},
        "areas": _once(place.names.area_of_interest),
        "water": _once(place.names.body_of_water),
        "levels": {key: _once(getattr(place.names, name)) for key, name in _LEVELS.items()},
    }


def _once(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))


_ADDRESS = (
    *("country", "state_province", "sub_administrative_area", "city", "sub_locality"),
    *("street", "postal_code"),
)
_LEVELS = {
    "country": "country",
    "state_province": "state_province",
    "sub_administrative_area": "sub_administrative_area",
    "city": "city",
    "sub_locality": "additional_city_info",
    "region": "region",
    "thoroughfare": "street_address",
    "sub_thoroughfare": "sub_throughfare",
    "postal_code": "postal_code",
    "inland_water": "inland_water",
    "ocean": "ocean",
}
"""The levels of a placemark, and osxphotos' names of them; each may have several names."""


def _import(seen: Seen, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "session": seen.row.import_uuid,
        "date": utc(seen.row.import_date or facts.get("import_date")),
        "title": seen.row.import_title or facts.get("import_title"),
        "by": facts.get("imported_by"),
        "by_bundle": facts.get("imported_by_bundle"),
    }


def _burst(photo: Any, facts: dict[str, Any]) -> dict[str, Any] | None:
    if not photo.burst:
        return None
    return {
        "uuid": facts.get("burst"),
        "selected": photo.burst_selected,
        "key": photo.burst_key,
        "default_pick": photo.burst_default_pick,
    }


def _camera(photo: Any, facts: dict[str, Any]) -> dict[str, Any]:
    exif = photo.exif_info  # None until Photos 4
    said = _CAMERA if exif else {}
    camera = {name: getattr(exif, attribute) for name, attribute in said.items()}
    return camera | {name: facts.get(name) for name in _CAMERA_FACTS}


def _search(info: Any) -> dict[str, Any] | None:
    """Return what Photos' search index knows beside labels, and what no other field says."""
    if info is None:
        return None
    found = {name: getattr(info, name) for name in _SEARCH}
    return {name: sorted(set(words)) for name, words in found.items() if words}


def _referenced(seen: Seen) -> dict[str, Any] | None:
    """Return where the person keeps a referenced original, as Photos wrote it down."""
    if not seen.row.is_referenced:
        return None
    volume = next((r.volume for r in seen.resources if r.volume), None)
    return {"volume": volume, "path": f"{seen.row.directory}/{seen.row.filename}"}


def _resources(seen: Seen, facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the resources Photos lists beside the original: renders, paired video, RAW."""
    listed = []
    for resource in seen.resources:
        role = role_of(resource)
        if role and role != "original":
            known = facts.get("adjusted_fingerprint") if role == "edited" else None
            digest = resource.fingerprint if resource.fingerprint != known else None
            listed.append({"role": role, "bytes": resource.length, "fingerprint": digest})
    return sorted(listed, key=lambda one: (str(one["role"]), str(one["fingerprint"])))
