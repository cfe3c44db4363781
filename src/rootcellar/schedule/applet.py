"""The applet that can hold Full Disk Access on a Mac. Never yet tried on one: see record 43.

macOS grants access to a program by its path and signature. Python's changes with every update,
and "Python may read everything" is more than anyone should grant. So `osacompile`, which every Mac
has, makes a small application that only starts a script; that one is granted, once.
"""

import hashlib
import shlex
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import platformdirs

from rootcellar.schedule.waking import Answer, Templates, Wake, tell, write

IDENTIFIER = "org.rootcellar.applet"
PANE = "x-apple.systempreferences:com.apple.preference.security?Privacy_AllFiles"
"""The link that opens the settings of Full Disk Access."""


class Applet:
    """Builds the applet and its script, and tells what is wrong with them."""

    def __init__(self, wake: Wake, templates: Templates) -> None:
        self.wake = wake
        self.templates = templates
        self.app = Path.home() / "Applications" / "Rootcellar.app"
        self.program = self.app / "Contents" / "MacOS" / "applet"
        folder = platformdirs.user_data_path("rootcellar") / "schedule"
        self.script = folder / "run.sh"
        self._digest = folder / "applet.sha256"
        self._request = folder / "probe.sh"
        self._answer = folder / "probe.json"

    def files(self) -> tuple[Path, ...]:
        """Return what is there of it."""
        return tuple(path for path in (self.app, self.script) if path.exists())

    def _source(self) -> bytes:
        return self.templates.render("applet.applescript", script=str(self.script))

    def install(self) -> list[str]:
        """Write the script, and build the applet unless it is there; return what is to be granted.

        It is built again only when its own source has changed: a new one needs a new grant.
        """
        write(
            self.script,
            self.templates.render(
                "run.sh",
                command=self.wake.command,
                environment=self.wake.environment,
                log=self.wake.log,
                request=self._request,
                answer=self._answer,
            ),
            0o755,
        )
        source = self._source()
        if self._is_current(source):
            return []
        part = self.app.with_name(".Rootcellar.new.app")
        text = part.with_suffix(".applescript")
        shutil.rmtree(part, ignore_errors=True)
        write(text, source)
        try:
            tell(["osacompile", "-o", str(part), str(text)])
            information = str(part / "Contents" / "Info.plist")
            tell(["plutil", "-replace", "LSUIElement", "-bool", "true", information])
            tell(["plutil", "-replace", "CFBundleIdentifier", "-string", IDENTIFIER, information])
            tell(["codesign", "--force", "--sign", "-", str(part)])
            shutil.rmtree(self.app, ignore_errors=True)
            part.rename(self.app)
        finally:
            text.unlink(missing_ok=True)
            shutil.rmtree(part, ignore_errors=True)
        write(self._digest, hashlib.sha256(source).hexdigest().encode())
        hint = (
            f"Switch on {self.app} in System Settings > Privacy & Security > Full Disk Access "
            f"(add it with the + button). This opens the pane: open '{PANE}'"
        )
        return [hint]

    def _is_current(self, source: bytes) -> bool:
        known = self._digest.read_text() if self._digest.exists() else ""
        return self.program.exists() and known == hashlib.sha256(source).hexdigest()

    def request(self, command: Sequence[str]) -> None:
        """Have the script run this command the next time, instead of what is due."""
        self._answer.unlink(missing_ok=True)
        line = f"{shlex.join(command)} >{shlex.quote(str(self._answer))}.part"
        write(self._request, f"{line}\n".encode())

    def answer(self, patience: float = 120) -> Answer:
        """Wait for what that command said, and return it."""
        until = time.monotonic() + patience
        while not self._answer.exists() and time.monotonic() < until:
            time.sleep(0.2)
        self._request.unlink(missing_ok=True)
        if not self._answer.exists():
            return Answer(124, "", f"{self.app.name} did not answer within {patience:g} s")
        said = self._answer.read_text(encoding="utf-8")
        self._answer.unlink()
        return Answer(0, said, "")

    def called(self) -> tuple[str, ...]:
        """Return what the script calls; empty when it cannot be read."""
        try:
            lines = [line for line in self.script.read_text().splitlines() if '"$@"' in line]
            return tuple(shlex.split(lines[-1].partition(' "$@"')[0]))
        except (OSError, ValueError, IndexError):
            return ()

    def problems(self) -> list[tuple[str, str]]:
        """Return what is wrong with the applet, and what to do about it."""
        if not self._is_current(self._source()):
            return [(f"{self.app} is missing or outdated.", "Run: rootcellar schedule install")]
        return []

    def remove(self) -> None:
        """Remove the applet and its script."""
        shutil.rmtree(self.app, ignore_errors=True)
        for path in (self.script, self._digest, self._request, self._answer):
            path.unlink(missing_ok=True)
        if self.script.parent.is_dir() and not any(self.script.parent.iterdir()):
            self.script.parent.rmdir()
