"""Models of Core Data, as a store caches its own: which entity owns which properties."""

import zlib
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from rootcellar.apple.keyed_archives import Archive, KeyedArchiveError
from rootcellar.apple.values import number

LARGEST_MODEL = 64 << 20
_ATTRIBUTES = ("NSAttributeDescription", "NSDerivedAttributeDescription")
_HEADERS = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_RELATIONSHIP = "NSRelationshipDescription"


class Property(Struct, frozen=True):
    """One property of an entity's own: `target` is the entity that a relationship leads to.

    `kind` is Core Data's number for the type of an attribute (700 text, 900 date, 1000 bytes,
    1800 transformable), 0 for a relationship.
    """

    name: str
    kind: int = 0
    target: str = ""


Properties = Mapping[str, tuple[Property, ...]]
"""By entity, the properties that it owns and that have a column."""


def decode_model(content: bytes) -> tuple[Properties, str]:
    """Return what a cached model says: properties by entity, and the model's version.

    `content` is a keyed archive of an NSManagedObjectModel: deflated without a header in all
    stores seen, here read with a header of zlib's or gzip's, and plain, as well. Raises
    KeyedArchiveError. In real stores of Notes and Photos, macOS 10.15 to 26, the columns that
    follow from it are those that are there, every one and no other.
    """
    archive = Archive(_inflated(content))
    model = archive.resolve(archive.root())
    if archive.class_of(model) != "NSManagedObjectModel":
        raise KeyedArchiveError("it is no model of Core Data")
    entities = archive.pairs(model.get("NSEntities"))
    found = {str(name): _owned(archive, entity) for name, entity in entities.items()}
    versions = [archive.resolve(one) for one in archive.members(model.get("NSVersionIdentifiers"))]
    return found, ", ".join(sorted(str(one) for one in versions if one))


def _inflated(content: bytes) -> bytes:
    """Return a keyed archive out of its wrapping; the bytes tell which that is."""
    if content.startswith((b"bplist", b"<?xml")):
        return content
    try:
        inflate = zlib.decompressobj(47 if content.startswith(_HEADERS) else -15)
        return inflate.decompress(content, LARGEST_MODEL)
    except zlib.error as error:
        raise KeyedArchiveError(f"it is not deflated ({error})") from error


def _owned(archive: Archive, entity: Any) -> tuple[Property, ...]:
    described = archive.resolve(entity)
    if not isinstance(described, dict):
        return ()
    owned = []
    for name, reference in archive.pairs(described.get("NSProperties")).items():
        one = archive.resolve(reference)
        kind = archive.class_of(one)
        if not isinstance(one, dict) or one.get("NSIsTransient"):
            continue
        if kind in _ATTRIBUTES:
            owned.append(Property(str(name), number(archive.resolve(one.get("NSAttributeType")))))
        elif kind == _RELATIONSHIP and one.get("NSMaxCount") == 1:
            target = archive.resolve(one.get("_NSDestinationEntityName"))
            owned.append(Property(str(name), 0, target if isinstance(target, str) else ""))
    return tuple(owned)
