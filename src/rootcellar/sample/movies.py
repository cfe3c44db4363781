"""Write small QuickTime movies and PNG screenshots.

Pure, and the only module of the sample that knows QuickTime's atoms and PNG's chunks. A movie is
Motion JPEG, a codec of plain pictures, so that any player shows the sample's films.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime

_TIME_SCALE = 600
_MATRIX = struct.pack(">9L", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_MAC_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
_LAST_DATE = 0xFFFFFFFF  # the date fields have 32 bits and end in 2040


def movie(frames: Sequence[bytes], seconds: float, made: datetime | None, size: int) -> bytes:
    """Return a QuickTime movie showing each JPEG of ``frames`` for an equal share of ``seconds``.

    ``size`` is the width in pixels; the height is three quarters of it.
    """
    head = _atom(b"ftyp", b"qt  \0\0\0\0qt  ")
    moment = 0 if made is None else max(0, int((made - _MAC_EPOCH).total_seconds()))
    times = struct.pack(">LL", *[moment if moment <= _LAST_DATE else 0] * 2)
    share = round(seconds * _TIME_SCALE / len(frames))
    places, at = [], len(head) + 8
    for frame in frames:
        places.append(at)
        at += len(frame)
    track = _track(frames, places, share, times, size)
    length = share * len(frames)
    header = b"\0\0\0\0" + times + struct.pack(">LLLH", _TIME_SCALE, length, 0x10000, 0x100)
    header += bytes(10) + _MATRIX + bytes(24) + struct.pack(">L", 2)
    return head + _atom(b"mdat", *frames) + _atom(b"moov", _atom(b"mvhd", header), track)


def screenshot(width: int, height: int, stripes: Sequence[tuple[int, int, int]]) -> bytes:
    """Return a PNG of horizontal ``stripes`` of equal height, with a white margin."""
    rows = []
    margin = b"\xff" * 3 * (width // 16)
    for number in range(height):
        colour = bytes(stripes[number * len(stripes) // height])
        inside = colour if number * len(stripes) % height >= len(stripes) * 12 else b"\xff" * 3
        rows.append(b"\0" + margin + inside * (width - 2 * (width // 16)) + margin)
    header = struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    body = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"".join(rows), 6))
    return b"\x89PNG\r\n\x1a\n" + body + _chunk(b"IEND", b"")


def _track(
    frames: Sequence[bytes], places: Sequence[int], share: int, times: bytes, size: int
) -> bytes:
    length, height = share * len(frames), size * 3 // 4
    track_header = struct.pack(">L", 15) + times + struct.pack(">LLL", 1, 0, length) + bytes(16)
    track_header += _MATRIX + struct.pack(">LL", size << 16, height << 16)
    media_header = b"\0\0\0\0" + times + struct.pack(">LLHH", _TIME_SCALE, length, 0, 0)
    media = (
        _atom(b"mdhd", media_header),
        _atom(b"hdlr", b"\0\0\0\0mhlrvide" + bytes(12) + b"\x05Video"),
        _atom(b"minf", _media_information(frames, places, share, size)),
    )
    return _atom(b"trak", _atom(b"tkhd", track_header), _atom(b"mdia", *media))


def _media_information(
    frames: Sequence[bytes], places: Sequence[int], share: int, size: int
) -> bytes:
    count, height = len(frames), size * 3 // 4
    entry = struct.pack(">6xH16xHHLLLH", 1, size, height, 72 << 16, 72 << 16, 0, 1)
    entry += b"\x05JPEG ".ljust(32, b"\0") + struct.pack(">Hh", 24, -1)
    tables = (
        _atom(b"stsd", struct.pack(">LL", 0, 1), _atom(b"jpeg", entry)),
        _atom(b"stts", struct.pack(">LLLL", 0, 1, count, share)),
        _atom(b"stsc", struct.pack(">LLLLL", 0, 1, 1, 1, 1)),
        _atom(b"stsz", struct.pack(f">LLL{count}L", 0, 0, count, *map(len, frames))),
        _atom(b"stco", struct.pack(f">LL{count}L", 0, count, *places)),
    )
    here = _atom(b"dref", struct.pack(">LL", 0, 1), _atom(b"url ", b"\0\0\0\x01"))
    video = _atom(b"vmhd", b"\0\0\0\x01" + bytes(8))
    return video + _atom(b"dinf", here) + _atom(b"stbl", *tables)


def _atom(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">L", len(body) + 8) + kind + body


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(kind + body)
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", checksum)
