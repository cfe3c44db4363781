"""How the state takes over what a committed batch changed."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rootcellar.archive.names import fold
from rootcellar.state.coverage import missing_values
from rootcellar.state.documents import DOCUMENT
from rootcellar.state.holdings import FILE, ITEM
from rootcellar.state.rows import Settlement, StoredDocument, StoredItem, StoredMembers
from rootcellar.state.trees import TOUCH

_ITEM_NAMES = tuple(ITEM.split(", "))
_FILE_NAMES = tuple(FILE.split(", "))


def from_journal(settlement: dict[str, Any]) -> Settlement:
    """Return a settlement as a journal carries it: plain JSON."""
    import msgspec

    return msgspec.convert(settlement, Settlement)


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
        self._forget_glances([(exporter, old) for exporter, old, _ in settlement.rekeyed])
        self.put_items(settlement.items)
        for path in settlement.dropped:
            self._touch_document(path)
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
        self.connection.executemany(
            f"{TOUCH} SELECT archive, path, folded FROM file WHERE item = ?",
            [(row,) for row in known.values()],
        )
        for table in ("file", "missing", "reference"):
            self.connection.executemany(
                f"DELETE FROM {table} WHERE item = ?", [(row,) for row in known.values()]
            )
        (last,) = self.connection.execute("SELECT ifnull(max(id), 0) FROM item").fetchone()
        new = [item for item in items if (item.exporter, item.key) not in known]
        rows = {**known, **_numbered(new, last + 1)}
        self._put_rows([(rows[item.exporter, item.key], item) for item in items], last)
        self.connection.executemany(
            "DELETE FROM promise WHERE archive = ? AND exporter = ? AND key = ?",
            [(self.archive, item.exporter, item.key) for item in items],
        )

        self._forget_glances([(item.exporter, item.key) for item in items])
        self.connection.executemany(
            "DELETE FROM labelling WHERE archive = ? AND exporter = ?",
            [(self.archive, exporter) for exporter in {item.exporter for item in items}],
        )

    def _forget_glances(self, items: Sequence[tuple[str, str]]) -> None:
        """Forget how items looked: they are looked at again, unless the run ends well."""
        self.connection.executemany(
            "DELETE FROM glance WHERE archive = ? AND exporter = ? AND key = ?",
            [(self.archive, exporter, key) for exporter, key in items],
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

    def _put_rows(self, items: Sequence[tuple[int, StoredItem]], last: int) -> None:
        """Write items with their rows; those after `last` are new."""
        sets = ", ".join(f"{name} = ?" for name in (*_ITEM_NAMES, "folder"))
        self.connection.executemany(
            f"UPDATE item SET {sets} WHERE id = ?",
            [
                (*_values(item, _ITEM_NAMES), item.folder, row)
                for row, item in items
                if row <= last
            ],
        )
        self.connection.executemany(
            f"INSERT INTO item (id, archive, {ITEM}, folder) "
            f"VALUES (?, ?{', ?' * len(_ITEM_NAMES)}, ?)",
            [
                (row, self.archive, *_values(item, _ITEM_NAMES), item.folder)
                for row, item in items
                if row > last
            ],
        )
        self.connection.executemany(
            f"INSERT INTO file (archive, item, folded, {FILE}) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (self.archive, row, fold(file.path), *_values(file, _FILE_NAMES))
                for row, item in items
                for file in item.files
            ],
        )
        self.connection.executemany(
            f"{TOUCH} VALUES (?, ?, ?)",
            [
                (self.archive, file.path, fold(file.path))
                for _, item in items
                for file in item.files
            ],
        )
        self.connection.executemany(
            "INSERT OR REPLACE INTO missing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(row, *missing_values(gap)) for row, item in items for gap in item.missing],
        )
        self.connection.executemany(
            "INSERT OR IGNORE INTO reference VALUES (?, ?)",
            [(row, target) for row, item in items for target in item.refers_to],
        )

    def put_document(self, document: StoredDocument) -> None:
        """Remember a records file or a gathering."""
        self._touch_document(document.path)
        values = [getattr(document, name) for name in DOCUMENT.split(", ")]
        self.connection.execute(
            f"INSERT OR REPLACE INTO document (archive, folded, {DOCUMENT}) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self.archive, fold(document.path), *values),
        )

    def _touch_document(self, path: str) -> None:
        """Take down that a document comes or goes; one that bears another case goes as well."""
        self.connection.execute(
            f"{TOUCH} SELECT archive, path, folded FROM document WHERE archive = ? AND folded = ?",
            (self.archive, fold(path)),
        )
        self.connection.execute(f"{TOUCH} VALUES (?, ?, ?)", (self.archive, path, fold(path)))

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


def _numbered(items: Sequence[StoredItem], first: int) -> dict[tuple[str, str], int]:
    """Return a row for every new item, in their order."""
    keys = dict.fromkeys((item.exporter, item.key) for item in items)
    return {key: row for row, key in enumerate(keys, first)}
