"""Gatherings that hold their members' records: lists that say all, gone members included."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from orchard import Farm, Orchard, counts, tree

from rootcellar.api import Capture, Gathering


class Market(Orchard):
    """An orchard whose albums are lists with the records of their trees in them."""

    views: ClassVar[tuple[str, ...]] = ()

    def gatherings(self, capture: Capture):
        for one in super().gatherings(capture):
            yield Gathering(
                one.key, one.title, one.place, {"season": "autumn"},
                {"trees": one.groups["items"]}, views=self.views, holds="key",
            )  # fmt: skip


@pytest.fixture
def farm(tmp_path: Path) -> Farm:
    farm = Farm(tmp_path, Market())
    farm.plant("pear", b"pear", title="Pear")
    farm.plant("plum", None, title="Plum")
    farm.album("1", "Fruit", "plum", "pear")
    return farm


def page(farm: Farm, name: str = "Fruit") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((farm.archive / f"Orchard/Albums/{name}.json").read_text())
    return found


def test_the_file_is_the_list_itself(farm: Farm) -> None:
    farm.export()
    found = page(farm)
    assert found["season"] == "autumn"
    assert [(one["key"], one["title"], one["order"]) for one in found["trees"]] == [
        ("plum", "Plum", 0),
        ("pear", "Pear", 1),
    ]
    (file,) = [one for one in found["trees"][1]["files"] if one["role"] == "original"]
    assert (farm.archive / file["path"]).read_bytes() == b"pear"
    assert found["gathering"]["holds"] == "key"
    assert found["gathering"]["groups"] == ["trees"]


def test_a_member_that_changes_or_vanishes_is_followed(farm: Farm) -> None:
    farm.export()
    farm.plant("pear", b"pear", title="Ripe pear")
    farm.export()
    assert [one["title"] for one in page(farm)["trees"]] == ["Plum", "Ripe pear"]
    farm.fell("pear")
    farm.album("1", "Fruit", "plum")
    assert counts(farm.export())["gone"] == 1
    assert [(one["title"], one.get("gone")) for one in page(farm)["trees"]] == [
        ("Plum", None),
        ("Ripe pear", True),
    ]


def test_a_list_that_is_no_more_keeps_its_members_and_says_so(farm: Farm) -> None:
    farm.export()
    (farm.store / "album1.json").unlink()
    farm.plant("pear", b"pear", title="Ripe pear")
    farm.export()
    found = page(farm)
    assert found["gathering"]["gone"]
    assert [one["title"] for one in found["trees"]] == ["Plum", "Ripe pear"]


def test_a_rebuilt_state_knows_the_members(farm: Farm) -> None:
    farm.export()
    farm.fell("pear")
    farm.album("1", "Fruit", "plum")
    farm.export()
    before = tree(farm.archive)
    farm.state_path.unlink()
    farm.export()
    assert tree(farm.archive) == before
    assert [one["title"] for one in page(farm)["trees"]] == ["Plum", "Pear"]


def test_pages_get_the_records(farm: Farm) -> None:
    from contextlib import contextmanager

    from msgspec.structs import replace

    seen: list[list[dict[str, Any]]] = []

    def render(template: str, record: Any, files: Any, title: str, links: Any) -> bytes:
        if template == "orchard/list.txt":
            seen.append(list(files))
            assert list(files) == seen[-1], "members can be gone through again"
        return f"{template} {title}".encode()

    farm.exporter.views = ("orchard/list.txt",)  # type: ignore[attr-defined]
    make = farm.task

    @contextmanager
    def task(**options: object):
        with make(**options) as one:
            yield replace(one, render=render)

    farm.task = task  # type: ignore[method-assign]
    farm.export()
    assert [one["title"] for one in seen[0]] == ["Plum", "Pear"]
    hrefs = [file["href"] for file in seen[0][1]["files"]]
    assert all(((farm.archive / "Orchard/Albums") / href).is_file() for href in hrefs)
    assert (farm.archive / "Orchard/Albums/Fruit.txt").is_file()


def test_the_contract_says_which_list_cannot_be_made(farm: Farm) -> None:
    from rootcellar.testing import check_exporter

    class Confused(Market):
        def gatherings(self, capture: Capture):
            for one in super().gatherings(capture):
                yield Gathering(one.key, one.title, one.place, {}, one.groups, holds="title")

    exporter = Confused()
    with pytest.raises(AssertionError, match="'title' of the record of plum is not its key"):
        check_exporter(NoPages.of(exporter), farm.home)


class NoPages:
    """An orchard's exporter without the pages that only the stand-in for Jinja can make."""

    @staticmethod
    def of(exporter: Market) -> Market:
        files = exporter.files
        exporter.files = lambda path, tree: (  # type: ignore[method-assign]
            one for one in files(path, tree) if one.role != "page"
        )
        return exporter
