"""Sameness: a column that has no value any more, or the same one day after day, and never did."""

import math
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise, takewhile

from shared.kpi.history import Cell

RECENT_DAYS = 28
LEAST_DAYS = 7
"""Days with rows before an empty one, to know that the column used to be filled."""
USUALLY = 0.9
LONGEST_EMPTY = LONGEST_STUCK = 28
"""What has been empty or the same for longer is how it is now."""
STUCK_DAYS = 3
LEAST_PAIRS = 28
MOST_REPEATS = 0.02
"""Share of days on which a column may have had the value of the day before and still never repeat itself."""
SAME = 1e-12
"""Sums of the same floats in another order differ by less than this."""
LONG_DAYS = 180


def days_empty(cells: Mapping[date, Cell], day: date) -> int:
    """For how many days with rows, up to `day`, a column that used to be filled is all NULL; 0: it is not.

    It used to be if it was on 9 of 10 of the 28 days with rows before.
    """
    newest_first = [cells[each].filled > 0 for each in sorted(cells, reverse=True) if each <= day]
    if day not in cells or cells[day].filled:
        return 0
    empty = len(list(takewhile(lambda is_filled: not is_filled, newest_first)))
    before = newest_first[empty : empty + RECENT_DAYS]
    if empty > LONGEST_EMPTY or len(before) < LEAST_DAYS or sum(before) < USUALLY * len(before):
        return 0
    return empty


def days_stuck(cells: Mapping[date, Cell], day: date) -> int:
    """For how many days on end, up to `day`, a column has one value that is not 0; 0: fewer than 3.

    Nor is it stuck if it had the value of the day before on more than 2 in 100 days of the half year before:
    small counts, rounded rates and prices repeat themselves.
    """
    totals = {each: cell.total for each, cell in cells.items() if each <= day and cell.total is not None}
    if not totals.get(day):
        return 0
    stuck = 1
    while _is_same(totals.get(day - timedelta(stuck)), totals[day]):
        stuck += 1
    if not STUCK_DAYS <= stuck <= LONGEST_STUCK:
        return 0
    until = day - timedelta(stuck)
    earlier = [
        each for each in sorted(totals) if until - timedelta(LONG_DAYS) <= each <= until and totals[each]
    ]
    repeats = [_is_same(totals[a], totals[b]) for a, b in pairwise(earlier)]
    return stuck if len(repeats) >= LEAST_PAIRS and sum(repeats) <= MOST_REPEATS * len(repeats) else 0


def _is_same(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and math.isclose(one, other, rel_tol=SAME)
