"""The state: what has been exported, for every archive of this machine, in one SQLite file.

Lives on the internal disk, never on an archive's drive, and can be rebuilt from the archive. This
module and its neighbours are the only writers of SQLite.
"""

import contextlib
import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import asdict

from rootcellar.archive.names import fold
from rootcellar.errors import StateError
from rootcellar.state.coverage import Coverage
from rootcellar.state.documents import Documents
from rootcellar.state.faults import in_use, is_in_use
from rootcellar.state.faults import now as now
from rootcellar.state.faults import state_errors as state_errors
from rootcellar.state.holdings import Holdings
from rootcellar.state.migrations import is_newer, migrate
from rootcellar.state.rows import (
    ArchiveRow,
    ExporterRow,
    Settlement,
    StoredDocument,
    StoredItem,
    StoredMembers,
)
from rootcellar.state.seal import seal
from rootcellar.state.settling import Settling
from rootcellar.state.trees import Trees


class StateStore:
    """The state file, open; a context manager.

    `holdings` tells what archives hold of items, `coverage` what of that is missing, `documents`
    of files made of many, `trees` of snapshots.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.connection = sqlite3.connect(path, isolation_level=None, timeout=30)
            self.holdings = Holdings(self.connection)
            self.coverage = Coverage(self.connection)
            self.documents = Documents(self.connection)
            self.trees = Trees(self.connection)
            try:
                self._prepare()
            except BaseException:
                self.connection.close()
                raise
        except (OSError, sqlite3.OperationalError) as error:
            if isinstance(error, sqlite3.Error) and is_in_use(error):
                raise in_use(path) from error
            raise StateError(
                f"The state {path} cannot be opened: {error}.",
                hint="Is the disk full, or this folder closed? Or set ROOTCELLAR_STATE to one "
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
        self.close()

    def close(self) -> None:
        """Let go of the file, and seal it if it was written."""
        wrote = self.connection.total_changes > 0
        self.connection.close()
        if wrote:
            seal(self.path)

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
        """Remember where an archive was last seen; to the day, where it has been there before."""
        last = self.connection.execute(
            "SELECT path, archive, seen FROM archive_path ORDER BY seen DESC, path LIMIT 1"
        ).fetchone()
        day = now().isoformat()[:10]
        if last is not None and (last[0], last[1], last[2][:10]) == (str(path), archive.id, day):
            return
        self.connection.execute(
            "INSERT OR REPLACE INTO archive_path VALUES (?, ?, ?)",
            (str(path), archive.id, now().isoformat(timespec="seconds")),
        )

    def archive_paths(self) -> tuple[tuple[Path, str], ...]:
        """Return every path an archive was ever seen at, the latest first, with its uuid."""
        rows = self.connection.execute(
            "SELECT path, uuid FROM archive_path JOIN archive ON archive.id = archive "
            "ORDER BY archive_path.rowid DESC"  # a clock may have been set back in between
        )
        return tuple((Path(path), uuid) for path, uuid in rows)

    def knows_vault(self, path: Path) -> bool:
        """Return whether pages were ever written into a vault at this path."""
        query = "SELECT 1 FROM vault WHERE path = ?"
        return self.connection.execute(query, (str(path),)).fetchone() is not None

    def place_vault(self, path: Path) -> None:
        """Remember where a vault was last written into."""
        self.connection.execute(
            "INSERT OR REPLACE INTO vault VALUES (?, ?)",
            (str(path), now().isoformat(timespec="seconds")),
        )

    def clear(self, archive: ArchiveRow) -> None:
        """Forget every item of an archive, before it is rebuilt from the archive itself."""
        for table in ("missing", "file", "reference", "label"):
            self.connection.execute(
                f"DELETE FROM {table} WHERE item IN (SELECT id FROM item WHERE archive = ?)",
                (archive.id,),
            )
        own = ("item", "document", "member", "exporter", "promise", "glance", "download")
        for table in (*own, "labelling", "snapshot", "held", "touched"):
            self.connection.execute(f"DELETE FROM {table} WHERE archive = ?", (archive.id,))

    def forget(self, archive: ArchiveRow) -> None:
        """Forget an archive altogether: one that was made and unmade in the same run."""
        with self.transaction():
            self.clear(archive)
            for table in ("loss", "run", "archive_path", "checked", "occasion"):
                self.connection.execute(f"DELETE FROM {table} WHERE archive = ?", (archive.id,))
            self.connection.execute("DELETE FROM archive WHERE id = ?", (archive.id,))

    # -- settling ----------------------------------------------------------------------------

    def settle(self, settlement: Settlement) -> None:
        """Take over what a committed batch changed; settling it twice does no harm.

        A settlement that does not follow on what this state knows (the state was restored from a
        backup) is left out: the tokens then differ, and the next export rebuilds.
        """
        archive = self.archive(settlement.archive)
        if archive is None or archive.token not in (settlement.base, settlement.token):
            return
        with self.transaction():
            Settling(self.connection, archive.id).take_over(settlement, now())
            self.register(archive.uuid, settlement.counter, settlement.token)

    def restore(
        self,
        archive: ArchiveRow,
        items: Sequence[StoredItem],
        documents: Sequence[StoredDocument],
        members: Sequence[StoredMembers] = (),
    ) -> None:
        """Take over what was read from the archive itself, into a state that was cleared."""
        settling = Settling(self.connection, archive.id)
        settling.put_items(items)
        for document in documents:
            settling.put_document(document)
        for listed in members:
            settling.put_members(listed)

    def accept_page(self, archive: ArchiveRow, path: str) -> None:
        """Count a page that a person has edited as settled, until it would be rendered anew."""
        self.connection.execute(
            "UPDATE file SET kept = 0 WHERE archive = ? AND folded = ?", (archive.id, fold(path))
        )

    # -- exporters, runs, losses -------------------------------------------------------------

    def exporter(self, archive: ArchiveRow, name: str) -> ExporterRow:
        """Return what is remembered of an exporter; a blank row for one never run."""
        row = self.connection.execute(
            "SELECT name, token, stores, views, outcome, message, hint, succeeded, gathered, "
            "content, left_out, glanced FROM exporter WHERE archive = ? AND name = ?",
            (archive.id, name),
        ).fetchone()
        if row is None:
            return ExporterRow(name)
        name, token, stores, *texts, gathered, content, left_out, glanced = row
        views, outcome, message, hint, succeeded = texts
        return ExporterRow(
            name,
            token,
            tuple(json.loads(stores)),
            views,
            outcome,
            message,
            hint,
            succeeded,
            bool(gathered),
            content,
            json.loads(left_out),
            glanced,
        )

    def exporters(self, archive: ArchiveRow) -> list[ExporterRow]:
        """Return every exporter that has ever run into this archive, by name."""
        rows = self.connection.execute(
            "SELECT name FROM exporter WHERE archive = ? ORDER BY name", (archive.id,)
        ).fetchall()
        return [self.exporter(archive, name) for (name,) in rows]

    def put_exporter(self, archive: ArchiveRow, row: ExporterRow) -> None:
        """Remember an exporter's token, stores, templates and last outcome."""
        values = asdict(row)
        values |= {"stores": json.dumps(row.stores), "left_out": json.dumps(dict(row.left_out))}
        self.connection.execute(
            f"INSERT OR REPLACE INTO exporter (archive, {', '.join(values)}) "
            f"VALUES (?{', ?' * len(values)})",
            (archive.id, *values.values()),
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
