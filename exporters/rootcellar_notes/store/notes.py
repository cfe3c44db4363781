"""The notes of a store: which there are, and all that their rows say, texts aside.

Live notes, notes in the trash, and tombstones (rows that only remember that there was a note,
until every device has heard of it) are told apart here.
"""

import hashlib
import marshal
import sqlite3
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from rootcellar.apple.dates import cocoa_moment
from rootcellar.apple.values import number, text
from rootcellar_notes.store.belonging import TABLE
from rootcellar_notes.store.schema import DATA, OBJECTS, Schema

WANTED = "rootcellar_wanted"


class NoteRow(NamedTuple):
    """One note's row. `folder` and `account` are row numbers, 0 for none.

    `versions` are counters that rise with every change of the note, its text or what belongs to
    it. `has_text` is false for a note that is known and not yet downloaded.
    """

    pk: int
    identifier: str
    title: str
    folder: int
    account: int
    created_seconds: object
    modified_seconds: object
    pinned: bool
    locked: bool
    has_text: bool
    versions: tuple[object, ...]

    @property
    def created(self) -> datetime | None:
        """When it was made, in UTC."""
        return cocoa_moment(self.created_seconds)

    @property
    def modified(self) -> datetime | None:
        """When it was changed last, in UTC."""
        return cocoa_moment(self.modified_seconds)


def note_rows(
    connection: sqlite3.Connection, schema: Schema, *, wanted: bool = False
) -> Iterator[NoteRow]:
    """Yield every note that is not a tombstone, in the order of rows; or those wished for.

    A row marked for deletion is a tombstone. So is one without a text, unless Notes has yet to
    fetch it from iCloud and knows its title; without one it is a placeholder, which something
    refers to, which Notes does not show, and which may stay for years.
    """
    some = ""
    if wanted:
        some = f"AND {schema.value('IDENTIFIER', 'n')} IN (SELECT key FROM temp.{WANTED})"
    belonging = _versions_of_parts(connection, schema, some)
    at, parts = next(belonging, (None, ""))
    for row in connection.execute(_query(schema, some), (schema.entity("ICNote"),)):
        (pk, identifier, title, folder, account, created, modified, filed, pinned, locked, deleted,
         fetch, version, has_text, text_version) = row  # fmt: skip
        awaited = number(fetch) == 1 and text(title).strip()
        if number(deleted) == 1 or not (has_text or awaited):
            continue
        while at is not None and at < pk:
            at, parts = next(belonging, (None, ""))
        yield NoteRow(
            pk,
            text(identifier),
            text(title),
            number(folder),
            number(account),
            created,
            modified,
            number(pinned) == 1,
            number(locked) == 1,
            bool(has_text),
            (version, text_version, modified, filed, parts if at == pk else ""),
        )


def wish(connection: sqlite3.Connection, keys: Collection[str]) -> None:
    """Lay the identifiers that are wanted beside the store, for queries to join."""
    connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {WANTED} (key TEXT PRIMARY KEY)")
    connection.execute(f"DELETE FROM temp.{WANTED}")
    connection.executemany(
        f"INSERT OR IGNORE INTO temp.{WANTED} VALUES (?)", [(key,) for key in keys]
    )


def _query(schema: Schema, some: str) -> str:
    names = ("IDENTIFIER", "TITLE", "FOLDER", "ACCOUNT", "CREATIONDATE", "MODIFICATIONDATE",
             "FOLDERMODIFICATIONDATE", "ISPINNED", "ISPASSWORDPROTECTED", "MARKEDFORDELETION",
             "NEEDSINITIALFETCHFROMCLOUD")  # fmt: skip
    columns = {name: schema.value(name, "n") for name in names}
    if join := schema.folder_join:
        table, folder, note = join
        joined = f"(SELECT max({folder}) FROM {table} j WHERE j.{note} = n.Z_PK)"
        columns["FOLDER"] = f"coalesce({columns['FOLDER']}, {joined})"
    version = schema.value("_OPT", "n")
    return (
        f"SELECT n.Z_PK, {', '.join(columns.values())}, {version}, "
        f"d.ZDATA IS NOT NULL, {schema.value('_OPT', 'd', DATA)} FROM {OBJECTS} n "
        f"LEFT JOIN {DATA} d ON {data_join(schema)} WHERE n.Z_ENT = ? {some} ORDER BY n.Z_PK"
    )


def data_join(schema: Schema) -> str:
    """Return the condition that joins a note `n` with the row `d` of its text.

    Both rows name one another. Where a note names none, or one of another note, the text counts
    that names the note itself.
    """
    own, note = schema.value("NOTEDATA", "n"), schema.value("NOTE", "d", DATA)
    if not schema.columns("NOTE", DATA):
        return f"d.Z_PK = {own}"
    if not schema.columns("NOTEDATA"):
        return f"{note} = n.Z_PK"
    named, naming = (schema.value("NOTE", one, DATA) for one in ("x", "y"))
    return (
        f"d.Z_PK = coalesce((SELECT x.Z_PK FROM {DATA} x WHERE x.Z_PK = {own} "
        f"AND ifnull({named}, n.Z_PK) = n.Z_PK), "
        f"(SELECT max(y.Z_PK) FROM {DATA} y WHERE {naming} = n.Z_PK))"
    )


def _versions_of_parts(
    connection: sqlite3.Connection, schema: Schema, some: str
) -> Iterator[tuple[int | None, str]]:
    """Yield (note, digest of the versions of all that belongs to it), in the order of notes."""
    chosen = ""
    if some:
        chosen = f"JOIN {OBJECTS} n ON n.Z_PK = b.note {some} "
    names = ("GENERATION", "FALLBACKIMAGEGENERATION", "FALLBACKPDFGENERATION")
    columns = ", ".join(schema.value(name, "o") for name in names)
    rows = connection.execute(
        f"SELECT b.note, o.Z_PK, {schema.value('_OPT', 'o')}, {columns} FROM {TABLE} b {chosen}"
        f"JOIN {OBJECTS} o ON o.Z_PK = b.row ORDER BY b.note, b.row"
    )
    for note, parts in groupby(rows, key=lambda row: int(row[0])):
        said = marshal.dumps([tuple(part)[1:] for part in parts], 2)  # as quick as can be
        yield note, hashlib.blake2b(said, digest_size=8).hexdigest()
