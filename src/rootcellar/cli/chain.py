"""The chain of a job: is the archive there, export into it, and whatever follows an export."""

import contextlib
import sys
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from rootcellar.archive.drive import require_room
from rootcellar.cli.presence import archive_of
from rootcellar.cli.progress import shown_progress
from rootcellar.cli.setting import Setting
from rootcellar.config import Timetable
from rootcellar.engine.opening import locate, look
from rootcellar.engine.running import run
from rootcellar.errors import DestinationWaiting
from rootcellar.report import RunReport
from rootcellar.schedule.following import Link, follow
from rootcellar.schedule.jobs import Job
from rootcellar.schedule.slots import local_zone
from rootcellar.schedule.standing import moment
from rootcellar.schedule.stopping import Stop, staying_awake
from rootcellar.state.faults import now
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore


def run_chain(
    timetable: Timetable,
    name: str,
    job: Job,
    stop: Stop,
    *,
    quiet: bool,
    begun: Callable[[], None] = lambda: None,
) -> RunReport:
    """Run what one job is made of; raises RootcellarError when nothing could be started.

    `begun` is called once there is nothing left to wait for.
    """
    with StateStore(default_path()) as state:
        found = archive_of(timetable, job, state)
        place, meant = locate(found.path), found.uuid
        settled = place if timetable.archive_of(job) else None
        if (
            look(place, state, settled, meant=meant) is not None
        ):  # else: it is told before anything is loaded
            require_room(place)
        if job.on_power:
            _require_power()
        begun()
        with contextlib.redirect_stdout(sys.stderr), staying_awake():
            setting = Setting.load(timetable.path if timetable.path.exists() else None, None)
            order = replace(
                setting.order(job.exporters)(place, False),
                settled=settled,
                meant=meant,
                stopping=stop,
                outlook=_outlook(name, job),
            )
            with shown_progress(quiet=quiet) as progress:
                report = run(order, state, progress)

            def export(exporters: Sequence[str]) -> RunReport:
                again = setting.order(exporters)(place, False)
                return run(replace(again, settled=settled, stopping=stop), state)

            follow(Link(place, job, state, stop, report, export))
    return report


def _outlook(name: str, job: Job) -> str:
    """Return when a job is due again, and when it is stale, for the archive's STATUS.txt."""
    plan = job.plan(name)
    upcoming = plan.schedule.following(now(), local_zone())
    text = f"next run on {moment(upcoming.at)}; " if upcoming else ""
    days = plan.stale_after.total_seconds() / 86_400
    return f"Job {name} ({job.schedule}): {text}stale after {days:.3g} days without a success"


def _require_power() -> None:
    import psutil

    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    if battery is not None and battery.power_plugged is False:
        raise DestinationWaiting(
            "This machine runs on battery, and the job waits for mains power.",
            hint="Plug it in, or set on_power = false for this job.",
        )
