"""`rootcellar run`: jobs by hand and when due, one at a time, stopped safely, idle cheaply."""

import io
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from listening import listening
from rich.console import Console

from rootcellar.cli.history import show_history
from rootcellar.state.jobs import JobRun

HEAVY = (
    "apprise", "jinja2", "osxphotos", "psutil", "pydantic", "requests", "rich",
    "rootcellar_notes", "rootcellar_photos", "rootcellar_templates",
)  # fmt: skip


@pytest.fixture
def orderly(garden: Any) -> Any:
    """A garden whose settings say what is archived where."""
    return settled(garden)


def settled(world: Any, more: str = "") -> Any:
    done = world.run("init", world.archive, "--home", world.home, "--yes")
    assert done.code == 0
    top = f'archive = "{world.archive}"\nhome = "{world.home}"\nexporters = ["garden"]\n'
    world.settle(top + more)
    return world


def runs(world: Any) -> list[tuple[str, str]]:
    with sqlite3.connect(world.root / "state" / "state.sqlite") as connection:
        return connection.execute("SELECT job, outcome FROM job_run ORDER BY id").fetchall()


def test_a_job_that_is_due_is_run_once(orderly: Any) -> None:
    first = orderly.run("run", "--due", "--json")
    assert first.code == 0
    assert first.document["exporters"]["garden"]["new"] == 2
    job = first.document["jobs"]["nightly"]
    assert (job["due"], job["outcome"], job["run"]) == (True, "ok", 1)
    again = orderly.run("run", "--due", "--json")
    assert (again.code, again.document["exporters"]) == (0, {})
    job = again.document["jobs"]["nightly"]
    assert (job["due"], job["run"]) == (False, None)
    assert "has run for" in job["reason"]
    assert runs(orderly) == [("nightly", "ok")]


def test_a_job_is_run_by_hand_whether_it_is_due_or_not(orderly: Any) -> None:
    orderly.run("run", "--due")
    orderly.plant("quince")
    by_hand = orderly.run("run", "nightly", "nightly")  # once is enough
    assert by_hand.code == 0
    assert "nightly: ok" in by_hand.out
    assert "Garden: 1 new" in by_hand.out
    assert runs(orderly) == [("nightly", "ok")] * 2
    assert not orderly.run("run", "--due", "--json").document["jobs"]["nightly"]["due"]


def test_an_idle_tick_says_nothing_and_writes_nothing_outside_the_state(orderly: Any) -> None:
    orderly.run("run", "--due")
    before = orderly.tree()
    done = orderly.run("run", "--due")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert orderly.tree() == before


def test_several_jobs_each_do_their_own(garden: Any) -> None:
    settled(garden, '[jobs.a]\nschedule = "every 6h"\n[jobs.b]\nexporters = ["photos"]\n')
    done = garden.run("run", "--json")
    assert done.code == 1  # there are no photos in this home
    found = {name: job["outcome"] for name, job in done.document["jobs"].items()}
    assert found == {"a": "ok", "b": "failed"}
    assert "Photos library" in done.document["jobs"]["b"]["message"]
    unknown = garden.run("run", "c", "--json")
    assert unknown.code == 2
    assert unknown.document["error"]["hint"].startswith("There are: a, b.")


def test_a_drive_that_is_not_there_is_waited_for_and_the_job_stays_due(orderly: Any) -> None:
    orderly.run("run", "--due")
    with sqlite3.connect(orderly.root / "state" / "state.sqlite") as connection:
        connection.execute("DELETE FROM job_run")
    orderly.archive.rename(orderly.root / "unplugged")
    for _ in range(3):
        done = orderly.run("run", "--due", "--json")
        assert (done.code, done.document["outcome"]) == (75, "waiting")
        assert "is not there now" in done.document["jobs"]["nightly"]["message"]
    assert runs(orderly) == [("nightly", "waiting")]  # one, however often it was looked for
    assert not orderly.archive.exists()
    (orderly.root / "unplugged").rename(orderly.archive)
    assert orderly.run("run", "--due").code == 0
    assert runs(orderly) == [("nightly", "waiting"), ("nightly", "ok")]


