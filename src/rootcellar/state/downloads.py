"""The queue of downloads: whom to ask for next, who was asked when, who has refused for good.

What is wanted follows from what is missing; a row of the table `download` only says how often it
was asked for in vain. It is written before the question: a run that is killed by one counts too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rootcellar.state.rows import ArchiveRow
from rootcellar.state.store import StateStore

LATEST = 7
"""Runs whose downloads tell how long the rest will take."""
_WANTED = (
    "FROM missing CROSS JOIN item ON item.id = missing.item LEFT JOIN download "
    "ON download.archive = item.archive AND download.exporter = item.exporter "
    "AND download.key = item.key WHERE item.archive = ? AND item.exporter = ? "
    "AND missing.downloadable AND NOT item.gone AND NOT item.outside"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An item whose files can be asked for: `roles`, and how many bytes they are in all."""

    key: str
    store: str
    title: str
    roles: tuple[str, ...]
    size: int
    tries: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the downloads are: items and bytes that wait, and items that were refused.

    `per_run` is how many bytes the latest runs downloaded on average, 0 if none ever has.
    """

    waiting: int
    bytes: int
    refused: int
    per_run: int = 0


class DownloadQueue:
    """The queue of one exporter in one archive."""

    def __init__(self, state: StateStore, archive: ArchiveRow, exporter: str) -> None:
        self.connection = state.connection
        self.owner = (archive.id, exporter)

    def wanted(self, now: datetime, *, newest_first: bool) -> list[Wanted]:
        """Return who may be asked for now, in order."""
        order = "DESC" if newest_first else "ASC"
        rows = self.connection.execute(
            "SELECT item.key, item.store, item.title, group_concat(missing.role, '/'), "
            f"sum(missing.size), ifnull(download.tries, 0) {_WANTED} AND (download.key IS NULL "
            "OR (NOT download.refused AND download.not_before <= ?)) GROUP BY item.id "
            f"ORDER BY max(missing.dated) {order}, item.key",
            (*self.owner, _text(now)),
        )
        return [
            Wanted(key, store, title, tuple(sorted(roles.split("/"))), size, tries)
            for key, store, title, roles, size, tries in rows
        ]

    def standing(self) -> Standing:
        """Return how far the downloads are."""
        waiting, size, refused = self.connection.execute(
            "SELECT count(DISTINCT item.id) FILTER (WHERE NOT ifnull(download.refused, 0)), "
            "ifnull(sum(missing.size) FILTER (WHERE NOT ifnull(download.refused, 0)), 0), "
            f"count(DISTINCT item.id) FILTER (WHERE download.refused) {_WANTED}",
            self.owner,
        ).fetchone()
        archive, exporter = self.owner
        (per_run,) = self.connection.execute(
            "SELECT avg(came) FROM (SELECT counts ->> ? AS came FROM run "
            "WHERE archive = ? AND came > 0 ORDER BY id DESC LIMIT ?)",
            (f"$.{exporter}.download.bytes", archive, LATEST),
        ).fetchone()
        return Standing(waiting, size, refused, int(per_run or 0))

    def ask(self, key: str, now: datetime, wait: timedelta) -> None:
        """Take down that an item is asked for now, and when it may be again if nothing comes."""
        self.connection.execute(
            "INSERT INTO download VALUES (?, ?, ?, 1, ?, ?, FALSE, '') ON CONFLICT DO UPDATE "
            "SET tries = tries + 1, asked = excluded.asked, not_before = excluded.not_before",
            (*self.owner, key, _text(now), _text(now + wait)),
        )

    def refuse(self, key: str, reason: str, *, for_good: bool) -> None:
        """Take down why an item did not come, and whether asking again is of any use."""
        self.connection.execute(
            "UPDATE download SET reason = ?, refused = ? "
            "WHERE archive = ? AND exporter = ? AND key = ?",
            (reason, for_good, *self.owner, key),
        )

    def refusals(self) -> dict[str, str]:
        """Return by key why items are asked for no more."""
        rows = self.connection.execute(
            f"SELECT item.key, download.reason {_WANTED} AND download.refused", self.owner
        )
        return dict(rows.fetchall())

    def tidy(self) -> None:
        """Forget items of which nothing is missing any more."""
        self.connection.execute(
            "DELETE FROM download WHERE archive = ? AND exporter = ? AND key NOT IN "
            f"(SELECT item.key {_WANTED})",
            (*self.owner, *self.owner),
        )


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
