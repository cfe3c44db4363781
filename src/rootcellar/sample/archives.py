"""Write keyed archives (NSKeyedArchiver property lists)."""

from __future__ import annotations

import plistlib


class Archive:
    """The objects of a keyed archive, referring to each other by number."""

    def __init__(self) -> None:
        self._objects: list[object] = ["$null"]
        self._classes: dict[str, plistlib.UID] = {}

    def add(self, value: object) -> plistlib.UID:
        """Store a plain value and return its number."""
        self._objects.append(value)
        return plistlib.UID(len(self._objects) - 1)

    def instance(self, name: str, fields: dict[str, object]) -> plistlib.UID:
        """Store an object of the class ``name``."""
        if name not in self._classes:
            self._classes[name] = self.add({"$classname": name, "$classes": [name, "NSObject"]})
        return self.add({"$class": self._classes[name], **fields})

    def dump(self, root: plistlib.UID) -> bytes:
        """Return the archive with ``root`` as its top object."""
        plist = {
            "$archiver": "NSKeyedArchiver",
            "$objects": self._objects,
            "$top": {"root": root},
            "$version": 100000,
        }
        return plistlib.dumps(plist, fmt=plistlib.FMT_BINARY)
