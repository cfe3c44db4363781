"""Paint simple shapes on a coarse grid of colours.

Pure: no files, no randomness. Places are given in a frame four wide and three high, whatever
the grid's resolution, so that one scene can be painted large and as a thumbnail.
"""

from __future__ import annotations

from math import ceil, hypot, sin

from rootcellar.sample.jpeg import Colour, Grid

FRAME_WIDTH, FRAME_HEIGHT = 4.0, 3.0


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return ``first`` with ``share`` (0-1) of ``second`` in it."""
    rest = 1.0 - share
    return (
        first[0] * rest + second[0] * share,
        first[1] * rest + second[1] * share,
        first[2] * rest + second[2] * share,
    )


class Canvas:
    """A grid of colours, ``columns`` wide and three quarters as high, to paint on."""

    def __init__(self, columns: int, top: Colour, bottom: Colour) -> None:
        """Start with a gradient from ``top`` to ``bottom``."""
        self._scale = columns / FRAME_WIDTH
        self.columns, self.rows = columns, round(columns * FRAME_HEIGHT / FRAME_WIDTH)
        self.grid: Grid = [
            [mix(top, bottom, row / (self.rows - 1))] * columns for row in range(self.rows)
        ]

    def disc(
        self,
        x: float,
        y: float,
        radius: float,
        colour: Colour,
        *,
        height: float | None = None,
        shade: float = 0.35,
    ) -> None:
        """Paint an ellipse lit from the upper left, darker by ``shade`` at the far side."""
        scale = self._scale
        cx, cy, rx, ry = x * scale, y * scale, radius * scale, (height or radius) * scale
        dark = mix(colour, (0, 0, 0), shade)
        light = mix(colour, (255, 255, 255), shade)
        softness = min(rx, ry)
        for row in range(max(0, int(cy - ry - 1)), min(self.rows, ceil(cy + ry + 1))):
            line, dy = self.grid[row], (row + 0.5 - cy) / ry
            for column in range(max(0, int(cx - rx - 1)), min(self.columns, ceil(cx + rx + 1))):
                dx = (column + 0.5 - cx) / rx
                cover = (1.0 - hypot(dx, dy)) * softness + 0.5
                if cover <= 0:
                    continue
                slope = (dx + dy) * 0.7
                lit = mix(colour, dark, slope) if slope > 0 else mix(colour, light, -slope)
                line[column] = lit if cover >= 1 else mix(line[column], lit, cover)

    def hill(
        self,
        top: float,
        colour: Colour,
        *,
        swing: float = 0.0,
        wave: float = 1.0,
        at: float = 0.0,
        shade: float = 0.4,
    ) -> None:
        """Fill all below a wavy line at the height ``top``, darker by ``shade`` at the bottom."""
        dark = mix(colour, (0, 0, 0), shade)
        shades = [mix(colour, dark, row / self.rows) for row in range(self.rows)]
        for column in range(self.columns):
            edge = (top + swing * sin(column / self._scale * wave + at)) * self._scale
            first = max(0, int(edge))
            for row in range(first, self.rows):
                cover, line = row + 1 - edge, self.grid[row]
                below = shades[row]
                line[column] = below if cover >= 1 else mix(line[column], below, cover)

    def bar(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Paint a plain upright rectangle with its upper left corner at ``x``, ``y``."""
        scale = self._scale
        first, last = max(0, round(x * scale)), min(self.columns, round((x + width) * scale))
        for row in range(max(0, round(y * scale)), min(self.rows, round((y + height) * scale))):
            self.grid[row][first:last] = [colour] * max(0, last - first)
