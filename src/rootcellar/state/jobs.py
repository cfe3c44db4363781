"""What became of jobs: every run of one, and what its schedule needs to know of the past."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rootcellar.schedule.due import NOT_SET_BEFORE, Past
from rootcellar.state.faults import state_errors
from rootcellar.state.migrations import MIGRATIONS

REMEMBERED = 100
"""How many settled slots of a job are looked at: a day and more, however often it runs."""
KEPT_DAYS = 800
CUT_OFF = "The run was cut off: power failed, or it was killed."
_RUN = "id, job, slot, started, finished, times, outcome, settled, message, hint, counts"


ARCHIVE = "archive"
"""Under this name a run's counts say how much of the archive was damaged, and was healed."""


@dataclass(frozen=True, slots=True)
class JobRun:
    """One run of a job; times are aware. `outcome` is that of the report, or `running`.

    `settled`: its slot needs no further run. `counts` are those of its exporters, by name.
    `times`: a job that waits is one run, however often it was looked at.
    """

    id: int
    job: str
    slot: str
    started: datetime
    finished: datetime
    times: int
    outcome: str
    settled: bool
    message: str
    hint: str
    counts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        """Whether it counts for the deadline: all that the source has was taken."""
        return self.outcome == "ok" or (self.outcome == "partial" and self.settled)

    @property
    def is_failure(self) -> bool:
        """Whether it counts as a failed try, after which the next one waits."""
        return self.outcome in ("failed", "partial") and not self.is_success


@contextlib.contextmanager
def open_jobs(path: Path) -> Iterator["Jobs"]:
    """Open of the state what a tick needs; raises StateError. The store is made when it must be.

    A tick comes every quarter of an hour and mostly finds nothing to do: it can do without the
    rest of the store, which takes twice as long to import as the tick takes to run.
    """
    if not _is_current(path):
        from rootcellar.state.store import StateStore

        StateStore(path).close()
    with (
        state_errors(path),
        contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection,
    ):
        connection.execute("PRAGMA synchronous = FULL")
        yield Jobs(connection)


def _is_current(path: Path) -> bool:
    try:
        if not path.exists():
            return False
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection:
            found = connection.execute("SELECT name FROM migration").fetchall()
    except (sqlite3.Error, OSError):
        return False  # whatever is wrong, the store says it in better words
    return {name for (name,) in found} == {name for name, _ in MIGRATIONS}


