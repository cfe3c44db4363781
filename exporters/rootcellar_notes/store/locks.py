"""What locks the parts of locked notes: the columns of attachments, their files, their pictures.

Every part has a lock of its own (salt, wrapped key) and, for each thing it locks, an
initialization vector and a tag: for its values (ZENCRYPTEDVALUESJSON), for its file
(ZASSETCRYPTO…), for the picture or PDF that Notes made of it (ZFALLBACKIMAGECRYPTO…,
ZFALLBACKPDFCRYPTO…). Newer systems put a keyed archive there that has all of it inside.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from rootcellar.apple.keyed_archives import KeyedArchiveError, unarchive
from rootcellar.apple.values import data, number, text
from rootcellar_notes.store.belonging import TABLE
from rootcellar_notes.store.schema import OBJECTS, Schema


class Thing(StrEnum):
    """What of a part is locked, by what its columns are called."""

    VALUES = "CRYPTO"
    FILE = "ASSETCRYPTO"
    IMAGE = "FALLBACKIMAGECRYPTO"
    PDF = "FALLBACKPDFCRYPTO"


class Key(NamedTuple):
    """What a password needs to become the key of a part."""

    salt: bytes = b""
    iterations: int = 0
    wrapped_key: bytes = b""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return bool(self.salt and self.iterations and self.wrapped_key)


class PartLock(NamedTuple):
    """The lock of one part: its key, its locked values, and (vector, tag) by thing."""

    key: Key
    values: bytes
    vectors: Mapping[Thing, tuple[bytes, bytes]]


_KEY = ("CRYPTOSALT", "CRYPTOITERATIONCOUNT", "CRYPTOWRAPPEDKEY")
_PAIRS = tuple(f"{thing}{end}" for thing in Thing for end in ("INITIALIZATIONVECTOR", "TAG"))


def part_locks(
    connection: sqlite3.Connection, schema: Schema, notes: Sequence[int]
) -> dict[str, PartLock]:
    """Return the locks of all that belongs to some notes (by row), by identifier."""
    if not notes:
        return {}
    names = ("IDENTIFIER", *_KEY, "ENCRYPTEDVALUESJSON", *_PAIRS)
    columns = [schema.value(name, "o") for name in names]
    unapplied = [schema.value(f"UNAPPLIEDENCRYPTEDRECORD{end}", "o") for end in ("", "DATA")]
    some = ",".join(str(int(pk)) for pk in notes)
    found: dict[str, PartLock] = {}
    for identifier, salt, iterations, wrapped, values, *pairs, older, newer in connection.execute(
        f"SELECT {', '.join([*columns, *unapplied])} FROM {TABLE} b "
        f"CROSS JOIN {OBJECTS} o ON o.Z_PK = b.row WHERE b.note IN ({some})"
    ):
        both = zip(pairs[::2], pairs[1::2], strict=True)
        vectors = {
            thing: (data(vector), data(tag))
            for thing, (vector, tag) in zip(Thing, both, strict=True)
        }
        lock = PartLock(Key(data(salt), number(iterations), data(wrapped)), data(values), vectors)
        found[text(identifier)] = _applied(lock, data(newer) or data(older))
    return found


def _applied(lock: PartLock, record: bytes) -> PartLock:
    """Return a lock with what iCloud sent later, and Notes has not yet put into the columns.

    It is a keyed archive of a CKRecord; what its values mean is told by other readers' sources.
    """
    if not record:
        return lock
    try:
        archived: Any = unarchive(record)
        values = archived["ValueStore"]["RecordValues"]
        key = Key(
            data(values["CryptoSalt"]),
            number(values["CryptoIterationCount"]),
            data(values["CryptoWrappedKey"]),
        )
        pair = (data(values["CryptoInitializationVector"]), data(values["CryptoTag"]))
        sealed = data(values["EncryptedValues"])
    except (KeyedArchiveError, LookupError, TypeError):
        return lock
    return PartLock(key, sealed, {**lock.vectors, Thing.VALUES: pair})
