"""Outages: gross days that didn't last. The year's curve would bend to one, and bring it back next year; a
young KPI's week would, and its noise be taken for as large as that."""

import numpy as np

from shared.kpi.kept import Days
from shared.kpi.prophet.features import CalendarColumns
from shared.kpi.prophet.history import History
from shared.kpi.prophet.refit import YEARLY_FROM_DAYS, Optimise, Refit, exact
from shared.kpi.series import Numbers

GROSS = 8.0
"""Times the noise."""
MONSTROUS = 40.0
"""The same of a day that would bend even a fit of years so far that all days look gross to it."""
WEEKS = (1, 2, 3)
"""To either side of a day."""
NEW_LEVEL_DAYS = 14
"""What lasts longer is no outage: then the KPI is so now."""


def find_outages(
    values: Numbers, calendar: CalendarColumns, until: int, anchor: int, optimise: Optimise = exact
) -> Days:
    """The numbers of days that are not to be learnt: lonely ones before number `anchor`, and gross ones
    before number `until` that didn't last."""
    lonely = find_lonely(values[:anchor], calendar)
    cleaned = without(values, lonely)
    history = History(cleaned, calendar)
    if history.learn_until(until) < YEARLY_FROM_DAYS:
        return lonely
    return np.union1d(lonely, outages_by(Refit(history, optimise=optimise), cleaned))


def find_lonely(values: Numbers, calendar: CalendarColumns) -> Days:
    """The days far off the same weekday of the weeks before and of those after, to the same side, that are
    of no occasion. Asks no fit: so none is needed that such a day has not bent.

    Of a history of years only those that would bend all: what comes every year is for the fit to say.
    """
    before, after = (values - _middle(values, [side * week * 7 for week in WEEKS]) for side in (-1, 1))
    known = np.abs(before[np.isfinite(before)])
    if not len(known):
        return np.zeros(0, dtype=np.int_)
    noise = float(np.median(known)) / 0.6745
    nearer = np.where(np.sign(before) == np.sign(after), np.minimum(np.abs(before), np.abs(after)), 0.0)
    off = np.where(np.isnan(before), np.abs(after), nearer)  # of the first week nothing is before
    is_young = np.count_nonzero(np.isfinite(values)) < YEARLY_FROM_DAYS
    far = np.flatnonzero((off > (GROSS if is_young else MONSTROUS) * noise) & (noise > 0))
    return np.array([day for day in far if not calendar.has_occasion(int(day))], dtype=np.int_)


def _middle(values: Numbers, offsets: list[int]) -> Numbers:
    """The median of the days `offsets` away from each, NaN where none of them has a value."""
    reach = max(map(abs, offsets))
    wide = np.pad(values, reach, constant_values=np.nan)
    beside = np.sort([wide[reach + offset :][: len(values)] for offset in offsets], axis=0)  # NaN comes last
    count = np.isfinite(beside).sum(axis=0)
    halves = np.maximum([count - 1, count], 0) // 2  # the same place twice where they are odd
    return np.asarray(beside[np.minimum(halves, len(offsets) - 1), np.arange(len(values))].mean(axis=0))


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
