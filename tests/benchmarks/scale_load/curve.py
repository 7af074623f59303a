"""A curve of cost versus work: one point per amount of work, and how fast cost grows with it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True)
class Point:
    """So much work took so long."""

    work: float
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Curve:
    """The points of one kind of work, in the order they were measured."""

    title: str
    unit: str
    points: Sequence[Point]
    heads: tuple[str, ...] = ()
    """What the points' notes are."""

    @property
    def slope(self) -> float:
        """The exponent k of seconds ~ work^k, by least squares on logarithms: 1 is linear."""
        xs = [math.log(point.work) for point in self.points]
        ys = [math.log(point.seconds) for point in self.points]
        mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
        spread = sum((x - mean_x) ** 2 for x in xs)
        return (
            sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread if spread else 1.0
        )

    def table(self) -> Table:
        """The curve to print, its slope below."""
        table = Table(
            title=self.title, title_justify="left", caption=f"seconds grow with {self.unit}^{self.slope:.2f}"
        )
        for head in (self.unit, "seconds", f"{self.unit}/s", f"ms for one of {self.unit}", *self.heads):
            table.add_column(head, justify="right")
        for point in self.points:
            table.add_row(
                f"{point.work:,.0f}", f"{point.seconds:.1f}", f"{point.work / point.seconds:,.1f}",
                f"{point.seconds / point.work * 1e3:.2f}", *point.notes,
            )  # fmt: skip
        return table
