"""Core Data stores: which table and column hold which property, told by the store itself.

An entity's table is that of its root entity, and all its sub-entities share it; `Z_ENT` tells
their rows apart. A property is a column `Z<NAME>`. Where several entities of one table have one
of the same name, they are told apart by a number at the end, in the order of the entities' own
numbers: the first has none, then come 1, 2, ... Both sets of numbers differ from system to
system, so they are derived from the store's copy of its own model (`Z_MODELCACHE`), never
written down here. Stores of one application that lie side by side may be of different models.

Without a model (older systems, stores that others made) the numbers cannot be known. But a row
fills only the columns of its own entity: among all columns that bear a property's name, the one
that is not NULL is it.
"""

import plistlib
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from rootcellar.apple.columns import (
    columns_of,
    derived_columns,
    loose_columns,
    misfits,
    table_of,
)
from rootcellar.apple.keyed_archives import KeyedArchiveError
from rootcellar.apple.object_models import Properties, decode_model


class Entity(Struct, frozen=True):
    """One kind of row. `numbers` are the `Z_ENT` of it and of all its sub-entities.

    `columns` maps the name of each property, in capitals and without the `Z`, to an SQL
    expression over the table's columns: those of its own, of all entities above it, and of all
    below it, which its rows may be of.
    """

    name: str
    number: int
    parent: str
    table: str
    numbers: frozenset[int]
    columns: Mapping[str, str]


class CoreDataStore(Struct, frozen=True):
    """The entities of one store by name. `version` is what the store says of its model.

    `modelled`: the columns were derived from the store's own model. `why` says why not.
    `metadata` is the property list that the store keeps of itself, `identity` its UUID.
    """

    entities: Mapping[str, Entity]
    modelled: bool
    why: str = ""
    version: str = ""
    identity: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def entity(self, name: str) -> Entity | None:
        """Return an entity, None where the store has none of this name."""
        return self.entities.get(name)

    def name_of(self, number: object) -> str:
        """Return the name of the entity of a row by its `Z_ENT`, "" for an unknown one."""
        return next((one.name for one in self.entities.values() if one.number == number), "")

    def is_a(self, number: object, name: str) -> bool:
        """Tell whether a row's `Z_ENT` is that of an entity or of a sub-entity of it."""
        entity = self.entities.get(name)
        return entity is not None and number in entity.numbers


Row = dict[str, Any]
"""A row's values that are not NULL, by property (`TITLE`); `Z_PK`, `Z_ENT`, `Z_FOK_...` too."""


