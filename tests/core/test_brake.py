"""A mass deletion stops at the brake: promise 6, as a table, as properties, and as runs."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from orchard import Farm, counts, tree

from rootcellar.brake import Losses, decide
from rootcellar.outcomes import EXIT_CODES
from rootcellar.report import RunReport

# -- the rule ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("living", "found", "lost", "recent", "new_store", "case"),
    [
        (0, 0, 0, 0, False, None),
        (100, 100, 0, 0, False, None),
        (100, 80, 20, 0, False, None),  # a fifth, and no more than 20
        (100, 79, 21, 0, False, "mass loss"),
        (30, 10, 20, 0, False, None),  # 20 are everyday life even when they are most of it
        (105, 84, 21, 0, False, None),  # exactly a fifth
        (104, 83, 21, 0, False, "mass loss"),
        (1000, 800, 200, 0, False, None),
        (1000, 799, 201, 0, False, "mass loss"),
        (950, 800, 150, 50, False, None),
        (949, 798, 151, 51, False, "mass loss"),
        (1000, 999, 1, 260, False, "mass loss"),
        (1, 0, 1, 0, False, "nothing left"),
        (3, 0, 3, 0, False, "nothing left"),
        (1000, 0, 1000, 0, False, "nothing left"),
        (3, 1, 2, 0, True, "another library"),
        (4, 2, 2, 0, True, None),
        (1000, 499, 501, 0, True, "another library"),
        (1000, 500, 500, 0, True, "mass loss"),
        (1000, 0, 1000, 0, True, "another library"),
        (0, 0, 0, 0, True, None),
    ],
)
def test_the_brake_holds_at_these_losses(
    living: int, found: int, lost: int, recent: int, new_store: bool, case: str | None
) -> None:
    brake = decide(Losses(living, found, lost, recent, new_store), "Photos")
    assert (brake.case if brake else None) == case


LOSSES = st.builds(
    lambda found, lost, recent, new: Losses(found + lost, found, lost, recent, new),
    st.integers(0, 3000),
    st.integers(0, 3000),
    st.integers(0, 3000),
    st.booleans(),
)


@given(LOSSES)
def test_the_brake_says_what_happened_and_what_to_do(losses: Losses) -> None:
    brake = decide(losses, "Photos")
    if brake is not None:
        assert brake.message.startswith("Photos: ")
        assert "--accept-losses" in brake.hint
        assert brake.write_additions == (brake.case != "another library")


@given(LOSSES, st.integers(1, 100))
def test_more_losses_never_release_the_brake(losses: Losses, more: int) -> None:
    more = min(more, losses.found)
    worse = Losses(
        losses.living, losses.found - more, losses.lost + more, losses.recent, losses.new_store
    )
    assert not (decide(losses, "Photos") and not decide(worse, "Photos"))


# -- runs ----------------------------------------------------------------------------------------


def plant(farm: Farm, number: int, start: int = 0, **tree: object) -> None:
    for one in range(start, start + number):
        farm.plant(f"k{one}", b"apple %d" % one, place=f"{one % 20:02d}/Apple {one}", **tree)


def fell(farm: Farm, *numbers: int) -> None:
    for one in numbers:
        farm.fell(f"k{one}")


def gone(farm: Farm) -> set[str]:
    """Return the keys whose records say that they are gone."""
    texts = [path.read_text() for path in farm.archive.rglob("metadata.jsonl")]
    lines = [json.loads(line) for text in texts for line in text.splitlines()]
    return {line["key"] for line in lines if line["gone"]}


def moments(farm: Farm) -> dict[str, int]:
    """Return every path of the archive but STATUS.txt and the folder of parts, with its mtime."""
    return {
        name: path.stat().st_mtime_ns
        for path in farm.archive.rglob("*")
        if (name := path.relative_to(farm.archive).as_posix()) != "STATUS.txt"
        and name != ".rootcellar/parts"
    }


def braked(report: RunReport) -> bool:
    assert (report.outcome == "brake") == (EXIT_CODES[report.outcome] == 4)
    if report.outcome == "brake":
        assert "--accept-losses" in report.exporters["orchard"].hint
    return report.outcome == "brake"


Clock = Callable[[timedelta], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still; call it to let time pass."""
    moment = [datetime(2026, 3, 1, 9, 0, tzinfo=UTC)]
    for module in ("state.store", "engine.exporting", "engine.running"):
        monkeypatch.setattr(f"rootcellar.{module}.now", lambda: moment[0])

    def passes(time: timedelta) -> None:
        moment[0] += time

    return passes


