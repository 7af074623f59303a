"""Prophet refitted day by day: what it expected of each day from the days before it.

A refit is its own Prophet, with its own scales and changepoints. But its normal equations are sums over days,
so the next day's are yesterday's and a row: of the calendar columns they are kept running, and those of a
changepoint column (t - c)+ are differences of cumulative sums. A refit costs as much for one year as for ten.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from shared.kpi.forecasts import FAR_DAYS, WEEK, Forecasts
from shared.kpi.prophet.features import CalendarColumns
from shared.kpi.prophet.posterior import (
    TREND_PRIOR,
    Mode,
    NormalEquations,
    leverage,
    posterior_mode,
)
from shared.kpi.series import Numbers

CHANGEPOINTS = 25
CHANGEPOINT_RANGE = 0.8
"""Prophet's own defaults."""
YEARLY_FROM_DAYS = 365
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
OTHER_OCCURRENCE = 0.35
"""How much an occasion's effect differs from one occurrence to the next, as a share of the effect, before the
data say otherwise: next year's sale is not this year's."""


def forecasts_of(values: Numbers, calendar: CalendarColumns, days: int) -> Forecasts:
    """Forecasts of the last `days` days, each from the days before it, and those from long before.

    `values` has a transformed value per day of `calendar`, NaN where a day is not to be learnt from.
    """
    count = len(values)
    forecasts = Forecasts.none(count)
    history = _History(without_outages(values, calendar, count - days), calendar)
    refit: _Refit | None = None
    gross = 0
    looks = range(count - FAR_DAYS * 2 - FAR_LOOKS * WEEK + WEEK, count - FAR_DAYS + 1, WEEK)
    for day in sorted({*looks, *range(count - days, count)}):
        if day < 0 or history.learn_until(day) < LEAST_DAYS:
            continue
        refit = _Refit(history, refit.mode if refit else None)
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
    history = _History(values, calendar)
    if history.learn_until(max(until, 0)) < YEARLY_FROM_DAYS:
        return values
    misses = np.abs(_Refit(history, None).misses())
    is_gross = misses > GROSS * float(np.median(misses)) / 0.6745
    numbers = history.numbers[: history.learnt]
    dropped = values.copy()
    for run in np.split(np.arange(len(numbers)), np.flatnonzero(np.diff(is_gross)) + 1):
        if is_gross[run[0]] and len(run) <= NEW_LEVEL_DAYS:
            fresh = [day for day in numbers[run] if not history.has_occasion(int(day))]
            dropped[fresh] = np.nan
    return dropped


class _History:
    """The days with a value and running sums over those learnt so far.

    A row is (day, 1, calendar columns, value), the day in units of the whole history.
    """

    def __init__(self, values: Numbers, calendar: CalendarColumns) -> None:
        self.calendar = calendar
        self.numbers = np.flatnonzero(np.isfinite(values))
        self.start = int(self.numbers[0]) if len(self.numbers) else 0
        self.unit = float(max(len(values) - 1 - self.start, 1))
        days = (np.arange(len(values)) - self.start) / self.unit
        every = np.column_stack([days, np.ones(len(values)), calendar.columns])
        self.every = every
        self.gram = np.zeros((every.shape[1] + 1, every.shape[1] + 1))
        self.learnt = 0
        self._sum_up(np.column_stack([every, values])[self.numbers])

    def _sum_up(self, rows: Numbers) -> None:
        self.rows = rows
        self.sums = np.cumsum(rows, axis=0)
        self.moments = np.cumsum(rows[:, :1] * rows, axis=0)
        self.largest = np.maximum.accumulate(np.abs(rows[:, -1]))

    def has_occasion(self, day: int) -> bool:
        """Whether day number `day` is one of an occasion."""
        calendar = self.calendar
        return bool(np.any((calendar.occasion >= 0) & (calendar.columns[day] != 0)))

    def drop(self, day: int) -> None:
        """Never learn day number `day`, which is still to be learnt."""
        kept = self.numbers != day
        self.numbers = self.numbers[kept]
        self._sum_up(self.rows[kept])

    def learn_until(self, day: int) -> int:
        """Learn the days before number `day`; how many are learnt."""
        until = int(np.searchsorted(self.numbers, day))
        rows = self.rows[self.learnt : until]
        self.gram += rows.T @ rows
        self.learnt = until
        return until


