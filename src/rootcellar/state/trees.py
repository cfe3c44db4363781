"""The tree as the last manifest says it is, and what has been written since."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from rootcellar.archive.manifests import Entry, Header
from rootcellar.archive.names import fold
from rootcellar.state.rows import ArchiveRow

TOUCH = "INSERT OR IGNORE INTO touched (archive, path, folded)"
_ENTRY = "path, size, mtime_ns, sha256, key, role, view"
_SNAPSHOT = "id, parent, sha256, depth, created, files, bytes, complete, walked"
_CHANGES = """
    SELECT touched.path, held.size, held.mtime_ns, held.sha256, held.key, held.role, held.view,
        ifnull(file.size, document.size), ifnull(file.mtime_ns, document.mtime_ns),
        ifnull(file.sha256, document.sha256), ifnull(item.key, document.key),
        ifnull(file.role, document.kind), ifnull(file.view, document.kind = 'page'),
        ifnull(file.kept, document.kind = 'page' AND document.digest = 'kept')
    FROM touched
    LEFT JOIN held ON held.archive = touched.archive AND held.path = touched.path
    LEFT JOIN file ON file.archive = touched.archive AND file.folded = touched.folded
        AND file.path = touched.path
    LEFT JOIN item ON item.id = file.item
    LEFT JOIN document ON document.archive = touched.archive
        AND document.folded = touched.folded AND document.path = touched.path
    WHERE touched.archive = ? AND touched.path > ? ORDER BY touched.path LIMIT ?
"""
_AT_ONCE = 5000


class SnapshotRow(Struct, frozen=True):
    """A snapshot the state knows: `sha256` is that of its manifest's file."""

    id: str
    parent: str
    sha256: str
    depth: int
    created: str
    files: int
    bytes: int
    complete: bool
    walked: bool


class Change(Struct, frozen=True):
    """A path that was written: what the last manifest says of it, and what the state does.

    `kept` marks a view that a person has edited: its bytes are not those that the state knows.
    """

    path: str
    was: Entry | None
    now: Entry | None
    kept: bool


