"""Paint the pictures of the sample home: fruit, orchards, seas, faces.

Pure: a scene's name and a variant give the same bytes every time. Every picture is painted once
per process; assets with the same picture differ in their EXIF segment.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import cos, sin

from rootcellar.sample.canvas import Canvas
from rootcellar.sample.jpeg import Colour, encode

WIDTH, HEIGHT = 640, 480
PREVIEW_WIDTH, PREVIEW_HEIGHT = 320, 240

_STEM: Colour = (96, 66, 40)
_LEAF: Colour = (88, 146, 62)
_SKIN: Colour = (232, 188, 158)
_TABLE: Colour = (176, 124, 78)


@cache
def picture(scene: str, variant: int = 0) -> bytes:
    """Return the 640x480 JPEG of ``scene``, without EXIF."""
    return encode(SCENES[scene](WIDTH // 8, variant).grid)


@cache
def preview(scene: str, variant: int = 0) -> bytes:
    """Return the 320x240 JPEG of ``scene``."""
    return encode(SCENES[scene](PREVIEW_WIDTH // 8, variant).grid)


@cache
def thumbnail(scene: str, variant: int = 0) -> bytes:
    """Return the 128x96 JPEG of ``scene``."""
    return encode(SCENES[scene](16, variant).grid)


def with_segments(jpeg: bytes, segments: bytes) -> bytes:
    """Return ``jpeg`` with its JFIF segment replaced by ``segments``."""
    after = 4 + int.from_bytes(jpeg[4:6], "big")
    return jpeg[:2] + segments + jpeg[after:]


def _table(columns: int) -> Canvas:
    canvas = Canvas(columns, (236, 222, 196), (214, 188, 150))
    canvas.hill(2.05, _TABLE)
    return canvas


def _fruit(canvas: Canvas, x: float, y: float, size: float, colour: Colour) -> None:
    canvas.disc(x + 0.1, y + size * 0.95, size * 0.95, (110, 74, 46), height=size * 0.2, shade=0)
    canvas.disc(x, y, size, colour, height=size * 0.94)
    canvas.disc(x + size * 0.06, y - size * 1.02, size * 0.06, _STEM, height=size * 0.24, shade=0)
    canvas.disc(x + size * 0.32, y - size * 1.08, size * 0.3, _LEAF, height=size * 0.12)


def _apples(columns: int, variant: int) -> Canvas:
    canvas = _table(columns)
    colours: list[Colour] = [(206, 44, 40), (222, 150, 50), (140, 178, 60), (190, 30, 70)]
    places = ((1.0, 1.75, 0.55), (2.05, 1.85, 0.6), (3.1, 1.7, 0.5))
    for number, (x, y, size) in enumerate(places):
        shift = 0.07 * variant
        _fruit(canvas, x + shift, y, size, colours[(number + variant) % len(colours)])
    return canvas


def _pears(columns: int, variant: int) -> Canvas:
    canvas = _table(columns)
    for x in (1.2, 2.5 + 0.1 * variant):
        canvas.disc(x, 1.35, 0.36, (196, 188, 70), height=0.5)
        _fruit(canvas, x, 1.85, 0.55, (186, 184, 64))
        canvas.disc(x, 1.45, 0.34, (196, 190, 72), height=0.5)
        canvas.disc(x + 0.04, 0.86, 0.04, _STEM, height=0.18, shade=0)
    return canvas


def _bowl(columns: int, variant: int) -> Canvas:
    canvas = _table(columns)
    plum: Colour = (98, 44, 110) if variant % 2 == 0 else (150, 24, 48)
    for x, y in ((1.4, 1.55), (2.0, 1.4), (2.6, 1.55), (1.7, 1.75), (2.3, 1.75)):
        canvas.disc(x, y, 0.34, plum)
    canvas.disc(2.0, 2.1, 1.05, (224, 226, 230), height=0.42, shade=0.2)
    canvas.disc(2.0, 1.92, 0.98, (186, 190, 198), height=0.1, shade=0)
    return canvas


def _orchard(columns: int, variant: int) -> Canvas:
    evening = variant % 2 == 1
    top: Colour = (88, 120, 190) if evening else (96, 160, 226)
    bottom: Colour = (250, 176, 110) if evening else (214, 234, 248)
    canvas = Canvas(columns, top, bottom)
    canvas.disc(3.2, 1.3 if evening else 0.6, 0.24, (255, 238, 170), shade=0)
    canvas.hill(1.6, (112, 150, 128), swing=0.14, wave=1.7, at=variant)
    canvas.hill(2.0, (102, 152, 66), swing=0.1, wave=2.3, at=1.0)
    for number, x in enumerate((0.6, 1.6, 2.7, 3.5)):
        y = 1.75 + 0.09 * (number % 2) + 0.02 * variant
        canvas.bar(x - 0.05, y, 0.1, 0.55, _STEM)
        canvas.disc(x, y - 0.15, 0.4, (66, 120, 52), height=0.36)
        for fruit in range(5):
            angle = fruit * 1.9 + number
            canvas.disc(x + 0.24 * cos(angle), y - 0.15 + 0.2 * sin(angle), 0.06, (214, 52, 44))
    return canvas


def _sea(columns: int, variant: int) -> Canvas:
    canvas = Canvas(columns, (104, 170, 222), (226, 240, 246))
    canvas.disc(0.8, 0.6, 0.2, (255, 244, 190), shade=0)
    canvas.hill(1.7, (34, 104, 150))
    canvas.hill(2.5, (226, 202, 150), swing=0.08, wave=1.4, at=variant)
    x = 2.2 + 0.2 * variant
    canvas.disc(x, 1.78, 0.42, (122, 52, 40), height=0.12, shade=0.1)
    canvas.disc(x, 1.35, 0.22, (246, 246, 240), height=0.42, shade=0.1)
    return canvas


def _snow(columns: int, variant: int) -> Canvas:
    canvas = Canvas(columns, (150, 176, 208), (236, 240, 248))
    canvas.hill(1.5, (178, 194, 214), swing=0.3, wave=1.5, at=variant)
    canvas.hill(2.1, (244, 247, 252), swing=0.08, wave=1.2, shade=0.12)
    for x in (0.7, 1.5, 3.2):
        canvas.bar(x - 0.04, 2.1, 0.08, 0.35, _STEM)
        for level in range(3):
            canvas.disc(x, 2.05 - 0.24 * level, 0.36 - 0.1 * level, (38, 88, 66), height=0.2)
    return canvas


def _night(columns: int, variant: int) -> Canvas:
    canvas = Canvas(columns, (12, 16, 48), (44, 52, 96))
    canvas.disc(2.9, 0.7, 0.3, (240, 236, 208), shade=0.1)
    for star in range(14):
        x, y = star * 2.47 % 4, star * 0.83 % 1.5
        canvas.disc(x, y, 0.035, (255, 255, 236), shade=0)
    canvas.hill(2.0, (20, 28, 40), swing=0.2, wave=1.3, at=variant)
    return canvas


def _cellar(columns: int, variant: int) -> Canvas:
    canvas = Canvas(columns, (78, 66, 58), (46, 38, 34))
    colours: list[Colour] = [(190, 60, 40), (214, 150, 50), (120, 140, 60), (130, 50, 90)]
    for shelf, y in enumerate((0.95, 1.85, 2.75)):
        canvas.bar(0.2, y, 3.6, 0.1, (126, 88, 56))
        for jar in range(6):
            x = 0.35 + jar * 0.58
            canvas.bar(x, y - 0.5, 0.4, 0.5, colours[(jar + shelf + variant) % 4])
            canvas.bar(x + 0.05, y - 0.6, 0.3, 0.1, (200, 196, 188))
    return canvas


def _person(canvas: Canvas, x: float, hair: Colour, coat: Colour) -> None:
    canvas.disc(x, 2.05, 0.16, _SKIN, height=0.3, shade=0.1)
    canvas.disc(x, 3.1, 0.75, coat, height=1.0, shade=0.15)
    canvas.disc(x, 1.42, 0.5, hair, height=0.55, shade=0.1)
    canvas.disc(x, 1.52, 0.42, _SKIN, height=0.5, shade=0.12)
    for eye in (-0.16, 0.16):
        canvas.disc(x + eye, 1.45, 0.05, (60, 46, 40), shade=0)
    canvas.disc(x, 1.76, 0.15, (176, 76, 74), height=0.05, shade=0)


def _portrait(columns: int, variant: int) -> Canvas:
    canvas = Canvas(columns, (150, 190, 140), (96, 140, 92))
    coats: list[Colour] = [(60, 100, 170), (190, 90, 60), (110, 80, 140)]
    hairs: list[Colour] = [(92, 58, 34), (222, 186, 110), (50, 42, 40)]
    _person(canvas, 2.0, hairs[variant % 3], coats[variant % 3])
    return canvas


def _couple(columns: int, variant: int) -> Canvas:
    canvas = Canvas(columns, (250, 214, 160), (186, 150, 120))
    _person(canvas, 1.2, (92, 58, 34), (60, 100, 170))
    _person(canvas, 2.8, (222, 186, 110) if variant == 0 else (50, 42, 40), (190, 90, 60))
    return canvas


SCENES: dict[str, Callable[[int, int], Canvas]] = {
    "apples": _apples,
    "bowl": _bowl,
    "cellar": _cellar,
    "couple": _couple,
    "night": _night,
    "orchard": _orchard,
    "pears": _pears,
    "portrait": _portrait,
    "sea": _sea,
    "snow": _snow,
}
