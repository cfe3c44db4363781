"""The state: what has been exported, for every archive of this machine, in one SQLite file.

Lives on the internal disk, never on an archive's drive, and can be rebuilt from the archive. This
module and its neighbours are the only writers of SQLite.
"""

import contextlib
import json
import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import platformdirs

from rootcellar.archive.names import fold
from rootcellar.errors import StateError
from rootcellar.state.migrations import is_newer, migrate
from rootcellar.state.rows import (
    ArchiveRow,
    ExporterRow,
    Missing,
    Settlement,
    StoredDocument,
    StoredFile,
    StoredItem,
)

_ITEM = "exporter, key, title, place, stem, fingerprint, store, in_trash, gone, line"
_FILE = "role, path, size, sha256, mtime_ns, source, view, rendered, kept"
_DOCUMENT = "kind, exporter, key, path, size, sha256, mtime_ns, place, digest, run"
BATCH = 400
"""How many keys go into one query; SQLite allows 999 variables everywhere."""


def default_path() -> Path:
    """Return where the state lives on this machine; ROOTCELLAR_STATE names another folder."""
    if folder := os.environ.get("ROOTCELLAR_STATE"):
        return Path(folder).expanduser() / "state.sqlite"
    return platformdirs.user_data_path("rootcellar") / "state.sqlite"


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


@contextlib.contextmanager
def state_errors(path: Path) -> Iterator[None]:
    """Tell what an error of SQLite's means to a person; raises StateError."""
    try:
        yield
    except sqlite3.Error as error:
        raise StateError(
            f"The state {path} cannot be used: {error}.",
            hint="Is the internal disk full? If the file is damaged, move it away and run "
            "`rootcellar rebuild --archive ARCHIVE`: everything in it can be made again.",
        ) from error


