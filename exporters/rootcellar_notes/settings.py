"""The settings of notes, and the passwords they lead to."""

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rootcellar.api import RootcellarError

ROUNDS = 20_000


@dataclass(frozen=True, slots=True)
class NotesSettings:
    """The settings of notes.

    `locked` says what becomes of locked notes: `skip` (their titles alone are archived),
    `encrypted` (also their texts, as locked as they are) or `plain` (opened with the passwords).
    `passwords` is the path of a file with one password a line, which nobody else may read.
    """

    locked: Literal["skip", "encrypted", "plain"] = "skip"
    passwords: str = ""

    def __post_init__(self) -> None:
        """Refuse settings that contradict each other."""
        if self.locked == "plain" and not self.passwords:
            raise ValueError(
                'with locked = "plain", passwords must name a file with the passwords in it'
            )
        if self.passwords and not Path(self.passwords).expanduser().is_absolute():
            raise ValueError("passwords must be a whole path, such as ~/.notes-passwords")


def read_passwords(settings: NotesSettings) -> tuple[str, ...]:
    """Return the passwords that open locked notes; none unless locked = "plain".

    Raises RootcellarError when the file cannot be read, or when others may read it: notes that
    were opened before would otherwise be taken for locked again.
    """
    if settings.locked != "plain":
        return ()
    path = Path(settings.passwords).expanduser()
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
            f"The file {path} with passwords of notes cannot be read: {reason}.",
            hint='Correct `passwords` in the settings of notes, or set locked = "skip".',
        ) from error
    return tuple(line for line in lines if line)


def mark_of(passwords: tuple[str, ...]) -> str:
    """Return what changes when the passwords do, and tells nothing of them.

    Of a slow digest four hexadecimal digits: too few to try passwords against.
    """
    if not passwords:
        return ""
    salt = b"rootcellar: which passwords were tried"
    joined = "\n".join(passwords).encode("utf-8", "surrogatepass")
    return hashlib.pbkdf2_hmac("sha256", joined, salt, ROUNDS, 2).hex()
