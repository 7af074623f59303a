"""The calendar: public holidays, the days around them no library has, and own events such as sale weeks."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import MAXYEAR, date, timedelta
from functools import lru_cache

import holidays

from shared.kpi.events import Event, EventDays, MonthDay

NO_COUNTRY = "none"
CLOSING_DAY, BRIDGE_DAY, GOLDEN_WEEK = "closing day", "bridge day", "Golden Week bridge day"
SUBSTITUTE = "Substitute Holiday"
DAY = timedelta(days=1)
LOOKS_AHEAD = 10 * DAY
"""Of a judgement. What is due on days nobody works is moved: whether a day is the one depends on those around
it."""
SATURDAY = 5


YEAR_END = {
    MonthDay(12, 29): "29 December",
    MonthDay(12, 30): "30 December",
    MonthDay(12, 31): "New Year's Eve",
    MonthDay(1, 1): "New Year's Day",
    MonthDay(1, 2): "2 January",
    MonthDay(1, 3): "3 January",
}
"""Days off in Japan that only one of is a public holiday."""
SEASONS = YEAR_END | {MonthDay(8, day): "Obon" for day in range(13, 17)}
"""Days in Japan that move everything, every year, whatever the law says."""
BUILT_IN_NAMES = frozenset({CLOSING_DAY, BRIDGE_DAY, GOLDEN_WEEK, SUBSTITUTE, *SEASONS.values()})
RENAMED = {"Physical Education Day": "Sports Day", "Health and Sports Day": "Sports Day"}
"""The same holiday before and after it got a new name."""


@dataclass(frozen=True)
class Occasion:
    """Something that may move KPIs: from `day + lower_window` (not after it) to `day + upper_window`."""

    name: str
    day: date
    lower_window: int = 0
    upper_window: int = 0
    is_own: bool = False
    """An own event, not a holiday."""
    is_day_off: bool = False
    """Nobody works then, besides weekends: what is due is moved to a working day."""


@dataclass(frozen=True)
class Calendar:
    """What days are special, in one country and one business. `closing_days` are days off of its own."""

    country: str = "JP"
    events: tuple[Event, ...] = ()
    closing_days: tuple[Event, ...] = ()
    bridge_days: bool = True

    def occasions(
        self, first: date, last: date, names: tuple[str, ...] | None = None
    ) -> tuple[Occasion, ...]:
        """Everything that moves KPIs between `first` and `last`, both included, by day and name.

        Holidays are always among it; of own events those in `names`, all where that is None.
        """
        return _occasions(self, first, last, names)

    def events_on(self, day: date, names: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """The own events that move KPIs on `day`, with their lead and lag, in the file's order."""
        return tuple(event.name for event in self._chosen(names) if any(event.moves(day, day)))

    def events_between(self, first: date, last: date) -> tuple[EventDays, ...]:
        """The times own events have a day between `first` and `last`, in their order."""
        found = [
            EventDays(event.name, start, end, event.is_first(start))
            for event in self.events
            for start, end in event.times(first, last)
        ]
        return tuple(sorted(found, key=lambda each: (each.start, each.name)))

    def is_first_time(self, name: str, day: date) -> bool:
        """Whether event `name`, as it goes on at `day` or comes next, never happened before."""
        for event in self._chosen((name,)):
            for start, end in event.around(day, day + 366 * DAY if day.year < MAXYEAR - 1 else day):
                if (day - end).days <= event.lag_days:
                    return event.is_first(start)
        return False

    def is_day_off(self, day: date) -> bool:
        """Whether people are off: weekend, holiday, year-end in Japan, closing day."""
        return (
            day.weekday() >= SATURDAY
            or (self.country == "JP" and (day.month, day.day) in YEAR_END)
            or day in _public_holidays(self.country, day.year)
            or self._is_closed(day)
        )

    def _chosen(self, names: tuple[str, ...] | None) -> Iterator[Event]:
        wanted = None if names is None else {name.casefold() for name in names}
        return (each for each in self.events if wanted is None or each.name.casefold() in wanted)

    def _is_closed(self, day: date) -> bool:
        return any(any(closing.times(day, day)) for closing in self.closing_days)

    def _names_of(self, day: date) -> Iterator[str]:
        """What a day is besides own events."""
        named = SEASONS.get(MonthDay(day.month, day.day)) if self.country == "JP" else None
        if named:
            yield named
        for name in _public_holidays(self.country, day.year).get(day, ()):
            # At the year-end a day keeps its one name, so that each year teaches the next.
            if name != named and not (named and name == SUBSTITUTE):
                yield name
        if self._is_closed(day):
            yield CLOSING_DAY
        if self.bridge_days and not self.is_day_off(day):
            if self.country == "JP" and MonthDay(4, 30) <= (day.month, day.day) <= MonthDay(5, 2):
                yield GOLDEN_WEEK
            elif (
                day not in (date.min, date.max) and self.is_day_off(day - DAY) and self.is_day_off(day + DAY)
            ):
                yield BRIDGE_DAY


def is_country(code: str) -> bool:
    """Whether the public holidays of `code` (ISO 3166, such as JP) are known."""
    return len(code) == 2 and code in holidays.list_supported_countries()


@lru_cache(maxsize=512)  # every KPI of a table asks for the same
def _occasions(
    calendar: Calendar, first: date, last: date, names: tuple[str, ...] | None
) -> tuple[Occasion, ...]:
    holy = replace(calendar, events=())
    found = [
        each
        for year in range(first.year, last.year + 1)
        for each in _holidays(holy, year)
        if first <= each.day <= last
    ]
    for event in calendar._chosen(names):
        for start, end in event.moves(first, last):
            upper = (end - start).days + event.lag_days
            found.append(Occasion(event.name, start, -event.lead_days, upper, is_own=True))
    return tuple(sorted(found, key=lambda each: (each.day, each.is_own, each.name)))


@lru_cache(maxsize=128)
def _holidays(calendar: Calendar, year: int) -> tuple[Occasion, ...]:
    start = date(year, 1, 1)
    days = (start + step * DAY for step in range((date(year, 12, 31) - start).days + 1))
    return tuple(
        Occasion(name, day, is_day_off=calendar.is_day_off(day))
        for day in days
        for name in calendar._names_of(day)
    )


@lru_cache(maxsize=128)
def _public_holidays(country: str, year: int) -> Mapping[date, tuple[str, ...]]:
    """English names by day. All that stand in for another holiday share a name: they teach each other."""
    if country == NO_COUNTRY:
        return {}
    known = holidays.country_holidays(country, years=year, language="en_US")
    return {
        day: tuple(sorted({_taught(name) for name in known.get_list(day)}))
        for day in sorted(known)
        if day.year == year
    }


def _taught(name: str) -> str:
    if re.search(r"\(observed\)|substitut|in lieu", name, re.IGNORECASE):
        return SUBSTITUTE
    return RENAMED.get(name, name)
