"""Forecasts: what was expected of each day by what was known the day before, and long before."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shared.kpi.series import Numbers

FAR_DAYS = 42
"""How long before is long before: what creeps for six weeks takes every forecast of yesterday's along."""
WEEK = 7


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Forecasts on a transformed scale, one per day of a series; NaN where there is none.

    `expected` is by the days before; `noise` the standard deviation an ordinary day has by the model;
    `spread` (at least 1) says how many times that a day is uncertain, because little is known of days like
    it; `volatility` how many times the usual size errors have at this time of the year. `is_new` marks days
    of an occasion no earlier day of the history belongs to, `is_new_own` those of an own event. `far` is what
    was expected of the last 42 days before the first of them; and, going back from there, of each week by
    what was known 35 days before its first day. `far_spread` is the spread of that.
    """

    expected: Numbers
    noise: Numbers
    spread: Numbers
    volatility: Numbers
    is_new: NDArray[np.bool_]
    is_new_own: NDArray[np.bool_]
    far: Numbers
    far_spread: Numbers

    @classmethod
    def none(cls, days: int) -> "Forecasts":
        """No forecast for any of `days` days, to be filled in."""
        return cls(
            expected=np.full(days, np.nan),
            noise=np.full(days, np.nan),
            spread=np.ones(days),
            volatility=np.ones(days),
            is_new=np.zeros(days, dtype=bool),
            is_new_own=np.zeros(days, dtype=bool),
            far=np.full(days, np.nan),
            far_spread=np.ones(days),
        )

    def lowered(self, lift: Numbers) -> "Forecasts":
        """As forecasts of values that were not lifted by `lift`, by day."""
        return replace(self, expected=self.expected - lift, far=self.far - lift)
