"""launchd: an agent of the user's own, on a Mac. Exercised on Linux through a recording shim only.

The agent starts an applet, which starts a script, which starts rootcellar: macOS grants Full Disk
Access to the program that launchd starts, and the applet is the one that never changes.
"""

import contextlib
import os
import plistlib
import time
from collections.abc import Sequence
from pathlib import Path

from rootcellar.errors import RootcellarError
from rootcellar.schedule.applet import Applet
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

LABEL = "org.rootcellar.run"
NO_SUCH_DOMAIN = (5, 125)
"""What bootstrap says when nobody is logged in at the screen; then the domain is the user's."""
_PATIENCE = 5.0


class Launchd:
    """Installs, shows and removes the agent, and the applet that it starts."""

    name = "launchd"

    def __init__(self, wake: Wake, templates: Templates, *, applet: bool = True) -> None:
        self.wake = wake
        self.templates = templates
        self.agent = Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"
        self.applet = Applet(wake, templates) if applet else None

    @property
    def command(self) -> tuple[str, ...]:
        """What launchd itself starts."""
        return (str(self.applet.program),) if self.applet else self.wake.command

    def plist(self) -> bytes:
        """Return the agent's file as it should be."""
        return self.templates.render(
            "agent.plist",
            label=LABEL,
            command=self.command,
            environment=self.wake.environment,
            minutes=MINUTES,
            log=self.wake.log,
        )

    def install(self) -> list[str]:
        """Install the agent, or bring it up to date; return what a person should know."""
        hints = self.applet.install() if self.applet else []
        plist = self.plist()
        plistlib.loads(plist)
        self.wake.log.parent.mkdir(parents=True, exist_ok=True)
        self._stop()
        write(self.agent, plist)
        domain = self._domain()
        tell(["launchctl", "enable", f"{domain}/{LABEL}"])
        answer = self._bootstrap(domain)
        if answer.code in NO_SUCH_DOMAIN and domain.startswith("gui/"):
            domain = self._domain("user")
            answer = self._bootstrap(domain)
        if answer.code:
            raise RootcellarError(
                f"launchd does not take the agent: {answer.err or f'exit code {answer.code}'}",
                hint="Log in at the screen of this Mac, and run the same command there.",
            )
        return hints

    def _bootstrap(self, domain: str) -> Answer:
        return ask(["launchctl", "bootstrap", domain, str(self.agent)])

    def _domain(self, kind: str = "gui") -> str:
        return f"{kind}/{os.getuid()}"

    def _stop(self) -> None:
        """Have launchd forget the agent, in both domains; it may take a moment to do so."""
        for kind in ("gui", "user"):
            service = f"{self._domain(kind)}/{LABEL}"
            if ask(["launchctl", "print", service]).code:
                continue
            ask(["launchctl", "bootout", service])
            until = time.monotonic() + _PATIENCE
            while not ask(["launchctl", "print", service]).code and time.monotonic() < until:
                time.sleep(0.2)

    def remove(self) -> None:
        """Remove the agent, the applet and what both have left."""
        self._stop()
        self.agent.unlink(missing_ok=True)
        if self.applet:
            self.applet.remove()

    def show(self) -> Installed:
        """Return what launchd really has."""
        if not self.agent.exists():
            return Installed(self.name, installed=False)
        install = "Run: rootcellar schedule install"
        command: tuple[str, ...] = ()
        with contextlib.suppress(OSError, plistlib.InvalidFileException, ValueError, KeyError):
            command = tuple(plistlib.loads(self.agent.read_bytes())["ProgramArguments"])
        problems = []
        if command != self.command or self.agent.read_bytes() != self.plist():
            problems.append(("The agent is not that of this version.", install))
        if self.applet:
            problems += self.applet.problems()
            called = self.applet.called()
        else:
            called = command
        problems += command_problems(called, self.wake)
        details = self._loaded()
        if not details:
            problems.append(("launchd has not loaded the agent.", install))
        return Installed(
            self.name,
            installed=True,
            active=bool(details),
            files=(self.agent, *(self.applet.files() if self.applet else ())),
            command=called,
            details=details,
            problems=tuple(problems),
        )

    @property
    def grantee(self) -> str:
        """The one program that macOS must grant access; it is the end of a link that counts."""
        program = Path(os.path.realpath(self.wake.command[0]))
        return str(self.applet.app if self.applet else program)

    def probe(self, command: Sequence[str]) -> Answer:
        """Have launchd start the agent once, to run a command; return what it said."""
        if self.applet is None:
            return Answer(1, "", "Only the applet can be asked to look.")
        self.applet.request(command)
        domain = self._loaded().get("domain", self._domain())
        started = ask(["launchctl", "kickstart", f"{domain}/{LABEL}"])
        return started if started.code else self.applet.answer()

    def _loaded(self) -> dict[str, str]:
        """Return some of what launchd says of the agent; empty when it does not know it."""
        for kind in ("gui", "user"):
            answer = ask(["launchctl", "print", f"{self._domain(kind)}/{LABEL}"])
            if not answer.code:
                wanted = ("state", "program", "last exit code", "runs")
                pairs = (line.strip().partition(" = ") for line in answer.out.splitlines())
                found = {name: value for name, _, value in pairs if name in wanted}
                return {"domain": self._domain(kind), **found}
        return {}