def test_a_failed_job_is_tried_again_later(orderly: Any) -> None:
    orderly.plant("twice")
    failed = orderly.run("run", "--due", "--json")
    assert failed.code == 1
    again = orderly.run("run", "--due", "--json").document["jobs"]["nightly"]
    assert not again["due"]
    assert "tried again after" in again["reason"]


def test_of_two_runs_at_once_one_does_nothing(orderly: Any) -> None:
    orderly.plant("slow")
    with orderly.start("run") as first:
        assert first.stderr.readline() == "waiting for go\n"
        tick = orderly.run("run", "--due", "--json")
        assert (tick.code, tick.document["jobs"]) == (0, {})
        by_hand = orderly.run("run", "--json")
        assert (by_hand.code, by_hand.document["outcome"]) == (75, "waiting")
        assert "Another run" in by_hand.document["error"]["message"]
        (orderly.home / "Garden" / "go").touch()
        first.communicate(timeout=60)
    assert first.returncode == 0
    assert runs(orderly) == [("nightly", "ok")]


def test_a_run_that_is_asked_to_stop_ends_its_step_and_the_next_goes_on(orderly: Any) -> None:
    orderly.plant("slow")
    with orderly.start("run", "--json") as process:
        assert process.stderr.readline() == "waiting for go\n"
        process.send_signal(signal.SIGTERM)
        (orderly.home / "Garden" / "go").touch()
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 75
    job = json.loads(out)["jobs"]["nightly"]
    assert (job["outcome"], job["message"]) == ("waiting", "The run was asked to stop.")
    assert orderly.run("run", "--due").code == 0
    assert orderly.run("status", "--json").document["exporters"]["garden"]["safe"] == 3


def test_a_run_that_was_killed_is_called_failed_and_tried_again(orderly: Any) -> None:
    orderly.plant("slow")
    with orderly.start("run") as process:
        assert process.stderr.readline() == "waiting for go\n"
        process.kill()
    (orderly.home / "Garden" / "go").touch()
    job = orderly.run("run", "--due", "--json").document["jobs"]["nightly"]
    assert not job["due"]  # not at once: it may be what brings the machine down
    assert runs(orderly) == [("nightly", "failed")]
    assert orderly.run("run").code == 0


def test_wrong_settings_are_told_before_anything_is_run(orderly: Any) -> None:
    orderly.settle('[jobs.nightly]\nschedule = "sometimes"\n')
    done = orderly.run("run", "--due", "--json")
    assert done.code == 2
    assert "'sometimes' is no schedule" in done.document["error"]["message"]


def test_a_state_that_cannot_be_used_is_told(orderly: Any) -> None:
    (orderly.root / "state").rename(orderly.root / "away")
    (orderly.root / "state").write_text("a file")
    done = orderly.run("run", "--due", "--json")
    assert (done.code, done.document["outcome"]) == (1, "failed")
    assert "cannot be used" in done.document["error"]["message"]


def test_a_state_that_may_not_be_written_to_is_not_called_damaged(orderly: Any) -> None:
    """As after a run with sudo."""
    orderly.run("run")
    (orderly.root / "state" / "state.sqlite").chmod(0o444)
    for command in (("run", "--due"), ("run",), ("status",)):
        done = orderly.run(*command)
        assert (done.code, "may not be written to" in done.err) == (1, True)
        assert "sudo chown" in done.err
        assert "rebuild" not in done.err


def test_nobody_else_may_look_into_a_state_that_a_tick_made(orderly: Any) -> None:
    state = orderly.root / "state"
    shutil.rmtree(state)
    assert orderly.run("run", "--due").code == 0
    assert [path.stat().st_mode & 0o077 for path in (state, state / "logs", state / "locks")] == [
        0
    ] * 3


def test_a_state_that_is_no_file_is_told(orderly: Any) -> None:
    state = orderly.root / "state" / "state.sqlite"
    orderly.run("run")
    state.unlink()
    state.mkdir()
    for command in (("run", "--due"), ("log",), ("status", "--history")):
        done = orderly.run(*command)
        assert done.code == 1
        assert "cannot be opened" in done.err
        assert "Traceback" not in done.err


