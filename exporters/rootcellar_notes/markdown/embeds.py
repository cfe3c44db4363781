"""What stands in a text besides text, as the writers of pages need it: the interface to them.

A renderer knows nothing of files or of other notes. It asks two questions: what is this
attachment, and where is that note. Whoever knows answers with the types below.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from rootcellar_notes.blocks import Attachment, Table


class Media(StrEnum):
    """How a file is shown."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    PDF = "pdf"
    OTHER = "other"


class Aside(Struct, frozen=True, omit_defaults=True):
    """Words that belong to a file: a transcript, a summary, the text of handwriting."""

    title: str
    text: str


class FileEmbed(Struct, frozen=True, omit_defaults=True, tag="file"):
    """A file. `path` is where the page finds it, with `/` and not percent-encoded.

    For Markdown and HTML it is relative to the page; for Obsidian from the vault's top, or the
    mere name where that is unique.
    """

    path: str
    title: str = ""
    media: Media = Media.OTHER
    asides: tuple[Aside, ...] = ()


class Gallery(Struct, frozen=True, omit_defaults=True, tag="gallery"):
    """Several files that are one attachment: the pages of a scan."""

    files: tuple[FileEmbed, ...]
    title: str = ""
    asides: tuple[Aside, ...] = ()


class Card(Struct, frozen=True, omit_defaults=True, tag="card"):
    """A link that Notes shows as a card: a web page, a place on a map."""

    url: str
    title: str = ""
    summary: str = ""


class Tag(Struct, frozen=True, omit_defaults=True, tag="hashtag"):
    """A hashtag; `text` with or without its `#`."""

    text: str


class Words(Struct, frozen=True, omit_defaults=True, tag="words"):
    """Text that Notes put in by itself: a mention, the result of a calculation."""

    text: str


class NoteLink(Struct, frozen=True, omit_defaults=True, tag="note"):
    """A link to a note; `url` is what Notes calls it (`applenotes:note/…`)."""

    url: str
    text: str


class Missing(Struct, frozen=True, omit_defaults=True, tag="missing"):
    """Something that cannot be shown; `reason` is a short phrase (`only in iCloud`)."""

    title: str
    reason: str = ""


Embed = FileEmbed | Gallery | Card | Tag | Words | NoteLink | Missing | Table


class Surroundings(NamedTuple):
    """The two questions. Without answers, attachments are said to be missing, links stay."""

    embed: Callable[[Attachment], Embed | None] = lambda _: None
    """What an attachment is; None when nobody knows."""

    note: Callable[[str], str | None] = lambda _: None
    """The path of the note with this identifier (in capitals), as in `FileEmbed.path`."""


IDENTIFIER = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def note_identifier(url: str) -> str | None:
    """Return the identifier of the note that a link leads to, in capitals; None for other links.

    Notes writes `applenotes:note/<uuid>?ownerIdentifier=…` (in small letters, while ZIDENTIFIER
    is in capitals), `applenotes://showNote?identifier=<uuid>` and `notes://showNote?…`; a link
    to a shared note on the web names no identifier that the store knows.
    """
    scheme, _, rest = url.partition(":")
    if scheme.lower() not in ("applenotes", "notes", "mobilenotes"):
        return None
    try:
        parts = urlsplit(rest)
        asked = parse_qs(parts.query, max_num_fields=50).get("identifier", [""])[0]
    except ValueError:
        return None
    found = IDENTIFIER.search(asked) or IDENTIFIER.search(parts.path)
    return found.group().upper() if found else None
