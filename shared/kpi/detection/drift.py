"""Slow drift and level shift: days that are each inside their band but together are not where they should be.

Works on the errors before anything is carried over from day to day, because that is what hides a drift. Two
rules: 14 days against the forecasts of the day before, and the last week against what was expected of it six
weeks before, because a model that is fitted every day goes along with what creeps.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student  # type: ignore[import-untyped]

from shared.kpi.detection.calibration import CLIP, DAYS, GROSS, MODEL_WEIGHT, STRONGEST_CARRY, TAILS
from shared.kpi.forecasts import FAR_DAYS, WEEK
from shared.kpi.series import Numbers

DRIFT_SHARE, CREEP_SHARE = 0.18, 0.03
"""Of the false alarms that are allowed, by the rules' own reckoning. Real KPIs wander more than that knows:
these were chosen by what they found and told on real series (tests/benchmarks/kpi_detection.py)."""
WINDOW = 14
WEIGHTS = np.arange(1.0, WINDOW + 1) ** 2
"""The later, the more: a drift is largest at its end, a shift is not 14 days old when it should be told."""
SAME_SIDE = 3
"""The last days that must be on the side that is told."""
LEAST_KNOWN = 20
"""Errors before the window that are needed to know what is usual."""
OVERLAP = 0.15
"""What one of the overlapping windows before counts for."""
OWN_WEIGHT = 10.0
LOOKS_PER_YEAR = 52
"""Windows of two weeks that are weighted to their end say something new about once a week."""
LEAST_WEEKS = 12
LEAST_OF_WEEK = 4
RECENT = 21
"""How many days back the last week may reach whose days are known: through a sale and New Year."""
MODEL_WEEKS = 6
"""How many of the past weeks the model's own noise counts for, where those were all the same."""
TOP = 4.0
"""One day alone makes no drift: beyond this many times the usual error it counts as this many."""


@dataclass(frozen=True)
class Drift:
    """The last `days` days are out together by `out` standard deviations, signed."""

    out: float
    days: int


def find_drift(errors: Numbers, spreads: Numbers, model_noise: float) -> Drift | None:
    """How far the last 14 days together are out. None: one can't say, or the last days are on both sides.

    `errors` are observed minus expected up to the day in question, NaN where unknown.
    """
    errors, spreads = errors[-DAYS:], spreads[-DAYS:]
    relative = errors / spreads
    if len(errors) < WINDOW + LEAST_KNOWN or np.isnan(relative[-1]):
        return None
    before = relative[:-WINDOW]
    known = before[np.isfinite(before)]
    if len(known) < LEAST_KNOWN:
        return None
    usual = float(np.median(np.abs(known))) / 0.6745
    square = float(np.mean(np.clip(known, -CLIP * usual, CLIP * usual) ** 2))
    noise = np.sqrt((len(known) * square + MODEL_WEIGHT * model_noise**2) / (len(known) + MODEL_WEIGHT))
    if not noise > 0:
        return None
    if abs(relative[-1]) <= GROSS * usual:
        # An outage that is over is told already, and no drift.
        relative = np.where(np.abs(relative) > GROSS * usual, np.nan, relative)
    scaled = np.clip(relative / noise, -TOP, TOP)
    likeness = _likeness(scaled[:-WINDOW])
    ends = range(len(scaled) - WINDOW, WINDOW - 2, -1)
    past = np.abs([_together(scaled, spreads, end, likeness) for end in ends])
    # Some KPIs wander: their windows are out more often than errors that are alike from day to day explain.
    weight = OVERLAP * len(past)
    own = (weight * float(np.quantile(past, 0.9)) / 1.645 + OWN_WEIGHT) / (weight + OWN_WEIGHT)
    out = _together(scaled, spreads, len(scaled) - 1, likeness) / own
    sides = np.sign(relative)
    last = sides[np.isfinite(sides)][-SAME_SIDE:]
    if out == 0 or not (last == np.sign(out)).all():
        return None
    others = np.flatnonzero(np.isfinite(sides) & (sides != np.sign(out)))
    run = len(sides) - (int(others[-1]) + 1 if len(others) else 0)
    return Drift(out, run)


