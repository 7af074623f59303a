"""Absences: since when a segment has no rows and should have, by its own counts, weekdays and closings."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from statistics import fmean, median

from shared.kpi.arrival.row_counts import ENOUGH_DAYS, LONG_DAYS

REGULAR_DAYS = 56
"""So many days with rows say how many it has, and on which weekdays."""
RECENT_DAYS = 14
"""So many say whether it has become fewer."""
LONGEST_CLOSING_DAYS = 4
"""One time that it was away for longer was an incident, and says nothing of the next."""
GROWN = 4
"""Days before it first had a quarter of what it has now were its beginning."""
MOST_A_DAY = 1 / (4 * 365)
"""By chance a table may seem to have lost a segment once in 4 years, however many segments it has."""


@dataclass(frozen=True)
class Absence:
    """How long a segment is away: `since` its first missing day, news since `told`."""

    since: date
    told: date


def absence(rows: Mapping[date, int], of_table: Collection[date], day: date, segments: int) -> Absence | None:
    """Whether a segment is missed on `day`, one of so many `segments`; None where it has rows, or comes and
    goes.

    `rows` are its own by day, `of_table` the days on which the table has any. It is missed when so many
    missing days on end, of weekdays on which it usually has rows, are as good as impossible: by its counts,
    where these are small, and by how often it was closed before. Nor does it count until it was never away
    for so long, but for one incident.
    """
    earlier = [each for each in sorted(rows) if day - timedelta(LONG_DAYS) <= each < day and rows[each] > 0]
    if rows.get(day) or len(earlier) < ENOUGH_DAYS:
        return None
    last, recent = earlier[-1], {each: rows[each] for each in earlier[-REGULAR_DAYS:]}
    usual = median(recent.values())
    first = next(each for each in earlier if GROWN * rows[each] >= usual)
    known = [each for each in sorted({*of_table, *earlier}) if first <= each <= last]
    weekdays = _usual_weekdays(known, rows)
    regular = [bool(rows.get(each)) for each in known if each.weekday() in weekdays]
    pauses = sorted(len(list(run)) for is_there, run in groupby(regular) if not is_there)
    if pauses and pauses[-1] > LONGEST_CLOSING_DAYS:
        pauses.pop()
    closed = (sum(pauses) + 1) / (len(regular) + 2) if pauses else 0.0
    missing = [each for each in sorted(of_table) if last < each <= day and each.weekday() in weekdays]
    chance = 1.0
    for place, each in enumerate(missing, start=1):
        chance *= max(closed, chance_of_none(recent, each.weekday()))
        if place > max(pauses, default=0) and chance * segments <= MOST_A_DAY:
            return Absence(missing[0], each)
    return None


def chance_of_none(recent: Mapping[date, int], weekday: int) -> float:
    """How likely a weekday without rows is by chance alone, of a segment with so many rows on its days.

    A count varies by its variance over its mean: 1 is Poisson's, more a negative binomial, less a binomial,
    0 a fixed number. Days with fewer rows than usual say it, for sales are no reason to have none; and since
    a few days say it badly it is taken to be as large as it may well be.
    """
    of_weekday = {
        number: [rows for day, rows in recent.items() if day.weekday() == number] for number in range(7)
    }
    lacks = [max(0.0, median(of_weekday[day.weekday()]) - rows) for day, rows in recent.items()]
    counts = list(recent.values())
    level = min(median(counts), fmean(counts[-RECENT_DAYS:]), fmean(of_weekday[weekday] or counts))
    ratio = 2 * fmean(lack**2 for lack in lacks) / level * (1 + 2 * (4 / len(lacks)) ** 0.5)
    if abs(ratio - 1) < 1e-3:
        ratio = 1.001
    return float(ratio ** (level / (1 - ratio)))


def _usual_weekdays(known: list[date], rows: Mapping[date, int]) -> set[int]:
    """The weekdays on which it mostly has rows of late."""
    late = [each for each in known if each > known[-1] - timedelta(REGULAR_DAYS)]
    there = {
        number: [bool(rows.get(each)) for each in late if each.weekday() == number] for number in range(7)
    }
    return {number for number, days in there.items() if days and 2 * sum(days) >= len(days)}
