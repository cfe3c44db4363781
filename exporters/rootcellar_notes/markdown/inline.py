"""The inside of a paragraph as Markdown: its pieces put together, line by line."""

import re
from collections.abc import Sequence

from rootcellar_notes.blocks import Paragraph, Run
from rootcellar_notes.markdown.attachments import NOT_IN_TAGS, attached
from rootcellar_notes.markdown.embeds import Embed
from rootcellar_notes.markdown.escaping import (
    BREAKS,
    escaped,
    guarded_line,
    is_active,
    kept_spaces,
    plain,
)
from rootcellar_notes.markdown.flavours import Flavour
from rootcellar_notes.markdown.marks import Chain, Mark, Piece, Setting, joined, marked, text_of

CLOSING = re.compile(r"(?<![\\#])(#+)\s*\Z")
"""At the end of a heading these would be taken for a part of its mark."""


def inline(
    paragraph: Paragraph, setting: Setting, *, cell: bool = False, heading: bool = False
) -> tuple[list[str], list[Embed]]:
    """Return a paragraph's lines as Markdown, and what of it must stand on its own, below.

    Lines are those that soft breaks make; none is empty. In a cell nothing needs to be guarded
    against being read as the beginning of a block.
    """
    runs = paragraph.runs
    below: list[Embed] = []
    if len(runs) == 1 and runs[0] == Run(text := runs[0].text):
        if text and text.isascii() and text.isprintable() and text[0] != " " != text[-1]:
            text = escaped(text, obsidian=setting.obsidian, cell=cell, once=setting.once)
            if not heading:
                return [text if cell else guarded_line(text)], below
        else:
            text = text_of(plain(text), setting, cell)
    else:
        text = _formatted(_pieces(runs, setting, cell, heading, below), setting, cell)
    if heading and "#" in text:
        text = CLOSING.sub(lambda found: r"\#" * len(found[1]), text)
    guard = not (cell or heading)
    if text and text.isprintable():
        line = kept_spaces(text)
        return ([guarded_line(line) if guard else line] if line else []), below
    lines = [kept_spaces(line) for line in BREAKS.split(text)]
    return _without_empty([guarded_line(one) for one in lines] if guard else lines), below


def _pieces(
    runs: Sequence[Run], setting: Setting, cell: bool, heading: bool, below: list[Embed]
) -> list[Piece]:
    """Return runs as pieces, neighbours of equal formatting made one; adds to `below`."""
    pieces: list[Piece] = []
    program = ""  # a link that would run something is shown after its text, and not made to work
    all_bold = heading and all(run.bold or not run.text.strip() for run in runs)
    for run in runs:
        text, ready = run.text, False
        if run.attachment is not None:
            one = attached(run.attachment, setting.flavour, setting.surroundings, cell=cell)
            text, ready = one.ready or one.words, bool(one.ready)
            if one.below is not None:
                below.append(one.below)
        if program and text and run.link != program:
            pieces.append(Piece(f" ({program})", ()))
            program = ""
        if text:
            if run.link and not ready and is_active(run.link) and plain(text):
                program = run.link
            # Embeds and links cannot be inside of links or bold.
            pieces.append(Piece(text, () if ready else _chain(run, setting, all_bold), ready))
    if program:
        pieces.append(Piece(f" ({program})", ()))
    shown = [one if one.ready else Piece(plain(one.text), one.chain) for one in joined(pieces)]
    return [one for one in shown if one.text]


def _formatted(pieces: list[Piece], setting: Setting, cell: bool) -> str:
    if any(piece.chain for piece in pieces):
        texts = marked(pieces, setting, cell)
    else:
        texts = [one.text if one.ready else text_of(one.text, setting, cell) for one in pieces]
    return _together(texts, setting.flavour is Flavour.OBSIDIAN)


def _together(texts: list[str], obsidian: bool) -> str:
    """Return texts joined, so that what one ends with changes nothing of the next.

    An exclamation mark would make an image of a link, a letter no tag of a hashtag.
    """
    kept: list[str] = [""]
    for text in texts:
        if not text:
            continue
        last = kept[-1][-1:]
        if text[0] == "[" and last == "!":
            kept[-1] = kept[-1][:-1] + r"\!"
        elif obsidian and last and not last.isspace():
            ends_tag = _is_tag(kept[-1]) and not NOT_IN_TAGS.match(text)
            if ends_tag or _is_tag(text):
                kept.append(" ")
        kept.append(text)
    return "".join(kept)


def _is_tag(text: str) -> bool:
    """Tell whether a piece is a hashtag for Obsidian; in text the mark is escaped."""
    return text[0] == "#" and len(text) > 1 and not NOT_IN_TAGS.match(text[1])


def _chain(run: Run, setting: Setting, all_bold: bool) -> Chain:
    """Return what a run is marked with. A heading that is bold throughout needs no marks."""
    chain: list[Mark] = []
    if run.link and not is_active(run.link):
        chain.append(("link", run.link))
    if run.highlight:
        value = "" if setting.flavour is Flavour.OBSIDIAN else run.highlight.value
        chain.append(("highlight", value))
    if run.underline and not run.link:
        chain.append(("underline", ""))
    if run.strikethrough:
        chain.append(("strikethrough", ""))
    if run.bold and not all_bold:
        chain.append(("bold", ""))
    if run.italic:
        chain.append(("italic", ""))
    if run.baseline:
        chain.append(("superscript" if run.baseline > 0 else "subscript", ""))
    if run.color and (color := hexadecimal(run.color)) != "#000000":
        chain.append(("color", color))
    return tuple(chain)


def hexadecimal(color: tuple[float, float, float, float]) -> str:
    """Return a colour as CSS writes it: `#rrggbb`, with `aa` only where it is translucent."""
    channels = [min(255, max(0, round(channel * 255))) for channel in color]
    return "#" + "".join(f"{one:02x}" for one in (channels if channels[3] < 255 else channels[:3]))


def _without_empty(lines: list[str]) -> list[str]:
    """Return the lines without empty ones; of those between others, a `<br>` each remains."""
    kept: list[str] = []
    empty = 0
    for line in lines:
        if not line:
            empty += 1
            continue
        breaks = "<br>" * empty if kept else ""
        kept.append(breaks + (" " if breaks and line[0] == "#" else "") + line)
        empty = 0
    return kept


def in_one_line(lines: list[str]) -> str:
    """Return lines as one, for places that can have no more (headings, cells)."""
    # A hashtag needs a space before it.
    return "<br>".join(
        [" " + one if place and one[0] == "#" else one for place, one in enumerate(lines)]
    )