class Jobs:
    """Remembers the runs of jobs; works on the connection of an open state."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    # -- what the schedule asks ----------------------------------------------------------------

    def past(self, job: str, now: datetime) -> Past:
        """Return what became of a job so far; one that is new is known from `now` on.

        What was in the future (the clock was ahead) or at the beginning of time (it was not set)
        becomes now; not while the clock is not set, which would make every success one of 1970.
        """
        self.connection.execute(
            "INSERT OR IGNORE INTO job (name, since) VALUES (?, ?)", (job, _text(now))
        )
        since, succeeded, present = self.connection.execute(
            "SELECT since, succeeded, present FROM job WHERE name = ?", (job,)
        ).fetchone()
        sane = [_sane(text, now) for text in (since, succeeded)]
        if sane != [since, succeeded] and now >= NOT_SET_BEFORE:
            since, succeeded = sane
            self.connection.execute(
                "UPDATE job SET since = ?, succeeded = ? WHERE name = ?", (since, succeeded, job)
            )
        settled = self.connection.execute(
            "SELECT slot, finished FROM job_run WHERE job = ? AND settled "
            "ORDER BY id DESC LIMIT ?",
            (job, REMEMBERED),
        ).fetchall()
        failures = self._failures(job)
        last = failures[0] if failures else None
        return Past(
            since=_time(since),
            settled={slot: _time(finished) for slot, finished in reversed(settled)},
            tried=last.slot if last else "",
            tries=sum(one.slot == last.slot for one in failures) if last else 0,
            failures=len(failures),
            last_try=last.finished if last else None,
            last_success=_time(succeeded) if succeeded else None,
            present=_time(present) if present else None,
        )

    def _failures(self, job: str) -> list[JobRun]:
        """Return the failed runs since the last one that did not fail, the latest first."""
        rows = self.connection.execute(
            f"SELECT {_RUN} FROM job_run WHERE job = ? AND NOT settled "
            "AND outcome IN ('failed', 'partial') AND id > "
            "(SELECT coalesce(max(id), 0) FROM job_run WHERE job = ? AND settled) "
            "ORDER BY id DESC",
            (job, job),
        )
        return [_run(row) for row in rows]

    def seen(self, job: str, present: datetime | None) -> None:
        """Remember since when the drive of a job's archive has been there; None: it is not."""
        text = _text(present) if present else ""
        self.connection.execute(
            "UPDATE job SET present = ? WHERE name = ? AND present <> ?", (text, job, text)
        )

    # -- runs ------------------------------------------------------------------------------------

    def start(self, job: str, slot: str, now: datetime) -> int:
        """Take down that a run has begun; return its number."""
        found = self.connection.execute(
            "INSERT INTO job_run (job, slot, started, finished, outcome, settled, message, hint, "
            "counts) VALUES (?, ?, ?, ?, 'running', 0, '', '', '{}')",
            (job, slot, _text(now), _text(now)),
        )
        assert found.lastrowid is not None
        return found.lastrowid

    def finish(self, run: JobRun) -> None:
        """Take down how a run has ended; one that waits as the one before it did joins it."""
        before = self.last(run.job, before=run.id)
        if run.outcome == "waiting" and before is not None and _joins(before, run):
            self.connection.execute("DELETE FROM job_run WHERE id = ?", (run.id,))
            self.connection.execute(
                "UPDATE job_run SET finished = ?, times = times + 1 WHERE id = ?",
                (_text(run.finished), before.id),
            )
            return
        self.connection.execute(
            "UPDATE job_run SET finished = ?, outcome = ?, settled = ?, message = ?, hint = ?, "
            "counts = ? WHERE id = ?",
            (
                _text(run.finished),
                run.outcome,
                run.settled,
                run.message,
                run.hint,
                json.dumps(dict(run.counts)),
                run.id,
            ),
        )
        if run.is_success:
            self.connection.execute(
                "UPDATE job SET succeeded = ? WHERE name = ?", (_text(run.finished), run.job)
            )
        self.connection.execute(
            "DELETE FROM job_run WHERE job = ? AND started < datetime(?, ?)",
            (run.job, _text(run.started), f"-{KEPT_DAYS} days"),
        )

    def end_cut_off(self) -> None:
        """Call every run failed that has begun and not ended: nobody else is running now.

        When it ended nobody knows; it counts as a try at the moment when it began.
        """
        if self.connection.execute("SELECT 1 FROM job_run WHERE outcome = 'running'").fetchone():
            self.connection.execute(
                "UPDATE job_run SET outcome = 'failed', message = ?, hint = ? "
                "WHERE outcome = 'running'",
                (CUT_OFF, "Nothing is lost; the next run goes on from there."),
            )

    def is_known(self, job: str) -> bool:
        """Return whether a tick or a run has ever looked at a job of this name."""
        row = self.connection.execute("SELECT 1 FROM job WHERE name = ?", (job,)).fetchone()
        return row is not None

    def last(self, job: str, *, before: int | None = None, ended: bool = False) -> JobRun | None:
        """Return the last run of a job, before the one with this number, that has ended."""
        row = self.connection.execute(
            f"SELECT {_RUN} FROM job_run WHERE job = ? AND id < ? AND (outcome <> 'running' OR ?) "
            "ORDER BY id DESC LIMIT 1",
            (job, before if before is not None else 1 << 62, not ended),
        ).fetchone()
        return _run(row) if row else None

    def runs(self, limit: int, job: str | None = None) -> list[JobRun]:
        """Return the latest runs, of one job or of all, the latest first."""
        rows = self.connection.execute(
            f"SELECT {_RUN} FROM job_run WHERE job = coalesce(?, job) ORDER BY id DESC LIMIT ?",
            (job, limit),
        )
        return [_run(row) for row in rows]

    def run(self, number: int) -> JobRun | None:
        """Return the run with this number."""
        row = self.connection.execute(
            f"SELECT {_RUN} FROM job_run WHERE id = ?", (number,)
        ).fetchone()
        return _run(row) if row else None

    # -- what was told ---------------------------------------------------------------------------

    def told(self, job: str) -> dict[str, Any]:
        """Return what a person has been told of a job, as the rules of telling keep it."""
        row = self.connection.execute("SELECT told FROM job WHERE name = ?", (job,)).fetchone()
        value: dict[str, Any] = json.loads(row[0]) if row else {}
        return value

    def put_told(self, job: str, told: Mapping[str, Any]) -> None:
        """Remember what a person has been told of a job."""
        self.connection.execute(
            "UPDATE job SET told = ? WHERE name = ?", (json.dumps(dict(told)), job)
        )


def _joins(before: JobRun, run: JobRun) -> bool:
    alike = (before.slot, before.message) == (run.slot, run.message)
    return alike and before.outcome == "waiting" and not (before.settled or run.settled)


def _run(row: tuple[Any, ...]) -> JobRun:
    number, job, slot, started, finished, times, outcome, settled, message, hint, counts = row
    return JobRun(
        number,
        job,
        slot,
        _time(started),
        _time(finished),
        times,
        outcome,
        bool(settled),
        message,
        hint,
        json.loads(counts),
    )


def _sane(text: str, now: datetime) -> str:
    return text if not text or NOT_SET_BEFORE <= _time(text) <= now else _text(now)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
