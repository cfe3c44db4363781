"""Opening what is locked: the only place that handles passwords, keys and decrypted bytes.

A password becomes a key by PBKDF2 (HMAC-SHA256), that key unwraps the note's own key (RFC 3394),
and that one opens the text (AES-GCM). Unwrapping fails for a wrong password, so none is mistaken
for right. `cryptography` is imported when the first locked note is opened.
"""

import hashlib
import unicodedata
from collections.abc import Iterable

from rootcellar_notes.locked.schemes import MOST_ITERATIONS, Locked, Scheme


class NotUnlocked(Exception):
    """Something stays locked; `hint` says what to do about it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class WrongPassword(NotUnlocked):
    """None of the passwords opens it (or none was given)."""


class NeedsDevice(NotUnlocked):
    """It is locked with a device's passcode: no password opens it anywhere else."""


class Unreadable(NotUnlocked):
    """The password may be right, but what is locked is damaged."""


class Unlocker:
    """Tries a person's passwords; the one that worked last is tried first the next time."""

    def __init__(self, passwords: Iterable[str]) -> None:
        """Take passwords as they were typed; empty ones are left out."""
        self._passwords = list(dict.fromkeys(one for one in passwords if one))
        self._keys: dict[tuple[str, bytes, int, int], bytes] = {}

    def __repr__(self) -> str:
        """Tell nothing: passwords do not belong in traces."""
        return f"<Unlocker with {len(self._passwords)} passwords>"

    def open(self, locked: Locked) -> bytes:
        """Return what is locked; raises WrongPassword, NeedsDevice or Unreadable."""
        if locked.scheme is Scheme.V2:
            raise NeedsDevice(
                "It is locked with the passcode of a device.",
                hint="Open it in Notes and choose Remove Lock, or change the lock to a password "
                "(Notes, Settings, Locked Notes).",
            )
        if locked.scheme is Scheme.DAMAGED or not 0 < locked.iterations <= MOST_ITERATIONS:
            raise Unreadable(
                "What is needed to unlock it is missing or damaged.",
                hint="Open it in Notes on a device where it can be read, and remove the lock.",
            )
        for password in list(self._passwords):
            key = self._note_key(locked, password)
            if key is not None:
                self._passwords.remove(password)
                self._passwords.insert(0, password)
                return _decrypted(locked, key)
        # The hint people wrote may be the password itself: it belongs in no report.
        if not self._passwords:
            raise WrongPassword("It is locked.", hint="Give its password.")
        raise WrongPassword(
            "None of the passwords opens it.",
            hint="Notes locked earlier keep the password they were locked with; add that one.",
        )

    def fits(self, salt: bytes, iterations: int, verifier: bytes) -> bool:
        """Tell whether one of the passwords is an account's (ZCRYPTOSALT, …, ZCRYPTOVERIFIER)."""
        locked = Locked(Scheme.V1, b"", salt, iterations, verifier)
        if not 0 < iterations <= MOST_ITERATIONS:
            return False
        return any(self._note_key(locked, password) is not None for password in self._passwords)

    def _note_key(self, locked: Locked, password: str) -> bytes | None:
        """Return the note's own key, None when the password is not the one."""
        from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

        # A keyboard may compose accents in another way than the one that locked the note.
        spellings = (password, *(unicodedata.normalize(form, password) for form in ("NFC", "NFD")))
        for spelled in dict.fromkeys(spellings):
            try:
                return aes_key_unwrap(self._wrapping_key(locked, spelled), locked.wrapped_key)
            except (InvalidUnwrap, ValueError):
                continue
        return None

    def _wrapping_key(self, locked: Locked, password: str) -> bytes:
        size = 16 if locked.scheme is Scheme.V1 else 32
        known = (password, locked.salt, locked.iterations, size)
        if known not in self._keys:
            self._keys[known] = hashlib.pbkdf2_hmac(
                "sha256",
                password.encode("utf-8", "surrogatepass"),
                locked.salt,
                locked.iterations,
                size,
            )
        return self._keys[known]


def _decrypted(locked: Locked, key: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    try:
        vector = modes.GCM(locked.initialization_vector, locked.tag)
        reading = Cipher(algorithms.AES(key), vector).decryptor()
        reading.authenticate_additional_data(locked.associated)
        return reading.update(locked.ciphertext) + reading.finalize()
    except (InvalidTag, ValueError) as error:
        raise Unreadable(
            "The password is right, but what it locks is damaged.",
            hint="Open it in Notes on a device where it can be read, and remove the lock.",
        ) from error
