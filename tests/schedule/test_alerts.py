"""Who is told what: each rule, and no storms."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rootcellar.schedule.alerts import Alert, alerts
from rootcellar.schedule.due import Past, Verdict
from rootcellar.state.jobs import JobRun

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
OK = JobRun(1, "nightly", "s", NOW, NOW, 1, "ok", True, "", "")
FAILED = replace(OK, outcome="failed", settled=False, message="The disk is full.", hint="Free it.")
WAITING = replace(FAILED, outcome="waiting", message="The archive is not there now.")
BRAKE = replace(OK, outcome="brake", message="100 items are gone.")
WELL = Past(since=NOW, last_success=NOW)
FRESH = Verdict(False, "", "", NOW + timedelta(days=3), stale=False)
STALE = Verdict(True, "s", "", NOW, stale=True)


def short(absent: int, failed: int) -> JobRun:
    counts = {"photos": {"absent": absent, "failed": failed}}
    return replace(OK, outcome="partial", settled=not failed, counts=counts)


def tell(
    told: dict[str, Any],
    run: JobRun | None,
    failures: int = 0,
    verdict: Verdict = FRESH,
    now: datetime = NOW,
) -> tuple[list[str], dict[str, Any]]:
    past = replace(WELL, failures=failures)
    found, known = alerts(told, run, past, verdict, now, job="nightly", after=3)
    assert all(isinstance(one, Alert) and one.title and one.text for one in found)
    return [one.kind for one in found], known


def test_a_failure_is_told_after_some_tries_and_once() -> None:
    told: dict[str, Any] = {}
    for failures, expected in ((1, []), (2, []), (3, ["failed"]), (4, []), (50, [])):
        kinds, told = tell(told, FAILED, failures)
        assert kinds == expected
    kinds, told = tell(told, OK)
    assert kinds == ["recovered"]
    assert tell(told, OK) == ([], {})
    kinds, told = tell(told, FAILED, 3)
    assert kinds == ["failed"]


def test_waiting_is_told_only_past_the_deadline_and_again_each_week() -> None:
    kinds, told = tell({}, WAITING)
    assert kinds == []
    kinds, told = tell(told, WAITING, verdict=STALE)
    assert kinds == ["stale"]
    seen = []
    for hour in range(24 * 16):
        kinds, told = tell(told, WAITING, verdict=STALE, now=NOW + timedelta(hours=hour))
        seen += kinds
    assert seen == ["stale", "stale"]
    assert tell(told, OK)[0] == ["recovered"]


def test_the_reason_of_staleness_is_told() -> None:
    past = replace(WELL, failures=9)
    for run, said in (
        (WAITING, "not there now"),
        (FAILED, "The disk is full. Free it."),
        (short(0, 2), "2 items cannot be read"),
        (OK, "was the machine off or asleep"),
        (None, "is the schedule installed"),
    ):
        found, _ = alerts({}, run, past, STALE, NOW, job="nightly", after=3)
        assert said in found[0].text
        assert "nightly is stale" in found[0].title


def test_stale_by_failure_is_told_once_and_not_twice() -> None:
    kinds, told = tell({}, FAILED, 7, STALE)
    assert kinds == ["stale"]
    assert tell(told, FAILED, 8, STALE)[0] == []


def test_the_brake_is_told_at_once_and_once() -> None:
    kinds, told = tell({}, BRAKE)
    assert kinds == ["brake"]
    assert tell(told, BRAKE)[0] == []
    assert tell(told, OK)[0] == ["recovered"]


def test_partial_is_told_when_it_gets_worse() -> None:
    told: dict[str, Any] = {}
    for absent, failed, expected in (
        (5, 0, ["partial"]),
        (5, 0, []),
        (25, 0, []),
        (26, 0, ["partial"]),
        (26, 1, ["partial"]),
        (26, 1, []),
        (26, 2, ["partial"]),
        (3, 2, []),
    ):
        kinds, told = tell(told, short(absent, failed))
        assert kinds == expected, (absent, failed)
    assert tell(told, OK) == ([], {})
    assert tell({}, short(1, 0))[0] == ["partial"]


def test_partial_by_items_that_cannot_be_read_is_not_told_as_a_failure_too() -> None:
    kinds, told = tell({}, short(0, 1), 1)
    assert kinds == ["partial"]
    assert tell(told, short(0, 1), 9)[0] == []


def test_damage_in_the_archive_is_told_at_once_and_weekly_while_it_lasts() -> None:
    damaged = replace(OK, outcome="partial", counts={"archive": {"damaged": 2, "healed": 0}})
    kinds, told = tell({}, damaged)
    assert kinds == ["damaged"]
    seen = []
    for hour in range(24 * 16):
        kinds, told = tell(told, damaged, now=NOW + timedelta(hours=hour))
        seen += kinds
    assert seen == ["damaged", "damaged"]
    kinds, told = tell(told, replace(OK, id=2))  # nothing was read again
    assert (kinds, "damaged" in told) == ([], True)
    sound = replace(OK, id=3, counts={"archive": {"damaged": 0, "healed": 0}})
    kinds, told = tell(told, sound)
    assert tell(told, replace(damaged, id=4))[0] == ["damaged"]


def test_what_was_healed_is_told_once_also_beside_damage() -> None:
    both = replace(OK, outcome="partial", counts={"archive": {"damaged": 1, "healed": 3}})
    kinds, told = tell({}, both)
    assert kinds == ["damaged", "healed"]
    assert tell(told, both)[0] == []
    healed = replace(OK, id=2, counts={"archive": {"damaged": 0, "healed": 1}})
    assert tell(told, healed)[0] == ["healed"]
