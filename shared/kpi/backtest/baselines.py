"""Baselines: what teams use before they have a detector, each an expected value and a spread of its own.

All take what varies for normal: 95 % of days within 1.96 spreads, 99 % within 2.576. What each tells is a
limit of its own, the usual one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from shared.kpi.backtest.verdicts import LEVELS, Interval, Verdict, by_band
from shared.kpi.forecasts import WEEK
from shared.kpi.series import Numbers, Series

WEEKS = 4
LEAST_WEEKS = 2
MAD_SPREAD = 1.4826
"""By this the median absolute deviation estimates a standard deviation."""


@dataclass(frozen=True)
class Baseline:
    """`foresee` gives what is expected of the day after a history, and the spread; None: it can't."""

    foresee: Callable[[Numbers], tuple[float, float] | None]
    limit: float
    """How many spreads are told."""

    def judge(self, series: Series, learnt: Numbers) -> Verdict | None:
        """What it says of the last day of `series`; `learnt` are the days before, NaN where masked."""
        found = self.foresee(learnt)
        if found is None:
            return None
        expected, spread = found

        def around(times: float) -> Interval:
            return expected - times * spread, expected + times * spread

        intervals = tuple(around(NormalDist().inv_cdf(0.5 + level / 2)) for level in LEVELS)
        return by_band(series.day, float(series.values[-1]), expected, around(self.limit), intervals)


def fixed_threshold(history: Numbers) -> tuple[float, float] | None:
    """One threshold for every day, as in a BI tool: the mean and the standard deviation of the history."""
    known = history[np.isfinite(history)]
    return (float(known.mean()), float(known.std())) if len(known) else None


def same_weekday(history: Numbers) -> tuple[float, float] | None:
    """The median of the same weekday of the last 4 weeks, and how far these are from it in the middle."""
    before = history[-WEEK : -WEEK * WEEKS - 1 : -WEEK]
    before = before[np.isfinite(before)]
    if len(before) < LEAST_WEEKS:
        return None
    middle = float(np.median(before))
    return middle, MAD_SPREAD * float(np.median(np.abs(before - middle)))


def seasonal_naive(history: Numbers) -> tuple[float, float] | None:
    """The same weekday of the last week that has one, and the usual size of a change from week to week."""
    before = history[-WEEK : -WEEK * WEEKS - 1 : -WEEK]
    before = before[np.isfinite(before)]
    changes = history[WEEK:] - history[:-WEEK]
    changes = changes[np.isfinite(changes)]
    if not len(before) or len(changes) < LEAST_WEEKS:
        return None
    return float(before[0]), float(np.sqrt(np.mean(changes**2)))


BASELINES: Mapping[str, Baseline] = {
    "same_weekday": Baseline(same_weekday, 3.0),
    "fixed_threshold": Baseline(fixed_threshold, 3.0),
    "seasonal_naive": Baseline(seasonal_naive, NormalDist().inv_cdf(0.995)),
}
