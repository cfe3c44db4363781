"""`rootcellar run`: jobs by hand and when due, one at a time, stopped safely, idle cheaply."""

import json
import resource
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
    by_hand = orderly.run("run", "nightly")
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
