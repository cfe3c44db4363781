"""The passwords of locked notes: typed, from the keyring, or out of a file; kept nowhere.

The only place that reads them. What opens notes with them is `rootcellar_notes.locked`.
"""

import hashlib
import stat
from pathlib import Path

from rootcellar.api import Capture, RootcellarError
from rootcellar_notes.settings import ASK, KEYRING, NotesSettings

SERVICE = "rootcellar-notes"
"""What the keyring knows our passwords by; their names are 1, 2, 3, …"""
MOST = 100
"""Passwords that are looked for in a keyring."""
ROUNDS = 20_000
QUESTION = "Password of locked notes"
CORRECT = 'Correct `passwords` in the settings of notes, or set locked = "skip".'
KEEP = f"Put one in with `keyring set {SERVICE} 1`, and others as 2, 3, …"


def question(settings: NotesSettings) -> str:
    """Return what to ask on the terminal before a run; "" when nothing needs to be asked."""
    return QUESTION if settings.locked == "plain" and settings.passwords == ASK else ""


def passwords_of(capture: Capture) -> tuple[str, ...] | None:
    """Return the passwords that open locked notes; none unless locked = "plain".

    None when they are to be typed and nobody was there to do so. Raises RootcellarError when
    they cannot be had, or when others may read the file they are in: notes that were opened
    before would otherwise be taken for locked again.
    """
    settings: NotesSettings = capture.settings
    if settings.locked != "plain" or not settings.passwords:
        return ()
    if settings.passwords == ASK:
        return capture.answers
    if settings.passwords == KEYRING:
        return _from_keyring()
    return _from_file(Path(settings.passwords).expanduser())


def _from_file(path: Path) -> tuple[str, ...]:
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise RootcellarError(
                f"The file {path} with passwords of notes can be read by others.",
                hint=f"Keep it to yourself: chmod 600 '{path}'",
            )
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise RootcellarError(
            f"The file {path} with passwords of notes cannot be read: {reason}.", hint=CORRECT
        ) from error
    return tuple(line for line in lines if line)


def _from_keyring() -> tuple[str, ...]:
    import keyring

    found: list[str] = []
    try:
        while len(found) < MOST and (one := keyring.get_password(SERVICE, str(len(found) + 1))):
            found.append(one)
    except Exception as error:  # every keyring is another program, with errors of its own
        raise RootcellarError(
            f"The keyring with passwords of notes cannot be read: {error}", hint=CORRECT
        ) from error
    if not found:
        raise RootcellarError("There is no password of notes in the keyring.", hint=KEEP)
    return tuple(found)


def mark_of(passwords: tuple[str, ...]) -> str:
    """Return what changes when the passwords do, and tells nothing of them.

    Of a slow digest four hexadecimal digits: too few to try passwords against.
    """
    if not passwords:
        return ""
    salt = b"rootcellar: which passwords were tried"
    joined = "\n".join(passwords).encode("utf-8", "surrogatepass")
    return hashlib.pbkdf2_hmac("sha256", joined, salt, ROUNDS, 2).hex()
