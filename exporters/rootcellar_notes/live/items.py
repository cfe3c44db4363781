"""Items of notes as the app tells them: their HTML by the reader of older stores, and files."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from rootcellar.api import Absent, File, Item, Sighting, View
from rootcellar_notes import naming
from rootcellar_notes.htmlitems import TEMPLATE, html_item
from rootcellar_notes.live.messages import AppAccount, Head, Told
from rootcellar_notes.record import filled
from rootcellar_notes.settings import APP
from rootcellar_notes.store.html import read_html
from rootcellar_notes.store.legacy import LegacyFile

UNLOCK = "Unlock it in Notes and export while it is open there, or give its password."
REFUSED = 'Set locked = "plain" in the settings of notes, and unlock it in Notes.'
SILENT = "Open the note in Notes, wait until it is all there, and export again."


class OfApp(NamedTuple):
    """One note that only the app has, with its account."""

    account: AppAccount
    head: Head


def is_told(told: Told | None) -> bool:
    """Return whether the app gives the text of a locked note: more than a title, or nothing."""
    if told is None:
        return False
    lines = [one.strip() for one in read_html(told.html).body.text.splitlines() if one.strip()]
    return len(lines) > 1 or bool(told.files)


def app_sighting(one: OfApp, opened: str, *, withheld: bool) -> Sighting:
    """Return the sighting of a note of the app; `opened` is a digest of a locked one's text."""
    account, head = one
    facts = (account.name, head.name, head.folder, head.created, head.modified, head.locked)
    said = repr((facts, opened))
    return Sighting(
        key=head.id,
        title=head.name or naming.UNTITLED,
        place=naming.place(account.name, (head.folder or "Notes",), head.name),
        fingerprint=hashlib.blake2b(said.encode(errors="replace"), digest_size=12).hexdigest(),
        store=APP,
        scope="locked" if head.locked else "",
        withheld=withheld,
    )


def app_item(sighting: Sighting, one: OfApp, told: Told | None, *, allowed: bool) -> Item:
    """Return the item of a note of the app; of a locked one the text only if that is `allowed`."""
    account, head = one
    changed = datetime.fromisoformat(head.modified) if head.modified else None
    facts = filled(
        title=head.name or naming.UNTITLED,
        identifier=head.id,
        account=filled(name=account.name, identifier=account.id, kind="app"),
        folder=filled(title=head.folder, path=[head.folder] if head.folder else []),
        created=head.created,
        modified=head.modified,
    )
    if head.locked:
        shown = allowed and is_told(told)
        facts["locked"] = {"state": "opened in Notes" if shown else "not opened"}
        if not shown:
            absent = Absent("The note is locked.", UNLOCK if allowed else REFUSED)
            return _without_text(sighting, facts, absent, changed)
    if told is None or not (told.html or told.files):
        absent = Absent("Notes itself does not give the text of this note.", SILENT)
        return _without_text(sighting, facts, absent, changed)
    return told_item(sighting, facts, told, changed)


def _without_text(
    sighting: Sighting, facts: Mapping[str, Any], absent: Absent, changed: datetime | None
) -> Item:
    page = File("page", naming.PAGE, View(TEMPLATE), changed)
    return Item(sighting, facts, (page, File("text", " (text)", absent, changed)))


def told_item(
    sighting: Sighting, facts: Mapping[str, Any], told: Told, changed: datetime | None
) -> Item:
    """Return the item of a note whose text the app gives; `facts` is the rest of its record."""
    cards = {one.id: (one.name, one.url) for one in told.files if one.url and not one.path}
    saved = [one for one in told.files if one.id not in cards]
    files = {one.shown_as: LegacyFile(one.shown_as, one.path, one.name) for one in saved}
    listed = list(files.values())
    return html_item(sighting, facts, told.html, listed, changed, cards, all_shown=True)
