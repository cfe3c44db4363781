"""The pages on nightly archives, followed step by step from a clean start.

Every command of a page is run as it stands there, with the page's places replaced by others. What
the systems themselves do (systemctl, launchctl) is answered by programs that only take it down.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from crontabs import write_crontab

from rootcellar.sample import make_home

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
OSACOMPILE = '#!/bin/sh\nmkdir -p "$2/Contents/MacOS"\ncp "$3" "$2/Contents/MacOS/applet"\n'


Follow = Callable[..., subprocess.CompletedProcess[str]]


def commands(page: str) -> list[str]:
    """Return every command of a page, in order."""
    blocks = re.findall(
        r"^```(\w*)\n(.*?)^```$", (HOW_TO / page).read_text(), re.MULTILINE | re.DOTALL
    )
    return [line for kind, block in blocks if not kind for line in block.splitlines() if line]


@pytest.fixture
def follow(tmp_path: Path) -> Follow:
    """A clean machine: a home, and programs of the system that only take down their calls."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("systemctl", "launchctl", "loginctl", "plutil", "codesign", "systemd-run"):
        (programs / name).write_text("#!/bin/sh\nexit 0\n")
    write_crontab(programs / "crontab", tmp_path / "tab")
    (programs / "osacompile").write_text(OSACOMPILE)
    (programs / "notify-send").write_text("#!/bin/sh\n")
    (programs / "rootcellar").symlink_to(Path(sys.executable).parent / "rootcellar")
    for path in programs.iterdir():
        path.chmod(0o755)
    home = tmp_path / "home"
    make_home(home)

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            shell=True,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={
                "PATH": f"{programs}:{os.environ['PATH']}",
                "HOME": str(home),
                "ROOTCELLAR_STATE": str(tmp_path / "state"),
                "ROOTCELLAR_CACHE": str(tmp_path / "cache"),
            },
        )

    return run


def test_a_nightly_archive_on_a_linux_machine(follow: Follow, tmp_path: Path) -> None:
    """With cron: to install a timer of the system's is not for a test."""
    archive = tmp_path / "archive"
    seen = []
    for line in commands("nightly-archive-on-linux.md"):
        command = line.replace("/srv/archive", str(archive))
        command = command.replace("/srv/mac/ada", str(tmp_path / "home"))
        if command == "rootcellar schedule install":
            continue
        done = follow(command)
        assert done.returncode in (0, 3), f"{line}: {done.stdout}{done.stderr}"
        seen.append(line)
        if line.startswith("rootcellar init"):
            settings = tmp_path / "home" / ".config" / "rootcellar" / "settings.toml"
            assert 'schedule = "daily 03:00"' in settings.read_text()
        if line == "rootcellar doctor":
            assert "cron can read what is here" in done.stdout
    assert "rootcellar schedule install --with cron" in seen
    assert (archive / "Photos").is_dir()
    assert "run --due" in (tmp_path / "tab").read_text()
    # Whatever else this machine has, the line of cron is found without naming it.
    assert follow("rootcellar schedule remove").stdout == "cron no longer calls rootcellar.\n"
    assert not (tmp_path / "tab").exists()


def test_a_nightly_archive_on_a_mac(follow: Follow, tmp_path: Path) -> None:
    """The commands alone: what macOS itself does is not tried here."""
    (tmp_path / "Volumes" / "Cellar").mkdir(parents=True)
    for line in commands("nightly-archive-on-a-mac.md"):
        command = line.replace("/Volumes", str(tmp_path / "Volumes"))
        if command == "rootcellar schedule install":
            command += " --with launchd"
        done = follow(command)
        assert done.returncode in (0, 3), f"{line}: {done.stdout}{done.stderr}"
        if line == "rootcellar schedule install":
            assert "Full Disk Access" in done.stdout
            assert "Privacy_AllFiles" in done.stdout
            assert (tmp_path / "home" / "Applications" / "Rootcellar.app").is_dir()
            agents = tmp_path / "home" / "Library" / "LaunchAgents"
            assert [path.name for path in agents.iterdir()] == ["org.rootcellar.run.plist"]
            # `doctor` looks for this machine's own timers, and there are none.
            follow("rootcellar schedule install --with cron")
    assert follow("rootcellar schedule remove --with launchd").returncode == 0
    assert not (tmp_path / "home" / "Applications" / "Rootcellar.app").exists()


def test_what_the_outcomes_mean_names_every_outcome_with_its_code(
    follow: Follow,
) -> None:
    from rootcellar.outcomes import EXIT_CODES, OUTCOMES

    text = (HOW_TO / "what-the-outcomes-mean.md").read_text()
    table = dict(re.findall(r"^\| (\w+) \| (\d+) \|", text, re.MULTILINE))
    assert table == {name: str(EXIT_CODES[name]) for name in OUTCOMES}
