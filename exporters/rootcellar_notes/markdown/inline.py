"""The inside of a paragraph as Markdown: formatting, links, attachments in the text.

Formatting is written with Markdown's own marks where these are certain to be read as such, and as
HTML where they are not (within a word, beside punctuation). White space is kept out of them.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from rootcellar_notes.blocks import Paragraph, Run
from rootcellar_notes.markdown.attachments import (
    NOT_IN_TAGS,
    attached,
    fits_alias,
    fits_wikilink,
)
from rootcellar_notes.markdown.embeds import Embed, Surroundings, note_identifier
from rootcellar_notes.markdown.escaping import (
    BREAKS,
    PLAIN_URL,
    destination,
    encoded_path,
    escaped,
    guarded_line,
    is_active,
    kept_spaces,
    plain,
)
from rootcellar_notes.markdown.flavours import Flavour

Mark = tuple[str, str]
"""A kind of formatting and its value: ("bold", ""), ("link", "https://…")."""

Chain = tuple[Mark, ...]
"""The formatting of a piece of text, outermost first."""

DELIMITERS = {"bold": "**", "italic": "_", "strikethrough": "~~", "highlight": "=="}
ELEMENTS = {
    "bold": "strong",
    "italic": "em",
    "strikethrough": "del",
    "highlight": "mark",
    "underline": "u",
    "superscript": "sup",
    "subscript": "sub",
}
CLOSING = re.compile(r"(?<![\\#])(#+)\s*\Z")
"""At the end of a heading these would be taken for a part of its mark."""


class Setting(NamedTuple):
    """What holds for a whole page."""

    flavour: Flavour
    surroundings: Surroundings
    once: str = ""
    """Those of `~` and `$` that the note holds only once."""


class Piece(NamedTuple):
    """Text, or something that stands in it and is Markdown already."""

    text: str
    chain: Chain
    ready: bool = False


def inline(
    paragraph: Paragraph, setting: Setting, *, cell: bool = False, heading: bool = False
) -> tuple[list[str], list[Embed]]:
    """Return a paragraph's lines as Markdown, and what of it must stand on its own, below.

    Lines are those that soft breaks make; none is empty. In a cell nothing needs to be guarded
    against being read as the beginning of a block.
    """
    runs = paragraph.runs
    below: list[Embed] = []
    if len(runs) == 1 and runs[0] == Run(runs[0].text):
        text = _text(plain(runs[0].text), setting, cell)
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
    shown = [one if one.ready else Piece(plain(one.text), one.chain) for one in _joined(pieces)]
    return [one for one in shown if one.text]


def _formatted(pieces: list[Piece], setting: Setting, cell: bool) -> str:
    if any(piece.chain for piece in pieces):
        texts = _marked(_without_marked_space(pieces), setting, cell)
    else:
        texts = [one.text if one.ready else _text(one.text, setting, cell) for one in pieces]
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


def _without_marked_space(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces with the space at their edges marked only as both neighbours are."""
    parts: list[Piece] = []
    for place, (text, chain, ready) in enumerate(pieces):
        if ready or not chain or not (text[0].isspace() or text[-1].isspace()):
            parts.append(pieces[place])
            continue
        core = text.strip()
        after = pieces[place + 1].chain if place + 1 < len(pieces) else ()
        before = parts[-1].chain if parts else ()
        if not core:
            parts.append(Piece(text, _common(before, _common(chain, after))))
            continue
        at = text.index(core)
        if at:
            parts.append(Piece(text[:at], _common(before, chain)))
        parts.append(Piece(core, chain))
        if at + len(core) < len(text):
            parts.append(Piece(text[at + len(core) :], _common(chain, after)))
    return parts


def _common(one: Chain, other: Chain) -> Chain:
    """Return what two chains have in common from the outside."""
    length = 0
    for mine, its in zip(one, other, strict=False):
        if mine != its:
            break
        length += 1
    return one[:length]


class _Token:
    """Text (`mark` is None), or where a mark begins or ends; `twin` is the other end."""

    __slots__ = ("mark", "text", "twin")

    def __init__(self, text: str, mark: Mark | None = None, twin: int = -1) -> None:
        self.text = text
        self.mark = mark
        self.twin = twin