class StateStore:
    """The state file, open; a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.connection = sqlite3.connect(path, isolation_level=None, timeout=30)
            try:
                self._prepare()
            except BaseException:
                self.connection.close()
                raise
        except (OSError, sqlite3.OperationalError) as error:
            raise StateError(
                f"The state {path} cannot be opened: {error}.",
                hint="Check that this folder can be written to, or set ROOTCELLAR_STATE to one "
                "that can.",
            ) from error
        except sqlite3.DatabaseError as error:
            raise StateError(
                f"The state {path} is damaged: {error}.",
                hint="Move this file away and run `rootcellar rebuild --archive ARCHIVE`: "
                "everything in it can be made again from the archive.",
            ) from error

    def _prepare(self) -> None:
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        if sys.platform == "darwin":
            self.connection.execute("PRAGMA fullfsync = 1")
            self.connection.execute("PRAGMA checkpoint_fullfsync = 1")
        if is_newer(self.connection):
            raise StateError(
                f"The state {self.path} was written by a newer rootcellar.",
                hint="Update this rootcellar.",
            )
        migrate(self.connection)

    def __enter__(self) -> "StateStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is done inside, or none of it."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:  # SQLite may have rolled back by itself
                self.connection.execute("ROLLBACK")
            raise

    # -- archives ----------------------------------------------------------------------------

    def archive(self, uuid: str) -> ArchiveRow | None:
        """Return what is known of the archive with this uuid, or None."""
        row = self.connection.execute(
            "SELECT id, uuid, counter, token FROM archive WHERE uuid = ?", (uuid,)
        ).fetchone()
        return ArchiveRow(*row) if row else None

    def register(self, uuid: str, counter: int, token: str) -> ArchiveRow:
        """Get to know an archive, or set the run counter of a known one."""
        self.connection.execute(
            "INSERT INTO archive (uuid, counter, token) VALUES (?, ?, ?) "
            "ON CONFLICT (uuid) DO UPDATE SET counter = excluded.counter, token = excluded.token",
            (uuid, counter, token),
        )
        row = self.archive(uuid)
        assert row is not None
        return row

    def place_archive(self, archive: ArchiveRow, path: Path) -> None:
        """Remember where an archive was last seen."""
        self.connection.execute(
            "INSERT OR REPLACE INTO archive_path VALUES (?, ?, ?)",
            (str(path), archive.id, now().isoformat(timespec="seconds")),
        )

    def archive_paths(self) -> tuple[tuple[Path, str], ...]:
        """Return every path an archive was ever seen at, the latest first, with its uuid."""
        rows = self.connection.execute(
            "SELECT path, uuid FROM archive_path JOIN archive ON archive.id = archive "
            "ORDER BY seen DESC, path"
        )
        return tuple((Path(path), uuid) for path, uuid in rows)

    def clear(self, archive: ArchiveRow) -> None:
        """Forget every item of an archive, before it is rebuilt from the archive itself."""
        for table in ("missing", "file"):
            self.connection.execute(
                f"DELETE FROM {table} WHERE item IN (SELECT id FROM item WHERE archive = ?)",
                (archive.id,),
            )
        for table in ("item", "document", "exporter", "promise"):
            self.connection.execute(f"DELETE FROM {table} WHERE archive = ?", (archive.id,))

    def forget(self, archive: ArchiveRow) -> None:
        """Forget an archive altogether: one that was made and unmade in the same run."""
        with self.transaction():
            self.clear(archive)
            for table in ("loss", "run", "archive_path"):
                self.connection.execute(f"DELETE FROM {table} WHERE archive = ?", (archive.id,))
            self.connection.execute("DELETE FROM archive WHERE id = ?", (archive.id,))

    # -- settling ----------------------------------------------------------------------------

    def settle(self, settlement: Settlement) -> None:
        """Take over what a committed batch changed; settling it twice does no harm.

        A settlement of a run this state knows nothing of (the state was restored from a backup)
        is left out: the run counter then differs, and the next export rebuilds.
        """
        archive = self.archive(settlement.archive)
        if archive is None or archive.token not in (settlement.base, settlement.token):
            return
        with self.transaction():
            for exporter, old, new in settlement.rekeyed:
                self.connection.execute(
                    "UPDATE OR IGNORE item SET key = ? "
                    "WHERE archive = ? AND exporter = ? AND key = ?",
                    (new, archive.id, exporter, old),
                )
            # All old rows go first: within a batch one item may take a name another one leaves.
            self._put_items(archive.id, settlement.items)
            for path in settlement.dropped:
                self.connection.execute(
                    "DELETE FROM document WHERE archive = ? AND folded = ?",
                    (archive.id, fold(path)),
                )
            for document in settlement.documents:
                self.put_document(archive.id, document)
            self._put_losses(archive.id, settlement.losses)
            self.register(archive.uuid, settlement.counter, settlement.token)

    def restore(
        self,
        archive: ArchiveRow,
        items: Sequence[StoredItem],
        documents: Sequence[StoredDocument],
    ) -> None:
        """Take over what was read from the archive itself, into a state that was cleared."""
        self._put_items(archive.id, items)
        for document in documents:
            self.put_document(archive.id, document)

    def _put_items(self, archive: int, items: Sequence[StoredItem]) -> None:
        """Put items in place; all old files go first, as one may take a name another leaves."""
        known = self._known_ids(archive, items)
        for table in ("file", "missing"):
            self.connection.executemany(
                f"DELETE FROM {table} WHERE item = ?", [(row,) for row in known.values()]
            )
        for item in items:
            row = self._put_item(archive, item, known.get((item.exporter, item.key)))
            self._put_files(archive, row, item)
        self.connection.executemany(
            "DELETE FROM promise WHERE archive = ? AND exporter = ? AND key = ?",
            [(archive, item.exporter, item.key) for item in items],
        )

    def _known_ids(self, archive: int, items: Sequence[StoredItem]) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for exporter in {item.exporter for item in items}:  # two may use the same keys
            keys = [item.key for item in items if item.exporter == exporter]
            for start in range(0, len(keys), BATCH):
                some = keys[start : start + BATCH]
                marks = ",".join("?" * len(some))
                for row, key in self.connection.execute(
                    "SELECT id, key FROM item "
                    f"WHERE archive = ? AND exporter = ? AND key IN ({marks})",
                    (archive, exporter, *some),
                ):
                    found[exporter, key] = row
        return found

    def _put_item(self, archive: int, item: StoredItem, known: int | None) -> int:
        values = (*(getattr(item, name) for name in _ITEM_NAMES), item.folder)
        if known is not None:
            sets = ", ".join(f"{name} = ?" for name in (*_ITEM_NAMES, "folder"))
            self.connection.execute(f"UPDATE item SET {sets} WHERE id = ?", (*values, known))
            return known
        cursor = self.connection.execute(
            f"INSERT INTO item (archive, {_ITEM}, folder) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (archive, *values),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _put_files(self, archive: int, row: int, item: StoredItem) -> None:
        self.connection.executemany(
            f"INSERT INTO file (archive, item, folded, {_FILE}) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (archive, row, fold(file.path), *(getattr(file, name) for name in _FILE_NAMES))
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

    def put_document(self, archive: int, document: StoredDocument) -> None:
        """Remember a records file or a gathering."""
        values = [getattr(document, name) for name in _DOCUMENT.split(", ")]
        self.connection.execute(
            f"INSERT OR REPLACE INTO document (archive, folded, {_DOCUMENT}) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (archive, fold(document.path), *values),
        )

    def _put_losses(self, archive: int, losses: Iterable[tuple[str, str]]) -> None:
        self.connection.executemany(
            "INSERT OR IGNORE INTO loss VALUES (?, ?, ?, ?)",
            [
                (archive, exporter, key, now().isoformat(timespec="seconds"))
                for exporter, key in losses
            ],
        )

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
                f"SELECT id, {_ITEM} FROM item "
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
            f"SELECT item, {_FILE} FROM file WHERE item IN ({marks}) ORDER BY id", ids
        ):
            files.setdefault(item, []).append(_file(values))
        for item, role, reason, hint, awaits, failed in self.connection.execute(
            f"SELECT * FROM missing WHERE item IN ({marks}) ORDER BY item, role", ids
        ):
            gap = Missing(role, reason, hint, tuple(json.loads(awaits)), bool(failed))
            gaps.setdefault(item, []).append(gap)
        for identity, *values in rows:
            yield replace(
                _item(values),
                files=tuple(files.get(identity, ())),
                missing=tuple(gaps.get(identity, ())),
            )

    def living(self, archive: ArchiveRow, exporter: str) -> int:
        """Return how many items are in the source as far as known, and not in its trash."""
        query = (
            "SELECT count(*) FROM item WHERE archive = ? AND exporter = ? "
            "AND NOT gone AND NOT in_trash"
        )
        return int(self.connection.execute(query, (archive.id, exporter)).fetchone()[0])

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
        """Return, by folded path, (exporter, key) of all that is directly in a folder, and below.

        `folder` is folded.
        """
        low, high = f"{folder}/", f"{folder}0"  # "0" follows "/"
        rows = self.connection.execute(
            "SELECT folded, exporter, key FROM file JOIN item ON item.id = file.item "
            "WHERE file.archive = ? AND folded >= ? AND folded < ? "
            "UNION ALL SELECT folded, exporter, key FROM document "
            "WHERE archive = ? AND folded >= ? AND folded < ?",
            (archive.id, low, high, archive.id, low, high),
        )
        return {folded: (exporter, key) for folded, exporter, key in rows}

    def primary_paths(
        self, archive: ArchiveRow, exporter: str, keys: Sequence[str]
    ) -> dict[str, tuple[str, bool]]:
        """Return, for each key known, the path of the item's first file ('' if none) and gone."""
        found: dict[str, tuple[str, bool]] = {}
        for start in range(0, len(keys), BATCH):
            some = keys[start : start + BATCH]
            marks = ",".join("?" * len(some))
            for key, gone, path in self.connection.execute(
                "SELECT key, gone, (SELECT path FROM file WHERE item = item.id ORDER BY id "
                f"LIMIT 1) FROM item WHERE archive = ? AND exporter = ? AND key IN ({marks})",
                (archive.id, exporter, *some),
            ):
                found[key] = (path or "", bool(gone))
        return found

    def same_size(
        self, archive: ArchiveRow, exporter: str, role: str, size: int
    ) -> list[tuple[str, str]]:
        """Return (key, sha256) of the files of this role and size that living items have."""
        return self.connection.execute(
            "SELECT key, sha256 FROM file JOIN item ON item.id = file.item "
            "WHERE file.archive = ? AND size = ? AND role = ? AND exporter = ? AND NOT gone "
            "ORDER BY key",
            (archive.id, size, role, exporter),
        ).fetchall()

    def awaited(self, archive: ArchiveRow, exporter: str) -> Iterator[Path]:
        """Yield every path at which bytes that are missing would turn up."""
        for (awaits,) in self.connection.execute(
            "SELECT awaits FROM missing JOIN item ON item.id = missing.item "
            "WHERE archive = ? AND exporter = ? AND awaits <> '[]' AND NOT gone",
            (archive.id, exporter),
        ):
            yield from map(Path, json.loads(awaits))

    def missing(self, archive: ArchiveRow, exporter: str) -> Iterator[tuple[str, str, Missing]]:
        """Yield (key, title, what is missing) of every living item that is not complete."""
        for key, title, role, reason, hint, awaits, failed in self.connection.execute(
            "SELECT key, title, role, reason, hint, awaits, failed FROM missing "
            "JOIN item ON item.id = missing.item "
            "WHERE archive = ? AND exporter = ? AND NOT gone ORDER BY place, key, role",
            (archive.id, exporter),
        ):
            gap = Missing(role, reason, hint, tuple(json.loads(awaits)), bool(failed))
            yield key, title, gap

    def kept(self, archive: ArchiveRow, exporter: str) -> tuple[str, ...]:
        """Return the paths of the views that are behind, because a person has edited them."""
        rows = self.connection.execute(
            "SELECT path FROM file JOIN item ON item.id = file.item "
            "WHERE file.archive = ? AND exporter = ? AND kept ORDER BY path",
            (archive.id, exporter),
        )
        return tuple(path for (path,) in rows)

    def totals(self, archive: ArchiveRow, exporter: str) -> tuple[int, int, int, int, int]:
        """Return how many items are in the source, in its trash, gone, incomplete; and bytes."""
        present, trashed, gone = self.connection.execute(
            "SELECT count(*) FILTER (WHERE NOT gone), "
            "count(*) FILTER (WHERE in_trash AND NOT gone), count(*) FILTER (WHERE gone) "
            "FROM item WHERE archive = ? AND exporter = ?",
            (archive.id, exporter),
        ).fetchone()
        (incomplete,) = self.connection.execute(
            "SELECT count(DISTINCT item) FROM missing JOIN item ON item.id = missing.item "
            "WHERE archive = ? AND exporter = ? AND NOT gone",
            (archive.id, exporter),
        ).fetchone()
        (size,) = self.connection.execute(
            "SELECT ifnull(sum(size), 0) FROM file JOIN item ON item.id = file.item "
            "WHERE file.archive = ? AND exporter = ?",
            (archive.id, exporter),
        ).fetchone()
        return present, trashed, gone, incomplete, size

    # -- documents ---------------------------------------------------------------------------

    def document(self, archive: ArchiveRow, path: str) -> StoredDocument | None:
        """Return what is known of a records file or gathering at this path."""
        row = self.connection.execute(
            f"SELECT {_DOCUMENT} FROM document WHERE archive = ? AND folded = ?",
            (archive.id, fold(path)),
        ).fetchone()
        return StoredDocument(*row) if row else None

    def gatherings(self, archive: ArchiveRow, exporter: str) -> dict[str, StoredDocument]:
        """Return the gatherings of an exporter, by their keys."""
        rows = self.connection.execute(
            f"SELECT {_DOCUMENT} FROM document "
            "WHERE archive = ? AND exporter = ? AND kind = 'gathering'",
            (archive.id, exporter),
        )
        return {document.key: document for document in (StoredDocument(*row) for row in rows)}

    def line_folders(self, archive: ArchiveRow, exporter: str) -> list[str]:
        """Return every folder that holds items of an exporter, in order."""
        rows = self.connection.execute(
            "SELECT DISTINCT folder FROM item WHERE archive = ? AND exporter = ? ORDER BY folder",
            (archive.id, exporter),
        )
        return [folder for (folder,) in rows]

    # -- exporters, runs, losses -------------------------------------------------------------

    def exporter(self, archive: ArchiveRow, name: str) -> ExporterRow:
        """Return what is remembered of an exporter; a blank row for one never run."""
        row = self.connection.execute(
            "SELECT name, token, stores, views, outcome, message, hint, succeeded "
            "FROM exporter WHERE archive = ? AND name = ?",
            (archive.id, name),
        ).fetchone()
        if row is None:
            return ExporterRow(name)
        return ExporterRow(row[0], row[1], tuple(json.loads(row[2])), *row[3:])

    def exporters(self, archive: ArchiveRow) -> list[ExporterRow]:
        """Return every exporter that has ever run into this archive, by name."""
        rows = self.connection.execute(
            "SELECT name FROM exporter WHERE archive = ? ORDER BY name", (archive.id,)
        ).fetchall()
        return [self.exporter(archive, name) for (name,) in rows]

    def put_exporter(self, archive: ArchiveRow, row: ExporterRow) -> None:
        """Remember an exporter's token, stores, templates and last outcome."""
        values = [getattr(row, one.name) for one in fields(row)]
        values[2] = json.dumps(row.stores)
        self.connection.execute(
            "INSERT OR REPLACE INTO exporter VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (archive.id, *values),
        )

    def recent_losses(
        self, archive: ArchiveRow, exporter: str, window: timedelta = timedelta(days=7)
    ) -> set[str]:
        """Return the keys lost within the window that nobody has accepted."""
        since = (now() - window).isoformat(timespec="seconds")
        rows = self.connection.execute(
            "SELECT key FROM loss WHERE archive = ? AND exporter = ? AND seen >= ?",
            (archive.id, exporter, since),
        )
        return {key for (key,) in rows}

    def accept_losses(self, archive: ArchiveRow, exporter: str) -> None:
        """Count the losses so far no more: a person has said that they are meant."""
        self.connection.execute(
            "DELETE FROM loss WHERE archive = ? AND exporter = ?", (archive.id, exporter)
        )

    def losses_returned(self, archive: ArchiveRow, exporter: str, keys: Sequence[str]) -> None:
        """Count items that have come back as losses no more."""
        self.connection.executemany(
            "DELETE FROM loss WHERE archive = ? AND exporter = ? AND key = ?",
            [(archive.id, exporter, key) for key in keys],
        )

    def forget_promises(self, archive: ArchiveRow, exporter: str) -> None:
        """Forget the names promised in a run that is over: every one is borne or not wanted."""
        self.connection.execute(
            "DELETE FROM promise WHERE archive = ? AND exporter = ?", (archive.id, exporter)
        )

    def put_run(
        self, archive: ArchiveRow, started: datetime, finished: datetime, outcome: str, counts: str
    ) -> None:
        """Remember one run, with its counts as JSON."""
        self.connection.execute(
            "INSERT INTO run (archive, started, finished, outcome, counts) VALUES (?, ?, ?, ?, ?)",
            (archive.id, started.isoformat(), finished.isoformat(), outcome, counts),
        )

    def last_run(self, archive: ArchiveRow) -> tuple[str, str] | None:
        """Return (finished, outcome) of the last run, or None."""
        row = self.connection.execute(
            "SELECT finished, outcome FROM run WHERE archive = ? ORDER BY id DESC LIMIT 1",
            (archive.id,),
        ).fetchone()
        return (row[0], row[1]) if row else None


_ITEM_NAMES = tuple(_ITEM.split(", "))
_FILE_NAMES = tuple(_FILE.split(", "))


def _item(values: Sequence[Any]) -> StoredItem:
    exporter, key, title, place, stem, fingerprint, store, in_trash, gone, line = values
    return StoredItem(
        exporter, key, title, place, stem, fingerprint, store, bool(in_trash), bool(gone), line
    )


def _file(values: Sequence[Any]) -> StoredFile:
    role, path, size, sha256, mtime_ns, source, view, rendered, kept = values
    return StoredFile(role, path, size, sha256, mtime_ns, source, bool(view), rendered, bool(kept))
