"""Plot: where days and values stand on the paper, and the lines that show it."""

import math
from collections.abc import Iterator, Sequence
from datetime import date

from matplotlib.ticker import MaxNLocator

from shared.alerts.charts.lettering import Letters
from shared.alerts.charts.paper import QUIET, RULE, Paper, Point
from shared.alerts.message import ChartLine
from shared.alerts.numbers import Language, in_words
from shared.alerts.phrases.days import short_date, short_month

SMALL = Letters(13)
MOST_TICKS, MOST_DAYS = 6, 8
FEW_DAYS, WEEKS_DAYS, MONTHS_DAYS = 10, 45, 400
"""Up to so many days each day, Monday, or 1st and 15th is written below; beyond it months with their year."""
AIR, EDGE = 0.06, 6

type Value = float | None


class Plot:
    """The field of the paper that a line's days and values span, from its edges in dots."""

    def __init__(self, line: ChartLine, left: float, top: float, right: float, bottom: float) -> None:
        self.left, self.top, self.right, self.bottom = left, top, right, bottom
        self.days = line.days
        self._first = line.days[0].toordinal() - 0.6
        self._length = line.days[-1].toordinal() + 0.6 - self._first
        self._low, self._high = limits(line)

    @property
    def dots_a_day(self) -> float:
        """How far one day is from the next."""
        return (self.right - self.left) / self._length

    def x(self, day: date, aside: float = 0.0) -> float:
        """Where `day` is, or `aside` days beside it."""
        share = (day.toordinal() + aside - self._first) / self._length
        return self.left + share * (self.right - self.left)

    def y(self, value: float) -> float:
        """Where `value` is."""
        share = (value - self._low) / (self._high - self._low)
        return self.bottom - share * (self.bottom - self.top)

    def ticks(self) -> list[float]:
        """Round values over the whole height."""
        found = MaxNLocator(MOST_TICKS, steps=[1, 2, 2.5, 5, 10]).tick_values(self._low, self._high)
        return [float(f"{tick:.10g}") for tick in found if self._low <= tick <= self._high]

    def stretches(self, values: Sequence[Value]) -> Iterator[list[Point]]:
        """The points of `values`, a list for each run of days that have one."""
        run: list[Point] = []
        for day, value in zip(self.days, values, strict=True):
            if value is not None:
                run.append((self.x(day), self.y(value)))
            elif run:
                yield run
                run = []
        if run:
            yield run


def limits(line: ChartLine) -> tuple[float, float]:
    """From where to where the values go, with air around; from 0 where that is not far away."""
    every = [*line.values, *line.lower, *line.upper, *line.expected]
    known = [value for value in every if value is not None] or [0.0, 1.0]
    low, high = min(known), max(known)
    if low >= 0 and low < 0.6 * high:
        low = 0.0
    air = (high - low) * AIR or abs(high) * 0.1 or 1.0
    return (low if low == 0 and high > 0 else low - air), high + air


def value_words(plot: Plot, line: ChartLine, language: Language) -> list[tuple[float, str]]:
    """The plot's round values, each in words."""
    ticks = plot.ticks()
    return list(zip(ticks, in_words(ticks, is_share=line.is_share, language=language), strict=True))


def draw_grid(paper: Paper, plot: Plot, values: Sequence[tuple[float, str]], language: Language) -> None:
    """Lines at round values with their words to the left, and days below."""
    for value, words in values:
        y = plot.y(value)
        paper.line([(plot.left, y), (plot.right, y)], RULE, 1)
        paper.words(plot.left - 8, y + 6, words, SMALL, QUIET, "right")
    for day, words in day_words(plot.days, language):
        half, y = SMALL.width(words) / 2, plot.bottom + 23
        x = min(max(plot.x(day), half + EDGE), paper.width - half - EDGE)
        if paper.has_room(x, y, words, SMALL):
            paper.line([(plot.x(day), plot.bottom), (plot.x(day), plot.bottom + 4)], QUIET, 1)
            paper.words(x, y, words, SMALL, QUIET, "center")


def day_words(days: Sequence[date], language: Language) -> list[tuple[date, str]]:
    """Days worth writing below, evenly apart, the newest kept: each in words."""
    if len(days) > MONTHS_DAYS:
        chosen = [day for day in days if day.day == 1]
        chosen = [day for day in chosen if day.month == 1] if len(chosen) > 3 * MOST_DAYS else chosen
    elif len(days) <= FEW_DAYS:
        chosen = list(days)
    elif len(days) <= WEEKS_DAYS:
        chosen = [day for day in days if day.weekday() == 0]
    else:
        chosen = [day for day in days if day.day in (1, 15)]
    step = max(1, math.ceil(len(chosen) / MOST_DAYS))
    kept = chosen[::-1][::step][::-1]
    say = short_month if len(days) > MONTHS_DAYS else short_date
    return [(day, say(day, language)) for day in kept]
