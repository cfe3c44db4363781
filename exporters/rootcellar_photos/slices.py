"""Level 2: a small Photos database that holds only the assets asked for.

osxphotos always loads a whole library. Given a slice, it loads in the time and memory of the
slice, whatever the size of the library. A slice has every table of the database. Those that
belong to assets hold the rows of the wanted ones; the small ones that describe the library
(albums, people, keywords, shares) are whole; those that nothing reads stay empty.
"""

import json
import shutil
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import mkdtemp
from uuid import UUID

from rootcellar_photos.library import Library
from rootcellar_photos.scan import want
from rootcellar_photos.schema import ATTRIBUTES, Schema

_WHOLE = (
    *("ZGENERICALBUM", "ZPERSON", "ZKEYWORD", "ZSHARE", "ZSHAREPARTICIPANT", "ZUSERFEEDBACK"),
    *("ZCLOUDSHAREDALBUMINVITATIONRECORD", "ZFILESYSTEMVOLUME", "ZUNIFORMTYPEIDENTIFIER"),
    *("Z_METADATA", "Z_PRIMARYKEY"),
)
"""Small tables that describe the library rather than an asset."""
_WORDS = (
    *(2024, 2027, 2029, 2038, 2039),
    *(1500, 1600, 1103, 1700, 1701, 1800, 1801, 1802, 1520),
)
"""psi.sqlite, groups.category: labels, activities, holidays, venues and their types until Photos
7; the same, events with performers and types, and landmarks since Photos 8."""
_LEO_WORDS = (4000, 4090, 1030, 2220, 2230, 2240, 2250, 2260, 4020)
"""The same in leo.sqlite, lexicon.category."""


@contextmanager
def slice_of(
    library: Library, search: Path | None, keys: Collection[str], scratch: Path
) -> Iterator[Path]:
    """Yield the path of a slice with these assets; it is deleted afterwards."""
    folder = Path(mkdtemp(prefix="slice-", dir=scratch))
    try:
        path = folder / "Photos.sqlite"
        _cut(library, keys, path)
        if search is not None:
            (folder / "search").mkdir()
            _cut_labels(search, keys, folder / "search" / search.name)
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _cut(library: Library, keys: Collection[str], path: Path) -> None:
    with _target(path) as connection:
        connection.execute("ATTACH ? AS source", (str(library.database),))
        connection.execute("BEGIN")
        want(connection, library.schema, keys, "source")
        selections = _selections(library.schema)
        for name, sql in connection.execute(
            "SELECT name, sql FROM source.sqlite_master WHERE type = 'table'"
            " AND sql LIKE 'CREATE TABLE%' AND name LIKE 'Z%' AND name NOT LIKE 'Z_RT_%'"
        ).fetchall():
            connection.execute(sql)
            if name in selections:
                connection.execute(
                    f'INSERT INTO main."{name}" SELECT * FROM source."{name}" x{selections[name]}'
                )
        connection.execute("COMMIT")


def _selections(schema: Schema) -> Mapping[str, str]:
    """Return for each table that is filled the condition on its rows (`x`)."""
    wanted = "(SELECT pk FROM wanted)"
    attributes = f"source.{ATTRIBUTES} WHERE ZASSET IN {wanted}"
    assets = f"source.{schema.asset} WHERE Z_PK IN {wanted}"
    selections = dict.fromkeys(_WHOLE, "")
    selections[schema.asset] = f" WHERE x.Z_PK IN {wanted}"
    for table in (ATTRIBUTES, "ZEXTENDEDATTRIBUTES", "ZINTERNALRESOURCE"):
        selections[table] = f" WHERE x.ZASSET IN {wanted}"
    selections["ZDETECTEDFACE"] = f" WHERE x.{schema.face_asset} IN {wanted}"
    selections["ZCLOUDSHAREDCOMMENT"] = (
        f" WHERE x.ZCOMMENTEDASSET IN {wanted} OR x.ZLIKEDASSET IN {wanted}"
    )
    for table in ("ZASSETDESCRIPTION", "ZUNMANAGEDADJUSTMENT"):
        selections[table] = f" WHERE x.Z_PK IN (SELECT {table} FROM {attributes})"
    selections["ZCLOUDMASTER"] = f" WHERE x.Z_PK IN (SELECT ZMASTER FROM {assets})"
    selections["ZMOMENT"] = f" WHERE x.Z_PK IN (SELECT ZMOMENT FROM {assets})"
    selections["ZFILESYSTEMBOOKMARK"] = (
        " WHERE x.ZRESOURCE IN (SELECT Z_PK FROM source.ZINTERNALRESOURCE"
        f" WHERE ZASSET IN {wanted})"
    )
    if schema.albums:
        selections[schema.albums.table] = f" WHERE x.{schema.albums.member} IN {wanted}"
    if schema.keywords:
        join = schema.keywords
        selections[join.table] = f" WHERE x.{join.owner} IN (SELECT Z_PK FROM {attributes})"
    return selections


