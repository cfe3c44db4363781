"""init, status, doctor, exporters, rebuild, demo: what they print, write and exit with."""

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rootcellar.cli.main import COMMANDS


def lines(done: Any) -> str:
    return str(done.out + done.err)


# -- init --------------------------------------------------------------------------------------


def test_init_makes_the_archive_and_the_settings_and_export_needs_no_more(garden: Any) -> None:
    made = garden.run("init", garden.archive, "--home", garden.home, "--yes")
    assert made.code == 0
    assert f"garden: {garden.home}/Garden" in made.out
    assert f"the settings are in {garden.settings}" in made.out
    assert "Now run: rootcellar export" in made.out
    assert "on the same drive as your data" in made.err
    assert (garden.archive / ".rootcellar" / "archive.json").is_file()
    exported = garden.run("export", "--json")
    assert exported.code == 0
    assert exported.document["archive"] == str(garden.archive)
    assert exported.document["exporters"]["garden"]["new"] == 2


def test_init_leaves_existing_settings_as_they_are_and_says_so(garden: Any) -> None:
    garden.settle("# mine\n")
    made = garden.run("init", garden.archive, "--home", garden.home, "--yes")
    assert made.code == 0
    assert garden.settings.read_text() == "# mine\n"
    assert "There are settings already, and they were left as they are" in made.err
    assert f'archive = "{garden.archive}"' in made.err


def test_init_takes_over_an_archive_that_exists(garden: Any) -> None:
    garden.export()
    shutil.rmtree(garden.root / "state")
    made = garden.run("init", garden.archive, "--home", garden.home, "--yes")
    assert made.code == 0
    assert "its state was rebuilt from 2 records" in made.err
    assert garden.run("export", "--json").document["exporters"]["garden"]["unchanged"] == 2


def test_init_writes_the_settings_file_that_is_named(garden: Any) -> None:
    other = garden.root / "other.toml"
    garden.run("init", garden.archive, "--home", garden.home, "--settings", other, "--yes")
    assert other.is_file()
    assert not garden.settings.exists()
    assert garden.run("export", "--settings", other, "--json").code == 0


@pytest.mark.parametrize("place", ["none/archive", "home/Garden/pear.txt", "home"])
def test_init_refuses_a_place_where_no_archive_can_be_and_writes_nothing(
    place: str, garden: Any
) -> None:
    before = garden.tree()
    done = garden.run("init", garden.root / place, "--home", garden.home, "--yes")
    assert done.code == 2
    assert done.err.count("Error: ") == 1
    assert garden.tree() == before


def test_init_without_a_place_and_nobody_to_ask_is_refused(garden: Any) -> None:
    before = garden.tree()
    for arguments in (("--yes",), ()):
        done = garden.run("init", "--home", garden.home, *arguments)
        assert done.code == 2
        assert "No folder for the archive was named." in done.err
    assert garden.tree() == before


