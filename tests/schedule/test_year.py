"""A simulated year of a machine that sleeps and travels, and whose clock is wrong at times.

The tick, the state and the rules of telling are the real ones; the clock, the zone, the drive and
the export are made up. What must hold is checked after every tick, by the test's own arithmetic.
"""

import os
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rootcellar.config import Timetable
from rootcellar.errors import DestinationWaiting, RootcellarError
from rootcellar.report import ExporterReport, RunReport
from rootcellar.schedule.alerts import REMIND, Alert
from rootcellar.schedule.due import CLOCK_SLACK, LONGEST_DELAY, Past, Verdict
from rootcellar.schedule.jobs import Job, Notify
from rootcellar.schedule.running import Tick, Turn
from rootcellar.schedule.slots import Schedule
from rootcellar.schedule.stopping import Stop
from rootcellar.schedule.telling import Teller
from rootcellar.state.jobs import Jobs, open_jobs

YEAR = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = [ZoneInfo(name) for name in ("Europe/Paris", "America/New_York", "Asia/Tokyo")]
HOUR = timedelta(hours=1)
KINDS = ("asleep", "away", "broken", "killed", "journey", "small", "ahead", "back")


class Killed(BaseException):
    """The power fails while a run is going on."""


@dataclass(frozen=True)
class Event:
    """Something that lasts: from an hour of the year on, for so many hours."""

    kind: str
    start: int
    hours: int
    amount: int

    def holds(self, hour: float) -> bool:
        return self.start <= hour < self.start + self.hours


