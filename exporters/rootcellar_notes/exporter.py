"""The Notes exporter: what the core asks, answered level by level.

Level 0, `token`: nothing is opened. Level 1, `survey`: rows alone, from a private copy of the
store. Level 2, `read`: the texts and files of the notes asked for. docs/reference/notes-records.md
says what a record holds.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace

from rootcellar.api import (
    Capture,
    Exporter,
    Gathering,
    Item,
    Labels,
    Notice,
    Record,
    Sighting,
    Store,
    Trouble,
    Unseen,
    VaultPages,
)
from rootcellar_notes import containers
from rootcellar_notes.containers import Container
from rootcellar_notes.older import OlderStore, is_older_store
from rootcellar_notes.passwords import mark_of, passwords_of, question
from rootcellar_notes.settings import APP, NotesSettings
from rootcellar_notes.vault import PAGES

if TYPE_CHECKING:
    from rootcellar_notes.live.asked import AskedApp

GROUP = "Library/Group Containers/group.com.apple.notes"
OLDER = "Library/Containers/com.apple.Notes/Data/Library/Notes"
"""Where notes of older systems are, and those of accounts that are not iCloud's."""
HOMES = (
    GROUP,
    "Containers/Shared/AppGroup",
    "private/var/mobile/Containers/Shared/AppGroup",
    "var/mobile/Containers/Shared/AppGroup",
    "mobile/Containers/Shared/AppGroup",
    "AppDomainGroup-group.com.apple.notes",
    "AppDomainGroup/group.com.apple.notes",
    "Group Containers/group.com.apple.notes",
    "group.com.apple.notes",
    ".",
)
"""Where a home keeps the container: a Mac's, an iPhone's (in a folder named by a UUID), an
iPhone's whole file system, a backup unpacked by its domains; then the container as it lies in what
somebody copied of these. The home may itself be the container, or hold its database alone."""
OLDER_HOMES = (
    OLDER,
    "Library/Notes",
    "private/var/mobile/Library/Notes",
    "var/mobile/Library/Notes",
    "mobile/Library/Notes",
    "HomeDomain/Library/Notes",
    ".",
)
"""The same for the store of older notes; an iPhone before iOS 9 kept its own, and later ones still
keep an empty one."""
UNASKED = (
    "Locked notes were left as they are in the archive: nobody was there to type their passwords. "
    "Run `rootcellar export notes` in a terminal, or see `passwords` in the settings of notes."
)
SHUT = (
    "Locked notes that no password opens were left as they are in the archive. Unlock them in "
    "Notes, and export while they are open there."
)
ELSEWHERE = (
    "Notes itself was not asked (`live` in the settings of notes): it can be on its own Mac alone."
)


def _asks_app(capture: Capture) -> bool:
    return bool(capture.settings.live and capture.live)


