"""What archives hold, as the state knows it: items, their files, records files, gatherings."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from rootcellar.archive.layout import RECORDS
from rootcellar.archive.names import fold, folder_of
from rootcellar.state.coverage import MISSING, missing_of
from rootcellar.state.rows import ArchiveRow, Missing, StoredFile, StoredItem

ITEM = (
    "exporter, key, title, place, stem, fingerprint, store, in_trash, gone, line, scope, outside"
)
FILE = "role, path, size, sha256, mtime_ns, source, view, rendered, kept"
_ALIKE = (
    "FROM file JOIN item ON item.id = file.item "
    "WHERE file.archive = ? AND size = ? AND role = ? AND exporter = ? AND NOT gone"
)
BATCH = 400
"""How many keys go into one query; SQLite allows 999 variables everywhere."""


class Holdings:
    """Answers questions about what archives hold; changes nothing.

    A CROSS JOIN says that the first table is the small one (what was kept):
    every run asks, also one with nothing to do.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    # -- items -------------------------------------------------------------------------------

    def items(
        self, archive: ArchiveRow, exporter: str, keys: Sequence[str]
    ) -> dict[str, StoredItem]:
        """Return the items with these keys, with their files and what they miss."""
        found: dict[str, StoredItem] = {}
        for start in range(0, len(keys), BATCH):
            some = keys[start : start + BATCH]
            marks = ",".join("?" * len(some))
            rows = self.connection.execute(
                f"SELECT id, {ITEM} FROM item "
                f"WHERE archive = ? AND exporter = ? AND key IN ({marks})",
                (archive.id, exporter, *some),
            ).fetchall()
            found |= {item.key: item for item in self._with_files(rows)}
        return found

    def _with_files(self, rows: Sequence[tuple[object, ...]]) -> Iterator[StoredItem]:
        files: dict[object, list[StoredFile]] = {}
        gaps: dict[object, list[Missing]] = {}
        marks = ",".join("?" * len(rows))
        ids = [row[0] for row in rows]
        for item, *values in self.connection.execute(
            f"SELECT item, {FILE} FROM file WHERE item IN ({marks}) ORDER BY id", ids
        ):
            files.setdefault(item, []).append(_file(values))
        for item, *values in self.connection.execute(
            f"SELECT item, {MISSING} FROM missing WHERE item IN ({marks}) ORDER BY item, role", ids
        ):
            gaps.setdefault(item, []).append(missing_of(values))
        targets: dict[object, list[str]] = {}
        for item, target in self.connection.execute(
            f"SELECT item, target FROM reference WHERE item IN ({marks})", ids
        ):
            targets.setdefault(item, []).append(target)
        for identity, *values in rows:
            yield replace(
                _item(values),
                files=tuple(files.get(identity, ())),
                missing=tuple(gaps.get(identity, ())),
                refers_to=tuple(targets.get(identity, ())),
            )

    def referring(
        self, archive: ArchiveRow, exporter: str, targets: Sequence[str] | None
    ) -> list[str]:
        """Return the keys of items that refer to any of these keys (None: that refer at all)."""
        query = (
            "SELECT DISTINCT key FROM reference CROSS JOIN item ON item.id = reference.item "
            "WHERE archive = ? AND exporter = ?"
        )
        if targets is None:
            rows = self.connection.execute(f"{query} ORDER BY key", (archive.id, exporter))
            return [key for (key,) in rows]
        found: set[str] = set()
        for start in range(0, len(targets), BATCH):
            some = targets[start : start + BATCH]
            marks = ",".join("?" * len(some))
            rows = self.connection.execute(
                f"{query} AND target IN ({marks})", (archive.id, exporter, *some)
            )
            found |= {key for (key,) in rows}
        return sorted(found)

    def folder_lines(self, archive: ArchiveRow, folder: str) -> dict[str, tuple[str, str]]:
        """Return, by key, (exporter, line digest) of the items whose lines lie in a folder."""
        rows = self.connection.execute(
            "SELECT key, exporter, line FROM item WHERE archive = ? AND folder = ?",
            (archive.id, folder),
        )
        return {key: (exporter, line) for key, exporter, line in rows}

    def holder(self, archive: ArchiveRow, folded: str) -> tuple[str, str] | None:
        """Return (exporter, key) of the item or document that bears this folded path."""
        row = self.connection.execute(
            "SELECT exporter, key FROM file JOIN item ON item.id = file.item "
            "WHERE file.archive = ? AND folded = ? "
            "UNION ALL SELECT exporter, key FROM document WHERE archive = ? AND folded = ?",
            (archive.id, folded, archive.id, folded),
        ).fetchone()
        return (row[0], row[1]) if row else None

    def names_in(self, archive: ArchiveRow, folder: str) -> dict[str, tuple[str, str]]:
        """Return, by folded path, (exporter, key) of all files that are directly in a folder.

        `folder` is folded.
        """
        low, high = f"{folder}/", f"{folder}0"  # "0" follows "/"
        here = "folded >= ? AND folded < ? AND instr(substr(folded, ?), '/') = 0"
        bounds = (archive.id, low, high, len(low) + 1)
        rows = self.connection.execute(
            "SELECT folded, exporter, key FROM file JOIN item ON item.id = file.item "
            f"WHERE file.archive = ? AND {here} "
            f"UNION ALL SELECT folded, exporter, key FROM document WHERE archive = ? AND {here}",
            (*bounds, *bounds),
        )
        return {folded: (exporter, key) for folded, exporter, key in rows}

    def folders(self, archive: ArchiveRow, exporter: str) -> list[str]:
        """Return the folders of the archive in which records of an exporter's items lie."""
        rows = self.connection.execute(
            "SELECT DISTINCT folder FROM item WHERE archive = ? AND exporter = ? ORDER BY folder",
            (archive.id, exporter),
        )
        return [folder for (folder,) in rows]

    def spelling(self, archive: int, folder: str) -> str:
        """Return how the archive with this id spells a folded folder; empty when it has none.

        Where the folder has a records file of its own, as that is spelled: what lies in folders
        below may spell it otherwise, on a drive that tells the two apart.
        """
        row = self.connection.execute(
            "SELECT path FROM document WHERE archive = ? AND folded = ?",
            (archive, f"{folder}/{RECORDS}"),
        ).fetchone()
        if row:
            return folder_of(row[0])
        low, high = f"{folder}/", f"{folder}0"  # "0" follows "/"
        row = self.connection.execute(
            "SELECT path FROM file WHERE archive = ? AND folded >= ? AND folded < ? "
            "UNION ALL SELECT path FROM document WHERE archive = ? AND folded >= ? AND folded < ? "
            "LIMIT 1",
            (archive, low, high, archive, low, high),
        ).fetchone()
        return "/".join(row[0].split("/")[: folder.count("/") + 1]) if row else ""

    def primary_paths(
        self, archive: ArchiveRow, exporter: str, keys: Sequence[str]
    ) -> Iterator[tuple[str, bool, str]]:
        """Yield (path, gone, key) of those items that are known, in the order of `keys`.

        The path is that of the item's first file; empty when the archive holds none.
        """
        for path, gone, key in self.connection.execute(
            "SELECT (SELECT path FROM file WHERE item = item.id ORDER BY id LIMIT 1), gone, "
            "item.key FROM json_each(?) AS wanted CROSS JOIN item ON archive = ? AND exporter = ? "
            "AND item.key = wanted.value ORDER BY wanted.id",
            (json.dumps(list(keys)), archive.id, exporter),
        ):
            yield path or "", bool(gone), key

    def folders_of(
        self, archive: ArchiveRow, exporter: str, keys: Sequence[str]
    ) -> Iterator[tuple[str, str]]:
        """Yield (key, folder) of those items that are known: where the lines of theirs lie."""
        for key, stem in self.connection.execute(
            "SELECT key, stem FROM item WHERE archive = ? AND exporter = ? "
            "AND key IN (SELECT value FROM json_each(?))",
            (archive.id, exporter, json.dumps(list(keys))),
        ):
            yield key, stem.rpartition("/")[0]

    def rows_of(self, archive: ArchiveRow, exporter: str, keys: Sequence[str]) -> set[int]:
        """Return the rows of the items with these keys."""
        rows = self.connection.execute(
            "SELECT item.id FROM json_each(?) AS wanted CROSS JOIN item ON archive = ? "
            "AND exporter = ? AND item.key = wanted.value",
            (json.dumps(list(keys)), archive.id, exporter),
        )
        return {row for (row,) in rows}

    def has_size(self, archive: ArchiveRow, exporter: str, role: str, size: int) -> bool:
        """Return whether a living item has a file of this role and size."""
        row = self.connection.execute(
            f"SELECT 1 {_ALIKE} LIMIT 1", (archive.id, size, role, exporter)
        )
        return row.fetchone() is not None

    def same_content(
        self, archive: ArchiveRow, exporter: str, role: str, size: int, sha256: str
    ) -> list[tuple[str, str]]:
        """Return (key, place) of living items that have a file of this role and content."""
        return self.connection.execute(
            f"SELECT key, place {_ALIKE} AND sha256 = ? ORDER BY key",
            (archive.id, size, role, exporter, sha256),
        ).fetchall()

    def has_any_of_size(self, archive: ArchiveRow, size: int) -> bool:
        """Return whether any file of the archive has this size."""
        row = self.connection.execute(
            "SELECT 1 FROM file WHERE archive = ? AND size = ? LIMIT 1", (archive.id, size)
        )
        return row.fetchone() is not None

    def has_content(self, archive: ArchiveRow, size: int, sha256: str) -> bool:
        """Return whether any file of the archive has this content."""
        row = self.connection.execute(
            "SELECT 1 FROM file WHERE archive = ? AND size = ? AND sha256 = ? LIMIT 1",
            (archive.id, size, sha256),
        )
        return row.fetchone() is not None

    def kept(self, archive: ArchiveRow, exporter: str) -> tuple[str, ...]:
        """Return the paths of the views that are behind, because a person has edited them."""
        rows = self.connection.execute(
            "SELECT path FROM file CROSS JOIN item ON item.id = file.item "
            "WHERE file.archive = ? AND exporter = ? AND kept "
            "UNION ALL SELECT path FROM document WHERE archive = ? AND exporter = ? "
            "AND kind = 'page' AND digest = 'kept' ORDER BY path",
            (archive.id, exporter, archive.id, exporter),
        )
        return tuple(path for (path,) in rows)

    def viewed(self, archive: ArchiveRow, exporter: str) -> list[str]:
        """Return the keys of the items that have pages, by their folders."""
        rows = self.connection.execute(
            "SELECT DISTINCT item.key FROM item JOIN file ON file.item = item.id "
            "WHERE item.archive = ? AND exporter = ? AND view AND rendered <> '' "
            "ORDER BY folder, item.key",
            (archive.id, exporter),
        )
        return [key for (key,) in rows]

    def view_at(self, archive: ArchiveRow, path: str) -> tuple[str, str, str] | None:
        """Return (exporter, key, path) of the item whose page lies at a path, or None."""
        row = self.connection.execute(
            "SELECT exporter, item.key, path FROM file JOIN item ON item.id = file.item "
            "WHERE file.archive = ? AND folded = ? AND view",
            (archive.id, fold(path)),
        ).fetchone()
        return (row[0], row[1], row[2]) if row else None


def _item(values: Sequence[Any]) -> StoredItem:
    exporter, key, title, place, stem, fingerprint, store, *rest = values
    in_trash, gone, line, scope, outside = rest
    return StoredItem(
        exporter,
        key,
        title,
        place,
        stem,
        fingerprint,
        store,
        bool(in_trash),
        bool(gone),
        line,
        scope=scope,
        outside=bool(outside),
    )


def _file(values: Sequence[Any]) -> StoredFile:
    role, path, size, sha256, mtime_ns, source, view, rendered, kept = values
    return StoredFile(role, path, size, sha256, mtime_ns, source, bool(view), rendered, bool(kept))
