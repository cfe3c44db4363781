"""Protobuf's wire format, read without a schema: fields by number, whatever wrote them.

A schema would hide the fields it does not know, and those are what an archive must keep. Nothing
here is Apple's: <https://protobuf.dev/programming-guides/encoding/>.
"""

import zlib
from collections.abc import Iterator
from struct import unpack

LIMIT = 32 * 1024 * 1024
"""Bytes a body may have when unpacked; the largest real ones are far below a tenth of it."""

Value = int | bytes
"""Numbers are unsigned, as on the wire; a fixed number is given as its bytes."""


class WireError(ValueError):
    """The bytes end within a field, or are none of protobuf's."""


def unpacked(data: bytes) -> tuple[bytes, str]:
    """Return data without its gzip or zlib wrapping, and what was wrong with that ("" if nothing).

    What could be unpacked of a damaged stream is returned; at most `LIMIT` bytes are.
    """
    if not data.startswith((b"\x1f\x8b", b"\x78\x9c", b"\x78\xda", b"\x78\x01")):
        return data[:LIMIT], "It is too large." if len(data) > LIMIT else ""
    reader = zlib.decompressobj(wbits=47)  # gzip or zlib, told apart by the header
    out = bytearray()
    rest, trouble = data, ""
    while rest and not reader.eof and not trouble:
        try:
            # In pieces, so that what came before damaged bytes is not lost with them.
            out += reader.decompress(rest[:4096], LIMIT + 1 - len(out))
        except zlib.error:
            return bytes(out), "The compressed data is damaged."
        rest = reader.unconsumed_tail + rest[4096:]
        if len(out) > LIMIT:
            trouble = "It is too large."
    if not reader.eof and not trouble:
        trouble = "The compressed data ends too early."
    return bytes(out[:LIMIT]), trouble


def fields(data: bytes) -> Iterator[tuple[int, Value]]:  # noqa: C901 - the inmost loop of all reading: calls cost double
    """Yield (number, value) for every field of a message, in the order of the bytes.

    A last field that is cut off is yielded as far as it goes; raises WireError after it.
    """
    at, end = 0, len(data)
    while at < end:
        key = data[at]
        at += 1
        if key > 0x7F:
            key, at = _varint(data, at - 1)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise WireError("A field has no number.")
        if kind == 2 or kind == 0:
            if at >= end:
                raise WireError("The data ends within a field.")
            value = data[at]
            at += 1
            if value > 0x7F:
                value, at = _varint(data, at - 1)
            if kind == 0:
                yield number, value
                continue
            size = value
        elif kind == 5:
            size = 4
        elif kind == 1:
            size = 8
        else:
            raise WireError(f"There is no field of kind {kind}.")
        yield number, data[at : at + size]
        at += size
        if at > end:
            raise WireError("The data ends within a field.")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at + place + 1
    raise WireError("A number does not end.")


def signed(value: Value) -> int:
    """Return a number as the signed one that was meant (-1 is written with 64 or 32 bits).

    Raises WireError for bytes.
    """
    if not isinstance(value, int):
        raise WireError("A number was expected.")
    if value >= 1 << 63:
        return value - (1 << 64)
    return value - (1 << 32) if (1 << 31) <= value < (1 << 32) else value


def message(value: Value) -> bytes:
    """Return the bytes of a field that should be text or a message; raises WireError if not."""
    if isinstance(value, int):
        raise WireError("A message was expected.")
    return value


def floating(value: Value) -> float:
    """Return a 32- or 64-bit floating-point number; raises WireError for anything else."""
    if isinstance(value, bytes) and len(value) == 4:
        return float(unpack("<f", value)[0])
    if isinstance(value, bytes) and len(value) == 8:
        return float(unpack("<d", value)[0])
    raise WireError("A floating-point number was expected.")
