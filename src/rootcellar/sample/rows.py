"""Collect the rows of a Core Data store and turn them into statements.

Pure. It numbers rows per table as Core Data does, and remembers which were added last, so that
they can be written to the ``-wal`` alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rootcellar.sample.photos_models import PARENTS, Model, root_entity
from rootcellar.sample.photos_schema import TABLES, column
from rootcellar.sample.sqlite_files import Statement

Value = str | int | float | bytes | None


class Rows:
    """The rows of one store, in the order in which they were added."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._maxima: Counter[str] = Counter()
        self._defaults: dict[str, dict[str, Value]] = {
            entity: dict.fromkeys(map(column, table.integers.split()), 0)
            for entity, table in TABLES.items()
        }
        self._current: list[Statement] = []
        self._early: list[Statement] | None = None
        self._early_maxima: Counter[str] = Counter()

    def add(self, entity: str, **values: Value) -> int:
        """Add a row of ``entity`` and return its Z_PK; the names are columns without their Z."""
        root = root_entity(entity)
        self._maxima[root] += 1
        number = self._maxima[root]
        row: dict[str, Value] = {"Z_PK": number, "Z_ENT": self._model.entities[entity]}
        row |= {"Z_OPT": 1, **self._defaults[root]}
        self._insert(TABLES[root].name, row | {column(k): v for k, v in values.items()})
        return number

    def next_key(self, entity: str) -> int:
        """Return the Z_PK that the next row of ``entity`` will get."""
        return self._maxima[root_entity(entity)] + 1

    def join_album(self, album: int, asset: int, order: int) -> None:
        """Make an asset a member of an album."""
        table, *columns = self._model.album_assets
        self._insert(table, dict(zip(columns, (album, asset, order), strict=True)))

    def join_keyword(self, attributes: int, keyword: int) -> None:
        """Give a keyword to the asset that owns ``attributes``."""
        table, *columns = self._model.asset_keywords
        self._insert(table, dict(zip(columns, (attributes, keyword), strict=True)))

    def begin_late(self) -> None:
        """Let everything added from here on be the store's latest transaction."""
        self._early, self._current = self._current, []
        self._early_maxima = self._maxima.copy()

    def statements(self, metadata: Statement) -> tuple[list[Statement], list[Statement]]:
        """Return the early statements, with the tables' definitions, and the late ones."""
        if self._early is None:
            self.begin_late()
        early: list[Statement] = [(ddl, ()) for ddl in self._model.ddl()]
        early += [metadata, *(self._early or ()), *self._primary_keys()]
        changed = sorted(root for root in self._maxima if self._grew(root))
        late = [
            *self._current,
            *(
                (
                    "UPDATE Z_PRIMARYKEY SET Z_MAX = ? WHERE Z_NAME = ?",
                    (self._maxima[root], root),
                )
                for root in changed
            ),
        ]
        return early, late

    def _grew(self, root: str) -> bool:
        return self._maxima[root] != self._early_maxima[root]

    def _primary_keys(self) -> list[Statement]:
        entities = self._model.entities
        return [
            (
                "INSERT INTO Z_PRIMARYKEY VALUES (?, ?, ?, ?)",
                (number, name, entities.get(PARENTS.get(name, ""), 0), self._early_maxima[name]),
            )
            for name, number in sorted(entities.items(), key=lambda item: item[1])
        ]

    def _insert(self, table: str, row: Mapping[str, Value]) -> None:
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        values: Sequence[object] = tuple(row.values())
        self._current.append((f"INSERT INTO {table} ({names}) VALUES ({marks})", values))
