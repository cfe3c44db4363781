"""check_exporter() passes good exporters, and says of bad ones what is wrong and why."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from orchard import Orchard

from rootcellar.api import (
    Absent,
    Bytes,
    Capture,
    CopyOf,
    Exporter,
    File,
    Gathering,
    Glance,
    Item,
    Sighting,
    Store,
    Trouble,
    View,
)
from rootcellar.sample import make_home
from rootcellar.testing import check_exporter
from rootcellar_photos import Photos

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def pear(**changes: Any) -> Item:
    """A faultless item, with some fields of its sighting or its own changed."""
    sighting = Sighting("pear", "Pear", "Trees/Pear", "1")
    names = set(Sighting.__struct_fields__)
    own = {name: value for name, value in changes.items() if name not in names}
    sighting = replace(
        sighting, **{name: value for name, value in changes.items() if name in names}
    )
    item = Item(sighting, {"ripe": True}, (File("original", ".txt", Bytes(b"pear"), NOON),))
    return replace(item, **own)


class Garden(Exporter):
    """Yields the items, gatherings and troubles it was made with."""

    name = "garden"
    reads = (Store("Garden", "Garden"),)

    def __init__(
        self,
        *items: Item,
        gatherings: tuple[Gathering, ...] = (),
        troubles: tuple[Trouble, ...] = (),
    ) -> None:
        self.yielded = items
        self.gathered = gatherings
        self.troubles = troubles

    def items(self, capture: Capture) -> Iterator[Item]:
        yield from self.yielded

    def survey(self, capture: Capture) -> Iterator[Sighting | Trouble]:
        yield from self.troubles
        yield from super().survey(capture)

    def gatherings(self, capture: Capture) -> Iterator[Gathering]:
        yield from self.gathered


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home" / "Garden").mkdir(parents=True)
    return tmp_path / "home"


def refused(exporter: Exporter, home: Path, sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_exporter(exporter, home)


def test_a_good_exporter_passes_and_its_items_come_back_in_order(home: Path) -> None:
    plum = pear(key="plum", place="Trees/Plum", files=())
    items = check_exporter(Garden(plum, pear()), home)
    assert [item.sighting.key for item in items] == ["plum", "pear"]
    assert items[1].files == pear().files


def test_photos_keeps_the_contract_on_the_sample_home(tmp_path: Path) -> None:
    assert len(check_exporter(Photos(), make_home(tmp_path / "home"))) > 40


def test_the_settings_that_are_given_reach_the_exporter(home: Path) -> None:
    @dataclasses.dataclass(frozen=True)
    class Choice:
        title: str = "Pear"

    class Chosen(Garden):
        settings = Choice

        def items(self, capture: Capture) -> Iterator[Item]:
            yield pear(title=capture.settings.title)

    assert check_exporter(Chosen(), home)[0].sighting.title == "Pear"
    assert check_exporter(Chosen(), home, Choice("Quince"))[0].sighting.title == "Quince"


def test_an_exporter_with_its_own_survey_and_views_is_checked_too(tmp_path: Path) -> None:
    orchard = tmp_path / "Orchard"
    orchard.mkdir()
    (orchard / "a.json").write_text('{"text": "x"}')
    refused(Orchard(), tmp_path, "does not list in `suffixes`")  # its notes are not announced
    (orchard / "a.json").write_text("{}")
    refused(Orchard(), tmp_path, "orchard/page.txt cannot be rendered for a: There is no template")


BAD_ITEMS: dict[str, tuple[dict[str, Any], str]] = {
    "an empty key": ({"key": " "}, "has the key ' '"),
    "no fingerprint": ({"fingerprint": ""}, "changes would never be noticed"),
    "an empty component": ({"place": "Trees//Pear"}, "has the component ''"),
    "a place above": ({"place": "../Pear"}, "has the component '..'"),
    "a place here": ({"place": "Trees/./Pear"}, "has the component '.'"),
    "an announced suffix without a dot": ({"suffixes": ("txt",)}, "starts with a dot"),
    "a suffix that was not announced": ({"suffixes": (".heic",)}, "does not list in `suffixes`"),
    "a record of tuples": ({"record": {"a": (1, 2)}}, "read back, it is another"),
    "a record with numbers as keys": ({"record": {1: 2}}, "read back, it is another"),
    "a record with NaN": ({"record": {"a": float("nan")}}, "is no plain JSON"),
    "a record with a date": ({"record": {"a": NOON}}, "is no plain JSON"),
    "a record that is a list": ({"record": [1]}, "is no plain JSON"),
}


@pytest.mark.parametrize("fault", BAD_ITEMS)
def test_a_bad_item_is_told(fault: str, home: Path) -> None:
    changes, sentence = BAD_ITEMS[fault]
    refused(Garden(pear(**changes)), home, sentence)


BAD_FILES: dict[str, tuple[list[File], str]] = {
    "a role twice": (
        [File("a", ".1", Bytes(b"")), File("a", ".2", Bytes(b""))],
        "have the same role",
    ),
    "no role": ([File("", ".1", Bytes(b""))], "has no role"),
    "a suffix that begins with a letter": ([File("a", "txt", Bytes(b""))], "the suffix 'txt'"),
    "a suffix that says nothing": ([File("a", ".", Bytes(b""))], "the suffix '.'"),
    "suffixes that differ in case": (
        [File("a", ".heic", Bytes(b"")), File("b", ".HEIC", Bytes(b""))],
        "'.heic' and '.HEIC'",
    ),
    "suffixes that differ in their Unicode form": (
        [File("a", " (é).txt", Bytes(b"")), File("b", " (e\u0301).txt", Bytes(b""))],
        "the same name",
    ),
    "a copy of nothing": ([File("a", ".1", CopyOf(Path("/nowhere/a")))], "no such file"),
    "a text for bytes": ([File("a", ".1", Bytes("a"))], "not bytes"),  # type: ignore[arg-type]
    "no content": ([File("a", ".1", None)], "which is no content"),  # type: ignore[arg-type]
    "a time without a zone": (
        [File("a", ".1", Bytes(b""), NOON.replace(tzinfo=None))],
        "in which time zone",
    ),
    "no reason": ([File("a", ".1", Absent(" ", "Download it."))], "without a reason"),
    "no hint": ([File("a", ".1", Absent("only in iCloud", ""))], "without a hint"),
    "awaiting what is there": ([File("a", ".1", Absent("x", "y", (Path("/"),)))], "be idle"),
    "standing in for nobody": (
        [File("a", ".1", Bytes(b""), stands_in_for="b")],
        "stands in for 'b'",
    ),
    "a template of another": ([File("a", ".1", View("photos/sidecar.xmp"))], "not lie below"),
    "a template that is not there": (
        [File("a", ".1", View("garden/none.txt"))],
        "There is no template garden/none.txt",
    ),
}


@pytest.mark.parametrize("fault", BAD_FILES)
def test_a_bad_file_is_told(fault: str, home: Path) -> None:
    files, sentence = BAD_FILES[fault]
    refused(Garden(pear(files=tuple(files))), home, sentence)


def gathering(**changes: Any) -> Gathering:
    one = Gathering("ripe", "Ripe", "Lists/Ripe", {}, {"items": ("pear",)})
    return replace(one, **changes)


BAD_GATHERINGS: dict[str, tuple[tuple[Gathering, ...], str]] = {
    "no key": ((gathering(key=""),), "has no key"),
    "a key twice": ((gathering(), gathering()), "Two gatherings have the key ripe"),
    "an unknown member": (
        (gathering(groups={"items": ("pear", "plum")}),),
        "names plum, which the survey does not know",
    ),
    "a bad place": ((gathering(place="Lists/"),), "has the component ''"),
    "a bad suffix": ((gathering(suffix="json"),), "the suffix 'json'"),
    "a bad record": ((gathering(record={"a": {1}}),), "is no plain JSON"),
}


@pytest.mark.parametrize("fault", BAD_GATHERINGS)
def test_a_bad_gathering_is_told(fault: str, home: Path) -> None:
    gatherings, sentence = BAD_GATHERINGS[fault]
    refused(Garden(pear(), gatherings=gatherings), home, sentence)


def test_a_good_gathering_passes(home: Path) -> None:
    check_exporter(Garden(pear(), gatherings=(gathering(),)), home)


def test_a_key_that_comes_twice_is_told(home: Path) -> None:
    refused(Garden(pear(), pear(place="Trees/Other")), home, "The key 'pear' comes twice")


def test_a_trouble_without_a_hint_is_told(home: Path) -> None:
    trouble = Trouble("the shed", "it is locked", "")
    refused(Garden(pear(), troubles=(trouble,)), home, "without a hint")


def test_surveys_that_disagree_are_told(home: Path) -> None:
    class Restless(Garden):
        looks = 0

        def items(self, capture: Capture) -> Iterator[Item]:
            self.looks += 1
            yield pear(fingerprint=str(self.looks))

    refused(Restless(), home, "Two surveys disagree about pear")


def test_a_token_that_never_repeats_is_told(home: Path) -> None:
    class Restless(Garden):
        looks = 0

        def token(self, capture: Capture) -> str:
            self.looks += 1
            return str(self.looks)

    refused(Restless(pear()), home, "token.. differs between two calls")


class Glancing(Garden):
    """A garden that says what it sees at a glance."""

    def glance(self, capture: Capture, folders: str) -> Glance:
        return Glance({item.sighting.key: b"" for item in self.items(capture)})


def test_a_glance_that_never_repeats_is_told(home: Path) -> None:
    class Restless(Glancing):
        looks = 0

        def glance(self, capture: Capture, folders: str) -> Glance:
            self.looks += 1
            return Glance(super().glance(capture, folders).items, str(self.looks))

    refused(Restless(pear()), home, "glance.. differs between two calls")


def test_a_glance_must_see_all_that_a_survey_sees(home: Path) -> None:
    class Blind(Glancing):
        def glance(self, capture: Capture, folders: str) -> Glance:
            return Glance({})

    refused(Blind(pear()), home, "tell of different keys")


def test_a_survey_of_some_must_agree_with_that_of_all(home: Path) -> None:
    class Hasty(Glancing):
        def survey_some(self, capture: Capture, keys: object) -> Iterator[Sighting]:
            yield from ()

    assert check_exporter(Glancing(pear()), home)
    refused(Hasty(pear()), home, "survey_some.. sees other items")


def reading(answer: Callable[[], list[Item]]) -> Exporter:
    class Reading(Garden):
        def read(self, capture: Capture, keys: object) -> Iterator[Item]:
            yield from answer()

    return Reading(pear())


def test_what_is_read_must_be_what_was_surveyed(home: Path) -> None:
    refused(reading(lambda: [pear(title="Plum")]), home, "disagree about pear")
    refused(reading(lambda: [pear(key="plum")]), home, "yields plum, which was not asked for")
    refused(reading(lambda: [pear(), pear()]), home, "yields pear 2 times")
    refused(reading(list), home, "leaves out pear")


def test_items_that_are_read_aside_must_survive_pickling(home: Path) -> None:
    class Aside(Garden):
        reads_aside = True

    class Odd(str):
        __slots__ = ()

        def __reduce__(self) -> tuple[Any, ...]:
            return str, ("another",)

    check_exporter(Aside(pear()), home)
    refused(Aside(pear(record={"a": Odd("one")})), home, "does not survive pickling")


@pytest.mark.parametrize("name", ["written", "touched", "removed"])
def test_an_exporter_that_changes_the_source_is_told(name: str, home: Path) -> None:
    seed = home / "Garden" / "seed"
    seed.write_text("seed")

    class Careless(Garden):
        def gatherings(self, capture: Capture) -> Iterator[Gathering]:
            if name == "written":
                (capture.stores[0].path / "seed-wal").write_text("")
            elif name == "touched":
                seed.write_text("SEED")
            else:
                seed.unlink(missing_ok=True)
            yield from ()

    refused(Careless(pear()), home, "The exporter changed the source: .*seed")


def test_a_home_without_the_data_is_told(tmp_path: Path) -> None:
    refused(Garden(pear()), tmp_path, "There is nothing to read in this home .looked in .*Garden")


def test_an_exporter_the_core_would_refuse_is_told(home: Path) -> None:
    class Nameless(Garden):
        name = ""

    class Blind(Garden):
        reads = ()

    refused(Nameless(pear()), home, "Nameless has no name")
    refused(Blind(pear()), home, "garden would be refused .* does not say what it reads")
