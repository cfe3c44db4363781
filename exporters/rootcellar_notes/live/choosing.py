"""Which notes are the app's to give: those of no store, and locked ones that it has open.

Chosen in the survey and remembered in the capture's scratch, without their texts, for the process
that reads; that asks the app once more.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from rootcellar.api import Capture, Notice, Sighting, Trouble, Unseen
from rootcellar_notes.containers import Container
from rootcellar_notes.live.asked import AppNotAsked, AskedApp
from rootcellar_notes.live.items import OfApp, app_sighting, is_told
from rootcellar_notes.live.messages import PERMISSION, AppAccount, Head, Told
from rootcellar_notes.locked import NotUnlocked, Unlocker
from rootcellar_notes.older import OlderStore
from rootcellar_notes.reading import locked_of
from rootcellar_notes.settings import APP, NotesSettings
from rootcellar_notes.store.notes import note_rows
from rootcellar_notes.store.texts import texts

REMEMBERED = "notes-app.json"
URI = "x-coredata://"


class Chosen(msgspec.Struct):
    """What the survey chose. `opened` and `shut` are notes of stores that no password opens.

    `opened`: by key the app's id and a digest of the text. `shut`: keys. `notes`: those of no
    store, with a digest of the text of those that are locked and open in the app.
    """

    opened: dict[str, tuple[str, str]] = {}
    shut: set[str] = set()
    notes: dict[str, tuple[AppAccount, Head, str]] = {}

    def sighting(self, one: Sighting) -> Sighting:
        """Return the sighting of a note of a store, with what the app has to do with it."""
        if one.key in self.shut:
            return replace(one, withheld=True)
        if opened := self.opened.get(one.key):
            mark = f"{one.fingerprint} in Notes {opened[1]}"
            return replace(one, fingerprint=mark, suffixes=())
        return one


def choose(
    app: AskedApp,
    capture: Capture,
    stores: Sequence[Container | OlderStore],
    passwords: tuple[str, ...],
    *,
    whole: bool,
) -> tuple[Chosen, list[Sighting | Trouble | Unseen]]:
    """Ask the app, if it is here; return what was chosen, and what the survey goes on with.

    `whole`: every store could be read. If not, nobody knows which notes are in no store.
    """
    choosing = _Choosing(app, capture.settings, Chosen())
    asked = capture.live
    more: list[Sighting | Trouble | Unseen] = [] if asked and whole else [Unseen(APP)]
    by_id = choosing.shut(stores, passwords)
    try:
        if asked:
            choosing.opened(by_id)
        if asked and whole:
            choosing.of_no_store({one.identity.upper() for one in stores})
    except AppNotAsked as error:
        more.append(Trouble("Notes itself", error.message, error.hint, APP))
    finally:
        app.close()
    chosen = choosing.chosen
    more += [sighting_of(chosen, key, capture.settings) for key in chosen.notes]
    (capture.scratch / REMEMBERED).write_bytes(msgspec.json.encode(chosen))
    return chosen, more


def look_at(app: AskedApp) -> Notice | Trouble:
    """Say whether the app may be asked, and for which accounts."""
    try:
        names = [one.name for one in _accounts(app)]
        return Notice(f"Notes itself may be asked; its accounts: {', '.join(names)}.")
    except AppNotAsked as error:
        return Trouble("Notes itself", error.message, error.hint, APP)
    finally:
        app.close()


def _accounts(app: AskedApp) -> list[AppAccount]:
    if accounts := app.accounts():
        return accounts
    raise AppNotAsked("Notes itself tells of no account.", hint=PERMISSION)


@dataclass
class _Choosing:
    app: AskedApp
    settings: NotesSettings
    chosen: Chosen

    def shut(
        self, stores: Sequence[Container | OlderStore], passwords: tuple[str, ...]
    ) -> dict[str, str]:
        """Return by the app's ids the keys of all locked notes that no password opens."""
        by_id: dict[str, str] = {}
        if self.settings.locked == "plain":
            for store in stores:
                if isinstance(store, Container):
                    for pk, key in _shut(store, passwords):
                        by_id.setdefault(f"{URI}{store.identity}/ICNote/p{pk}", key)
        self.chosen.shut = set(by_id.values())
        return by_id

    def opened(self, by_id: Mapping[str, str]) -> None:
        """Ask for the texts of locked notes, and take down which of them are open in the app."""
        for told in self.app.told(list(by_id)):
            if is_told(told):
                key = by_id[told.id]
                self.chosen.shut.discard(key)
                self.chosen.opened[key] = (told.id, _digest(told))

    def of_no_store(self, identities: Collection[str]) -> None:
        found: dict[str, OfApp] = {}
        for account in _accounts(self.app):
            if _store_of(account.id) not in identities:
                for head in self.app.heads(account.id):
                    if _store_of(head.id) and _store_of(head.id) not in identities:
                        found.setdefault(head.id, OfApp(account, head))
        digests: dict[str, str] = {}
        if self.settings.locked == "plain":
            locked = [key for key, one in found.items() if one.head.locked]
            digests = {told.id: _digest(told) for told in self.app.told(locked) if is_told(told)}
        for key, one in found.items():
            self.chosen.notes[key] = (one.account, one.head, digests.get(key, ""))


def remembered(capture: Capture) -> Chosen:
    """Return what the survey of this capture chose; nothing when it did not ask."""
    try:
        return msgspec.json.decode((capture.scratch / REMEMBERED).read_bytes(), type=Chosen)
    except FileNotFoundError:
        return Chosen()


def sighting_of(chosen: Chosen, key: str, settings: NotesSettings) -> Sighting:
    """Return the sighting of a note that only the app has."""
    account, head, digest = chosen.notes[key]
    withheld = head.locked and not digest and settings.locked == "plain"
    return app_sighting(OfApp(account, head), digest, withheld=withheld)


def _digest(told: Told) -> str:
    return hashlib.blake2b(told.html.encode(errors="replace"), digest_size=12).hexdigest()


def _store_of(uri: str) -> str:
    """Return the identity of the store that an object lies in, by its URI; "" for none.

    >>> _store_of("x-coredata://19B82A76-B3FE-4427-9C5E-5107C1E3CA57/IMAPNote/p87")
    '19B82A76-B3FE-4427-9C5E-5107C1E3CA57'
    """
    return uri.removeprefix(URI).partition("/")[0].upper() if uri.startswith(URI) else ""


def _shut(container: Container, passwords: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Yield (row, key) of the locked notes of a container that no password opens."""
    doors = Unlocker(passwords)
    with container.connection() as connection:
        rows = {
            row.pk: row.identifier
            for row in note_rows(connection, container.schema)
            if row.locked and row.identifier and row.has_text
        }
        for text in texts(connection, container.schema, sorted(rows)):
            try:
                doors.open(locked_of(text))
            except NotUnlocked:
                yield text.note, rows[text.note]
