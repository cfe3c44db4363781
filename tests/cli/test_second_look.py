"""`doctor` on the Mac that owns the data: the app is asked as well, and what differs is said."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rootcellar.api import Notice, RootcellarError, Trouble
from rootcellar.cli import doctor
from rootcellar.cli.setting import Setting
from rootcellar.sample.reminders_content import sample_store
from rootcellar.sources.home import HomeFolder
from rootcellar_reminders import Reminders

GROUP = "Library/Group Containers/group.com.apple.reminders/Container_v1"


@pytest.fixture
def setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setting:
    monkeypatch.setenv("ROOTCELLAR_CACHE", str(tmp_path / "cache"))
    sample_store().write(tmp_path / "home" / GROUP)
    monkeypatch.setenv("ROOTCELLAR_SETTINGS", str(tmp_path / "settings.toml"))
    return Setting.load(None, tmp_path / "home")


def live_checks(setting: Setting) -> list[doctor.Check]:
    return [one for one in doctor._check_exporters(setting) if one.id.startswith("live.")]


def test_a_copied_home_has_no_app_to_ask(setting: Setting) -> None:
    assert live_checks(setting) == []


def test_what_the_app_says_is_told(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    def second_look(self: Reminders, capture: object) -> Iterator[Notice | Trouble]:
        yield Notice("the same 9 reminders")
        yield Trouble("Inbox", "1 of “Inbox” is in no store", "Open Reminders.")

    monkeypatch.setattr(HomeFolder, "is_live", True)
    monkeypatch.setattr(Reminders, "second_look", second_look)
    same, differs = live_checks(setting)
    assert (same.result, same.message) == ("ok", "reminders: the same 9 reminders")
    assert (differs.result, differs.hint) == ("note", "Open Reminders.")


def test_an_app_that_cannot_be_asked_is_a_note(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def second_look(self: Reminders, capture: object) -> Iterator[Notice | Trouble]:
        raise RootcellarError("no answer", hint="Try again.")
        yield

    monkeypatch.setattr(HomeFolder, "is_live", True)
    monkeypatch.setattr(Reminders, "second_look", second_look)
    (said,) = live_checks(setting)
    assert (said.result, said.hint) == ("note", "Try again.")
