"""A home with notes, an archive, and `rootcellar` to run on them."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rootcellar.sample.notes_content import sample_store
from rootcellar.sample.notes_store import NEW, Layout

GROUP = "Library/Group Containers/group.com.apple.notes"


class World:
    """A home with notes, an archive, and `rootcellar` to run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home"
        self.container = self.home / GROUP
        self.archive = root / "archive"
        self.settings = root / "settings.toml"

    def fill(self, layout: Layout = NEW) -> None:
        sample_store(layout).write(self.container)

    def sql(self, *statements: str) -> None:
        with sqlite3.connect(self.container / "NoteStore.sqlite") as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount != 0, statement
        connection.close()

    def export(self, *arguments: str, codes: tuple[int, ...] = (0, 3)) -> dict[str, Any]:
        """Run an export and return the report on notes."""
        command = [
            *(sys.executable, "-c", "from rootcellar.cli.main import main; main()"),
            *("export", "notes", "--json"),
            *("--home", str(self.home), "--archive", str(self.archive), *arguments),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode in codes, done.stdout + done.stderr
        document = json.loads(done.stdout)
        found: dict[str, Any] = document.get("exporters", {}).get("notes") or document
        return found

    def settle(self, text: str) -> None:
        self.settings.write_text(f"[notes]\n{text}\n")

    def page(self, name: str) -> str:
        return (self.archive / "Notes" / f"{name}.md").read_text()

    def record(self, name: str) -> dict[str, Any]:
        """Return the line of a note, by the name of its page."""
        page = self.archive / "Notes" / f"{name}.md"
        lines = (page.parent / "metadata.jsonl").read_text().splitlines()
        path = page.relative_to(self.archive).as_posix()
        (found,) = [
            line
            for line in map(json.loads, lines)
            if any(file["path"] == path for file in line["files"])
        ]
        return dict(found)

    def everything(self) -> bytes:
        """Return the bytes of all files in the archive."""
        return b"".join(path.read_bytes() for path in self.archive.rglob("*") if path.is_file())


def make_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a world whose state, cache and settings are its own."""
    made = World(tmp_path)
    made.container.mkdir(parents=True)
    for name in ("STATE", "CACHE"):
        monkeypatch.setenv(f"ROOTCELLAR_{name}", str(tmp_path / name.lower()))
    monkeypatch.setenv("ROOTCELLAR_SETTINGS", str(made.settings))
    return made


def counts(report: dict[str, Any]) -> dict[str, int]:
    names = ("new", "changed", "moved", "gone", "kept")
    return {name: report[name] for name in names if report[name]}