def rows(
    connection: sqlite3.Connection, entity: Entity | None, where: str = "", order: str = "Z_PK"
) -> Iterator[Row]:
    """Yield the rows of an entity and its sub-entities; none where the store has no such entity.

    All rows of a table are of its root entity, whatever their numbers. `where` is SQL over
    properties by their names, such as `MARKEDFORDELETION = 0`.
    """
    if entity is None:
        return
    names, query = _query(entity, where, order)
    cursor = connection.cursor()
    cursor.row_factory = None
    for values in cursor.execute(query):
        yield {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _query(entity: Entity, where: str, order: str) -> tuple[list[str], str]:
    names = ["Z_PK", "Z_ENT", *entity.columns]
    chosen = ", ".join(f'{entity.columns.get(name, name)} AS "{name}"' for name in names)
    inner = f'SELECT {chosen} FROM "{entity.table}"'
    if entity.parent:
        inner += f" WHERE Z_ENT IN ({', '.join(map(str, sorted(entity.numbers)))})"
    if where:
        inner = f"SELECT * FROM ({inner}) WHERE {where}"
    return names, f"{inner} ORDER BY {order}"


def unknown_rows(connection: sqlite3.Connection, store: CoreDataStore) -> int:
    """Return how many rows are of entities that the store itself does not list."""
    known: dict[str, set[int]] = {}
    for one in store.entities.values():
        known.setdefault(one.table, set()).add(one.number)
    count = 0
    for table, numbers in known.items():
        listed = ", ".join(map(str, sorted(numbers)))
        query = f'SELECT count(*) FROM "{table}" WHERE Z_ENT NOT IN ({listed})'
        count += next(iter(connection.execute(query).fetchone()))
    return count


def read_store(connection: sqlite3.Connection) -> CoreDataStore:
    """Return what a store says of itself; one that is no Core Data store has no entities."""
    tables = _tables(connection)
    named = _numbered(connection, tables)
    properties, version, why = _model(connection, tables, named)
    metadata, identity = _metadata(connection, tables)
    lines = {name: _line(name, named) for name in named}
    derived = derived_columns(lines, properties)
    differs = misfits(lines, derived, tables)
    entities = {}
    for name, (number, parent) in named.items():
        table = table_of(lines[name][-1], tables)
        if table:
            columns = tables[table]
            below = [one for one, line in lines.items() if name in line]
            owners = dict.fromkeys((*reversed(lines[name]), *below))
            if properties:
                chosen = columns_of(owners, derived, differs[table], columns)
            else:
                chosen = loose_columns(columns)
            numbers = frozenset(named[one][0] for one in below)
            entities[name] = Entity(name, number, parent, table, numbers, chosen)
    version = version or _said_version(metadata)
    return CoreDataStore(entities, bool(properties), why, version, identity, metadata)


def _tables(connection: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        str(name): tuple(row[1] for row in connection.execute(f'PRAGMA table_info("{name}")'))
        for (name,) in map(tuple, found)
    }


Numbered = Mapping[str, tuple[int, str]]
"""By entity: its number, and the name of the entity above it ("" for none)."""


def _numbered(connection: sqlite3.Connection, tables: Mapping[str, tuple[str, ...]]) -> Numbered:
    if not {"Z_ENT", "Z_NAME", "Z_SUPER"} <= set(tables.get("Z_PRIMARYKEY", ())):
        return {}
    query = "SELECT Z_ENT, Z_NAME, Z_SUPER FROM Z_PRIMARYKEY WHERE length(Z_NAME) > 0"
    listed = [
        (number, str(name), above)
        for number, name, above in map(tuple, connection.execute(query))
        if isinstance(number, int)
    ]
    names = {number: name for number, name, _ in listed}
    return {
        name: (number, names.get(above, "") if above != number else "")
        for number, name, above in sorted(listed, key=lambda one: one[0])
    }


def _line(name: str, named: Numbered) -> list[str]:
    """Return an entity and those above it, itself first; a cycle ends it."""
    line: list[str] = []
    while name and name not in line:
        line.append(name)
        name = named[name][1] if name in named else ""
    return line


# -- with a model ------------------------------------------------------------------------------


def _model(
    connection: sqlite3.Connection, tables: Mapping[str, tuple[str, ...]], named: Numbered
) -> tuple[Properties, str, str]:
    """Return the store's own model, its version, and why there is none."""
    if "Z_CONTENT" not in tables.get("Z_MODELCACHE", ()):
        return {}, "", "the store keeps no model"
    row = connection.execute("SELECT Z_CONTENT FROM Z_MODELCACHE").fetchone()
    if row is None or not isinstance(row[0], bytes) or not row[0]:
        return {}, "", "the store's model is empty"
    try:
        properties, version = decode_model(row[0])
    except KeyedArchiveError as error:
        return {}, "", f"the store's model cannot be read: {error}"
    if not set(named) & set(properties):
        return {}, "", "the store's model is not that of its tables"
    return properties, version, ""


# -- what a store says of itself ---------------------------------------------------------------


def _metadata(
    connection: sqlite3.Connection, tables: Mapping[str, tuple[str, ...]]
) -> tuple[dict[str, Any], str]:
    if not {"Z_UUID", "Z_PLIST"} <= set(tables.get("Z_METADATA", ())):
        return {}, ""
    row = connection.execute("SELECT Z_UUID, Z_PLIST FROM Z_METADATA").fetchone()
    if row is None:
        return {}, ""
    try:
        value = plistlib.loads(row[1])
    except Exception:  # noqa: BLE001 - plistlib raises nearly anything for odd bytes
        value = {}
    return value if isinstance(value, dict) else {}, str(row[0] or "")


def _said_version(metadata: Mapping[str, Any]) -> str:
    versions = metadata.get("NSStoreModelVersionIdentifiers")
    if not isinstance(versions, list):
        return ""
    return ", ".join(sorted(str(one) for one in versions if one))
