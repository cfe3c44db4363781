"""The record of an asset: all that Photos knows of it, as plain JSON with a fixed order of keys.

What is empty, false or usual is left out. What churns without meaning is left out too (view
counts, analysis state, scores, availability in iCloud, paths of this machine): a record changes
only when the asset does. docs/reference/photos-records.md lists every field.
"""

from datetime import UTC, datetime, timedelta, timezone
from math import isfinite
from typing import Any

from rootcellar.api import Record
from rootcellar_photos.absences import role_of
from rootcellar_photos.assets import adjustments_of, faces_of, facts_of, place_of
from rootcellar_photos.naming import moment, original_name, text_of
from rootcellar_photos.scan import Seen

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
        "favourite": bool(row.favourite),
        "hidden": bool(row.hidden),
        "trashed": _utc(facts.get("trashed")) or row.trash_state == 1,
        "date": iso(seen.date),
        "timezone": row.zone,
        "date_original": _original_date(photo, seen.date),
        "date_added": _utc(facts.get("added")),
        "date_modified": _utc(row.modified),
        "persons": _persons(photo),
        "location": _location(photo, facts),
        "place": _place(photo),
        "albums": seen.albums,
        "import": _import(row.import_uuid, facts),
        "burst": _burst(photo, facts),
        "size": {"width": photo.width, "height": photo.height, "orientation": photo.orientation},
        "original": {
            **_original_size(photo),
            "bytes": photo.original_filesize,
            "uti": photo.uti_original,
            "fingerprint": facts.get("fingerprint"),
        },
        "duration": facts.get("duration") or None,
        "camera": _camera(photo),
        "edit": _edit(photo, seen, facts),
        "scopes": _scopes(photo, seen),
        "shared": _shared(photo, facts),
        "cloud": {"asset": facts.get("cloud_asset"), "master": facts.get("master")},
        "referenced": _referenced(seen),
        "resources": _resources(seen, facts),
    }
    pruned: dict[str, Any] = _pruned(full)
    return pruned


def _original_size(photo: Any) -> dict[str, int]:
    """Return the size of the original where it is not the size of the picture as it is now."""
    now = (photo.width, photo.height, photo.orientation)
    then = (photo.original_width, photo.original_height, photo.original_orientation)
    return {} if now == then else dict(zip(("width", "height", "orientation"), then, strict=True))


def iso(date: datetime | None) -> str | None:
    """Return a date in ISO 8601 with its own offset, in whole minutes as the standard wants."""
    if date is None:
        return None
    offset = date.utcoffset() or timedelta()
    if offset.total_seconds() % 60:  # local mean time, before zones were agreed on
        minutes = timedelta(minutes=round(offset.total_seconds() / 60))
        date = date.astimezone(timezone(minutes))
    return date.isoformat()


def _utc(seconds: float | None) -> str | None:
    date = moment(seconds, UTC)
    return date.isoformat().replace("+00:00", "Z") if date else None


def _pruned(value: Any) -> Any:
    """Return plain JSON without what is empty or false, all text valid and composed."""
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, dict):
        found = {}
        for key, item in value.items():
            if item or (item == 0 and item is not False):  # most of a record is not there
                kept = _pruned(item)
                if kept or kept == 0:
                    found[key] = kept
        return found
    if isinstance(value, list | tuple):
        return [_pruned(item) for item in value]
    if isinstance(value, float):
        return round(value, 9) if isfinite(value) else None
    if isinstance(value, int):
        return value
    return None if value is None else text_of(str(value))


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
        if face.size:
            area = face.mwg_rs_area
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


def _place(photo: Any) -> dict[str, Any] | None:
    known = facts_of(photo)
    archive = known["reverse_geolocation"]
    place = place_of(archive) if archive else None
    if known.get("placeNames"):  # until Photos 4
        place = photo.place
    if place is None:
        return None
    address = place.address._asdict()
    if known.get("placeNames"):
        for part in ("country", "state_province", "city"):
            address[part] = next(iter(getattr(place.names, part)), None)
    return {
        "name": place.name,
        "address": place.address_str,
        "home": bool(place.ishome),
        "country_code": place.country_code,
        **{key: address[key] for key in ("country", "state_province", "city", "sub_locality")},
        **{key: address[key] for key in ("street", "postal_code")},
        "areas": place.names.area_of_interest,
        "water": place.names.body_of_water,
    }


def _import(uuid: str | None, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "session": uuid,
        "date": _utc(facts.get("import_date")),
        "title": facts.get("import_title"),
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


def _camera(photo: Any) -> dict[str, Any] | None:
    exif = photo.exif_info  # None until Photos 4
    return exif and {name: getattr(exif, attribute) for name, attribute in _CAMERA.items()}


def _edit(photo: Any, seen: Seen, facts: dict[str, Any]) -> dict[str, Any] | None:
    """Return what is known of an edit; how the sliders stand is in the adjustments file."""
    if not photo.hasadjustments:
        return None
    edit = {
        "state": photo.adjustment_type,
        "date": _utc(seen.row.adjusted),
        "fingerprint": facts.get("adjusted_fingerprint"),
        "external": photo.external_edit,
        "uti": photo.uti,
    }
    adjustments = adjustments_of(photo)
    if adjustments is not None:
        edit["editor"] = adjustments.editor
        edit["format"] = adjustments.format_id
        edit["version"] = adjustments.format_version
        steps = adjustments.adjustments
        steps = steps if isinstance(steps, list) else []
        edit["steps"] = [
            step.get("identifier")
            for step in steps
            if isinstance(step, dict) and step.get("enabled", True)
        ]
    return edit


def _scopes(photo: Any, seen: Seen) -> list[str]:
    scopes = {
        "shared-album": seen.row.is_shared,
        "shared-library": photo.shared_library,
        "shared-moment": photo.shared_moment,
        "syndicated": photo.syndicated and not photo.saved_to_library,
    }
    return [name for name, true in scopes.items() if true]


def _shared(photo: Any, facts: dict[str, Any]) -> dict[str, Any]:
    """Return who shared it, and what was said about it, in the order of time."""
    remarks = [
        {"date": _zulu(one.datetime), "by": one.user, "mine": one.ismine, "text": one.text}
        for one in photo.comments
    ]
    likes = [
        {"date": _zulu(one.datetime), "by": one.user, "mine": one.ismine} for one in photo.likes
    ]
    return {
        "owner": photo.owner,
        "published": _utc(facts.get("published")),
        "moment": facts.get("share"),
        "comments": remarks,
        "likes": likes,
    }


def _zulu(date: datetime) -> str:
    return date.astimezone(UTC).isoformat().replace("+00:00", "Z")


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
