"""How the state takes over what a committed batch changed."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from rootcellar.archive.names import fold
from rootcellar.state.holdings import DOCUMENT, FILE, ITEM
from rootcellar.state.rows import Settlement, StoredDocument, StoredItem, StoredMembers

_ITEM_NAMES = tuple(ITEM.split(", "))
_FILE_NAMES = tuple(FILE.split(", "))


class Settling:
    """Writes the rows of one archive, inside a transaction of the store's."""

    def __init__(self, connection: sqlite3.Connection, archive: int) -> None:
        self.connection = connection
        self.archive = archive

    def take_over(self, settlement: Settlement, moment: datetime) -> None:
        """Write all that a settlement says; twice does no harm."""
        for exporter, old, new in settlement.rekeyed:
            self.connection.execute(
                "UPDATE OR IGNORE item SET key = ? WHERE archive = ? AND exporter = ? AND key = ?",
                (new, self.archive, exporter, old),
            )
        self.put_items(settlement.items)
        for path in settlement.dropped:
            self.connection.execute(
                "DELETE FROM document WHERE archive = ? AND folded = ?",
                (self.archive, fold(path)),
            )
        for document in settlement.documents:
            self.put_document(document)
        for members in settlement.members:
            self.put_members(members)
        self._put_losses(settlement.losses, moment)

    def put_items(self, items: Sequence[StoredItem]) -> None:
        """Put items in place; all old files go first, as one may take a name another leaves."""
        known = self._known_ids(items)
        for table in ("file", "missing"):
            self.connection.executemany(
                f"DELETE FROM {table} WHERE item = ?", [(row,) for row in known.values()]
            )
        for item in items:
            row = self._put_item(item, known.get((item.exporter, item.key)))
            self._put_files(row, item)
        self.connection.executemany(
            "DELETE FROM promise WHERE archive = ? AND exporter = ? AND key = ?",
            [(self.archive, item.exporter, item.key) for item in items],
        )

    def _known_ids(self, items: Sequence[StoredItem]) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for exporter in {item.exporter for item in items}:  # two may use the same keys
            keys = [item.key for item in items if item.exporter == exporter]
            for row, key in self.connection.execute(
                "SELECT item.id, item.key FROM json_each(?) AS wanted CROSS JOIN item "
                "ON archive = ? AND exporter = ? AND item.key = wanted.value",
                (json.dumps(keys), self.archive, exporter),
            ):
                found[exporter, key] = row
        return found

    def _put_item(self, item: StoredItem, known: int | None) -> int:
        values = (*_values(item, _ITEM_NAMES), item.folder)
        if known is not None:
            sets = ", ".join(f"{name} = ?" for name in (*_ITEM_NAMES, "folder"))
            self.connection.execute(f"UPDATE item SET {sets} WHERE id = ?", (*values, known))
            return known
        cursor = self.connection.execute(
            f"INSERT INTO item (archive, {ITEM}, folder) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self.archive, *values),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _put_files(self, row: int, item: StoredItem) -> None:
        self.connection.executemany(
            f"INSERT INTO file (archive, item, folded, {FILE}) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    self.archive,
                    row,
                    fold(file.path),
                    *(getattr(file, name) for name in _FILE_NAMES),
                )
                for file in item.files
            ],
        )
        self.connection.executemany(
            "INSERT OR REPLACE INTO missing VALUES (?, ?, ?, ?, ?, ?)",
            [
                (row, gap.role, gap.reason, gap.hint, json.dumps(gap.awaits), gap.failed)
                for gap in item.missing
            ],
        )

    def put_document(self, document: StoredDocument) -> None:
        """Remember a records file or a gathering."""
        values = [getattr(document, name) for name in DOCUMENT.split(", ")]
        self.connection.execute(
            f"INSERT OR REPLACE INTO document (archive, folded, {DOCUMENT}) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self.archive, fold(document.path), *values),
        )

    def put_members(self, members: StoredMembers) -> None:
        """Remember whom a gathering lists; items are told by their rows, whatever their keys."""
        gathering = (self.archive, members.exporter, members.gathering)
        self.connection.execute(
            "DELETE FROM member WHERE archive = ? AND exporter = ? AND gathering = ?", gathering
        )
        self.connection.executemany(
            "INSERT INTO member SELECT ?, ?, ?, ?, json_group_array(id) FROM (SELECT item.id "
            "FROM json_each(?) AS listed CROSS JOIN item ON archive = ? AND exporter = ? "
            "AND item.key = listed.value ORDER BY listed.id)",
            [
                (*gathering, name, json.dumps(keys), self.archive, members.exporter)
                for name, keys in members.groups.items()
            ],
        )

    def _put_losses(self, losses: Iterable[tuple[str, str]], moment: datetime) -> None:
        self.connection.executemany(
            "INSERT OR IGNORE INTO loss VALUES (?, ?, ?, ?)",
            [
                (self.archive, exporter, key, moment.isoformat(timespec="seconds"))
                for exporter, key in losses
            ],
        )


def _values(row: object, names: Sequence[str]) -> list[object]:
    return [getattr(row, name) for name in names]
