"""Prophet fitted to what a history has learnt: one refit, and what it expects of a day.

A refit is its own Prophet, with its own scales and changepoints, made of the history's running sums: it costs
as much for one year as for ten.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.kpi.forecasts import Forecasts
from shared.kpi.kept import Mode
from shared.kpi.prophet.history import History
from shared.kpi.prophet.posterior import (
    CHANGEPOINT_PRIOR,
    TREND_PRIOR,
    NormalEquations,
    leverage,
    posterior_mode,
)
from shared.kpi.prophet.volatility import volatility
from shared.kpi.series import Numbers

CHANGEPOINTS = 25
CHANGEPOINT_RANGE = 0.8
"""Prophet's own defaults."""
YEARLY_FROM_DAYS = 365
OTHER_OCCURRENCE = 0.35
"""How much an occasion's effect differs from one occurrence to the next, as a share of the effect, before the
data say otherwise: next year's sale is not this year's."""


type Optimise = Callable[["Refit", Mode | None], Mode]
"""Finds the mode of a refit's posterior, by one nearby where there is any."""


def exact(refit: "Refit", nearby: Mode | None) -> Mode:
    """The mode by the normal equations, in this process."""
    return posterior_mode(refit.equations, nearby)


class Refit:
    """Prophet fitted to what a history has learnt."""

    def __init__(self, history: History, nearby: Mode | None = None, optimise: Optimise = exact) -> None:
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
        self.units = np.ones(len(self.columns) + len(self.changes))
        self.units[0] = self.span
        self.units[len(self.columns) :] = self.span
        precision = np.concatenate([[TREND_PRIOR, TREND_PRIOR], calendar.scales[used]]) ** -2.0
        self.equations = self._equations(precision)
        self.mode = optimise(self, nearby)
        # The mode's noise is what the fit left over. A young history leaves little: the fit has followed it.
        plain = np.sum(calendar.occasion[used] < 0)
        free = max(float(count - 2 - int(plain) - np.count_nonzero(self.mode.delta)), count / 4)
        self.noise = self.mode.sigma * float(np.sqrt(count / free))

    @property
    def rows(self) -> Numbers:
        """The regression row of every day of the calendar, days × parameters."""
        return self._row(self.history.every)

    def misses(self, values: Numbers) -> Numbers:
        """How far the values of all days, learnt or not, are from what the fit makes of them."""
        found: Numbers = values - self.rows @ self.mode.parameters * self.scale
        return found

    def _learnt_misses(self) -> Numbers:
        """The same of the days that were learnt: of columns nothing was known of they know nothing."""
        learnt = self.history.rows[: self.equations.count]
        bent = np.flatnonzero(self.mode.delta)
        plain = len(self.columns)
        fitted = learnt[:, self.columns] @ (self.mode.ridge / self.units[:plain])
        bends = np.maximum(learnt[:, :1] - self.changes[bent], 0.0)
        fitted += bends @ (self.mode.delta[bent] / self.units[plain + bent])
        return np.asarray(learnt[:, -1] - fitted * self.scale)

    def occasions(self) -> Numbers:
        """What occasions make of each day."""
        places = np.flatnonzero(
            np.isin(self.columns, 2 + np.flatnonzero(self.history.calendar.occasion >= 0))
        )
        effects = self.history.every[:, self.columns[places]] @ self.mode.ridge[places] * self.scale
        return np.asarray(effects)

    def stan_data(self) -> dict[str, Any]:
        """The regression as Prophet hands it to its Stan model: what was learnt, row by row."""
        rows = self.history.rows[: self.history.learnt]
        features = rows[:, self.columns[2:]]
        return {
            "T": len(rows),
            "K": features.shape[1],
            "S": len(self.changes),
            "tau": CHANGEPOINT_PRIOR,
            "trend_indicator": 0,
            "y": rows[:, -1] / self.scale,
            "t": rows[:, 0] / self.span,
            "cap": np.zeros(len(rows)),
            "t_change": self.changes / self.span,
            "s_a": np.ones(features.shape[1]),
            "s_m": np.zeros(features.shape[1]),
            "X": features,
            "sigmas": self.equations.ridge[2:] ** -0.5,
        }

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
        ridges = len(columns)
        gram[:ridges, :ridges] = history.gram[columns[:, None], columns]
        gram[ridges:, :ridges] = bends[:, columns]
        gram[:ridges, ridges:] = gram[ridges:, :ridges].T
        gram[ridges:, ridges:] = pairs
        moment = np.concatenate([history.gram[columns, -1], bends[:, -1]]) / self.scale
        # Prophet's t runs from 0 to 1 over the days learnt.
        gram /= self.units
        gram /= self.units[:, None]
        moment /= self.units
        square = float(history.gram[-1, -1]) / self.scale**2
        return NormalEquations(gram, moment, square, history.learnt, precision)

    def _row(self, every: Numbers) -> Numbers:
        """The regression row of a day, or the rows of many."""
        bends = np.maximum(every[..., :1] - self.changes, 0.0)
        return np.asarray(np.concatenate([every[..., self.columns], bends], axis=-1) / self.units)

    def foresee(self, day: int, forecasts: Forecasts) -> None:
        """Write down what is expected of day number `day`."""
        row = self._row(self.history.every[day])
        unsure = leverage(self.equations, replace(self.mode, sigma=self.noise), row)
        variance = 1 + unsure + self._beyond(day) / self.noise**2
        forecasts.expected[day] = float(row @ self.mode.parameters) * self.scale
        forecasts.noise[day] = self.noise * self.scale
        forecasts.spread[day] = np.sqrt(variance)
        numbers = self.history.numbers[: self.equations.count]
        forecasts.volatility[day] = volatility(numbers, self._learnt_misses(), day)
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


@lru_cache(maxsize=1024)
def _changepoints(count: int) -> NDArray[np.int_]:
    """The places of Prophet's potential changepoints among `count` days (Prophet.set_changepoints)."""
    size = int(np.floor(count * CHANGEPOINT_RANGE))
    changes = min(CHANGEPOINTS, size - 1)
    return np.linspace(0, size - 1, changes + 1).round().astype(int)[1:]
