"""Where passwords of locked notes come from, and that they go nowhere else."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from notes_world import World, counts

from rootcellar.sample.notes_content import PASSWORD

SECRET = "Under the third flowerpot."
PAGE = "iCloud/Notes/Cellar key"

BACKEND = """
import json, os
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

class Pretend(KeyringBackend):
    priority = 1

    def set_password(self, service, username, password):
        raise AssertionError("nothing of ours writes passwords")

    def get_password(self, service, username):
        held = json.loads(os.environ["PRETEND_KEYRING"])
        if held == "locked":
            raise KeyringLocked("it is locked")
        return held.get(f"{service}/{username}")
"""


@pytest.fixture
def sample(world: World) -> World:
    world.fill()
    return world


def typed(world: World, *lines: str, command: tuple[str, ...] = ("export", "notes")) -> str:
    """Run a command in a terminal of its own, type lines at its questions; return the screen."""
    whole = [
        *(sys.executable, "-c", "from rootcellar.cli.main import main; main()", *command),
        *("--home", str(world.home), "--archive", str(world.archive)),
    ]
    ours, theirs = pty.openpty()
    running = subprocess.Popen(whole, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    screen, waiting, deadline = b"", list(lines), time.monotonic() + 120
    while time.monotonic() < deadline:
        ready, _, _ = select.select([ours], [], [], 0.2)
        if ready:
            try:
                screen += os.read(ours, 4096)
            except OSError:
                break
            if screen.count(b"Password of locked notes") > len(lines) - len(waiting) and waiting:
                time.sleep(0.3)  # until it does not echo any more
                os.write(ours, waiting.pop(0).encode() + b"\n")
        elif running.poll() is not None:
            break
    os.close(ours)
    assert running.wait(timeout=60) in (0, 3), screen.decode()
    return screen.decode()


def keyring(world: World, monkeypatch: pytest.MonkeyPatch, held: object) -> None:
    (world.root / "pretend_keyring.py").write_text(BACKEND)
    monkeypatch.setenv("PYTHONPATH", str(world.root))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "pretend_keyring.Pretend")
    monkeypatch.setenv("PRETEND_KEYRING", json.dumps(held))
    world.settle('locked = "plain"\npasswords = "keyring"')


def test_passwords_are_typed_unseen_and_several_are_tried(sample: World) -> None:
    sample.settle('locked = "plain"\npasswords = "ask"')
    screen = typed(sample, "not this one", PASSWORD, "")
    assert SECRET in sample.page(PAGE)
    assert PASSWORD not in screen
    held = b"".join(path.read_bytes() for path in sample.root.rglob("*") if path.is_file())
    assert PASSWORD.encode() not in held.replace(b'"keep apples cool"', b"")


def test_where_nobody_can_type_locked_notes_stay_as_the_archive_has_them(sample: World) -> None:
    sample.settle('locked = "plain"\npasswords = "ask"')
    typed(sample, PASSWORD, "")
    opened = sample.page(PAGE)
    sample.sql("UPDATE ZICCLOUDSYNCINGOBJECT SET Z_OPT = Z_OPT + 1")
    report = sample.export(codes=(0, 3))
    assert counts(report) == {}
    assert report["skipped"] == 1
    assert sample.page(PAGE) == opened
    assert SECRET in opened


def test_a_first_run_where_nobody_can_type_says_so_and_exports_the_rest(sample: World) -> None:
    sample.settle('locked = "plain"\npasswords = "ask"')
    command = [
        *(sys.executable, "-c", "from rootcellar.cli.main import main; main()", "export", "notes"),
        *("--home", str(sample.home), "--archive", str(sample.archive)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert "nobody was there to type their passwords" in done.stdout + done.stderr
    assert "cold butter" in sample.page("iCloud/Recipes/Apple pie").replace("**", "")
    assert "Its text is not in this archive" in sample.page(PAGE)
    typed(sample, PASSWORD, "")
    assert SECRET in sample.page(PAGE)


def test_passwords_come_from_the_keyring(sample: World, monkeypatch: pytest.MonkeyPatch) -> None:
    held = {"rootcellar-notes/1": "not this one", "rootcellar-notes/2": PASSWORD}
    keyring(sample, monkeypatch, held)
    sample.export()
    assert SECRET in sample.page(PAGE)


@pytest.mark.parametrize(
    ("held", "said"),
    [({}, "There is no password of notes in the keyring."), ("locked", "it is locked")],
)
def test_a_keyring_without_them_changes_nothing(
    sample: World, monkeypatch: pytest.MonkeyPatch, held: object, said: str
) -> None:
    keyring(sample, monkeypatch, {"rootcellar-notes/1": PASSWORD})
    sample.export()
    monkeypatch.setenv("PRETEND_KEYRING", json.dumps(held))
    report = sample.export(codes=(1,))
    assert said in report["message"]
    assert SECRET in sample.page(PAGE)


def test_no_command_takes_a_password() -> None:
    reference = (Path(__file__).parents[3] / "docs/reference/commands.md").read_text()
    assert "--password" not in reference


def test_a_vault_asks_for_them_too_unless_nothing_is_exported(
    sample: World, tmp_path: Path
) -> None:
    sample.settle('locked = "plain"\npasswords = "ask"')
    vault = tmp_path / "vault"
    vault.mkdir()
    typed(sample, PASSWORD, "", command=("obsidian", str(vault)))
    (page,) = vault.rglob("Cellar key.md")
    assert SECRET in page.read_text()
    assert "Password" not in typed(sample, command=("obsidian", str(vault), "--no-export"))
