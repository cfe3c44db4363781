"""Who shares a note or a folder: read from the share record that iCloud gave the store.

ZSERVERSHAREDATA is a keyed archive (NSKeyedArchiver) of a CKShare. Its classes are Apple's
private ones, so what is looked for is what people are: names, addresses, roles.
"""

import plistlib
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

ROLES = {1: "owner", 2: "administrator", 3: "private user", 4: "public user"}
"""CKShare.ParticipantRole (CloudKit)."""
PERMISSIONS = {1: "none", 2: "read only", 3: "read and write"}
"""CKShare.ParticipantPermission (CloudKit)."""
STATES = {1: "pending", 2: "accepted", 3: "removed"}
"""CKShare.ParticipantAcceptanceStatus (CloudKit)."""
DEEPEST = 24


class Participant(Struct, frozen=True):
    """Someone who shares; "" for whatever is not said."""

    name: str = ""
    email: str = ""
    phone: str = ""
    role: str = ""
    permission: str = ""
    state: str = ""

    @property
    def is_owner(self) -> bool:
        """Whether it is theirs."""
        return self.role == "owner"


class Share(Struct, frozen=True):
    """A share: `url` is the link people were given, "" if none is told."""

    participants: tuple[Participant, ...] = ()
    url: str = ""


def read_share(archive: bytes) -> Share | None:
    """Return the share in a keyed archive; None for no archive, or one that cannot be read."""
    if not archive:
        return None
    try:
        plist = plistlib.loads(archive)
        objects = plist["$objects"]
    except Exception:  # noqa: BLE001 - plistlib raises whatever its parts raise, on any odd byte
        return None
    if not isinstance(objects, list):
        return None
    reader = _Archive(objects)
    return Share(tuple(reader.participants()), reader.url())


class _Archive:
    """The objects of a keyed archive; every look into it is guarded, none can loop."""

    def __init__(self, objects: list[Any]) -> None:
        self.objects = objects

    def get(self, value: object) -> Any:
        if isinstance(value, plistlib.UID):
            found = self.objects[value.data] if value.data < len(self.objects) else None
            return None if found == "$null" else found
        return value

    def class_of(self, one: Mapping[str, Any]) -> str:
        named = self.get(one.get("$class"))
        name = named.get("$classname", "") if isinstance(named, dict) else ""
        return name if isinstance(name, str) else ""

    def participants(self) -> Iterator[Participant]:
        found = [
            self._participant(one)
            for one in self.objects
            if isinstance(one, dict) and self.class_of(one) == "CKShareParticipant"
        ]
        yield from dict.fromkeys(sorted(found, key=lambda one: (not one.is_owner, one.name)))

    def _participant(self, one: Mapping[str, Any]) -> Participant:
        values = {name.lower(): self.get(value) for name, value in one.items()}
        role = values.get("role", values.get("type"))
        given = list(self._texts(one, ("givenname", "namepersongivenname")))
        family = list(self._texts(one, ("familyname", "namepersonfamilyname")))
        return Participant(
            name=" ".join([*given[:1], *family[:1]]),
            email=next(self._texts(one, ("emailaddress", "email")), ""),
            phone=next(self._texts(one, ("phonenumber", "phone")), ""),
            role=_word(role, ROLES),
            permission=_word(values.get("permission"), PERMISSIONS),
            state=_word(values.get("acceptancestatus"), STATES),
        )

    def _texts(self, top: Mapping[str, Any], endings: tuple[str, ...]) -> Iterator[str]:
        """Yield the texts under keys of these names, in and below an object."""
        seen: set[int] = set()
        waiting: list[tuple[object, int]] = [(top, 0)]
        while waiting:
            one, depth = waiting.pop(0)
            if not isinstance(one, dict) or id(one) in seen or depth > DEEPEST:
                continue
            seen.add(id(one))
            for name, value in one.items():
                inner = self.get(value)
                bare = name.lower().rpartition(".")[2]
                if isinstance(inner, str) and inner and bare.endswith(endings):
                    yield inner
                elif isinstance(inner, dict) and name != "$class":
                    waiting.append((inner, depth + 1))

    def url(self) -> str:
        for one in self.objects:
            if isinstance(one, dict) and self.class_of(one) == "NSURL":
                found = self.get(one.get("NS.relative"))
                if isinstance(found, str) and "icloud.com" in found:
                    return found
        return ""


def _word(value: object, words: Mapping[int, str]) -> str:
    return words.get(value, "") if isinstance(value, int) else ""
