"""Mends a private copy of a Photos database, so that all that follows need not ask.

A macOS may drop a column, and a damaged library a whole table: what is named without a feature
test (`Schema.has`, `Schema.first`) is added, empty. An asset that lost its UUID gets it back from
the name of its file, which is made of it.
"""

import re
import sqlite3
from collections.abc import Mapping

from rootcellar_photos.schema import ASSETS, ATTRIBUTES

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_NEEDED = {
    ATTRIBUTES: "Z_PK Z_OPT ZASSET ZTITLE ZASSETDESCRIPTION ZUNMANAGEDADJUSTMENT",
    "ZASSETDESCRIPTION": "Z_PK Z_OPT ZLONGDESCRIPTION",
    "ZEXTENDEDATTRIBUTES": "Z_PK Z_OPT ZASSET",
    "ZUNMANAGEDADJUSTMENT": "Z_PK Z_OPT",
    "ZINTERNALRESOURCE": "Z_PK ZASSET ZFILESYSTEMBOOKMARK ZFILESYSTEMVOLUME",
    "ZFILESYSTEMBOOKMARK": "Z_PK ZRESOURCE ZPATHRELATIVETOVOLUME",
    "ZFILESYSTEMVOLUME": "Z_PK ZNAME",
    "ZGENERICALBUM": "Z_PK ZUUID ZTITLE ZKIND ZTRASHEDSTATE ZCREATIONDATE ZPARENTFOLDER",
    "ZCLOUDMASTER": "Z_PK Z_OPT",
    "ZMOMENT": "Z_PK",
    "ZKEYWORD": "Z_PK ZTITLE",
    "ZPERSON": "Z_PK ZPERSONUUID ZFULLNAME ZDISPLAYNAME ZTYPE",
    "ZDETECTEDFACE": "Z_PK ZUUID ZCENTERX ZCENTERY ZSIZE",
    "ZCLOUDSHAREDCOMMENT": "Z_PK Z_OPT ZCOMMENTEDASSET ZLIKEDASSET ZCOMMENTTEXT",
    "Z_PRIMARYKEY": "Z_ENT Z_NAME",
    "Z_METADATA": "Z_VERSION Z_UUID Z_PLIST",
}
_WHEN_MADE = {"ZDETECTEDFACE": " ZASSETFORFACE ZPERSONFORFACE"}
"""Columns of several names: the table has one of them, unless we make it."""
_OF_ASSETS = "Z_PK Z_OPT ZUUID ZMASTER ZMOMENT ZIMPORTSESSION ZEXTENDEDATTRIBUTES ZDATECREATED"


def complete(connection: sqlite3.Connection, tables: Mapping[str, frozenset[str]]) -> bool:
    """Add what is lacking to a private copy; return whether anything was."""
    changed = False
    asset = next((name for name in ASSETS if name in tables), None)
    needed = {**_NEEDED, **({asset: _OF_ASSETS} if asset else {})}
    for table, names in needed.items():
        there = tables.get(table)
        if there is None:
            columns = ", ".join(
                f"{name} INTEGER PRIMARY KEY" if name == "Z_PK" else name
                for name in (names + _WHEN_MADE.get(table, "")).split()
            )
            connection.execute(f"CREATE TABLE {table} ({columns})")
            changed = True
            continue
        for name in names.split():
            if name not in there:
                connection.execute(f"ALTER TABLE {table} ADD COLUMN {name}")
                changed = True
    return changed


