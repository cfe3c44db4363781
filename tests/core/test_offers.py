"""Ten thousand files of one size, as screenshots can be: finding one does not look at all."""

from pathlib import Path

import pytest

from rootcellar.engine.adopting import Adoption
from rootcellar.items import CopyOf, File, Item, Sighting
from rootcellar.state.offers import Offer, Offers
from rootcellar.state.staging import Staging
from rootcellar.state.store import StateStore


def steps_to_adopt(root: Path, count: int, *, listed: bool) -> int:
    """Return how many thousand steps SQLite takes to find `count` items of one size."""
    for folder in ("source", "exported"):
        (root / folder).mkdir(parents=True)
    steps = 0

    def count_steps() -> None:
        nonlocal steps
        steps += 1

    with StateStore(root / "state" / "state.sqlite") as state:
        offers = Offers(state)
        found = []
        for number in range(count):
            data = f"picture {number:09}".encode()
            (root / "source" / f"{number}.jpg").write_bytes(data)
            path = root / "exported" / f"{count - number}.jpg"
            path.write_bytes(data)
            status = path.stat()
            name = f"exported/{path.name}"
            found.append(Offer(name, status.st_size, status.st_mtime_ns))
        offers.add(found)
        if listed:
            state.connection.execute(
                "UPDATE temp.offer SET key = 'key ' || (? - substr(path, 10, length(path) - 13))",
                (count,),
            )
        adoption, staging = Adoption(root, "exported", offers), Staging(state, None, "photos")
        state.connection.set_progress_handler(count_steps, 100)
        for number in range(count):
            content = CopyOf(root / "source" / f"{number}.jpg")
            sighting = Sighting(f"key {number}", "", f"{number}", "")
            item = Item(sighting, {}, (File("original", ".jpg", content),))
            taken = adoption.find(item, (), staging, {})
            assert taken["original"].path == f"exported/{count - number}.jpg"
            assert offers.has_size(17) == (number < count - 1)
        state.connection.set_progress_handler(None, 0)
        assert offers.total_taken() == (count, 17 * count)
    return steps


@pytest.mark.parametrize("listed", [True, False], ids=["with a list", "without one"])
def test_the_work_grows_with_the_number_of_files_and_not_with_its_square(
    tmp_path: Path, listed: bool
) -> None:
    few = steps_to_adopt(tmp_path / "few", 100, listed=listed)
    many = steps_to_adopt(tmp_path / "many", 800, listed=listed)
    assert 0 < many < 8 * few * 2
