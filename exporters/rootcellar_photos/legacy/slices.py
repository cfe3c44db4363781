"""A small photos.db that holds only the pictures asked for, and facts beside it.

As with later libraries (`slices.py`), osxphotos then loads in the time and memory of the slice.
Rows that would make it give up on the whole library (a RAW pair of which one half is not listed,
a date no calendar holds) are mended in the slice; albums are left out: nothing asks it for them.
"""

import shutil
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from rootcellar.api import opened
from rootcellar_photos.layouts import DATABASE
from rootcellar_photos.legacy.scan import want_versions
from rootcellar_photos.legacy.store import TABLES, LegacyLibrary, create_plain

_SPOKEN = (2622, 3301, 4025)
"""The library versions osxphotos knows, one for each Photos 2, 3 and 4."""


@contextmanager
def legacy_slice_of(
    library: LegacyLibrary, keys: Collection[str], scratch: Path
) -> Iterator[Path]:
    """Yield the path of a slice with these pictures; it is deleted afterwards."""
    folder = Path(mkdtemp(prefix="slice-", dir=scratch))
    try:
        path = folder / DATABASE
        _cut(library, keys, path)
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_VERSIONS = "SELECT pk FROM wanted"
_MASTERS = (
    "SELECT m.modelId FROM source.RKMaster m JOIN source.RKVersion v ON m.uuid IN"
    f" (v.masterUuid, v.rawMasterUuid, v.nonRawMasterUuid) WHERE v.modelId IN ({_VERSIONS})"
)
_SELECTIONS = {
    "RKVersion": f"x.modelId IN ({_VERSIONS})",
    "RKMaster": f"x.modelId IN ({_MASTERS})",
    "RKModelResource": (
        f"x.attachedModelId IN ({_VERSIONS}) OR x.attachedModelId IN ({_MASTERS})"
    ),
    "RKAdjustmentData": (
        f"x.uuid IN (SELECT adjustmentUuid FROM source.RKVersion WHERE modelId IN ({_VERSIONS}))"
    ),
    "RKCloudResource": (
        f"x.fingerprint IN (SELECT fingerprint FROM source.RKMaster WHERE modelId IN ({_MASTERS}))"
    ),
    "RKKeywordForVersion": f"x.versionId IN ({_VERSIONS})",
    "RKFace": f"x.imageModelId IN ({_VERSIONS})",
    "RKPlaceForVersion": f"x.versionId IN ({_VERSIONS})",
    "RKPlace": (
        "x.modelId IN (SELECT placeId FROM source.RKPlaceForVersion"
        f" WHERE versionId IN ({_VERSIONS}))"
    ),
    "RKKeyword": "x.name NOTNULL",
    "RKPerson": "TRUE",
    "RKImportGroup": "TRUE",
    "RKVolume": "TRUE",
}


def _cut(library: LegacyLibrary, keys: Collection[str], path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("ATTACH ? AS source", (str(library.database),))
        connection.execute("BEGIN")
        want_versions(connection, keys, "source.")
        for table in TABLES:
            create_plain(connection, table)
            if table in _SELECTIONS:
                connection.execute(
                    f"INSERT INTO main.{table} SELECT * FROM source.{table} x"
                    f" WHERE {_SELECTIONS[table]}"
                )
        _mend(connection)
        connection.execute("CREATE TABLE LiGlobals (keyPath, value)")
        nearest = next((one for one in _SPOKEN if library.version <= one), _SPOKEN[-1])
        connection.execute("INSERT INTO LiGlobals VALUES ('libraryVersion', ?)", (str(nearest),))
        connection.execute("COMMIT")


def _mend(connection: sqlite3.Connection) -> None:
    """Change what osxphotos would stumble over, in the slice."""
    connection.execute("UPDATE RKVersion SET uuid = masterUuid WHERE uuid IS NULL")
    connection.execute(
        "UPDATE RKVersion SET hasKeywords = modelId IN (SELECT j.versionId"
        " FROM RKKeywordForVersion j JOIN RKKeyword k ON k.modelId = j.keywordId)"
    )
    connection.execute(
        "UPDATE RKVersion SET specialType = NULL WHERE specialType = 7 AND NOT"
        " (ifnull(rawMasterUuid, '') IN (SELECT uuid FROM RKMaster)"
        " AND ifnull(nonRawMasterUuid, '') IN (SELECT uuid FROM RKMaster))"
    )
    for column in ("lastModifiedDate", "imageDate", "inTrashDate"):
        connection.execute(
            f"UPDATE RKVersion SET {column} = NULL WHERE abs({column}) > 1e11"
            f" OR typeof({column}) NOT IN ('integer', 'real')"
        )
    connection.execute(
        "UPDATE RKImportGroup SET importDate = NULL WHERE abs(importDate) > 1e11"
        " OR typeof(importDate) NOT IN ('integer', 'real')"
    )


def legacy_facts(library: LegacyLibrary, keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return for each of these pictures its facts by name; what is empty is left out."""
    with opened(library.database) as connection:
        connection.execute("BEGIN")
        want_versions(connection, keys)
        cursor = connection.execute(
            "SELECT ifnull(v.uuid, v.masterUuid) AS uuid, v.inTrashDate AS trashed,"
            " g.importDate AS added,"
            " g.importDate AS import_date, g.name AS import_title, m.duration AS duration,"
            " v.burstUuid AS burst, m.fingerprint AS fingerprint,"
            " v.cloudIdentifier AS cloud_asset, m.cloudIdentifier AS master,"
            " a.data AS adjustments"
            " FROM RKVersion v LEFT JOIN RKMaster m ON m.uuid = v.masterUuid"
            " LEFT JOIN RKImportGroup g ON g.uuid = m.importGroupUuid"
            " LEFT JOIN RKAdjustmentData a ON a.uuid = v.adjustmentUuid"
            f" WHERE v.modelId IN ({_VERSIONS})"
        )
        return {
            row["uuid"]: {
                name: row[name] for name in row.keys()[1:] if row[name] not in (None, "")
            }
            for row in cursor
        }
