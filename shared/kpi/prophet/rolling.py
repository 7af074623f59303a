"""Prophet refitted day by day: what it expected of each day from the days before it."""

import numpy as np

from shared.kpi.forecasts import FAR_DAYS, WEEK, Forecasts
from shared.kpi.prophet.features import CalendarColumns
from shared.kpi.prophet.history import History
from shared.kpi.prophet.refit import YEARLY_FROM_DAYS, Refit
from shared.kpi.series import Numbers

LEAST_DAYS = 28
"""Days with a value from which on Prophet is fitted at all."""
FAR_LOOKS = 26
"""Weeks that were foreseen from long before, to compare the last one with."""
UNSURE = 1.5
UNLIKE = 2.0
"""A day of an occasion (spread beyond UNSURE) this many times the noise away from what earlier ones were like
is not learnt from while it is fresh: the year's curve would bend to it, and the days after be off."""
GROSS = 8.0
NEW_LEVEL_DAYS = 14
"""Nor is a day of an outage, this many times the noise away, unless that lasts: then the KPI is so now."""


def forecasts_of(values: Numbers, calendar: CalendarColumns, days: int) -> Forecasts:
    """Forecasts of the last `days` days, each from the days before it, and those from long before.

    `values` has a transformed value per day of `calendar`, NaN where a day is not to be learnt from.
    """
    count = len(values)
    forecasts = Forecasts.none(count)
    history = History(without_outages(values, calendar, count - days), calendar)
    refit: Refit | None = None
    gross = 0
    looks = range(count - FAR_DAYS * 2 - FAR_LOOKS * WEEK + WEEK, count - FAR_DAYS + 1, WEEK)
    for day in sorted({*looks, *range(count - days, count)}):
        if day < 0 or history.learn_until(day) < LEAST_DAYS:
            continue
        refit = Refit(history, refit.mode if refit else None)
        if day >= count - days:
            refit.foresee(day, forecasts)
            off = abs(values[day] - forecasts.expected[day]) / forecasts.noise[day]
            is_gross = off > GROSS * forecasts.spread[day]
            gross = gross + 1 if is_gross else 0
            is_unlike = off > UNLIKE and forecasts.spread[day] > UNSURE and history.has_occasion(day)
            if is_unlike or (is_gross and gross <= NEW_LEVEL_DAYS):
                history.drop(day)
        if day == count - FAR_DAYS:
            refit.foresee_far(range(day, count), forecasts)
        elif day in looks and day <= count - 2 * FAR_DAYS:
            refit.foresee_far(range(day + FAR_DAYS - WEEK, day + FAR_DAYS), forecasts)
    return forecasts


def without_outages(values: Numbers, calendar: CalendarColumns, until: int) -> Numbers:
    """`values` without the gross days before number `until` that didn't last, of a history of years.

    The year's curve would bend to an outage, and come back with it a year later.
    """
    history = History(values, calendar)
    if history.learn_until(max(until, 0)) < YEARLY_FROM_DAYS:
        return values
    misses = np.abs(Refit(history).misses(values)[history.numbers[: history.learnt]])
    is_gross = misses > GROSS * float(np.median(misses)) / 0.6745
    numbers = history.numbers[: history.learnt]
    dropped = values.copy()
    for run in np.split(np.arange(len(numbers)), np.flatnonzero(np.diff(is_gross)) + 1):
        if is_gross[run[0]] and len(run) <= NEW_LEVEL_DAYS:
            fresh = [day for day in numbers[run] if not history.has_occasion(int(day))]
            dropped[fresh] = np.nan
    return dropped
