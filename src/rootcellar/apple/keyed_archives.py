"""Keyed archives: graphs of Cocoa objects in a property list, as NSKeyedArchiver writes them.

The list holds all objects in one array, `$objects`, in which they refer to each other by number;
`$top` names the roots. Every object that is no plain value names its `$class`.
"""

import plistlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from rootcellar.apple.dates import cocoa_moment

CLASS = "$class"
"""The key under which a decoded object of no well-known class names its class."""
MOST_OBJECTS = 1_000_000
DEEPEST = 200


class KeyedArchiveError(ValueError):
    """These bytes are no keyed archive, or a damaged one; the sentence says what is wrong."""


class Archive:
    """One keyed archive, opened; its objects can be looked at one by one, or decoded whole."""

    def __init__(self, data: bytes) -> None:
        """Raise KeyedArchiveError unless `data` is a keyed archive, binary or XML."""
        try:
            value = plistlib.loads(data)
        except Exception as error:  # plistlib raises nearly anything for odd bytes
            raise KeyedArchiveError(f"no property list ({type(error).__name__})") from error
        objects = value.get("$objects") if isinstance(value, dict) else None
        top = value.get("$top") if isinstance(value, dict) else None
        if not isinstance(objects, list) or not isinstance(top, dict):
            raise KeyedArchiveError("a property list that is no keyed archive")
        if len(objects) > MOST_OBJECTS:
            raise KeyedArchiveError("a keyed archive of too many objects")
        self.objects: list[Any] = objects
        self.top: Mapping[str, Any] = top

    def root(self) -> Any:
        """Return the reference to the archive's root object."""
        return self.top.get("root", next(iter(self.top.values()), None))

    def resolve(self, value: Any) -> Any:
        """Return what a reference leads to, and any other value as it is; `$null` is None."""
        if isinstance(value, plistlib.UID):
            if not 0 <= value.data < len(self.objects):
                raise KeyedArchiveError(f"object {value.data} is not there")
            value = self.objects[value.data]
        return None if isinstance(value, str) and value == "$null" else value

    def class_of(self, value: Any) -> str:
        """Return the name of an object's class, "" for a plain value."""
        if not isinstance(value, dict) or CLASS not in value:
            return ""
        described = self.resolve(value[CLASS])
        name = described.get("$classname") if isinstance(described, dict) else None
        return name if isinstance(name, str) else ""

    def pairs(self, value: Any) -> dict[Any, Any]:
        """Return a dictionary's entries; the values stay references.

        Knows NSDictionary, and the NSKnownKeysDictionary1 in which a model lists its entities.
        """
        found = self.resolve(value)
        if not isinstance(found, dict):
            return {}
        if "searchMapping" in found:
            mapping = self.resolve(found["searchMapping"])
            keys = self.members(mapping.get("keys") if isinstance(mapping, dict) else None)
            values = self.members(found.get("values"))
        else:
            keys, values = found.get("NS.keys", []), found.get("NS.objects", [])
        if not (isinstance(keys, list) and isinstance(values, list)):
            return {}
        named = ((self.resolve(key), one) for key, one in zip(keys, values, strict=False))
        return {key: one for key, one in named if isinstance(key, str | int | float)}

    def members(self, value: Any) -> list[Any]:
        """Return the members of an array or a set; they stay references."""
        found = self.resolve(value)
        members = found.get("NS.objects", []) if isinstance(found, dict) else found
        return members if isinstance(members, list) else []

    def decode(self) -> Any:
        """Return the whole graph as plain values; see `unarchive`."""
        return self._decoded(self.root(), ())

    def _decoded(self, value: Any, above: tuple[int, ...]) -> Any:
        if isinstance(value, plistlib.UID):
            if value.data in above:
                return None  # a cycle: what leads back to an object that holds it
            above = (*above, value.data)
            if len(above) > DEEPEST:
                raise KeyedArchiveError("objects lie too deep in each other")
        found = self.resolve(value)
        if isinstance(found, list):
            return [self._decoded(one, above) for one in found]
        if not isinstance(found, dict):
            return found
        name = self.class_of(found)
        if known := _KNOWN.get(name):
            return known(self, found, above)
        if "NS.keys" in found:
            return self._dictionary(found, above)
        if "NS.objects" in found:
            return self._sequence(found, above)
        fields = {key: self._decoded(one, above) for key, one in found.items() if not _is_own(key)}
        return {CLASS: name, **fields} if name else fields

    def _dictionary(self, found: dict[str, Any], above: tuple[int, ...]) -> dict[Any, Any]:
        return {
            key if isinstance(key, str) else str(key): self._decoded(one, above)
            for key, one in self.pairs(found).items()
        }

    def _sequence(self, found: dict[str, Any], above: tuple[int, ...]) -> list[Any]:
        return [self._decoded(one, above) for one in self.members(found)]

    def _date(self, found: dict[str, Any], above: tuple[int, ...]) -> datetime | None:
        del above
        return cocoa_moment(found.get("NS.time"))

    def _text(self, found: dict[str, Any], above: tuple[int, ...]) -> Any:
        return self._decoded(found.get("NS.string", ""), above)

    def _data(self, found: dict[str, Any], above: tuple[int, ...]) -> Any:
        return self._decoded(found.get("NS.data", b""), above)

    def _uuid(self, found: dict[str, Any], above: tuple[int, ...]) -> str | None:
        del above
        raw = self.resolve(found.get("NS.uuidbytes"))
        return str(UUID(bytes=raw)).upper() if isinstance(raw, bytes) and len(raw) == 16 else None

    def _url(self, found: dict[str, Any], above: tuple[int, ...]) -> Any:
        base = self._decoded(found.get("NS.base"), above)
        relative = self._decoded(found.get("NS.relative"), above)
        return f"{base}{relative}" if isinstance(base, str) else relative

    def _nothing(self, found: dict[str, Any], above: tuple[int, ...]) -> None:
        del found, above


_Decode = Callable[[Archive, dict[str, Any], tuple[int, ...]], Any]
_KNOWN: Mapping[str, _Decode] = {
    "NSDate": Archive._date,  # noqa: SLF001 - a table of the class's own methods
    "NSString": Archive._text,  # noqa: SLF001
    "NSMutableString": Archive._text,  # noqa: SLF001
    "NSData": Archive._data,  # noqa: SLF001
    "NSMutableData": Archive._data,  # noqa: SLF001
    "NSUUID": Archive._uuid,  # noqa: SLF001
    "NSURL": Archive._url,  # noqa: SLF001
    "NSNull": Archive._nothing,  # noqa: SLF001
}


def _is_own(key: object) -> bool:
    return not isinstance(key, str) or key.startswith("$")


def is_keyed_archive(data: bytes) -> bool:
    """Tell whether bytes look like a keyed archive, without decoding them."""
    return b"NSKeyedArchiver" in data[-400:] or b"NSKeyedArchiver" in data[:400]


def unarchive(data: bytes) -> Any:
    """Return what a keyed archive holds: None, bool, int, float, str, bytes, datetime, list, dict.

    Arrays and sets are lists, UUIDs and URLs texts, dates aware. An object of any other class is
    a dict of its fields with its class's name under `$class`. Where an object leads back to one
    that holds it, there is None. Raises KeyedArchiveError.
    """
    archive = Archive(data)
    try:
        return archive.decode()
    except RecursionError as error:
        raise KeyedArchiveError("objects lie too deep in each other") from error
