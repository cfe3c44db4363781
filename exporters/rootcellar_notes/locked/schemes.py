"""How Notes locks: three schemes, told apart by the data itself, never by the system's version.

V1 (up to macOS 13, iOS 16) keeps its parameters in columns of the note. V1 Neo (macOS 14, iOS 17
and newer, when the user chose a password) and V2 (when the user chose the device's passcode) wrap
everything in a keyed archive of one ICCryptoEncryptionObject. The key of V2 is in the keychain of
the user's devices and comes from no password.
"""

import plistlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

MOST_ITERATIONS = 2_000_000
"""More rounds of PBKDF2 than this (Notes uses 20,000) are taken for damage, not waited for."""


class Scheme(StrEnum):
    """How something is locked."""

    V1 = "v1"
    V1_NEO = "v1-neo"
    V2 = "v2"
    DAMAGED = "damaged"


class Locked(Struct, frozen=True):
    """Something locked, with all that is needed beside the password.

    `associated` is authenticated with the ciphertext (V1 Neo's metadata; empty for V1). `hint` is
    what the user wrote to remember the password by.
    """

    scheme: Scheme
    ciphertext: bytes = b""
    salt: bytes = b""
    iterations: int = 0
    wrapped_key: bytes = b""
    initialization_vector: bytes = b""
    tag: bytes = b""
    associated: bytes = b""
    hint: str = ""


def scheme_of(data: bytes) -> Scheme:
    """Return how data (ZICNOTEDATA.ZDATA of a locked note, or a locked file) is locked."""
    return _from_archive(data).scheme if data.startswith(b"bplist") else Scheme.V1


def locked_from_columns(
    data: bytes,
    *,
    salt: bytes | None = None,
    iterations: int | None = None,
    wrapped_key: bytes | None = None,
    initialization_vector: bytes | None = None,
    tag: bytes | None = None,
    hint: str | None = None,
) -> Locked:
    """Return what is locked in `data`; the columns count only when it does not bring its own.

    They are ZCRYPTOSALT, ZCRYPTOITERATIONCOUNT, ZCRYPTOWRAPPEDKEY, ZPASSWORDHINT of the note and
    ZCRYPTOINITIALIZATIONVECTOR and ZCRYPTOTAG of ZICNOTEDATA (or the note). A file of a locked
    note has its own: salt and wrapped key of the ICMedia row, vector and tag in ZASSETCRYPTO….
    """
    if data.startswith(b"bplist"):
        return _from_archive(data)
    complete = data and salt and iterations and wrapped_key and initialization_vector and tag
    return Locked(
        Scheme.V1 if complete else Scheme.DAMAGED,
        data,
        salt or b"",
        iterations or 0,
        wrapped_key or b"",
        initialization_vector or b"",
        tag or b"",
        hint=hint or "",
    )


VECTOR = 32
TAG = 16
"""V1 Neo: bytes of the initialization vector and the tag, which follow the ciphertext."""


def _from_archive(data: bytes) -> Locked:
    try:
        root = _root(plistlib.loads(data))
        metadata = plistlib.loads(root["metadata"])
        if "accountKeyIdentifier" in metadata:
            return Locked(Scheme.V2)
        said = plistlib.loads(root["unauthenticatedMetadata"])
        sealed = root["encryptedData"]
        return Locked(
            Scheme.V1_NEO,
            sealed[: -VECTOR - TAG],
            bytes(said["passphraseSalt"]),
            int(said["passphraseIterationCount"]),
            root["wrappedEncryptionKey"],
            sealed[-VECTOR - TAG : -TAG],
            sealed[-TAG:],
            root["metadata"],
            str(said.get("passphraseHint", "")),
        )
    except Exception:  # noqa: BLE001 - plistlib raises whatever its parts raise, on any odd byte
        return Locked(Scheme.DAMAGED)


def _root(archive: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the attributes of a keyed archive's one object that are data."""
    objects = archive["$objects"]

    def resolved(value: object) -> object:
        if isinstance(value, plistlib.UID):
            value = objects[value.data]
        return value.get("NS.data", value) if isinstance(value, dict) else value

    root = objects[archive["$top"]["root"].data]
    values = {name: resolved(value) for name, value in root.items()}
    return {name: value for name, value in values.items() if isinstance(value, bytes)}
