"""Whether the archive of a job is there: idle ticks of jobs that run on mount ask it quickly."""

from dataclasses import replace

from rootcellar.cli.choosing import find_archive
from rootcellar.config import Timetable
from rootcellar.engine.finding import Found
from rootcellar.engine.opening import look
from rootcellar.errors import RootcellarError
from rootcellar.schedule.jobs import Job
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore


def archive_of(timetable: Timetable, job: Job, state: StateStore) -> Found:
    """Return where the archive of a job is; raises UsageError when nothing says it."""
    return find_archive(None, replace(timetable, archive=timetable.archive_of(job)), state)


def is_archive_there(timetable: Timetable, job: Job) -> bool:
    """Return whether the archive of a job can be seen now."""
    with StateStore(default_path()) as state:
        try:
            found = archive_of(timetable, job, state)
            settled = timetable.archive_of(job)
            return look(found.path, state, settled, meant=found.uuid) is not None
        except RootcellarError:
            return False