@pytest.mark.parametrize("fault", ["folder", "full"])
def test_a_log_that_cannot_be_written_stops_no_run(orderly: Any, fault: str) -> None:
    logs = orderly.root / "state" / "logs"
    logs.parent.mkdir(exist_ok=True)
    if fault == "folder":
        logs.write_text("a file")
    else:
        logs.mkdir()
        (logs / "run-000001.log").symlink_to("/dev/full")
    orderly.plant("loud")
    done = orderly.run("run", "--json")
    assert (done.code, done.document["exporters"]["garden"]["new"]) == (0, 3)
    assert runs(orderly) == [("nightly", "ok")]
    assert orderly.run("schedule", "show", "--with", "cron").code in (0, 1)


# -- what a tick costs --------------------------------------------------------------------------


def modules(world: Any, *arguments: str) -> set[str]:
    code = (
        "import json, sys\nfrom rootcellar.cli.main import main\n"
        f"sys.argv = ['rootcellar', *{arguments!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=world.environment, capture_output=True, text=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_an_idle_tick_imports_neither_exporters_nor_anything_heavy(orderly: Any) -> None:
    due = modules(orderly, "run", "--due")
    assert "rootcellar.engine.running" in due  # the negative control
    idle = modules(orderly, "run", "--due")
    assert {name.partition(".")[0] for name in idle}.isdisjoint(HEAVY)
    assert idle.isdisjoint({"rootcellar.state.store", "rootcellar.engine.opening", "subprocess"})


def test_an_idle_tick_of_a_job_that_runs_on_mount_imports_nothing_heavy_either(
    garden: Any,
) -> None:
    settled(garden, '[jobs.drive]\nschedule = "on mount"\n')
    assert "rootcellar.engine.running" in modules(garden, "run", "--due")
    idle = modules(garden, "run", "--due")
    assert {name.partition(".")[0] for name in idle}.isdisjoint(HEAVY)
    assert idle.isdisjoint({"rootcellar.engine.running", "rootcellar.plugins", "subprocess"})


def cpu(command: list[str], world: Any) -> float:
    """Return the least seconds of CPU that a command took, of some attempts."""
    taken = []
    for _ in range(7):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, env=world.environment, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(sum(after[:2]) - sum(before[:2]))
    return min(taken)


def test_an_idle_tick_costs_a_tenth_of_a_second_beyond_the_interpreter(orderly: Any) -> None:
    """Allows for a busy machine half as much again."""
    orderly.run("run", "--due")
    tick = cpu([str(Path(sys.executable).parent / "rootcellar"), "run", "--due"], orderly)
    assert tick - cpu([sys.executable, "-c", "pass"], orderly) < 0.15


# -- what is kept and shown of runs -------------------------------------------------------------


def age(world: Any, days: float) -> None:
    """Have everything that is known of jobs happen so many days earlier."""
    with sqlite3.connect(world.root / "state" / "state.sqlite") as connection:
        shift = f"-{days * 86_400:.0f} seconds"
        for table, column in (
            ("job", "since"),
            ("job", "succeeded"),
            ("job_run", "started"),
            ("job_run", "finished"),
        ):
            connection.execute(
                f"UPDATE {table} SET {column} = strftime('%Y-%m-%dT%H:%M:%S+00:00', {column}, ?) "
                f"WHERE {column} <> ''",
                (shift,),
            )


def test_log_shows_what_a_run_said(orderly: Any) -> None:
    none = orderly.run("log")
    assert (none.code, none.out) == (2, "")
    orderly.plant("loud")
    orderly.run("run")
    orderly.archive.rename(orderly.root / "unplugged")
    orderly.run("run")
    last = orderly.run("log").out
    assert "is not there now" in last
    first = orderly.run("log", "1").out
    assert "Garden: 3 new" in first
    assert "la la la" in first
    listed = orderly.run("log", "--list").out.splitlines()
    assert ["ok" in listed[0], "waiting" in listed[1]] == [True, True]
    for number in ("99", "0", "9" * 30):
        assert orderly.run("log", number).code == 2


def test_status_tells_of_jobs_and_their_deadlines(orderly: Any) -> None:
    orderly.run("run")
    status = orderly.run("status", "--json").document
    job = status["jobs"]["nightly"]
    assert (job["outcome"], job["stale"]) == ("ok", False)
    assert status["exporters"]["garden"]["deadline"] == job["deadline"]
    assert "history" not in status
    assert "nightly (daily 03:00): last success" in orderly.run("status").out


def test_a_stale_job_is_told_by_status_with_its_reason_and_exit_code_1(orderly: Any) -> None:
    orderly.run("run")
    age(orderly, 2.9)
    assert orderly.run("status").code == 0
    age(orderly, 0.2)
    done = orderly.run("status", "--json")
    assert (done.code, done.document["outcome"]) == (1, "failed")
    assert done.document["jobs"]["nightly"]["stale"]
    assert "The job nightly is STALE: last success" in orderly.run("status").out


def test_a_job_that_failed_before_it_began_is_told_by_status(orderly: Any) -> None:
    orderly.run("run")
    good = orderly.settings.read_text()
    orderly.settle(good + '[jobs.nightly]\nexporters = ["gardn"]\n')
    assert orderly.run("run").code == 1
    done = orderly.run("status", "--json")
    assert (done.code, done.document["outcome"]) == (1, "failed")
    assert "The last run failed: There is no exporter named gardn." in orderly.run("status").out
    orderly.settle(good)
    orderly.run("run")
    assert orderly.run("status").code == 0


def test_history_shows_a_table_and_charts(orderly: Any) -> None:
    for name in ("quince", "fig"):
        orderly.plant(name)
        orderly.run("run")
    done = orderly.run("status", "--history")
    assert done.code == 0
    head, first, second = (line.split() for line in done.out.splitlines()[:3])
    assert head[:4] == ["run", "when", "job", "outcome"]
    assert (first[0], first[3:6]) == ("1", ["nightly", "ok", "3"])
    assert (second[0], second[3:6]) == ("2", ["nightly", "ok", "1"])
    assert "items    █▃  up to 3" in done.out
    document = orderly.run("status", "--history", "--json").document
    assert [run["counts"]["garden"]["new"] for run in document["history"]] == [1, 3]


@pytest.mark.parametrize("width", [42, 60, 80])
def test_history_fits_into_a_narrow_terminal(width: int) -> None:
    start = datetime(2026, 11, 23, 3, tzinfo=UTC)
    counts = {"photos": {"new": 1234, "changed": 5, "gone": 0, "bytes": 10**12, "failed": 7}}
    some = [
        JobRun(
            *(number, "photos-of-the-whole-family", "slot", start, start + timedelta(hours=2)),
            *(1 + number % 3, "waiting" if number % 3 else "partial", True, "", "", counts),
        )
        for number in range(1, 41)
    ]
    console = Console(width=width, force_terminal=True, color_system=None, file=io.StringIO())
    show_history(some, console)
    assert isinstance(console.file, io.StringIO)
    lines = [line for line in console.file.getvalue().splitlines() if line.strip()]
    assert max(map(len, lines)) <= width
    assert [line.split()[0] for line in lines] == [
        *("run", *map(str, range(1, 41))),
        *("■", "outcome"),
        *("items", "written", "took"),
    ]


@pytest.mark.parametrize("encoding", ["latin-1", "ascii:strict"])
def test_a_terminal_of_few_characters_is_shown_what_it_has(orderly: Any, encoding: str) -> None:
    orderly.plant("“quince”")
    orderly.plant("fig", "absent")
    environment = {**orderly.environment, "PYTHONIOENCODING": encoding}
    for command in (["run"], ["status", "--history"], ["status"], ["log"]):
        program = Path(sys.executable).parent / "rootcellar"
        done = subprocess.run([program, *command], env=environment, capture_output=True)
        assert (done.returncode in (0, 3), done.stderr) == (True, b"")
    orderly.settle(f'{orderly.settings.read_text()}[jobs.nightly]\nexporters = ["“photos”"]\n')
    done = subprocess.run([program, "run"], env=environment, capture_output=True)
    if encoding == "latin-1":  # click takes ASCII for a mistake, and prints UTF-8
        assert b"There is no exporter named ?photos?." in done.stdout


def test_a_person_at_a_terminal_sees_that_a_job_is_stale(orderly: Any) -> None:
    import os
    import pty

    orderly.run("run")
    for days, said in ((0, False), (4, True)):
        age(orderly, days)
        keyboard, terminal = pty.openpty()
        try:
            subprocess.run(
                [Path(sys.executable).parent / "rootcellar", "exporters"],
                env=orderly.environment,
                stdout=subprocess.DEVNULL,
                stderr=terminal,
                check=True,
            )
            os.write(terminal, b"end")
            text = os.read(keyboard, 4096).decode()
        finally:
            os.close(keyboard)
            os.close(terminal)
        assert ("The job nightly is STALE" in text) == said


def test_the_archive_says_when_the_next_run_is(orderly: Any) -> None:
    orderly.run("run")
    text = (orderly.archive / "STATUS.txt").read_text()
    assert "Job nightly (daily 03:00): next run on " in text
    assert "stale after 3 days without a success" in text


def test_a_stale_job_is_told_once_by_the_tick(orderly: Any) -> None:
    with listening() as server:
        settings = orderly.settings.read_text()
        url = f"json://{server.address}/"
        orderly.settle(f'{settings}[notify]\nsystem = false\nurls = ["{url}"]\n')
        orderly.run("run")
        orderly.archive.rename(orderly.root / "unplugged")
        age(orderly, 4)
        with sqlite3.connect(orderly.root / "state" / "state.sqlite") as connection:
            connection.execute("DELETE FROM job_run")
        for _ in range(3):
            orderly.run("run", "--due")
        assert len(server.taken) == 1
        assert "nightly is stale" in server.taken[0][1]
        assert "is not there now" in server.taken[0][1]
        (orderly.root / "unplugged").rename(orderly.archive)
        orderly.run("run", "--due")
        orderly.run("run", "--due")
        assert len(server.taken) == 2
        assert "works again" in server.taken[1][1]


def test_a_dead_mans_switch_hears_nothing_of_runs_that_wait(orderly: Any) -> None:
    """It would take a start without an end for a failure, long before the deadline."""
    with listening() as server:
        job = f'[jobs.nightly]\nping = "http://{server.address}/check"\n'
        orderly.settle(orderly.settings.read_text() + job)
        orderly.run("run")
        assert [path for path, _ in server.taken] == ["/check/start", "/check"]
        orderly.archive.rename(orderly.root / "unplugged")
        assert orderly.run("run").code == 75
        assert len(server.taken) == 2


# -- ticks that cannot even look ----------------------------------------------------------------


@pytest.mark.parametrize("fault", ["settings", "state"])
def test_a_tick_that_cannot_look_is_told_of_after_an_hour_and_once(
    orderly: Any, fault: str
) -> None:
    state = orderly.root / "state" / "state.sqlite"
    with listening() as server:
        url = f"json://{server.address}/"
        good = f'{orderly.settings.read_text()}[notify]\nsystem = false\nurls = ["{url}"]\n'
        orderly.settle(good)
        assert orderly.run("run", "--due").code == 0
        whole = state.read_bytes()
        if fault == "settings":
            orderly.settle(good + '[jobs.nightly]\nschedul = "daily 03:00"\n')
        else:
            state.write_bytes(b"x" * 9000)
        for _ in range(2):
            assert orderly.run("run", "--due").code == (2 if fault == "settings" else 1)
        assert server.taken == []
        failing = orderly.root / "state" / "locks" / "failing"
        os.utime(failing, (failing.stat().st_mtime - 3700,) * 2)
        for _ in range(2):
            orderly.run("run", "--due")
        ((_, told),) = server.taken
        assert "nothing has run since" in told
        assert ("schedul is no setting" if fault == "settings" else "is damaged") in told
        orderly.settle(good)
        state.write_bytes(whole)
        for _ in range(2):
            assert orderly.run("run", "--due").code == 0
        assert len(server.taken) == 2
        assert "works again" in server.taken[1][1]
        assert not failing.exists()