def _marked(pieces: list[Piece], setting: Setting, cell: bool) -> list[str]:
    """Return the texts of the pieces and of the marks around them."""
    tokens: list[_Token] = []
    stack: list[tuple[Mark, int]] = []

    def close(down_to: int) -> None:
        while len(stack) > down_to:
            mark, begin = stack.pop()
            tokens[begin].twin = len(tokens)
            tokens.append(_Token("", mark, begin))

    for text, chain, ready in _joined(pieces):
        kept = len(_common(tuple(mark for mark, _ in stack), chain))
        close(kept)
        for mark in chain[kept:]:
            stack.append((mark, len(tokens)))
            tokens.append(_Token("", mark))
        tokens.append(_Token(text if ready else _text(text, setting, cell)))
    close(0)
    for place, token in enumerate(tokens):
        if token.mark and place < token.twin:
            _decide(tokens, place, token.twin, setting, cell)
    return [token.text for token in tokens]


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces, neighbours of equal formatting made one."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and not piece.ready and not joined[-1].ready and joined[-1].chain == piece.chain:
            joined[-1] = Piece(joined[-1].text + piece.text, piece.chain)
        else:
            joined.append(piece)
    return joined


def _decide(tokens: list[_Token], begin: int, end: int, setting: Setting, cell: bool) -> None:
    """Settle how a mark is written at both of its ends."""
    mark = tokens[begin].mark
    if mark is None:
        return
    kind, value = mark
    opening, closing = tokens[begin], tokens[end]
    if kind == "link":
        inside = "".join([token.text for token in tokens[begin + 1 : end]])
        simple = all(token.mark is None for token in tokens[begin + 1 : end])
        opening.text, closing.text = _link(value, inside if simple else "", setting, cell)
        if opening.text.startswith("<") and not closing.text:
            for token in tokens[begin + 1 : end]:
                token.text = ""
    elif kind == "color":
        opening.text, closing.text = f'<span style="color:{value}">', "</span>"
    else:
        delimiter = DELIMITERS.get(kind, "")
        if kind == "highlight" and setting.flavour is not Flavour.OBSIDIAN:
            delimiter = ""
        before, first = _outside(tokens, begin, -1), _outside(tokens, begin, +1)
        last, after = _outside(tokens, end, -1), _outside(tokens, end, +1)
        strict = kind == "italic"
        if delimiter and _flanks(before, first, strict) and _flanks(after, last, strict):
            opening.text = closing.text = delimiter
        else:
            shade = f' class="{value}"' if value else ""
            opening.text = f"<{ELEMENTS[kind]}{shade}>"
            closing.text = f"</{ELEMENTS[kind]}>"


def _outside(tokens: list[_Token], place: int, step: int) -> str:
    """Return the character beside a token; any mark counts as punctuation, whatever it becomes."""
    place += step
    if not 0 <= place < len(tokens):
        return " "
    if tokens[place].mark:
        return "*"
    text = tokens[place].text
    return (text[-1] if step < 0 else text[0]) if text else "*"


def _flanks(outside: str, inside: str, strict: bool) -> bool:
    """Tell whether every reader takes a mark between these two for one (CommonMark 6.2).

    Symbols count as punctuation since CommonMark 0.31 and not before, so they are taken for
    whichever is worse. `strict` is for `_`, which means nothing within a word.
    """
    if inside.isspace():
        return False
    if outside.isspace() or _is_punctuation(outside):
        return True
    return not strict and not _is_punctuation(inside) and not _is_symbol(inside)


def _is_punctuation(one: str) -> bool:
    return one in r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~""" or unicodedata.category(one)[0] == "P"


def _is_symbol(one: str) -> bool:
    return unicodedata.category(one)[0] == "S"


def _link(url: str, text: str, setting: Setting, cell: bool) -> tuple[str, str]:
    """Return what stands before and after the text of a link.

    An empty second part says that the first holds the whole link, its text included.
    """
    identifier = note_identifier(url)
    path = setting.surroundings.note(identifier) if identifier else None
    if path is not None:
        if setting.flavour is Flavour.OBSIDIAN and fits_wikilink(path) and fits_alias(text):
            bar = r"\|" if cell else "|"
            return f"[[{path}{bar}", "]]"
        return "[", f"]({encoded_path(path)})"
    if url.partition(":")[0].lower() == "file":
        # Readers of Markdown refuse such links, and would show their markup instead.
        return f'<a href="{attribute(url)}">', "</a>"
    if text == url and PLAIN_URL.fullmatch(url):
        return f"<{url}>", ""
    return "[", f"]({destination(url)})"


def attribute(value: str) -> str:
    """Return text as it can stand in a double-quoted attribute of HTML."""
    spelled = {"&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}
    return "".join(
        spelled.get(one, f"&#{ord(one)};" if one.isspace() and one != " " else one)
        for one in value
        if one >= " " or one.isspace()
    )


def _text(text: str, setting: Setting, cell: bool) -> str:
    """Return a piece of text escaped."""
    obsidian = setting.flavour is Flavour.OBSIDIAN
    done = escaped(text, obsidian=obsidian, cell=cell, once=setting.once)
    if done and not done.isascii() and unicodedata.combining(done[0]):
        # After a mark it would be composed with the mark's own last character.
        done = f"&#{ord(done[0])};{done[1:]}"
    return done


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
