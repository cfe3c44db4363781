"""One run's survey of one exporter, laid beside the state in temporary tables.

Everything that grows with the number of items lives here and not in memory: what was sighted,
what is to be done, which names are wished for by whom. The tables go with the connection.
"""

import functools
import json
from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec import Struct

from rootcellar.archive.names import folder_of, portable_stem
from rootcellar.errors import SourceError
from rootcellar.items import Sighting
from rootcellar.state.names import Names
from rootcellar.state.rows import ArchiveRow
from rootcellar.state.store import StateStore

_SCHEMA = """
DROP TABLE IF EXISTS temp.sighted;
CREATE TEMP TABLE sighted (
    key TEXT PRIMARY KEY, title TEXT, place TEXT, fingerprint TEXT, suffixes TEXT, store TEXT,
    in_trash INTEGER, scope TEXT, outside INTEGER, makeshift INTEGER, was TEXT
) WITHOUT ROWID;
DROP TABLE IF EXISTS temp.work;
CREATE TEMP TABLE work (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, verdict TEXT NOT NULL, folder TEXT NOT NULL
);
DROP TABLE IF EXISTS temp.claim;
CREATE TEMP TABLE claim (folded TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (folded, key))
WITHOUT ROWID;
DROP TABLE IF EXISTS temp.hashed;
CREATE TEMP TABLE hashed (path TEXT PRIMARY KEY, signature TEXT, sha256 TEXT) WITHOUT ROWID;
"""
# Temporary tables are filled some thousand rows at a time.
_CHUNK = 4000
_WITHHELD = 2
"""In `outside`, until all are taken down: outside if the archive holds it."""


_listed = functools.lru_cache(json.dumps)
"""Returns suffixes as JSON; most items have the same ones as many others."""


class DuplicateKey(SourceError):
    """An exporter yielded two items with the same key."""


_SAME = "ON i.archive = ? AND i.exporter = ? AND i.key = ifnull(s.was, s.key)"
_BESIDE = f"temp.sighted s LEFT JOIN item i {_SAME}"
# CROSS JOIN: what was sighted is walked, and each looked up; the other way round is quadratic.
_KNOWN = f"temp.sighted s CROSS JOIN item i {_SAME}"


class Compared(Struct, frozen=True):
    """One sighting beside what the state knows of it; `known` is false for a new item.

    `returned`: it had been gone, or left out by the settings, as it is now when it is `outside`.
    """

    key: str
    known: bool
    same_fingerprint: bool
    place: str
    known_place: str
    returned: bool
    outside: bool


