"""Locks as Notes does, so that tests have something locked to open."""

import hashlib
import os
import plistlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from rootcellar_notes.locked import Locked, locked_from_columns

SALT = bytes(range(32))


def encrypted(
    text: bytes, key: bytes, vector: bytes, associated: bytes = b""
) -> tuple[bytes, bytes]:
    """Return (ciphertext, tag) as Notes writes them."""
    writing = Cipher(algorithms.AES(key), modes.GCM(vector)).encryptor()
    writing.authenticate_additional_data(associated)
    return writing.update(text) + writing.finalize(), writing.tag


def wrapped(password: str, key: bytes, salt: bytes, size: int) -> bytes:
    return aes_key_wrap(hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 100, size), key)


def locked_by_v1(text: bytes, password: str) -> Locked:
    key, vector = os.urandom(16), os.urandom(16)
    ciphertext, tag = encrypted(text, key, vector)
    return locked_from_columns(
        ciphertext,
        salt=SALT[:16],
        iterations=100,
        wrapped_key=wrapped(password, key, SALT[:16], 16),
        initialization_vector=vector,
        tag=tag,
    )


def keyed_archive(**values: bytes) -> bytes:
    objects: list[object] = ["$null", {}]
    root: dict[str, object] = {}
    for name, value in values.items():
        root[name] = plistlib.UID(len(objects))
        objects.append(value)
    objects[1] = root
    return plistlib.dumps(
        {
            "$version": 100000,
            "$archiver": "NSKeyedArchiver",
            "$top": {"root": plistlib.UID(1)},
            "$objects": objects,
        },
        fmt=plistlib.FMT_BINARY,
    )


def neo(text: bytes, password: str) -> bytes:
    key, vector = os.urandom(32), os.urandom(32)
    metadata = plistlib.dumps({"cipherVersion": 2}, fmt=plistlib.FMT_BINARY)
    said = {"passphraseSalt": SALT, "passphraseIterationCount": 100, "passphraseHint": "fruit"}
    ciphertext, tag = encrypted(text, key, vector, metadata)
    return keyed_archive(
        metadata=metadata,
        unauthenticatedMetadata=plistlib.dumps(said, fmt=plistlib.FMT_BINARY),
        wrappedEncryptionKey=wrapped(password, key, SALT, 32),
        encryptedData=ciphertext + vector + tag,
    )
