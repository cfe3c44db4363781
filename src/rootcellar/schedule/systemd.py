"""systemd: a timer and a service, of the user's own; of the system's when root installs them."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from rootcellar.errors import RootcellarError
from rootcellar.schedule.waking import (
    MINUTES,
    Answer,
    Installed,
    Templates,
    Wake,
    ask,
    command_problems,
    tell,
    write,
)

TIMER, SERVICE = "rootcellar.timer", "rootcellar.service"
NO_BUS = (
    "Log in as this user itself, at the screen or by ssh: after su or sudo, systemd cannot be "
    "reached. Or use cron: rootcellar schedule install --with cron"
)


class Systemd:
    """Installs, shows and removes the timer."""

    name = "systemd"

    def __init__(self, wake: Wake, templates: Templates) -> None:
        self.wake = wake
        self.templates = templates
        self.is_root = os.geteuid() == 0
        config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        self.folder = Path("/etc" if self.is_root else config) / "systemd"
        self.folder /= "system" if self.is_root else "user"
        self._systemctl = ["systemctl"] if self.is_root else ["systemctl", "--user"]

    def files(self) -> dict[Path, bytes]:
        """Return the unit files as they should be."""
        values = {
            "command": self.wake.command,
            "environment": self.wake.environment,
            "minutes": MINUTES,
        }
        return {
            self.folder / name: self.templates.render(name, **values) for name in (TIMER, SERVICE)
        }

    def install(self) -> list[str]:
        """Install the timer, or bring it up to date; return what a person should know."""
        new = [path for path in self.files() if not path.exists()]
        try:
            for path, data in self.files().items():
                write(path, data)
            tell([*self._systemctl, "daemon-reload"])
            tell([*self._systemctl, "enable", TIMER])
            tell([*self._systemctl, "restart", TIMER])
        except RootcellarError as error:
            for path in new:
                path.unlink(missing_ok=True)
            if self.is_root or "connect to bus" not in error.message:
                raise
            raise RootcellarError(error.message, hint=NO_BUS) from error
        return [self._linger_hint] if self._needs_linger() else []

    def remove(self) -> None:
        """Remove the timer, and all that it has left."""
        if any(path.exists() for path in self.files()):
            ask([*self._systemctl, "disable", "--now", TIMER])
        for path in self.files():
            path.unlink(missing_ok=True)
        stamps = Path("/var/lib" if self.is_root else Path.home() / ".local/share")
        (stamps / "systemd" / "timers" / f"stamp-{TIMER}").unlink(missing_ok=True)
        ask([*self._systemctl, "daemon-reload"])
        ask([*self._systemctl, "reset-failed", TIMER, SERVICE])

    def show(self) -> Installed:
        """Return what systemd really has."""
        expected = self.files()
        there = tuple(path for path in expected if path.exists())
        if not there:
            return Installed(self.name, installed=False)
        timer = self._properties(
            TIMER, "LoadState", "ActiveState", "UnitFileState", "NextElapseUSecRealtime"
        )
        service = self._properties(SERVICE, "Result", "ExecMainStatus", "ExecMainStartTimestamp")
        command = _exec_start(self.folder / SERVICE)
        problems = command_problems(command, self.wake)
        install = "Run: rootcellar schedule install"
        if not problems and any(
            not path.exists() or path.read_bytes() != data for path, data in expected.items()
        ):
            problems.append(("The unit files are not those of this version.", install))
        active = timer.get("ActiveState") == "active"
        if not active:
            problems.append(("The timer is not running.", install))
        if self._needs_linger():
            problems.append(("The timer only runs while you are logged in.", self._linger_hint))
        return Installed(
            self.name,
            installed=True,
            active=active,
            files=there,
            command=command,
            following=timer.get("NextElapseUSecRealtime", ""),
            details={**timer, **service},
            problems=tuple(problems),
        )

    grantee = ""

    def probe(self, command: Sequence[str]) -> Answer:
        """Run a command as the service runs, wait for it, and return what it said."""
        environment = [f"--setenv={name}={value}" for name, value in self.wake.environment.items()]
        scope = [] if self.is_root else ["--user"]
        options = ["--wait", "--pipe", "--collect", "--quiet", "--working-directory=/"]
        return ask(["systemd-run", *scope, *options, *environment, "--", *command], timeout=180)

    def _properties(self, unit: str, *names: str) -> dict[str, str]:
        answer = ask([*self._systemctl, "show", unit, "--property", ",".join(names)])
        pairs = (line.partition("=") for line in answer.out.splitlines())
        return {name: value for name, _, value in pairs if name in names and value}

    def _needs_linger(self) -> bool:
        if self.is_root:
            return False
        answer = ask(["loginctl", "show-user", str(os.geteuid()), "--property", "Linger"])
        return answer.out.strip() == "Linger=no"

    @property
    def _linger_hint(self) -> str:
        return (
            f"So that it runs while you are not logged in: loginctl enable-linger {os.geteuid()}"
        )


def _exec_start(unit: Path) -> tuple[str, ...]:
    """Return the command that a unit file calls; empty when it cannot be read."""
    try:
        lines = unit.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return ()
    for line in lines:
        if line.startswith("ExecStart="):
            text = line.removeprefix("ExecStart=").replace("%%", "%").replace("$$", "$")
            try:
                return tuple(shlex.split(text))
            except ValueError:
                return ()
    return ()
