"""Exporters by entry point: ours come first, and nothing that a plugin does is fatal.

tests/examples/test_broken_plugins.py looks at the same from the command line.
"""

import importlib.metadata
import sys
import types
from dataclasses import dataclass, field

import pytest

from rootcellar import plugins
from rootcellar.api import Exporter, Store
from rootcellar.plugins import fault, installed


class Pears(Exporter):
    name = "pears"
    title = "Pears"
    reads = (Store("Pears", "Pears"),)


class Owner:
    def __init__(self, name: str) -> None:
        self.name = name


@dataclass(frozen=True)
class Point:
    """An entry point of a distribution, as importlib.metadata gives them."""

    name: str
    loaded: object
    owner: str | None = "rootcellar-garden"

    @property
    def dist(self) -> Owner | None:
        return Owner(self.owner) if self.owner else None

    def load(self) -> object:
        if isinstance(self.loaded, BaseException):
            raise self.loaded
        return self.loaded


def with_points(monkeypatch: pytest.MonkeyPatch, *points: Point) -> plugins.Installed:
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: points)
    return installed()


def test_the_built_in_exporters_are_found_through_their_entry_points() -> None:
    found = installed()
    assert "photos" in [one.name for one in found.exporters]
    assert found.broken == ()


def test_exporters_come_in_the_order_of_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    apples = type("Apples", (Pears,), {"name": "apples", "title": "Apples"})
    found = with_points(monkeypatch, Point("pears", Pears), Point("apples", apples))
    assert [one.name for one in found.exporters] == ["apples", "pears"]


def test_a_plugin_never_takes_the_place_of_a_built_in_exporter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = type("Ours", (Pears,), {})
    for points in (
        [Point("pears", Pears, "aardvark"), Point("pears", ours, "rootcellar")],
        [Point("pears", ours, "rootcellar"), Point("pears", Pears, "aardvark")],
    ):
        found = with_points(monkeypatch, *points)
        assert [type(one) for one in found.exporters] == [ours]
        (broken,) = found.broken
        assert broken.distribution == "aardvark"


@pytest.mark.parametrize(
    "raised",
    [ImportError("no module"), SystemExit(3), RecursionError(), ValueError("\udcff"), OSError(5)],
)
def test_whatever_a_plugin_raises_is_told_and_the_others_are_there(
    raised: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = with_points(monkeypatch, Point("bad", raised, None), Point("pears", Pears))
    assert [one.name for one in found.exporters] == ["pears"]
    (broken,) = found.broken
    assert (broken.name, broken.distribution) == ("bad", "")
    assert broken.reason.startswith(type(raised).__name__)


def test_a_person_can_still_interrupt_while_plugins_are_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(KeyboardInterrupt):
        with_points(monkeypatch, Point("bad", KeyboardInterrupt()))


@dataclass(frozen=True)
class Complete:
    trees: tuple[str, ...] = ()
    names: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Incomplete:
    trees: tuple[str, ...]


FAULTS = {
    "no exporter": (object(), "no subclass"),
    "a class": (Pears, "no subclass"),
    "another name": (type("P", (Pears,), {"name": "plums"})(), "Its name is 'plums'"),
    "no name": (type("P", (Exporter,), {"reads": Pears.reads})(), "Its name is None"),
    "reads nothing": (type("P", (Pears,), {"reads": ()})(), "does not say what it reads"),
    "reads a text": (type("P", (Pears,), {"reads": ("Pears",)})(), "a tuple of Store"),
    "settings that are no dataclass": (
        type("P", (Pears,), {"settings": dict})(),
        "no dataclass whose fields all have defaults",
    ),
    "settings without defaults": (
        type("P", (Pears,), {"settings": Incomplete})(),
        "no dataclass whose fields all have defaults",
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_told_in_words(what: str) -> None:
    exporter, sentence = FAULTS[what]
    assert sentence in fault(exporter, "pears")


def test_a_faultless_exporter_has_no_fault() -> None:
    assert fault(Pears(), "pears") == ""
    assert fault(type("P", (Pears,), {"settings": Complete})(), "pears") == ""


def test_two_exporters_never_share_a_folder_of_the_archive() -> None:
    other = type("P", (Pears,), {"name": "plums", "title": "PEARS"})()
    assert "It wants the folder 'PEARS', which the exporter pears has." in fault(
        other, "plums", [Pears()]
    )


def test_what_a_plugin_prints_stays_out_of_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = types.ModuleType("talkative")
    monkeypatch.setitem(sys.modules, "talkative", module)

    def make() -> Exporter:
        print("hello")  # noqa: T201 - as a careless plugin does
        return Pears()

    with_points(monkeypatch, Point("pears", make))
    assert capsys.readouterr() == ("", "hello\n")
