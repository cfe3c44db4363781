"""How complete archives are, as the state knows it: what they hold of the source, and lack."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rootcellar.state.rows import ArchiveRow, Missing

MISSING = "role, reason, hint, awaits, failed, downloadable, missing.size, dated"


class Coverage:
    """Answers questions about what is safe and what is missing; changes nothing.

    A CROSS JOIN says that the first table is the small one (what is missing): every run asks,
    also one with nothing to do.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def living(self, archive: ArchiveRow, exporter: str) -> int:
        """Return how many items are in the source as far as known, and not in its trash."""
        query = (
            "SELECT count(*) FROM item WHERE archive = ? AND exporter = ? "
            "AND NOT gone AND NOT in_trash"
        )
        return int(self.connection.execute(query, (archive.id, exporter)).fetchone()[0])

    def is_living(self, archive: ArchiveRow, key: str) -> bool:
        """Return whether the source has an item of this key, as far as known."""
        row = self.connection.execute(
            "SELECT 1 FROM exporter JOIN item ON item.archive = exporter.archive AND NOT gone "
            "AND item.exporter = exporter.name AND key = ? WHERE exporter.archive = ?",
            (key, archive.id),
        )
        return row.fetchone() is not None

    def awaited(self, archive: ArchiveRow, exporter: str) -> Iterator[Path]:
        """Yield every path at which bytes that are missing would turn up."""
        for (awaits,) in self.connection.execute(
            "SELECT awaits FROM missing CROSS JOIN item ON item.id = missing.item "
            "WHERE archive = ? AND exporter = ? AND awaits <> '[]' AND NOT gone AND NOT outside",
            (archive.id, exporter),
        ):
            yield from map(Path, json.loads(awaits))

    def missing(self, archive: ArchiveRow, exporter: str) -> Iterator[tuple[str, str, Missing]]:
        """Yield (key, title, what is missing) of every living item that is not complete."""
        for key, title, *values in self.connection.execute(
            f"SELECT key, title, {MISSING} FROM missing "
            "CROSS JOIN item ON item.id = missing.item "
            "WHERE archive = ? AND exporter = ? AND NOT gone AND NOT outside "
            "ORDER BY place, key, role",
            (archive.id, exporter),
        ):
            yield key, title, missing_of(values)

    def totals(self, archive: ArchiveRow, exporter: str) -> tuple[int, int, int, int]:
        """Return how many items are in the source, in its trash, gone, and incomplete.

        Items that the settings leave out count only when they are gone.
        """
        present, trashed, gone = self.connection.execute(
            "SELECT count(*) FILTER (WHERE NOT gone AND NOT outside), "
            "count(*) FILTER (WHERE in_trash AND NOT gone AND NOT outside), "
            "count(*) FILTER (WHERE gone) FROM item WHERE archive = ? AND exporter = ?",
            (archive.id, exporter),
        ).fetchone()
        (incomplete,) = self.connection.execute(
            "SELECT count(DISTINCT item) FROM missing CROSS JOIN item ON item.id = missing.item "
            "WHERE archive = ? AND exporter = ? AND NOT gone AND NOT outside",
            (archive.id, exporter),
        ).fetchone()
        return present, trashed, gone, incomplete

    def scopes(self, archive: ArchiveRow, exporter: str) -> dict[str, tuple[int, int]]:
        """Return by scope how many items are in the source, and how many of them incomplete.

        Without those that the settings leave out, and without items that belong to no scope.
        """
        where = "archive = ? AND exporter = ? AND NOT gone AND NOT outside AND scope <> ''"
        counts = self.connection.execute(
            f"SELECT scope, count(*) FROM item WHERE {where} GROUP BY scope ORDER BY scope",
            (archive.id, exporter),
        ).fetchall()
        incomplete = dict(
            self.connection.execute(
                "SELECT scope, count(DISTINCT item) FROM missing "
                f"CROSS JOIN item ON item.id = missing.item WHERE {where} GROUP BY scope",
                (archive.id, exporter),
            ).fetchall()
        )
        return {scope: (count, incomplete.get(scope, 0)) for scope, count in counts}

    def size(self, archive: ArchiveRow, exporter: str) -> int:
        """Return how many bytes the files of an exporter's items take in the archive."""
        (size,) = self.connection.execute(
            "SELECT ifnull(sum(size), 0) FROM file JOIN item ON item.id = file.item "
            "WHERE file.archive = ? AND exporter = ?",
            (archive.id, exporter),
        ).fetchone()
        return int(size)


def missing_values(gap: Missing) -> tuple[object, ...]:
    """Return the values of a row of the table `missing`, without its item."""
    flags = (gap.failed, gap.downloadable)
    return (gap.role, gap.reason, gap.hint, json.dumps(gap.awaits), *flags, gap.size, gap.dated)


def missing_of(values: Sequence[Any]) -> Missing:
    """Return what a row of the table `missing` says: the columns that MISSING names."""
    role, reason, hint, awaits, failed, downloadable, size, dated = values
    awaited = tuple(json.loads(awaits))
    return Missing(role, reason, hint, awaited, bool(failed), bool(downloadable), size, dated)
