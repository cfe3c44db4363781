"""Which snapshots a rule keeps: the words and the counting of restic."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootcellar.retention import Retention, kept

Snapshots = list[tuple[str, datetime]]


def every(hours: float, count: int) -> Snapshots:
    begin = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
    moments = [begin + timedelta(hours=hours * number) for number in range(count)]
    return [(f"{moment:%m-%dT%H%M}", moment) for moment in moments]


def test_without_a_rule_everything_stays() -> None:
    assert len(kept(every(1, 50), Retention(), UTC)) == 50


def test_the_last_ones_stay() -> None:
    snapshots = every(1, 50)
    names = [name for name, _ in snapshots]
    assert kept(snapshots, Retention(keep_last=3), UTC) == names[-3:]
    assert kept(snapshots, Retention(keep_last=99), UTC) == names


def test_the_last_of_each_day_stays_and_days_without_any_do_not_count() -> None:
    snapshots = [one for one in every(6, 40) if one[1].day not in (7, 8)]
    found = kept(snapshots, Retention(keep_daily=4), UTC)
    assert found == ["01-05T1830", "01-06T1830", "01-09T1830", "01-10T1830"]


def test_rules_are_counted_each_by_itself_and_added() -> None:
    snapshots = every(24, 800)
    found = {
        one: set(kept(snapshots, Retention(**{one: count}), UTC))
        for one, count in (("keep_last", 2), ("keep_weekly", 3), ("keep_monthly", 3))
    }
    assert found["keep_monthly"] == {"01-31T0030", "02-29T0030", "03-10T0030"}
    together = kept(snapshots, Retention(keep_last=2, keep_weekly=3, keep_monthly=3), UTC)
    assert set(together) == set.union(*found.values())


def test_days_begin_at_midnight_of_the_place() -> None:
    snapshots = every(1, 48)
    utc = kept(snapshots, Retention(keep_daily=2), UTC)
    there = kept(snapshots, Retention(keep_daily=2), timezone(timedelta(hours=-5)))
    assert utc == ["01-01T2330", "01-02T2330"]
    assert there == ["01-02T0430", "01-02T2330"]


@pytest.mark.parametrize("wrong", [{"keep_last": -1}, {"grace": "soon"}, {"walk": "7 days or so"}])
def test_a_rule_that_makes_no_sense_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError):
        Retention(**wrong)


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=60),
    st.tuples(*[st.integers(0, 5)] * 6),
)
def test_the_newest_stays_and_never_more_than_all_rules_together(
    minutes: list[int], counts: tuple[int, ...]
) -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    snapshots = [(str(n), begin + timedelta(minutes=one)) for n, one in enumerate(minutes)]
    found = kept(snapshots, Retention(*counts), UTC)
    assert found[-1] == snapshots[-1][0]
    assert found == sorted(found, key=int)
    more = Retention(*(count + 1 for count in counts))
    if any(counts):
        assert len(found) <= sum(counts) + 1
        assert set(found) <= set(kept(snapshots, more, UTC))