class Notes(Exporter):
    """Every note of the Notes app: its text, its attachments, and all that Notes knows of it."""

    name: ClassVar[str] = "notes"
    title: ClassVar[str] = "Notes"
    version: ClassVar[str] = "2"
    reads: ClassVar[tuple[Store, ...]] = (
        *(Store("Notes store", home, recognise=containers.is_container) for home in HOMES),
        *(Store("Notes store", home, recognise=is_older_store) for home in OLDER_HOMES),
    )
    settings: ClassVar[type] = NotesSettings
    reads_aside: ClassVar[bool] = True
    labelled: ClassVar[tuple[str, ...]] = ("page",)
    vault_pages: ClassVar[VaultPages | None] = PAGES

    def __init__(self) -> None:
        self._opened: tuple[Capture, list[Container | OlderStore], list[Trouble]] | None = None

    @property
    def app(self) -> "AskedApp":
        """What asks the app; a process of its own, unless a test puts another in its place."""
        from rootcellar_notes.live.asked import AskedApp

        return AskedApp()

    def warm_up(self) -> None:
        """Import what reading needs."""
        from rootcellar_notes import reading

        reading.__name__  # noqa: B018 - importing it was the point

    def question(self, settings: NotesSettings) -> str:
        """Return what to ask for: the passwords of locked notes, if they are to be typed."""
        return question(settings)

    def token(self, capture: Capture) -> str | None:
        """Return a digest of the databases as a stat shows them, and of the passwords."""
        if _asks_app(capture):
            return None  # what is new in the app shows nowhere else
        passwords = passwords_of(capture)
        mark = "unasked" if passwords is None else mark_of(passwords)
        found = containers.token(capture)
        return f"{found}{mark}" if found else None

    def survey(self, capture: Capture) -> Iterator[Sighting | Trouble | Notice | Unseen]:
        """Yield every note, also those in the trash and those still locked."""
        from rootcellar_notes.seen import LOCKED

        more: list[Sighting | Trouble | Unseen]
        passwords = passwords_of(capture)
        withheld = 0
        readable, troubles = self._containers(capture)
        yield from troubles
        chosen, more = None, [Unseen(APP)]
        if capture.settings.live:
            from rootcellar_notes.live.choosing import choose

            chosen, more = choose(self.app, capture, readable, passwords or (), whole=not troubles)
        for sighting in self._sighted(capture, mark_of(passwords or ())):
            if sighting.scope == LOCKED:
                sighting = chosen.sighting(sighting) if chosen else sighting
                if passwords is None and not (chosen and sighting.key in chosen.opened):
                    sighting = replace(sighting, withheld=True)
                withheld += sighting.withheld
            yield sighting
        if withheld:
            yield Notice(UNASKED if passwords is None else SHUT)
        if capture.settings.live and not capture.live:
            yield Notice(ELSEWHERE)
        yield from more

    def _sighted(self, capture: Capture, mark: str) -> Iterator[Sighting]:
        """Yield every note of the stores; of copies of a store the one changed last counts."""
        from rootcellar_notes.seen import look

        readable = self._containers(capture)[0]
        said: set[str] = set()
        for store in readable:
            if isinstance(store, OlderStore):
                found = store.look()
            else:
                found = look(store, capture.settings, mark)
            for sighting in found:
                if len(readable) > 1:
                    if sighting.key in said:
                        continue  # a copy of a store: the one changed last has been read
                    said.add(sighting.key)
                yield sighting

    def read(self, capture: Capture, keys: Collection[str]) -> Iterator[Item]:
        """Yield the items of these keys, container by container."""
        from rootcellar_notes.locked import Unlocker
        from rootcellar_notes.reading import read_items

        passwords = passwords_of(capture) or ()
        mark, doors = mark_of(passwords), Unlocker(passwords)
        wanted = set(keys)
        taking = None
        if _asks_app(capture):
            from rootcellar_notes.live.taking import Taking

            taking = Taking(self.app, capture, keys)
            yield from taking.items()
            wanted -= {*taking.chosen.notes, *taking.left}
        for store in self._containers(capture)[0]:
            if not wanted:
                break
            if isinstance(store, OlderStore):
                found = store.read(frozenset(wanted))
            else:
                told = taking.told if taking else {}
                found = read_items(
                    store, wanted, capture.settings, mark, doors, capture.scratch, told
                )
            for item in found:
                yield taking.as_sighted(item) if taking else item
                wanted.discard(item.sighting.key)

    def gatherings(self, capture: Capture) -> Iterator[Gathering]:
        """Yield a page for every account: its folders, and what its smart folders look for."""
        from rootcellar_notes.folders import gatherings

        readable = self._containers(capture)[0]
        return gatherings(one for one in readable if isinstance(one, Container))

    def labels(self, record: Record) -> Labels:
        """Return the hashtags as Finder tags."""
        return Labels(tuple(record.get("tags", ())))

    def second_look(self, capture: Capture) -> Iterator[Notice | Trouble]:
        """Say whether the app may be asked, where the settings have it asked."""
        if capture.settings.live:
            from rootcellar_notes.live.choosing import look_at

            yield look_at(self.app)

    def filters(self) -> Mapping[str, Callable[..., Any]]:
        """Return what the templates of notes need: a record's text as Markdown, values as YAML."""
        from rootcellar_notes.pages import markdown, obsidian_tags

        return {
            "markdown": markdown,
            "obsidian_tags": obsidian_tags,
        }

    def _containers(self, capture: Capture) -> tuple[list[Container | OlderStore], list[Trouble]]:
        """Return the stores of this capture, opened once."""
        if self._opened is None or self._opened[0] is not capture:
            self._opened = (capture, *containers.open_containers(capture))
        return self._opened[1], self._opened[2]
