"""Schedules: what is allowed, and which moments they mean, also on journeys and in October."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rootcellar.schedule.due import default_stale_after
from rootcellar.schedule.slots import Schedule, local_zone, parse_duration

PARIS, TOKYO, NEW_YORK = map(ZoneInfo, ("Europe/Paris", "Asia/Tokyo", "America/New_York"))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("daily 03:00", "0 3 * * *"),
        ("Daily  3:05", "5 3 * * *"),
        ("weekly sun 04:00", "0 4 * * 0"),
        ("weekly monday, thu 23:59", "59 23 * * 1,4"),
        ("30 2 * * 1-5", "30 2 * * 1-5"),
        ("0 4 L * *", "0 4 L * *"),
    ],
)
def test_what_people_write_becomes_a_cron_expression(text: str, cron: str) -> None:
    assert Schedule.parse(text).cron == cron


@pytest.mark.parametrize(
    "text",
    [
        "",
        "daily",
        "daily 25:00",
        "daily 03:60",
        "weekly 04:00",
        "weekly xyz 04:00",
        "every",
        "every 0h",
        "every 5m",
        "every -1h",
        "often",
        "61 * * * *",
        "0 3 31 2 *",
        "* * * *",
        "0 0 3 * * *",
        "on mounts",
    ],
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"schedule|length of time|often|cron"):
        Schedule.parse(text)


def test_lengths_of_time() -> None:
    found = [parse_duration(text) for text in ("90m", "6h", "3d", "2 W")]
    assert found == [
        timedelta(minutes=90),
        timedelta(hours=6),
        timedelta(days=3),
        timedelta(weeks=2),
    ]
    for text in ("", "6", "h", "1.5h", "0m", "6 hours"):
        with pytest.raises(ValueError, match="length of time"):
            parse_duration(text)


def test_a_slot_is_the_last_moment_that_is_not_after_now() -> None:
    daily = Schedule.parse("daily 03:00")
    for now, name in (
        ("2026-11-23T01:59:59.9", "2026-11-22T03:00"),
        ("2026-11-23T02:00", "2026-11-23T03:00"),
        ("2026-11-23T23:00", "2026-11-23T03:00"),
    ):
        slot = daily.latest(utc(now), PARIS)
        assert slot is not None
        assert slot.name == name
    following = daily.following(utc("2026-11-23T02:00"), PARIS)
    assert following is not None
    assert following.at == utc("2026-11-24T02:00")


def test_an_hour_that_does_not_exist_is_made_up_for_and_one_that_comes_twice_counts_once() -> None:
    early = Schedule.parse("30 2 * * *")
    spring = early.latest(utc("2026-03-29T12:00"), PARIS)
    assert spring is not None
    assert (spring.at, spring.name) == (utc("2026-03-29T01:00"), "2026-03-29T03:00")
    moments = [utc("2026-10-25T00:30") + timedelta(minutes=15 * n) for n in range(9)]
    autumn = {slot.name for now in moments if (slot := early.latest(now, PARIS))}
    assert autumn == {"2026-10-25T02:30"}


def test_every_hour_runs_every_hour_also_when_the_clock_is_set_back() -> None:
    for text in ("0 * * * *", "every 1h"):
        hourly = Schedule.parse(text)
        moments = [utc("2026-10-24T22:07") + timedelta(hours=n) for n in range(8)]
        assert len({slot.name for now in moments if (slot := hourly.latest(now, PARIS))}) == 8


def test_a_daily_slot_stays_one_slot_on_a_journey() -> None:
    daily = Schedule.parse("daily 03:00")
    before = daily.latest(utc("2026-11-23T10:00"), TOKYO)
    after = daily.latest(utc("2026-11-23T22:00"), NEW_YORK)
    assert before is not None
    assert after is not None
    assert before.name == after.name == "2026-11-23T03:00"
    assert before.at < after.at


def test_deadlines_by_default_leave_room_for_two_slots_and_a_day() -> None:
    for text, days in (
        ("daily 03:00", 3),
        ("weekly sun 04:00", 15),
        ("every 6h", 1.5),
        ("0 3 * * 1-5", 7),
        ("on mount", 30),
    ):
        assert default_stale_after(Schedule.parse(text)) == timedelta(days=days)


@pytest.mark.parametrize(
    ("cron", "hours"),
    [
        ("*/15 9-17 * * 1-5", 63.25),  # from Friday 17:45 to Monday 09:00
        ("* 2 * * *", 23 + 1 / 60),
        ("0 3 * 1-11 *", 32 * 24),  # no slot in December
        ("0,30 2,14 * * *", 11.5),
        ("0 22,23 * * 6,0", 5 * 24 + 23),
    ],
)
def test_the_longest_gap_is_found_however_many_slots_a_day_has(cron: str, hours: float) -> None:
    assert Schedule.parse(cron).longest_gap() == timedelta(hours=hours)


def test_the_local_zone_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert local_zone() == TOKYO
    monkeypatch.setenv("TZ", "Not/A_Zone")
    assert local_zone() is UTC
    monkeypatch.delenv("TZ")
    assert local_zone().utcoffset(datetime(2026, 1, 1)) is not None  # noqa: DTZ001
