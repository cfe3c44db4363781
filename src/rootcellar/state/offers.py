"""The files of a folder that is being adopted, in a temporary table: a hundred thousand fit.

The table goes with the connection; nothing of it outlives the run.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from rootcellar.archive.names import fold
from rootcellar.items import Claim
from rootcellar.state.store import StateStore

_SCHEMA = """
DROP TABLE IF EXISTS temp.offer;
CREATE TEMP TABLE offer (
    path TEXT PRIMARY KEY, folded TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns TEXT NOT NULL,
    obstacle TEXT NOT NULL, key TEXT NOT NULL DEFAULT '',
    altered INTEGER NOT NULL DEFAULT 0, modified INTEGER, sha256 TEXT NOT NULL DEFAULT '',
    taken INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX temp.offer_free ON offer (size, sha256) WHERE obstacle = '' AND NOT taken;
CREATE INDEX temp.offer_taken ON offer (size, sha256) WHERE taken;
CREATE INDEX temp.offer_key ON offer (key);
CREATE INDEX temp.offer_folded ON offer (folded);
"""
_COLUMNS = "path, size, mtime_ns, obstacle, key, altered, modified, sha256"


class Offer(Struct, frozen=True):
    """One file that may be taken: `path` is relative to the archive's root.

    `obstacle` says why it may not be; empty when it may. `key` is the item that a list says it was
    made from, `modified` the mtime (whole seconds) it had when the list was written, when its
    size still is what it was; `altered` that it is not the bytes of the source. `sha256` is empty
    until the file has been hashed. (An mtime in nanoseconds may be more than SQLite counts to, and
    is kept as text.)
    """

    path: str
    size: int
    mtime_ns: int
    obstacle: str = ""
    key: str = ""
    altered: bool = False
    modified: int | None = None
    sha256: str = ""


class Offers:
    """The table of offers of one run."""

    def __init__(self, state: StateStore) -> None:
        self.connection = state.connection
        for statement in _SCHEMA.split(";"):
            if statement.strip():
                self.connection.execute(statement)

    def add(self, offers: Iterable[Offer]) -> None:
        """Take down files."""
        self._many(
            "INSERT INTO temp.offer (path, folded, size, mtime_ns, obstacle) "
            "VALUES (?, ?, ?, ?, ?)",
            (
                (one.path, fold(one.path), one.size, str(one.mtime_ns), one.obstacle)
                for one in offers
            ),
        )

    def claim(self, claims: Iterable[Claim]) -> None:
        """Take down what lists say of files; `path` is relative to the archive's root here."""
        self._many(
            "UPDATE temp.offer SET key = ?, altered = ?, modified = iif(size = ?, ?, NULL) "
            "WHERE folded = ?",
            ((one.key, one.altered, one.size, one.modified, fold(one.path)) for one in claims),
        )

    def _many(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        self.connection.execute("BEGIN")
        self.connection.executemany(statement, rows)
        self.connection.execute("COMMIT")

    def of_content(self, key: str, size: int, sha256: str) -> Offer | None:
        """Return a file of this content, one that claims to be of the item `key` first."""
        return next(self._free("size = ? AND sha256 = ?", (size, sha256), key), None)

    def unhashed(self, size: int) -> list[Offer]:
        """Return the files of this size that have not been hashed."""
        return list(self._free("size = ? AND sha256 = ''", (size,), ""))

    def of_item(self, key: str, size: int) -> list[Offer]:
        """Return the files of this size that claim to be of the item `key`."""
        return list(self._free("key = ? AND size = ?", (key, size), key))

    def has_size(self, size: int) -> bool:
        """Return whether a file of this size may be taken."""
        row = self.connection.execute(
            "SELECT 1 FROM temp.offer WHERE size = ? AND obstacle = '' AND NOT taken LIMIT 1",
            (size,),
        )
        return row.fetchone() is not None

    def _free(self, condition: str, values: tuple[object, ...], key: str) -> Iterator[Offer]:
        for row in self.connection.execute(
            f"SELECT {_COLUMNS} FROM temp.offer WHERE {condition} AND obstacle = '' "
            "AND NOT taken ORDER BY key <> ?, key <> '', path",
            (*values, key),
        ):
            yield _offer(row)

    def hashed(self, path: str, sha256: str) -> None:
        """Remember the hash of a file."""
        self.connection.execute("UPDATE temp.offer SET sha256 = ? WHERE path = ?", (sha256, path))

    def taken(self, path: str) -> None:
        """Offer a file no more: it has been taken."""
        self.connection.execute("UPDATE temp.offer SET taken = 1 WHERE path = ?", (path,))

    def hinder(self, path: str, obstacle: str) -> None:
        """Offer a file no more, for this reason."""
        self.connection.execute(
            "UPDATE temp.offer SET obstacle = ? WHERE path = ?", (obstacle, path)
        )

    def leave(self, path: str, reason: str) -> None:
        """Have a file not taken after all, for this reason."""
        self.connection.execute(
            "UPDATE temp.offer SET taken = 0, obstacle = ? WHERE path = ?", (reason, path)
        )

    def put_back(self) -> None:
        """Offer everything again: what was taken was taken in a rehearsal."""
        self.connection.execute("UPDATE temp.offer SET taken = 0")

    def total_taken(self) -> tuple[int, int]:
        """Return how many files were taken, and how many bytes they have."""
        row = self.connection.execute(
            "SELECT count(*), ifnull(sum(size), 0) FROM temp.offer WHERE taken"
        )
        files, size = row.fetchone()
        return files, size

    def was_taken(self, size: int, sha256: str) -> bool:
        """Return whether a file of this content was taken."""
        row = self.connection.execute(
            "SELECT 1 FROM temp.offer WHERE size = ? AND sha256 = ? AND taken LIMIT 1",
            (size, sha256),
        )
        return row.fetchone() is not None

    def has_taken_size(self, size: int) -> bool:
        """Return whether a file of this size was taken."""
        row = self.connection.execute(
            "SELECT 1 FROM temp.offer WHERE size = ? AND taken LIMIT 1", (size,)
        )
        return row.fetchone() is not None

    def are_beside(self, stem: str, path: str) -> bool:
        """Return whether another file than `path` was offered, of this name or this stem."""
        row = self.connection.execute(
            "SELECT 1 FROM temp.offer WHERE path = ? "
            "UNION ALL SELECT 1 FROM temp.offer WHERE path > ? AND path < ? AND path <> ? LIMIT 1",
            (stem, f"{stem}.", f"{stem}/", path),  # "/" follows "."
        )
        return row.fetchone() is not None

    def left(self) -> list[Offer]:
        """Return what was not taken, by path."""
        return list(self._all("NOT taken"))

    def taken_offers(self) -> Iterator[Offer]:
        """Yield what was taken, by path."""
        return self._all("taken")

    def _all(self, condition: str) -> Iterator[Offer]:
        rows = self.connection.execute(
            f"SELECT {_COLUMNS} FROM temp.offer WHERE {condition} ORDER BY path"
        ).fetchall()  # whoever asks may change them meanwhile
        return map(_offer, rows)

    def paths_taken(self) -> list[str]:
        """Return the paths of what was taken."""
        rows = self.connection.execute("SELECT path FROM temp.offer WHERE taken ORDER BY path")
        return [path for (path,) in rows]


def _offer(row: tuple[object, ...]) -> Offer:
    path, size, mtime_ns, obstacle, key, altered, modified, sha256 = row
    return Offer(
        str(path),
        int(str(size)),
        int(str(mtime_ns)),
        str(obstacle),
        str(key),
        bool(altered),
        None if modified is None else int(str(modified)),
        str(sha256),
    )