def find_creep(errors: Numbers, model_noise: float) -> Drift | None:
    """How far the last week is from what was expected six weeks before, against other weeks. None: as above.

    `errors` are observed minus expected long before; see Forecasts.far.
    """
    now, noise = _week(errors[-WEEK:]), week_noise(errors, model_noise)
    if np.isnan(noise) or np.isnan(now) or np.isnan(errors[-1]):
        return None
    sides = np.sign(errors)
    last = sides[np.isfinite(sides)][-SAME_SIDE:]
    if not noise > 0 or now == 0 or not (last == np.sign(now)).all():
        return None
    return Drift(now / noise, _days_since_start(errors[-FAR_DAYS:]))


def week_noise(errors: Numbers, model_noise: float) -> float:
    """How far a week usually is from what was expected of it six weeks before, NaN where few are known."""
    blocks = range(len(errors) - FAR_DAYS, WEEK - 1, -WEEK)
    past = np.array([_week(errors[end - WEEK : end]) for end in blocks])
    past = past[np.isfinite(past)]
    if len(past) < LEAST_WEEKS:
        return float("nan")
    usual = float(np.median(np.abs(past))) / 0.6745
    square = float(np.mean(np.clip(past, -CLIP * usual, CLIP * usual) ** 2))
    return float(np.sqrt((len(past) * square + MODEL_WEEKS * model_noise**2) / (len(past) + MODEL_WEEKS)))


def level_of(errors: Numbers) -> float:
    """The middle error of the newest week of which anything is known, NaN where little is."""
    known = errors[-RECENT:][np.isfinite(errors[-RECENT:])]
    return float(np.median(known[-WEEK:])) if len(known) >= LEAST_OF_WEEK else float("nan")


def _days_since_start(errors: Numbers) -> int:
    """How many days ago it began: where a step or a ramp from there explains the errors best."""
    errors = np.nan_to_num(errors)
    gains = []
    for days in range(1, len(errors) + 1):
        last = errors[-days:]
        ramp = np.arange(1.0, days + 1)
        gains.append(max(float(last.sum()) ** 2 / days, float(ramp @ last) ** 2 / float(ramp @ ramp)))
    return int(np.argmax(gains)) + 1


def _week(errors: Numbers) -> float:
    """The middle error of a week, NaN where too little is known of it."""
    known = errors[np.isfinite(errors)]
    return float(np.median(known)) if len(known) >= LEAST_OF_WEEK else float("nan")


def drift_limit(sensitivity: float) -> float:
    """How far out windows are by chance as often as the rule may alarm, of `sensitivity` alarms a year."""
    return _limit(DRIFT_SHARE * sensitivity)


def creep_limit(sensitivity: float) -> float:
    """The same of the weeks."""
    return _limit(CREEP_SHARE * sensitivity)


def _limit(per_year: float) -> float:
    return float(student.ppf(1 - min(per_year / LOOKS_PER_YEAR, 0.5) / 2, TAILS))


def _together(scaled: Numbers, spreads: Numbers, end: int, likeness: Numbers) -> float:
    """The weighted sum of the window that ends with day `end`, in its standard deviations."""
    window = slice(end - WINDOW + 1, end + 1)
    errors = scaled[window]
    # Of a day about which little is known, little follows.
    weights = np.where(np.isfinite(errors), WEIGHTS / spreads[window], 0.0)
    deviation = np.sqrt(weights @ likeness @ weights)
    return float(weights @ np.nan_to_num(errors) / deviation) if deviation > 0 else 0.0


def _likeness(scaled: Numbers) -> Numbers:
    """Correlation of the errors of a window's days, by how alike neighbours are."""
    first, second = scaled[:-1], scaled[1:]
    both = np.isfinite(first) & np.isfinite(second)
    square = float(first[both] @ first[both])
    share = float(first[both] @ second[both]) / square if square > 0 else 0.0
    days = np.arange(WINDOW)
    return np.asarray(min(max(share, 0.0), STRONGEST_CARRY) ** np.abs(days[:, None] - days))
