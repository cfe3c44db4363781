"""Keeps what was written as text from being read as markup, and paths and URLs whole."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote

BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029\n]")
"""What ends a line inside a paragraph; Notes writes U+2028, pasted text the others."""

INVISIBLE = re.compile("[\x00-\x08\x0e-\x1b\x1f]")
"""Control characters, which no page can hold."""

ALWAYS = r"\\`*\[\]<"
"""What is markup wherever it stands."""

MARKUP = {
    # One class of characters each, which is searched for ten times as fast as alternatives.
    (obsidian, cell): re.compile(f"[{ALWAYS}_~$&{more}{bar}]")
    for obsidian, more in ((False, ""), (True, "#^=%"))
    for cell, bar in ((False, ""), (True, "|"))
}
"""What may be markup, in Obsidian (tags, names of blocks, highlights, comments) or not."""
DEPENDS = re.compile(r"[_~$&#^=%|]")
"""What is markup or not by what stands beside it."""
ENTITY = re.compile(r"&#?\w{1,32};")
LINE_START = re.compile(
    r"""
    (?P<mark> \#{1,6}(?=[ \t]|$) | > | [-+](?=[ \t]|$) | [|:-](?=[|:\s-]*$) | =(?==*\s*$) )
    | (?P<number> \d{1,9})(?=[.)](?:[ \t]|$))
    """,
    re.VERBOSE,
)
FIRST = frozenset("#>-+|:=0123456789")


def plain(text: str) -> str:
    """Return text as it can stand on a page: composed (NFC), without control characters."""
    if not text.isprintable():
        text = INVISIBLE.sub("", text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def escaped(text: str, *, obsidian: bool, cell: bool = False, once: str = "") -> str:
    """Return text with every character that could be markup escaped; line starts aside.

    `once` names those of `~` and `$` that the note holds only once: alone they do nothing.
    """
    markup = MARKUP[obsidian, cell]
    if not markup.search(text):
        return text
    if not DEPENDS.search(text):
        for mark in "\\`*[]<":  # the backslash first
            if mark in text:
                text = text.replace(mark, "\\" + mark)
        return text
    return markup.sub(lambda found: _escaped(found[0], text, found.start(), once), text)


def _escaped(mark: str, text: str, at: int, once: str) -> str:
    """Return one character that may be markup, with a backslash where it would be."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if mark == "_":
        literal = before.isalnum() and after.isalnum()
    elif mark in "~$":
        literal = mark in once
    elif mark == "&":
        literal = not ENTITY.match(text, at)
    elif mark == "#":
        literal = before.isalnum() or after == "#" or after.isspace()
    elif mark == "^":
        literal = not ((not before or before.isspace()) and (not after or _is_word(after)))
    elif mark == "=":
        literal = before != "=" != after and 0 < at < len(text) - 1
    elif mark == "%":
        literal = before != "%" != after
    else:
        literal = False
    return mark if literal else "\\" + mark


def _is_word(one: str) -> bool:
    return one in "-_" or one.isalnum()


def guarded_line(line: str) -> str:
    """Return a line of Markdown that cannot begin a heading, quote, list, rule or table."""
    if not line or line[0] not in FIRST:
        return line
    found = LINE_START.match(line)
    if not found:
        return line
    place = found.end("number") if found["number"] else 0
    return f"{line[:place]}\\{line[place:]}"


def kept_spaces(line: str) -> str:
    """Return a line whose leading spaces show, and cannot make it code; trailing ones go."""
    if line == line.strip():
        return line
    line = line.rstrip(" \t")
    core = line.lstrip()
    if not core:
        return ""
    if core[0] == "#":
        line = core  # a hashtag must begin its line, or follow a real space
    leading = line[: len(line) - len(core)]
    trimmed = core.rstrip()
    trailing = core[len(trimmed) :]
    return "".join([_space(one) for one in leading]) + trimmed + "".join(map(_space, trailing))


def _space(one: str) -> str:
    return {" ": "&nbsp;", "\t": "&emsp;"}.get(one, f"&#{ord(one)};")


@lru_cache(maxsize=4096)
def encoded_path(path: str) -> str:
    """Return a path percent-encoded as a link needs it; letters of all scripts stay readable."""
    return "".join(
        one if ord(one) > 0x9F and not one.isspace() else quote(one, safe="/-._~!,;=@+'")
        for one in path
    )


PLAIN_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>\x00-\x20\x7f\\|`]*")
SPOILING = re.compile(r"[\s\x00-\x1f\x7f<>\\|`]")
UNSAFE = re.compile(r"[\s\x00-\x1f\x7f<>\\|`()]|&(?=#?[A-Za-z0-9]{1,32};)")


def destination(url: str) -> str:
    """Return a URL as the destination of a Markdown link."""
    if not UNSAFE.search(url):
        return url
    inner = SPOILING.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), url)
    # An entity means something even inside <...>.
    return f"<{re.sub(r'&(?=#?[A-Za-z0-9]{1,32};)', '&amp;', inner)}>"


def is_active(url: str) -> bool:
    """Tell whether a link would run a program in a browser rather than lead somewhere."""
    scheme = url.partition(":")[0].strip().lower()
    return scheme in ("javascript", "vbscript", "data")
