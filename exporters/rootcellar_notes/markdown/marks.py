"""The marks around text: bold, links, highlights, written so that every reader knows them.

Formatting is written with Markdown's own marks where these are certain to be read as such, and as
HTML where they are not (within a word, beside punctuation). White space is kept out of them.
"""

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from rootcellar_notes.markdown.attachments import fits_alias, fits_wikilink
from rootcellar_notes.markdown.embeds import Surroundings, note_identifier
from rootcellar_notes.markdown.escaping import PLAIN_URL, destination, encoded_path, escaped
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


class Setting(NamedTuple):
    """What holds for a whole page."""

    flavour: Flavour
    surroundings: Surroundings
    once: str = ""
    """Those of `~` and `$` that the note holds only once."""

    @property
    def obsidian(self) -> bool:
        """Whether the page is for Obsidian."""
        return self.flavour is Flavour.OBSIDIAN


class Piece(NamedTuple):
    """Text, or something that stands in it and is Markdown already."""

    text: str
    chain: Chain
    ready: bool = False


def marked(pieces: list[Piece], setting: Setting, cell: bool) -> list[str]:
    """Return the texts of the pieces and of the marks around them."""
    tokens: list[_Token] = []
    stack: list[tuple[Mark, int]] = []

    def close(down_to: int) -> None:
        while len(stack) > down_to:
            mark, begin = stack.pop()
            tokens[begin].twin = len(tokens)
            tokens.append(_Token("", mark, begin))

    for text, chain, ready in joined(_without_marked_space(pieces)):
        kept = len(_common(tuple(mark for mark, _ in stack), chain))
        close(kept)
        for mark in chain[kept:]:
            stack.append((mark, len(tokens)))
            tokens.append(_Token("", mark))
        tokens.append(_Token(text if ready else text_of(text, setting, cell)))
    close(0)
    for place, token in enumerate(tokens):
        if token.mark and place < token.twin:
            _decide(tokens, place, token.twin, setting, cell)
    return [token.text for token in tokens]


def joined(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces, neighbours of equal formatting made one."""
    done: list[Piece] = []
    for piece in pieces:
        if done and not (piece.ready or done[-1].ready) and done[-1].chain == piece.chain:
            done[-1] = Piece(done[-1].text + piece.text, piece.chain)
        else:
            done.append(piece)
    return done


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
            return f"[[{path.removesuffix('.md')}{bar}", "]]"
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


def text_of(text: str, setting: Setting, cell: bool) -> str:
    """Return a piece of text escaped."""
    done = escaped(text, obsidian=setting.obsidian, cell=cell, once=setting.once)
    if done and not done.isascii() and unicodedata.combining(done[0]):
        # After a mark it would be composed with the mark's own last character.
        done = f"&#{ord(done[0])};{done[1:]}"
    return done
