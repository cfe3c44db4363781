"""Due or not: sleep, failures, deadlines and clocks that lie, one case each."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rootcellar.schedule.due import FIRST_DELAY, LONGEST_DELAY, Past, Plan, back_off, judge
from rootcellar.schedule.jobs import Notify
from rootcellar.schedule.slots import Schedule
from rootcellar.schedule.telling import Teller
from rootcellar.state.jobs import JobRun, open_jobs

PARIS = ZoneInfo("Europe/Paris")
NIGHTLY = Plan("nightly", Schedule.parse("daily 03:00"), timedelta(days=3), retries=2)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NEW = Past(since=at("2026-11-20T12:00"))
RUN = replace(
    NEW,
    settled={"2026-11-22T03:00": at("2026-11-22T02:05")},
    last_success=at("2026-11-22T02:05"),
    last_settled=at("2026-11-22T02:05"),
)


def test_a_new_job_is_due_at_once() -> None:
    verdict = judge(NIGHTLY, NEW, at("2026-11-20T12:00"), PARIS)
    assert (verdict.due, verdict.slot) == (True, "2026-11-20T03:00")
    assert verdict.upcoming == at("2026-11-21T02:00")


def test_a_slot_is_due_until_it_has_been_run() -> None:
    assert not judge(NIGHTLY, RUN, at("2026-11-23T01:59"), PARIS).due
    assert judge(NIGHTLY, RUN, at("2026-11-23T02:00"), PARIS).due
    assert judge(NIGHTLY, RUN, at("2026-11-23T23:59"), PARIS).due


def test_many_slots_slept_through_are_one_run() -> None:
    verdict = judge(NIGHTLY, RUN, at("2026-12-20T09:00"), PARIS)
    assert (verdict.due, verdict.slot) == (True, "2026-12-20T03:00")


def test_a_failed_run_is_tried_again_later_and_not_for_ever() -> None:
    failed = replace(
        RUN, tried="2026-11-23T03:00", tries=1, failures=1, last_try=at("2026-11-23T02:00")
    )
    assert not judge(NIGHTLY, failed, at("2026-11-23T02:04"), PARIS).due
    assert judge(NIGHTLY, failed, at("2026-11-23T02:06"), PARIS).due
    thrice = replace(failed, tries=3, failures=3)
    verdict = judge(NIGHTLY, thrice, at("2026-11-23T23:00"), PARIS)
    assert not verdict.due
    assert "failed 3 times" in verdict.reason
    assert judge(NIGHTLY, thrice, at("2026-11-24T02:00"), PARIS).due


def test_waits_between_tries_grow_up_to_two_hours() -> None:
    waits = [back_off("nightly", number) for number in range(1, 12)]
    assert FIRST_DELAY * 0.9 <= waits[0] <= FIRST_DELAY * 1.1
    assert waits[1] > waits[0] * 1.5
    assert LONGEST_DELAY * 0.9 <= waits[-1] <= LONGEST_DELAY * 1.1
    assert back_off("nightly", 3) != back_off("notes", 3)


def test_a_job_is_stale_from_its_deadline_on() -> None:
    assert not judge(NIGHTLY, RUN, at("2026-11-25T02:04"), PARIS).stale
    assert judge(NIGHTLY, RUN, at("2026-11-25T02:05"), PARIS).stale
    assert not judge(NIGHTLY, NEW, at("2026-11-23T11:59"), PARIS).stale
    assert judge(NIGHTLY, NEW, at("2026-11-23T12:00"), PARIS).stale


def test_a_clock_set_back_a_little_runs_nothing_twice() -> None:
    done = replace(RUN, settled={**RUN.settled, "2026-11-23T03:00": at("2026-11-23T02:05")})
    for now in ("2026-11-23T01:50", "2026-11-23T02:00", "2026-11-23T02:10"):
        assert not judge(NIGHTLY, done, at(now), PARIS).due


def test_a_clock_that_was_years_ahead_stops_nothing() -> None:
    """A machine whose clock said 2030 has run, and then learned the time."""
    wrong = replace(
        RUN,
        settled={**RUN.settled, "2030-01-01T03:00": at("2030-01-01T02:05")},
        last_success=at("2030-01-01T02:05"),
        last_try=at("2030-01-01T02:05"),
        failures=1,
    )
    verdict = judge(NIGHTLY, wrong, at("2026-11-23T02:00"), PARIS)
    assert verdict.due
    assert verdict.deadline == at("2026-11-26T02:00")


def test_a_clock_that_is_not_set_makes_nothing_due_and_changes_nothing(tmp_path: Path) -> None:
    """As on a small machine without a battery, until it has asked for the time."""
    good = at("2026-11-23T04:00")
    with open_jobs(tmp_path / "state.sqlite") as jobs:
        jobs.past("nightly", good)
        number = jobs.start("nightly", "s", good)
        jobs.finish(JobRun(number, "nightly", "s", good, good, 1, "ok", True, "", ""))
        unset = at("1970-01-01T00:05")
        verdict = judge(NIGHTLY, jobs.past("nightly", unset), unset, UTC)
        assert (verdict.due, verdict.stale) == (False, False)
        assert verdict.reason == "the clock of this machine is not set"
        assert jobs.past("nightly", good).last_success == good
        jobs.put_told("nightly", {"stale": good.isoformat()})
        Teller(Notify(), lambda *_: 1 / 0 > 0).tell(
            jobs, "nightly", jobs.past("nightly", unset), verdict, unset
        )


def test_a_job_that_is_new_while_the_clock_is_not_set_is_not_stale_once_it_is(
    tmp_path: Path,
) -> None:
    with open_jobs(tmp_path / "state.sqlite") as jobs:
        jobs.past("nightly", at("1970-01-01T00:05"))
        now = at("2026-11-23T04:00")
        verdict = judge(NIGHTLY, jobs.past("nightly", now), now, UTC)
        assert (verdict.due, verdict.stale) == (True, False)


def test_on_mount_runs_once_each_time_the_drive_comes() -> None:
    job = Plan("carry", Schedule.parse("on mount"), timedelta(days=30))
    now = at("2026-11-23T10:15")
    assert not judge(job, NEW, now, PARIS).due
    there = replace(NEW, present=at("2026-11-23T10:00"))
    verdict = judge(job, there, now, PARIS)
    assert verdict.due
    done = replace(there, settled={verdict.slot: now})
    assert not judge(job, done, now + timedelta(days=9), PARIS).due
    again = replace(done, present=at("2026-12-03T10:00"))
    assert judge(job, again, at("2026-12-03T10:00"), PARIS).due
