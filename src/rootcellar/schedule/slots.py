"""Schedules and their slots: the moments at which a job falls due. Pure: knows no clock.

A slot is named so that it stays one slot whatever the clock does. One at a fixed time of day is
named by its wall time ("2026-03-29T03:00"): who flies west meets 03:00 of the same day once more,
and that is the same slot. All others are named by their moment in UTC.
"""

import functools
import itertools
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

ON_MOUNT = "on mount"
ALLOWED = (
    'such as "daily 03:00", "every 6h", "weekly sun 04:00", "on mount", or a cron expression of '
    'five fields ("30 2 * * 1-5")'
)
_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIXED = re.compile(r"daily (\d{1,2}):(\d{2})|weekly ([a-z, ]+?) (\d{1,2}):(\d{2})")
_LOOKAHEAD = 32
"""How many days of slots are looked at, at least, to find the longest gap between two."""
_YEAR = timedelta(days=366)
_A_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
_LEAST = timedelta(minutes=15)
"""The system wakes us this often, so no schedule can be finer."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A moment at which a job falls due: when (aware, in UTC), and what it is called."""

    at: datetime
    name: str


def parse_duration(text: str) -> timedelta:
    """Return a length of time such as "90m", "6h", "3d" or "2w"; raises ValueError."""
    found = re.fullmatch(r"(\d{1,5}) ?([mhdw])", text.strip().lower())
    if not found or not int(found[1]):
        raise ValueError(f'{text!r} is no length of time such as "90m", "6h", "3d" or "2w".')
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule: `cron` is its cron expression, `every` its interval; neither: on mount alone."""

    text: str
    cron: str = ""
    every: timedelta | None = None

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """Return the schedule that a person wrote; raises ValueError saying what is allowed."""
        said = " ".join(text.lower().split())
        if said == ON_MOUNT:
            return cls(text)
        if said.startswith("every "):
            every = parse_duration(said.removeprefix("every "))
            if every < _LEAST:
                raise ValueError(f"{text!r} is more often than every 15m, the most that works.")
            return cls(text, every=every)
        cron = _as_cron(said) or text
        try:
            next(iter(CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC))))
        except (CronSimError, StopIteration) as error:
            raise ValueError(f"{text!r} is no schedule: it must be one, {ALLOWED}.") from error
        if len(cron.split()) != 5:
            raise ValueError(f"{text!r} has seconds; a cron expression has five fields.")
        return cls(text, cron=cron)

    @property
    def is_timed(self) -> bool:
        """Whether there are slots at all."""
        return bool(self.cron or self.every)

    def latest(self, now: datetime, zone: tzinfo) -> Slot | None:
        """Return the last slot that is not after `now` (aware)."""
        if self.every is not None:
            return self._on_grid(int(now.timestamp() // self.every.total_seconds()))
        if not self.cron:
            return None
        local = now.astimezone(zone)
        found = next(iter(CronSim(self.cron, local.replace(microsecond=0), reverse=True)), None)
        # Backwards, cronsim counts in wall time, and skips slots in the hour that comes twice.
        start = found if found is not None else local - timedelta(days=1)
        later = itertools.takewhile(lambda at: at <= now, CronSim(self.cron, start))
        last = max(later, default=found, key=datetime.timestamp)
        return self._named(last, zone) if last is not None else None

    def following(self, now: datetime, zone: tzinfo) -> Slot | None:
        """Return the first slot after `now` (aware); None when there is none, ever."""
        if self.every is not None:
            return self._on_grid(int(now.timestamp() // self.every.total_seconds()) + 1)
        latest = self.latest(now, zone)
        if latest is None:
            return None
        for at in itertools.islice(CronSim(self.cron, latest.at.astimezone(zone)), _LOOKAHEAD):
            if at > now:
                return self._named(at, zone)
        return None

    def longest_gap(self) -> timedelta:
        """Return the longest time between two slots in a row, in a year or more; zero if none."""
        if self.every is not None:
            return self.every
        return _longest_gap(self.cron) if self.cron else timedelta()

    def _on_grid(self, number: int) -> Slot:
        assert self.every is not None
        at = datetime.fromtimestamp(number * self.every.total_seconds(), UTC)
        return Slot(at, _in_utc(at))

    def _named(self, at: datetime, zone: tzinfo) -> Slot:
        minute, hour = self.cron.split()[:2]
        if minute.startswith("*") or hour.startswith("*"):
            return Slot(at.astimezone(UTC), _in_utc(at))
        wall = at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="minutes")
        return Slot(at.astimezone(UTC), wall)


@functools.cache
def _longest_gap(cron: str) -> timedelta:
    """Return the longest gap within a day or from one day of slots to the next."""
    days = " ".join(cron.split()[2:])
    first = CronSim(cron, _A_MONDAY)
    times = [
        timedelta(hours=hour, minutes=minute) for hour in first.hours for minute in first.minutes
    ]
    times.sort()
    within = max(
        (after - before for before, after in itertools.pairwise(times)), default=timedelta()
    )
    between = timedelta(days=1) if days == "* * *" else _longest_of_days(f"0 0 {days}")
    return max(within, between + times[0] - times[-1]) if between else within


def _longest_of_days(cron: str) -> timedelta:
    """Return the longest time between two days, in a year at least and in a few of them."""
    longest, before = timedelta(), None
    for number, day in enumerate(CronSim(cron, _A_MONDAY)):
        if number >= _LOOKAHEAD and day - _A_MONDAY > _YEAR:
            break
        longest, before = max(longest, day - (before or day)), day
    return longest


def _in_utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def _as_cron(said: str) -> str:
    """Return the cron expression of "daily 03:00" or "weekly sun 04:00"; empty for all others."""
    found = _FIXED.fullmatch(said)
    if not found:
        return ""
    hour, minute = (found[1], found[2]) if found[1] else (found[4], found[5])
    if not found[3]:
        return f"{int(minute)} {int(hour)} * * *"
    days = [day.strip()[:3] for day in found[3].split(",")]
    if not set(days) <= set(_DAYS):
        return ""
    return f"{int(minute)} {int(hour)} * * {','.join(str(_DAYS.index(day)) for day in days)}"


def local_zone() -> tzinfo:
    """Return the time zone of this machine as it is now; TZ names another one."""
    if named := os.environ.get("TZ", "").lstrip(":"):
        try:
            return ZoneInfo(named)
        except (ValueError, KeyError, OSError):  # no zone of that name: as libc does, go by UTC
            return UTC
    try:
        with Path("/etc/localtime").open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return UTC
