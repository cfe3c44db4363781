"""Whether a job is due: a pure function of its schedule, what became of earlier runs, and now.

Nothing is counted from the start of the program: only slots and their names matter. So sleep,
power cuts, double starts, a new installation, daylight saving, journeys, a clock that is set back
all end the same way, in one run.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from rootcellar.schedule.slots import Schedule

FIRST_DELAY = timedelta(minutes=5)
LONGEST_DELAY = timedelta(hours=2)
CLOCK_SLACK = timedelta(hours=2)
"""A run that ended further than this in the future tells of a clock that was wrong."""
NOT_SET_BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
"""A clock that says an earlier moment has not been set yet: small machines have no battery."""
ON_MOUNT_STALE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Plan:
    """When a job shall run: at most `retries` more tries for a slot whose run failed."""

    name: str
    schedule: Schedule
    stale_after: timedelta
    retries: int = 5


@dataclass(frozen=True, slots=True)
class Past:
    """What became of a job so far; times are aware.

    `settled` maps the names of slots that need no further run to when that run ended. `tries`
    counts the failed ones for the slot `tried`, `failures` those since the last run that did not
    fail, whatever the slot. `present` tells since when the archive's drive has been there, as far
    as ticks have seen; None when it is not there.
    """

    since: datetime
    settled: Mapping[str, datetime] = field(default_factory=dict)
    tried: str = ""
    tries: int = 0
    failures: int = 0
    last_try: datetime | None = None
    last_success: datetime | None = None
    last_settled: datetime | None = None
    present: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a job is due now, for which slot; `reason` says why, or why not, in words.

    `deadline` is when the job is stale without another success.
    """

    due: bool
    slot: str
    reason: str
    deadline: datetime
    stale: bool
    upcoming: datetime | None = None


def judge(plan: Plan, past: Past, now: datetime, zone: tzinfo) -> Verdict:
    """Return whether a job is due at `now` (aware), in the time zone this machine is in."""
    slot, reason = _open_slot(plan, past, now, zone)
    if now < NOT_SET_BEFORE:
        slot, reason = "", "the clock of this machine is not set"
    due = bool(slot)
    if due and (wait := _delay(plan, past, slot, now)):
        due, reason = False, wait
    deadline = _anchor(past, now) + plan.stale_after
    following = plan.schedule.following(now, zone)
    upcoming = following.at if following else None
    return Verdict(due, slot, reason, deadline, now >= deadline, upcoming)


def _open_slot(plan: Plan, past: Past, now: datetime, zone: tzinfo) -> tuple[str, str]:
    """Return the name of the slot that waits for a run, or an empty one, and the reason."""
    if not plan.schedule.is_timed:
        if past.present is None:
            return "", "the archive's drive is not there"
        name = f"mount {past.present.isoformat(timespec='seconds')}"
        return ("", "has run since the drive came") if name in past.settled else (name, "mounted")
    slot = plan.schedule.latest(now, zone)
    if slot is None:
        return "", "has no slot yet"
    done = past.settled.get(slot.name)
    if done is not None and done <= now + CLOCK_SLACK:
        return "", f"has run for {slot.name}"
    return slot.name, f"due since {slot.name}"


def _delay(plan: Plan, past: Past, slot: str, now: datetime) -> str:
    """Return why a failed run is not tried again yet; empty when it may be."""
    tries = past.tries if past.tried == slot else 0
    if tries > plan.retries:
        return f"failed {tries} times for {slot}; the next slot is tried again"
    if not past.failures or past.last_try is None or past.last_try > now + CLOCK_SLACK:
        return ""
    until = past.last_try + back_off(plan.name, past.failures)
    return f"failed; tried again after {until.isoformat(timespec='seconds')}" * (now < until)


def back_off(job: str, failures: int) -> timedelta:
    """Return how long to wait after so many failed runs: doubled each time, spread by a fifth."""
    delay = min(FIRST_DELAY * (1 << min(failures - 1, 10)), LONGEST_DELAY)
    spread = hashlib.sha256(f"{job} {failures}".encode()).digest()[0] / 255
    return delay * (0.9 + spread / 5)


def _anchor(past: Past, now: datetime) -> datetime:
    """Return from when the deadline counts: the last success, never one in the future."""
    return min(past.last_success or past.since, now)


def default_stale_after(schedule: Schedule) -> timedelta:
    """Return the deadline of a job that names none: twice its longest gap, and a day."""
    if not schedule.is_timed:
        return ON_MOUNT_STALE
    return 2 * schedule.longest_gap() + timedelta(days=1)
