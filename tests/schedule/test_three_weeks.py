"""Two jobs over three simulated weeks of a real home: all that is asked for, from end to end.

The tick is the command's own, alerts go through Apprise to a local server, the archive is real;
the clock alone is made up. The drive is away for some days, the pictures for one; in the second
week summer time begins.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from listening import Server, listening

from rootcellar.cli import run as run_command
from rootcellar.cli.main import rootcellar
from rootcellar.config import load_timetable
from rootcellar.schedule.running import run_lock
from rootcellar.schedule.telling import Teller, deliver
from rootcellar.state import faults
from rootcellar.state.jobs import open_jobs

FIXTURES = Path(
    os.environ.get("ROOTCELLAR_FIXTURES", Path(__file__).parents[3] / "shared" / "fixtures")
)
HOME = FIXTURES / "homes" / "mac26"
PARIS = ZoneInfo("Europe/Paris")
START = datetime(2026, 3, 20, 12, tzinfo=PARIS)
AWAY = range(6, 12)
"""The days on which the archive's drive is away; by then nightly is stale after 3 days."""
GONE = range(16, 17)
"""The day on which the home's Pictures are not there: a drive of their own, say."""

pytestmark = [
    pytest.mark.fixtures,
    pytest.mark.skipif(not HOME.is_dir(), reason=f"no real home in {FIXTURES}"),
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated"),
]


