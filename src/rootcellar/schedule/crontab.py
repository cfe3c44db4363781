"""cron: two marked lines in the user's crontab, for machines that have nothing better."""

import re
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
)

BEGIN, END = "# rootcellar: begin", "# rootcellar: end"
_BEGINNING = re.compile(rf"^{BEGIN}(?: .*)?$", re.MULTILINE)
_BLOCK = re.compile(
    rf"^{BEGIN}(?: .*)?\n(?:(?!{BEGIN}(?: .*)?$).*\n)*?{END}[ \t\r]*(?:\n|\Z)", re.MULTILINE
)
_NONE = ("no crontab", "No such file")
"""How programs say that somebody has no crontab; the second is BusyBox's."""


class Cron:
    """Installs, shows and removes the lines; all others stay as they are, byte for byte."""

    name = "cron"

    def __init__(self, wake: Wake, templates: Templates) -> None:
        self.wake = wake
        self.templates = templates

    def block(self) -> str:
        """Return the lines as they should be."""
        words = [f"{name}={shlex.quote(value)}" for name, value in self.wake.environment.items()]
        words += [shlex.join(self.wake.command), f">>{shlex.quote(str(self.wake.log))}", "2>&1"]
        # A bare % ends a command of cron's, also between quotes; a backslash takes that away.
        line = " ".join(words).replace("%", "\\%")
        return self.templates.render("crontab", minutes=MINUTES, line=line).decode()

    def install(self) -> list[str]:
        """Install the lines, or bring them up to date; return what a person should know."""
        others, found = self._read()
        block = self.block()
        if found != block:
            if others and not others.endswith("\n"):
                others += "\n"
            tell(["crontab", "-"], stdin=others + block)
        return []

    def remove(self) -> None:
        """Take the lines away, and the crontab too when nothing else is in it."""
        others, found = self._read()
        if not found:
            return
        if others.strip():
            tell(["crontab", "-"], stdin=others)
        else:
            tell(["crontab", "-r"])

    def show(self) -> Installed:
        """Return what cron really has."""
        _, found = self._read()
        if not found:
            return Installed(self.name, installed=False)
        command = _command(found)
        problems = command_problems(command, self.wake)
        if not problems and found != self.block():
            problems.append(
                ("The lines are not those of this version.", "Run: rootcellar schedule install")
            )
        return Installed(
            self.name, installed=True, active=True, command=command, problems=tuple(problems)
        )

    grantee = ""

    def probe(self, command: Sequence[str]) -> Answer:
        """Run a command with the environment that cron gives, and return what it said."""
        words = [f"HOME={Path.home()}", "SHELL=/bin/sh"]
        words += [f"{name}={value}" for name, value in self.wake.environment.items()]
        return ask(["env", "-i", *words, *command], timeout=180)

    def _read(self) -> tuple[str, str]:
        """Return the crontab without our lines, and our lines."""
        answer = ask(["crontab", "-l"])
        if answer.code and not any(words in answer.err for words in _NONE):
            raise RootcellarError(
                f"The crontab cannot be read: {answer.err}",
                hint="Is cron installed, and may you use it (crontab -l)?",
            )
        tab = "" if answer.code else answer.out
        others = _BLOCK.sub("", tab)
        if _BEGINNING.search(others):
            raise RootcellarError(
                "In the crontab, the line that ends rootcellar's own lines is missing.",
                hint=f"Add the line {END!r} after them with: crontab -e",
            )
        return others, "".join(_BLOCK.findall(tab))


def _command(block: str) -> tuple[str, ...]:
    line = block.splitlines()[1] if block.count("\n") > 1 else ""
    try:
        words = shlex.split(line.replace("\\%", "%"))[5:]
    except ValueError:
        return ()
    while words and "=" in words[0] and not words[0].startswith("/"):
        del words[0]
    ends = next((n for n, word in enumerate(words) if word.startswith(">>")), len(words))
    return tuple(words[:ends])