def test_a_dry_run_foretells_the_brake_and_counts_no_loss(farm: Farm) -> None:
    plant(farm, 100)
    farm.export()
    fell(farm, *range(30))
    for _ in range(2):
        report = farm.export(dry_run=True)
        assert braked(report)
        assert report.exporters["orchard"].message.startswith(
            "A run would stop at this. Orchard: 30"
        )
        assert counts(report) == {"unchanged": 70, "gone": 30}
    assert not braked(farm.export(dry_run=True, accept_losses=True))
    plant(farm, 30)
    assert not braked(farm.export(dry_run=True))
    assert not braked(farm.export())


def test_a_mass_loss_marks_nothing_gone_and_still_writes_additions(farm: Farm) -> None:
    plant(farm, 100)
    farm.export()
    before = tree(farm.archive, inside=True)
    fell(farm, *range(30))
    farm.plant("addition", b"new", place="99/Addition")
    report = farm.export()
    assert braked(report)
    assert counts(report) == {"new": 1, "unchanged": 70}
    assert "30 of 100 items were deleted" in report.exporters["orchard"].message
    assert not gone(farm)
    after = tree(farm.archive, inside=True)
    assert {name: after[name] for name in before} == before
    assert {name for name in after if name not in before} == {
        "Orchard/99/Addition.bin",
        "Orchard/99/Addition.bin.page",
        "Orchard/99/metadata.jsonl",
    }


def test_the_brake_stays_on_until_losses_are_accepted(farm: Farm) -> None:
    plant(farm, 100)
    farm.export()
    fell(farm, *range(30))
    assert all(braked(farm.export()) for _ in range(3))
    report = farm.export(accept_losses=True)
    assert report.outcome == "ok"
    assert counts(report) == {"gone": 30, "unchanged": 70}
    assert len(gone(farm)) == 30
    assert counts(farm.export()) == {"unchanged": 70}


def test_items_moved_to_the_trash_at_once_are_losses_too(farm: Farm) -> None:
    plant(farm, 100)
    farm.export()
    before = moments(farm)
    plant(farm, 30, trash=True)
    report = farm.export()
    assert braked(report)
    assert counts(report) == {"unchanged": 100}
    assert moments(farm) == before
    assert counts(farm.export(accept_losses=True)) == {"changed": 30, "unchanged": 70}


def test_emptying_the_trash_is_not_a_second_loss(farm: Farm) -> None:
    plant(farm, 100)
    farm.export()
    plant(farm, 30, trash=True)
    assert braked(farm.export())
    farm.export(accept_losses=True)
    fell(farm, *range(30))
    report = farm.export()
    assert report.outcome == "ok"
    assert counts(report) == {"gone": 30, "unchanged": 70}


def test_what_was_trashed_and_purged_by_and_by_is_counted_once(farm: Farm, clock: Clock) -> None:
    plant(farm, 100)
    farm.export()
    for start in (0, 6, 12):
        plant(farm, 6, start, trash=True)
        assert farm.export().outcome == "ok"
        clock(timedelta(hours=1))
        fell(farm, *range(start, start + 6))
        assert farm.export().outcome == "ok"
        clock(timedelta(hours=1))
    assert len(gone(farm)) == 18


@pytest.mark.parametrize("number", [1, 3, 30])
def test_an_emptied_library_is_never_taken_for_a_deletion(farm: Farm, number: int) -> None:
    plant(farm, number)
    farm.album("1", "Harvest", "k0")
    farm.export()
    before = moments(farm)
    fell(farm, *range(number))
    (farm.store / "album1.json").unlink()
    report = farm.export()
    assert braked(report)
    assert "none of" in report.exporters["orchard"].message
    assert moments(farm) == before
    report = farm.export(accept_losses=True)
    assert counts(report) == {"gone": number}
    assert len(gone(farm)) == number


def test_an_emptied_library_with_something_new_in_it_still_brakes_and_takes_it(farm: Farm) -> None:
    plant(farm, 3)
    farm.export()
    fell(farm, 0, 1, 2)
    farm.plant("addition", b"new", place="Addition")
    report = farm.export()
    assert braked(report)
    assert counts(report) == {"new": 1}
    assert (farm.archive / "Orchard/Addition.bin").read_bytes() == b"new"
    assert not gone(farm)


@pytest.mark.parametrize("number", [3, 100])
def test_another_library_writes_nothing_at_all(farm: Farm, number: int) -> None:
    plant(farm, number)
    farm.export()
    before, files = moments(farm), tree(farm.archive, inside=True)
    fell(farm, *range(number))
    for one in range(number):
        farm.plant(f"other{one}", b"pear %d" % one, place=f"Pear {one}", store="orchard-2")
    report = farm.export()
    assert braked(report)
    assert "not the library that was archived" in report.exporters["orchard"].message
    assert (moments(farm), tree(farm.archive, inside=True)) == (before, files)
    assert braked(farm.export())
    report = farm.export(accept_losses=True)
    assert counts(report) == {"new": number, "gone": number}
    assert report.outcome == "ok"
    assert counts(farm.export()) == {"unchanged": number}


