"""Attachments of locked notes: their values and files, opened or kept as locked as they are."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from rootcellar.api import Absent, Bytes, CopyOf
from rootcellar_notes.locked import (
    Locked,
    NotUnlocked,
    Scheme,
    Unlocker,
    locked_from_columns,
    scheme_of,
)
from rootcellar_notes.store.attachments import Attachment
from rootcellar_notes.store.files import Part
from rootcellar_notes.store.locks import Key, PartLock, Thing

SMALL = 64 * 1024
"""Bytes of an opened file that travel with its item; of a larger one its path in the scratch."""
DAMAGED = "Open the note in Notes. If the attachment is all there, copy it out of the note."

Facts = dict[str, object]

TEXTS = {
    "filename": "file_name",
    "title": "title",
    "userTitle": "user_title",
    "urlString": "url",
    "summary": "summary",
    "altText": "alt_text",
    "tokenContentIdentifier": "token",
    "ocrSummary": "recognised",
    "handwritingSummary": "handwriting",
}
"""Names in the locked values, and what of an attachment they are."""


class LockedParts:
    """The parts of one locked note, and the passwords that may open them."""

    def __init__(
        self, locks: Mapping[str, PartLock], of_note: Key, doors: Unlocker, scratch: Path
    ) -> None:
        """`of_note` is the note's own key, for parts that have none."""
        self.locks = locks
        self.of_note = of_note
        self.doors = doors
        self.scratch = scratch
        self.troubles: list[str] = []

    def locked(self, identifier: str, thing: Thing, sealed: bytes) -> Locked:
        """Return something locked of a part, with all that is needed beside the password."""
        lock = self.locks.get(identifier) or PartLock(Key(), b"", {})
        key = lock.key if lock.key.is_whole else self.of_note
        vector, tag = lock.vectors.get(thing, (b"", b""))
        return locked_from_columns(
            sealed,
            salt=key.salt,
            iterations=key.iterations,
            wrapped_key=key.wrapped_key,
            initialization_vector=vector,
            tag=tag,
        )

    def opened(self, one: Attachment) -> Attachment:
        """Return an attachment with its locked values, and its file's, put into their places."""
        said = {**self._values(one.media), **self._values(one.identifier)}
        texts = {
            TEXTS[name]: value
            for name, value in said.items()
            if name in TEXTS and isinstance(value, str)
        }
        changed = replace(one, **texts)
        if packed := said.get("mergeableData"):
            try:
                changed.mergeable = base64.b64decode(packed)
            except (binascii.Error, TypeError, ValueError):
                self.troubles.append("The data of an attachment is damaged.")
        return changed

    def _values(self, identifier: str) -> dict[str, Any]:
        lock = self.locks.get(identifier)
        if lock is None or not lock.values:
            return {}
        try:
            found = json.loads(self.doors.open(self.locked(identifier, Thing.VALUES, lock.values)))
        except NotUnlocked as error:
            self.troubles.append(f"An attachment stays locked. {error}")
            return {}
        except ValueError:
            self.troubles.append("What an attachment says of itself is damaged.")
            return {}
        return found if isinstance(found, dict) else {}

    def file(self, one: Attachment, part: Part, path: str) -> Bytes | CopyOf | Absent:
        """Return a locked file opened; Absent when it cannot be."""
        identifier, thing = locked_thing(one, part, path)
        try:
            sealed = Path(path).read_bytes()
            if not self._is_locked(identifier, thing, sealed):
                return CopyOf(Path(path))
            opened = self.doors.open(self.locked(identifier, thing, sealed))
        except NotUnlocked as error:
            return Absent(f"An attachment of a locked note stays locked. {error}", error.hint)
        except OSError as error:
            reason = f"An attachment of a locked note cannot be read: {error.strerror}."
            return Absent(reason, DAMAGED)
        return self._kept(f"opened {identifier} {part}", opened)

    def sealed(
        self, one: Attachment, part: Part, path: str
    ) -> tuple[Bytes | CopyOf, Facts] | None:
        """Return a file's bytes as locked as they are, and their lock; None when no password fits.

        The bytes are the ciphertext alone, whatever the scheme put around it.
        """
        identifier, thing = locked_thing(one, part, path)
        try:
            sealed = Path(path).read_bytes()
        except OSError:
            return None
        locked = self.locked(identifier, thing, sealed)
        if locked.scheme in (Scheme.V2, Scheme.DAMAGED):
            return None
        lock = sealed_json(replace(locked, ciphertext=b""))
        if locked.scheme is Scheme.V1:
            return CopyOf(Path(path)), lock
        return self._kept(f"sealed {identifier} {part}", locked.ciphertext), lock

    def sealed_values(self, one: Attachment) -> Facts:
        """Return the locked values of an attachment and of its file, as locked as they are."""
        found: Facts = {}
        for name, identifier in (("values", one.identifier), ("file_values", one.media)):
            lock = self.locks.get(identifier)
            if lock is not None and lock.values:
                locked = self.locked(identifier, Thing.VALUES, lock.values)
                if locked.scheme not in (Scheme.V2, Scheme.DAMAGED):
                    found[name] = sealed_json(locked)
        return found

    def _is_locked(self, identifier: str, thing: Thing, content: bytes) -> bool:
        """Tell whether a file is locked: it brings a lock, or the store has one for it."""
        if content.startswith(b"bplist"):
            return scheme_of(content) is not Scheme.DAMAGED
        lock = self.locks.get(identifier)
        return lock is not None and any(lock.vectors.get(thing, ()))

    def _kept(self, name: str, content: bytes) -> Bytes | CopyOf:
        """Return bytes as the core takes them; many large ones would fill the memory."""
        if len(content) <= SMALL:
            return Bytes(content)
        kept = self.scratch / f"part-{hashlib.sha256(name.encode()).hexdigest()[:32]}"
        kept.write_bytes(content)
        return CopyOf(kept)


def locked_thing(one: Attachment, part: Part, path: str) -> tuple[str, Thing]:
    """Return whose lock a file has, by identifier, and which of that lock's things it is."""
    if part is Part.ORIGINAL:
        return one.media, Thing.FILE
    if one.is_drawing:
        return one.identifier, Thing.IMAGE
    if one.is_paper_document:
        return one.identifier, Thing.PDF
    names = (found.identifier for found in one.previews)
    return next((name for name in names if f"/{name}" in path), ""), Thing.VALUES


def sealed_json(locked: Locked) -> Facts:
    """Return something locked as JSON, from which its password opens it; docs/how-to tell how.

    What the person wrote to remember the password by is left out: it may be the password.
    """
    values = {
        "scheme": str(locked.scheme),
        "iterations": locked.iterations,
        "salt": locked.salt,
        "wrapped_key": locked.wrapped_key,
        "initialization_vector": locked.initialization_vector,
        "tag": locked.tag,
        "associated": locked.associated,
        "ciphertext": locked.ciphertext,
    }
    return {
        name: base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for name, value in values.items()
    }


def sealed_suffix(one: Attachment, part: Part) -> str:
    """Return how the name of a file that is kept locked goes on after the note's title."""
    digest = hashlib.sha256(one.identifier.encode()).hexdigest()[:8]
    return f" - {digest}{'' if part is Part.ORIGINAL else ' preview'}.locked"