class Trees:
    """Answers and writes down what snapshots need; what changes is inside a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    # -- what was written since ----------------------------------------------------------------

    def is_touched(self, archive: ArchiveRow) -> bool:
        """Return whether anything has been written since the last manifest."""
        row = self.connection.execute(
            "SELECT 1 FROM touched WHERE archive = ? LIMIT 1", (archive.id,)
        )
        return row.fetchone() is not None

    def is_settled(self, archive: ArchiveRow) -> bool:
        """Return whether there is a manifest and it says all that was written."""
        return not self.is_touched(archive) and self.last(archive) is not None

    def touch_all(self, archive: ArchiveRow) -> None:
        """Have every path compared: the state was rebuilt."""
        self.connection.execute(
            f"{TOUCH} SELECT archive, path, folded FROM file WHERE archive = ? "
            "UNION ALL SELECT archive, path, folded FROM document WHERE archive = ?",
            (archive.id, archive.id),
        )
        paths = self.connection.execute("SELECT path FROM held WHERE archive = ?", (archive.id,))
        self.touch(archive, [path for (path,) in paths])

    def touch(self, archive: ArchiveRow, paths: Iterable[str]) -> None:
        """Have these paths compared when the next manifest is made."""
        self.connection.executemany(
            f"{TOUCH} VALUES (?, ?, ?)", [(archive.id, path, fold(path)) for path in paths]
        )

    def changes(self, archive: ArchiveRow) -> Iterator[Change]:
        """Yield every path that was touched, in order, equal or not.

        Read some thousand at a time: meanwhile, `hold` may change what the last manifest says.
        """
        path = ""
        while rows := self.connection.execute(_CHANGES, (archive.id, path, _AT_ONCE)).fetchall():
            for path, *rest, kept in rows:
                was, now = rest[:6], rest[6:]
                yield Change(
                    path,
                    _entry(path, *was) if was[0] is not None else None,
                    _entry(path, *now) if now[0] is not None else None,
                    bool(kept),
                )

    def untouch(self, archive: ArchiveRow) -> None:
        """Begin anew: a manifest says all that was written."""
        self.connection.execute("DELETE FROM touched WHERE archive = ?", (archive.id,))

    # -- the tree --------------------------------------------------------------------------------

    def held(self, archive: ArchiveRow) -> Iterator[Entry]:
        """Yield the tree of the last manifest, in the order of its paths."""
        rows = self.connection.execute(
            f"SELECT {_ENTRY} FROM held WHERE archive = ? ORDER BY path", (archive.id,)
        )
        for row in rows:
            yield _entry(*row)

    def held_entry(self, archive: ArchiveRow, path: str) -> Entry | None:
        """Return what the last manifest says of a path."""
        row = self.connection.execute(
            f"SELECT {_ENTRY} FROM held WHERE archive = ? AND path = ?", (archive.id, path)
        ).fetchone()
        return _entry(*row) if row else None

    def held_stats(self, archive: ArchiveRow) -> Iterator[tuple[str, int, int]]:
        """Yield (path, size, mtime in nanoseconds) of the tree, in the order of the paths."""
        return self.connection.execute(
            "SELECT path, size, mtime_ns FROM held WHERE archive = ? ORDER BY path", (archive.id,)
        )

    def held_digests(self, archive: ArchiveRow) -> Iterator[tuple[str, int, bytes]]:
        """Yield (path, size, sha256) of the tree, in the order of the paths."""
        return self.connection.execute(
            "SELECT path, size, sha256 FROM held WHERE archive = ? ORDER BY path", (archive.id,)
        )

    def hold(self, archive: ArchiveRow, entries: Iterable[Entry]) -> None:
        """Take entries of a manifest over into the tree; those that are absent leave it."""
        put, drop = [], []
        for one in entries:
            if one.absent:
                drop.append((archive.id, one.path))
            else:
                digest = bytes.fromhex(one.sha256)
                put.append(
                    (
                        archive.id,
                        one.path,
                        one.size,
                        one.mtime_ns,
                        digest,
                        one.key,
                        one.role,
                        one.view,
                    )
                )
        self.connection.executemany("DELETE FROM held WHERE archive = ? AND path = ?", drop)
        self.connection.executemany(
            "INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?, ?, ?, ?, ?)", put
        )

    def forget_tree(self, archive: ArchiveRow) -> None:
        """Forget the tree, before it is read from manifests."""
        self.connection.execute("DELETE FROM held WHERE archive = ?", (archive.id,))

    def totals(self, archive: ArchiveRow) -> tuple[int, int]:
        """Return how many files the tree has, and how many bytes."""
        row = self.connection.execute(
            "SELECT count(*), ifnull(sum(size), 0) FROM held WHERE archive = ?", (archive.id,)
        ).fetchone()
        return row[0], row[1]

    # -- snapshots -------------------------------------------------------------------------------

    def last(self, archive: ArchiveRow) -> SnapshotRow | None:
        """Return the newest snapshot, by the chain."""
        row = self.connection.execute(
            f"SELECT {_SNAPSHOT} FROM snapshot WHERE archive = ? ORDER BY number DESC LIMIT 1",
            (archive.id,),
        ).fetchone()
        return _snapshot(row) if row else None

    def snapshots(self, archive: ArchiveRow) -> list[SnapshotRow]:
        """Return every snapshot the state knows, oldest first."""
        rows = self.connection.execute(
            f"SELECT {_SNAPSHOT} FROM snapshot WHERE archive = ? ORDER BY number", (archive.id,)
        )
        return [_snapshot(row) for row in rows]

    def add_snapshot(self, archive: ArchiveRow, header: Header, sha256: str) -> None:
        """Remember a snapshot; it follows on all that are known."""
        self.connection.execute(
            f"INSERT INTO snapshot (archive, {_SNAPSHOT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                archive.id,
                header.id,
                header.parent,
                sha256,
                header.depth,
                header.created,
                header.files,
                header.bytes,
                header.is_complete,
                header.walked,
            ),
        )

    def forget_snapshots(self, archive: ArchiveRow) -> None:
        """Forget every snapshot, before the chain is read from the archive."""
        self.connection.execute("DELETE FROM snapshot WHERE archive = ?", (archive.id,))

    # -- when what was done ----------------------------------------------------------------------

    def put_occasion(
        self, archive: ArchiveRow, name: str, moment: datetime, outcome: str = "ok"
    ) -> None:
        """Remember when something was last done (a walk, a verification, a drill)."""
        self.connection.execute(
            "INSERT OR REPLACE INTO occasion VALUES (?, ?, ?, ?)",
            (archive.id, name, moment.isoformat(timespec="seconds"), outcome),
        )

    def occasion(self, archive: ArchiveRow, name: str) -> tuple[datetime, str] | None:
        """Return (when, outcome) of the last time something was done."""
        row = self.connection.execute(
            "SELECT moment, outcome FROM occasion WHERE archive = ? AND name = ?",
            (archive.id, name),
        ).fetchone()
        return (datetime.fromisoformat(row[0]), row[1]) if row else None

    def forget_occasion(self, archive: ArchiveRow, name: str) -> None:
        """Forget that something was done."""
        self.connection.execute(
            "DELETE FROM occasion WHERE archive = ? AND name = ?", (archive.id, name)
        )

    def put_checked(self, archive: ArchiveRow, paths: Sequence[str], moment: int) -> None:
        """Remember when these files were read whole and found good (seconds since 1970)."""
        self.connection.executemany(
            "INSERT OR REPLACE INTO checked VALUES (?, ?, ?)",
            [(archive.id, path, moment) for path in paths],
        )

    def checked(self, archive: ArchiveRow) -> dict[str, int]:
        """Return when each file was last read whole and found good."""
        rows = self.connection.execute(
            "SELECT path, moment FROM checked WHERE archive = ?", (archive.id,)
        )
        return dict(rows.fetchall())


def _entry(
    path: str, size: int, mtime_ns: int, digest: Any, key: str, role: str, view: int
) -> Entry:
    sha256 = digest.hex() if isinstance(digest, bytes) else digest
    return Entry(path, size, mtime_ns, sha256, key, role, bool(view))


def _snapshot(row: Sequence[Any]) -> SnapshotRow:
    values = [*row[:-2], bool(row[-2]), bool(row[-1])]
    return SnapshotRow(*values)
