"""Row counts: are rows to be expected of a day, and is it plausible how many it has, by the days before?

Made to be quiet: what is said here mutes a whole table, and a detector still looks at every number that
is not muted.
"""

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise
from statistics import median, quantiles

from shared.kpi.arrival.findings import Facts

ENOUGH_DAYS = 14
"""With fewer days before, nothing is said."""
RECENT_DAYS = 28
FIXED_DAYS = 56
"""Over so many days with rows a table shows that its size is fixed."""
LEVEL_DAYS = 7
"""A size that stood for so many days is a size the table has."""
LONG_DAYS = 400
"""Far enough back to have seen last year's sales and holidays."""
WEEKS = 8
NOISE_DAYS = 56
SIGMAS = 6.0
SPREAD_OF_MAD = 1.4826
"""By this the median absolute deviation estimates a standard deviation."""
FURTHER_BELOW, FURTHER_ABOVE = 1.5, 2.0
"""How much further than ever a day may be from what was expected of it, on the logarithm."""
LEAST_LACK, LEAST_SURPLUS = math.log(2), math.log(3)
"""Half as much and thrice as much are plausible: a first New Year or sale may be in the rows. What is doubled
is found by its key."""
STEADY = LEAST_LACK_IF_STEADY = math.log(1.1)
"""A table that hardly varies follows no sales: a tenth less is not plausible of it."""


@dataclass(frozen=True)
class Plausible:
    """How many rows a day may have; `lowest` and `highest` are still plausible."""

    expected: float
    lowest: float
    highest: float

    @property
    def is_fixed(self) -> bool:
        """Whether no other number is plausible."""
        return self.lowest == self.highest

    @property
    def facts(self) -> Facts:
        """As a finding tells them."""
        return {"expected": self.expected, "lowest": self.lowest, "highest": self.highest}

    def takes(self, rows: int) -> bool:
        """Whether a day may have so many rows."""
        return self.lowest <= rows <= self.highest


def is_due(days: Collection[date], day: date) -> bool:
    """Whether rows are to be expected of `day`, given the days that have rows.

    They are where the same weekday mostly had some in the 8 weeks before, and where there was never such
    a long pause: a table without weekends is not missed on Sundays, a monthly one not on most days.
    """
    earlier = sorted(each for each in days if day - timedelta(LONG_DAYS) <= each < day)
    if not earlier:
        return True
    weekdays = [day - timedelta(weeks=week) for week in range(1, WEEKS + 1)]
    weekdays = [each for each in weekdays if each >= earlier[0]]
    there = set(earlier)
    if 2 * sum(each in there for each in weekdays) >= len(weekdays):
        return True
    return day - earlier[-1] > max((b - a for a, b in pairwise(earlier)), default=timedelta())


def plausible_rows(counts: Mapping[date, int], day: date) -> Plausible | None:
    """How many rows `day` may have by those of the days before, None where these are too few.

    A table whose size is fixed (mall x gender: 6 rows a day, or by weekday) must have just that. Any
    other may be 1.5 times as far below what was expected as its days were in the last 400, twice as far
    above; half and 3 times its size are plausible anyway, unless it hardly varies: a sale nobody has seen
    before is no fault of the table.
    """
    earlier = _earlier(counts, day)
    if len(earlier) < ENOUGH_DAYS:
        return None
    fixed = _fixed_rows(earlier, day)
    return Plausible(fixed, fixed, fixed) if fixed is not None else _usual_rows(earlier, day)


def fixed_rows(counts: Mapping[date, int], day: date) -> int | None:
    """How many rows `day` must have, where the days before show a fixed size; else None."""
    earlier = _earlier(counts, day)
    return _fixed_rows(earlier, day) if len(earlier) >= ENOUGH_DAYS else None


def _earlier(counts: Mapping[date, int], day: date) -> dict[date, int]:
    """The days before that have rows, the oldest first."""
    first = day - timedelta(LONG_DAYS)
    return {each: counts[each] for each in sorted(counts) if first <= each < day and counts[each] > 0}


def _fixed_rows(earlier: Mapping[date, int], day: date) -> int | None:
    """The size of a table that hardly ever has another; one incident or one change of size may have been."""
    recent = list(earlier.items())[-FIXED_DAYS:]
    runs = [(size, len(list(run))) for size, run in groupby(count for _, count in recent)]
    levels = [size for size, length in runs if length >= LEVEL_DAYS]
    if len(runs) <= 3 and levels:
        return levels[-1]
    usual = {weekday: _most_frequent(recent, weekday) for weekday in range(7)}
    others = sum(count != usual[each.weekday()] for each, count in recent)
    is_fixed = len(recent) >= RECENT_DAYS and others <= 1
    return usual[day.weekday()] if is_fixed else None


def _most_frequent(recent: list[tuple[date, int]], weekday: int) -> int | None:
    counts = Counter(count for each, count in recent if each.weekday() == weekday)
    return counts.most_common(1)[0][0] if counts else None


def _usual_rows(earlier: Mapping[date, int], day: date) -> Plausible:
    """Limits on the logarithm: by the noise from week to week, and by how far days went before."""
    days = list(earlier)
    expected = _expected(earlier, days[-RECENT_DAYS:], day)
    sigma = _noise(earlier, days[-NOISE_DAYS:], expected)
    lowest_seen, highest_seen = _excursions(earlier, days)
    is_steady = highest_seen - lowest_seen < STEADY
    least = LEAST_LACK_IF_STEADY if is_steady else LEAST_LACK
    below = max(SIGMAS * sigma, FURTHER_BELOW * -lowest_seen, least)
    above = max(SIGMAS * sigma, FURTHER_ABOVE * highest_seen, LEAST_SURPLUS)
    chance = math.sqrt(expected)  # what small counts vary by in any case
    return Plausible(
        expected,
        lowest=min(expected * math.exp(-below), expected - 2 * chance),
        highest=max(expected * math.exp(above), expected + 5 * chance),
    )


def _expected(counts: Mapping[date, int], recent: list[date], day: date) -> float:
    """The median of the weekday in the 28 days before, of all of these where the weekday is new."""
    same = [counts[each] for each in recent if each.weekday() == day.weekday()]
    return median(same if len(same) >= 3 else [counts[each] for each in recent])


def _noise(counts: Mapping[date, int], days: list[date], level: float) -> float:
    """The standard deviation of a day's logarithm, robust: by changes within a week, which know no trend."""
    week = timedelta(weeks=1)
    changes = [math.log(counts[each] / counts[each - week]) for each in days if each - week in counts]
    if len(changes) >= ENOUGH_DAYS:
        usual = median(changes)
        return SPREAD_OF_MAD * median(abs(each - usual) for each in changes) / math.sqrt(2)
    return SPREAD_OF_MAD * median(abs(math.log(counts[each] / level)) for each in days)


def _excursions(counts: Mapping[date, int], days: list[date]) -> tuple[float, float]:
    """How far days were from what was expected of them: the 1st and 99th percentile of logarithms."""
    excursions = [
        math.log(counts[each] / _expected(counts, days[max(0, place - RECENT_DAYS) : place], each))
        for place, each in enumerate(days)
        if place >= LEVEL_DAYS
    ]
    cuts = quantiles(excursions, n=100, method="inclusive")
    return min(cuts[0], 0.0), max(cuts[-1], 0.0)