def _cut_labels(search: Path, keys: Collection[str], path: Path) -> None:
    """Cut the words of these assets out of Photos' search index; none when it is odd."""
    try:
        with _target(path) as connection:
            connection.execute("ATTACH ? AS source", (str(search),))
            connection.execute("BEGIN")
            cut = _cut_psi if search.name == "psi.sqlite" else _cut_leo
            cut(connection, keys)
            connection.execute("COMMIT")
    except sqlite3.Error:
        path.unlink(missing_ok=True)


def _cut_psi(connection: sqlite3.Connection, keys: Collection[str]) -> None:
    """psi.sqlite keeps a UUID as two signed little-endian integers."""
    columns = "category, owning_groupid, content_string, normalized_string, lookup_identifier"
    connection.execute("CREATE TABLE assets (uuid_0, uuid_1)")
    connection.execute("CREATE TABLE ga (groupid, assetid)")
    connection.execute(f"CREATE TABLE groups ({columns})")
    for halves in filter(None, map(_halves, keys)):
        connection.execute(
            "INSERT INTO assets (rowid, uuid_0, uuid_1) SELECT rowid, uuid_0, uuid_1"
            " FROM source.assets WHERE uuid_0 = ? AND uuid_1 = ?",
            halves,
        )
    words = f"SELECT rowid FROM source.groups WHERE category IN {_WORDS}"
    connection.execute(
        "INSERT INTO ga (rowid, groupid, assetid) SELECT rowid, groupid, assetid FROM source.ga"
        f" WHERE assetid IN (SELECT rowid FROM main.assets) AND groupid IN ({words})"
    )
    connection.execute(
        f"INSERT INTO groups (rowid, {columns}) SELECT rowid, {columns} FROM source.groups"
        f" WHERE category IN {_WORDS} AND rowid IN (SELECT groupid FROM main.ga)"
    )


def _halves(key: str) -> tuple[int, int] | None:
    try:
        whole = UUID(key).bytes
    except ValueError:
        return None
    return (
        int.from_bytes(whole[:8], "little", signed=True),
        int.from_bytes(whole[8:], "little", signed=True),
    )


def _cut_leo(connection: sqlite3.Connection, keys: Collection[str]) -> None:
    """leo.sqlite (macOS 27) keeps the numbers of an asset's words with the asset."""
    connection.execute("CREATE TABLE items (identifier, lexeme_ids, type)")
    connection.execute("CREATE TABLE lexicon (lexeme_id, type, category, content)")
    connection.execute(
        "INSERT INTO items SELECT identifier, lexeme_ids, type FROM source.items"
        " WHERE type = 1 AND upper(identifier) IN (SELECT value FROM json_each(?))",
        (json.dumps(list(keys)),),
    )
    connection.execute(
        "INSERT INTO lexicon SELECT lexeme_id, type, category, content FROM source.lexicon"
        f" WHERE category IN {_LEO_WORDS}"
    )


@contextmanager
def _target(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a new database that nobody else sees: no need to make it safe against a crash."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        yield connection
