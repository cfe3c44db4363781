"""The lossless record of a note: plain JSON of all that the store says and means.

What is empty is left out. docs/reference/notes-records.md describes every key.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from rootcellar_notes.blocks import OBJECT, SOFT_BREAK, Body
from rootcellar_notes.body import decode_gallery, decode_recording, decode_table
from rootcellar_notes.naming import UNTITLED
from rootcellar_notes.store.attachments import GALLERY, INLINE, TABLE_UTI, Attachment
from rootcellar_notes.store.folders import Account, Folder
from rootcellar_notes.store.sharing import Participant, Share

TITLE_LENGTH = 500
"""A title longer than this many letters is a paragraph."""
AUDIO = ("com.apple.m4a-audio", "public.audio", "public.mpeg-4-audio", "public.mp3")


def filled(**values: Any) -> dict[str, Any]:
    """Return what is not empty: False, None, "", 0 and empty lists go."""
    return {name: value for name, value in values.items() if value}


def stamp(moment: datetime | None) -> str:
    """Return a moment as ISO 8601 in UTC, to the microsecond where there is one."""
    return "" if moment is None else moment.isoformat().replace("+00:00", "Z")


def account_facts(account: Account | None) -> dict[str, Any]:
    """Return what a record says of an account."""
    if account is None:
        return {}
    return filled(name=account.name, identifier=account.identifier, kind=account.kind)


def folder_facts(path: Sequence[Folder]) -> dict[str, Any]:
    """Return what a record says of a note's folder: the innermost, and the path to it."""
    if not path:
        return {}
    folder = path[-1]
    return filled(
        title=folder.title,
        identifier=folder.identifier,
        path=[one.title for one in path],
    )


def share_facts(share: Share | None, through: str) -> dict[str, Any]:
    """Return what a record says of a share; `through` is the folder it comes with, if any."""
    if share is None:
        return {}
    owner = next((one for one in share.participants if one.is_owner), None)
    others = [_person(one) for one in share.participants if one is not owner]
    found = filled(owner=_person(owner) if owner else None, participants=others, url=share.url)
    return {**found, **filled(folder=through)} or {"participants": []}


def _person(one: Participant) -> dict[str, Any]:
    return filled(
        name=one.name,
        email=one.email,
        phone=one.phone,
        role=one.role,
        permission=one.permission,
        state=one.state,
    )


def full_title(title: str, body: Body | None) -> str:
    """Return a title whole: Notes cuts long ones, but the first line of the text is all there.

    It is never empty: pages need one, and so do people.
    """
    kept = title.rstrip("…").strip()
    for paragraph in body.paragraphs if body else ():
        line = " ".join(paragraph.text.replace(OBJECT, " ").split())
        if line:
            upper = paragraph.text.strip().partition(SOFT_BREAK)[0]
            if kept and " ".join(upper.split()) == title.strip():
                return title  # it is whole: what follows is a line below it
            longer = line.startswith(" ".join(kept.split())) and len(line) <= TITLE_LENGTH
            return line if longer else title
    return title if title.strip() else UNTITLED


def tags(attachments: Iterable[Attachment], body: Body) -> list[str]:
    """Return the hashtags of a note, without their `#`, each once, in the order of the text."""
    inline = {one.identifier: one for one in attachments if one.uti == f"{INLINE}hashtag"}
    order = [one.identifier for one in body.attachments() if one.identifier in inline]
    found: dict[str, str] = {}
    for identifier in dict.fromkeys([*order, *inline]):
        text = inline[identifier].alt_text.strip().removeprefix("#")
        if text:
            found.setdefault(inline[identifier].token or text.upper(), text)
    return list(found.values())


def mentions(attachments: Iterable[Attachment]) -> list[dict[str, Any]]:
    """Return who is mentioned: the name as it is shown, and the iCloud record of the person."""
    return [
        filled(name=one.alt_text.removeprefix("@"), user=one.token)
        for one in attachments
        if one.uti == f"{INLINE}mention"
    ]


def attachment_facts(one: Attachment, among: Sequence[Attachment]) -> dict[str, Any]:
    """Return what a record says of an attachment; `among` are all of its note."""
    parent = next((other.identifier for other in among if other.pk == one.parent), "")
    facts = filled(
        identifier=one.identifier,
        uti=one.uti,
        part_of=parent,
        title=one.user_title or one.title,
        file_name=one.file_name,
        media=one.media,
        generation=one.generation,
        url=one.url,
        summary="" if one.uti == TABLE_UTI else one.summary,
        text=one.alt_text,
        token=one.token,
        bytes=one.size,
        seconds=one.duration,
        width=one.width,
        height=one.height,
        created=stamp(one.created),
        modified=stamp(one.modified),
        recognised_text=one.recognised,
        handwriting=one.handwriting,
    )
    return {**facts, **_contents(one, among)}


def _contents(one: Attachment, among: Sequence[Attachment]) -> dict[str, Any]:
    """Return what an attachment holds in data of its own: cells, pages, a transcript."""
    if one.uti == TABLE_UTI and one.mergeable:
        table = plain(decode_table(one.mergeable))
        table.pop("type", None)
        return {"table": table}
    if one.uti == GALLERY or one.uti == "com.apple.paper.doc.scan":
        listed = decode_gallery(one.mergeable) if one.mergeable else ()
        inside = [other.identifier for other in among if other.parent == one.pk]
        pages = [page for page in listed if page in inside]
        return filled(pages=list(dict.fromkeys([*pages, *inside])))
    if one.uti in AUDIO and one.mergeable:
        return filled(recording=plain(decode_recording(one.mergeable)))
    return {}


def plain(blocks: msgspec.Struct) -> dict[str, Any]:
    """Return blocks as plain JSON; `msgspec.convert(facts, Body)` makes them a body again."""
    facts: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(blocks))
    return facts
