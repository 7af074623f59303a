"""Turnover: whether segments come and go in a table, as campaigns do, so that the end of one is no news."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from statistics import fmean, median

from shared.kpi.arrival.absences import Absence
from shared.kpi.arrival.row_counts import LEVEL_DAYS, LONG_DAYS, RECENT_DAYS
from shared.kpi.history import History

SEVERAL = 3
"""So many that ended and were followed by others: segments end here, as campaigns do."""
MANY = 3
"""So many times as many at once, or as old, as those: that is no end like theirs."""
DAY = timedelta(days=1)


def usual_ends(history: History, gone: Mapping[str, Absence]) -> frozenset[str]:
    """Those gone whose end is no news: several began and took the place of others, which have ended.

    Not one far older than such segments become, nor far more at once than ever began at once.
    """
    table = [day for day in sorted(history.days) if history.day - LONG_DAYS * DAY <= day < history.day]
    if not table or not gone:
        return frozenset()
    first = {segment: min(days) for segment, days in history.segment_rows.items() if days}
    begun = {each: day for each, day in first.items() if table[0] + LEVEL_DAYS * DAY < day < history.day}
    at_once = Counter(begun.values())
    alive = [
        days
        for days in history.segment_rows.values()
        if any(day > history.day - (LEVEL_DAYS + 1) * DAY for day in days)
    ]

    def others(days: list[date]) -> float:
        """The rows a day of segments that are not there any more, or not read."""
        return median(
            history.days[day].rows - sum(rows[day].rows for rows in alive if day in rows) for day in days
        )

    ended = others(table[:RECENT_DAYS]) - others(table[-LEVEL_DAYS:])
    if len(at_once) < SEVERAL or ended < SEVERAL * median(usual_rows(history, each) for each in begun):
        return frozenset()
    since = Counter(missed.since for missed in gone.values())
    lives = 2 * fmean((history.day - day).days for day in begun.values())
    return frozenset(
        segment
        for segment, missed in gone.items()
        if since[missed.since] <= MANY * max(at_once.values())
        and (missed.since - first[segment]).days <= MANY * lives
    )


def usual_rows(history: History, segment: str) -> float:
    """The rows a segment has on one of its days: the median of the last 28 before."""
    days = history.segment_rows[segment]
    return median([days[day].rows for day in sorted(days) if day < history.day][-RECENT_DAYS:])
