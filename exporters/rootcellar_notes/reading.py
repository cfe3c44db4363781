"""From the rows of a note to its item: its record, its page, its files, and what is missing."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from rootcellar.api import Absent, Bytes, CopyOf, File, Item, View
from rootcellar_notes.blocks import Body
from rootcellar_notes.body import decode_body
from rootcellar_notes.containers import Container
from rootcellar_notes.locked import Locked, NotUnlocked, Scheme, Unlocker, locked_from_columns
from rootcellar_notes.lockedparts import LockedParts, sealed_json, sealed_suffix
from rootcellar_notes.markdown import note_identifier
from rootcellar_notes.naming import PAGE, SEALED, has_preview, role, stems, suffix
from rootcellar_notes.record import (
    account_facts,
    attachment_facts,
    filled,
    folder_facts,
    full_title,
    mentions,
    plain,
    share_facts,
    stamp,
    tags,
)
from rootcellar_notes.seen import Seen, seen_in
from rootcellar_notes.settings import NotesSettings
from rootcellar_notes.store.attachments import Attachment, attachments
from rootcellar_notes.store.files import LOCKED, Part, Place
from rootcellar_notes.store.locks import Key, part_locks
from rootcellar_notes.store.sharing import read_share
from rootcellar_notes.store.texts import Text, texts

if TYPE_CHECKING:
    from rootcellar_notes.live.messages import Told

TEMPLATE = "notes/note.md"
TEXT = "text"
"""The role of a text that is not here: the note is only in iCloud, locked, or damaged."""
ICLOUD_HINT = (
    "Open the note in Notes while this Mac is online, wait until it is all there, export again."
)
DAMAGED_HINT = (
    "Open the note in Notes. If it is all there, change a letter so that Notes writes it anew, "
    "and export again; if not, restore the note from a backup."
)
REMOVE_LOCK = "In Notes, remove the lock of this note, export, and lock it again."
OPEN_LOCK = 'Set locked = "plain" or "encrypted" in the settings of notes.'


class _Opened(Struct, frozen=True):
    """The text of a note as far as it could be had; `missing` says why it could not."""

    body: Body | None
    missing: Absent | None = None
    locked: Locked | None = None
    state: str = ""
    scheme: str = ""


def read_items(
    container: Container,
    keys: Collection[str],
    settings: NotesSettings,
    mark: str,
    doors: Unlocker,
    scratch: Path,
    told: Mapping[str, "Told"],
) -> Iterator[Item]:
    """Yield the items of those keys that are in this container; `scratch` is for opened files.

    `told` are the texts of locked notes that the Notes app has open, by key.
    """
    with container.connection() as connection:
        found = {one.row.pk: one for one in seen_in(container, connection, settings, mark, keys)}
        if not found:
            return
        rows = sorted(found)
        parts = attachments(connection, container.schema, rows)
        shut = [pk for pk in rows if found[pk].row.locked and settings.locked != "skip"]
        locks = part_locks(connection, container.schema, [pk for pk in shut if pk in parts])
        for text in texts(connection, container.schema, rows):
            seen = found[text.note]
            if open_in_app := told.get(seen.row.identifier):
                yield _told(seen, text, open_in_app)
                continue
            own = Key(text.salt, text.iterations, text.wrapped_key)
            opener = LockedParts(locks, own, doors, scratch)
            yield _item(container, seen, text, parts.get(text.note, []), settings, opener)


def _told(seen: Seen, text: Text, told: "Told") -> Item:
    """Return a locked note with the text that the Notes app has open, and all else by its rows."""
    from rootcellar_notes.live.items import told_item

    was = _Opened(None, state="opened in Notes", scheme=str(locked_of(text).scheme))
    return told_item(seen.sighting, _record(seen, text, was, ()), told, seen.row.modified)


def _item(
    container: Container,
    seen: Seen,
    text: Text,
    parts: Sequence[Attachment],
    settings: NotesSettings,
    opener: LockedParts,
) -> Item:
    row = seen.row
    was = _opened(seen, text, settings, opener.doors)
    shown = parts if was.body is not None else ()
    if row.locked:
        shown = [opener.opened(one) for one in shown]
    files = [File("page", PAGE, View(TEMPLATE), row.modified)]
    if was.locked is not None:
        files += _sealed(container, seen, was.locked, parts, opener)
    elif was.body is None and parts and row.locked:
        files.append(File("locked attachments", " (attachments)", _shut(len(parts))))
    if was.missing is not None:
        files.append(File(TEXT, " (text)", was.missing, row.modified))
    files += _files(container, seen, shown, opener if row.locked else None)
    if opener.troubles:
        reason = f"An attachment of a locked note is not all there. {opener.troubles[0]}"
        files.append(File("locked attachments", " (attachments)", Absent(reason, DAMAGED_HINT)))
    record = _record(seen, text, was, shown)
    return Item(seen.sighting, record, tuple(files), _links(was.body, shown, row.identifier))


def _shut(count: int) -> Absent:
    few = "An attachment of a locked note is" if count == 1 else "Attachments of a locked note are"
    return Absent(f"{few} not archived.", OPEN_LOCK)


# -- the text ----------------------------------------------------------------------------------


def _opened(seen: Seen, text: Text, settings: NotesSettings, doors: Unlocker) -> _Opened:
    if not text.data:
        only = "only in iCloud" if seen.in_icloud else "not on this Mac"
        return _Opened(None, Absent(f"The text of this note is {only}.", ICLOUD_HINT))
    if not seen.row.locked:
        return _decoded(text.data, text.outline)
    locked = locked_of(text)
    scheme = str(locked.scheme)
    if settings.locked == "skip" or (
        settings.locked == "encrypted" and locked.scheme in (Scheme.V2, Scheme.DAMAGED)
    ):
        hint = REMOVE_LOCK
        if locked.scheme is not Scheme.V2:
            hint = OPEN_LOCK
        return _Opened(None, Absent("The note is locked.", hint), state="skipped", scheme=scheme)
    if settings.locked == "encrypted":
        return _Opened(None, locked=locked, state="encrypted", scheme=scheme)
    try:
        was = _decoded(doors.open(locked), text.outline)
    except NotUnlocked as error:
        missing = Absent(f"The note stays locked. {error}", error.hint)
        return _Opened(None, missing, state="not opened", scheme=scheme)
    return _Opened(was.body, was.missing, state="opened", scheme=scheme)


def locked_of(text: Text) -> Locked:
    """Return what is locked of a note, from the columns of its text."""
    return locked_from_columns(
        text.data,
        salt=text.salt,
        iterations=text.iterations,
        wrapped_key=text.wrapped_key,
        initialization_vector=text.initialization_vector,
        tag=text.tag,
    )


def _decoded(data: bytes, outline: bytes) -> _Opened:
    body = decode_body(data, outline_state=outline or None)
    if not body.troubles:
        return _Opened(body)
    reason = f"The text of this note is damaged; what could be read is there. {body.troubles[0]}"
    return _Opened(body, Absent(reason, DAMAGED_HINT))


# -- the files ---------------------------------------------------------------------------------


def _files(
    container: Container, seen: Seen, parts: Sequence[Attachment], opener: LockedParts | None
) -> Iterator[File]:
    """Yield the files of all attachments, absent ones included; `opener` opens locked ones."""
    locked = opener is not None
    account = seen.account.identifier if seen.account else ""
    named = stems(parts)
    by_parent: dict[int, list[Attachment]] = {}
    for one in parts:
        by_parent.setdefault(one.parent, []).append(one)
    for one in parts:
        if one.pk not in named:
            continue
        stem = named[one.pk]
        original = container.files.original(one, account, locked=locked)
        preview = Place("", ())
        if has_preview(one):
            preview = container.files.preview(one, account, locked=locked)
        when = one.modified or one.created or seen.row.modified
        if preview.path:
            shown = preview.path.removesuffix(LOCKED)
            name = suffix(one, stem, Part.PREVIEW, shown[shown.rindex(".") :])
            content = _content(one, Part.PREVIEW, preview.path, opener)
            yield File(role(one, Part.PREVIEW), name, content, when)
        name = suffix(one, stem, Part.ORIGINAL)
        if original.path:
            content = _content(one, Part.ORIGINAL, original.path, opener)
            yield File(role(one, Part.ORIGINAL), name, content, when)
        elif one.media or not (preview.path or by_parent.get(one.pk)):
            awaits = tuple(Path(path) for path in (*preview.expected, *original.expected))
            if one.media:
                awaits = tuple(Path(path) for path in original.expected)
            yield File(role(one, Part.ORIGINAL), name, _absent(one, seen, awaits), when)


def _content(
    one: Attachment, part: Part, path: str, opener: LockedParts | None
) -> Bytes | CopyOf | Absent:
    return opener.file(one, part, path) if opener else CopyOf(Path(path))


def _sealed(
    container: Container,
    seen: Seen,
    locked: Locked,
    parts: Sequence[Attachment],
    opener: LockedParts,
) -> Iterator[File]:
    """Yield a locked note as locked as it is: its text and all locks in one file, then files."""
    account = seen.account.identifier if seen.account else ""
    listed: list[dict[str, object]] = []
    for one in parts:
        said = {"identifier": one.identifier, **opener.sealed_values(one)}
        for part, find in ((Part.ORIGINAL, container.files.original),
                           (Part.PREVIEW, container.files.preview)):  # fmt: skip
            place = find(one, account, locked=True)
            if place.path and (kept := opener.sealed(one, part, place.path)):
                content, lock = kept
                said[str(part)] = {"file": sealed_suffix(one, part), **lock}
                yield File(role(one, part), sealed_suffix(one, part), content, seen.row.modified)
            elif place.path or (one.media and part is Part.ORIGINAL):
                absent = Absent("A file of a locked note is not here.", ICLOUD_HINT)
                if place.path:
                    absent = Absent("A file of a locked note cannot be kept locked.", OPEN_LOCK)
                yield File(role(one, part), sealed_suffix(one, part), absent)
        if len(said) > 1:
            listed.append(said)
    whole = {**sealed_json(locked), **filled(attachments=listed)}
    data = (json.dumps(whole, indent=1) + "\n").encode()
    yield File("locked", SEALED, Bytes(data), seen.row.modified)


def _absent(one: Attachment, seen: Seen, awaits: tuple[Path, ...]) -> Absent:
    if seen.in_icloud:
        return Absent(f"{_called(one)} is only in iCloud.", ICLOUD_HINT, awaits)
    return Absent(f"{_called(one)} is missing from the store.", DAMAGED_HINT, awaits)


def _called(one: Attachment) -> str:
    name = one.file_name or one.user_title or one.title
    if name:
        return f"“{name}”"
    return "A drawing" if one.is_drawing else f"An attachment ({one.uti or 'of no kind'})"


# -- the record --------------------------------------------------------------------------------


def _record(
    seen: Seen, text: Text, was: _Opened, parts: Sequence[Attachment]
) -> dict[str, object]:
    row = seen.row
    share, through = read_share(text.share), ""
    for folder in reversed(seen.folders):
        if share is None and folder.share:
            share, through = read_share(folder.share), folder.title
    lock = filled(state=was.state, scheme=was.scheme)
    facts = filled(
        title=full_title(row.title, was.body),
        identifier=row.identifier,
        account=account_facts(seen.account),
        folder=folder_facts(seen.folders),
        created=stamp(row.created),
        modified=stamp(row.modified),
        pinned=row.pinned,
        trashed=seen.sighting.in_trash,
        locked=lock,
        shared=share_facts(share, through),
    )
    if was.body is not None:
        facts |= filled(tags=tags(parts, was.body), mentions=mentions(parts))
        facts["body"] = plain(was.body)
        facts |= filled(attachments=[attachment_facts(one, parts) for one in parts])
    return facts


def _links(body: Body | None, parts: Sequence[Attachment], own: str) -> tuple[str, ...]:
    """Return the keys of the notes that a note links to."""
    if body is None:
        return ()
    urls = [run.link for one in body.paragraphs for run in one.runs if run.link]
    urls += [one.token for one in parts if one.inline and one.token]
    found = dict.fromkeys(key for url in urls if (key := note_identifier(url)))
    found.pop(own.upper(), None)
    return tuple(found)
