"""Turn what hangs on one asset into rows: resources, iCloud's record, faces, comments.

Pure: it adds to a `Rows` and touches nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

from rootcellar.sample.photos_facts import (
    UTI,
    Numbers,
    added,
    apple_time,
    person_id,
    size_of,
)
from rootcellar.sample.photos_files import LibraryFile, Role
from rootcellar.sample.photos_items import Kind, Photo
from rootcellar.sample.rows import Rows, Value

# ZCOMPACTUTI by suffix, ZUTICONFORMANCEHINT: 1 picture, 2 RAW, 3 film.
_COMPACT_UTI = {"jpeg": ("1", 1), "JPG": ("1", 1), "png": ("6", 1), "mov": ("23", 3)}
_COMPACT_UTI["dng"] = ("9", 2)
# Store subtype, resource type, version and recipe of a resource.
_RESOURCES = {
    Role.ORIGINAL: (1, 0, 0, 0),
    Role.LIVE: (18, 3, 0, 0),
    Role.RAW: (17, 4, 0, 0),
    Role.EDITED: (2, 0, 2, 65938),
    Role.EDITED_LIVE: (19, 3, 2, 131272),
    Role.PREVIEW: (0, 0, 3, 65747),
}
_SHARED_RESOURCE = (3, 0, 0, 65741)


def add_resources(rows: Rows, photo: Photo, files: Sequence[LibraryFile], asset: int) -> None:
    """Add a row for each file of the asset that Photos keeps a row for, on disk or not."""
    for file in files:
        if file.role in _RESOURCES:
            rows.add("InternalResource", ASSET=asset, **_resource(photo, file))


def add_cloud_master(rows: Rows, photo: Photo, original: LibraryFile) -> int:
    """Add iCloud's record of the asset, which it knows by the original's hash."""
    return rows.add(
        "CloudMaster",
        CLOUDLOCALSTATE=3,
        CLOUDMASTERGUID=original.fingerprint,
        CREATIONDATE=None if photo.taken is None else apple_time(photo.taken),
        IMPORTDATE=apple_time(added(photo)),
        ORIGINALFILENAME=photo.original_filename,
        UNIFORMTYPEIDENTIFIER=UTI[photo.kind],
    )


def add_faces(rows: Rows, photo: Photo, uuid: str, asset: int, numbers: Numbers) -> None:
    """Add the faces that Photos found in the asset."""
    width, height = size_of(photo)
    for number, face in enumerate(photo.faces):
        rows.add(
            "DetectedFace",
            UUID=f"F{number:07X}{uuid[8:]}",
            ASSETFORFACE=asset,
            PERSONFORFACE=numbers.persons[face.person or f"{uuid}/{number}"],
            CENTERX=face.x,
            CENTERY=face.y,
            SIZE=face.size,
            QUALITY=0.5,
            QUALITYMEASURE=100,
            BLURSCORE=0.5,
            ROLL=0.0,
            POSEYAW=0.0,
            SOURCEWIDTH=width,
            SOURCEHEIGHT=height,
            ASSETVISIBLE=1,
            DETECTIONTYPE=1,
            MASTERIDENTIFIER=None,
        )


def add_comments(rows: Rows, photo: Photo, asset: int) -> None:
    """Add the comments and likes on an asset of a shared album."""
    for comment in photo.comments:
        like = comment.text is None
        rows.add(
            "CloudSharedComment",
            ISLIKE=int(like),
            LIKEDASSET=asset if like else None,
            COMMENTEDASSET=None if like else asset,
            COMMENTDATE=apple_time(comment.made),
            COMMENTCLIENTDATE=apple_time(comment.made),
            COMMENTTEXT=comment.text,
            COMMENTERHASHEDPERSONID=person_id(comment.author),
        )


def _resource(photo: Photo, file: LibraryFile) -> dict[str, Value]:
    shared = photo.shared_album is not None
    subtype, kind, version, recipe = _SHARED_RESOURCE if shared else _RESOURCES[file.role]
    uti, hint = _COMPACT_UTI[file.path.rpartition(".")[2]]
    film = photo.kind is Kind.VIDEO and file.role in (Role.ORIGINAL, Role.EDITED)
    width, height = size_of(photo)
    return {
        "DATASTORECLASSID": 2 if shared else 0,
        "DATASTORESUBTYPE": subtype,
        "RESOURCETYPE": 1 if film else kind,
        "VERSION": version,
        "RECIPEID": recipe,
        "DATALENGTH": len(file.data),
        "FILEID": -1,
        "LOCALAVAILABILITY": 1 if file.on_disk else -1,
        "REMOTEAVAILABILITY": int(photo.in_icloud and file.role is not Role.PREVIEW),
        "UNORIENTEDWIDTH": width,
        "UNORIENTEDHEIGHT": height,
        "COMPACTUTI": uti,
        "UTICONFORMANCEHINT": hint,
        "CODECFOURCHARCODENAME": "jpeg" if hint == 3 else None,
        "FINGERPRINT": None if shared or file.role is Role.PREVIEW else file.fingerprint,
    }
