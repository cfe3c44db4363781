"""`kill -9` at random moments of a run of some hundred items: the next run ends it."""

import os
import sys
from pathlib import Path

import pytest
from checking import check_archive
from kill_nine import kill_at_random
from orchard import Farm, counts, tree
from seasons import Orchards

pytestmark = pytest.mark.faults

RUN = Path(__file__).parent / "orchard_run.py"
ITEMS = 400


def planted(farm: Farm) -> None:
    for one in range(ITEMS):
        farm.plant(f"k{one}", b"apple %d" % one * 50, place=f"{one // 8}/Apple", text=f"{one}")
    for one in range(20):
        farm.album(f"{one}", f"Harvest {one}", *(f"k{k}" for k in range(one, ITEMS, 20)))


def changed(farm: Farm) -> None:
    for one in range(0, ITEMS, 5):
        if one % 40 == 5:
            farm.fell(f"k{one}")
        elif one % 40 == 10:
            farm.plant(f"k{one}", b"apple %d" % one * 50, place=f"moved/{one % 3}/Apple")
        else:
            farm.plant(f"k{one}", b"pear %d" % one, place=f"{one // 8}/Apple", text=f"{one}")
    for one in range(40):
        farm.plant(f"new{one}", b"new %d" % one * 50, place=f"{one // 8}/Apple")


@pytest.mark.parametrize("season", ["first export", "second export"])
def test_a_run_killed_at_a_random_moment_is_completed_by_the_next(
    tmp_path: Path, season: str, everything: bool
) -> None:
    if season == "first export":
        orchards = Orchards(tmp_path, (), planted)
    else:
        orchards = Orchards(tmp_path, (planted,), changed)
    expected = lasting(orchards.expected)
    farm = orchards.copy("broken")
    own_store = farm.root / "home" / "Orchard"
    cut_off = []

    def prepare(number: int) -> None:
        orchards.copy("broken")
        own_store.rmdir()
        own_store.symlink_to(orchards.template.store)

    def check(number: int) -> None:
        again = farm.export()
        cut_off.extend(again.notes)
        assert again.outcome == "ok"
        assert lasting(tree(farm.archive, inside=True)) == expected
        assert check_archive(farm.archive, farm.state_path) == []
        assert set(counts(farm.export())) == {"unchanged"}

    kills = kill_at_random(
        [sys.executable, str(RUN), str(farm.root)],
        os.environ,
        50 if everything else 4,
        check,
        prepare=prepare,
    )
    print(  # noqa: T201 - `pytest -rP` tells how it went
        f"{season}: killed {kills.killed} times, ended {kills.ended} times before it was, "
        f"{len(cut_off)} journals redone or archives made known, in {kills.seconds:.0f} s"
    )
    assert kills.killed == (50 if everything else 4)


def lasting(found: dict[str, bytes]) -> dict[str, bytes]:
    """Return all but interim records, which a killed run may leave in the history."""
    return {
        name: data
        for name, data in found.items()
        if not ("/history/" in name and name.endswith((".json", ".jsonl")))
    }
