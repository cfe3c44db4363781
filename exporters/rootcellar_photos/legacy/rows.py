"""What the survey reads of each picture of Photos 2 to 4, and what stands beside it.

A picture (RKVersion) has one file as it was imported (RKMaster), or two of a RAW + JPEG pair, and
further ones (RKModelResource) that hang on the picture (edits) or on the master (the video of a
Live Photo). Facts: osxphotos' `_process_database4` and the path methods of PhotoInfo.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

BATCH = 2000
MOVIE = 8
"""RKVersion.type and RKModelResource.resourceType of a video; 2 and 4 are those of pictures."""
SLOW_MOTION = 2
LIVE = (5, 8)
RAW_PAIR = 7
"""RKVersion.specialType: slow motion, (HDR) Live Photo, RAW + JPEG."""


class Version(NamedTuple):
    """One picture: the columns that decide its place and its files, and all that is exported."""

    pk: int
    uuid: str
    master: str | None
    name: str | None
    filename: str | None
    modified: float | None
    created: float | None
    offset: int | None
    zone: str | None
    caption: str | None
    favourite: int | None
    hidden: int | None
    type: int | None
    special: int | None
    adjustments: int | None
    adjustment: str | None
    raw_master: str | None
    jpeg_master: str | None
    in_trash: int | None
    trashed: float | None
    burst: str | None
    rest: str

    @property
    def is_movie(self) -> bool:
        """Return whether it is a video."""
        return self.type == MOVIE


class Master(NamedTuple):
    """One imported file; `volume` is the name of the disk of one kept outside the library."""

    pk: int
    uuid: str
    path: str | None
    original_filename: str | None
    missing: int | None
    reference: int | None
    volume_id: int | None
    volume: str | None
    uti: str | None
    raw: int | None
    alternate: str | None
    size: int | None
    fingerprint: str | None
    import_group: str | None
    cloud_state: int | None
    available: int | None
    rest: str


class Resource(NamedTuple):
    """One further file that the database lists."""

    pk: int
    owner: int
    owner_type: int | None
    tag: str | None
    type: int | None
    uti: str | None
    size: int | None
    fingerprint: str | None


def versions(connection: sqlite3.Connection, *, some: bool) -> Iterator[list[Version]]:
    """Yield the pictures in the order of modelId, some thousand at a time.

    `some`: those of the temporary table `wanted`. `rest` is the plain text of what else a record
    holds, for the fingerprint.
    """
    where = " WHERE v.modelId IN (SELECT pk FROM wanted)" if some else ""
    rest = ", ".join(
        f"quote(v.{name})"
        for name in (
            *("mainRating", "latitude", "longitude", "burstPickType", "selfPortrait", "subType"),
            *("processedHeight", "processedWidth", "orientation", "showInLibrary"),
        )
    )
    cursor = connection.execute(
        "SELECT v.modelId, v.uuid, v.masterUuid, v.name, v.fileName, v.lastModifiedDate,"
        " v.imageDate, v.imageTimeZoneOffsetSeconds, v.imageTimeZoneName, v.extendedDescription,"
        " v.isFavorite, v.isHidden, v.type, v.specialType, v.hasAdjustments, v.adjustmentUuid,"
        " v.rawMasterUuid, v.nonRawMasterUuid, v.isInTrash, v.inTrashDate, v.burstUuid,"
        f" {' || char(31) || '.join(rest.split(', '))} FROM RKVersion v{where}"
        " ORDER BY v.modelId, v.rowid"
    )
    cursor.row_factory = None
    rows = map(Version._make, cursor)
    while batch := list(islice(rows, BATCH)):
        yield batch


def masters(connection: sqlite3.Connection, batch: list[Version]) -> dict[int, list[Master]]:
    """Return by picture (its row number) its imported files: its own first, then its pair's."""
    _fill(connection, "batch_pk", [version.pk for version in batch])
    cursor = connection.execute(
        "SELECT DISTINCT v.modelId, m.modelId, m.uuid, m.imagePath,"
        " coalesce(m.originalFileName, m.fileName), m.isMissing, m.fileIsReference, m.volumeId,"
        " d.name, m.UTI, m.isTrulyRaw, m.alternateMasterUuid,"
        " coalesce(m.originalFileSize, m.fileSize), m.fingerprint, m.importGroupUuid,"
        " m.cloudLibraryState, (SELECT max(c.available) FROM RKCloudResource c"
        " WHERE c.fingerprint = m.fingerprint),"
        " quote(m.height) || quote(m.width) || quote(m.orientation) || quote(m.duration)"
        " || quote(g.name) || quote(g.importDate) || quote(m.cloudIdentifier)"
        " FROM RKVersion v JOIN RKMaster o ON o.uuid = v.masterUuid"
        " JOIN RKMaster m ON m.uuid IN (o.uuid, v.rawMasterUuid, v.nonRawMasterUuid,"
        " o.alternateMasterUuid)"
        " LEFT JOIN RKVolume d ON d.modelId = m.volumeId"
        " LEFT JOIN RKImportGroup g ON g.uuid = m.importGroupUuid"
        " WHERE v.modelId IN (SELECT pk FROM batch_pk) ORDER BY m.uuid <> o.uuid, m.modelId"
    )
    cursor.row_factory = None
    found: dict[int, list[Master]] = defaultdict(list)
    for number, *row in cursor:
        found[number].append(Master._make(row))
    return found