class _Refit:
    """Prophet fitted to what a history has learnt."""

    def __init__(self, history: _History, nearby: Mode | None) -> None:
        count = history.learnt
        self.history = history
        last = int(history.numbers[count - 1])
        self.span = float(history.rows[count - 1, 0])
        self.scale = float(history.largest[count - 1]) or 1.0
        calendar = history.calendar
        self.seen = np.diagonal(history.gram)[2:-1] > 0
        self.is_yearly = last - history.start + 1 >= YEARLY_FROM_DAYS
        used = self.seen & (self.is_yearly | ~calendar.is_yearly)
        self.columns = np.concatenate([[0, 1], 2 + np.flatnonzero(used)])
        self.places = _changepoints(count)
        self.changes = history.rows[self.places, 0]
        precision = np.concatenate([[TREND_PRIOR, TREND_PRIOR], calendar.scales[used]]) ** -2.0
        self.equations = self._equations(precision)
        self.mode = posterior_mode(self.equations, nearby)
        # The mode's noise is what the fit left over. A young history leaves little: the fit has followed it.
        plain = np.sum(calendar.occasion[used] < 0)
        free = max(float(count - 2 - int(plain) - np.count_nonzero(self.mode.delta)), count / 4)
        self.noise = self.mode.sigma * float(np.sqrt(count / free))

    def misses(self) -> Numbers:
        """How far the days learnt are from what the fit makes of them."""
        rows = self.history.rows[: self.history.learnt]
        found: Numbers = rows[:, -1] - self._row(rows[:, :-1]) @ self.mode.parameters * self.scale
        return found

    def _equations(self, precision: Numbers) -> NormalEquations:
        history, columns, last = self.history, self.columns, self.history.learnt - 1
        # Of changepoint c: sum of (day - c) × row over the days after it.
        bends = history.moments[last] - history.moments[self.places]
        bends -= self.changes[:, None] * (history.sums[last] - history.sums[self.places])
        # Of two changepoints only the days after the later one count.
        order = np.arange(len(self.places))
        later = np.maximum.outer(order, order)
        earlier = self.changes[np.minimum.outer(order, order)]
        pairs = bends[later, 0] - earlier * bends[later, 1]
        size = len(columns) + len(order)
        gram = np.empty((size, size))
        gram[: len(columns), : len(columns)] = history.gram[np.ix_(columns, columns)]
        gram[len(columns) :, : len(columns)] = bends[:, columns]
        gram[: len(columns), len(columns) :] = bends[:, columns].T
        gram[len(columns) :, len(columns) :] = pairs
        moment = np.concatenate([history.gram[columns, -1], bends[:, -1]]) / self.scale
        # Prophet's t runs from 0 to 1 over the days learnt.
        units = self._units(size)
        return NormalEquations(
            gram / units / units[:, None],
            moment / units,
            float(history.gram[-1, -1]) / self.scale**2,
            history.learnt,
            precision,
        )

    def _units(self, size: int) -> Numbers:
        units = np.ones(size)
        units[0] = self.span
        units[len(self.columns) :] = self.span
        return units

    def _row(self, every: Numbers) -> Numbers:
        """The regression row of a day, or the rows of many."""
        bends = np.maximum(every[..., :1] - self.changes, 0.0)
        row = np.concatenate([every[..., self.columns], bends], axis=-1)
        return row / self._units(row.shape[-1])

    def foresee(self, day: int, forecasts: Forecasts) -> None:
        """Write down what is expected of day number `day`."""
        row = self._row(self.history.every[day])
        unsure = leverage(self.equations, replace(self.mode, sigma=self.noise), row)
        variance = 1 + unsure + self._beyond(day) / self.noise**2
        forecasts.expected[day] = float(row @ self.mode.parameters) * self.scale
        forecasts.noise[day] = self.noise * self.scale
        forecasts.spread[day] = np.sqrt(variance)
        calendar = self.history.calendar
        new = [column for column in self._occasions(day) if not self.seen[column]]
        forecasts.is_new[day] = bool(new)
        forecasts.is_new_own[day] = any(int(calendar.occasion[column]) in calendar.own for column in new)

    def foresee_far(self, days: range, forecasts: Forecasts) -> None:
        """Write down what is expected of `days`, some time ahead."""
        rows = self._row(self.history.every[days.start : days.stop])
        forecasts.far[days.start : days.stop] = rows @ self.mode.parameters * self.scale
        for day in days:
            is_new = not self.seen[self._occasions(day)].all()
            beyond = np.inf if is_new else self._beyond(day)
            forecasts.far_spread[day] = np.sqrt(1 + beyond / self.noise**2)

    def _occasions(self, day: int) -> NDArray[np.int_]:
        """The occasion columns that are on at day number `day`."""
        calendar = self.history.calendar
        return np.flatnonzero((calendar.occasion >= 0) & (calendar.columns[day] != 0))

    def _beyond(self, day: int) -> float:
        """Variance of a day beyond an ordinary one's, because its occasions differ each time."""
        return sum(self._difference(int(column)) for column in self._occasions(day) if self.seen[column])

    def _difference(self, column: int) -> float:
        """Variance of an occasion's effect on its next occurrence beyond that of an ordinary day.

        By the occurrences so far, and as long as they are few by OTHER_OCCURRENCE.
        """
        place = int(np.flatnonzero(self.columns == column + 2)[0])
        effect = float(self.mode.ridge[place])
        learnt = self.history.rows[: self.equations.count]
        days = learnt[learnt[:, column + 2] != 0]
        misses = days[:, -1] / self.scale - self._row(days[:, :-1]) @ self.mode.parameters
        beyond = max(float(misses @ misses) - (len(days) - 1) * self.noise**2, 0.0)
        variance = ((OTHER_OCCURRENCE * effect) ** 2 + beyond) / len(days)
        return variance * (1 + 1 / len(days))


def _changepoints(count: int) -> NDArray[np.int_]:
    """The places of Prophet's potential changepoints among `count` days (Prophet.set_changepoints)."""
    size = int(np.floor(count * CHANGEPOINT_RANGE))
    changes = min(CHANGEPOINTS, size - 1)
    return np.linspace(0, size - 1, changes + 1).round().astype(int)[1:]
