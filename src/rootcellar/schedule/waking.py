"""What the system shall call, and what it says it has; the same for launchd, systemd and cron."""

import os
import shlex
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rootcellar.errors import RootcellarError, UsageError

_UNFIT = ("Cc", "Cs", "Zl", "Zp")
"""Kinds of characters that no line of a file can hold: control, broken, and ends of lines."""
MINUTES = (0, 15, 30, 45)
PATH = "/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin:/usr/sbin:/sbin"
"""Timers start with almost no PATH; a shell's own is no good, since it changes."""
_PASSED_ON = (
    *("ROOTCELLAR_SETTINGS", "ROOTCELLAR_STATE", "ROOTCELLAR_CACHE"),
    *("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"),
)
"""What says where things are: a timer does not see what the shell has set."""


@dataclass(frozen=True, slots=True)
class Wake:
    """What is called every quarter of an hour: with absolute paths, and where it logs."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path

    @classmethod
    def of_this_program(cls, settings: Path | None, log: Path) -> "Wake":
        """Return how the program that runs now is called again, with the same settings.

        Raises UsageError for paths that no line of a crontab can hold.
        """
        command = [sys.executable, "-P", "-m", "rootcellar", "run", "--due"]
        if settings is not None:
            command += ["--settings", str(settings.absolute())]
        passed = {
            name: str(Path(os.environ[name]).expanduser().absolute())
            for name in _PASSED_ON
            if os.environ.get(name)
        }
        for word in (*command, *passed.values(), str(log)):
            if any(unicodedata.category(one) in _UNFIT for one in word):
                raise UsageError(
                    f"{word!r} cannot stand in the files that timers are described by.",
                    hint="Choose a path without line breaks and broken characters.",
                )
        return cls(tuple(command), {"PATH": PATH, **passed}, log)

    def other(self, *arguments: str) -> tuple[str, ...]:
        """Return how another command of this program is called from where the schedule runs."""
        return (*self.command[: self.command.index("run")], *arguments, *self._settings)

    @property
    def _settings(self) -> tuple[str, ...]:
        place = self.command.index("--due") + 1
        return self.command[place:]


@dataclass(frozen=True, slots=True)
class Installed:
    """What the system really has: `problems` are (what is wrong, what to do about it)."""

    system: str
    installed: bool
    active: bool = False
    files: tuple[Path, ...] = ()
    command: tuple[str, ...] = ()
    following: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[tuple[str, str], ...] = ()


class Templates:
    """The files that a system reads, from templates; a person's own folder wins."""

    def __init__(self, own: Path | None = None) -> None:
        from rootcellar.views import Views

        self._views = Views(
            own,
            filters={
                "systemd_argument": systemd_argument,
                "systemd_quoted": systemd_quoted,
                "shell_quoted": lambda value: shlex.quote(str(value)),
                "applescript_text": applescript_text,
            },
        )

    def render(self, name: str, **variables: Any) -> bytes:
        """Return one of the files."""
        return self._views.render_exactly(f"schedule/{name}", **variables)


def systemd_argument(value: object) -> str:
    """Return one word of a command in a unit file; there, also $ has a meaning."""
    return systemd_quoted(str(value).replace("$", "$$"))


def systemd_quoted(value: object) -> str:
    """Return one word of a unit file's line, whatever is in it (systemd.syntax(7))."""
    text = str(value).replace("%", "%%")
    if text and all(one.isalnum() or one in "-_./:=@%$+," for one in text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def applescript_text(value: object) -> str:
    """Return what stands between the quotes of an AppleScript text."""
    return str(value).replace("\\", "\\\\").replace('"', '\\"')


TIMED_OUT = 124
"""The code of a program that did not end in time, as timeout(1) has it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program of the system said."""

    code: int
    out: str
    err: str


def ask(command: Sequence[str], *, stdin: str | None = None, timeout: float = 60) -> Answer:
    """Run a program of the system and return what it said; one that is missing has code 127.

    What is said and told is kept byte for byte, whatever it is encoded in.
    """
    program = shutil.which(command[0])
    if program is None:
        return Answer(127, "", f"{command[0]} is not there")
    try:
        done = subprocess.run(  # noqa: S603 - a program of the system, with our own arguments
            [program, *command[1:]],
            input=None if stdin is None else os.fsencode(stdin),
            capture_output=True,
            timeout=timeout,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        return Answer(TIMED_OUT, "", f"{command[0]} did not answer within {timeout:g} s")
    except OSError as error:
        return Answer(126, "", f"{command[0]} cannot be run: {error.strerror}")
    return Answer(done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr).strip())


def tell(command: Sequence[str], *, stdin: str | None = None) -> Answer:
    """Run a program of the system that must succeed; raises RootcellarError with what it said."""
    answer = ask(command, stdin=stdin)
    if answer.code:
        raise RootcellarError(
            f"`{shlex.join(command)}` failed: {answer.err or f'exit code {answer.code}'}",
            hint="Nothing else was changed. `rootcellar schedule show` tells what is there.",
        )
    return answer


def write(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file of the schedule's, all of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.new")
    part.write_bytes(data)
    part.chmod(mode)
    part.replace(path)


def command_problems(command: Sequence[str], wake: Wake) -> list[tuple[str, str]]:
    """Return what is wrong with what the system calls, compared with what it should call."""
    again = "Run: rootcellar schedule install"
    if not command:
        return [("What the schedule calls cannot be read.", again)]
    if not os.access(command[0], os.X_OK):
        return [(f"The schedule calls {command[0]}, which is not there any more.", again)]
    if tuple(command) != wake.command:
        return [(f"The schedule calls another rootcellar: {shlex.join(command)}.", again)]
    return []


def systems_here() -> list[str]:
    """Return what may wake programs on this machine, the best first."""
    first = "launchd" if sys.platform == "darwin" else "systemd"
    return [first, *(["cron"] if shutil.which("crontab") else [])]


def default_system() -> str:
    """Return what wakes programs on this machine; raises UsageError when nothing does."""
    if sys.platform == "darwin":
        return "launchd"
    if Path("/run/systemd/system").is_dir() and shutil.which("systemctl"):
        return "systemd"
    if shutil.which("crontab"):
        return "cron"
    raise UsageError(
        "Neither launchd nor systemd nor cron is here.",
        hint="Install cron, or have your own scheduler run every quarter of an hour: "
        f"{shlex.join(Wake.of_this_program(None, Path()).command)}",
    )
