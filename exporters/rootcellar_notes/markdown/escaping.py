"""Keeps what was written as text from being read as markup, and paths and URLs whole."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote

BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029\n]")
"""What ends a line inside a paragraph; Notes writes U+2028, pasted text the others."""

INVISIBLE = re.compile("[\x00-\x08\x0e-\x1b\x1f]")
"""Control characters, which no page can hold."""

SUSPECT = re.compile(r"[\\`*_\[\]<&~$=%#^|]")
MARKUP = re.compile(
    r"""
    [\\`*\[\]<]                            # always markup
    | _ | ~ | \$
    | &(?=\#?\w{1,32};)                    # an entity
    | =+ | %%+                             # Obsidian: highlights and comments
    | \#(?=[^\s\#]|\Z) | \^(?=[\w-]|\Z)      # Obsidian: tags and names of blocks
    | \|
    """,
    re.VERBOSE,
)
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
    if not SUSPECT.search(text):
        return text

    def escape(found: re.Match[str]) -> str:
        mark, start, end = found[0], found.start(), found.end()
        if mark == "_":
            between = text[start - 1 : start].isalnum() and text[end : end + 1].isalnum()
            return mark if between else r"\_"
        if mark in once:
            return mark
        if mark == "|":
            return r"\|" if cell else mark
        if mark == "#":
            before = text[start - 1 : start]
            return r"\#" if obsidian and not before.isalnum() else mark
        if mark == "^":
            before = text[start - 1 : start]
            return r"\^" if obsidian and (not before or before.isspace()) else mark
        if mark[0] in "=%" and (not obsidian or (mark == "=" and 0 < start < end < len(text))):
            return mark
        return "".join("\\" + one for one in mark)

    return MARKUP.sub(escape, text)


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
