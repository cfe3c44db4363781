"""Build Core Data stores: tables laid out by a model, and the model itself, cached in the store.

A store's columns follow from its model by one rule (`Model.columns`), and Core Data keeps a copy
of the model in every store, as a keyed archive. Both are written here from a plain description,
so that a made-up store can be of any version of any application.
"""

from __future__ import annotations

import plistlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from rootcellar.sample.sqlite_files import Statement, write_with_wal

Value = str | int | float | bytes | None
INTEGER, DOUBLE, TEXT, FLAG, DATE, BYTES, IDENTIFIER, OBJECT = (
    300, 500, 700, 800, 900, 1000, 1100, 1800,
)  # fmt: skip
_SQL = {INTEGER: "INTEGER", DOUBLE: "FLOAT", TEXT: "VARCHAR", FLAG: "INTEGER", DATE: "TIMESTAMP"}

_PRIMARY_KEY = "Z_ENT INTEGER PRIMARY KEY, Z_NAME VARCHAR, Z_SUPER INTEGER, Z_MAX INTEGER"
_METADATA = "Z_VERSION INTEGER PRIMARY KEY, Z_UUID VARCHAR(255), Z_PLIST BLOB"


@dataclass(frozen=True)
class EntityModel:
    """One entity: its number, the one above it, and what it owns.

    `attributes` map names to types, `relations` (to one object each) to the entity they lead to.
    Of those in `ordered` the table also keeps each row's position among its fellows.
    """

    number: int
    parent: str = ""
    attributes: Mapping[str, int] = field(default_factory=dict)
    relations: Mapping[str, str] = field(default_factory=dict)
    ordered: Sequence[str] = ()


@dataclass(frozen=True)
class Model:
    """All entities of a store by name, and the version that the application gives to the model."""

    entities: Mapping[str, EntityModel]
    version: str

    @cached_property
    def numbered(self) -> list[tuple[str, EntityModel]]:
        """The entities in the order of their numbers."""
        return sorted(self.entities.items(), key=lambda one: one[1].number)

    def root(self, name: str) -> str:
        """Return the entity in whose table the rows of an entity lie."""
        while parent := self.entities[name].parent:
            name = parent
        return name

    def table(self, name: str) -> str:
        """Return the table of an entity."""
        return f"Z{self.root(name).upper()}"

    @cached_property
    def columns(self) -> dict[str, dict[str, str]]:
        """By entity, the columns of its own and inherited properties."""
        counts: dict[tuple[str, str], int] = {}
        owned: dict[str, dict[str, str]] = {}
        for name, entity in self.numbered:
            owned[name] = {}
            for one in (*entity.attributes, *entity.relations):
                at = (self.root(name), one.upper())
                number = counts[at] = counts.get(at, -1) + 1
                owned[name][one] = f"Z{one.upper()}{number or ''}"
        found = {}
        for name in self.entities:
            line, above = dict(owned[name]), self.entities[name].parent
            while above:
                line |= owned[above]
                above = self.entities[above].parent
            found[name] = line
        return found

    def ddl(self) -> Iterator[str]:
        """Yield the statements that make all tables, empty."""
        tables: dict[str, dict[str, str]] = {}
        for name, entity in self.numbered:
            columns = tables.setdefault(self.table(name), {})
            for one, kind in entity.attributes.items():
                columns[self.columns[name][one]] = _SQL.get(kind, "BLOB")
            for one in entity.relations:
                columns[self.columns[name][one]] = "INTEGER"
            for one in entity.ordered:
                columns[f"Z_FOK_{self.columns[name][one][1:]}"] = "INTEGER"
        for table, columns in tables.items():
            first = ("Z_PK INTEGER PRIMARY KEY", "Z_ENT INTEGER", "Z_OPT INTEGER")
            listed = (f"{column} {kind}" for column, kind in columns.items())
            yield f"CREATE TABLE {table} ({', '.join((*first, *listed))})"

    def cached(self) -> bytes:
        """Return the model as Core Data caches it in a store."""
        return deflated(_Archiver().model(self))


