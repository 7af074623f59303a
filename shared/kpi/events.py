"""Own events, such as sale weeks: on which days they happen, and how far around these they move KPIs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date
from typing import NamedTuple


class MonthDay(NamedTuple):
    """A day of every year. 29 February is 28 February where there is none."""

    month: int
    day: int

    def of(self, year: int) -> date:
        """That day of `year`."""
        is_short = self == (2, 29) and (year % 4 != 0 or (year % 100 == 0 and year % 400 != 0))
        return date(year, self.month, 28 if is_short else self.day)


@dataclass(frozen=True)
class EventDays:
    """One time an own event happens, without its lead and lag. `is_first`: it never happened before."""

    name: str
    start: date
    end: date
    is_first: bool


@dataclass(frozen=True)
class Event:
    """An own event: on named days, or yearly from `first_year` on (None: since before anybody counted).

    It moves KPIs from `lead_days` before its start to `lag_days` after its end.
    """

    name: str
    days: tuple[tuple[date, date], ...] = ()
    yearly: tuple[MonthDay, MonthDay] | None = None
    first_year: int | None = None
    lead_days: int = 0
    lag_days: int = 0

    def times(self, first: date, last: date) -> Iterator[tuple[date, date]]:
        """Start and end of each time it has a day between `first` and `last`, the oldest first."""
        for start, end in self.around(first, last):
            if start <= last and end >= first:
                yield start, end

    def moves(self, first: date, last: date) -> Iterator[tuple[date, date]]:
        """Start and end of each time it moves KPIs between `first` and `last`."""
        for start, end in self.around(first, last):
            if (start - last).days <= self.lead_days and (first - end).days <= self.lag_days:
                yield start, end

    def is_first(self, start: date) -> bool:
        """Whether the time that begins on `start` is the first ever."""
        if self.yearly:
            return self.first_year is not None and start.year <= self.first_year
        return start <= min(begin for begin, _ in self.days)

    def around(self, first: date, last: date) -> Iterator[tuple[date, date]]:
        """Start and end of the times that may be near `first` to `last`, the oldest first."""
        if self.yearly is None:
            yield from sorted(self.days)
            return
        begin, end = self.yearly
        earliest = max(first.year - 1, self.first_year or MINYEAR, MINYEAR)
        for year in range(earliest, min(last.year + 1, MAXYEAR - 1) + 1):
            yield begin.of(year), end.of(year if begin <= end else year + 1)
