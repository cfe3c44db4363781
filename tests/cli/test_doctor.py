"""`doctor`: each thing that can be wrong is named, with what to do about it."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from crontabs import write_crontab

from rootcellar.sample import make_home


@pytest.fixture
def settled(garden: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A garden with settings, an archive, and a crontab in a file."""
    programs = tmp_path / "programs"
    programs.mkdir()
    write_crontab(programs / "crontab", tmp_path / "tab")
    (programs / "notify-send").write_text("#!/bin/sh\n")
    for path in programs.iterdir():
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    garden.run("init", garden.archive, "--home", garden.home, "--yes")
    top = f'archive = "{garden.archive}"\nhome = "{garden.home}"\nexporters = ["garden"]\n'
    garden.settle(f'{top}[jobs.nightly]\nschedule = "daily 03:00"\n')
    assert garden.run("run").code == 0
    assert garden.run("schedule", "install", "--with", "cron").code == 0
    return garden


def problems(world: Any, *arguments: str) -> dict[str, tuple[str, str]]:
    """Return, by id, (message, hint) of all that must be done, as JSON and words say it."""
    done = world.run("doctor", "--json", *arguments)
    found = {
        one["id"]: (one["message"], one["hint"])
        for one in done.document["checks"]
        if one["result"] == "problem"
    }
    assert done.code == (1 if found else 0)
    words = world.run("doctor", *arguments)
    assert words.code == done.code
    for message, hint in found.values():
        assert message in words.out
        assert hint in words.out.partition("What to do:")[2]
    return found


def notes(world: Any) -> dict[str, str]:
    checks = world.run("doctor", "--here", "--json").document["checks"]
    return {one["id"]: one["message"] for one in checks if one["result"] == "note"}


def test_a_machine_on_which_all_is_well_has_nothing_to_do(settled: Any) -> None:
    assert problems(settled) == {}
    done = settled.run("doctor", "--json").document["checks"]
    found = {one["id"]: one["message"] for one in done if one["result"] == "ok"}
    assert "last success" in found["job.nightly"]
    assert found["schedule"].startswith("cron calls ")
    assert found["scheduled"].startswith("cron can read what is here")


def test_a_store_that_may_not_be_read_is_named_from_here_and_from_the_schedule(
    settled: Any,
) -> None:
    make_home(settled.root / "sample")
    library = settled.root / "sample" / "Pictures" / "Photos Library.photoslibrary"
    places = f'archive = "{settled.archive}"\nhome = "{settled.root / "sample"}"\n'
    settled.settle(f'{places}exporters = ["photos"]\n')
    assert problems(settled) == {}
    library.chmod(0)
    try:
        found = problems(settled)
    finally:
        library.chmod(0o755)
    assert found.keys() == {"store.photos", "scheduled.store.photos"}
    assert "Permission denied" in found["store.photos"][0]
    assert found["scheduled.store.photos"][0].startswith("From where cron runs it: ")


def test_a_library_that_is_missing_is_named(settled: Any) -> None:
    settings = settled.settings.read_text()
    settled.settle(f'{settings}[photos]\nlibraries = ["/none/Photos.photoslibrary"]\n')
    found = problems(settled, "--here")
    assert "/none/Photos.photoslibrary" in found["store.photos"][0]
    assert found["store.photos"][1]


def test_a_source_that_was_there_and_is_gone_is_named(settled: Any) -> None:
    (settled.home / "Garden").rename(settled.home / "elsewhere")
    found = problems(settled, "--here")
    assert "2 items are in the archive, and their source is gone" in found["store.garden"][0]


def test_a_drive_that_is_absent_is_named(settled: Any) -> None:
    settled.archive.rename(settled.root / "unplugged")
    found = problems(settled, "--here")
    assert "is not there now" in found["archive"][0]
    assert "Connect its drive" in found["archive"][1]


def test_a_job_that_is_stale_is_named(settled: Any) -> None:
    import sqlite3

    with sqlite3.connect(settled.root / "state" / "state.sqlite") as connection:
        connection.execute("UPDATE job SET succeeded = '2020-01-01T00:00:00+00:00'")
    found = problems(settled, "--here")
    assert "The job nightly is STALE: last success 2020-01-01" in found["job.nightly"][0]
    assert found["job.nightly"][1] == "Run: rootcellar run nightly"


def test_a_schedule_that_is_not_installed_is_named(settled: Any) -> None:
    settled.run("schedule", "remove", "--with", "cron")
    found = problems(settled)
    assert found["schedule"][1] == "Run: rootcellar schedule install"


def test_a_system_that_does_not_call_is_named(settled: Any) -> None:
    """A line in a crontab does nothing where no cron runs."""
    checks = settled.run("doctor", "--json").document["checks"]
    (fresh,) = (one for one in checks if one["id"] == "schedule.looked")
    assert fresh["result"] == "ok"
    looked = settled.root / "state" / "locks" / "looked"
    os.utime(looked, (looked.stat().st_mtime - 7200,) * 2)
    done = settled.run("doctor")
    assert done.code == 0
    assert "cron has not looked what is due since 20" in done.out
    assert "see whether cron runs at all" in done.out.partition("What to do:")[2]
    settled.run("run", "--due")
    assert "cron last looked on" in settled.run("doctor").out


def test_a_job_that_was_installed_and_never_called_becomes_stale(settled: Any) -> None:
    with sqlite3.connect(settled.root / "state" / "state.sqlite") as connection:
        connection.executescript("DELETE FROM job; DELETE FROM job_run")
    assert settled.run("status").code == 0
    settled.run("schedule", "install", "--with", "cron")
    with sqlite3.connect(settled.root / "state" / "state.sqlite") as connection:
        connection.execute("UPDATE job SET since = '2020-01-01T00:00:00+00:00'")
    done = settled.run("status")
    assert done.code == 1
    assert "The job nightly is STALE: no success yet" in done.out