class Staging:
    """The temporary tables of one exporter's run; made anew for each."""

    def __init__(self, state: StateStore, archive: ArchiveRow | None, exporter: str) -> None:
        self.state = state
        self.connection = state.connection
        self.archive = archive.id if archive else -1
        self.exporter = exporter
        self.names = Names(state, self.archive, exporter)
        for statement in _SCHEMA.split(";"):
            if statement.strip():
                self.connection.execute(statement)

    # -- what is there -----------------------------------------------------------------------

    def add(self, sightings: Iterable[Sighting]) -> int:
        """Take down what was sighted; return how many. Raises DuplicateKey."""
        before = self.count()
        offered = 0
        rows: list[tuple[object, ...]] = []
        for sighting in sightings:
            offered += 1
            rows.append(
                (
                    sighting.key,
                    sighting.title,
                    sighting.place,
                    sighting.fingerprint,
                    _listed(sighting.suffixes),
                    sighting.store,
                    sighting.in_trash,
                    sighting.scope,
                    _WITHHELD if sighting.withheld else sighting.outside,
                    sighting.makeshift,
                )
            )
            if len(rows) == _CHUNK:
                self._insert(rows)
        self._insert(rows)
        self.connection.execute(
            "UPDATE temp.sighted SET outside = EXISTS (SELECT 1 FROM item i WHERE i.archive = ? "
            "AND i.exporter = ? AND i.key = sighted.key AND NOT i.gone) WHERE outside = ?",
            (self.archive, self.exporter, _WITHHELD),
        )
        if self.count() - before != offered:
            key, title = self.connection.execute(
                "SELECT key, title FROM temp.sighted WHERE was IS NOT NULL"
            ).fetchone()
            raise DuplicateKey(
                f"The exporter {self.exporter} yields two items with the same key, {key} "
                f"({title}).",
                hint="This is a fault of the exporter; please report it to its author.",
            )
        self._leave_in_place("makeshift")
        return offered

    def _leave_in_place(self, condition: str, *values: str) -> None:
        """Let makeshift sightings of known items say what the state says of them."""
        columns = ("place", "in_trash", "scope", "outside")
        known = ", ".join(f"{name} = i.{name}" for name in columns)
        self.connection.execute(
            f"UPDATE temp.sighted AS s SET {known} FROM item AS i WHERE {condition} AND "
            "s.makeshift AND i.archive = ? AND i.exporter = ? AND i.key = ifnull(s.was, s.key)",
            (*values, self.archive, self.exporter),
        )

    def _insert(self, rows: list[tuple[object, ...]]) -> None:
        self.connection.execute("BEGIN")
        self.connection.executemany(
            "INSERT INTO temp.sighted VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL) "
            "ON CONFLICT DO UPDATE SET was = key",
            rows,
        )
        self.connection.execute("COMMIT")
        rows.clear()

    def count(self) -> int:
        """Return how many items were sighted."""
        return int(self.connection.execute("SELECT count(*) FROM temp.sighted").fetchone()[0])

    def left_out(self) -> dict[str, int]:
        """Return by scope how many of the sighted items the settings leave out."""
        rows = self.connection.execute(
            "SELECT scope, count(*) FROM temp.sighted WHERE outside GROUP BY scope ORDER BY scope"
        )
        return dict(rows.fetchall())

    def aside(self, keys: Sequence[str]) -> dict[str, tuple[str, bool, str]]:
        """Return (scope, in trash, former key) of sighted items that are to be set aside."""
        rows = self.connection.execute(
            "SELECT key, scope, in_trash, ifnull(was, key) FROM temp.sighted "
            "WHERE outside AND key IN (SELECT value FROM json_each(?))",
            (json.dumps(list(keys)),),
        )
        return {key: (scope, bool(trash), was) for key, scope, trash, was in rows}

    def living(self) -> int:
        """Return how many of the sighted items are not in the source's trash."""
        query = "SELECT count(*) FROM temp.sighted WHERE NOT in_trash"
        return int(self.connection.execute(query).fetchone()[0])

    def stores(self) -> tuple[str, ...]:
        """Return the identities of the stores that the sighted items live in."""
        rows = self.connection.execute("SELECT DISTINCT store FROM temp.sighted ORDER BY store")
        return tuple(store for (store,) in rows)

    def known_stores(self) -> tuple[str, ...]:
        """Return the identities of the stores that the known items live in."""
        rows = self.connection.execute(
            "SELECT DISTINCT store FROM item WHERE archive = ? AND exporter = ? ORDER BY store",
            (self.archive, self.exporter),
        )
        return tuple(store for (store,) in rows)

    # -- beside what is known ----------------------------------------------------------------

    def compared(
        self, base: str, arrived: Collection[str] = (), *, all_of_them: bool = False
    ) -> Iterator[Compared]:
        """Yield the sightings that are not as the state knows them, beside what it knows.

        `base` stands before the fingerprints that the state keeps. Those of `arrived` come as
        well, or all. Of those that the settings leave out come the known ones of which the state
        does not know so yet.
        """
        for key, known, *rest in self.connection.execute(
            f"SELECT s.key, i.id IS NOT NULL, ifnull(i.fingerprint = ? || s.fingerprint, FALSE), "
            "s.place, ifnull(i.place, ''), ifnull(i.gone OR i.outside, FALSE), s.outside "
            f"FROM {_BESIDE} WHERE CASE WHEN s.outside THEN i.id IS NOT NULL AND (NOT i.outside "
            "OR i.gone OR i.in_trash <> s.in_trash OR i.scope <> s.scope OR i.key <> s.key) "
            "ELSE ? OR i.id IS NULL OR i.gone OR i.outside OR i.place <> s.place "
            "OR i.fingerprint <> ? || s.fingerprint "
            "OR s.key IN (SELECT value FROM json_each(?)) END ORDER BY s.key",
            (
                f"{base}:",
                *(self.archive, self.exporter),
                all_of_them,
                f"{base}:",
                json.dumps(list(arrived)),
            ),
        ):
            same_fingerprint, place, known_place, *flags = rest
            yield Compared(
                key, bool(known), bool(same_fingerprint), place, known_place, *map(bool, flags)
            )

    def still_living(self) -> int:
        """Return how many known living items were sighted, and not in the source's trash."""
        (count,) = self.connection.execute(
            f"SELECT count(*) FROM {_KNOWN} "
            "WHERE NOT i.gone AND NOT i.in_trash AND NOT s.in_trash",
            (self.archive, self.exporter),
        ).fetchone()
        return int(count)

    def newly_trashed(self) -> set[str]:
        """Return the keys of items that were living and are in the source's trash now."""
        rows = self.connection.execute(
            f"SELECT s.key FROM {_KNOWN} WHERE NOT i.gone AND NOT i.in_trash AND s.in_trash",
            (self.archive, self.exporter),
        )
        return {key for (key,) in rows}

    def living_of(self, keys: Collection[str]) -> set[str]:
        """Return those of `keys` that were sighted, and not in the source's trash."""
        rows = self.connection.execute(
            "SELECT key FROM temp.sighted WHERE NOT in_trash "
            "AND key IN (SELECT value FROM json_each(?))",
            (json.dumps(list(keys)),),
        )
        return {key for (key,) in rows}

    def vanished(self, stores: Sequence[str] | None = None) -> Iterator[tuple[str, bool, str]]:
        """Yield (key, in trash, folder) of known living items that were not sighted.

        With `stores`, only items of these stores: the others could not be looked at.
        """
        marks = "" if stores is None else f" AND store IN ({','.join('?' * len(stores))})"
        for key, in_trash, folder in self.connection.execute(
            "SELECT key, in_trash, folder FROM item WHERE archive = ? AND exporter = ? "
            "AND NOT gone AND key NOT IN (SELECT ifnull(was, key) FROM temp.sighted)"
            f"{marks} ORDER BY key",
            (self.archive, self.exporter, *(stores or ())),
        ):
            yield key, bool(in_trash), folder

    def unknown(self) -> list[str]:
        """Return the keys that were sighted and are not known."""
        rows = self.connection.execute(
            "SELECT key FROM temp.sighted WHERE was IS NULL AND key NOT IN "
            "(SELECT key FROM item WHERE archive = ? AND exporter = ?) ORDER BY key",
            (self.archive, self.exporter),
        )
        return [key for (key,) in rows]

    def match(self, key: str, was: str) -> None:
        """Take the item sighted as `key` for the known item `was`: it holds the same bytes."""
        self.connection.execute("UPDATE temp.sighted SET was = ? WHERE key = ?", (was, key))
        self._leave_in_place("s.key = ?", key)

    def matches(self, keys: Sequence[str]) -> dict[str, str]:
        """Return, for those of `keys` that were matched by content, the former key."""
        marks = ",".join("?" * len(keys))
        return dict(
            self.connection.execute(
                "SELECT key, was FROM temp.sighted "
                f"WHERE was IS NOT NULL AND was <> key AND key IN ({marks})",
                list(keys),
            ).fetchall()
        )

    def remember_hash(self, path: str, signature: str, sha256: str) -> None:
        """Keep a hash that was computed to match an item, so that it is not computed again."""
        self.connection.execute(
            "INSERT OR REPLACE INTO temp.hashed VALUES (?, ?, ?)", (path, signature, sha256)
        )

    def remembered_hash(self, path: str, signature: str) -> str:
        """Return the hash computed earlier in this run for a source file, or an empty string."""
        row = self.connection.execute(
            "SELECT sha256 FROM temp.hashed WHERE path = ? AND signature = ?", (path, signature)
        ).fetchone()
        return row[0] if row else ""

    # -- what is to be done ------------------------------------------------------------------

    def plan(self, work: Iterable[tuple[str, str, str]]) -> None:
        """Take down (key, verdict, folder) of every item that something is to be done with."""
        self.connection.execute("BEGIN")
        self.connection.executemany(
            "INSERT OR IGNORE INTO temp.work (key, verdict, folder) VALUES (?, ?, ?)", work
        )
        self.connection.execute("COMMIT")

    def verdicts(self) -> dict[str, int]:
        """Return how many items there are of each verdict."""
        rows = self.connection.execute("SELECT verdict, count(*) FROM temp.work GROUP BY verdict")
        return dict(rows.fetchall())

    def work(self) -> list[tuple[int, str]]:
        """Return (row, folder) of all that is to be done, folder by folder."""
        return self.connection.execute(
            "SELECT id, folder FROM temp.work ORDER BY folder, key"
        ).fetchall()

    def slice(self, rows: Sequence[int]) -> list[tuple[str, str]]:
        """Return (key, verdict) of some rows of the work."""
        found = []
        for start in range(0, len(rows), _CHUNK // 2):
            some = rows[start : start + _CHUNK // 2]
            marks = ",".join("?" * len(some))
            found += self.connection.execute(
                f"SELECT key, verdict FROM temp.work WHERE id IN ({marks}) ORDER BY folder, key",
                some,
            ).fetchall()
        return found


def wished_folder(top: str, place: str) -> str:
    """Return the folder of the archive that a place wishes for."""
    return folder_of(f"{top}/{portable_stem(place)}")