class Household:
    """A home, its archive on a drive, and a clock that is turned by hand."""

    def __init__(self, root: Path, server: Server) -> None:
        self.home = root / "home"
        self.archive = root / "Volumes" / "Cellar" / "Archive"
        self.archive.parent.mkdir(parents=True)
        self.settings = root / "settings.toml"
        self.server = server
        self.now = START.astimezone(UTC)
        self.told: list[tuple[int, str]] = []
        shutil.copytree(HOME, self.home, symlinks=True)
        for path in (self.home, *self.home.iterdir()):
            path.chmod(0o755)
        self.settings.write_text(
            f"""archive = "{self.archive}"
home = "{self.home}"
[jobs.nightly]
schedule = "daily 03:00"
exporters = ["photos", "notes"]
[jobs.notes]
schedule = "every 12h"
exporters = ["notes"]
[notify]
system = false
urls = ["json://{server.address}/"]
"""
        )

    @property
    def day(self) -> int:
        """How many times the calendar's page has been turned."""
        return (self.now.astimezone(PARIS).date() - START.date()).days

    def command(self, *arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(rootcellar, arguments)
        return done.exit_code, done.stdout

    def tick(self) -> None:
        """What `rootcellar run --due` does."""
        timetable = load_timetable(None)
        state = faults_path()
        with run_lock(state), open_jobs(state) as known:
            teller = Teller(timetable.notify, deliver)
            run_command._tick(timetable, known, teller, quiet=True).run(due_only=True)
        for _, body in self.server.taken:
            self.told.append((self.day, json.loads(body)["title"].removeprefix("rootcellar: ")))
        self.server.taken.clear()

    def live(self, until: int) -> None:
        """Let the hours pass."""
        drive, put_away = self.archive.parent, self.archive.parent.with_name("put away")
        pictures, elsewhere = self.home / "Pictures", self.home / "elsewhere"
        while self.day < until:
            self.now += timedelta(hours=1)
            for place, away, days in ((drive, put_away, AWAY), (pictures, elsewhere, GONE)):
                if (self.day in days) == place.exists():
                    place.rename(away) if place.exists() else away.rename(place)
            self.tick()


def faults_path() -> Path:
    from rootcellar.state.path import default_path

    return default_path()


@pytest.fixture
def household(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Household]:
    with listening() as server:
        found = Household(tmp_path, server)
        monkeypatch.setenv("HOME", str(found.home))
        monkeypatch.setenv("TZ", "Europe/Paris")
        monkeypatch.setenv("ROOTCELLAR_SETTINGS", str(found.settings))
        monkeypatch.setenv("ROOTCELLAR_STATE", str(tmp_path / "state"))
        monkeypatch.setenv("ROOTCELLAR_CACHE", str(tmp_path / "cache"))
        time.tzset()
        import rootcellar.cli.chain
        import rootcellar.engine.running  # noqa: F401 - everything that looks at the clock

        really = faults.now
        for name, module in sorted(sys.modules.items()):
            if name.startswith("rootcellar") and getattr(module, "now", None) is really:
                monkeypatch.setattr(module, "now", lambda: found.now)
        yield found
    monkeypatch.undo()
    time.tzset()


def days_of(household: Household, job: str) -> list[tuple[int, int, str]]:
    """Return (day, hour, outcome) of every run of a job, by the wall clock of Paris."""
    with open_jobs(faults_path()) as known:
        runs = reversed(known.runs(1000, job))
        starts = [(run.started.astimezone(PARIS), run.outcome) for run in runs]
    return [((at.date() - START.date()).days, at.hour, outcome) for at, outcome in starts]


def contents(archive: Path) -> dict[str, bytes]:
    return {
        path.relative_to(archive).as_posix(): path.read_bytes()
        for path in archive.rglob("*")
        if path.is_file() and ".rootcellar" not in path.parts and path.name != "STATUS.txt"
    }


def test_three_weeks_are_as_the_calendar_says(household: Household, tmp_path: Path) -> None:
    assert household.command("init", str(household.archive), "--home", str(household.home))[0] == 0
    household.live(21)

    # One run each night, also in the one that has no 02:00; at once when the drive is back.
    nightly = [one for one in days_of(household, "nightly") if one[2] != "waiting"]
    well = [one for one in nightly if one[2] != "failed"]
    nights = [(day, 3) for day in range(1, 21) if day not in (*AWAY, *GONE)]
    nights[nights.index((AWAY.stop, 3))] = (AWAY.stop, 0)  # the drive is back: at once
    nights.insert(nights.index((AWAY.stop, 0)) + 1, (AWAY.stop, 3))
    assert [(day, hour) for day, hour, _ in well] == [(0, 13), *nights]
    failed = [(day, hour) for day, hour, outcome in nightly if outcome == "failed"]
    assert len(failed) == 6  # the first, and five more with ever longer waits between them
    assert {day for day, _ in failed} == {*GONE}

    # The other job goes on while only the pictures are gone, and waits with the drive.
    notes = [one for one in days_of(household, "notes") if one[2] != "waiting"]
    assert {day for day, _, _ in notes} == {*range(21)} - {*AWAY}
    assert {outcome for _, _, outcome in notes} <= {"ok", "partial"}
    hours = {hour for day, hour, _ in notes if day not in (0, AWAY.stop)}
    assert hours == {1, 13, 2, 14}  # midnight and noon UTC, before and after the change

    # Who was told what, and when.
    assert [one for one in household.told if "not everything is safe" not in one[1]] == [
        (7, "notes is stale: no success since 2026-03-25 13:00"),
        (8, "nightly is stale: no success since 2026-03-25 03:00"),
        (AWAY.stop, "nightly works again"),
        (AWAY.stop, "notes works again"),
        (16, "nightly has failed 3 times in a row"),
        (17, "nightly works again"),
    ]

    # What is there, and what is said of it, at the end.
    code, out = household.command("status", "--json")
    status: dict[str, Any] = json.loads(out)
    assert code in (0, 3)
    assert not any(job["stale"] for job in status["jobs"].values())
    assert status["jobs"]["nightly"]["next"] == "2026-04-10T01:00:00+00:00"
    assert "next run on 2026-04-10 " in (household.archive / "STATUS.txt").read_text()
    code, out = household.command("status", "--history")
    assert code == 0
    assert "nightly" in out
    fresh = tmp_path / "fresh"
    household.command("export", "photos", "notes", "--archive", str(fresh))
    assert contents(household.archive) == contents(fresh) != {}


def test_the_clock_is_made_up_everywhere(household: Household) -> None:
    """The negative control: what the run keeps is of the made-up day."""
    import sqlite3

    household.command("init", str(household.archive), "--home", str(household.home))
    household.live(1)
    with closing(sqlite3.connect(faults_path())) as connection:
        seen = {text[:4] for (text,) in connection.execute("SELECT finished FROM run")}
    assert seen == {"2026"}
    assert household.now < datetime(2026, 3, 22, tzinfo=UTC)
    with closing(sqlite3.connect(faults_path())) as connection:
        dates = {text[:10] for (text,) in connection.execute("SELECT finished FROM job_run")}
    assert dates <= {"2026-03-20", "2026-03-21"}
