"""Outages: gross days that didn't last. The year's curve would bend to one, and bring it back next year."""

import numpy as np

from shared.kpi.kept import Days
from shared.kpi.prophet.features import CalendarColumns
from shared.kpi.prophet.history import History
from shared.kpi.prophet.refit import YEARLY_FROM_DAYS, Optimise, Refit, exact
from shared.kpi.series import Numbers

GROSS = 8.0
"""Times the noise."""
NEW_LEVEL_DAYS = 14
"""What lasts longer is no outage: then the KPI is so now."""


def find_outages(values: Numbers, calendar: CalendarColumns, until: int, optimise: Optimise = exact) -> Days:
    """The numbers of the gross days before number `until` that didn't last, of a history of years."""
    history = History(values, calendar)
    if history.learn_until(max(until, 0)) < YEARLY_FROM_DAYS:
        return np.zeros(0, dtype=np.int_)
    return outages_by(Refit(history, optimise=optimise), values)


def outages_by(refit: Refit, values: Numbers) -> Days:
    """The same among all that a fit has learnt."""
    history = refit.history
    numbers = history.numbers[: history.learnt]
    misses = np.abs(refit.misses(values)[numbers])
    is_gross = misses > GROSS * float(np.median(misses)) / 0.6745
    if len(numbers) < YEARLY_FROM_DAYS or not is_gross.any():
        return np.zeros(0, dtype=np.int_)
    runs = np.split(np.arange(len(numbers)), np.flatnonzero(np.diff(is_gross)) + 1)
    found = [numbers[run] for run in runs if is_gross[run[0]] and len(run) <= NEW_LEVEL_DAYS]
    fresh = [int(day) for run in found for day in run if not history.calendar.has_occasion(int(day))]
    return np.array(fresh, dtype=np.int_)


def without(values: Numbers, days: Days) -> Numbers:
    """`values` without those of the `days`."""
    kept = values.copy()
    kept[days] = np.nan
    return kept