@dataclass
class Machine:
    """What is simulated; `now` is what the machine's own clock says."""

    job: Job
    events: list[Event]
    every: timedelta
    jobs: Jobs
    elapsed: timedelta = timedelta()
    alerts: list[tuple[datetime, str]] = field(default_factory=list)
    settled: Counter[tuple[int, str]] = field(default_factory=Counter)
    tries: Counter[str] = field(default_factory=Counter)
    epoch: int = 0
    """Rises when the clock is set back by more than is taken for a correction."""
    since: datetime | None = None
    success: datetime | None = None
    failure: timedelta | None = None
    past: Past = field(default_factory=lambda: Past(since=YEAR))

    @property
    def hour(self) -> float:
        return self.elapsed / HOUR

    def has(self, *kinds: str) -> bool:
        return any(one.kind in kinds and one.holds(self.hour) for one in self.events)

    @property
    def zone(self) -> ZoneInfo:
        there = [one for one in self.events if one.kind == "journey" and one.holds(self.hour)]
        return ZONES[1 + there[0].amount % 2] if there else ZONES[0]

    @property
    def now(self) -> datetime:
        found = YEAR + self.elapsed
        for one in self.events:
            if one.holds(self.hour):
                if one.kind == "small":
                    found += timedelta(minutes=one.amount % 110 - 55)
                elif one.kind in ("ahead", "back"):
                    days = timedelta(days=1 + one.amount % 400)
                    found += days if one.kind == "ahead" else -days
        return found

    # -- what the tick sees ------------------------------------------------------------------

    def chain(self, name: str, job: Job, stop: Stop) -> RunReport:
        if self.has("away"):
            raise DestinationWaiting("The archive is not there now.", hint="Connect its drive.")
        if self.has("killed"):
            self.failure = self.elapsed
            self.tries[self.latest_slot()] += 1
            raise Killed
        if self.has("broken"):
            self.failure = self.elapsed
            raise RootcellarError("The disk is full.", hint="Free some space.")
        return RunReport("archive", "", exporters={"garden": ExporterReport("ok")})

    def after(self, turn: Turn, job: Job, past: Past, verdict: Verdict) -> None:
        if turn.run is not None and turn.run.settled:
            self.settled[self.epoch, turn.run.slot] += 1
            self.success = turn.run.finished
        if turn.run is not None and turn.run.is_failure:
            self.tries[turn.run.slot] += 1
        teller = Teller(Notify(), self.take)
        teller.tell(self.jobs, turn.job, past, verdict, self.now)
        self.past = past

    def take(self, notify: Notify, alert: Alert) -> bool:
        self.alerts.append((self.now, alert.kind))
        return True

    # -- one year ----------------------------------------------------------------------------

    def live(self, days: int) -> None:
        timetable = Timetable(Path("settings.toml"), None, {"job": self.job}, Notify())
        before = self.now
        while self.elapsed < timedelta(days=days):
            self.elapsed += self.every
            if self.now < before - CLOCK_SLACK:
                self.epoch += 1
            before = self.now
            if self.has("asleep"):
                continue
            tick = Tick(
                timetable,
                self.jobs,
                self.chain,
                clock=lambda: self.now,
                zone=lambda: self.zone,
                after=self.after,
            )
            try:
                tick.run(due_only=True)
            except Killed:
                self.notice_clock()
                continue  # the machine is off; whatever must be told is told when it is back
            self.check()

    # -- what must hold ----------------------------------------------------------------------

    def notice_clock(self) -> None:
        """Nothing can have been in the future: a clock that was set back counts from then on."""
        self.since = min(self.since or self.now, self.now)
        self.success = min(self.success, self.now) if self.success else None

    def check(self) -> None:
        self.notice_clock()
        doubles = [slot for slot, count in self.settled.items() if count > 1]
        assert not doubles, f"run twice: {doubles}"
        self.check_slot()
        self.check_staleness()

    def check_slot(self) -> None:
        """Whatever could have run has run: the machine is awake, nothing is wrong, none waits."""
        if self.has("away", "broken", "killed"):
            return
        if self.failure is not None and self.elapsed - self.failure <= LONGEST_DELAY * 1.2:
            return
        slot = self.latest_slot()
        if self.tries[slot] > self.job.retries:
            return
        assert slot in self.past.settled, f"{slot} was lost at {self.now}"

    def latest_slot(self) -> str:
        if self.job.schedule.startswith("every"):
            hours = int(self.job.schedule.removeprefix("every ").removesuffix("h"))
            number = int(self.now.timestamp()) // (hours * 3600)
            at = datetime.fromtimestamp(number * hours * 3600, UTC)
            return at.strftime("%Y-%m-%dT%H:%MZ")
        wall = self.now.astimezone(self.zone).replace(tzinfo=None)
        slot = wall.replace(hour=4, minute=0, second=0, microsecond=0)
        if wall < slot:
            slot -= timedelta(days=1)
        while self.job.schedule.startswith("weekly") and slot.weekday() != 6:
            slot -= timedelta(days=1)
        return slot.isoformat(timespec="minutes")

    def check_staleness(self) -> None:
        """Told within one tick of the deadline, never before it, and then once a week."""
        assert self.since is not None
        deadline = (self.success or self.since) + self.job.plan("job").stale_after
        stale = [at for at, kind in self.alerts if kind == "stale"]
        is_stale = self.now >= deadline
        if is_stale:
            assert stale, f"nobody was told at {self.now}"
            kinds = [kind for _, kind in self.alerts if kind in ("stale", "recovered")]
            assert kinds[-1] == "stale"
        elif self.alerts and self.alerts[-1][1] == "stale":
            assert self.alerts[-1][0] != self.now, f"told too early at {self.now}"

    def check_alerts(self) -> None:
        """No storms: one failure and one staleness until it works again, a reminder a week."""
        kinds = [kind for _, kind in self.alerts]
        told: dict[str, datetime] = {}
        for at, kind in self.alerts:
            if kind == "recovered":
                assert told, "nothing had been told"
                told = {}
                continue
            assert kind == "stale" or kind not in told
            if kind == "stale" and kind in told:
                assert abs(at - told[kind]) >= REMIND
            told[kind] = at
        assert set(kinds) <= {"failed", "stale", "recovered"}


def events(kinds: tuple[str, ...], days: int) -> st.SearchStrategy[list[Event]]:
    """Return some events of a year, most of them short, some of them weeks long."""
    hours = st.one_of(st.integers(1, 30), st.integers(30, 700))
    one = st.builds(
        Event, st.sampled_from(kinds), st.integers(0, days * 24), hours, st.integers(0, 10**6)
    )
    return st.lists(one, min_size=5, max_size=40)


def live(schedule: str, found: list[Event], every: timedelta, days: int) -> Machine:
    with TemporaryDirectory() as folder, open_jobs(Path(folder) / "state.sqlite") as jobs:
        jobs.connection.execute("PRAGMA synchronous = OFF")  # the test's own machine stays on
        machine = Machine(Job(schedule=schedule, retries=3), found, every, jobs)
        machine.live(days)
        machine.check_alerts()
        return machine


