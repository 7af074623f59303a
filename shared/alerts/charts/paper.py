"""Paper: what is drawn on, in dots from the top left; lines, areas, dots and words."""

import io
from collections.abc import Sequence
from typing import Any

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgba
from matplotlib.path import Path as Outline
from matplotlib.transforms import Affine2D
from PIL import Image

from shared.alerts.charts.lettering import Letters, drawable, properties, runs

DOTS_A_POINT = 100 / 72
COLORS = 128
APART = 10
"""Dots between words side by side that do not belong together."""
INK, QUIET, RULE, WHITE = "#22252a", "#6b7078", "#e3e5e8", "#ffffff"

type Point = tuple[float, float]
type Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""


class Paper:
    """White paper of `width` x `height` dots."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.written: list[Box] = []
        self._renderer: Any = RendererAgg(width, height, 72 * DOTS_A_POINT)  # type: ignore[no-untyped-call]
        self._upside_down = Affine2D().scale(1, -1).translate(0, height)
        self.area([(0, 0), (width, 0), (width, height), (0, height)], WHITE)

    def line(self, points: Sequence[Point], color: str, width: float, dashes: tuple[float, ...] = ()) -> None:
        """A line through `points`, `width` dots thick; `dashes` are dots drawn and left out in turn."""
        if len(points) < 2:
            return
        pen = self._pen(color, width)
        if dashes:
            pen.set_dashes(0, [each / DOTS_A_POINT for each in dashes])
        self._renderer.draw_path(pen, Outline(points), self._upside_down)

    def area(self, points: Sequence[Point], color: str, alpha: float = 1.0) -> None:
        """What is within `points`, filled."""
        pen = self._pen(color, 0)
        self._renderer.draw_path(pen, Outline(points, closed=False), self._upside_down, to_rgba(color, alpha))

    def box(
        self, left: float, top: float, right: float, bottom: float, color: str, alpha: float = 1.0
    ) -> None:
        """A filled rectangle."""
        self.area([(left, top), (right, top), (right, bottom), (left, bottom)], color, alpha)

    def dot(self, x: float, y: float, size: float, color: str) -> None:
        """A filled circle of `size` dots across, set off from what is behind it by a white rim."""
        for radius, ink in ((size / 2 + 1, WHITE), (size / 2, color)):
            place = Affine2D().scale(radius).translate(x, self.height - y)
            pen = self._pen(ink, 0)
            self._renderer.draw_path(pen, Outline.unit_circle(), place, to_rgba(ink))

    def words(
        self, x: float, y: float, said: str, letters: Letters, color: str = INK, align: str = "left"
    ) -> float:
        """`said` on the line at `y`, from, around or up to `x`; where it ends.

        Text of others' making: no formula, no line break, no sign that the fonts do not have.
        """
        plain = drawable(said)
        wide = letters.width(plain)
        at = x - {"left": 0.0, "center": wide / 2, "right": wide}[align]
        self.written.append(_box(at, y, wide, letters))
        pen = self._pen(color, 1)
        for run, font in runs(plain):
            self._renderer.draw_text(pen, round(at), round(y), run, properties(font, letters), 0)
            at += letters.width(run)
        return at

    def has_room(self, x: float, y: float, said: str, letters: Letters) -> bool:
        """Whether words around `x` on the line at `y` would keep clear of all that is written."""
        wide = letters.width(drawable(said))
        left, top, right, bottom = _box(x - wide / 2, y, wide, letters)
        return all(
            right + APART <= other[0] or other[2] + APART <= left or bottom <= other[1] or other[3] <= top
            for other in self.written
        )

    def png(self) -> bytes:
        """The picture. A palette makes a third of the size, and what is uploaded is waited for."""
        pixels = Image.frombuffer("RGBA", (self.width, self.height), self._renderer.buffer_rgba())
        few = pixels.convert("RGB").quantize(COLORS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        picture = io.BytesIO()
        few.save(picture, "png", compress_level=5)
        return picture.getvalue()

    def _pen(self, color: str, width: float) -> Any:
        pen = self._renderer.new_gc()
        pen.set_foreground(color)
        pen.set_linewidth(width)
        pen.set_joinstyle("round")
        pen.set_capstyle("butt")
        return pen


def _box(left: float, baseline: float, wide: float, letters: Letters) -> Box:
    """The room that words on a line take."""
    high = letters.size * DOTS_A_POINT
    return left, baseline - 0.85 * high, left + wide, baseline + 0.2 * high
