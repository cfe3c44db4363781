"""Gives a copy of a library the shape of another Photos version: its tables, columns and folders.

The names are those osxphotos expects of each version, so that it can read the result whole: it is
the oracle. What a version did not have yet is dropped; rows stay.
"""

import plistlib
import re
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from osxphotos._constants import _DB_TABLE_NAMES

MODELS = {
    5: (13537, 13703),
    6: (14104, 14299),
    7: (15134, 15323, 15331),
    8: (16119, 16320),
    9: (17120, 17301),
    9.6: (17600,),
    9.9: (18164,),
    10: (18201, 18508),
    11: (19063,),
    11.1: (19320, 19400),
    12: (270008501,),
}
"""Model versions by osxphotos' number of the Photos version, betas included."""

_FAMILIES = {
    "HAS_ADJUSTMENTS": ("ZHASADJUSTMENTS", "ZADJUSTMENTSSTATE"),
    "MASTER_FINGERPRINT": ("ZMASTERFINGERPRINT", "ZORIGINALSTABLEHASH"),
    "DEPTH_STATE": ("ZDEPTHSTATES", "ZDEPTHTYPE"),
    "HDR_TYPE": ("ZCUSTOMRENDEREDVALUE", "ZHDRTYPE"),
    "DETECTED_FACE_PERSON_FK": ("ZPERSON", "ZPERSONFORFACE"),
    "DETECTED_FACE_ASSET_FK": ("ZASSET", "ZASSETFORFACE"),
}
_LATER = (
    (7, "{asset}", ("ZSYNDICATIONSTATE", "ZLIBRARYSCOPE", "ZCONVERSATION")),
    (7, "ZADDITIONALASSETATTRIBUTES", ("ZSYNDICATIONIDENTIFIER", "ZSYNDICATIONHISTORY")),
    (7, "ZADDITIONALASSETATTRIBUTES", ("ZIMPORTEDBYDISPLAYNAME", "ZIMPORTEDBYBUNDLEIDENTIFIER")),
    (7, "ZINTERNALRESOURCE", ("ZCOMPACTUTI", "ZUTICONFORMANCEHINT")),
    (8, "{asset}", ("ZACTIVELIBRARYSCOPEPARTICIPATIONSTATE", "ZLIBRARYSCOPESHARESTATE")),
    (9, "{asset}", ("ZSPATIALTYPE",)),
    (9.9, "ZADDITIONALASSETATTRIBUTES", ("ZADJUSTEDSTABLEHASH",)),
    (9.9, "ZINTERNALRESOURCE", ("ZSTABLEHASH",)),
    (11, "{asset}", ("ZCOLLECTIONSHARE", "ZCOLLECTIONSHAREASSETCONTRIBUTOR")),
)
"""Columns by the version that brought them (as the three real libraries and osxphotos tell)."""


def reshape(library: Path, target: Path, version: float, model: int) -> Path:
    """Copy a library into the shape of a Photos version and model; returns the copy."""
    shutil.copytree(library, target)
    path = target / "database" / "Photos.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
        for kind, name in database.execute(
            "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'index')"
            " AND sql NOTNULL"
        ).fetchall():
            database.execute(f'DROP {kind} "{name}"')
        names = _DB_TABLE_NAMES[version]
        _rename_tables(database, names)
        _rename_columns(database, names)
        _drop_later(database, names["ASSET"], version)
        metadata = plistlib.dumps({"PLModelVersion": model})
        database.execute("UPDATE Z_METADATA SET Z_PLIST = ?", (metadata,))
    _move_shared(target, version)
    return target


def _tables(database: sqlite3.Connection) -> set[str]:
    return {name for (name,) in database.execute("SELECT name FROM sqlite_master")}


def columns(database: sqlite3.Connection, table: str) -> list[str]:
    """Return the columns of a table."""
    return [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]


def _rename_tables(database: sqlite3.Connection, names: dict[str, str]) -> None:
    asset = "ZASSET" if "ZASSET" in _tables(database) else "ZGENERICASSET"
    if asset != names["ASSET"]:
        database.execute(f"ALTER TABLE {asset} RENAME TO {names['ASSET']}")
    there = next(
        name
        for name in _tables(database)
        if re.fullmatch(r"Z_\d+ASSETS", name)
        and any(re.fullmatch(r"Z_\d+ALBUMS", one) for one in columns(database, name))
    )
    table, member = names["ALBUM_JOIN"].split(".")
    if there != table:
        database.execute(f"ALTER TABLE {there} RENAME TO {table}")
    owner = names["ASSET_ALBUM_JOIN"].split(".")[1]
    order = names["ALBUM_SORT_ORDER"].split(".")[1]
    for pattern, wanted in (
        (r"Z_\d+ALBUMS", owner),
        (r"Z_\d+ASSETS", member),
        (r"Z_FOK_\d+ASSETS", order),
    ):
        _rename(database, table, pattern, wanted)
    _rename(database, "Z_1KEYWORDS", r"Z_\d+KEYWORDS", names["KEYWORD_JOIN"].split(".")[1])


