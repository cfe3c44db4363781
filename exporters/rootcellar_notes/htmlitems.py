"""Items of notes whose texts are HTML: of older stores, and as the Notes app itself gives them."""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rootcellar.api import Absent, CopyOf, File, Item, Sighting, View
from rootcellar_notes import naming
from rootcellar_notes.blocks import OBJECT, Attachment, Body, Paragraph, Run
from rootcellar_notes.record import filled, full_title, plain
from rootcellar_notes.store.attachments import LINK, TABLE_UTI
from rootcellar_notes.store.html import Page, read_html
from rootcellar_notes.store.legacy import LegacyFile

TEMPLATE = "notes/note.md"
MISSING_HINT = "Look for it in Notes; if it opens there, save it from there. See the record."


def html_item(
    sighting: Sighting,
    facts: Mapping[str, Any],
    html: str,
    files: Sequence[LegacyFile],
    modified: datetime | None,
    cards: Mapping[str, tuple[str, str]] | None = None,
    *,
    all_shown: bool = False,
) -> Item:
    """Return the item of a note: its record is `facts` with the text and attachments added.

    `cards` are the (title, URL) of cards of web pages, by identifier. `all_shown`: what the text
    does not mention is shown after it.
    """
    page = read_html(html)
    attachments: list[dict[str, Any]] = [
        filled(identifier=one.identifier, file_name=one.name, title=one.name) for one in files
    ]
    for identifier, (title, url) in (cards or {}).items():
        attachments.append(filled(identifier=identifier, uti=LINK, title=title, url=url))
    body = page.body
    if all_shown:
        body = _with_all(page, [one["identifier"] for one in attachments])
    for identifier, table in page.tables.items():
        said = plain(table)
        said.pop("type", None)
        attachments.append({"identifier": identifier, "uti": TABLE_UTI, "table": said})
    named_so = {"title": full_title(facts.get("title", ""), body)}
    record: dict[str, Any] = {
        **named_so,
        **facts,
        **named_so,
        **filled(attachments=attachments, html=html),
    }
    record["body"] = plain(body)
    named = _names(files)
    listed = [File("page", naming.PAGE, View(TEMPLATE), modified)]
    listed += [
        File(one.identifier, named[one.identifier], _content(one), modified) for one in files
    ]
    return Item(sighting, record, tuple(listed))


def _with_all(page: Page, identifiers: Sequence[str]) -> Body:
    """Return a text that mentions all of these attachments, those that it lacks at its end."""
    body = page.body
    cells = [cell for table in page.tables.values() for row in table.rows for cell in row]
    texts = (body, *(Body(cell) for cell in cells))
    mentioned = {one.identifier for text in texts for one in text.attachments()}
    more = [
        Paragraph((Run(OBJECT, attachment=Attachment(one)),))
        for one in identifiers
        if one not in mentioned
    ]
    return Body((*body.paragraphs, *more)) if more else body


def _names(files: Sequence[LegacyFile]) -> dict[str, str]:
    """Return by identifier what the names of a note's files go on with, each another."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for place, one in enumerate(files):
        suffix = f" - {naming.component(one.name, 'Attachment')}"
        if suffix.casefold() in taken:
            suffix = f" - {place + 1} {naming.component(one.name, 'Attachment')}"
        taken.add(suffix.casefold())
        found[one.identifier] = suffix
    return found


def _content(one: LegacyFile) -> CopyOf | Absent:
    path = Path(one.path)
    with contextlib.suppress(OSError, ValueError):
        if one.path and path.is_file():
            return CopyOf(path)
    return Absent(f"“{one.name or one.identifier}” is missing from the store.", MISSING_HINT)
