"""What the app itself says beside what its store says; a stand-in answers for the app."""

import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from reminders_world import World

from rootcellar.api import Notice, RootcellarError, Trouble
from rootcellar.sources.home import HomeFolder, open_capture
from rootcellar_reminders import Reminders
from rootcellar_reminders.live import EventKitReader, LiveReminder


class StandIn:
    """Answers as the app would."""

    def __init__(self, answers: list[LiveReminder]) -> None:
        self.answers = answers

    def reminders(self) -> Iterator[LiveReminder]:
        yield from self.answers


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path).fill()
    world.export()
    return world


def answers(world: World) -> list[LiveReminder]:
    return [
        LiveReminder(one["id"], name, one["completed"])
        for name in ("Garden - Orchard", "Groceries")
        for one in world.list(name)["reminders"]
        if not one.get("deleted")
    ]


def look(world: World, reader: object) -> list[Notice | Trouble]:
    exporter = Reminders()
    exporter._live = reader  # type: ignore[assignment]
    home = HomeFolder(world.home)
    with open_capture(home, home.stores(exporter.reads).stores, world.settings) as capture:
        return list(exporter.second_look(capture))


def test_an_app_that_says_the_same_is_told_so(world: World) -> None:
    (said,) = look(world, StandIn(answers(world)))
    assert isinstance(said, Notice)
    assert "the same 9 reminders in 2 lists" in said.text


def test_what_only_one_of_them_has_is_counted_by_list(world: World) -> None:
    told = answers(world)[1:]
    new = LiveReminder("NEW", "Inbox", False)
    live, stored = look(world, StandIn([*told, new]))
    assert isinstance(live, Trouble)
    assert isinstance(stored, Trouble)
    assert "1 of “Inbox” in the app" in live.reason
    assert "1 of “Garden / Orchard” are in its store" in stored.reason


def test_an_app_that_may_not_be_asked_is_no_fault(world: World) -> None:
    class Closed:
        def reminders(self) -> Iterator[LiveReminder]:
            raise RootcellarError("Reminders itself may not be asked.", hint="Allow it.")

    (said,) = look(world, Closed())
    assert said == Notice("Reminders itself may not be asked. Allow it.")


def test_without_eventkit_there_is_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "EventKit", None)
    with pytest.raises(RootcellarError) as caught:
        list(EventKitReader().reminders())
    assert "pip install" in caught.value.hint


class _Store:
    """As much of an EKEventStore as is asked for, after Apple's documentation."""

    status = 3

    @classmethod
    def alloc(cls) -> type["_Store"]:
        return cls

    @classmethod
    def init(cls) -> "_Store":
        return cls()

    @classmethod
    def authorizationStatusForEntityType_(cls, kind: int) -> int:  # noqa: N802 - Apple's name
        assert kind == 1
        return cls.status

    def predicateForRemindersInCalendars_(self, calendars: None) -> str:  # noqa: N802
        return "all"

    def fetchRemindersMatchingPredicate_completion_(self, predicate: str, done: object) -> None:  # noqa: N802
        one = types.SimpleNamespace(
            calendar=lambda: types.SimpleNamespace(title=lambda: "Inbox"),
            calendarItemIdentifier=lambda: "abc",
            isCompleted=lambda: 1,
        )
        done([one])  # type: ignore[operator]


def test_eventkit_is_asked_as_its_documentation_says(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("EventKit")
    module.EKEventStore = _Store  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "EventKit", module)
    assert list(EventKitReader().reminders()) == [LiveReminder("ABC", "Inbox", True)]
    monkeypatch.setattr(_Store, "status", 2)
    with pytest.raises(RootcellarError):
        list(EventKitReader().reminders())
