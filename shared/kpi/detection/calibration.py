"""Calibration: how far out is too far, by the forecasts' own errors of the last weeks.

A model's own idea of its noise is too small, and errors of neighbouring days are alike. So the last error is
carried over into the next day's expectation, and the band is as wide as the errors were in fact: by the size
95 % of them were within (conformal), and by how often they were far out, to either side.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from shared.kpi.detection.tails import NORMAL_LIMIT, Tails, tails_of
from shared.kpi.series import Numbers

DAYS_PER_YEAR = 365
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


@dataclass(frozen=True, eq=False)
class Calibration:
    """What the last errors say: `carry` is the share of one day's error that is found in the next day's,
    `left` what remained of each, `noise` the size of that: 95 % are within 1.96 times as much."""

    carry: float
    noise: float
    usual: float
    """The size of an ordinary error before anything is carried over."""
    left: Numbers

    @cached_property
    def tails(self) -> Tails:
        """How often an error is how large."""
        return tails_of(self.left, self.noise)

    def carried(self, errors: Numbers, spreads: Numbers) -> Numbers:
        """What the errors so far add to the expectation of each day, and of the day after the last."""
        return _carried(errors, spreads, self.carry, self.usual)


def calibrate(errors: Numbers, spreads: Numbers, model_noise: float) -> Calibration:
    """By the errors (observed minus expected, NaN where unknown) of the last days up to yesterday."""
    errors, spreads = errors[-DAYS:], spreads[-DAYS:]
    relative = errors / spreads
    known = relative[np.isfinite(relative)]
    if not len(known):
        return Calibration(0.0, model_noise, model_noise, known)
    usual = float(np.median(np.abs(known))) / 0.6745
    carry = _carry(_lasting(relative, usual))
    left = (errors - _carried(errors, spreads, carry, usual)[:-1]) / spreads
    left = left[np.isfinite(left)]
    sizes, count = np.abs(left), len(left)
    # As many of n errors are within as will be of the next one: hence n + 1.
    within = float(np.quantile(sizes, min(1.0, COVERED * (count + 1) / count))) / NORMAL_LIMIT
    ordinary = float(np.median(sizes)) / 0.6745
    if count >= SURE_DAYS and ordinary > 0:
        within, model_noise = min(within, WIDEST * ordinary), min(model_noise, WIDEST * ordinary)
        left = np.clip(left, -GROSS * ordinary, GROSS * ordinary)
    noise = (count * within + MODEL_WEIGHT * model_noise) / (count + MODEL_WEIGHT)
    return Calibration(carry, noise, usual, left)


def point_probability(sensitivity: float) -> float:
    """The probability with which a day is outside its own band, of `sensitivity` false alarms a year.

    Of these days some are odd indeed, on real series 2 in 5 at 6 a year: the false alarms that this leaves
    are the drift rules'.
    """
    return min(sensitivity / DAYS_PER_YEAR, 0.5)


def _carried(errors: Numbers, spreads: Numbers, carry: float, usual: float) -> Numbers:
    found = np.zeros(len(errors) + 1)
    # The error of a day little was known of is its own rather than the next day's.
    lasting = _lasting(errors / spreads**2, usual)
    for day, error in enumerate(lasting):
        found[day + 1] = carry * (found[day] if np.isnan(error) else error)
    return found


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
