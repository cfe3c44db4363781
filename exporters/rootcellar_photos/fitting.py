"""A slice made such that osxphotos can read it: what this module changes is the slice alone.

Private uses of osxphotos are those of `assets.py`, and are tested as they are.
"""

import plistlib
import re
import sqlite3
from contextlib import closing
from pathlib import Path

from rootcellar_photos.schema import ASSETS, ATTRIBUTES, metadata

_TABLE = re.compile(r"Z_\d+(ASSETS|KEYWORDS)$")


def fit(slice_path: Path) -> None:
    """Give the slice's join tables the names osxphotos expects for this model.

    A minor release of macOS may number the entities anew (osxphotos issues 1628, 2077); the
    meaning stays. Columns osxphotos names and this release lacks become empty ones.
    """
    from osxphotos._constants import _DB_TABLE_NAMES
    from osxphotos.photosdb.photosdb_utils import get_photos_version_from_model

    _tell_model(slice_path)
    names = _DB_TABLE_NAMES[get_photos_version_from_model(str(slice_path))]
    with closing(sqlite3.connect(slice_path, isolation_level=None)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        for key, owner, member in (
            ("ALBUM_JOIN", r"Z_\d+ALBUMS", r"Z_\d+ASSETS"),
            ("KEYWORD_JOIN", r"Z_\d+ASSETATTRIBUTES", r"Z_\d+KEYWORDS"),
        ):
            table, column = names[key].split(".")
            there = _join(connection, tables, table, (owner, member))
            if there is None:
                continue
            if there != table:
                connection.execute(f'ALTER TABLE "{there}" RENAME TO "{table}"')
            expected = {member: column}
            if key == "ALBUM_JOIN":
                expected[owner] = names["ASSET_ALBUM_JOIN"].split(".")[1]
                expected[r"Z_FOK_\d+ASSETS"] = names["ALBUM_SORT_ORDER"].split(".")[1]
            _rename_columns(connection, table, expected)
        asset = names["ASSET"]
        connection.execute(  # else osxphotos leaves out an asset that has lost its attributes
            f"INSERT INTO {ATTRIBUTES} (Z_PK, ZASSET) SELECT -Z_PK, Z_PK FROM {asset}"
            f" WHERE Z_PK NOT IN (SELECT ZASSET FROM {ATTRIBUTES} WHERE ZASSET NOTNULL)"
        )


MODELS = (13537, 14104, 15331, 16320, 17120, 17604, 18600, 19063, 19320, 270000000)
"""A model of each form that osxphotos tells apart."""


def _tell_model(slice_path: Path) -> None:
    """Give a slice whose database has lost its model the one that its tables look like.

    osxphotos would take it for the newest. That of which the most columns are there is meant.
    """
    from osxphotos._constants import _DB_TABLE_NAMES
    from osxphotos.photosdb.photosdb_utils import get_photos_version_from_model

    with closing(sqlite3.connect(slice_path, isolation_level=None)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if "Z_METADATA" in tables and metadata(connection)[1]:
            return
        there = {
            f"{table}.{column}"
            for table in (*ASSETS, ATTRIBUTES, "ZDETECTEDFACE", "ZINTERNALRESOURCE")
            for column in columns_of(connection, table)
        }
        best = (-1, 0)
        connection.execute("DROP TABLE IF EXISTS Z_METADATA")
        connection.execute("CREATE TABLE Z_METADATA (Z_VERSION, Z_UUID, Z_PLIST)")
        connection.execute("INSERT INTO Z_METADATA VALUES (1, '', '')")
        for model in (*MODELS, 0):
            told = plistlib.dumps({"PLModelVersion": model or best[1]})
            connection.execute("UPDATE Z_METADATA SET Z_PLIST = ?", (told,))
            names = _DB_TABLE_NAMES[get_photos_version_from_model(str(slice_path))]
            fits = sum(str(name) in there or str(name) in tables for name in names.values())
            best = max(best, (fits, model))


def mend(slice_path: Path) -> None:
    """Change what osxphotos gives up on a whole library for, in the slice.

    Dates that no calendar holds; folders of albums that are gone or go in circles (nothing asks
    the slice for folders: they are dropped), or of which there is no outermost one.
    """
    with closing(sqlite3.connect(slice_path, isolation_level=None)) as connection:
        _mend_dates(connection)
        _mend_folders(connection)


def _mend_dates(connection: sqlite3.Connection) -> None:
    for table, names in _DATES.items():
        columns = columns_of(connection, table)
        for name in names:
            if name in columns:
                connection.execute(
                    f"UPDATE {table} SET {name} = NULL WHERE abs({name}) > 1e15"
                    f" OR typeof({name}) IN ('text', 'blob')"
                )


def _mend_folders(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE ZGENERICALBUM SET ZPARENTFOLDER = NULL")
    roots = connection.execute("SELECT Z_PK FROM ZGENERICALBUM WHERE ZKIND = 3999").fetchall()
    for (number,) in roots[1:]:
        connection.execute("UPDATE ZGENERICALBUM SET ZKIND = 4000 WHERE Z_PK = ?", (number,))
    if not roots:
        connection.execute(
            "INSERT INTO ZGENERICALBUM (Z_PK, ZUUID, ZKIND) VALUES (-1, 'root', 3999)"
        )


_DATES = {
    **dict.fromkeys(
        ASSETS, ("ZDATECREATED", "ZADJUSTMENTTIMESTAMP", "ZTRASHEDDATE", "ZADDEDDATE")
    ),
    "ZMOMENT": ("ZENDDATE", "ZMODIFICATIONDATE", "ZREPRESENTATIVEDATE", "ZSTARTDATE"),
    "ZEXTENDEDATTRIBUTES": ("ZDATECREATED",),
    "ZCLOUDSHAREDCOMMENT": ("ZCOMMENTDATE",),
}


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    """Return the columns of a table; none when it is not there."""
    return [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]


def _join(
    connection: sqlite3.Connection, tables: set[str], wanted: str, patterns: tuple[str, str]
) -> str | None:
    """Return the join table, whatever its number; the one of the expected name first."""
    for table in sorted(filter(_TABLE.match, tables), key=lambda name: name != wanted):
        columns = columns_of(connection, table)
        if all(any(re.fullmatch(pattern, name) for name in columns) for pattern in patterns):
            return table
    return None


def _rename_columns(connection: sqlite3.Connection, table: str, expected: dict[str, str]) -> None:
    for pattern, wanted in expected.items():
        there = [name for name in columns_of(connection, table) if re.fullmatch(pattern, name)]
        if there and wanted not in there:
            connection.execute(f'ALTER TABLE "{table}" RENAME COLUMN "{there[0]}" TO "{wanted}"')
