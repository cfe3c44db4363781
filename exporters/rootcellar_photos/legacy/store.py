"""The database of Photos 2 to 4 (`database/photos.db`), made plain: the one way to read it here.

It has columns with Apple's own collations and tables of modules that no other SQLite knows, and
its columns changed from version to version. So what is needed of it is copied once a run into
tables without either, in which every column is there (NULL where this version has none). Tables
and columns are those that osxphotos' `_process_database4` reads, and a few more; a contract test
reads a made-up library through both.
"""

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from msgspec import Struct, field

from rootcellar.api import StoreUnreadable, Trouble, opened
from rootcellar_photos.folders import Folders
from rootcellar_photos.naming import text_of
from rootcellar_photos.settings import PhotosSettings

LAST_VERSION = 4025
"""LiGlobals.libraryVersion of the last Photos 4 (10.14.6); later ones keep no pictures here."""

TABLES = {
    "RKVersion": (
        "modelId uuid masterUuid fileName lastModifiedDate imageDate mainRating hasAdjustments"
        " hasKeywords imageTimeZoneOffsetSeconds imageTimeZoneName extendedDescription name"
        " isFavorite isHidden latitude longitude adjustmentUuid type burstUuid burstPickType"
        " specialType selfPortrait momentUuid rawMasterUuid nonRawMasterUuid isInTrash"
        " processedHeight processedWidth orientation subType inTrashDate showInLibrary"
        " cloudIdentifier"
    ),
    "RKMaster": (
        "modelId uuid volumeId imagePath isMissing originalFileName UTI alternateMasterUuid height"
        " width orientation fileSize originalFileSize fileIsReference importGroupUuid fingerprint"
        " isTrulyRaw fileName cloudLibraryState cloudIdentifier duration isInTrash"
    ),
    "RKModelResource": (
        "modelId attachedModelId attachedModelType resourceTag resourceType UTI isOnDisk fileSize"
        " fingerprint"
    ),
    "RKAdjustmentData": "modelId uuid originator format data",
    "RKCloudResource": "modelId available status fingerprint",
    "RKAlbum": (
        "modelId uuid name cloudLibraryState cloudIdentifier isInTrash folderUuid albumType"
        " albumSubclass createDate"
    ),
    "RKAlbumVersion": "modelId albumId versionId",
    "RKCustomSortOrder": "modelId containerUuid objectUuid orderNumber",
    "RKFolder": "modelId uuid name isMagic isInTrash folderType parentFolderUuid folderPath",
    "RKKeyword": "modelId name",
    "RKKeywordForVersion": "modelId keywordId versionId",
    "RKPerson": "modelId uuid name faceCount displayName representativeFaceId",
    "RKFace": (
        "modelId uuid personId imageModelId isInTrash sourceWidth sourceHeight centerX centerY"
        " size leftEyeX leftEyeY rightEyeX rightEyeY mouthX mouthY hidden manual hasSmile"
        " isLeftEyeClosed isRightEyeClosed poseRoll poseYaw posePitch faceType qualityMeasure"
    ),
    "RKPlace": "modelId defaultName type area countryCode",
    "RKPlaceForVersion": "modelId placeId versionId",
    "RKImportGroup": "modelId uuid name importDate",
    "RKVolume": "modelId name",
}
_INDICES = (
    *("RKVersion (uuid)", "RKMaster (uuid)", "RKMaster (alternateMasterUuid)"),
    *("RKModelResource (attachedModelId)", "RKAdjustmentData (uuid)"),
    *("RKCloudResource (fingerprint)", "RKCustomSortOrder (containerUuid)"),
    *("RKCustomSortOrder (objectUuid)", "RKAlbum (uuid)", "RKAlbumVersion (albumId)"),
    *("RKKeywordForVersion (versionId)", "RKFace (imageModelId)", "RKFace (personId)"),
    *("RKPlaceForVersion (versionId)", "RKImportGroup (uuid)"),
)


