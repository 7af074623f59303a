"""The calendar as Prophet sees it: its own week, year and holiday columns for consecutive days.

They depend on the days and the occasions only, never on a KPI's values, so the KPIs of a table share them.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shared.kpi.series import Numbers

if TYPE_CHECKING:
    from shared.kpi.calendar import Occasion

WEEKLY_ORDER = 3
YEARLY_ORDER = 10
WEEK_DAYS = 7
YEAR_DAYS = 365.25
SCALE = 10.0
"""Prophet's own defaults; of its seasons and holidays the prior is one."""
KEPT_CALENDARS = 16


@dataclass(frozen=True, eq=False)
class CalendarColumns:
    """`columns` is days × features; `scales` the prior standard deviation of each feature's effect.

    `is_yearly` marks the columns of the year, `occasion` says by number of `names` which occasion a column
    belongs to, -1 where to none; a column of an occasion is one day of its window. `own` are the numbers of
    own events. `first` is the first day, `days_off` those nobody works besides weekends; `occasions` are what
    the columns were made of; the last `months` ones are joined.
    """

    first: date
    columns: Numbers
    scales: Numbers
    is_yearly: NDArray[np.bool_]
    occasion: NDArray[np.int_]
    names: tuple[str, ...]
    own: frozenset[int]
    days_off: frozenset[date] = frozenset()
    occasions: "tuple[Occasion, ...]" = ()
    months: int = 0

    def has_occasion(self, day: int) -> bool:
        """Whether day number `day` is one of an occasion."""
        return bool(np.any((self.occasion >= 0) & (self.columns[day] != 0)))

    def since(self, day: int) -> "CalendarColumns":
        """Those of the days from number `day` on."""
        return replace(self, first=self.first + timedelta(days=day), columns=self.columns[day:])

    def until(self, day: int) -> "CalendarColumns":
        """Those of the days before number `day`."""
        return replace(self, columns=self.columns[:day])

    def joined(self, name: str, column: Numbers) -> "CalendarColumns":
        """With an occasion of one column more, of Prophet's own prior for a holiday."""
        return replace(
            self,
            columns=np.column_stack([self.columns, column]),
            scales=np.append(self.scales, SCALE),
            is_yearly=np.append(self.is_yearly, False),
            occasion=np.append(self.occasion, len(self.names)),
            names=(*self.names, name),
            months=self.months + 1,
        )


@lru_cache(maxsize=KEPT_CALENDARS)
def calendar_columns(first: date, last: date, occasions: "tuple[Occasion, ...]") -> CalendarColumns:
    """Prophet's columns for the days `first` to `last`, both included."""
    year, week = _seasons(first, last)
    touching = [each for each in occasions if touches(each, first, last)]
    kinds = sorted({(each.is_own, each.name) for each in touching})
    marks = _marks(touching, first, len(year), {kind: number for number, kind in enumerate(kinds)})
    columns = np.zeros((len(year), year.shape[1] + week.shape[1] + len(marks)))
    columns[:, : year.shape[1]] = year
    columns[:, year.shape[1] : year.shape[1] + week.shape[1]] = week
    places = range(year.shape[1] + week.shape[1], columns.shape[1])
    for place, mark in zip(places, marks, strict=True):
        columns[marks[mark], place] = 1.0
    numbers = np.arange(columns.shape[1])
    return CalendarColumns(
        first=first,
        columns=columns,
        scales=np.full(len(numbers), SCALE),
        is_yearly=numbers < year.shape[1],
        occasion=np.concatenate([np.full(places.start, -1), [number for number, _ in marks]]).astype(int),
        names=tuple(name for _, name in kinds),
        own=frozenset(number for number, (is_own, _) in enumerate(kinds) if is_own),
        days_off=frozenset(each.day for each in occasions if each.is_day_off),
        occasions=occasions,
    )


def _seasons(first: date, last: date) -> tuple[Numbers, Numbers]:
    # Loaded with the first forecast: a function that only asks whether data arrived starts without it.
    import pandas as pd  # noqa: PLC0415

    from shared.kpi.prophet.package import Prophet  # noqa: PLC0415

    days = pd.Series(pd.date_range(first, last, freq="D"))
    return (
        Prophet.fourier_series(days, YEAR_DAYS, YEARLY_ORDER),
        Prophet.fourier_series(days, WEEK_DAYS, WEEKLY_ORDER),
    )


def _marks(
    occasions: "list[Occasion]", first: date, count: int, numbers: dict[tuple[bool, str], int]
) -> dict[tuple[int, str], list[int]]:
    """The days that are on, by column: an occasion's number and a day of its window, in Prophet's order."""
    found: dict[tuple[int, str], list[int]] = {}
    for each in occasions:
        number, start = numbers[each.is_own, each.name], (each.day - first).days
        for offset in range(each.lower_window, each.upper_window + 1):
            days = found.setdefault((number, f"{offset:+d}"), [])
            if 0 <= start + offset < count:
                days.append(start + offset)
    return {mark: found[mark] for mark in sorted(found)}


def touches(occasion: "Occasion", first: date, last: date) -> bool:
    """Whether any of its days is one of `first` to `last`."""
    begin = occasion.day + timedelta(days=occasion.lower_window)
    end = occasion.day + timedelta(days=occasion.upper_window)
    return bool(begin <= last and end >= first)
