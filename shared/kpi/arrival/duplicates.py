"""Duplicates: rows that are there twice, where they hardly ever were."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import groupby

ENOUGH_DAYS = 14
"""With fewer days before, it is not known whether the key is one."""
COUNTED_DAYS = 84
"""So many days back duplicates are counted: it costs reading every row's key."""
LEAST_SHARE = 0.001
"""So few of a day's rows twice move no KPI."""
LONGEST_INCIDENT_DAYS = 14
"""Whatever has had duplicates for longer is made that way."""
FAR_ABOVE = 3.0
FURTHER = 0.01


def is_more_than_usual(days: Mapping[date, tuple[int, int]], day: date) -> bool:
    """Whether `day` has duplicates that are no habit of the table; `days` has (duplicates, rows) of each.

    A history is clean if it has no duplicates, but for one incident: then any that matter are told. Else
    only a share of the rows far above every share before.
    """
    earlier = [days[each] for each in sorted(days) if day - timedelta(COUNTED_DAYS) < each < day]
    if len(earlier) < ENOUGH_DAYS or day not in days:
        return False
    share, shares = _share(days[day]), [_share(each) for each in earlier]
    if share < LEAST_SHARE:
        return False
    runs = [(is_dirty, len(list(run))) for is_dirty, run in groupby(each >= LEAST_SHARE for each in shares)]
    dirty = [length for is_dirty, length in runs if is_dirty]
    if len(dirty) <= 1 and sum(dirty) <= LONGEST_INCIDENT_DAYS:
        return True
    return share > FAR_ABOVE * max(shares) + FURTHER


def _share(counted: tuple[int, int]) -> float:
    duplicates, rows = counted
    return duplicates / rows if rows else 0.0
