"""Reminders, many at once: seen for the survey, read for the archive."""

import hashlib
import tempfile
import weakref
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from rootcellar.api import Absent, Capture, CopyOf, File, Item, Sighting
from rootcellar.apple.core_data import rows
from rootcellar.apple.dates import cocoa_moment
from rootcellar_reminders.naming import (
    component,
    file_suffixes,
    place,
    suffixes,
    template_place,
)
from rootcellar_reminders.opening import REMINDER, OpenedStore
from rootcellar_reminders.store.attachments import Attachment, is_intact
from rootcellar_reminders.store.belongings import among, belongings
from rootcellar_reminders.store.reminders import Reminder, reminder_of
from rootcellar_reminders.store.templates import templates_of

SLICE = 500
ROOM = 256 << 20
"""Bytes of records that are kept on disk between survey and reading."""
DELETED = "deleted"
IN_TEMPLATES = "in templates"
INTERNAL = "found by Siri"
ICLOUD_HINT = (
    "Look at the attachment in Reminders, on the device that this comes from, while it is online; "
    "then export again."
)
DAMAGED_HINT = "Open the reminder on another device; if it is whole there, add it anew."


def read_reminders(store: OpenedStore, keys: Collection[str] | None = None) -> Iterator[Reminder]:
    """Yield the reminders of a store, or those with these keys, a slice at a time."""
    entity = store.core.entity(REMINDER)
    if entity is None:
        return
    if keys is None:
        numbers: list[int] = list(store.uuids)
    else:
        numbers = sorted(store.numbers[key] for key in keys if key in store.numbers)
    context = store.context
    with store.connection() as connection:
        for start in range(0, len(numbers), SLICE):
            some = numbers[start : start + SLICE]
            found = list(rows(connection, entity, among("Z_PK", some)))
            theirs = belongings(connection, store.core, found)
            for row in found:
                yield reminder_of(row, theirs, context)


def sighting_of(one: Reminder, store: OpenedStore, encoded: bytes) -> Sighting:
    """Return the sighting of a reminder; its fingerprint is that of its whole record, encoded.

    Order, section and tags change without touching the date of the last change.
    """
    account = one.placed.account if one.placed else store.accounts[0]
    internal = one.placed is not None and one.placed.is_internal
    return Sighting(
        key=one.identifier,
        title=one.title or "Reminder",
        place=place(one, account.name),
        fingerprint=_fingerprint(one.files, encoded),
        suffixes=suffixes(one),
        store=store.identity,
        in_trash=one.deleted,
        scope=INTERNAL if internal else DELETED if one.deleted else "",
        outside=internal,
    )


def _fingerprint(files: Sequence[Attachment], encoded: bytes) -> str:
    digest = hashlib.blake2b(encoded, digest_size=12)
    if files:
        found = [file.found for file in files]
        digest.update(repr(found).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def item_of(one: Reminder, store: OpenedStore) -> Item:
    """Return a reminder with its files, absent ones included."""
    sighting = sighting_of(one, store, encode(one.record))
    return Item(sighting, one.record, _files(one.files, cocoa_moment(one.changed)))


def saved_items(store: OpenedStore) -> Iterator[Item]:
    """Yield those reminders of templates that have files, with the files."""
    for template in templates_of(store):
        for one in template.reminders:
            if one.files:
                named = tuple(suffix for _, suffix in file_suffixes(one.files))
                above = template_place(template.account.name, template.name)
                sighting = Sighting(
                    key=one.identifier,
                    title=one.title or "Reminder",
                    place=f"{above}/{component(one.title, 'Reminder')}",
                    fingerprint=_fingerprint(one.files, encode(one.record)),
                    suffixes=named,
                    store=store.identity,
                    scope=IN_TEMPLATES,
                )
                yield Item(sighting, one.record, _files(one.files, None))


def _files(attachments: Sequence[Attachment], when: datetime | None) -> tuple[File, ...]:
    files: list[File] = []
    for attached, suffix in file_suffixes(attachments):
        role = attached.identifier
        if attached.found is None:
            files.append(File(role, suffix, _absent(attached), when))
            continue
        files.append(File(role, suffix, CopyOf(Path(attached.found.path)), when))
        if not _is_whole(attached):
            reason = f"“{_called(attached)}” is damaged: it is not what Reminders put there."
            files.append(
                File(f"{role} intact", f"{suffix} (intact)", Absent(reason, DAMAGED_HINT))
            )
    return tuple(files)


def _is_whole(attached: Attachment) -> bool:
    assert attached.found is not None
    try:
        return is_intact(attached.found.path, attached.sha512)
    except OSError:
        return True  # the core says that it cannot be read


def _absent(attached: Attachment) -> Absent:
    awaits = (Path(attached.expected),) if attached.expected else ()
    reason = f"“{_called(attached)}” is not on this device."
    return Absent(reason, ICLOUD_HINT, awaits, attached.size or None)


def _called(attached: Attachment) -> str:
    return attached.name or f"attachment{attached.ending}"


def encode(record: Mapping[str, Any]) -> bytes:
    """Return a record as JSON."""
    return msgspec.json.encode(record)


class Remembered:
    """The records that the survey has made, for the reading that follows: making them is dear.

    They wait in a scratch file. Those with files are not kept: their files are to be looked at.
    Nor is more than there is room for.
    """

    def __init__(self, capture: Capture, room: int = ROOM) -> None:
        self.capture = capture
        self.room = room
        self._places: dict[str, tuple[int, int, int]] = {}
        self._end = 0
        self._file = tempfile.TemporaryFile(dir=capture.scratch)  # noqa: SIM115 - lives on
        weakref.finalize(self, self._file.close)

    def keep(self, one: Reminder, sighting: Sighting, encoded: bytes) -> None:
        """Keep a record while there is room."""
        if one.files or len(encoded) > self.room:
            return
        told = msgspec.msgpack.encode(sighting)
        try:
            self._file.write(told + encoded)
        except OSError:  # no room on the disk: it is made again
            self.room = 0
            return
        self.room -= len(encoded)
        self._places[one.identifier] = (self._end, len(told), len(encoded))
        self._end += len(told) + len(encoded)

    def take(self, key: str) -> Item | None:
        """Return an item that was kept, once."""
        place = self._places.pop(key, None)
        if place is None:
            return None
        at, first, second = place
        if self._file.tell() != at:
            self._file.seek(at)
        told = self._file.read(first + second)
        sighting = msgspec.msgpack.decode(told[:first], type=Sighting)
        return Item(sighting, msgspec.json.decode(told[first:]))


def first_seen(stores: Sequence[OpenedStore]) -> Iterator[tuple[OpenedStore, Reminder]]:
    """Yield every reminder of all stores once: that of the store changed last."""
    said: set[str] = set()
    for store in stores:
        for one in read_reminders(store):
            if one.identifier not in said:
                if len(stores) > 1:
                    said.add(one.identifier)
                yield store, one
