"""The Reminders exporter: what the core asks, answered level by level.

Level 0, `token`: nothing is opened. Level 1, `survey`: every record is made from private copies of
the stores and digested, for order, sections and tags change without a sign. Level 2, `read`: the
records asked for. docs/reference/reminders-records.md says what a record holds.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from rootcellar.api import (
    Capture,
    Exporter,
    Gathering,
    Item,
    Notice,
    Sighting,
    Store,
    Trouble,
    VaultPages,
)
from rootcellar_reminders import containers
from rootcellar_reminders.settings import RemindersSettings
from rootcellar_reminders.vault import PAGES

if TYPE_CHECKING:
    from rootcellar_reminders.live import LiveReader
    from rootcellar_reminders.opening import OpenedStore
    from rootcellar_reminders.reading import Remembered

HOMES = (
    "Library/Group Containers/group.com.apple.reminders",
    "Library/Reminders",
    "Containers/Shared/AppGroup",
    "private/var/mobile/Library/Reminders",
    "private/var/mobile/Containers/Shared/AppGroup",
    "var/mobile/Library/Reminders",
    "var/mobile/Containers/Shared/AppGroup",
    "HomeDomain/Library/Reminders",
    "AppDomainGroup-group.com.apple.reminders",
    "AppDomainGroup/group.com.apple.reminders",
    "Container_v1",
    "Group Containers/group.com.apple.reminders",
    "group.com.apple.reminders",
    "Reminders",
    "mobile/Library/Reminders",
    "mobile/Containers/Shared/AppGroup",
)
"""Where a home keeps the container: macOS 14 and later, macOS 10.15 to 13 and iOS 13 to 16, iOS 17
and later, an iPhone's whole file system, a backup unpacked by its domains; then the container as
it lies in what somebody copied of these. The home may itself be the container, or its stores."""


class Reminders(Exporter):
    """Every reminder of the Reminders app, list by list, and all that Reminders knows of it."""

    name: ClassVar[str] = "reminders"
    title: ClassVar[str] = "Reminders"
    reads: ClassVar[tuple[Store, ...]] = (
        *(Store("Reminders store", home, recognise=containers.is_container) for home in HOMES),
        Store("Reminders store", ".", recognise=containers.is_copied),
    )
    settings: ClassVar[type] = RemindersSettings
    vault_pages: ClassVar[VaultPages | None] = PAGES

    def __init__(self) -> None:
        self._opened: tuple[Capture, list[OpenedStore], list[Trouble]] | None = None
        self._remembered: Remembered | None = None
        self._live: LiveReader | None = None

    @property
    def live(self) -> "LiveReader":
        """What asks the app; EventKit, unless a test puts another in its place."""
        from rootcellar_reminders.live import EventKitReader

        return self._live or EventKitReader()

    def token(self, capture: Capture) -> str | None:
        """Return a digest of the stores and folders as a stat shows them."""
        return containers.token(capture)

    def survey(self, capture: Capture) -> Iterator[Sighting | Trouble | Notice]:
        """Yield every reminder, also completed and deleted ones."""
        from rootcellar_reminders.oddities import Oddities
        from rootcellar_reminders.reading import (
            Remembered,
            encode,
            first_seen,
            saved_items,
            sighting_of,
        )

        stores, troubles = self._stores(capture)
        yield from troubles
        oddities = Oddities()
        self._remembered = Remembered(capture)
        for store in stores:
            oddities.look_at_store(store)
        for store, one in first_seen(stores):
            encoded = encode(one.record)
            oddities.look_at(one, encoded)
            sighting = sighting_of(one, store, encoded)
            self._remembered.keep(one, sighting, encoded)
            yield sighting
        said: set[str] = set()
        for store in stores:
            for saved in saved_items(store):
                if saved.sighting.key not in said:
                    said.add(saved.sighting.key)
                    yield saved.sighting
        yield from oddities.told()

    def read(self, capture: Capture, keys: Collection[str]) -> Iterator[Item]:
        """Yield the items of these keys, store by store."""
        from rootcellar_reminders.reading import item_of, read_reminders, saved_items

        wanted = set(keys)
        known = self._remembered
        if known is not None and known.capture is capture:
            for key in keys:
                if item := known.take(key):
                    wanted.discard(key)
                    yield item
        for store in self._stores(capture)[0]:
            for one in read_reminders(store, wanted):
                wanted.discard(one.identifier)
                yield item_of(one, store)
            for saved in saved_items(store) if wanted else ():
                if saved.sighting.key in wanted:
                    wanted.discard(saved.sighting.key)
                    yield saved

    def gatherings(self, capture: Capture) -> Iterator[Gathering]:
        """Yield a file for every list, and one for every account."""
        from rootcellar_reminders.gathering import gatherings

        return gatherings(self._stores(capture)[0], capture.settings)

    def second_look(self, capture: Capture) -> Iterator[Notice | Trouble]:
        """Compare the stores with what EventKit tells."""
        from rootcellar_reminders.live import StoredReminder, compare
        from rootcellar_reminders.reading import first_seen

        stored = {
            one.identifier: StoredReminder(
                one.identifier, one.placed.name if one.placed else "", one.title
            )
            for _, one in first_seen(self._stores(capture)[0])
            if not (one.deleted or (one.placed and one.placed.is_internal))
        }
        yield from compare(stored, self.live)

    def filters(self) -> Mapping[str, Callable[..., Any]]:
        """Return what the templates of lists need: members as VTODOs, as tasks, as a table."""
        from rootcellar_reminders.views import calendar, obsidian_tasks, table, tasks

        return {
            "calendar": calendar,
            "obsidian_tasks": obsidian_tasks,
            "table": table,
            "tasks": tasks,
        }

    def _stores(self, capture: Capture) -> tuple[list["OpenedStore"], list[Trouble]]:
        """Return the stores of this capture, opened once."""
        if self._opened is None or self._opened[0] is not capture:
            from rootcellar_reminders.opening import open_stores

            self._opened = (capture, *open_stores(capture))
        return self._opened[1], self._opened[2]
