"""Where a NoteStore keeps what we need: entities by name, columns by what they are called.

Core Data keeps all entities in one wide table. An attribute that several entities have under one
name gets one column for each, told apart by a number at its end (`ZTITLE`, `ZTITLE1`, `ZTITLE2`),
and every system numbers anew: a note's account was ZACCOUNT2, ZACCOUNT3, ZACCOUNT4 and ZACCOUNT7.
A row fills only the columns of its own entity. So the first column that is not NULL, among all
that bear the name, is the attribute, whatever its number.
"""

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from rootcellar.api import StoreUnreadable

OBJECTS = "ZICCLOUDSYNCINGOBJECT"
DATA = "ZICNOTEDATA"
NEWER = "Update rootcellar: `pip install --upgrade rootcellar`. What is in the archive is safe."


@dataclass(frozen=True)
class Schema:
    """The tables of one store. `entities` maps names to Z_ENT; `identity` is the store's UUID."""

    tables: Mapping[str, frozenset[str]]
    entities: Mapping[str, int]
    identity: str

    def entity(self, name: str) -> int:
        """Return Core Data's number for an entity; -1, which no row has, where there is none."""
        return self.entities.get(name, -1)

    def value(self, attribute: str, alias: str, table: str = OBJECTS) -> str:
        """Return an SQL expression for an attribute (`TITLE`) of whatever entity the row is."""
        columns = self.columns(attribute, table)
        if not columns:
            return "NULL"
        named = [f"{alias}.{column}" for column in columns]
        return named[0] if len(named) == 1 else f"coalesce({', '.join(named)})"

    def columns(self, attribute: str, table: str = OBJECTS) -> tuple[str, ...]:
        """Return every column that bears the name of an attribute, with or without a number."""
        return self._columns(table).get(f"Z{attribute}", ())

    def _columns(self, table: str) -> Mapping[str, tuple[str, ...]]:
        return self._by_name.get(table, {})

    @cached_property
    def _by_name(self) -> dict[str, dict[str, tuple[str, ...]]]:
        return {table: _grouped(columns) for table, columns in self.tables.items()}

    @property
    def folder_join(self) -> tuple[str, str, str] | None:
        """The table (and its columns of folder and note) that filed notes before iOS 11."""
        for table, columns in sorted(self.tables.items()):
            if re.fullmatch(r"Z_\d+NOTES", table):
                folder = next((one for one in columns if re.fullmatch(r"Z_\d+FOLDERS", one)), None)
                note = next((one for one in columns if re.fullmatch(r"Z_\d+NOTES", one)), None)
                if folder and note:
                    return table, folder, note
        return None


def _grouped(columns: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Return columns by their names without numbers, `ZTITLE` before `ZTITLE1`."""
    found: dict[str, list[tuple[int, str]]] = {}
    for column in columns:
        name = column.rstrip("0123456789")
        found.setdefault(name, []).append((int(column[len(name) :] or 0), column))
    return {name: tuple(column for _, column in sorted(some)) for name, some in found.items()}


def read_schema(connection: sqlite3.Connection, name: str) -> Schema:
    """Read the schema of an open store; StoreUnreadable when it lacks what notes cannot lack."""
    tables = {
        table: frozenset(row[1] for row in connection.execute(f'PRAGMA table_info("{table}")'))
        for (table,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'Z%'"
        ).fetchall()
    }
    entities: dict[str, int] = {}
    if {"Z_NAME", "Z_ENT"} <= tables.get("Z_PRIMARYKEY", frozenset()):
        entities = {
            str(entity): int(number)
            for entity, number in connection.execute("SELECT Z_NAME, Z_ENT FROM Z_PRIMARYKEY")
            if number is not None
        }
    schema = Schema(tables, entities, _identity(connection, tables))
    missing = [
        what
        for what, there in (
            ("its table of objects", OBJECTS in tables),
            ("the entity of notes", "ICNote" in entities),
            ("the identifiers of notes", bool(schema.columns("IDENTIFIER"))),
            ("the texts of notes", bool(schema.columns("DATA", DATA))),
        )
        if not there
    ]
    if missing:
        raise StoreUnreadable(
            f"{name} is of a version of Notes that is not known here: {missing[0]} is not there.",
            hint=NEWER,
        )
    return schema


def _identity(connection: sqlite3.Connection, tables: Mapping[str, frozenset[str]]) -> str:
    if "Z_UUID" not in tables.get("Z_METADATA", frozenset()):
        return ""
    row = connection.execute("SELECT Z_UUID FROM Z_METADATA").fetchone()
    return str(row[0] or "") if row else ""
