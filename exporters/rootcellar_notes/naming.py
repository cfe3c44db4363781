"""What notes and their files wish to be called."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from rootcellar_notes.store.attachments import Attachment
from rootcellar_notes.store.files import IMAGES, Part

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffc]+")
UNTITLED = "New Note"
"""What Notes itself calls a note without a text."""
PAGE = ".md"
SEALED = ".locked.json"
NAMES = {
    "com.apple.paper.doc.scan": "Scan",
    "com.apple.paper.doc.pdf": "PDF",
    "com.apple.m4a-audio": "Recording",
}
"""What attachments are called that have no name of their own; pages and pictures aside."""


def component(text: str, otherwise: str) -> str:
    """Return a text as one part of a place; a slash in a title is no folder."""
    plain = CONTROLS.sub(" ", text.replace("/", "-")).strip()
    return otherwise if plain in ("", ".", "..") else plain


def title_of(title: str) -> str:
    """Return what a note wishes to be called."""
    return component(title, UNTITLED)


def folder(account: str, folders: Iterable[str]) -> str:
    """Return where the notes of a folder wish to lie: below their account."""
    parts = [component(account, "Notes"), *(component(one, "Folder") for one in folders)]
    return "/".join(parts)


def place(account: str, folders: Iterable[str], title: str) -> str:
    """Return where a note wishes to lie: its account, its folders, its title."""
    return f"{folder(account, folders)}/{title_of(title)}"


def role(one: Attachment, part: Part) -> str:
    """Return the role of a file among those of its note."""
    return one.identifier if part is Part.ORIGINAL else f"{one.identifier} preview"


def has_preview(one: Attachment) -> bool:
    """Tell whether Notes makes a picture or PDF of it that shows more than its file."""
    return one.has_file and (one.is_drawing or one.is_paper_document or one.parent > 0)


def stems(attachments: Sequence[Attachment]) -> dict[int, str]:
    """Return by row what the files of a note's attachments are called, endings aside.

    Names that several have are told apart by a piece of each one's identifier.
    """
    plain = {one.pk: _stem(one) for one in attachments if one.has_file}
    if len({stem.casefold() for stem in plain.values()}) == len(plain):
        return plain
    named = dict(plain)
    for letters in (8, None):
        times = Counter(stem.casefold() for stem in named.values())
        for one in attachments:
            if one.pk in named and times[named[one.pk].casefold()] > 1:
                piece = component(one.identifier[:letters], str(one.pk))
                named[one.pk] = f"{plain[one.pk]} {piece}"
    return named


def suffix(one: Attachment, stem: str, part: Part, ending: str = "") -> str:
    """Return how the name of a file goes on after the note's title; `ending` is a preview's."""
    if part is Part.PREVIEW:
        return f" - {stem}{ending}"
    mark = " (original)" if has_preview(one) else ""
    return f" - {stem}{mark}{_ending(one)}"


def suffixes(attachments: Sequence[Attachment]) -> tuple[str, ...]:
    """Return every suffix that files of a note with these attachments may have."""
    found = [PAGE]
    named = stems(attachments)
    for one in attachments:
        if one.pk not in named:
            continue
        found.append(suffix(one, named[one.pk], Part.ORIGINAL))
        if has_preview(one):
            endings = (".pdf",) if one.is_paper_document else IMAGES
            found += [suffix(one, named[one.pk], Part.PREVIEW, ending) for ending in endings]
    return tuple(dict.fromkeys(found))


def _stem(one: Attachment) -> str:
    name = component(one.file_name or one.user_title or one.title, "")
    stem, dot, ending = name.rpartition(".")
    if dot and 0 < len(ending) <= 8 and " " not in ending:
        name = stem
    if name.strip(" ."):
        return name.strip()
    if one.is_drawing:
        return "Drawing"
    return "Page" if one.parent else NAMES.get(one.uti, "Attachment")


def _ending(one: Attachment) -> str:
    """Return the ending of the file that was added, by its name or else by its kind."""
    _, dot, ending = component(one.file_name, "").rpartition(".")
    if dot and 0 < len(ending) <= 8 and " " not in ending:
        return f".{ending}"
    return _ending_of_kind(one.uti) if one.uti and not one.uti.startswith("dyn.") else ""


def _ending_of_kind(uti: str) -> str:
    from utitools import preferred_suffix_for_uti

    try:
        return preferred_suffix_for_uti(uti) or ""
    except (ValueError, KeyError, TypeError):
        return ""
