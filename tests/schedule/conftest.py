"""Programs of the system that take down how they are called, and answer as they are told to."""

import json
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

SHIM = """#!{python}
import json, pathlib, shutil, sys
folder = pathlib.Path(__file__).parent
name = pathlib.Path(sys.argv[0]).name
call = [name, *sys.argv[1:]]
with (folder / "calls").open("a") as file:
    file.write(json.dumps(call) + "\\n")
if name == "osacompile":
    program = pathlib.Path(sys.argv[2]) / "Contents" / "MacOS" / "applet"
    program.parent.mkdir(parents=True)
    program.write_text(pathlib.Path(sys.argv[3]).read_text())
    program.chmod(0o755)
answers = json.loads((folder / "answers").read_text())
said = " ".join(call)
for start, (code, out, err) in answers.items():
    if said.startswith(start):
        sys.stdout.write(out)
        sys.stderr.write(err)
        sys.exit(code)
"""
NAMES = (
    *("launchctl", "osacompile", "plutil", "codesign", "systemctl", "loginctl", "osascript"),
    *("notify-send", "crontab"),
)


class Shim:
    """A folder of programs; `answers` maps the beginnings of calls to (code, out, err)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "calls").touch()
        for name in NAMES:
            (folder / name).write_text(SHIM.format(python=sys.executable))
            (folder / name).chmod(0o755)
        self.answer({})

    def answer(self, answers: dict[str, tuple[int, str, str]]) -> None:
        (self.folder / "answers").write_text(json.dumps(answers))

    @property
    def calls(self) -> list[str]:
        """Every call since the last look, as one line each."""
        path = self.folder / "calls"
        found = [" ".join(json.loads(line)) for line in path.read_text().splitlines()]
        path.write_text("")
        return found


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    """The programs of the system, all replaced by ones that only take down their calls."""
    shim = Shim(tmp_path / "programs")
    monkeypatch.setenv("PATH", f"{shim.folder}:{os.environ['PATH']}")
    return shim


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of one's own, and a user who is not root."""
    home = tmp_path / "a person's home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("STATE", "CACHE"):
        monkeypatch.setenv(f"ROOTCELLAR_{name}", str(tmp_path / name.lower()))
    monkeypatch.delenv("ROOTCELLAR_SETTINGS", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    return home