def _rename(database: sqlite3.Connection, table: str, pattern: str, wanted: str) -> None:
    there = [name for name in columns(database, table) if re.fullmatch(pattern, name)]
    if not there:
        database.execute(f"ALTER TABLE {table} ADD COLUMN {wanted}")
    elif wanted not in there:
        database.execute(f"ALTER TABLE {table} RENAME COLUMN {there[0]} TO {wanted}")


def _rename_columns(database: sqlite3.Connection, names: dict[str, str]) -> None:
    for key, family in _FAMILIES.items():
        table, _, wanted = names[key].rpartition(".")
        table = table or names["ASSET"]
        _rename(database, table, "|".join(family), wanted)
    if names["IMPORT_FOK"] != "null":
        _rename(database, names["ASSET"], "Z_FOK_IMPORTSESSION", "Z_FOK_IMPORTSESSION")
    if names["UTI_ORIGINAL"].endswith("ZUNIFORMTYPEIDENTIFIER"):
        if "ZUNIFORMTYPEIDENTIFIER" not in _tables(database):
            database.execute(
                "CREATE TABLE ZUNIFORMTYPEIDENTIFIER (Z_PK INTEGER PRIMARY KEY, ZIDENTIFIER)"
            )
            database.execute("INSERT INTO ZUNIFORMTYPEIDENTIFIER VALUES (1, 'public.jpeg')")
        if "ZUNIFORMTYPEIDENTIFIER" not in columns(database, "ZINTERNALRESOURCE"):
            database.execute(
                "ALTER TABLE ZINTERNALRESOURCE ADD COLUMN ZUNIFORMTYPEIDENTIFIER DEFAULT 1"
            )
    else:
        _rename(database, "ZINTERNALRESOURCE", "ZCOMPACTUTI", "ZCOMPACTUTI")
    for column in ("ZBEHAVIORALSCORE", "ZINTERACTIONSCORE"):
        _rename(database, "ZCOMPUTEDASSETATTRIBUTES", column, column)
    for column in ("ZIMPORTEDBYDISPLAYNAME", "ZIMPORTEDBYBUNDLEIDENTIFIER"):
        _rename(database, "ZADDITIONALASSETATTRIBUTES", column, column)
    for column in ("ZSYNDICATIONIDENTIFIER", "ZSYNDICATIONHISTORY"):
        _rename(database, "ZADDITIONALASSETATTRIBUTES", column, column)
    for column in (
        *("ZSYNDICATIONSTATE", "ZACTIVELIBRARYSCOPEPARTICIPATIONSTATE"),
        *("ZLIBRARYSCOPESHARESTATE", "ZLIBRARYSCOPE", "ZMOMENTSHARE"),
    ):
        _rename(database, names["ASSET"], column, column)


def _drop_later(database: sqlite3.Connection, asset: str, version: float) -> None:
    for since, table, dropped in _LATER:
        if version < since:
            _drop(database, table.format(asset=asset), dropped)
    if version < 11:
        database.execute("DELETE FROM Z_PRIMARYKEY WHERE Z_NAME = 'CollectionShare'")
    if version < 6:
        for table in ("ZSHARE", "ZSHAREPARTICIPANT"):
            database.execute(f"DROP TABLE IF EXISTS {table}")


def _drop(database: sqlite3.Connection, table: str, dropped: Iterable[str]) -> None:
    for column in dropped:
        if column in columns(database, table):
            database.execute(f"ALTER TABLE {table} DROP COLUMN {column}")


def _move_shared(library: Path, version: float) -> None:
    """Move what shared albums keep to where this version keeps it."""
    places = (library / "resources" / "cloudsharing", library / "scopes" / "cloudsharing")
    there = next((place for place in places if place.is_dir()), None)
    wanted = places[version >= 8]
    if there is not None and there != wanted:
        wanted.parent.mkdir(exist_ok=True)
        there.rename(wanted)
