"""The settings of notes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ASK = "ask"
KEYRING = "keyring"
APP = "Notes app"
"""What the app itself is called among the stores; none has such a name."""


@dataclass(frozen=True, slots=True)
class NotesSettings:
    """The settings of notes.

    `locked` says what becomes of locked notes: `skip` (their titles alone are archived),
    `encrypted` (also their texts, as locked as they are) or `plain` (opened with the passwords).
    `passwords` says where these are: `ask` (typed at every run), `keyring`, or the path of a file
    with one password a line, which nobody else may read. `live`: the Notes app itself is asked, on
    its own Mac, for notes of accounts that no store has, and for locked ones that it has open.
    """

    locked: Literal["skip", "encrypted", "plain"] = "skip"
    passwords: str = ""
    live: bool = False

    def __post_init__(self) -> None:
        """Refuse settings that contradict each other."""
        if self.locked == "plain" and not (self.passwords or self.live):
            raise ValueError(
                'with locked = "plain", passwords must be "ask", "keyring" or name a file'
            )
        elsewhere = self.passwords in ("", ASK, KEYRING)
        if not elsewhere and not Path(self.passwords).expanduser().is_absolute():
            raise ValueError(
                'passwords must be "ask", "keyring" or a whole path, such as ~/.notes-passwords'
            )