def asked(world: Any, answers: str, *arguments: str | Path) -> int:
    """Run the command at a terminal of its own, and answer its questions."""
    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, answers.encode())
        process = subprocess.run(
            ["rootcellar", *map(str, arguments)],
            executable=shutil.which("rootcellar", path=f"{Path(sys.executable).parent}"),
            env=world.environment,
            stdin=terminal,
            capture_output=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(keyboard)
        os.close(terminal)
    return process.returncode


def test_init_asks_where_the_archive_shall_be(garden: Any) -> None:
    assert asked(garden, f"{garden.archive}\ny\n", "init", "--home", garden.home) == 0
    assert (garden.archive / "README.txt").is_file()
    assert garden.settings.is_file()


def test_init_that_is_answered_with_no_writes_nothing(garden: Any) -> None:
    before = garden.tree()
    assert asked(garden, f"{garden.archive}\nn\n", "init", "--home", garden.home) == 1
    assert garden.tree() == before


# -- status ------------------------------------------------------------------------------------


def test_status_tells_what_is_safe(garden: Any) -> None:
    garden.export()
    done = garden.run("status", "--json", "--archive", garden.archive)
    assert done.code == 0
    status = done.document
    assert status["outcome"] == "ok"
    assert status["archive"] == str(garden.archive)
    assert status["last_run"]["outcome"] == "ok"
    one = status["exporters"]["garden"]
    assert (one["items"], one["safe"], one["bytes"]) == (2, 2, 8)
    assert one["last_success"]
    words = garden.run("status")
    assert (words.code, words.err) == (0, "")
    assert "Garden: all 2 items safe." in words.out


def test_status_names_what_is_absent_and_exits_with_3(garden: Any) -> None:
    garden.plant("quince", "absent")
    garden.export()
    done = garden.run("status", "--json")
    assert (done.code, done.document["outcome"]) == (3, "partial")
    one = done.document["exporters"]["garden"]
    assert one["absent"] == {"only in the neighbour's garden": 1}
    assert (one["items"], one["safe"]) == (3, 2)
    assert "only in the neighbour's garden" in garden.run("status").out


def test_status_exits_with_1_when_the_last_run_failed(garden: Any) -> None:
    garden.export()
    garden.plant("twice")
    garden.export()
    done = garden.run("status", "--json")
    assert (done.code, done.document["outcome"]) == (1, "failed")
    assert done.document["exporters"]["garden"]["message"]
    assert done.document["exporters"]["garden"]["last_success"]
    words = garden.run("status")
    assert words.code == 1
    assert "same key" in words.out


def test_status_of_an_archive_that_is_not_known_is_refused(garden: Any) -> None:
    done = garden.run("status", "--json", "--archive", garden.archive)
    assert done.code == 1
    assert "There is no archive at" in done.document["error"]["message"]
    assert "rootcellar export --archive" in done.document["error"]["hint"]
    assert not garden.archive.exists()


# -- doctor ------------------------------------------------------------------------------------


def checks(done: Any) -> dict[str, str]:
    return {one["id"]: one["result"] for one in done.document["checks"]}


def test_doctor_finds_nothing_wrong_with_the_sample(sample: Any) -> None:
    before = sample.tree()
    done = sample.run("doctor", "--home", sample.home, "--json")
    assert done.code == 0
    found = checks(done)
    assert found["program"] == found["settings"] == found["store.photos"] == "ok"
    assert found["archive"] == "note"  # none has been chosen yet
    assert sample.tree() == before
    sample.export()
    found = checks(
        sample.run("doctor", "--home", sample.home, "--archive", sample.archive, "--json")
    )
    assert found["archive"] == found["archive.space"] == "ok"


def test_doctor_tells_what_to_do_about_bad_settings(garden: Any) -> None:
    garden.settle("archiv = 1")
    done = garden.run("doctor", "--json")
    assert (done.code, done.document["outcome"]) == (1, "failed")
    assert checks(done)["settings"] == "problem"
    words = garden.run("doctor")
    assert words.code == 1
    assert "archiv is no setting" in words.out
    assert "1. Did you mean archive?" in words.out


def test_doctor_tells_of_a_home_and_an_archive_that_are_not_there(garden: Any) -> None:
    done = garden.run("doctor", "--home", garden.root / "none", "--json")
    assert done.code == 1
    assert "There is no home" in str(done.document)
    garden.export()
    garden.archive.rename(garden.root / "unplugged")
    done = garden.run("doctor", "--home", garden.home, "--json")
    assert done.code == 1
    assert checks(done)["archive"] == "problem"


def test_doctor_tells_of_a_store_that_may_not_be_opened(garden: Any) -> None:
    store = garden.home / "Garden"
    store.chmod(0)
    try:
        done = garden.run("doctor", "--home", garden.home, "--json")
    finally:
        store.chmod(0o755)
    assert done.code == 1
    assert checks(done)["store.garden"] == "problem"
    assert "Permission denied" in str(done.document)


# -- exporters ---------------------------------------------------------------------------------


def test_exporters_tells_what_is_installed_and_found(garden: Any) -> None:
    done = garden.run("exporters", "--home", garden.home, "--json")
    assert done.code == 0
    found, *others = done.document["exporters"]
    assert found == {
        "name": "garden",
        "title": "Garden",
        "reads": ["Garden (~/Garden)"],
        "stores": [str(garden.home / "Garden")],
        "problems": [],
        "available": True,
    }
    assert [(one["name"], one["available"]) for one in others] == [
        ("notes", False),
        ("photos", False),
        ("reminders", False),
    ]
    assert done.document["broken"] == []
    words = garden.run("exporters", "--home", garden.home)
    assert "garden reads Garden (~/Garden)" in words.out
    assert "not here" in words.out


# -- rebuild -----------------------------------------------------------------------------------


def test_rebuild_makes_the_state_again(garden: Any) -> None:
    garden.export()
    shutil.rmtree(garden.root / "state")
    before = garden.tree()
    done = garden.run("rebuild", "--archive", garden.archive, "--json")
    assert done.code == 0
    rebuilt = done.document
    assert (rebuilt["outcome"], rebuilt["items"], rebuilt["files"]) == ("ok", 2, 2)
    assert rebuilt["lost"] == []
    assert garden.tree() == before
    assert garden.export().document["exporters"]["garden"]["unchanged"] == 2


def test_rebuild_names_what_is_lost(garden: Any) -> None:
    garden.export()
    (garden.archive / "Garden" / "pear.txt").unlink()
    done = garden.run("rebuild", "--archive", garden.archive, "--json")
    assert done.document["outcome"] == "partial"
    assert done.document["lost"] == ["Garden/pear.txt"]
    assert done.code == 3
    assert "Garden/pear.txt" in garden.run("rebuild", "--archive", garden.archive).out
    garden.export()
    assert (garden.archive / "Garden" / "pear.txt").read_text() == "pear"


def test_rebuild_of_what_is_no_archive_is_refused(garden: Any) -> None:
    before = garden.tree()
    for place in (garden.archive, garden.home):
        done = garden.run("rebuild", "--archive", place, "--json")
        assert done.code == 2
        assert done.document["error"]["hint"]
    assert garden.tree() == before


# -- demo --------------------------------------------------------------------------------------


def test_demo_shows_the_whole_thing_and_once_more(world: Any) -> None:
    world.settle("nonsense = true")  # a person's own settings are left out of it
    first = world.run("demo", "show")
    assert first.code == 3
    assert "Made a small made-up Mac home: show/home" in first.out
    assert " new" in first.out
    assert "iCloud" in first.out
    archive = world.root / "show" / "archive"
    assert (archive / "Photos").is_dir()
    again = world.run("demo", "show")
    assert again.code == 3
    assert "is there already" in again.out
    assert " unchanged" in again.out
    assert " new" not in again.out.partition("Some of the")[0]
    assert not (world.root / "state").exists()


def test_demo_refuses_a_folder_with_something_else_in_it(garden: Any) -> None:
    (garden.root / "mine").mkdir()
    (garden.root / "mine" / "letter.txt").write_text("mine")
    before = garden.tree()
    done = garden.run("demo", "mine")
    assert done.code == 2
    assert "mine is not empty" in done.err
    assert garden.tree() == before


# -- the command itself ------------------------------------------------------------------------


def test_help_lists_every_command_in_the_order_in_which_people_need_them(world: Any) -> None:
    done = world.run("--help")
    assert done.code == 0
    entries = done.out.partition("Commands:")[2].splitlines()
    listed = [line.split()[0] for line in entries if line.startswith("  ") and line[2] != " "]
    assert listed == list(COMMANDS)
    assert world.run("-h").out == done.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_says_what_its_line_in_the_list_says(
    command: str, world: Any
) -> None:
    done = world.run(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: rootcellar {command}")


def test_the_version_is_told(world: Any) -> None:
    from rootcellar import __version__

    assert world.run("--version").out == f"rootcellar, version {__version__}\n"


def test_a_fault_of_the_program_is_one_document_too(garden: Any) -> None:
    """A plugin may break where nothing guards it; scripts still get their JSON."""
    code = """
from dataclasses import dataclass
from rootcellar.api import Exporter, Store
@dataclass(frozen=True)
class WildSettings:
    thorns: int = 0
    def __post_init__(self):
        if self.thorns:
            raise RuntimeError("brambles")
class Wild(Exporter):
    name = "wild"
    reads = (Store("Wild", "Wild"),)
    settings = WildSettings
"""
    garden.plug_in("wild", code, "Wild")
    garden.settle("[wild]\nthorns = 3")
    done = garden.export()
    assert done.code == 1
    assert done.document["outcome"] == "failed"
    assert done.document["error"]["message"] == "RuntimeError: brambles"
    assert "please report it" in done.document["error"]["hint"]
    assert "Traceback" in done.err
    words = garden.run("status")
    assert (words.code, words.out) == (1, "")
    assert "Traceback" in words.err
