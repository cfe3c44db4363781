"""The example of a settings file is one that rootcellar accepts, and shows every key."""

import dataclasses
import tomllib
from pathlib import Path

from rootcellar.config import General, load_settings
from rootcellar_notes.settings import NotesSettings
from rootcellar_photos import PhotosSettings
from rootcellar_reminders.settings import RemindersSettings

EXAMPLE = Path(__file__).parents[2] / "examples" / "settings.toml"
KINDS = {"notes": NotesSettings, "photos": PhotosSettings, "reminders": RemindersSettings}


def test_the_example_is_valid() -> None:
    settings = load_settings(EXAMPLE, KINDS)
    assert settings.archive == Path("/Volumes/Cellar/Archive")
    assert settings.home == Path.home()
    assert settings.exporters == ("notes", "photos")
    assert len(settings.tables["photos"].libraries) == 2


def test_the_example_shows_every_key() -> None:
    shown = tomllib.loads(EXAMPLE.read_text())
    for table, kind in (("", General), *KINDS.items()):
        keys = {field.name for field in dataclasses.fields(kind)}
        assert keys <= set(shown[table] if table else shown)
