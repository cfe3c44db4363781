"""What `status` tells of jobs: how they stand, when they are stale, and their latest runs."""

from datetime import datetime
from pathlib import Path
from typing import Any

from rootcellar.config import load_timetable
from rootcellar.engine.finding import find_again
from rootcellar.engine.opening import locate
from rootcellar.schedule.slots import local_zone
from rootcellar.schedule.standing import Standing, standings
from rootcellar.state.faults import now
from rootcellar.state.jobs import JobRun, open_jobs
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore

HISTORY = 40
"""How many runs of jobs are shown."""


def jobs_and_runs(
    settings: Path | None, place: Path, state: StateStore
) -> tuple[list[Standing], list[JobRun]]:
    """Return how the jobs that write to this archive stand, and the latest runs of all."""
    timetable = load_timetable(settings)
    with open_jobs(default_path()) as known:
        jobs = standings(timetable.jobs, known, now(), local_zone())
        places = {one.name: timetable.archive_of(one.job) for one in jobs}
        own = [
            one
            for one in jobs
            if find_again(locate(places[one.name] or place), state).path == place
        ]
        return own, known.runs(HISTORY)


def with_jobs(
    document: dict[str, Any], jobs: list[Standing], runs: list[JobRun] | None
) -> dict[str, Any]:
    """Return the document with what is known of jobs; their deadlines are their exporters' too."""
    document["jobs"] = {
        one.name: {
            "schedule": one.job.schedule,
            "outcome": one.last.outcome if one.last else None,
            "last_run": _stamp(one.last.finished if one.last else None),
            "last_success": _stamp(one.past.last_success),
            "next": _stamp(one.verdict.upcoming),
            "deadline": _stamp(one.verdict.deadline),
            "stale": one.verdict.stale,
        }
        for one in jobs
    }
    for name, exporter in document["exporters"].items():
        own = [one for one in jobs if not one.job.exporters or name in one.job.exporters]
        deadline = min((one.verdict.deadline for one in own), default=None)
        exporter["deadline"] = _stamp(deadline)
    if runs is not None:
        document["history"] = [
            {
                "run": run.id,
                "job": run.job,
                "started": _stamp(run.started),
                "finished": _stamp(run.finished),
                "times": run.times,
                "outcome": run.outcome,
                "message": run.message,
                "counts": run.counts,
            }
            for run in runs
        ]
    return document


def _stamp(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
