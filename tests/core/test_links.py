"""Links between the pages of items lead to where those items are, also after they have moved."""

import json
import shutil

import pytest
from orchard import Farm, counts, tree


def links(farm: Farm, page: str) -> dict[str, str]:
    """Return the links on a page, every one of them followed."""
    path = farm.archive / "Orchard" / page
    last = path.read_text().splitlines()[-1]
    found: dict[str, str] = json.loads(last) if last.startswith("{") else {}
    for link in found.values():
        assert (path.parent / link).is_file(), link
    return found


@pytest.fixture
def linked(farm: Farm) -> Farm:
    farm.plant("k1", place="a/First", refers=["k2", "k3"])
    farm.plant("k2", b"pear", place="b/Second", refers=["k1"])
    farm.plant("k3", b"plum", place="a/Third")
    farm.export()
    return farm


def test_links_lead_to_pages_written_before_and_after(linked: Farm) -> None:
    assert links(linked, "a/First.bin.page") == {
        "k2": "../b/Second.bin.page",
        "k3": "Third.bin.page",
    }
    assert links(linked, "b/Second.bin.page") == {"k1": "../a/First.bin.page"}


def test_no_page_is_written_twice_by_a_first_export(linked: Farm) -> None:
    history = [name for name in tree(linked.archive, inside=True) if "/history/" in name]
    assert history == []


def test_a_link_follows_an_item_that_moves(linked: Farm) -> None:
    linked.plant("k2", b"pear", place="c/Another", refers=["k1"])
    report = linked.export()
    assert links(linked, "a/First.bin.page")["k2"] == "../c/Another.bin.page"
    assert counts(report) == {"moved": 1, "changed": 1, "unchanged": 1}


def test_a_link_to_an_item_that_is_gone_stays(linked: Farm) -> None:
    linked.fell("k3")
    linked.export()
    assert links(linked, "a/First.bin.page")["k3"] == "Third.bin.page"


def test_an_item_that_comes_later_is_linked_then(farm: Farm) -> None:
    farm.plant("k1", place="a/First", refers=["k2"])
    farm.export()
    assert links(farm, "a/First.bin.page") == {}
    farm.plant("k2", b"pear", place="b/Second")
    farm.export()
    assert links(farm, "a/First.bin.page") == {"k2": "../b/Second.bin.page"}


def test_links_are_right_where_equal_places_are_told_apart(farm: Farm) -> None:
    farm.plant("k1", place="a/First", refers=["k2", "k3"])
    farm.plant("k2", b"pear", place="b/Same")
    farm.plant("k3", b"plum", place="b/same")
    farm.export()
    found = links(farm, "a/First.bin.page")
    assert len(set(found.values())) == 2


def test_a_link_is_right_where_a_stranger_holds_the_name(farm: Farm) -> None:
    farm.plant("k0", b"quince", place="b/Other")
    farm.export()
    stranger = farm.archive / "Orchard" / "b" / "Second.bin.page"
    stranger.write_text("not ours")
    farm.plant("k1", place="a/First", refers=["k2"])
    farm.plant("k2", b"pear", place="b/Second")
    farm.export()
    assert links(farm, "a/First.bin.page")["k2"] != "../b/Second.bin.page"
    assert stranger.read_text() == "not ours"


def test_an_item_may_refer_to_itself_and_to_none(farm: Farm) -> None:
    farm.plant("k1", place="a/First", refers=["k1", "nobody"])
    farm.export()
    assert links(farm, "a/First.bin.page") == {"k1": "First.bin.page"}


def test_a_rebuilt_state_knows_the_links(linked: Farm) -> None:
    shutil.rmtree(linked.state_path.parent)
    linked.export()
    linked.plant("k2", b"pear", place="c/Another", refers=["k1"])
    linked.export()
    assert links(linked, "a/First.bin.page")["k2"] == "../c/Another.bin.page"


def test_a_run_cut_off_before_the_links_is_made_up_for(
    linked: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked.plant("k2", b"pear", place="c/Another", refers=["k1"])
    with monkeypatch.context() as patched:
        patched.setattr("rootcellar.engine.batching.Batches.write_links", lambda *_, **__: 1 / 0)
        linked.export()
    linked.export()
    assert links(linked, "a/First.bin.page")["k2"] == "../c/Another.bin.page"