def resources(connection: sqlite3.Connection, owners: list[int]) -> dict[int, list[Resource]]:
    """Return the further files of these pictures and masters, by the owner's row number.

    A picture and a master may have the same number; `owner_type` tells them apart (2: picture).
    """
    _fill(connection, "batch_owner", owners)
    cursor = connection.execute(
        "SELECT modelId, attachedModelId, attachedModelType, resourceTag, resourceType, UTI,"
        " fileSize, fingerprint FROM RKModelResource"
        " WHERE attachedModelId IN (SELECT pk FROM batch_owner) ORDER BY modelId"
    )
    cursor.row_factory = None
    found: dict[int, list[Resource]] = defaultdict(list)
    for row in cursor:
        resource = Resource._make(row)
        found[resource.owner].append(resource)
    return found


_AROUND = {
    "albums": (
        "SELECT v.modelId, g.uuid FROM RKVersion v"
        " JOIN RKCustomSortOrder o ON o.objectUuid = v.uuid"
        " JOIN RKAlbum g ON g.uuid = o.containerUuid"
        " WHERE v.modelId IN (SELECT pk FROM batch_pk)"
        " AND ifnull(g.isInTrash, 0) = 0 AND g.albumSubclass = 3 AND g.albumType IN (1, 8, 9)"
        " AND ifnull(g.folderUuid, '') <> 'LibraryFolder'"
    ),
    "keywords": (
        "SELECT j.versionId, k.name FROM RKKeywordForVersion j"
        " JOIN RKKeyword k ON k.modelId = j.keywordId"
        " WHERE j.versionId IN (SELECT pk FROM batch_pk)"
    ),
    "faces": (
        "SELECT f.imageModelId, f.uuid, f.centerX, f.centerY, f.size, p.uuid, p.name"
        " FROM RKFace f JOIN RKPerson p ON p.modelId = f.personId"
        " WHERE f.imageModelId IN (SELECT pk FROM batch_pk) AND p.name <> ''"
    ),
    "places": (
        "SELECT j.versionId, p.defaultName, p.type, p.area, p.countryCode"
        " FROM RKPlaceForVersion j JOIN RKPlace p ON p.modelId = j.placeId"
        " WHERE j.versionId IN (SELECT pk FROM batch_pk)"
    ),
    "adjustments": (
        "SELECT v.modelId, a.uuid, a.format, a.originator, length(a.data),"
        " substr(a.data, 1, 6) FROM RKVersion v"
        " JOIN RKAdjustmentData a ON a.uuid = v.adjustmentUuid"
        " WHERE v.modelId IN (SELECT pk FROM batch_pk)"
    ),
}


def around(
    connection: sqlite3.Connection, batch: list[Version]
) -> dict[int, dict[str, list[tuple[Any, ...]]]]:
    """Return what hangs on each picture, by its row number and by name, in a fixed order."""
    _fill(connection, "batch_pk", [version.pk for version in batch])
    found: dict[int, dict[str, list[tuple[Any, ...]]]] = defaultdict(dict)
    for name, query in _AROUND.items():
        cursor = connection.execute(query)
        cursor.row_factory = None
        for row in cursor:
            found[row[0]].setdefault(name, []).append(row)
    for beside in found.values():
        for rows in beside.values():
            rows.sort(key=repr)
    return found


def _fill(connection: sqlite3.Connection, table: str, numbers: list[int]) -> None:
    connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} (pk INTEGER PRIMARY KEY)")
    connection.execute(f"DELETE FROM {table}")
    connection.executemany(
        f"INSERT OR IGNORE INTO {table} VALUES (?)", ((number,) for number in numbers)
    )
