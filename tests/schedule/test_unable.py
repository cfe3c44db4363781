"""Ticks that fail before they know what is due: told after a while, weekly, and when over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rootcellar.errors import UsageError
from rootcellar.schedule.alerts import Alert
from rootcellar.schedule.jobs import Notify
from rootcellar.schedule.unable import Unable

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


def test_in_weeks_of_failing_ticks_there_is_a_word_each_week(tmp_path: Path) -> None:
    told: list[tuple[timedelta, Alert]] = []
    now = NOW
    unable = Unable(tmp_path / "locks", lambda _, alert: not told.append((now - NOW, alert)))
    while now < NOW + timedelta(days=15):
        with pytest.raises(UsageError), unable.watching(Notify, lambda: now):  # noqa: B023
            raise UsageError("It is wrong.", hint="Mend it.")
        now += timedelta(minutes=15)
    assert [after for after, _ in told] == [
        timedelta(hours=1),
        timedelta(days=7, hours=1),
        timedelta(days=14, hours=1),
    ]
    assert told[0][1].text == "It is wrong. Mend it."
    with unable.watching(Notify, lambda: now):
        pass
    assert told[-1][1].kind == "recovered"
    assert list((tmp_path / "locks").iterdir()) == []


def test_settings_that_are_edited_for_some_minutes_are_nobodys_concern(tmp_path: Path) -> None:
    told: list[Alert] = []
    unable = Unable(tmp_path, lambda _, alert: not told.append(alert))
    for minutes in (0, 15, 30):
        unable.failed(Notify(), "It is wrong.", NOW + timedelta(minutes=minutes))
    unable.worked(Notify)
    for minutes in (60, 75):
        unable.failed(Notify(), "It is wrong.", NOW + timedelta(minutes=minutes))
    assert told == []


def test_a_word_that_nobody_took_is_said_again(tmp_path: Path) -> None:
    heard: list[Alert] = []
    unable = Unable(tmp_path, lambda _, alert: bool(heard.append(alert)) or len(heard) > 2)
    for hours in range(6):
        unable.failed(Notify(), "It is wrong.", NOW + timedelta(hours=hours))
    assert len(heard) == 3


def test_a_clock_that_was_ahead_makes_nothing_wait(tmp_path: Path) -> None:
    told: list[Alert] = []
    unable = Unable(tmp_path, lambda _, alert: not told.append(alert))
    unable.failed(Notify(), "It is wrong.", NOW + timedelta(days=900))
    for minutes in (0, 61):
        unable.failed(Notify(), "It is wrong.", NOW + timedelta(minutes=minutes))
    assert len(told) == 1


def test_where_the_folder_of_the_state_is_of_no_use_it_is_told_all_the_same(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "state").write_text("a file")
    told: list[Alert] = []
    unable = Unable(tmp_path / "state" / "locks", lambda _, alert: not told.append(alert))
    for hours in range(3):
        unable.failed(Notify(), "It is wrong.", NOW + timedelta(hours=hours))
    assert len(told) == 1
