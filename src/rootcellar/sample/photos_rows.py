"""Turn one asset of a made-up library into its rows.

Pure: it adds to a `Rows` and touches nothing else. What assets share (albums, persons, moments,
keywords) is numbered before, in `photos_shared_rows`, and comes in as `Numbers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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
    columns = dict(_asset(photo, uuid, numbers))
    columns |= {
        "ADDITIONALATTRIBUTES": attributes,
        "COMPUTEDATTRIBUTES": rows.next_key("ComputedAssetAttributes"),
        "EXTENDEDATTRIBUTES": rows.next_key("ExtendedAttributes"),
    }
    if photo.in_icloud and photo.shared_album is None:
        columns |= {"MASTER": add_cloud_master(rows, photo, files[0]), "CLOUDASSETGUID": uuid}
        columns["CLOUDLOCALSTATE"] = 1
    rows.add("Asset", **columns)
    rows.add("AdditionalAssetAttributes", **dict(_attributes(rows, photo, files, asset)))
    rows.add("ExtendedAttributes", **dict(_exif(photo, asset)))
    rows.add("ComputedAssetAttributes", ASSET=asset, **_scores(photo))
    add_resources(rows, photo, files, asset)
    for keyword in photo.keywords:
        rows.join_keyword(attributes, numbers.keywords[keyword])
    add_faces(rows, photo, uuid, asset, numbers)
    add_comments(rows, photo, asset)
    return asset


def _asset(photo: Photo, uuid: str, numbers: Numbers) -> Iterator[tuple[str, Value]]:
    width, height = size_of(photo)
    changed = [m for m in (photo.edited, photo.trashed, added(photo)) if m is not None]
    place = photo.place
    yield from {
        "UUID": uuid,
        "DIRECTORY": directory(photo, uuid),
        "FILENAME": filename(photo, uuid),
        "UNIFORMTYPEIDENTIFIER": UTI[photo.kind],
        "KIND": 1 if photo.kind is Kind.VIDEO else 0,
        "KINDSUBTYPE": 2 if photo.live else 10 if photo.kind is Kind.SCREENSHOT else 0,
        "ISDETECTEDSCREENSHOT": int(photo.kind is Kind.SCREENSHOT),
        "PLAYBACKSTYLE": 3 if photo.live else 4 if photo.kind is Kind.VIDEO else 1,
        "DURATION": 2.0 if photo.kind is Kind.VIDEO else 0.0,
        "WIDTH": width,
        "HEIGHT": height,
        "ORIENTATION": 1,
        "COMPLETE": 1,
        "SAVEDASSETTYPE": 4 if photo.shared_album else 6 if photo.missing else 3,
        "DATECREATED": None if photo.taken is None else apple_time(photo.taken),
        "SORTTOKEN": None if photo.taken is None else apple_time(photo.taken),
        "ADDEDDATE": apple_time(added(photo)),
        "MODIFICATIONDATE": apple_time(max(changed)),
        "ADJUSTMENTTIMESTAMP": None if photo.edited is None else apple_time(photo.edited),
        "ADJUSTMENTSSTATE": 0 if photo.edited is None else 2,
        "FAVORITE": int(photo.favorite),
        "HIDDEN": int(photo.hidden),
        "TRASHEDSTATE": int(photo.trashed is not None),
        "TRASHEDDATE": None if photo.trashed is None else apple_time(photo.trashed),
        "LATITUDE": _NOWHERE if place is None else place.latitude,
        "LONGITUDE": _NOWHERE if place is None else place.longitude,
        "ORIGINALCOLORSPACE": "sRGB IEC61966-2.1",
        "OVERALLAESTHETICSCORE": 0.5,
        "CURATIONSCORE": 0.5,
        "PROMOTIONSCORE": 0.0,
        "HIGHLIGHTVISIBILITYSCORE": 0.0,
        "ICONICSCORE": 0.0,
        "MOMENT": numbers.moments.get(uuid),
    }.items()
    if photo.burst is not None:
        yield "AVALANCHEUUID", photo.burst.name
        yield "AVALANCHEKIND", 1
        yield "AVALANCHEPICKTYPE", _BURST_PICKED if photo.burst.picked else _BURST_NOT_PICKED
        yield "VISIBILITYSTATE", 0 if photo.burst.picked else 2
    if photo.shared_album is None:
        yield "IMPORTSESSION", numbers.import_session
    else:
        yield "CLOUDBATCHPUBLISHDATE", apple_time(added(photo))
        yield "CLOUDCOLLECTIONGUID", photo.shared_album
        yield "CLOUDOWNERHASHEDPERSONID", person_id(numbers.shared_albums[photo.shared_album][1])
        yield "CLOUDASSETGUID", uuid


def _attributes(
    rows: Rows, photo: Photo, files: Sequence[LibraryFile], asset: int
) -> Iterator[tuple[str, Value]]:
    original = files[0]
    width, height = size_of(photo)
    edited = next((f.fingerprint for f in files if f.role is Role.EDITED), None)
    owner = rows.next_key("AdditionalAssetAttributes")
    yield from {
        "ASSET": asset,
        "ORIGINALFILENAME": photo.original_filename,
        "ORIGINALFILESIZE": len(original.data),
        "ORIGINALWIDTH": width,
        "ORIGINALHEIGHT": height,
        "ORIGINALORIENTATION": 1,
        "ORIGINALSTABLEHASH": None if photo.shared_album else original.fingerprint,
        "ADJUSTEDSTABLEHASH": edited,
        "TITLE": photo.title,
        "TIMEZONEOFFSET": zone_offset(photo),
        "INFERREDTIMEZONEOFFSET": zone_offset(photo),
        "TIMEZONENAME": photo.zone if photo.taken is not None else None,
        "EDITORBUNDLEID": None if photo.edited is None else "com.apple.Photos",
        "IMPORTEDBY": 1,
        "IMPORTEDBYDISPLAYNAME": "Photos",
        "IMPORTEDBYBUNDLEIDENTIFIER": "com.apple.Photos",
    }.items()
    if photo.place is not None and photo.place.country:
        yield "REVERSELOCATIONDATA", reverse_location(photo.place)
        yield "REVERSELOCATIONDATAISVALID", 1
    if photo.caption is not None:
        description = rows.add(
            "AssetDescription", ASSETATTRIBUTES=owner, LONGDESCRIPTION=photo.caption
        )
        yield "ASSETDESCRIPTION", description
    if photo.edited is not None:
        adjustment = rows.add(
            "UnmanagedAdjustment",
            ASSETATTRIBUTES=owner,
            ADJUSTMENTTIMESTAMP=apple_time(photo.edited),
            ADJUSTMENTFORMATIDENTIFIER="com.apple.photo",
            ADJUSTMENTFORMATVERSION="1.5",
            EDITORLOCALIZEDNAME="Photos",
        )
        yield "UNMANAGEDADJUSTMENT", adjustment


def _exif(photo: Photo, asset: int) -> Iterator[tuple[str, Value]]:
    yield "ASSET", asset
    yield "ORIENTATION", 1
    if photo.taken is not None:
        yield "DATECREATED", apple_time(photo.taken)
        yield "TIMEZONEOFFSET", zone_offset(photo)
        yield "TIMEZONENAME", photo.zone
    if photo.place is not None:
        yield "LATITUDE", photo.place.latitude
        yield "LONGITUDE", photo.place.longitude
    if photo.kind is Kind.VIDEO:
        yield from _FILM.items()
    if photo.camera is not None and photo.kind is not Kind.SCREENSHOT:
        yield "CAMERAMAKE", photo.camera[0]
        yield "CAMERAMODEL", photo.camera[1]
    if photo.camera is not None and photo.kind is Kind.PHOTO:
        yield from _EXPOSURE.items()


def _scores(photo: Photo) -> dict[str, Value]:
    return {
        "FAILURESCORE": -0.002,
        "WELLFRAMEDSUBJECTSCORE": 0.25 + 0.05 * photo.variant,
        "PLEASANTLIGHTINGSCORE": 0.125,
        "LIVELYCOLORSCORE": 0.0625,
    }
