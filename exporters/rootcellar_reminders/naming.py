"""What lists, and the files of reminders, wish to be called."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from rootcellar_reminders.store.attachments import Attachment, split_name
from rootcellar_reminders.store.reminders import Reminder

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffc]+")
LOOSE = "Without a list"
"""Where reminders lie whose list is not there."""


def component(text: str, otherwise: str) -> str:
    """Return a text as one part of a place; a slash in a title is no folder."""
    plain = CONTROLS.sub(" ", text.replace("/", "-")).strip()
    return otherwise if plain in ("", ".", "..") else plain


@lru_cache(maxsize=1024)
def list_place(account: str, name: str) -> str:
    """Return where a list wishes to lie."""
    return f"{component(account, 'Reminders')}/{component(name, 'Untitled list')}"


def template_place(account: str, name: str) -> str:
    """Return where a template wishes to lie: beside the lists, in a folder of templates."""
    return f"{component(account, 'Reminders')}/Templates/{component(name, 'Untitled template')}"


def place(one: Reminder, account: str) -> str:
    """Return where a reminder wishes to lie: in a folder named for its list.

    Its title is part of that only where files bear it; else a new title would be a move.
    """
    above = list_place(account, one.placed.name if one.placed else LOOSE)
    own = component(one.title, "Reminder") if one.files else one.identifier.replace("/", "-")
    return f"{above}/{own}"


def suffixes(one: Reminder) -> tuple[str, ...]:
    """Return how the names of a reminder's files go on after its title."""
    if not one.files:
        return (f".{one.identifier}",)  # it has none; so it can clash with no other
    return tuple(name for _, name in file_suffixes(one.files))


def file_suffixes(files: Sequence[Attachment]) -> list[tuple[Attachment, str]]:
    """Return files with their suffixes; equal names are told apart by their identifiers."""
    stems = [component(split_name(one.name)[0], "attachment") for one in files]
    endings = [one.ending for one in files]
    times = Counter(
        (f"{stem}{ending}").casefold() for stem, ending in zip(stems, endings, strict=True)
    )
    found = []
    for one, stem, ending in zip(files, stems, endings, strict=True):
        mark = f" {one.identifier[:8]}" if times[f"{stem}{ending}".casefold()] > 1 else ""
        found.append((one, f" - {stem}{mark}{ending}"))
    return found
