"""A home with made-up Reminders, an archive, and exports from one into the other."""

import contextlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rootcellar.engine.running import Order, run
from rootcellar.engine.task import Task
from rootcellar.report import ExporterReport
from rootcellar.sample.core_data import Model
from rootcellar.sample.reminders_content import ACCOUNT, sample_store, uuid
from rootcellar.sample.reminders_models import NEW
from rootcellar.sources.home import HomeFolder, open_capture
from rootcellar.state.store import StateStore
from rootcellar.views import Views
from rootcellar_reminders import Reminders
from rootcellar_reminders.settings import RemindersSettings

GROUP = "Library/Group Containers/group.com.apple.reminders/Container_v1"
GARDEN = "Garden - Orchard"


@dataclass
class World:
    """A home, an archive and a state in a temporary folder; `export` runs one export."""

    root: Path
    container_place: str = GROUP
    settings: RemindersSettings = field(default_factory=RemindersSettings)
    notes: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def container(self) -> Path:
        return self.home / self.container_place

    @property
    def database(self) -> Path:
        return self.container / "Stores" / f"Data-{ACCOUNT}.sqlite"

    @property
    def lists(self) -> Path:
        return self.archive / "Reminders" / "iCloud"

    def fill(self, model: Model = NEW, *, cached: bool = True) -> "World":
        sample_store(model, cached=cached).write(self.container)
        return self

    def sql(self, statement: str, *values: object) -> None:
        with sqlite3.connect(self.database) as connection:
            assert connection.execute(statement, values).rowcount != 0, statement
        connection.close()
        past = time.time() - 60  # what is younger may change again without a sign
        for path in self.database.parent.iterdir():
            os.utime(path, (past, past + hash(statement) % 10))

    def change(self, title: str, **values: object) -> None:
        """Change a reminder as the app would, by columns without their Z."""
        said = ", ".join(f"Z{name} = ?" for name in values)
        self.sql(f"UPDATE ZREMCDREMINDER SET {said} WHERE ZTITLE = ?", *values.values(), title)

    @contextlib.contextmanager
    def task(self, **options: Any) -> Iterator[Task]:
        exporter = Reminders()
        home = HomeFolder(self.home)
        found = home.stores(exporter.reads)
        views = Views(None, (exporter,))
        with open_capture(home, found.stores, self.settings) as capture:
            yield Task(
                exporter=exporter,
                capture=capture,
                render=views.page,
                settings_digest=repr(self.settings),
                views_digest="1",
                **options,
            )

    def export(self, **options: Any) -> ExporterReport:
        """Run one export and return what it reports."""
        os.environ["ROOTCELLAR_CACHE"] = str(self.root / "cache")
        tasks = {"reminders": lambda: self.task(**options)}
        order = Order(self.archive, tasks, {"Reminders": "reminders"}, stores=(self.container,))
        with StateStore(self.root / "state" / "state.sqlite") as state:
            report = run(order, state)
        self.notes = report.notes
        return report.exporters["reminders"]

    def forget(self) -> None:
        """Lose the state; the next export makes it again from the archive."""
        shutil.rmtree(self.root / "state")

    def list(self, name: str = GARDEN) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.lists / f"{name}.json").read_text())
        return found

    def reminders(self, name: str = GARDEN) -> dict[str, dict[str, Any]]:
        """Return the reminders of a list by their titles, in order."""
        return {one["title"]: one for one in self.list(name)["reminders"]}

    def text(self, name: str) -> str:
        return (self.lists / name).read_bytes().decode()

    def everything(self) -> dict[str, tuple[bytes, int]]:
        """Return the bytes and times of all that is in the archive but its own things."""
        return {
            path.relative_to(self.archive).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted((self.archive / "Reminders").rglob("*"))
            if path.is_file()
        }


def reminder(title: str) -> str:
    """Return the UUID of a made-up reminder."""
    return uuid(f"reminder {title}")
