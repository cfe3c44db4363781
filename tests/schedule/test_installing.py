"""The timers: what is written is what the systems accept, and nothing stays behind."""

import plistlib
import shlex
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from crontabs import write_crontab

from rootcellar.errors import RootcellarError, UsageError
from rootcellar.schedule.crontab import Cron
from rootcellar.schedule.launchd import LABEL, Launchd
from rootcellar.schedule.systemd import Systemd
from rootcellar.schedule.waking import PATH, Templates, Wake

ODD = """/a "path" with 50% $HOME & 'more' <odd> \\ names"""
LOADED = """gui/1000/org.rootcellar.run = {
\tstate = not running
\tprogram = /Users/ada/Applications/Rootcellar.app/Contents/MacOS/applet
\truns = 14
\tlast exit code = 0
}
"""


@pytest.fixture
def wake(person: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wake:
    """What this program would have called."""
    monkeypatch.setattr("rootcellar.schedule.launchd._PATIENCE", 0.1)
    return Wake.of_this_program(None, tmp_path / "logs" / "schedule.log")


def odd(wake: Wake, tmp_path: Path) -> Wake:
    """A command in which everything is odd that may be."""
    return Wake(
        (sys.executable, "-m", ODD, "--settings", ODD),
        {"PATH": PATH, "ROOTCELLAR_STATE": ODD},
        tmp_path / "odd % 'log'" / "schedule.log",
    )


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_what_is_called_names_everything_by_its_whole_path(
    wake: Wake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Path(wake.command[0]).is_absolute()
    assert wake.command[1:] == ("-P", "-m", "rootcellar", "run", "--due")
    assert wake.environment["ROOTCELLAR_STATE"] == str(tmp_path / "state")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/elsewhere")
    monkeypatch.chdir(tmp_path)
    other = Wake.of_this_program(Path("mine.toml"), wake.log)
    assert other.command[-2:] == ("--settings", str(tmp_path / "mine.toml"))
    assert other.environment["XDG_CONFIG_HOME"] == "/elsewhere"
    called = [*other.command[:4], "--version"]
    assert subprocess.run(called, capture_output=True, check=True).stdout.startswith(b"rootcellar")


@pytest.mark.parametrize("odd", ["/two\nlines", "/broken\udcff"])
def test_a_path_that_no_crontab_can_hold_is_refused(odd: str, monkeypatch: Any) -> None:
    with pytest.raises(UsageError, match="cannot stand in"):
        Wake.of_this_program(Path(odd), Path("/log"))
    monkeypatch.setenv("ROOTCELLAR_STATE", odd)
    with pytest.raises(UsageError, match="cannot stand in"):
        Wake.of_this_program(None, Path("/log"))


def test_paths_are_spelled_as_they_are_on_disk(wake: Wake, shim: Any, person: Path) -> None:
    """A home that came from a Mac has decomposed names; composed ones are others on Linux."""
    name = unicodedata.normalize("NFD", "/srv/Größe")
    strange = Wake((*wake.command, "--settings", name), {"PATH": PATH, "HOME": name}, wake.log)
    Launchd(strange, Templates(), applet=False).install()
    assert agent(person)["ProgramArguments"][-1] == name
    assert f"HOME='{name}' " in Cron(strange, Templates()).block()
    (unit,) = (
        data
        for path, data in Systemd(strange, Templates()).files().items()
        if path.suffix == ".service"
    )
    assert name.encode() in unit


# -- launchd -------------------------------------------------------------------------------------


def agent(person: Path) -> dict[str, Any]:
    path = person / "Library" / "LaunchAgents" / "org.rootcellar.run.plist"
    value: dict[str, Any] = plistlib.loads(path.read_bytes())
    return value


def test_the_agent_says_all_that_launchd_must_know(
    wake: Wake, shim: Any, person: Path, tmp_path: Path
) -> None:
    shim.answer({"launchctl print": (113, "", "Could not find service")})
    Launchd(wake, Templates(), applet=False).install()
    assert agent(person) == {
        "Label": "org.rootcellar.run",
        "ProgramArguments": list(wake.command),
        "EnvironmentVariables": dict(wake.environment),
        "StartCalendarInterval": [{"Minute": minute} for minute in (0, 15, 30, 45)],
        "StartOnMount": True,
        "ProcessType": "Background",
        "LowPriorityBackgroundIO": True,
        "ExitTimeOut": 300,
        "LimitLoadToSessionType": ["Aqua", "Background"],
        "WorkingDirectory": "/",
        "StandardOutPath": str(wake.log),
        "StandardErrorPath": str(wake.log),
    }
    assert wake.log.parent.is_dir()
    path = person / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    assert [call for call in shim.calls if "print" not in call] == [
        f"launchctl enable gui/1000/{LABEL}",
        f"launchctl bootstrap gui/1000 {path}",
    ]


def test_odd_characters_reach_launchd_as_they_are(
    wake: Wake, shim: Any, person: Path, tmp_path: Path
) -> None:
    strange = odd(wake, tmp_path)
    Launchd(strange, Templates(), applet=False).install()
    found = agent(person)
    assert found["ProgramArguments"] == list(strange.command)
    assert found["EnvironmentVariables"] == strange.environment
    assert found["StandardOutPath"] == str(strange.log)


def test_over_ssh_the_agent_goes_into_the_users_domain(
    wake: Wake, shim: Any, person: Path
) -> None:
    for code in (5, 125):
        shim.answer(
            {
                "launchctl print": (113, "", ""),
                "launchctl bootstrap gui/": (code, "", "Domain does not support specified action"),
            }
        )
        Launchd(wake, Templates(), applet=False).install()
        assert any(call.startswith("launchctl bootstrap user/1000 ") for call in shim.calls)
    shim.answer({"launchctl bootstrap": (5, "", "Input/output error")})
    with pytest.raises(RootcellarError, match="Input/output error"):
        Launchd(wake, Templates(), applet=False).install()


def test_the_applet_is_built_once_and_starts_the_script_that_is_written_anew(
    wake: Wake, shim: Any, person: Path, tmp_path: Path
) -> None:
    shim.answer({"launchctl print": (113, "", "")})
    launchd = Launchd(wake, Templates())
    (hint,) = launchd.install()
    assert "Full Disk Access" in hint
    assert "Privacy_AllFiles" in hint
    app = person / "Applications" / "Rootcellar.app"
    assert agent(person)["ProgramArguments"] == [str(app / "Contents/MacOS/applet")]
    built = [call.split()[0] for call in shim.calls if not call.startswith("launchctl")]
    assert built == ["osacompile", "plutil", "plutil", "codesign"]
    assert list(app.parent.iterdir()) == [app]

    updated = Wake((sys.executable, "-m", "json.tool", "-h"), wake.environment, wake.log)
    assert Launchd(updated, Templates()).install() == []  # no new grant is needed
    assert not any(call.startswith("osacompile") for call in shim.calls)
    source = (app / "Contents/MacOS/applet").read_text()
    (script,) = (path for path in person.rglob("run.sh"))
    assert str(script).replace("'", "'\"'\"'").replace('"', '\\"') in source
    done = subprocess.run(["/bin/sh", script], check=True)
    assert done.returncode == 0
    assert "usage" in wake.log.read_text()


def test_show_tells_what_launchd_has_and_what_is_wrong_with_it(
    wake: Wake, shim: Any, person: Path
) -> None:
    launchd = Launchd(wake, Templates())
    assert not launchd.show().installed
    shim.answer({"launchctl print": (113, "", "")})
    launchd.install()
    assert [text for text, _ in launchd.show().problems] == ["launchd has not loaded the agent."]
    shim.answer({"launchctl print gui/": (0, LOADED, "")})
    found = launchd.show()
    assert (found.problems, found.active, found.command) == ((), True, wake.command)
    assert found.details["last exit code"] == "0"
    shutil.rmtree(person / "Applications")
    assert "Rootcellar.app is missing" in launchd.show().problems[0][0]
    launchd.install()
    gone = Wake(("/gone/python", *wake.command[1:]), wake.environment, wake.log)
    Launchd(gone, Templates()).install()
    assert "/gone/python, which is not there" in str(launchd.show().problems)


def test_installing_twice_over_an_old_version_and_removing_leaves_nothing(
    wake: Wake, shim: Any, person: Path
) -> None:
    old = person / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    old.parent.mkdir(parents=True)
    old.write_bytes(plistlib.dumps({"Label": LABEL, "StartInterval": 900}))
    Launchd(wake, Templates()).install()
    once = files(person)
    Launchd(wake, Templates()).install()
    assert files(person) == once
    Launchd(wake, Templates()).remove()
    assert files(person) == {}


def test_an_agent_that_runs_is_ended_before_it_is_replaced(
    wake: Wake, shim: Any, person: Path
) -> None:
    shim.answer({"launchctl print gui/": (0, LOADED, ""), "launchctl print": (113, "", "")})
    Launchd(wake, Templates(), applet=False).install()
    calls = [call.rpartition("/")[0] for call in shim.calls]
    assert calls.index("launchctl bootout gui/1000") < calls.index("launchctl enable gui/1000")


# -- systemd -------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
@pytest.mark.parametrize("strange", [False, True])
def test_systemd_accepts_the_units(
    wake: Wake, shim: Any, person: Path, tmp_path: Path, strange: bool
) -> None:
    systemd = Systemd(odd(wake, tmp_path) if strange else wake, Templates())
    systemd.install()
    units = sorted((person / ".config" / "systemd" / "user").iterdir())
    assert [path.name for path in units] == ["rootcellar.service", "rootcellar.timer"]
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", "--man=no", *units],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(person)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert systemd.show().command == systemd.wake.command


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
def test_the_check_of_the_units_would_notice(wake: Wake, tmp_path: Path) -> None:
    """The negative control."""
    (tmp_path / "rootcellar.timer").write_text("[Timer]\nOnCalendar=*:0,99\n")
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", "--man=no", tmp_path / "rootcellar.timer"],
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
    )
    assert done.returncode != 0


def test_systemd_is_told_in_order_and_asked_what_it_has(
    wake: Wake, shim: Any, person: Path
) -> None:
    properties = "ActiveState=active\nNextElapseUSecRealtime=Mon 2026-11-23 03:15:00 CET\n"
    shim.answer(
        {
            "systemctl --user show rootcellar.timer": (0, properties, ""),
            "loginctl": (0, "Linger=no\n", ""),
        }
    )
    systemd = Systemd(wake, Templates())
    (hint,) = systemd.install()
    assert hint.endswith("loginctl enable-linger 1000")
    assert shim.calls[:3] == [
        "systemctl --user daemon-reload",
        "systemctl --user enable rootcellar.timer",
        "systemctl --user restart rootcellar.timer",
    ]
    found = systemd.show()
    assert (found.active, found.following) == (True, "Mon 2026-11-23 03:15:00 CET")
    assert [text for text, _ in found.problems] == ["The timer only runs while you are logged in."]
    once = files(person)
    systemd.install()
    assert files(person) == once
    systemd.remove()
    assert files(person) == {}
    assert "systemctl --user disable --now rootcellar.timer" in shim.calls
    assert not systemd.show().installed


def test_what_systemd_refuses_leaves_no_files(wake: Wake, shim: Any, person: Path) -> None:
    shim.answer({"systemctl --user daemon-reload": (1, "", "Failed to connect to bus")})
    with pytest.raises(RootcellarError, match="Failed to connect to bus") as error:
        Systemd(wake, Templates()).install()
    assert "after su or sudo" in error.value.hint
    assert files(person) == {}


def test_root_installs_into_the_system(
    wake: Wake, shim: Any, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    systemd = Systemd(wake, Templates())
    assert systemd.folder == Path("/etc/systemd/system")
    assert [str(path) for path in systemd.files()] == [
        "/etc/systemd/system/rootcellar.timer",
        "/etc/systemd/system/rootcellar.service",
    ]


# -- cron ----------------------------------------------------------------------------------------


@pytest.fixture
def tabs(shim: Any, tmp_path: Path) -> Path:
    """A crontab in a file, kept by a program that does what crontab does."""
    path = tmp_path / "tab"
    write_crontab(shim.folder / "crontab", path)
    return path


def test_cron_gets_a_line_and_keeps_all_others(wake: Wake, tabs: Path) -> None:
    others = "MAILTO=ada\n\n0 4 * * * osxphotos export /Volumes/Drive --update\n# no newline"
    tabs.write_text(others)
    cron = Cron(wake, Templates())
    assert not cron.show().installed
    cron.install()
    once = tabs.read_text()
    assert once.startswith(others)
    assert once.count("run --due") == 1
    found = cron.show()
    assert (found.installed, found.command, found.problems) == (True, wake.command, ())
    cron.install()
    assert tabs.read_text() == once
    old = once.replace("0,15,30,45", "*/10")
    tabs.write_text(old + "1 2 * * * true\n")
    assert cron.show().problems
    cron.install()
    assert tabs.read_text() == others + "\n1 2 * * * true\n" + cron.block()
    cron.remove()
    assert tabs.read_text() == others + "\n1 2 * * * true\n"


def test_a_crontab_of_ours_alone_is_removed(wake: Wake, tabs: Path) -> None:
    cron = Cron(wake, Templates())
    cron.install()
    cron.remove()
    assert not tabs.exists()
    cron.remove()


@pytest.mark.parametrize(
    "others",
    [
        "# a caf\u00e9\n0 4 * * * true\n".encode("latin-1"),
        b"# from elsewhere\r\n0 4 * * * true\r\n",
        b"# the lines between # rootcellar: begin and end are not mine\n1 1 * * * true\n",
        b"# rootcellar: beginning of what I made myself\n1 1 * * * true\n# rootcellar: end\n",
    ],
)
def test_all_other_lines_stay_byte_for_byte(wake: Wake, tabs: Path, others: bytes) -> None:
    tabs.write_bytes(others)
    cron = Cron(wake, Templates())
    for _ in range(2):
        cron.install()
        assert tabs.read_bytes() == others + cron.block().encode()
        assert cron.show().problems == ()
    for _ in range(2):
        cron.remove()
        assert tabs.read_bytes() == others


def test_busybox_too_says_that_there_is_no_crontab(wake: Wake, tabs: Path, shim: Any) -> None:
    program = shim.folder / "crontab"
    said = "crontab: can't open 'ada': No such file or directory"
    program.write_text(program.read_text().replace("no crontab for ada", said.replace("'", "")))
    cron = Cron(wake, Templates())
    cron.install()
    assert cron.show().installed


def test_a_crontab_whose_mark_was_lost_is_left_alone(wake: Wake, tabs: Path) -> None:
    cron = Cron(wake, Templates())
    cron.install()
    broken = tabs.read_text().replace("# rootcellar: end\n", "1 2 * * * true\n")
    tabs.write_text(broken)
    for act in (cron.install, cron.remove, cron.show):
        with pytest.raises(RootcellarError, match="is missing"):
            act()
    assert tabs.read_text() == broken


@pytest.mark.skipif(shutil.which("crontab") is None, reason="needs cron")
@pytest.mark.parametrize("strange", [False, True])
def test_cron_accepts_the_lines(wake: Wake, tmp_path: Path, strange: bool) -> None:
    """Only where this user has no crontab of their own, which nobody should lose to a test."""
    if subprocess.run(["crontab", "-l"], capture_output=True).returncode == 0:
        pytest.skip("this user has a crontab")
    cron = Cron(odd(wake, tmp_path) if strange else wake, Templates())
    tab = tmp_path / "tab"
    tab.write_text(cron.block())
    try:
        subprocess.run(["crontab", tab], check=True, capture_output=True)
        assert cron.show().command == cron.wake.command
    finally:
        subprocess.run(["crontab", "-r"], check=True)


def test_the_line_of_cron_calls_what_it_says(wake: Wake, tmp_path: Path) -> None:
    """As cron does: a backslash before % goes, and the rest is for the shell."""
    strange = odd(wake, tmp_path)
    strange.log.parent.mkdir()
    show = [
        sys.executable,
        "-c",
        "import os, sys; print(os.environ['ROOTCELLAR_STATE'], sys.argv)",
    ]
    cron = Cron(Wake((*show, ODD), strange.environment, strange.log), Templates())
    line = cron.block().splitlines()[1].split(" ", 5)[5].replace("\\%", "%")
    subprocess.run(["/bin/sh", "-c", line], check=True)
    assert strange.log.read_text() == f"{ODD} {['-c', ODD]}\n"


# -- looking from there ---------------------------------------------------------------------------


def test_the_applet_looks_when_it_is_asked_and_runs_what_is_due_otherwise(
    wake: Wake, shim: Any, person: Path
) -> None:
    launchd = Launchd(wake, Templates())
    launchd.install()
    (script,) = person.rglob("run.sh")
    quoted = shlex.quote(str(script))
    (shim.folder / "launchctl").write_text(f"#!/bin/sh\n[ $1 != kickstart ] || sh {quoted} &\n")
    show = [sys.executable, "-c", "print('seen', \"from 'there'\")"]
    answer = launchd.probe(show)
    assert (answer.code, answer.out) == (0, "seen from 'there'\n")
    assert sorted(path.name for path in script.parent.iterdir()) == ["applet.sha256", "run.sh"]
    assert launchd.grantee == str(person / "Applications" / "Rootcellar.app")
    bare = Launchd(wake, Templates(), applet=False)
    assert bare.grantee == str(Path(sys.executable).resolve())


def test_systemd_and_cron_look_with_the_environment_of_the_schedule(
    wake: Wake, shim: Any, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shim.folder / "systemd-run").write_text((shim.folder / "systemctl").read_text())
    (shim.folder / "systemd-run").chmod(0o755)
    Systemd(wake, Templates()).probe(["look"])
    (call,) = shim.calls
    assert call.startswith("systemd-run --user --wait --pipe --collect --quiet ")
    assert f"--setenv=ROOTCELLAR_STATE={wake.environment['ROOTCELLAR_STATE']}" in call
    assert call.endswith(" -- look")
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "1")
    answer = Cron(wake, Templates()).probe(["env"])
    assert "SECRET_OF_THE_SHELL" not in answer.out
    assert f"PATH={PATH}" in answer.out
