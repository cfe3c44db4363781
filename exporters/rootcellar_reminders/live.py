"""A second look at Reminders on its own Mac: what EventKit says, beside what the stores say.

EventKit hides much (tags, sections, groups, steps, flags, attachments, deleted reminders), so the
stores stay the source; but how many reminders a list has, both must know. Not yet tried on a Mac.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from msgspec import Struct

from rootcellar.api import Notice, RootcellarError, Trouble

SECONDS = 30.0
"""How long EventKit may take for an answer."""
REMINDERS = 1
"""EKEntityTypeReminder."""
ALLOWED = 3
"""EKAuthorizationStatusAuthorized, and FullAccess since macOS 14."""
HINT = (
    "Let the program that runs rootcellar see your reminders: System Settings > "
    "Privacy & Security > Reminders. Without it everything is exported all the same."
)


class LiveReminder(Struct, frozen=True):
    """One reminder as the app tells it: its UUID, its list, and whether it is done."""

    identifier: str
    list: str
    completed: bool


class LiveReader(Protocol):
    """Asks the app; raises RootcellarError when it may not be asked."""

    def reminders(self) -> Iterable[LiveReminder]:
        """Yield every reminder that the app tells of."""


class EventKitReader:
    """Asks Reminders through EventKit (pyobjc-framework-EventKit, on a Mac)."""

    def reminders(self) -> Iterator[LiveReminder]:
        """Yield every reminder; raises RootcellarError without the package or the permission."""
        try:
            import EventKit
        except ImportError as error:
            raise RootcellarError(
                "Reminders itself cannot be asked: pyobjc-framework-EventKit is not installed.",
                hint="pip install pyobjc-framework-EventKit, for a second look at Reminders.",
            ) from error
        store = EventKit.EKEventStore.alloc().init()
        if EventKit.EKEventStore.authorizationStatusForEntityType_(REMINDERS) != ALLOWED:
            raise RootcellarError("Reminders itself may not be asked.", hint=HINT)
        predicate = store.predicateForRemindersInCalendars_(None)
        for one in _answer(store.fetchRemindersMatchingPredicate_completion_, predicate):
            calendar = one.calendar()
            name = str(calendar.title()) if calendar is not None else ""
            yield LiveReminder(
                str(one.calendarItemIdentifier()).upper(), name, bool(one.isCompleted())
            )


def _answer(ask: Any, question: Any) -> list[Any]:
    """Return what an asynchronous call of EventKit's answers; RootcellarError when it does not."""
    answers: list[Any] = []
    come = threading.Event()

    def take(found: Any) -> None:
        answers.extend(found or ())
        come.set()

    ask(question, take)
    if not come.wait(SECONDS):
        raise RootcellarError(
            "Reminders itself does not answer.", hint="Open Reminders, try again."
        )
    return answers


class StoredReminder(Struct, frozen=True):
    """One reminder as a store has it, deleted ones left out."""

    identifier: str
    list: str
    title: str


def compare(
    stored: Mapping[str, StoredReminder], reader: LiveReader
) -> Iterator[Notice | Trouble]:
    """Say whether the app and the stores tell of the same reminders, list by list."""
    try:
        live = {one.identifier: one for one in reader.reminders()}
    except RootcellarError as error:
        yield Notice(f"{error.message} {error.hint}")
        return
    only_live = [live[key] for key in sorted(live.keys() - stored.keys())]
    only_stored = [stored[key] for key in sorted(stored.keys() - live.keys())]
    if not (only_live or only_stored):
        lists = len({one.list for one in live.values()})
        yield Notice(
            f"Reminders itself tells of the same {len(live):,} reminders in {lists} lists."
        )
    for name, count in _by_list(only_live):
        yield Trouble(
            name,
            f"{count:,} of “{name}” in the app are in no store that was found here.",
            "Open Reminders, wait until it has synced, and look again.",
        )
    for name, count in _by_list(only_stored):
        yield Trouble(
            name,
            f"{count:,} of “{name}” are in its store, and the app does not tell of them.",
            "They are exported. The app may not show lists that others share, or that are new.",
        )


def _by_list(found: Iterable[LiveReminder | StoredReminder]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for one in found:
        counts[one.list] = counts.get(one.list, 0) + 1
    return sorted(counts.items())
