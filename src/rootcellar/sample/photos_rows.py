"""Turn one asset of a made-up library into its rows.

Pure: it adds to a `Rows` and touches nothing else. What assets share (albums, persons, moments,
keywords) is numbered before, in `photos_shared_rows`, and comes in as `Numbers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from rootcellar.sample.photos_detail_rows import (
    add_cloud_master,
    add_comments,
    add_faces,
    add_resources,
)
from rootcellar.sample.photos_facts import (
    UTI,
    Numbers,
    added,
    apple_time,
    person_id,
    size_of,
    zone_offset,
)
from rootcellar.sample.photos_files import LibraryFile, Role, directory, filename
from rootcellar.sample.photos_items import Kind, Photo
from rootcellar.sample.places import reverse_location
from rootcellar.sample.rows import Rows, Value

# ZAVALANCHEPICKTYPE: 16 the key photo + 4 Photos' own choice; 2 in the burst but not chosen.
_BURST_PICKED, _BURST_NOT_PICKED = 20, 2
_NOWHERE = -180.0
_FILM: Mapping[str, Value] = {"CODEC": "jpeg", "DURATION": 2.0, "FPS": 1.0, "BITRATE": 64000.0}
_EXPOSURE: Mapping[str, Value] = {
    "ISO": 100,
    "APERTURE": 2.8,
    "SHUTTERSPEED": 0.004,
    "FOCALLENGTH": 35.0,
    "EXPOSUREBIAS": 0.0,
    "METERINGMODE": 5,
    "WHITEBALANCE": 0,
    "FLASHFIRED": 0,
}


def add_asset(
    rows: Rows, photo: Photo, uuid: str, files: Sequence[LibraryFile], numbers: Numbers
) -> int:
    """Add all rows of one asset and return the asset's Z_PK."""
    asset, attributes = rows.next_key("Asset"), rows.next_key("AdditionalAssetAttributes")
    columns = _identity(photo, uuid) | _dates_and_state(photo) | _belonging(photo, uuid, numbers)
    columns |= {
        "ADDITIONALATTRIBUTES": attributes,
        "COMPUTEDATTRIBUTES": rows.next_key("ComputedAssetAttributes"),
        "EXTENDEDATTRIBUTES": rows.next_key("ExtendedAttributes"),
    }
    if photo.in_icloud and photo.shared_album is None:
        columns["MASTER"] = add_cloud_master(rows, photo, files[0])
        columns |= {"CLOUDASSETGUID": uuid, "CLOUDLOCALSTATE": 1}
    rows.add("Asset", **columns)
    pointers = _caption_and_edit(rows, photo, attributes)
    rows.add("AdditionalAssetAttributes", **_attributes(photo, files, asset), **pointers)
    rows.add("ExtendedAttributes", **_exif(photo, asset))
    rows.add("ComputedAssetAttributes", ASSET=asset, **_scores(photo))
    add_resources(rows, photo, files, asset)
    for keyword in photo.keywords:
        rows.join_keyword(attributes, numbers.keywords[keyword])
    add_faces(rows, photo, uuid, asset, numbers)
    add_comments(rows, photo, asset)
    return asset


def _identity(photo: Photo, uuid: str) -> dict[str, Value]:
    width, height = size_of(photo)
    place = photo.place
    return {
        "Z_OPT": photo.revision,
        "UUID": uuid,
        "DIRECTORY": directory(photo, uuid),
        "FILENAME": filename(photo, uuid),
        "UNIFORMTYPEIDENTIFIER": UTI[photo.kind],
        "KIND": 1 if photo.kind is Kind.VIDEO else 0,
        "KINDSUBTYPE": 2 if photo.live else 10 if photo.kind is Kind.SCREENSHOT else 0,
        "ISDETECTEDSCREENSHOT": int(photo.kind is Kind.SCREENSHOT),
        "PLAYBACKSTYLE": 3 if photo.live else 4 if photo.kind is Kind.VIDEO else 1,
        "SAVEDASSETTYPE": 4 if photo.shared_album else 6 if photo.missing else 3,
        "DURATION": 2.0 if photo.kind is Kind.VIDEO else 0.0,
        "WIDTH": width,
        "HEIGHT": height,
        "ORIENTATION": 1,
        "COMPLETE": 1,
        "LATITUDE": _NOWHERE if place is None else place.latitude,
        "LONGITUDE": _NOWHERE if place is None else place.longitude,
        "ORIGINALCOLORSPACE": "sRGB IEC61966-2.1",
    }


def _dates_and_state(photo: Photo) -> dict[str, Value]:
    changed = [m for m in (photo.edited, photo.trashed, added(photo)) if m is not None]
    taken = _time_or_none(photo.taken)
    return {
        "DATECREATED": taken,
        "SORTTOKEN": taken,
        "ADDEDDATE": apple_time(added(photo)),
        "MODIFICATIONDATE": apple_time(max(changed)),
        "ADJUSTMENTTIMESTAMP": _time_or_none(photo.edited),
        "ADJUSTMENTSSTATE": 0 if photo.edited is None else 2,
        "FAVORITE": int(photo.favorite),
        "HIDDEN": int(photo.hidden),
        "TRASHEDSTATE": int(photo.trashed is not None),
        "TRASHEDDATE": _time_or_none(photo.trashed),
        "OVERALLAESTHETICSCORE": 0.5,
        "CURATIONSCORE": 0.5,
        "PROMOTIONSCORE": 0.0,
        "HIGHLIGHTVISIBILITYSCORE": 0.0,
        "ICONICSCORE": 0.0,
    }


