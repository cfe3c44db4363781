"""Names of one run, given before the first file is written, from what the staging tables hold."""

import json
from collections.abc import Sequence

from rootcellar.archive.names import fold, portable_stem, portable_suffix, with_digest
from rootcellar.state.store import StateStore

_CHUNK = 1000


class Names:
    """The stems of one exporter's items: wished for, promised where they clash, or given."""

    def __init__(self, state: StateStore, archive: int, exporter: str) -> None:
        self.state = state
        self.connection = state.connection
        self.archive = archive
        self.exporter = exporter
        self._spellings: dict[str, str] = {}

    def stem(self, top: str, place: str) -> str:
        """Return the stem that a place wishes for, in a folder spelled as it was first.

        `Shared/Trip` and `Shared/trip` are one folder to most drives, with one records file.
        """
        folder, _, name = f"{top}/{portable_stem(place)}".rpartition("/")
        folded = fold(folder)
        if folded not in self._spellings:
            known = self.state.holdings.spelling(self.archive, folded)
            self._spellings[folded] = known or folder
        return f"{self._spellings[folded]}/{name}"

    def promise_names(self, top: str, verdicts: Sequence[str]) -> None:
        """Give every item of these verdicts its stem, before the first one is written.

        Items that wish for the same name, and items that wish for a name somebody else bears,
        get a piece of their key's digest; only these need remembering, the others get what they
        wish for. What was promised by a run that was cut off holds.
        """
        marks = ",".join("?" * len(verdicts))
        with self.state.transaction():
            wishes = self.connection.execute(
                "SELECT s.key, s.place, s.suffixes FROM temp.sighted s "
                "LEFT JOIN item i ON i.archive = ? AND i.exporter = ? "
                "AND i.key = ifnull(s.was, s.key) "
                "WHERE (i.id IS NULL OR i.place <> s.place) AND s.key IN "
                f"(SELECT key FROM temp.work WHERE verdict IN ({marks})) ORDER BY s.key",
                (self.archive, self.exporter, *verdicts),
            )
            while some := wishes.fetchmany(_CHUNK):
                claims = []
                for key, place, suffixes in some:
                    stem = self.stem(top, place)
                    endings = json.loads(suffixes) or [""]
                    claims += [(fold(stem + portable_suffix(one)), key) for one in endings]
                self.connection.executemany(
                    "INSERT OR IGNORE INTO temp.claim VALUES (?, ?)", claims
                )
            for key in sorted(self._clashing()):
                (place,) = self.connection.execute(
                    "SELECT place FROM temp.sighted WHERE key = ?", (key,)
                ).fetchone()
                given = with_digest(self.stem(top, place), key)
                self.connection.execute(
                    "INSERT INTO promise VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                    "place = excluded.place, stem = excluded.stem WHERE place <> excluded.place",
                    (self.archive, self.exporter, key, place, given),
                )

    def _clashing(self) -> set[str]:
        # CROSS JOIN: the claims are walked, most often few, and never all that the archive holds.
        within = self.connection.execute(
            "SELECT key FROM temp.claim WHERE folded IN "
            "(SELECT folded FROM temp.claim GROUP BY folded HAVING count(*) > 1)"
        )
        taken = self.connection.execute(
            "SELECT claim.key FROM temp.claim CROSS JOIN file ON file.folded = claim.folded "
            "AND file.archive = ? CROSS JOIN item ON item.id = file.item "
            "WHERE item.exporter <> ? OR item.key <> (SELECT ifnull(was, key) FROM temp.sighted "
            "WHERE key = claim.key)",
            (self.archive, self.exporter),
        )
        documents = self.connection.execute(
            "SELECT claim.key FROM temp.claim CROSS JOIN document "
            "ON document.folded = claim.folded AND document.archive = ?",
            (self.archive,),
        )
        return {key for rows in (within, taken, documents) for (key,) in rows}

    def place(self, key: str) -> str | None:
        """Return where an item that was sighted wishes to lie; None for one that was not."""
        row = self.connection.execute(
            "SELECT place FROM temp.sighted WHERE key = ?", (key,)
        ).fetchone()
        return str(row[0]) if row else None

    def promised(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the stems promised to these keys."""
        found: dict[str, str] = {}
        for start in range(0, len(keys), _CHUNK // 2):
            some = keys[start : start + _CHUNK // 2]
            marks = ",".join("?" * len(some))
            rows = self.connection.execute(
                "SELECT key, stem FROM promise "
                f"WHERE archive = ? AND exporter = ? AND key IN ({marks})",
                (self.archive, self.exporter, *some),
            )
            found |= dict(rows.fetchall())
        return found
