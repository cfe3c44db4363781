"""Runs that shall stop: asked to, out of time, or on battery; each at a safe place."""

import os
import signal
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rootcellar.cli.chain import _require_power
from rootcellar.config import Timetable
from rootcellar.errors import DestinationWaiting
from rootcellar.report import ExporterReport, RunReport
from rootcellar.schedule.jobs import Job, Notify
from rootcellar.schedule.running import Tick
from rootcellar.schedule.stopping import ASKED, OVERTIME, Halt, Stop, heeding_signals
from rootcellar.state.jobs import open_jobs


def test_a_stop_says_why() -> None:
    assert Stop()() == ""
    assert Stop(timedelta(hours=1))() == ""
    assert Stop(timedelta(0))() == OVERTIME
    halt = Halt()
    stop = Stop(None, halt)
    halt.asked = True
    assert stop() == ASKED


def test_a_signal_asks_and_a_second_one_ends() -> None:
    before = signal.getsignal(signal.SIGTERM)
    halt = Halt()
    with heeding_signals(halt):
        os.kill(os.getpid(), signal.SIGTERM)
        assert halt.asked
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) == before


def test_what_runs_under_nohup_outlives_its_terminal() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    halt = Halt()
    try:
        with heeding_signals(halt):
            os.kill(os.getpid(), signal.SIGHUP)
        assert not halt.asked
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("moment", ["chain", "ended", "after"])
def test_who_is_asked_to_stop_starts_no_further_job(tmp_path: Path, moment: str) -> None:
    ran = []

    def chain(name: str, job: Job, stop: Stop) -> RunReport:
        ran.append(name)
        asked(here="chain")
        return RunReport("archive", "", exporters={"garden": ExporterReport("ok")})

    def asked(*_: Any, here: str) -> None:
        if here == moment and not tick.halt.asked:
            os.kill(os.getpid(), signal.SIGTERM)

    with open_jobs(tmp_path / "state.sqlite") as jobs:
        timetable = Timetable(Path(), None, {"first": Job(), "second": Job()}, Notify())
        tick = Tick(
            timetable,
            jobs,
            chain,
            zone=lambda: ZoneInfo("UTC"),
            ended=partial(asked, here="ended"),
            after=partial(asked, here="after"),
        )
        with heeding_signals(tick.halt):
            turns = tick.run(due_only=True)
        assert ran == ["first"]
        assert [turn.run is not None for turn in turns] == [True, False]


def test_a_run_that_a_person_interrupts_is_no_failure_and_stays_due(tmp_path: Path) -> None:
    def chain(name: str, job: Job, stop: Stop) -> RunReport:
        raise KeyboardInterrupt

    with open_jobs(tmp_path / "state.sqlite") as jobs:
        timetable = Timetable(Path(), None, {"job": Job()}, Notify())
        tick = Tick(timetable, jobs, chain, zone=lambda: ZoneInfo("UTC"))
        with pytest.raises(KeyboardInterrupt):
            tick.run(["job"], due_only=False)
        (run,) = jobs.runs(9)
        assert (run.outcome, run.message) == ("waiting", "The run was interrupted.")
        tick.chain = lambda *_: RunReport("a", "", exporters={"garden": ExporterReport("ok")})
        (turn,) = tick.run(due_only=True)
        assert turn.run is not None


def test_a_run_whose_time_is_used_up_goes_on_at_the_next_slot_and_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    monkeypatch.setattr(Stop, "is_overtime", True)

    def chain(name: str, job: Job, stop: Stop) -> RunReport:
        stopped = ExporterReport("waiting", message=stop(), hint="The next run goes on.")
        return RunReport("archive", "", exporters={"garden": stopped})

    with open_jobs(tmp_path / "state.sqlite") as jobs:
        timetable = Timetable(Path(), None, {"job": Job(budget="1h")}, Notify())
        tick = Tick(timetable, jobs, chain, clock=lambda: now, zone=lambda: ZoneInfo("UTC"))
        (first,) = tick.run(due_only=True)
        assert first.run is not None
        assert (first.run.outcome, first.run.message) == ("waiting", OVERTIME)
        (again,) = tick.run(due_only=True)
        assert not again.verdict.due
        assert jobs.past("job", now).last_success is None
        now += timedelta(days=1)
        (tomorrow,) = tick.run(due_only=True)
        assert tomorrow.verdict.due


@pytest.mark.parametrize(
    ("battery", "waits"),
    [
        (None, False),
        (SimpleNamespace(power_plugged=True), False),
        (SimpleNamespace(power_plugged=None), False),
        (SimpleNamespace(power_plugged=False), True),
    ],
)
def test_a_job_for_mains_power_waits_on_battery_alone(
    battery: Any, waits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psutil

    monkeypatch.setattr(psutil, "sensors_battery", lambda: battery, raising=False)
    if waits:
        with pytest.raises(DestinationWaiting, match="battery"):
            _require_power()
    else:
        _require_power()
