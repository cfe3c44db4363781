"""The settings: what is accepted, and how each kind of mistake is told."""

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from rootcellar.config import (
    Settings,
    digest,
    load_settings,
    load_timetable,
    settings_path,
)
from rootcellar.errors import UsageError
from rootcellar.new_settings import settings_text, write_settings
from rootcellar.plugins import installed


@dataclass(frozen=True)
class PearSettings:
    """Settings of every kind that an exporter may have."""

    sort: Literal["williams", "conference"] = "williams"
    trees: tuple[str, ...] = ()
    count: int = 3
    weight: float = 0.5
    ripe: bool = True
    label: str | None = None

    def __post_init__(self) -> None:
        if self.count > 100:
            raise ValueError("nobody has so many pears")


EXPORTERS = {"pears": PearSettings}


def built_in() -> dict[str, type]:
    """Return the settings of our own exporters, by name."""
    own = ("notes", "photos", "reminders")
    return {one.name: one.settings for one in installed().exporters if one.name in own}


def _write(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text)
    return path


def load(folder: Path, text: str) -> Settings:
    path = folder / "settings.toml"
    path.write_text(text)
    return load_settings(path, EXPORTERS)


def refusal(folder: Path, text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        load(folder, text)
    assert str(folder / "settings.toml") in caught.value.message
    return caught.value


def test_without_a_file_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOTCELLAR_SETTINGS", str(tmp_path / "none.toml"))
    settings = load_settings(None, EXPORTERS)
    assert settings.archive is None
    assert settings.templates is None
    assert settings.home == Path.home()
    assert settings.exporters == ()
    assert settings.tables == {"pears": PearSettings()}


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no settings file .*none\.toml") as caught:
        load_settings(tmp_path / "none.toml", EXPORTERS)
    assert "--settings" in caught.value.hint


def test_the_environment_can_name_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOTCELLAR_SETTINGS", "~/cellar.toml")
    assert settings_path() == Path.home() / "cellar.toml"
    monkeypatch.setenv("ROOTCELLAR_SETTINGS", str(tmp_path / "other.toml"))
    (tmp_path / "other.toml").write_text('exporters = ["pears"]')
    assert load_settings(None, EXPORTERS).exporters == ("pears",)


def test_every_key_is_taken(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        """
        archive = "/Volumes/Drive/Archive"
        home = "~/Old Mac"
        exporters = ["pears"]
        templates = "pages"
        [pears]
        sort = "conference"
        trees = ["north", "south"]
        count = 7
        weight = 1
        ripe = false
        label = "Pears"
        """,
    )
    assert settings.archive == Path("/Volumes/Drive/Archive")
    assert settings.home == Path.home() / "Old Mac"
    assert settings.exporters == ("pears",)
    assert settings.tables["pears"] == PearSettings(
        "conference", ("north", "south"), 7, 1.0, False, "Pears"
    )


def test_relative_paths_start_at_the_settings_file(tmp_path: Path) -> None:
    settings = load(tmp_path, 'archive = "Archive"\nhome = "../mac"\ntemplates = "pages"')
    assert settings.archive == tmp_path / "Archive"
    assert settings.home == tmp_path.parent / "mac"
    assert settings.templates == tmp_path / "pages"


BAD_VALUES = {
    "archive = 1": ("archive is 1", "a text in quotation marks"),
    'archive = ["a"]': ("archive is ['a']", "a text in quotation marks"),
    'exporters = "pears"': ("exporters is 'pears'", "a list, each of it a text"),
    'exporters = ["pears", 2]': ("exporters[1] is 2", "a text in quotation marks"),
    "home = true": ("home is True", "a text in quotation marks"),
    "pears = 3": ("pears is 3", "a table"),
    "[pears]\ncount = 'many'": ("pears.count is 'many'", "a whole number"),
    "[pears]\ncount = 1.5": ("pears.count is 1.5", "a whole number"),
    "[pears]\ncount = true": ("pears.count is True", "a whole number"),
    "[pears]\nweight = 'much'": ("pears.weight is 'much'", "a number"),
    "[pears]\nripe = 'yes'": ("pears.ripe is 'yes'", "true or false"),
    "[pears]\nripe = 1": ("pears.ripe is 1", "true or false"),
    "[pears]\nsort = 'bosc'": ("pears.sort is 'bosc'", "one of 'williams', 'conference'"),
    "[pears]\ntrees = 'north'": ("pears.trees is 'north'", "a list, each of it a text"),
    "[pears]\ntrees = [['a']]": ("pears.trees[0] is ['a']", "a text in quotation marks"),
    "[pears]\nlabel = 4": ("pears.label is 4", "a text in quotation marks"),
    "[pears]\ncount = 2024-05-01": ("pears.count is datetime.date", "a whole number"),
}


@pytest.mark.parametrize("text", BAD_VALUES)
def test_a_bad_value_is_told_with_its_key_and_what_is_allowed(text: str, tmp_path: Path) -> None:
    said, allowed = BAD_VALUES[text]
    error = refusal(tmp_path, text)
    assert f", {said}" in error.message
    assert "it must be " in error.message
    assert error.message.rpartition("it must be ")[2].startswith(allowed)
    assert "docs/reference/settings.md" in error.hint
    assert error.exit_code == 2


UNKNOWN_KEYS = {
    'archiv = "/a"': ("archiv is no setting", "Did you mean archive?"),
    "[pear]\ncount = 1": ("pear is no setting", "Did you mean pears?"),
    "[pears]\ncounts = 1": ("pears.counts is no setting", "Did you mean pears.count?"),
    "[pears]\nzebra = 1": ("pears.zebra is no setting", "Allowed here: sort, trees, count"),
    "zebra = 1": ("zebra is no setting", "Allowed here: archive, home, exporters, templates"),
}


@pytest.mark.parametrize("text", UNKNOWN_KEYS)
def test_an_unknown_key_is_told_with_a_guess_and_what_is_allowed(
    text: str, tmp_path: Path
) -> None:
    said, hint = UNKNOWN_KEYS[text]
    error = refusal(tmp_path, text)
    assert said in error.message
    assert hint in error.hint
    assert "Allowed here: " in error.hint


def test_an_exporter_without_settings_allows_nothing(tmp_path: Path) -> None:
    from rootcellar.exporter import NoSettings

    (tmp_path / "settings.toml").write_text("[plums]\na = 1")
    with pytest.raises(UsageError, match=r"plums\.a is no setting") as caught:
        load_settings(tmp_path / "settings.toml", {"plums": NoSettings})
    assert "Allowed here: nothing." in caught.value.hint


def test_what_an_exporters_settings_refuse_is_told(tmp_path: Path) -> None:
    error = refusal(tmp_path, "[pears]\ncount = 101")
    assert "the table [pears] is wrong: nobody has so many pears" in error.message


def test_a_file_that_is_no_toml_is_told_with_the_line(tmp_path: Path) -> None:
    error = refusal(tmp_path, "\narchive = /Volumes/Drive\n")
    assert "is no valid TOML" in error.message
    assert "line 2" in error.message
    assert "quotation marks" in error.hint


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_bytes(b'archive = "\xff\xfe"')
    with pytest.raises(UsageError, match="is no valid TOML"):
        load_settings(tmp_path / "settings.toml", EXPORTERS)


def test_a_folder_for_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load_settings(tmp_path, EXPORTERS)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_bytes(b'\xef\xbb\xbfexporters = ["pears"]')
    assert load_settings(tmp_path / "settings.toml", EXPORTERS).exporters == ("pears",)


@pytest.mark.parametrize("name", ["Archive", 'with "quotes"', "back\\slash", "tab\there", "é 🍐"])
def test_new_settings_are_valid_whatever_the_archive_is_called(name: str, tmp_path: Path) -> None:
    text = settings_text(tmp_path / name, Path("/Volumes/Old") / name)
    settings = load_settings(_write(tmp_path, text), built_in())
    assert settings.archive == tmp_path / name
    assert settings.home == Path("/Volumes/Old") / name


def test_every_commented_key_of_new_settings_is_a_setting(tmp_path: Path) -> None:
    text = settings_text(tmp_path / "Archive")
    lines = [line.removeprefix("# ") if " = " in line else line for line in text.splitlines()]
    kinds = built_in()
    path = tmp_path / "settings.toml"
    path.write_text("\n".join(lines))
    settings = load_settings(path, kinds)
    assert settings.exporters == ("photos",)
    assert settings.tables["photos"].libraries
    said = tomllib.loads(path.read_text())
    for name, kind in kinds.items():
        assert said[name].keys() == {one.name for one in dataclasses.fields(kind)}, name
    assert set(said["jobs"]["nightly"]) == {"schedule", "stale_after", "verify"}


def test_settings_are_written_once_and_never_over_others(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.toml"
    assert write_settings(path, "# mine\n")
    assert path.stat().st_mode & 0o777 == 0o600  # addresses of services hold passwords
    assert not write_settings(path, "# other\n")
    assert path.read_text() == "# mine\n"


def test_the_digest_of_settings_changes_with_each_of_them() -> None:
    digests = {
        digest(PearSettings()),
        digest(PearSettings(count=4)),
        digest(PearSettings(trees=("north",))),
        digest(PearSettings(label="3")),
    }
    assert len(digests) == 4
    assert digest(PearSettings()) == digest(PearSettings())


# -- jobs ----------------------------------------------------------------------------------------


def test_without_jobs_in_the_settings_there_is_one(tmp_path: Path) -> None:
    settings = load_settings(_write(tmp_path, ""), {})
    assert list(settings.jobs) == ["nightly"]
    assert settings.jobs["nightly"].schedule == "daily 03:00"
    assert settings.notify.system


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[jobs.a]\nschedule = "often"', "'often' is no schedule"),
        ('[jobs.a]\nschedul = "daily 03:00"', "jobs.a.schedul is no setting"),
        ('[jobs.a]\nstale_after = "3"', "no length of time"),
        ("[jobs.a]\nretries = 99", "from 0 to 50"),
        ('[jobs.a]\nping = "file:///etc/passwd"', "https://"),
        ('[jobs.a]\nexporters = "photos"', "jobs.a.exporters"),
        ('[jobs."A b"]', "cannot be the name of a job"),
        ("jobs = 3", "made of tables"),
        ("[notify]\nafter = 0", "from 1 to 50"),
        ('[notify]\nurls = ["me"]', "no address"),
    ],
)
def test_a_job_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = _write(tmp_path, text)
    for load in (lambda: load_settings(path, {}), lambda: load_timetable(path)):
        with pytest.raises(UsageError) as raised:
            load()
        assert said in raised.value.message
        assert raised.value.hint or "table" in raised.value.message


def test_a_timetable_reads_the_jobs_and_leaves_the_rest_to_the_run(tmp_path: Path) -> None:
    path = _write(tmp_path, 'archive = "there"\n[photos]\nlayuot = 1\n[jobs.a]\narchive = "b"')
    timetable = load_timetable(path)
    assert timetable.archive == tmp_path / "there"
    assert timetable.archive_of(timetable.jobs["a"]) == tmp_path / "b"