def deflated(data: bytes) -> bytes:
    """Return bytes deflated without a header."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(data) + compressor.flush()


def keyed_archive(kind: str, fields: Mapping[str, object]) -> bytes:
    """Return a keyed archive of one object of a class, with plain values and texts in it."""
    archiver = _Archiver()
    root = archiver.place(None)
    named = {name: archiver.value(one) for name, one in fields.items()}
    archiver.objects[root.data] = {**named, "$class": archiver.kind(kind)}
    return archiver.written(root)


class _Archiver:
    """Writes a graph of objects as NSKeyedArchiver does: all in one list, by number."""

    def __init__(self) -> None:
        self.objects: list[object] = ["$null"]
        self.kinds: dict[str, plistlib.UID] = {}

    def place(self, value: object) -> plistlib.UID:
        self.objects.append(value)
        return plistlib.UID(len(self.objects) - 1)

    def kind(self, name: str) -> plistlib.UID:
        if name not in self.kinds:
            described = {"$classname": name, "$classes": [name, "NSObject"]}
            self.kinds[name] = self.place(described)
        return self.kinds[name]

    def value(self, value: object) -> object:
        """Return a value as a field holds it: numbers in place, all else by reference."""
        if isinstance(value, bool | int | float):
            return value
        if isinstance(value, list | tuple):
            listed = [self.value(one) for one in value]
            return self.place({"NS.objects": listed, "$class": self.kind("NSArray")})
        if isinstance(value, dict):
            return self.dictionary({key: self.value(one) for key, one in value.items()})
        return self.place(value)

    def dictionary(self, values: Mapping[str, object]) -> plistlib.UID:
        return self.place(
            {
                "NS.keys": [self.place(key) for key in values],
                "NS.objects": list(values.values()),
                "$class": self.kind("NSMutableDictionary"),
            }
        )

    def model(self, model: Model) -> bytes:
        root = self.place(None)
        places = {name: self.place(None) for name, _ in model.numbered}
        for name, entity in model.numbered:
            self.objects[places[name].data] = {
                "$class": self.kind("NSEntityDescription"),
                "NSEntityName": self.place(name),
                "NSSuperentity": places.get(entity.parent, plistlib.UID(0)),
                "NSProperties": self._properties(name, entity, places),
            }
        versions = {"NS.objects": [self.place(model.version)], "$class": self.kind("NSSet")}
        self.objects[root.data] = {
            "$class": self.kind("NSManagedObjectModel"),
            "NSEntities": self.dictionary(places),
            "NSVersionIdentifiers": self.place(versions),
        }
        return self.written(root)

    def _properties(
        self, name: str, entity: EntityModel, places: Mapping[str, plistlib.UID]
    ) -> plistlib.UID:
        described: dict[str, object] = {}
        for one, kind in entity.attributes.items():
            described[one] = self.place(
                {
                    "$class": self.kind("NSAttributeDescription"),
                    "NSPropertyName": self.place(one),
                    "NSEntity": places[name],
                    "NSAttributeType": kind,
                }
            )
        for one, target in entity.relations.items():
            described[one] = self.place(
                {
                    "$class": self.kind("NSRelationshipDescription"),
                    "NSPropertyName": self.place(one),
                    "NSEntity": places[name],
                    "_NSDestinationEntityName": self.place(target),
                    "NSMaxCount": 1,
                }
            )
        return self.dictionary(described)

    def written(self, root: plistlib.UID) -> bytes:
        value = {
            "$version": 100_000,
            "$archiver": "NSKeyedArchiver",
            "$top": {"root": root},
            "$objects": self.objects,
        }
        return plistlib.dumps(value, fmt=plistlib.FMT_BINARY)


@dataclass
class StoreRows:
    """The rows of one store; `write` makes it.

    What is added after `begin_late` is only in the log beside it.
    Without `cached` the store keeps no copy of its model, as stores of old systems do not.
    """

    model: Model
    identity: str
    metadata: Mapping[str, object] = field(default_factory=dict)
    cached: bool = True
    rows: list[tuple[str, dict[str, Value]]] = field(default_factory=list)
    late: int | None = None
    _counts: dict[str, int] = field(default_factory=dict)

    def add(self, entity: str, **values: Value) -> int:
        """Add a row and return its Z_PK; values by property, positions as `fok_<property>`.

        What the model does not know is left out, so that one description fits every version.
        """
        table = self.model.table(entity)
        self._counts[table] = number = self._counts.get(table, 0) + 1
        columns = self.model.columns[entity]
        row: dict[str, Value] = {
            "Z_PK": number,
            "Z_ENT": self.model.entities[entity].number,
            "Z_OPT": 1,
        }
        for name, value in values.items():
            ordered = name.removeprefix("fok_")
            if ordered in columns:
                column = columns[ordered]
                row[f"Z_FOK_{column[1:]}" if ordered != name else column] = value
        self.rows.append((table, row))
        return number

    def change(self, entity: str, number: int, **values: Value) -> None:
        """Give a row that was added other values."""
        table, columns = self.model.table(entity), self.model.columns[entity]
        row = next(row for name, row in self.rows if (name, row["Z_PK"]) == (table, number))
        row.update({columns[name]: value for name, value in values.items() if name in columns})

    def begin_late(self) -> None:
        """Let the rows added from here on be the store's latest transaction."""
        self.late = len(self.rows)

    def write(self, path: Path) -> None:
        """Write the store to `path`, and its log beside it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        late = len(self.rows) if self.late is None else self.late
        inserts = [_insert(table, row) for table, row in self.rows]
        early = [*self._frame(), *inserts[:late]]
        write_with_wal(path, early, inserts[late:])

    def _frame(self) -> Iterator[Statement]:
        for statement in self.model.ddl():
            yield statement, ()
        yield f"CREATE TABLE Z_PRIMARYKEY ({_PRIMARY_KEY})", ()
        numbers = {name: entity.number for name, entity in self.model.numbered}
        for name, entity in self.model.numbered:
            values = (entity.number, name, numbers.get(entity.parent, 0))
            yield "INSERT INTO Z_PRIMARYKEY VALUES (?, ?, ?, 0)", values
        yield f"CREATE TABLE Z_METADATA ({_METADATA})", ()
        told = {**self.metadata, "NSStoreModelVersionIdentifiers": [self.model.version]}
        told_bytes = plistlib.dumps(told, fmt=plistlib.FMT_BINARY)
        yield "INSERT INTO Z_METADATA VALUES (1, ?, ?)", (self.identity, told_bytes)
        if self.cached:
            yield "CREATE TABLE Z_MODELCACHE (Z_CONTENT BLOB)", ()
            yield "INSERT INTO Z_MODELCACHE VALUES (?)", (self.model.cached(),)


def _insert(table: str, row: Mapping[str, Value]) -> Statement:
    marks = ", ".join("?" * len(row))
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values())
