"""The example of a settings file is one that rootcellar accepts, and shows every key."""

import dataclasses
import tomllib
from pathlib import Path

from rootcellar.config import General, load_settings, load_timetable
from rootcellar.schedule.jobs import Job, Notify
from rootcellar_notes.settings import NotesSettings
from rootcellar_photos import PhotosSettings
from rootcellar_reminders.settings import RemindersSettings

EXAMPLE = Path(__file__).parents[2] / "examples" / "settings.toml"
EXPORTERS = {"notes": NotesSettings, "photos": PhotosSettings, "reminders": RemindersSettings}


def test_the_example_is_valid() -> None:
    settings = load_settings(EXAMPLE, EXPORTERS)
    assert settings.archive == Path("/Volumes/Cellar/Archive")
    assert settings.home == Path.home()
    assert settings.exporters == ("notes", "photos")
    assert len(settings.tables["photos"].libraries) == 2
    assert list(settings.jobs) == ["nightly", "notes"]
    timetable = load_timetable(EXAMPLE)
    assert timetable.archive_of(timetable.jobs["notes"]) == settings.archive


def test_the_example_shows_every_key() -> None:
    shown = tomllib.loads(EXAMPLE.read_text())
    tables = {**shown, "": shown, "job": shown["jobs"]["nightly"]}
    for table, kind in {"": General, "job": Job, "notify": Notify, **EXPORTERS}.items():
        assert {field.name for field in dataclasses.fields(kind)} <= set(tables[table])