def _belonging(photo: Photo, uuid: str, numbers: Numbers) -> dict[str, Value]:
    """Return the columns that say what the asset is part of: day, import, burst, shared album."""
    columns: dict[str, Value] = {"MOMENT": numbers.moments.get(uuid)}
    if photo.burst is not None:
        columns["AVALANCHEUUID"] = photo.burst.name
        columns["AVALANCHEKIND"] = 1
        columns["AVALANCHEPICKTYPE"] = _BURST_PICKED if photo.burst.picked else _BURST_NOT_PICKED
        columns["VISIBILITYSTATE"] = 0 if photo.burst.picked else 2
    if photo.shared_album is None:
        columns["IMPORTSESSION"] = numbers.import_session
        return columns
    owner = numbers.shared_albums[photo.shared_album][1]
    return columns | {
        "CLOUDBATCHPUBLISHDATE": apple_time(added(photo)),
        "CLOUDCOLLECTIONGUID": photo.shared_album,
        "CLOUDOWNERHASHEDPERSONID": person_id(owner),
        "CLOUDASSETGUID": uuid,
    }


def _attributes(photo: Photo, files: Sequence[LibraryFile], asset: int) -> dict[str, Value]:
    original = files[0]
    width, height = size_of(photo)
    place = photo.place if photo.place is not None and photo.place.country else None
    return {
        "Z_OPT": photo.revision,
        "ASSET": asset,
        "ORIGINALFILENAME": photo.original_filename,
        "ORIGINALFILESIZE": len(original.data),
        "ORIGINALWIDTH": width,
        "ORIGINALHEIGHT": height,
        "ORIGINALORIENTATION": 1,
        "ORIGINALSTABLEHASH": None if photo.shared_album else original.fingerprint,
        "ADJUSTEDSTABLEHASH": next((f.fingerprint for f in files if f.role is Role.EDITED), None),
        "TITLE": photo.title,
        "TIMEZONEOFFSET": zone_offset(photo),
        "INFERREDTIMEZONEOFFSET": zone_offset(photo),
        "TIMEZONENAME": photo.zone if photo.taken is not None else None,
        "EDITORBUNDLEID": None if photo.edited is None else "com.apple.Photos",
        "IMPORTEDBY": 1,
        "IMPORTEDBYDISPLAYNAME": "Photos",
        "IMPORTEDBYBUNDLEIDENTIFIER": "com.apple.Photos",
        "REVERSELOCATIONDATA": None if place is None else reverse_location(place),
        "REVERSELOCATIONDATAISVALID": int(place is not None),
    }


def _caption_and_edit(rows: Rows, photo: Photo, attributes: int) -> dict[str, Value]:
    """Add the rows that the attributes point at, and return the columns that point."""
    columns: dict[str, Value] = {}
    if photo.caption is not None:
        columns["ASSETDESCRIPTION"] = rows.add(
            "AssetDescription",
            Z_OPT=photo.revision,
            ASSETATTRIBUTES=attributes,
            LONGDESCRIPTION=photo.caption,
        )
    if photo.edited is not None:
        columns["UNMANAGEDADJUSTMENT"] = rows.add(
            "UnmanagedAdjustment",
            ASSETATTRIBUTES=attributes,
            ADJUSTMENTTIMESTAMP=apple_time(photo.edited),
            ADJUSTMENTFORMATIDENTIFIER="com.apple.photo",
            ADJUSTMENTFORMATVERSION="1.5",
            EDITORLOCALIZEDNAME="Photos",
        )
    return columns


def _exif(photo: Photo, asset: int) -> dict[str, Value]:
    columns: dict[str, Value] = {"ASSET": asset, "ORIENTATION": 1}
    if photo.taken is not None:
        columns["DATECREATED"] = apple_time(photo.taken)
        columns["TIMEZONEOFFSET"] = zone_offset(photo)
        columns["TIMEZONENAME"] = photo.zone
    if photo.place is not None:
        columns["LATITUDE"] = photo.place.latitude
        columns["LONGITUDE"] = photo.place.longitude
    if photo.kind is Kind.VIDEO:
        columns |= _FILM
    if photo.camera is not None and photo.kind is not Kind.SCREENSHOT:
        columns["CAMERAMAKE"], columns["CAMERAMODEL"] = photo.camera
    if photo.camera is not None and photo.kind is Kind.PHOTO:
        columns |= _EXPOSURE
    return columns


def _scores(photo: Photo) -> dict[str, Value]:
    return {
        "FAILURESCORE": -0.002,
        "WELLFRAMEDSUBJECTSCORE": 0.25 + 0.05 * photo.variant,
        "PLEASANTLIGHTINGSCORE": 0.125,
        "LIVELYCOLORSCORE": 0.0625,
    }


def _time_or_none(moment: datetime | None) -> float | None:
    return None if moment is None else apple_time(moment)
