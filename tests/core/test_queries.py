"""No question to the state looks at every item where it asks about a few."""

from pathlib import Path

import pytest
from orchard import Farm

from rootcellar.state.store import StateStore


@pytest.fixture
def farm_of_many(farm: Farm) -> Farm:
    for number in range(40):
        farm.plant(f"tree {number}")
    farm.export()
    return farm


def steps(path: Path, keys: int) -> int:
    """Return how many steps SQLite takes to tell who refers to some keys."""
    taken = 0

    def count() -> None:
        nonlocal taken
        taken += 1

    with StateStore(path) as state:
        (uuid,) = state.connection.execute("SELECT uuid FROM archive").fetchone()
        archive = state.archive(uuid)
        assert archive is not None
        targets = [f"a key that nobody has {number}" for number in range(keys)]
        state.connection.set_progress_handler(count, 1)
        assert state.holdings.referring(archive, "orchard", targets) == []
        state.connection.set_progress_handler(None, 0)
    return taken


def test_who_refers_to_moved_items_is_told_without_looking_at_each_item(
    farm_of_many: Farm,
) -> None:
    few, many = steps(farm_of_many.state_path, 2), steps(farm_of_many.state_path, 200)
    assert 0 < many < 200 * 20
    assert many < 150 * few
