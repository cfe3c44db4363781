"""Write small baseline JPEG files without an imaging library.

It alone knows the JPEG bitstream. A picture comes in as a grid with one colour for every 8x8
block; the encoder derives the slope and curvature inside each block from its neighbours (the
prediction that ITU-T T.81, K.8 gives to decoders), so that 80x60 colours become a smooth,
soft-focus 640x480 picture, quickly enough for pure Python.
"""

from __future__ import annotations

import struct
from functools import cache
from itertools import chain
from typing import TypeAlias

Colour: TypeAlias = tuple[float, float, float]
Grid: TypeAlias = list[list[Colour]]
Plane: TypeAlias = list[list[int]]

_BLOCK = 8
_DC_STEP = 8  # with this step a quantised DC is the block's mean itself, minus 128
_AC_STEP = 2
_DC_BITS = 4  # twelve DC categories, each with a code of four bits
_AC_SYMBOLS = (0, *(run << 4 | size for run in range(5) for size in range(1, 11)))
_AC_BITS = 7  # end-of-block gets one bit, every other symbol seven


def encode(grid: Grid, segments: bytes = b"") -> bytes:
    """Return the JPEG of ``grid`` (rows of RGB colours 0-255, one per 8x8 block).

    The grid's width and height must be even. ``segments`` are whole marker segments (EXIF) to
    stand right behind the start of image.
    """
    height, width = len(grid) * _BLOCK, len(grid[0]) * _BLOCK
    return b"".join(
        (
            b"\xff\xd8",
            segments or _segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
            _segment(0xDB, b"\0" + bytes([_DC_STEP, *[_AC_STEP] * 63])),
            _segment(0xC0, _frame(width, height)),
            _huffman_tables(),
            _segment(0xDA, b"\x03\x01\0\x02\0\x03\0\0\x3f\0"),
            _scan(grid),
            b"\xff\xd9",
        )
    )


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def _frame(width: int, height: int) -> bytes:
    luma, blue, red = b"\x01\x22\0", b"\x02\x11\0", b"\x03\x11\0"
    return struct.pack(">BHHB", 8, height, width, 3) + luma + blue + red


def _huffman_tables() -> bytes:
    dc = bytes([0, 0, 0, 12, *[0] * 12]) + bytes(range(12))
    ac = bytes([1, 0, 0, 0, 0, 0, len(_AC_SYMBOLS) - 1, *[0] * 9]) + bytes(_AC_SYMBOLS)
    return _segment(0xC4, b"\x00" + dc) + _segment(0xC4, b"\x10" + ac)


def _scan(grid: Grid) -> bytes:
    luma, blue, red = _planes(grid)
    tails = [_tails(plane) for plane in (luma, blue, red)]
    bits: list[str] = []
    last_luma = last_blue = last_red = 0
    for y in range(0, len(grid), 2):
        for x in range(0, len(grid[0]), 2):
            for row, column in ((y, x), (y, x + 1), (y + 1, x), (y + 1, x + 1)):
                mean = luma[row][column]
                bits += (_dc(mean - last_luma), tails[0][row][column])
                last_luma = mean
            row, column = y // 2, x // 2
            bits += (_dc(blue[row][column] - last_blue), tails[1][row][column])
            bits += (_dc(red[row][column] - last_red), tails[2][row][column])
            last_blue, last_red = blue[row][column], red[row][column]
    stream = "".join(bits)
    stream += "1" * (-len(stream) % 8)
    return int(stream, 2).to_bytes(len(stream) // 8, "big").replace(b"\xff", b"\xff\0")


def _planes(grid: Grid) -> tuple[Plane, Plane, Plane]:
    """Return luma at full and chroma at half resolution, each centred on zero."""
    luma = [[round(0.299 * r + 0.587 * g + 0.114 * b) - 128 for r, g, b in row] for row in grid]
    blue: Plane = []
    red: Plane = []
    for upper, lower in zip(grid[::2], grid[1::2], strict=True):
        blue_row, red_row = [], []
        for x in range(0, len(upper), 2):
            r, g, b = (sum(c) / 4 for c in zip(*upper[x : x + 2], *lower[x : x + 2], strict=True))
            blue_row.append(round(-0.1687 * r - 0.3313 * g + 0.5 * b))
            red_row.append(round(0.5 * r - 0.4187 * g - 0.0813 * b))
        blue.append(blue_row)
        red.append(red_row)
    return luma, blue, red


def _tails(plane: Plane) -> list[list[str]]:
    """Return the code of each block's AC coefficients, predicted from its neighbours."""
    padded = [[row[0], *row, row[-1]] for row in chain((plane[0],), plane, (plane[-1],))]
    rows = []
    for above, row, below in zip(padded, padded[1:], padded[2:], strict=False):
        tails = []
        for x in range(1, len(row) - 1):
            here, left, right = row[x], row[x - 1], row[x + 1]
            up, down = above[x], below[x]
            if here == left == right == up == down:
                tails.append("0")
                continue
            corners = above[x - 1] - above[x + 1] - below[x - 1] + below[x + 1]
            key = (left - right, up - down, up + down - 2 * here, corners, left + right - 2 * here)
            tails.append(_tail(*key))
        rows.append(tails)
    return rows


@cache
def _tail(across: int, down: int, bend_down: int, twist: int, bend_across: int) -> str:
    """Return the code of the first five AC coefficients, in zigzag order."""
    slope = 36 * _DC_STEP / (256 * _AC_STEP)
    bend = 9 * _DC_STEP / (128 * _AC_STEP)
    turn = 5 * _DC_STEP / (256 * _AC_STEP)
    values = (across * slope, down * slope, bend_down * bend, twist * turn, bend_across * bend)
    code, run = "", 0
    for value in map(round, values):
        if value:
            symbol = _AC_SYMBOLS.index(run << 4 | abs(value).bit_length())
            code += f"1{symbol - 1:0{_AC_BITS - 1}b}{_magnitude(value)}"
            run = 0
        else:
            run += 1
    return code + "0"


@cache
def _dc(difference: int) -> str:
    return f"{abs(difference).bit_length():0{_DC_BITS}b}{_magnitude(difference)}"


def _magnitude(value: int) -> str:
    """Return the additional bits of a coefficient (T.81, F.1.2.1): ones' complement below zero."""
    size = abs(value).bit_length()
    if not size:
        return ""
    return f"{value if value > 0 else value + (1 << size) - 1:0{size}b}"
