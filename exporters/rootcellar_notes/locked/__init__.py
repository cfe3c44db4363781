"""Locked notes: opened with the owner's password, told apart when no password can open them."""

from rootcellar_notes.locked.schemes import Locked, Scheme, locked_from_columns, scheme_of
from rootcellar_notes.locked.unlocking import (
    NeedsDevice,
    NotUnlocked,
    Unlocker,
    Unreadable,
    WrongPassword,
)

__all__ = [
    "Locked",
    "NeedsDevice",
    "NotUnlocked",
    "Scheme",
    "Unlocker",
    "Unreadable",
    "WrongPassword",
    "locked_from_columns",
    "scheme_of",
]