def test_a_deadline_that_comes_before_the_next_run_is_named(settled: Any) -> None:
    """It would be called stale, and well again, every day."""
    good = settled.settings.read_text()
    for text, odd in (("1d", True), ("25h", False)):
        settled.settle(f'{good}stale_after = "{text}"\n')
        told = notes(settled).get("job.nightly", "")
        assert ("but up to 24 hours lie between two of its runs" in told) == odd
        installed = settled.run("schedule", "install", "--with", "cron").out
        assert ("but up to 24 hours" in installed) == odd


def test_a_job_with_an_exporter_that_is_not_there_is_named_and_not_installed(
    settled: Any, tmp_path: Path
) -> None:
    settled.run("schedule", "remove")
    good = settled.settings.read_text()
    settled.settle(f'{good}exporters = ["gardn"]\n')
    assert "no exporter named gardn" in problems(settled, "--here")["job.nightly"][0]
    for wrong in (
        f'{good}exporters = ["gardn"]\n',
        f"{good}[gadren]\n",
        f"{good}[photos]\nx = 1\n",
    ):
        settled.settle(wrong)
        done = settled.run("schedule", "install", "--with", "cron")
        assert (done.code, done.out) == (2, "")
        assert not (tmp_path / "tab").exists()


def test_what_was_installed_is_shown_and_removed_whichever_it_is(
    settled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rootcellar.cli import schedule

    monkeypatch.setattr("rootcellar.cli.schedule.default_system", lambda: "systemd")
    monkeypatch.setattr(schedule, "logs_folder", lambda: tmp_path / "logs")
    monkeypatch.setattr("rootcellar.schedule.systemd.Systemd.install", lambda self: [])
    settled.settle('[jobs.nightly]\nschedule = "daily 03:00"\n')  # no gardens in this process
    for name in ("ROOTCELLAR_STATE", "ROOTCELLAR_CACHE", "ROOTCELLAR_SETTINGS"):
        monkeypatch.setenv(name, settled.environment[name])
    asked = CliRunner()
    assert asked.invoke(schedule.command, ["show"]).output.startswith("cron calls: ")
    again = asked.invoke(schedule.command, ["install"])
    assert again.output.startswith("cron now calls ")
    moved = asked.invoke(schedule.command, ["install", "--with", "systemd"])
    assert moved.output.startswith("cron no longer calls rootcellar.\nsystemd now calls ")
    assert not (tmp_path / "tab").exists()
    asked.invoke(schedule.command, ["install", "--with", "cron"])
    assert (
        asked.invoke(schedule.command, ["remove"]).output == "cron no longer calls rootcellar.\n"
    )
    assert asked.invoke(schedule.command, ["remove"]).output == "Nothing was installed.\n"
    assert not (tmp_path / "tab").exists()


def test_an_interpreter_that_has_gone_is_named(settled: Any, tmp_path: Path) -> None:
    tab = tmp_path / "tab"
    tab.write_text(tab.read_text().replace(sys.executable, "/gone/bin/python"))
    found = problems(settled)
    assert "/gone/bin/python, which is not there any more" in found["schedule"][0]
    assert found["schedule"][1] == "Run: rootcellar schedule install"
    other = Path(subprocess.check_output(["which", "sh"], text=True).strip())
    tab.write_text(tab.read_text().replace("/gone/bin/python", str(other)))
    assert "another rootcellar" in problems(settled)["schedule"][0]
    settled.run("schedule", "install", "--with", "cron")
    assert problems(settled) == {}


def test_an_archive_in_icloud_drive_is_named(garden: Any) -> None:
    place = garden.home / "Library" / "Mobile Documents" / "com~apple~CloudDocs" / "Archive"
    place.parent.mkdir(parents=True)
    garden.settle(f'archive = "{place}"\nhome = "{garden.home}"\n')
    garden.run("init", place, "--home", garden.home, "--yes")
    checks = garden.run("doctor", "--here", "--json").document["checks"]
    told = [one for one in checks if one["id"] == "archive.place"]
    assert any("synchronised by a cloud service" in one["message"] for one in told)
    assert all(one["hint"] for one in told)


def test_an_address_that_apprise_does_not_know_is_named_without_its_secrets(settled: Any) -> None:
    settings = settled.settings.read_text()
    settled.settle(f'{settings}[notify]\nurls = ["nonsense://ada:secret@x"]\n')
    done = settled.run("doctor", "--here", "--json")
    assert "secret" not in done.out
    assert "nonsense://…" in problems(settled, "--here")["notify"][0]


def test_on_a_mac_the_one_program_to_grant_access_is_named(
    settled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What launchd's own job sees is told with the program it belongs to (in a made-up answer)."""
    from rootcellar.cli import checks, schedule
    from rootcellar.schedule.waking import Answer, Installed

    said = {"checks": [{"id": "store.photos", "result": "problem", "message": "no", "hint": "h"}]}

    class Launchd:
        name = "launchd"
        grantee = "/Users/ada/Applications/Rootcellar.app"

        def show(self) -> Installed:
            return Installed("launchd", installed=True, active=True, command=("python",))

        def probe(self, command: object) -> Answer:
            return Answer(0, json.dumps(said), "")

    monkeypatch.setattr(schedule, "system_installed", lambda _: Launchd())
    found = {one.id: one for one in checks.check_schedule(None)}
    assert found["scheduled.store.photos"].message == "From where launchd runs it: no"
    assert "Switch on /Users/ada/Applications/Rootcellar.app" in (
        found["scheduled.store.photos"].hint
    )