_OF_EVERY_ASSET = (
    "ZDATECREATED ZADDEDDATE ZTRASHEDDATE ZMODIFICATIONDATE ZKIND ZKINDSUBTYPE ZWIDTH ZHEIGHT"
    " ZORIENTATION ZDURATION ZLATITUDE ZLONGITUDE ZTRASHEDSTATE ZHIDDEN ZFAVORITE"
    " ZADJUSTMENTTIMESTAMP ZCLOUDBATCHPUBLISHDATE ZADJUSTMENTSSTATE ZHASADJUSTMENTS"
)
_NUMBERS = {
    **dict.fromkeys(ASSETS, _OF_EVERY_ASSET),
    ATTRIBUTES: (
        "ZTIMEZONEOFFSET ZORIGINALFILESIZE ZORIGINALWIDTH ZORIGINALHEIGHT ZORIGINALORIENTATION"
        " ZGPSHORIZONTALACCURACY"
    ),
    "ZGENERICALBUM": "ZKIND ZPARENTFOLDER ZCREATIONDATE ZCUSTOMSORTKEY ZCUSTOMSORTASCENDING",
    "ZUNMANAGEDADJUSTMENT": "ZADJUSTMENTTIMESTAMP",
    "ZINTERNALRESOURCE": "ZDATALENGTH ZRESOURCETYPE ZDATASTORESUBTYPE ZVERSION",
    "ZDETECTEDFACE": "ZCENTERX ZCENTERY ZSIZE",
    "ZMEMORY": "ZCREATIONDATE ZSTARTDATE ZENDDATE",
}
_TEXTS = {
    **dict.fromkeys(
        ASSETS, "ZUUID ZDIRECTORY ZFILENAME ZUNIFORMTYPEIDENTIFIER ZCLOUDOWNERHASHEDPERSONID"
    ),
    ATTRIBUTES: "ZTITLE ZORIGINALFILENAME ZTIMEZONENAME",
    "ZASSETDESCRIPTION": "ZLONGDESCRIPTION",
    "ZGENERICALBUM": "ZUUID ZTITLE ZIMPORTEDBYBUNDLEIDENTIFIER ZCLOUDOWNERFULLNAME",
    "ZKEYWORD": "ZTITLE",
    "ZPERSON": "ZPERSONUUID ZFULLNAME ZDISPLAYNAME",
    "ZDETECTEDFACE": "ZUUID",
    "ZMOMENT": "ZTITLE ZSUBTITLE",
    "ZSHARE": "ZUUID ZTITLE",
    "ZMEMORY": "ZUUID ZTITLE ZSUBTITLE",
    "ZCLOUDSHAREDCOMMENT": "ZCOMMENTTEXT",
    "ZFILESYSTEMVOLUME": "ZNAME",
    "ZFILESYSTEMBOOKMARK": "ZPATHRELATIVETOVOLUME",
}


def settle_types(connection: sqlite3.Connection, tables: Mapping[str, frozenset[str]]) -> int:
    """Make numbers of what should be, and texts; return in how many tables something was not.

    SQLite keeps any value in any column, and a damaged row may have any. What is no number is
    NULL then; a number where a text belongs is that text.
    """
    mended = 0
    for table in _NUMBERS.keys() | _TEXTS.keys():
        there = tables.get(table, frozenset())
        wanted = {
            **{name: _NUMBER for name in _NUMBERS.get(table, "").split() if name in there},
            **{name: _TEXT for name in _TEXTS.get(table, "").split() if name in there},
        }
        if not wanted:
            continue
        odd = " OR ".join(f"NOT {right.format(name)}" for name, (right, _) in wanted.items())
        if connection.execute(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {odd})").fetchone()[0]:
            mended += 1
            for name, (right, instead) in wanted.items():
                connection.execute(
                    f"UPDATE {table} SET {name} = {instead.format(name)}"
                    f" WHERE NOT {right.format(name)}"
                )
    return mended


_NUMBER = ("(typeof({0}) IN ('null', 'integer', 'real'))", "NULL")
_TEXT = (
    "(typeof({0}) IN ('null', 'text'))",
    "CASE WHEN typeof({0}) = 'blob' THEN NULL ELSE CAST({0} AS TEXT) END",
)


def name_nameless(connection: sqlite3.Connection, asset: str) -> int:
    """Give assets without a UUID that of their file; return how many remain without one."""
    rows = connection.execute(
        f"SELECT Z_PK, ZFILENAME FROM {asset} WHERE ifnull(ZUUID, '') = ''"
    ).fetchall()
    remaining = 0
    for number, name in rows:
        stem = str(name or "").partition(".")[0]
        if _UUID.fullmatch(stem):
            connection.execute(f"UPDATE {asset} SET ZUUID = ? WHERE Z_PK = ?", (stem, number))
        else:
            remaining += 1
    return remaining