SCHEDULES = st.sampled_from(["daily 04:00", "every 6h", "weekly sun 04:00"])
EXAMPLES = int(os.environ.get("ROOTCELLAR_YEARS", "4"))
UNHURRIED = settings(
    database=None,
    phases=[Phase.explicit, Phase.generate],  # an example takes seconds: none is shrunk
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@UNHURRIED
@given(schedule=SCHEDULES, found=events(KINDS[:5], 365))
def test_a_year_of_sleep_journeys_and_failures(schedule: str, found: list[Event]) -> None:
    machine = live(schedule, found, timedelta(minutes=90), 365)
    assert max(machine.settled.values(), default=0) <= 1


@UNHURRIED
@given(schedule=SCHEDULES, found=events(KINDS, 120))
def test_a_season_in_which_the_clock_is_set_forth_and_back(
    schedule: str, found: list[Event]
) -> None:
    live(schedule, found, timedelta(minutes=30), 120)


def test_a_year_in_which_nothing_happens_has_a_run_for_every_slot() -> None:
    for schedule, runs in (("daily 04:00", 366), ("every 6h", 1461), ("weekly sun 04:00", 53)):
        machine = live(schedule, [], timedelta(hours=3), 365)
        assert sum(machine.settled.values()) == pytest.approx(runs, abs=1)
        assert machine.alerts == []


def test_the_checks_would_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative controls: a slot that is lost, one that is run twice, an alert that never comes."""
    asleep = [Event("asleep", 24 * day, 20, 0) for day in range(9)]
    with (
        monkeypatch.context() as patch
    ):  # by a plain timer: due only when the hour has just struck
        patch.setattr(
            Schedule,
            "latest",
            lambda self, now, zone, _latest=Schedule.latest: (
                slot if (slot := _latest(self, now, zone)) and now - slot.at < HOUR else None
            ),
        )
        with pytest.raises(AssertionError, match="was lost"):
            live("daily 04:00", asleep, HOUR, 9)
    with monkeypatch.context() as patch:  # by the time since the last run, which a journey shifts
        patch.setattr(Schedule, "_named", lambda self, at, zone: _by_moment(at))
        journey = [Event("journey", 24 * 3 + 6, 24 * 3, 0)]
        with pytest.raises(AssertionError, match=r"was lost|run twice"):
            live("daily 04:00", journey, HOUR, 9)
    with monkeypatch.context() as patch:
        patch.setattr("rootcellar.schedule.telling.alerts", lambda told, *_, **__: ([], told))
        with pytest.raises(AssertionError, match="nobody was told"):
            live("daily 04:00", [Event("away", 48, 500, 0)], HOUR, 30)


def _by_moment(at: datetime) -> object:
    from rootcellar.schedule.slots import Slot

    return Slot(at.astimezone(UTC), at.astimezone(UTC).isoformat())


# -- another opinion ------------------------------------------------------------------------------


CALENDAR = {
    "0 3 * * *": "*-*-* 03:00:00",
    "0 4 * * 0": "Sun *-*-* 04:00:00",
    "30 2 * * 1-5": "Mon..Fri *-*-* 02:30:00",
    "0 */6 * * *": "*-*-* 00/6:00:00",
    "15 1 1,15 * *": "*-*-01,15 01:15:00",
    "*/20 5 * 3,10 *": "*-03,10-* 05:00/20:00",
}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
@pytest.mark.parametrize("cron", CALENDAR)
@pytest.mark.parametrize(
    "zone", ["Europe/Paris", "America/New_York", "America/St_Johns", "Australia/Sydney"]
)
def test_systemd_agrees_on_the_slots_of_a_year(cron: str, zone: str) -> None:
    """But for times that do not exist in spring: systemd passes over them, we make up for them."""
    number = 400
    base = "2026-01-01 00:00:00 UTC"
    command = ["systemd-analyze", "calendar", f"{CALENDAR[cron]} {zone}", f"--base-time={base}"]
    done = subprocess.run(
        [*command, f"--iterations={number}"],
        capture_output=True,
        text=True,
        check=True,
        env={"TZ": "UTC", "PATH": os.environ["PATH"], "LC_ALL": "C"},
    )
    theirs = [
        datetime.strptime(line.split(": ", 1)[1].strip() + "+0000", "%a %Y-%m-%d %H:%M:%S UTC%z")
        for line in done.stdout.splitlines()
        if line.strip().startswith(("Next elapse", "Iter. #"))
    ]
    assert len(theirs) > 100
    first = datetime(2026, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(zone))
    ours = [at.astimezone(UTC) for at in islice(CronSim(cron, first), number)]
    until = min(theirs[-1], ours[-1])
    made_up = {at for at in ours if at <= until} - set(theirs)
    assert {at for at in theirs if at <= until} <= set(ours)
    assert len(made_up) <= 2
    for at in made_up:  # only what fell into the hour that is left out
        local, before = (one.astimezone(ZoneInfo(zone)) for one in (at, at - HOUR))
        assert local.utcoffset() != before.utcoffset()
