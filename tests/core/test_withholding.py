"""Items that cannot be read for the time being, and stores that are not looked at by choice."""

from pathlib import Path

import pytest
from orchard import Farm, counts, tree


@pytest.fixture
def farm(tmp_path: Path) -> Farm:
    return Farm(tmp_path)


def test_what_is_withheld_is_read_once_and_then_stays_as_it_is(farm: Farm) -> None:
    farm.plant("a", b"a", withheld=True, text="shut")
    assert counts(farm.export()) == {"new": 1}
    farm.plant("a", b"a", text="open")
    assert counts(farm.export()) == {"changed": 1}
    before = tree(farm.archive)
    farm.plant("a", b"other", withheld=True, text="shut again")
    report = farm.export()
    assert (counts(report), report.exporters["orchard"].skipped) == ({}, 1)
    assert tree(farm.archive).keys() == before.keys()
    assert b"open" in tree(farm.archive)["Orchard/a (note).txt"]
    assert counts(farm.export(dry_run=True)) == {}
    farm.plant("a", b"a", text="open anew")
    assert counts(farm.export()) == {"changed": 1}
    assert b"open anew" in tree(farm.archive)["Orchard/a (note).txt"]


def test_what_is_withheld_and_was_gone_is_read_again(farm: Farm) -> None:
    farm.plant("a", b"a")
    farm.plant("b", b"b")
    farm.export()
    farm.fell("a")
    assert counts(farm.export(accept_losses=True))["gone"] == 1
    farm.plant("a", b"a", withheld=True)
    assert counts(farm.export())["changed"] == 1


def test_nothing_of_a_store_that_is_not_looked_at_is_gone(farm: Farm) -> None:
    for key, store in (("a", "one"), ("b", "one"), ("c", "two"), ("d", "three")):
        farm.plant(key, key.encode(), store=store)
    farm.export()
    farm.fell("c")
    farm.fell("d")
    farm.plant("x", None, store="two", unseen=True)
    assert counts(farm.export(dry_run=True)) == {"unchanged": 2, "gone": 1}
    assert counts(farm.export(accept_losses=True)) == {"unchanged": 2, "gone": 1}
    farm.fell("x")
    assert counts(farm.export(accept_losses=True)) == {"unchanged": 2, "gone": 1}


def test_trouble_and_a_store_that_is_not_looked_at(farm: Farm) -> None:
    for key, store in (("a", "one"), ("b", "one"), ("c", "two"), ("d", "three")):
        farm.plant(key, key.encode(), store=store)
    farm.export()
    for key in "bcd":
        farm.fell(key)
    farm.plant("x", None, store="two", unseen=True)
    farm.plant("y", None, trouble=True)
    assert counts(farm.export(accept_losses=True)) == {"unchanged": 1, "gone": 1}
