"""Calibration: how far out is too far, by the forecasts' own errors of the last weeks.

A model's own idea of its noise is too small, and errors of neighbouring days are alike. So the last error is
carried over into the next day's expectation, and the band is as wide as the errors were in fact.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student  # type: ignore[import-untyped]

from shared.kpi.series import Numbers

DAYS_PER_YEAR = 365
POINT_SHARE = 0.65
"""Of the false alarms that are allowed; the others are the drift rules'."""
DAYS = 84
STRONGEST_CARRY = 0.9
CLIP = 3.0
"""An error beyond this many times the usual one is carried over as if it were this large."""
GROSS = 6.0
"""Beyond this many times it is not carried over at all: an outage does not make the day after it low."""
WIDEST = 2.5
"""Rare errors count as at most this many ordinary ones: a week of outage makes the next no more normal."""
SURE_DAYS = 10
MODEL_WEIGHT = 30
"""How many days of errors the model's own noise counts for."""
COVERED = 0.95
NORMAL_LIMIT = 1.96
"""Where the normal distribution has that much within."""
TAILS = 5.0
"""Degrees of freedom of Student's t: beyond what 95 % of them say, errors of real KPIs have its tails."""


@dataclass(frozen=True)
class Calibration:
    """What the last errors say: `carry` is the share of one day's error that is found in the next day's,
    `noise` the size of what remains: 95 % are within 1.96 of it."""

    carry: float
    noise: float
    usual: float
    """The size of an ordinary error before anything is carried over."""

    def carried(self, errors: Numbers, spreads: Numbers) -> Numbers:
        """What the errors so far add to the expectation of each day, and of the day after the last."""
        carried = np.zeros(len(errors) + 1)
        # The error of a day little was known of is its own rather than the next day's.
        lasting = _lasting(errors / spreads**2, self.usual)
        for day, error in enumerate(lasting):
            kept = carried[day] if np.isnan(error) else error
            carried[day + 1] = self.carry * kept
        return carried


def calibrate(errors: Numbers, spreads: Numbers, model_noise: float) -> Calibration:
    """By the errors (observed minus expected, NaN where unknown) of the last days up to yesterday."""
    errors, spreads = errors[-DAYS:], spreads[-DAYS:]
    relative = errors / spreads
    known = relative[np.isfinite(relative)]
    if not len(known):
        return Calibration(0.0, model_noise, model_noise)
    usual = float(np.median(np.abs(known))) / 0.6745
    carry = _carry(_lasting(relative, usual))
    before = Calibration(carry, model_noise, usual)
    left = np.abs(errors - before.carried(errors, spreads)[:-1]) / spreads
    left = left[np.isfinite(left)]
    count = len(left)
    # As many of n errors are within as will be of the next one: hence n + 1.
    within = float(np.quantile(left, min(1.0, COVERED * (count + 1) / count))) / NORMAL_LIMIT
    ordinary = float(np.median(left)) / 0.6745
    if count >= SURE_DAYS and ordinary > 0:
        within, model_noise = min(within, WIDEST * ordinary), min(model_noise, WIDEST * ordinary)
    noise = (count * within + MODEL_WEIGHT * model_noise) / (count + MODEL_WEIGHT)
    return Calibration(carry, noise, usual)


def point_probability(sensitivity: float) -> float:
    """The probability with which a day alarms by its own band, of `sensitivity` false alarms a year."""
    return POINT_SHARE * sensitivity / DAYS_PER_YEAR


def point_limit(sensitivity: float) -> float:
    """The same as a limit."""
    return limit_of(point_probability(sensitivity))


def limit_of(probability: float) -> float:
    """How many times the calibrated noise an error exceeds, either way, with this probability."""
    probability = min(max(probability, 1e-9), 0.5)
    within = float(student.ppf(0.5 + COVERED / 2, TAILS))
    return NORMAL_LIMIT * float(student.ppf(1 - probability / 2, TAILS)) / within


def _lasting(errors: Numbers, usual: float) -> Numbers:
    """What of errors may be in the next day's."""
    lasting = np.clip(errors, -CLIP * usual, CLIP * usual)
    return np.where(np.abs(errors) > GROSS * usual, np.nan, lasting)


def _carry(errors: Numbers) -> float:
    """The share of one day's error that is in the next day's, at least 0."""
    first, second = errors[:-1], errors[1:]
    both = np.isfinite(first) & np.isfinite(second)
    square = float(first[both] @ first[both])
    if square <= 0:
        return 0.0
    return float(np.clip(float(first[both] @ second[both]) / square, 0.0, STRONGEST_CARRY))
