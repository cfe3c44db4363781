"""Where a Photos database keeps what we need: tables and columns found, never assumed.

Core Data numbers its join tables by entity, and every macOS renumbers entities: `Z_26ASSETS`
became `Z_33ASSETS` between 10.15 and 26.1, and columns come and go. So the schema is read from
the database itself, and a column that is not there reads as NULL.
"""

import plistlib
import re
import sqlite3
from collections.abc import Mapping

from msgspec import Struct

from rootcellar.api import StoreUnreadable

KNOWN_MODELS = (
    (13000, 13999),  # Photos 5, macOS 10.15
    (14000, 14999),  # Photos 6, macOS 11
    (15000, 15999),  # Photos 7, macOS 12
    (16000, 16999),  # Photos 8, macOS 13
    (17000, 17999),  # Photos 9, macOS 14
    (18000, 18999),  # Photos 10, macOS 15
    (19063, 19999),  # Photos 11, macOS 26
    (270000000, 270999999),  # Photos 12, macOS 27
)
"""Model versions (PLModelVersion) that the installed osxphotos reads; a contract test compares."""

UPDATE_HINT = (
    "Update rootcellar: `pip install --upgrade rootcellar`. "
    "What is in the archive already is safe."
)

ASSETS = ("ZASSET", "ZGENERICASSET")
"""The table of assets: the first name since macOS 11, the other one before."""
ATTRIBUTES = "ZADDITIONALASSETATTRIBUTES"
_ALBUM_TABLE = re.compile(r"Z_\d+ASSETS$")
_KEYWORD_TABLE = re.compile(r"Z_\d+KEYWORDS$")


class Join(Struct, frozen=True):
    """A many-to-many table: `owner`, `member` and the member's position, `order`, are columns."""

    table: str
    owner: str
    member: str
    order: str


class Schema(Struct, frozen=True):
    """The tables of one Photos database. `model` is 0 when the database does not tell."""

    tables: Mapping[str, frozenset[str]]
    asset: str
    albums: Join | None
    keywords: Join | None
    identity: str
    model: int
    shared_album_entity: int | None

    def has(self, table: str, column: str) -> bool:
        """Return whether the table and the column are there."""
        return column in self.tables.get(table, ())

    def column(self, table: str, column: str, alias: str) -> str:
        """Return `alias.column`, or `NULL` where this database has no such column."""
        return f"{alias}.{column}" if self.has(table, column) else "NULL"

    def first(self, table: str, *columns: str) -> str:
        """Return the first of `columns` that the table has (the name changed over the years)."""
        return next((name for name in columns if self.has(table, name)), columns[0])

    @property
    def is_known(self) -> bool:
        """Return whether osxphotos knows this database's model."""
        return any(low <= self.model <= high for low, high in KNOWN_MODELS)

    @property
    def has_adjustments(self) -> str:
        """Return the asset column that is not zero for an edited asset."""
        return self.first(self.asset, "ZADJUSTMENTSSTATE", "ZHASADJUSTMENTS")

    @property
    def contributed_asset(self) -> str | None:
        """Return the column of ZASSETCONTRIBUTOR that points at what was put into a library.

        None where there are no shared libraries.
        """
        if not self.has("ZASSETCONTRIBUTOR", "ZPARTICIPANT"):
            return None
        if "ZSHAREPARTICIPANT" not in self.tables:
            return None
        return _matching(self.tables["ZASSETCONTRIBUTOR"], r"Z_?\d*LIBRARYSCOPEASSETCONTRIBUTORS")

    @property
    def face_asset(self) -> str:
        """Return the column of ZDETECTEDFACE that points at the asset."""
        return self.first("ZDETECTEDFACE", "ZASSETFORFACE", "ZASSET")

    @property
    def face_person(self) -> str:
        """Return the column of ZDETECTEDFACE that points at the person."""
        return self.first("ZDETECTEDFACE", "ZPERSONFORFACE", "ZPERSON")


def read_schema(connection: sqlite3.Connection, name: str) -> Schema:
    """Read the schema of an open Photos database; StoreUnreadable when it is of another kind."""
    tables = {
        table: frozenset(row[1] for row in connection.execute(f'PRAGMA table_info("{table}")'))
        for (table,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'Z%'"
            " AND sql LIKE 'CREATE TABLE%'"  # others are SQLite's own: an index of places
        ).fetchall()
    }
    asset = next((table for table in ASSETS if table in tables), "")
    if not asset and "Z_METADATA" in tables:
        model = metadata(connection)[1]
        raise StoreUnreadable(
            f"The database of {name} has a form that is not known here (database model "
            f"{model or 'untold'}): it has no table of assets.",
            hint=UPDATE_HINT,
        )
    if not asset:
        raise StoreUnreadable(
            f"The database of {name} is not a Photos database: it has no table of assets.",
            hint="If this is a Photos library, open it in Photos once; "
            "otherwise name the right library in the settings of photos.",
        )
    identity, model = metadata(connection)
    return Schema(
        tables=tables,
        asset=asset,
        albums=_album_join(tables),
        keywords=_keyword_join(tables),
        identity=identity,
        model=model,
        shared_album_entity=(
            _entity(connection, tables, "CollectionShare") if "ZSHARE" in tables else None
        ),
    )


def metadata(connection: sqlite3.Connection) -> tuple[str, int]:
    """Return the identity of the store and its model version (0: not told)."""
    try:
        row = connection.execute(
            "SELECT Z_UUID, Z_PLIST FROM Z_METADATA ORDER BY Z_VERSION DESC"
        ).fetchone()
        return str(row[0] or ""), int(plistlib.loads(row[1])["PLModelVersion"])
    except (sqlite3.Error, TypeError, ValueError, KeyError, plistlib.InvalidFileException):
        return "", 0


def _entity(
    connection: sqlite3.Connection, tables: Mapping[str, frozenset[str]], name: str
) -> int | None:
    """Return Core Data's number for an entity, or None where the model has none of that name."""
    if "Z_PRIMARYKEY" not in tables:
        return None
    row = connection.execute("SELECT Z_ENT FROM Z_PRIMARYKEY WHERE Z_NAME = ?", (name,)).fetchone()
    return int(row[0]) if row else None


def _matching(columns: frozenset[str], pattern: str) -> str | None:
    return next((name for name in sorted(columns) if re.fullmatch(pattern, name)), None)


def _album_join(tables: Mapping[str, frozenset[str]]) -> Join | None:
    """Return the table that puts assets into albums."""
    for table in sorted(filter(_ALBUM_TABLE.match, tables)):
        owner = _matching(tables[table], r"Z_\d+ALBUMS")
        member = _matching(tables[table], r"Z_\d+ASSETS")
        if owner and member:
            order = _matching(tables[table], r"Z_FOK_\d+ASSETS") or "NULL"
            return Join(table, owner, member, order)
    return None


def _keyword_join(tables: Mapping[str, frozenset[str]]) -> Join | None:
    """Return the table that gives keywords to assets (by their additional attributes)."""
    for table in sorted(filter(_KEYWORD_TABLE.match, tables)):
        owner = _matching(tables[table], r"Z_\d+ASSETATTRIBUTES")
        member = _matching(tables[table], r"Z_\d+KEYWORDS")
        if owner and member:
            return Join(table, owner, member, "NULL")
    return None
