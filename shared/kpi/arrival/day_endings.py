"""Day endings: when a day's last row happened, and whether that is too early for a day that is over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from statistics import median, quantiles
from zoneinfo import ZoneInfo

ENOUGH_DAYS = 14
"""With fewer days before, nothing is said."""
REGULAR_DAYS = 56
RECENT_DAYS = 28
SAME_WEEKDAYS = 3
"""So many of a weekday say when that one ends."""
TELLING = 0.25
"""The weekday says when a day ends where knowing it leaves less than this of how early days end."""
QUIET_END = timedelta(minutes=30)
LONG_DAYS = 400
OFTEN = 2
"""A day that ends as early as so many did, each by itself, is one of those on which a shop closes early."""


@dataclass(frozen=True)
class Ending:
    """When a day's last row happened, and when it usually does: times of day in the table's time zone."""

    last_at: time
    usual: time


def ends_early(endings: Mapping[date, datetime], day: date, zone: ZoneInfo) -> Ending | None:
    """How `day` ends, if it ends far before the days before did; None where it does not, or who knows.

    A weekday is held against its like: a shop may close at 22:00 on Sundays. Far is 3 times as far before
    what is usual as the 5th percentile of the last 28 days, half an hour at least. Where clocks changed, the
    day must end early by the wall's clock and by one that never changes: some jobs keep to the one, some to
    the other. Nor does it where two days of the last 400, not one after the other, were as early: a shop may
    close early on holidays, and a table of a few rows a day ends when it likes.
    """
    earlier = [each for each in sorted(endings) if day - timedelta(LONG_DAYS) <= each < day]
    before = earlier[-REGULAR_DAYS:]
    if day not in endings or len(before) < ENOUGH_DAYS:
        return None
    offset = datetime.combine(day, time(12), zone).utcoffset()
    clocks: list[tzinfo] = [zone] if offset is None else [zone, timezone(offset)]
    found = [_ending({each: endings[each] for each in (*before, day)}, day, clock) for clock in clocks]
    if not all(found):
        return None
    ends = {each: _after_midnight(endings[each], each, zone) for each in (*earlier, day)}
    late = {each: ends[each] - _of_weekday(ends, before, each) for each in ends}
    early = [each for each in earlier if late[each] <= late[day] + QUIET_END.total_seconds()]
    alone = [each for each in early if each - timedelta(days=1) not in early]
    return found[0] if len(alone) < OFTEN else None


def _ending(endings: Mapping[date, datetime], day: date, clock: tzinfo) -> Ending | None:
    ends = {each: _after_midnight(endings[each], each, clock) for each in endings}
    before = [each for each in sorted(endings) if each < day]
    of_all = {each: median(ends[each] for each in before) for each in (*before[-RECENT_DAYS:], day)}
    usual, early = of_all, _early(ends, of_all, before)
    if early:
        by_weekday = {each: _of_weekday(ends, before, each) for each in of_all}
        if (early_in_week := _early(ends, by_weekday, before)) > TELLING * early:
            usual, early = by_weekday, early_in_week
    if ends[day] - usual[day] >= early - max(-2 * early, QUIET_END.total_seconds()):
        return None
    return Ending(_clock(ends[day]), _clock(usual[day]))


def _early(ends: Mapping[date, float], usual: Mapping[date, float], before: list[date]) -> float:
    """The 5th percentile of how much earlier than usual recent days ended: seconds, at most 0."""
    late = [ends[each] - usual[each] for each in before[-RECENT_DAYS:]]
    return min(quantiles(late, n=20, method="inclusive")[0], 0.0)


def _of_weekday(ends: Mapping[date, float], before: list[date], day: date) -> float:
    same = [ends[each] for each in before if each.weekday() == day.weekday()]
    return median(same if len(same) >= SAME_WEEKDAYS else [ends[each] for each in before])


def _after_midnight(moment: datetime, day: date, clock: tzinfo) -> float:
    """Seconds by a clock; by one that is not the table's own it may be another day."""
    local = moment.astimezone(clock).replace(tzinfo=None)
    return (local.replace(microsecond=0) - datetime.combine(day, time())).total_seconds()


def _clock(seconds: float) -> time:
    minutes = int(seconds // 60) % (24 * 60)
    return time(minutes // 60, minutes % 60)
