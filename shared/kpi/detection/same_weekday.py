"""The same weekday of the last weeks: what to expect of a KPI too young for a model."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from shared.kpi.forecasts import WEEK, Forecasts
from shared.kpi.series import Numbers

if TYPE_CHECKING:
    from shared.kpi.calendar import Occasion

WEEKS = 4
LEAST_WEEKS = 2
LEAST_NOISE = 1e-9


def same_weekday_ahead(
    values: Numbers, days: tuple[date, ...], occasions: "tuple[Occasion, ...]"
) -> Forecasts:
    """Forecasts of all days: the median of the same weekday of the 4 weeks before.

    `values` are on the transformed scale, NaN where a day is not to be learnt from.
    """
    forecasts = Forecasts.none(len(values))
    for day in range(len(values)):
        before = values[max(day % WEEK, day - WEEKS * WEEK) : day : WEEK]
        before = before[np.isfinite(before)]
        if len(before) >= LEAST_WEEKS:
            forecasts.expected[day] = float(np.median(before))
    errors = values - forecasts.expected
    for day in range(1, len(values)):
        known = np.abs(errors[:day][np.isfinite(errors[:day])])
        if len(known):
            forecasts.noise[day] = max(float(np.median(known)) / 0.6745, LEAST_NOISE)
    forecasts.expected[np.isnan(forecasts.noise)] = np.nan
    _mark_new(forecasts, days, occasions)
    return forecasts


def _mark_new(forecasts: Forecasts, days: tuple[date, ...], occasions: "tuple[Occasion, ...]") -> None:
    seen: set[tuple[str, int]] = set()
    for occasion in sorted(occasions, key=lambda each: each.day):
        for offset in range(occasion.lower_window, occasion.upper_window + 1):
            number = (occasion.day + timedelta(days=offset) - days[0]).days
            if not 0 <= number < len(days):
                continue
            if (occasion.name, offset) not in seen:
                forecasts.is_new[number] = True
                forecasts.is_new_own[number] |= occasion.is_own
            seen.add((occasion.name, offset))