class LegacyLibrary(Struct, frozen=True):
    """A library of Photos 2 to 4 that can be read. `database` is the plain copy."""

    path: Path
    database: Path
    folders: Folders
    identity: str
    version: int
    troubles: tuple[Trouble, ...] = ()
    """What of it could not be read, while the rest can."""
    settings: PhotosSettings = field(default_factory=PhotosSettings)

    @property
    def root(self) -> str:
        """Return the path as text (all its files are asked for by text)."""
        return str(self.path)


def open_legacy(path: Path, copy: Path, home: Path) -> LegacyLibrary | None:
    """Open a library of Photos 2 to 4; None when its photos.db is none of theirs.

    `home` is the home it was found in, `copy` the private copy of its database, beside which the
    plain one is made.

    Later versions keep a photos.db beside their Photos.sqlite, with nothing in it but a version.
    """
    try:
        with opened(copy) as connection:
            tables = _tables(connection)
            version = _version(connection, tables)
            if not {"RKVersion", "RKMaster"} <= tables.keys() or version > LAST_VERSION:
                return None
            identity = _identity(connection, tables)
        plain = copy.with_name("plain.db")
        if not plain.exists():
            copy_plain(copy, tables, plain)
    except sqlite3.DatabaseError as error:
        raise StoreUnreadable(
            f"The database of {path.name} cannot be read ({error}).",
            hint="Open the library in Photos, which repairs it, and export again. "
            "What is in the archive already is safe.",
        ) from error
    return LegacyLibrary(path, plain, Folders(path, home), identity or text_of(path.name), version)


def copy_plain(source: Path, tables: dict[str, str], target: Path) -> None:
    """Copy what is needed of a database into plain tables; what it lacks is empty."""
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("ATTACH ? AS source", (str(source),))
        connection.execute("BEGIN")
        for table, names in TABLES.items():
            create_plain(connection, table)
            if table in tables:
                there = _columns(connection, tables[table])
                columns = ", ".join(
                    f'"{there[name.lower()]}"' if name.lower() in there else "NULL"
                    for name in names.split()
                )
                connection.execute(
                    f'INSERT INTO main.{table} SELECT {columns} FROM source."{tables[table]}"'
                )
        for index in _INDICES:
            connection.execute(f"CREATE INDEX {_index_name(index)} ON {index}")
        connection.execute("COMMIT")


def _index_name(index: str) -> str:
    return "by_" + "_".join(index.replace("(", "").replace(")", "").split())


def create_plain(connection: sqlite3.Connection, table: str) -> None:
    """Create one plain table. Numbers of rows are numbers, whatever a column was declared as."""
    names = TABLES[table].split()
    columns = ", ".join(f"{name} INTEGER" if name.endswith("Id") else name for name in names)
    connection.execute(f"CREATE TABLE main.{table} ({columns})")
    connection.execute(f"CREATE INDEX main.{table}_modelId ON {table} (modelId)")


def _tables(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the tables that are needed, under our spelling and theirs."""
    wanted = {name.lower(): name for name in (*TABLES, "LiGlobals", "RKAdminData")}
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {wanted[name.lower()]: name for (name,) in names if name.lower() in wanted}


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    rows = connection.execute(f'PRAGMA source.table_info("{table}")')
    return {row[1].lower(): row[1] for row in rows}


def _version(connection: sqlite3.Connection, tables: Collection[str]) -> int:
    """Return the version of the library (2622, 3301, 4025); that of Photos 4 when it is untold."""
    if "LiGlobals" in tables:
        for key, value in connection.execute("SELECT keyPath, value FROM LiGlobals"):
            if key == "libraryVersion":
                try:
                    return int(value)
                except (TypeError, ValueError):
                    break
    return LAST_VERSION


def _identity(connection: sqlite3.Connection, tables: Collection[str]) -> str:
    """Return the library's own UUID, where it has written one down."""
    for table, name in (("LiGlobals", "keyPath"), ("RKAdminData", "propertyName")):
        if table in tables:
            try:
                found = dict(connection.execute(f"SELECT {name}, value FROM {table}").fetchall())
            except sqlite3.OperationalError:
                continue
            for key in ("databaseUuid", "libraryUuid", "uuid"):
                if isinstance(found.get(key), str) and found[key]:
                    return str(found[key])
    return ""
