"""Write the EXIF segment of a JPEG: date, zone, camera and place.

Pure, and the only module of the sample that knows TIFF directories; the DNG of a RAW pair is
made of the same directories.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import datetime

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL = 1, 2, 3, 4, 5
_SIZES = {_BYTE: 1, _ASCII: 1, _SHORT: 2, _LONG: 4, _RATIONAL: 8}
_HEADER = b"II*\0\x08\0\0\0"

Field = tuple[int, bytes]  # TIFF type, value in little-endian bytes


def exif_segment(
    taken: datetime | None,
    camera: tuple[str, str] | None = None,
    location: tuple[float, float] | None = None,
    unique: str = "",
) -> bytes:
    """Return a whole APP1 segment; ``unique`` (ImageUniqueID) makes equal pictures differ."""
    main: dict[int, Field] = {0x0112: _short(1)}
    detail: dict[int, Field] = {0x9000: (7, b"0232")}
    if unique:
        detail[0xA420] = _text(unique)
    if camera:
        main |= {0x010F: _text(camera[0]), 0x0110: _text(camera[1])}
    if taken is not None:
        when = _text(f"{taken:%Y:%m:%d %H:%M:%S}")
        zone = _text(f"{taken:%z}"[:3] + ":" + f"{taken:%z}"[3:5])
        main[0x0132] = when
        detail |= {0x9003: when, 0x9004: when, 0x9010: zone, 0x9011: zone}
    children = {0x8769: detail}
    if location is not None:
        children[0x8825] = _gps(*location)
    body = b"Exif\0\0" + _with_children(main, children)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def digital_negative(width: int, height: int, grey: bytes, camera: tuple[str, str]) -> bytes:
    """Return a small uncompressed DNG holding ``grey``, one byte for each pixel."""
    fields: dict[int, Field] = {
        0x00FE: _long(0),
        0x0100: _long(width),
        0x0101: _long(height),
        0x0102: _short(8),
        0x0103: _short(1),
        0x0106: _short(1),  # plain grey, so that viewers without a RAW engine show it too
        0x010F: _text(camera[0]),
        0x0110: _text(camera[1]),
        0x0111: _long(0),  # where the pixels lie: set below, once the directory's size is known
        0x0112: _short(1),
        0x0115: _short(1),
        0x0116: _long(height),
        0x0117: _long(len(grey)),
        0xC612: (_BYTE, b"\x01\x04\0\0"),
        0xC614: _text(" ".join(camera)),
    }
    fields[0x0111] = _long(len(_HEADER) + len(_directory(fields, len(_HEADER))))
    return _HEADER + _directory(fields, len(_HEADER)) + grey


def _with_children(main: dict[int, Field], children: Mapping[int, Mapping[int, Field]]) -> bytes:
    pointers: dict[int, Field] = {tag: _long(0) for tag in children}
    at = len(_HEADER) + len(_directory(main | pointers, len(_HEADER)))
    tail = b""
    for tag, fields in children.items():
        pointers[tag] = _long(at + len(tail))
        tail += _directory(fields, at + len(tail))
    return _HEADER + _directory(main | pointers, len(_HEADER)) + tail


def _directory(fields: Mapping[int, Field], at: int) -> bytes:
    """Return an image file directory that will stand at the offset ``at``, with its values."""
    head = struct.pack("<H", len(fields))
    values_at = at + 2 + 12 * len(fields) + 4
    values = b""
    for tag, (kind, value) in sorted(fields.items()):
        count = len(value) // _SIZES.get(kind, 1)
        if len(value) <= 4:
            place = value.ljust(4, b"\0")
        else:
            place = struct.pack("<L", values_at + len(values))
            values += value + b"\0" * (len(value) % 2)
        head += struct.pack("<HHL", tag, kind, count) + place
    return head + b"\0\0\0\0" + values


def _gps(latitude: float, longitude: float) -> dict[int, Field]:
    return {
        0x0000: (_BYTE, b"\x02\x03\0\0"),
        0x0001: _text("N" if latitude >= 0 else "S"),
        0x0002: _degrees(latitude),
        0x0003: _text("E" if longitude >= 0 else "W"),
        0x0004: _degrees(longitude),
    }


def _degrees(angle: float) -> Field:
    seconds = round(abs(angle) * 3600 * 100)
    whole, rest = divmod(seconds, 3600 * 100)
    minutes, rest = divmod(rest, 60 * 100)
    return _RATIONAL, struct.pack("<6L", whole, 1, minutes, 1, rest, 100)


def _text(value: str) -> Field:
    return _ASCII, value.encode("ascii") + b"\0"


def _short(value: int) -> Field:
    return _SHORT, struct.pack("<H", value)


def _long(value: int) -> Field:
    return _LONG, struct.pack("<L", value)
