"""A run that hangs: no tick comes meanwhile, and a person is told all the same."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rootcellar.config import Timetable
from rootcellar.errors import StateError
from rootcellar.report import ExporterReport, RunReport
from rootcellar.schedule.alerts import Alert
from rootcellar.schedule.beside import looking, tell_of_all
from rootcellar.schedule.jobs import Job, Notify
from rootcellar.schedule.running import Tick
from rootcellar.schedule.stopping import Stop
from rootcellar.schedule.telling import Teller
from rootcellar.state.jobs import open_jobs


def test_a_run_that_hangs_past_the_deadline_is_told_of_once_while_it_hangs(tmp_path: Path) -> None:
    state = tmp_path / "state.sqlite"
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    told: list[Alert] = []
    looked = threading.Semaphore(0)
    teller = Teller(Notify(), lambda _, alert: not told.append(alert))
    timetable = Timetable(
        Path(), None, {"nightly": Job(), "weekly": Job("weekly sun 04:00")}, Notify()
    )

    def look() -> None:
        tell_of_all(timetable, state, teller, lambda: now, lambda: ZoneInfo("UTC"))
        looked.release()

    def chain(name: str, job: Job, stop: Stop) -> RunReport:
        nonlocal now
        for days in (0, 4, 0, 0):
            now += timedelta(days=days)
            with looking(look, every=0.02):
                assert looked.acquire(timeout=20)
        return RunReport("archive", "", exporters={"garden": ExporterReport("ok")})

    with open_jobs(state) as jobs:
        tick = Tick(timetable, jobs, chain, clock=lambda: now, zone=lambda: ZoneInfo("UTC"))
        tick.run(["nightly"], due_only=True)
    (alert,) = told
    assert alert.title == "nightly is stale: no success ever"
    assert alert.text.startswith("The run of 2026-11-23 ")


def test_looks_go_on_after_one_that_found_the_state_in_use() -> None:
    looked = threading.Semaphore(0)

    def look() -> None:
        looked.release()
        raise StateError("It is locked.", hint="")

    with looking(look, every=0.01):
        assert all(looked.acquire(timeout=20) for _ in range(3))
