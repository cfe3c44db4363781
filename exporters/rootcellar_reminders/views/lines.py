"""Content lines of RFC 5545: values escaped, parameters quoted, long lines folded."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

LONGEST = 75
"""Bytes of a line; what is longer goes on in the next, after a space."""
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINE_ENDS = re.compile("\r\n|[\r\n\u0085\u2028\u2029]")


_PLAIN = re.compile(r"[^\\;,\x00-\x1f\x7f\u0085\u2028\u2029]*")


def text(value: str) -> str:
    """Return a text as the value of a property of the type TEXT."""
    if _PLAIN.fullmatch(value):
        return value
    plain = _ODD.sub("", value)
    escaped = plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return _LINE_ENDS.sub("\\\\n", escaped)


def with_parameters(name: str, value: str, parameters: Mapping[str, str]) -> str:
    """Return a property with parameters; those that are empty are left out.

    Carets stand for what a parameter cannot hold (RFC 6868).
    """
    told = "".join(f";{key}={_parameter(one)}" for key, one in parameters.items() if one)
    return f"{name}{told}:{value}"


def _parameter(value: str) -> str:
    escaped = _ODD.sub("", value).replace("^", "^^").replace('"', "^'")
    plain = _LINE_ENDS.sub("^n", escaped)
    return f'"{plain}"' if any(one in plain for one in ",;: ") or not plain.isascii() else plain


def written(line: str) -> str:
    """Return a line as it stands in a file: folded, and ended."""
    if len(line) <= LONGEST and line.isascii():
        return f"{line}\r\n"
    parts, size, start = [], 0, 0
    for at, letter in enumerate(line):
        wide = len(letter.encode("utf-8", "replace"))
        if size + wide > LONGEST:
            parts.append(line[start:at])
            start, size = at, 1
        size += wide
    parts.append(line[start:])
    return "\r\n ".join(parts) + "\r\n"


def all_written(lines: Iterable[str]) -> str:
    """Return lines as they stand in a file, one after the other."""
    some = list(lines)
    whole = "\r\n".join(some)
    if whole.isascii() and max(map(len, some), default=0) <= LONGEST:
        return f"{whole}\r\n"  # as nearly always
    return "".join(map(written, some))


def packed(text: str) -> bytes:
    """Return a text as it waits in `Pieces`."""
    return text.encode("utf-8", "surrogatepass")


class Pieces:
    """A long text in pieces: a template may go through them, or write them as one.

    They wait as bytes: with a single letter beyond the first 65,536 of Unicode a text is four
    times as big.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = tuple(pieces)

    def __iter__(self) -> Iterator[str]:
        return (one.decode("utf-8", "surrogatepass") for one in self._pieces)

    def __str__(self) -> str:
        return "".join(self)


def stamp(moment: datetime) -> str:
    """Return what the clock shows at a moment, without a zone."""
    return moment.isoformat()[:19].replace("-", "").replace(":", "")


def utc(value: str) -> str:
    """Return a moment of a record (ISO 8601 in UTC) as a calendar writes it, "" for none."""
    return f"{value[:19].replace('-', '').replace(':', '')}Z" if value.endswith("Z") else ""
