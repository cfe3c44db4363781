"""Texts as Reminders merges them between devices: a document of edits, deflated.

The plain text is a column of its own; the document is read only where that is empty. Its outline
is that of the texts in Notes: field 2 is the document, 3 in it the text, 2 in that the letters.
"""

import gzip
import zlib
from collections.abc import Iterator

_PATH = (2, 3, 2)
_LARGEST = 16 << 20


def text_of_document(value: object) -> str:
    """Return the letters of a document, "" for none and for one that cannot be read."""
    if not isinstance(value, bytes) or not value:
        return ""
    for data in _inflated(value):
        try:
            found = _follow(data, _PATH)
            return found.decode() if found is not None else ""
        except (ValueError, IndexError):
            continue
    return ""


def _inflated(value: bytes) -> Iterator[bytes]:
    if value[:2] == b"\x1f\x8b":
        try:
            yield gzip.decompress(value)[:_LARGEST]
        except (OSError, EOFError, zlib.error):
            return
    else:
        try:
            yield zlib.decompress(value)[:_LARGEST]
        except zlib.error:
            yield value


def _follow(data: bytes, path: tuple[int, ...]) -> bytes | None:
    for wanted in path:
        inside = next((one for number, one in _fields(data) if number == wanted), None)
        if inside is None:
            return None
        data = inside
    return data


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the fields of a Protocol Buffers message that hold bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            _, at = _varint(data, at)
        elif kind == 1:
            at += 8
        elif kind == 5:
            at += 4
        elif kind == 2:
            size, at = _varint(data, at)
            if at + size > len(data):
                raise ValueError("a field ends beyond its message")
            yield key >> 3, data[at : at + size]
            at += size
        else:
            raise ValueError(f"a field of the unknown kind {kind}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number without an end")
