"""Comparisons: a KPI's figure of a period against the same weekdays of another, like for like."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import median

from shared.kpi.judgement import Status

WEEK_DAYS = 7
YEAR_DAYS = 364
"""52 weeks: the same weekdays a year ago. The same date would set a Sunday against a Saturday."""
PAST_CHANGES = 12
"""How many past changes from one week to the next say what is usual."""
FEWEST_CHANGES = 4
UNKNOWN_USUAL = 0.10
"""A KPI too young to have a usual change is taken to move by a tenth from week to week."""
LEAST_USUAL = 0.01
"""Nothing is so steady that less than this share of its own level would be usual."""
MOST_NOTABLE = 99.0


class Period(StrEnum):
    """How much time a summary is about."""

    DAILY = "daily"
    WEEKLY = "weekly"

    def span(self, last: date) -> "Span":
        """The period that ends with `last`."""
        return Span(last, last) if self is Period.DAILY else Span(last - timedelta(days=6), last)

    def last_day(self, newest: date) -> date:
        """The last day of the newest whole period by `newest`: that day itself, or its week's Sunday or the
        one before."""
        return newest if self is Period.DAILY else newest - timedelta(days=(newest.weekday() + 1) % WEEK_DAYS)


@dataclass(frozen=True)
class Span:
    """Consecutive days, both ends among them."""

    start: date
    end: date

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of it, the oldest first."""
        return tuple(self.start + timedelta(days=n) for n in range((self.end - self.start).days + 1))

    def back(self, days: int) -> "Span":
        """As long, so many days earlier."""
        return Span(self.start - timedelta(days=days), self.end - timedelta(days=days))

    @property
    def is_calendar_week(self) -> bool:
        """Whether it is a Monday to its Sunday."""
        return self.start.weekday() == 0 and (self.end - self.start).days == WEEK_DAYS - 1


class Measure(StrEnum):
    """How days make a period."""

    SUM = "sum"
    MEAN = "mean"
    """Ratios and averages: weighted by each day's volume, where it is known, as one ratio of sums."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What is kept of one KPI's day: its value and what was thought of it, which is nothing of a day nobody
    checked (HISTORY)."""

    day: date
    status: Status
    value: float | None
    volume: float | None = None
    lower: float | None = None
    upper: float | None = None
    since: date | None = None
    note: str = ""

    @property
    def is_outside(self) -> bool:
        """Whether it was not where it was expected, in a watched direction or not."""
        if self.value is None:
            return False
        below = self.lower is not None and self.value < self.lower
        above = self.upper is not None and self.value > self.upper
        return self.status is Status.ANOMALY or below or above

    @property
    def is_judged(self) -> bool:
        """Whether anything can be said on where it was expected."""
        return self.status is Status.NORMAL or self.status.is_alarming


type Figures = Mapping[date, Figure]


@dataclass(frozen=True)
class Comparison:
    """A figure and an earlier one, both of the days that have a value at both times."""

    now: float
    before: float
    days: int

    @property
    def difference(self) -> float:
        """How much more it is now."""
        return self.now - self.before

    @property
    def change(self) -> float | None:
        """The difference as a share of the earlier figure; None where a share would say nothing: of zero, or
        across it."""
        if self.before == 0 or self.now * self.before < 0:
            return None
        return self.difference / abs(self.before)


def total(figures: Iterable[Figure], measure: Measure) -> float | None:
    """The figure of all these days together, None where there is none."""
    filled = [(each.value, each.volume) for each in figures if each.value is not None]
    if not filled:
        return None
    if measure is Measure.SUM:
        return math.fsum(value for value, _ in filled)
    weights = [volume for _, volume in filled]
    if any(weight is None for weight in weights):  # an average whose weight nobody kept
        return math.fsum(value for value, _ in filled) / len(filled)
    weight = math.fsum(each or 0.0 for each in weights)
    return math.fsum(value * (volume or 0.0) for value, volume in filled) / weight if weight else None


def compare(figures: Figures, span: Span, days_back: int, measure: Measure) -> Comparison | None:
    """`span` against the span `days_back` before, over the days that both have; None where there is none."""
    now, before = [], []
    for day in span.days:
        late, early = figures.get(day), figures.get(day - timedelta(days=days_back))
        if late and early and late.value is not None and early.value is not None:
            now.append(late)
            before.append(early)
    newer, older = total(now, measure), total(before, measure)
    return None if newer is None or older is None else Comparison(newer, older, len(now))


def usual_difference(figures: Figures, span: Span, measure: Measure) -> float | None:
    """By how much the KPI usually moves from one week to the next: the median of the weeks before `span`.

    In the KPI's own unit, not a share, so that zeros and figures below zero count like any other. None
    with fewer than 4 past changes.
    """
    past = [
        compare(figures, span.back(WEEK_DAYS * weeks), WEEK_DAYS, measure)
        for weeks in range(1, PAST_CHANGES + 1)
    ]
    whole = [each for each in past if each and 2 * each.days > len(span.days)]
    if len(whole) < FEWEST_CHANGES:
        return None
    level = median(abs(each.before) for each in whole)
    return max(median(abs(each.difference) for each in whole), LEAST_USUAL * level)


def notability(comparison: Comparison | None, usual: float | None) -> float:
    """How many times its usual change a KPI has moved, at most 99."""
    if comparison is None or comparison.difference == 0:
        return 0.0
    if usual is None:
        usual = UNKNOWN_USUAL * max(abs(comparison.before), abs(comparison.now))
    if usual == 0:  # always zero, and now it is not
        return MOST_NOTABLE
    return min(abs(comparison.difference) / usual, MOST_NOTABLE)
