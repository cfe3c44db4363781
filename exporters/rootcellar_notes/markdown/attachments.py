"""What stands in a line of text besides text, as Markdown: files, tags, links to notes."""

import re
from typing import NamedTuple

from rootcellar_notes.blocks import Attachment, Table
from rootcellar_notes.markdown.embeds import (
    Card,
    Embed,
    FileEmbed,
    Gallery,
    Media,
    Missing,
    NoteLink,
    Surroundings,
    Tag,
    Words,
    note_identifier,
)
from rootcellar_notes.markdown.escaping import (
    BREAKS,
    destination,
    encoded_path,
    escaped,
    is_active,
    plain,
)
from rootcellar_notes.markdown.flavours import Flavour

NOT_IN_TAGS = re.compile("[\u2000-\u206f\u2e00-\u2e7f'!\"#$%&()*+,.:;<=>?@^`{|}~\\[\\]\\\\\\s]+")
"""What Obsidian allows in no tag."""


class Attached(NamedTuple):
    """One attachment: `words` are text like any other, `ready` is Markdown for the line.

    `below` is what needs a block of its own (a table, the pages of a scan, a transcript).
    """

    words: str = ""
    ready: str = ""
    below: Embed | None = None


def attached(
    attachment: Attachment, flavour: Flavour, surroundings: Surroundings, *, cell: bool
) -> Attached:
    """Return what an attachment is on a page; one that nobody knows is said to be missing."""
    embed = surroundings.embed(attachment)
    obsidian = flavour is Flavour.OBSIDIAN
    match embed:
        case Words(text):
            return Attached(words=text)
        case Tag(text):
            name = text.removeprefix("#")
            return Attached(ready=obsidian_tag(name)) if obsidian else Attached(words="#" + name)
        case NoteLink():
            return _note(embed, flavour, surroundings, cell)
        case Card():
            return Attached(ready=_card(embed, obsidian, cell))
        case FileEmbed():
            below = embed if embed.asides and not cell else None
            return Attached(ready=file_link(embed, flavour, cell=cell), below=below)
        case Gallery() if cell:
            files = [file_link(one, flavour, cell=True) for one in embed.files]
            return Attached(ready=" ".join(files))
        case Gallery() | Table() if not cell:
            return Attached(below=embed)
        case Missing(title, reason):
            said = f"{title}: {reason}" if reason else title
        case _:
            said = f"{attachment.uti or 'an attachment'}: cannot be shown"
    return Attached(ready=f"<em>{one_line(said, obsidian=obsidian, cell=cell)}</em>")


def _note(link: NoteLink, flavour: Flavour, surroundings: Surroundings, cell: bool) -> Attached:
    identifier = note_identifier(link.url)
    path = surroundings.note(identifier) if identifier else None
    if path is None:
        return Attached(words=link.text)
    return Attached(ready=note_link(path, link.text, flavour, cell=cell))


def file_link(file: FileEmbed, flavour: Flavour, *, cell: bool) -> str:
    """Return a file as an image, an embed or a link, whatever the flavour can show of it."""
    title = file.title or file.path.rpartition("/")[2]
    if flavour is Flavour.OBSIDIAN and fits_wikilink(file.path):
        if file.media is not Media.OTHER:
            return f"![[{file.path}]]"
        if not fits_alias(title) or title == file.path:
            return f"[[{file.path}]]"
        bar = r"\|" if cell else "|"
        return f"[[{file.path}{bar}{title}]]"
    shown = flavour is Flavour.OBSIDIAN and file.media is not Media.OTHER
    mark = "!" if shown or file.media is Media.IMAGE else ""
    name = one_line(title, obsidian=flavour is Flavour.OBSIDIAN, cell=cell)
    return f"{mark}[{name}]({encoded_path(file.path)})"


def note_link(path: str, text: str, flavour: Flavour, *, cell: bool) -> str:
    """Return a link to another note."""
    if flavour is Flavour.OBSIDIAN and fits_wikilink(path) and fits_alias(text):
        bar = r"\|" if cell else "|"
        return f"[[{path.removesuffix('.md')}{bar}{text}]]"
    name = one_line(text or path, obsidian=flavour is Flavour.OBSIDIAN, cell=cell)
    return f"[{name}]({encoded_path(path)})"


def fits_wikilink(path: str) -> bool:
    """Tell whether a path can stand between `[[` and `]]`."""
    return bool(path) and not any(one in "[]|#^\\" or one < " " for one in path)


def fits_alias(text: str) -> bool:
    """Tell whether a text can be what a wikilink shows, letter for letter."""
    return bool(text.strip()) and not any(one in "[]|\\<>&`#^*_~=$%" or one < " " for one in text)


def obsidian_tag(name: str) -> str:
    """Return a hashtag that Obsidian knows as one; what it allows in none becomes `-`.

    >>> obsidian_tag("fruit & veg")
    '#fruit-veg'
    >>> obsidian_tag("2024")
    '#2024-'
    """
    legal = NOT_IN_TAGS.sub("-", plain(name)).strip("-/") or "tag"
    return f"#{legal}-" if legal.isdigit() else f"#{legal}"


def one_line(text: str, *, obsidian: bool, cell: bool) -> str:
    """Return text escaped, in one line, for the text of a link."""
    return escaped(BREAKS.sub(" ", plain(text)).strip(), obsidian=obsidian, cell=cell)


def _card(card: Card, obsidian: bool, cell: bool) -> str:
    title = one_line(card.title or card.url, obsidian=obsidian, cell=cell)
    if not card.url or is_active(card.url) or card.url.lower().startswith("file:"):
        shown = one_line(card.url, obsidian=obsidian, cell=cell)
        return f"{title} ({shown})" if card.title and card.url else title
    summary = one_line(card.summary, obsidian=obsidian, cell=cell)
    return f"[{title}]({destination(card.url)})" + (f": {summary}" if summary else "")