def test_the_same_library_under_new_keys_is_no_other_library(farm: Farm) -> None:
    plant(farm, 60)
    farm.export()
    for one in range(60):
        fell(farm, one)
        farm.plant(f"n{one}", b"apple %d" % one, place=f"Apple {one}", store="orchard-2")
    report = farm.export()
    assert report.outcome == "ok"
    assert counts(report) == {"moved": 60}


def test_a_second_library_beside_the_first_is_an_addition(farm: Farm) -> None:
    plant(farm, 30)
    farm.export()
    for one in range(60):
        farm.plant(f"other{one}", b"pear %d" % one, place=f"Pear {one}", store="orchard-2")
    report = farm.export()
    assert report.outcome == "ok"
    assert counts(report) == {"new": 60, "unchanged": 30}


def test_five_percent_an_hour_stop_before_a_fifth_is_marked(farm: Farm, clock: Clock) -> None:
    plant(farm, 200)
    farm.export()
    outcomes = []
    for hour in range(8):
        fell(farm, *range(hour * 10, hour * 10 + 10))
        outcomes.append(farm.export().outcome)
        clock(timedelta(hours=1))
    assert outcomes == ["ok"] * 4 + ["brake"] * 4
    assert gone(farm) == {f"k{one}" for one in range(40)}
    report = farm.export(accept_losses=True)
    assert (report.outcome, len(gone(farm))) == ("ok", 80)
    fell(farm, *range(80, 90))
    assert farm.export().outcome == "ok"


def test_losses_older_than_seven_days_count_no_more(farm: Farm, clock: Clock) -> None:
    plant(farm, 200)
    farm.export()
    for week in range(5):
        fell(farm, *range(week * 20, week * 20 + 20))
        assert farm.export().outcome == "ok"
        clock(timedelta(days=7, seconds=1))
    assert len(gone(farm)) == 100


def test_items_that_came_back_count_no_more(farm: Farm, clock: Clock) -> None:
    plant(farm, 100)
    farm.export()
    for _ in range(4):
        fell(farm, *range(15))
        assert farm.export().outcome == "ok"
        clock(timedelta(hours=1))
        plant(farm, 15)
        assert farm.export().outcome == "ok"
        clock(timedelta(hours=1))
    assert not gone(farm)


def test_items_that_come_back_release_the_brake(farm: Farm) -> None:
    plant(farm, 100)
    farm.export()
    fell(farm, *range(30))
    assert braked(farm.export())
    plant(farm, 30)
    report = farm.export()
    assert report.outcome == "ok"
    assert report.exporters["orchard"].unchanged + report.exporters["orchard"].changed == 100


def test_a_locked_library_is_trouble_and_no_loss(farm: Farm) -> None:
    plant(farm, 30)
    farm.export()
    plant(farm, 30, trouble=True)
    before = moments(farm)
    report = farm.export()
    assert report.outcome == "partial"
    assert report.exporters["orchard"].failed
    assert moments(farm) == before


def test_a_brake_leaves_changed_items_written_and_albums_as_they_were(farm: Farm) -> None:
    plant(farm, 100)
    farm.album("1", "Harvest", "k1", "k50")
    farm.export()
    album = (farm.archive / "Orchard/Albums/Harvest.json").read_bytes()
    fell(farm, *range(30))
    farm.plant("k50", b"apple 50", place="10/Apple 50", text="riper")
    farm.album("1", "Harvest", "k50")
    report = farm.export()
    assert braked(report)
    assert counts(report) == {"changed": 1, "unchanged": 69}
    assert (farm.archive / "Orchard/Albums/Harvest.json").read_bytes() == album
    farm.export(accept_losses=True)
    album = (farm.archive / "Orchard/Albums/Harvest.json").read_bytes()
    assert b"Apple 50.bin" in album
    assert b"Apple 1.bin" in album
    assert album.count(b'"gone":true') == 1


def test_the_brake_holds_in_a_library_of_a_thousand(farm: Farm) -> None:
    plant(farm, 1000)
    farm.export()
    fell(farm, *range(200))
    assert farm.export().outcome == "ok"
    fell(farm, 200)
    report = farm.export()
    assert braked(report)
    assert "201 of 1,000 items" in report.exporters["orchard"].message
    assert len(gone(farm)) == 200
    assert counts(farm.export(accept_losses=True)) == {"gone": 1, "unchanged": 799}
