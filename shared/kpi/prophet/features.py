"""The calendar as Prophet sees it: its own week, year and holiday columns for consecutive days.

They depend on the days and the occasions only, never on a KPI's values, so the KPIs of a table share them.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shared.kpi.prophet.package import Prophet
from shared.kpi.series import Numbers

if TYPE_CHECKING:
    from shared.kpi.calendar import Occasion

WEEKLY_ORDER = 3
YEARLY_ORDER = 10
"""Prophet's own defaults."""
HOLIDAY_SCALE = 10.0
KEPT_CALENDARS = 16


@dataclass(frozen=True, eq=False)
class CalendarColumns:
    """`columns` is days × features; `scales` the prior standard deviation of each feature's effect.

    `is_yearly` marks the columns of the year, `occasion` says by number of `names` which occasion a column
    belongs to, -1 where to none; a column of an occasion is one day of its window. `own` are the numbers of
    own events. `first` is the first day, `days_off` those nobody works besides weekends.
    """

    first: date
    columns: Numbers
    scales: Numbers
    is_yearly: NDArray[np.bool_]
    occasion: NDArray[np.int_]
    names: tuple[str, ...]
    own: frozenset[int]
    days_off: frozenset[date] = frozenset()

    def since(self, day: int) -> "CalendarColumns":
        """Those of the days from number `day` on."""
        return replace(self, first=self.first + timedelta(days=day), columns=self.columns[day:])

    def joined(self, name: str, column: Numbers) -> "CalendarColumns":
        """With an occasion of one column more, of Prophet's own prior for a holiday."""
        return replace(
            self,
            columns=np.column_stack([self.columns, column]),
            scales=np.append(self.scales, HOLIDAY_SCALE),
            is_yearly=np.append(self.is_yearly, False),
            occasion=np.append(self.occasion, len(self.names)),
            names=(*self.names, name),
        )


@lru_cache(maxsize=KEPT_CALENDARS)
def calendar_columns(first: date, last: date, occasions: "tuple[Occasion, ...]") -> CalendarColumns:
    """Prophet's columns for the days `first` to `last`, both included."""
    days = pd.DataFrame({"ds": pd.date_range(first, last, freq="D")})
    kinds = sorted({(each.is_own, each.name) for each in occasions if _touches(each, first, last)})
    names = {kind: f"occasion {number:04d}" for number, kind in enumerate(kinds)}
    model = unfitted(
        [
            (names[each.is_own, each.name], each.day, each.lower_window, each.upper_window)
            for each in occasions
            if (each.is_own, each.name) in names
        ]
    )
    features, scales, _, _ = model.make_all_seasonality_features(days)
    heads = [str(column).split("_delim_")[0] for column in features.columns]
    numbers = {name: number for number, name in enumerate(names.values())}
    return CalendarColumns(
        first=first,
        columns=np.ascontiguousarray(features.to_numpy(dtype=np.float64)),
        scales=np.asarray(scales, dtype=np.float64),
        is_yearly=np.array([head == "yearly" for head in heads]),
        occasion=np.array([numbers.get(head, -1) for head in heads]),
        names=tuple(name for _, name in kinds),
        own=frozenset(number for number, (is_own, _) in enumerate(kinds) if is_own),
        days_off=frozenset(each.day for each in occasions if each.is_day_off),
    )


def unfitted(holidays: list[tuple[str, date, int, int]]) -> Prophet:
    """Prophet as it is used here: linear, additive, week and year, default priors, named holidays.

    A holiday is its name, day, and how many days before (as a negative number) and after belong to it.
    """
    frame = None
    if holidays:
        frame = pd.DataFrame(holidays, columns=["holiday", "ds", "lower_window", "upper_window"])
    model = _Calendar(holidays=frame, daily_seasonality=False)
    model.add_seasonality("yearly", period=365.25, fourier_order=YEARLY_ORDER)
    model.add_seasonality("weekly", period=7, fourier_order=WEEKLY_ORDER)
    return model


class _Calendar(Prophet):
    """Prophet for its columns alone: needs no optimiser."""

    def _load_stan_backend(self, stan_backend: str | None) -> None:  # noqa: ARG002 - as in the package
        self.stan_backend = None

    def regressor_column_matrix(self, seasonal_features: Any, modes: Any) -> tuple[pd.DataFrame, Any]:  # noqa: ARG002
        """Which columns make which component: for plots, and half of the time the columns take."""
        return pd.DataFrame(), modes


def _touches(occasion: "Occasion", first: date, last: date) -> bool:
    begin = occasion.day + timedelta(days=occasion.lower_window)
    end = occasion.day + timedelta(days=occasion.upper_window)
    return bool(begin <= last and end >= first)
