"""Slow drift and level shift: days that are each inside their band but together are not where they should be.

Works on the errors before anything is carried over from day to day, because that is what hides a drift. Two
rules: 14 days against the forecasts of the day before, and the last week against what was expected of it six
weeks before, because a model that is fitted every day goes along with what creeps.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit  # type: ignore[import-untyped]

from shared.kpi.detection.calibration import CLIP, DAYS, GROSS, MODEL_WEIGHT, STRONGEST_CARRY
from shared.kpi.forecasts import FAR_DAYS, WEEK
from shared.kpi.series import Numbers

DRIFT_SHARE, CREEP_SHARE = 0.2, 0.06
"""Of the false alarms that are asked for. What a rule finds is now and then lost and found again, so that
they give about twice as many: with those of the day's own band that are false about as many as were asked
for, as `make bench-kpi` prints of real series."""
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
LOOKS_PER_YEAR, TAILS = 52, 5.0
"""Windows of two weeks that are weighted to their end say something new about once a week, with the tails of
Student's t: so often were drifts told where there were none, from one a year to seven."""
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
    found = windows_of(errors, spreads, model_noise, WINDOW)
    return found.drift(0) if found is not None else None


@dataclass(frozen=True, eq=False)
class Windows:
    """How far the 14 days that end with each of the last days are out, the oldest first; `sides` are those of
    the single errors, NaN where unknown."""

    outs: Numbers
    sides: Numbers

    def drift(self, ago: int) -> Drift | None:
        """What was found so many days ago. None: nothing, or the last days were on both sides."""
        out = float(self.outs[-1 - ago])
        sides = self.sides[: len(self.sides) - ago]
        if np.isnan(sides[-1]) or not _is_one_side(sides, out):
            return None
        others = np.flatnonzero(np.isfinite(sides) & (sides != np.sign(out)))
        return Drift(out, len(sides) - (int(others[-1]) + 1 if len(others) else 0))


def windows_of(errors: Numbers, spreads: Numbers, model_noise: float, since: int) -> Windows | None:
    """The windows of the last errors, by how the errors were before the last `since` days: None where too
    little is known of that."""
    errors, spreads = errors[-DAYS:], spreads[-DAYS:]
    relative = errors / spreads
    before = relative[:-since]
    known = before[np.isfinite(before)]
    if len(relative) < WINDOW or len(known) < LEAST_KNOWN:
        return None
    usual = float(np.median(np.abs(known))) / 0.6745
    square = float(np.mean(np.clip(known, -CLIP * usual, CLIP * usual) ** 2))
    noise = np.sqrt((len(known) * square + MODEL_WEIGHT * model_noise**2) / (len(known) + MODEL_WEIGHT))
    if not noise > 0:
        return None
    if not abs(relative[-1]) > GROSS * usual:
        # An outage that is over is told already, and no drift.
        relative = np.where(np.abs(relative) > GROSS * usual, np.nan, relative)
    scaled = np.clip(relative / noise, -TOP, TOP)
    outs = _together(scaled, spreads, _likeness(scaled[:-since]))
    # Some KPIs wander: their windows are out more often than errors that are alike from day to day explain.
    past = np.abs(outs[: len(outs) - since + 1])
    weight = OVERLAP * len(past)
    wander = float(np.quantile(past, 0.9)) / 1.645 if len(past) else 1.0
    own = (weight * wander + OWN_WEIGHT) / (weight + OWN_WEIGHT)
    return Windows(outs / own, np.sign(relative))


def find_creep(errors: Numbers, model_noise: float) -> Drift | None:
    """How far the last week is from what was expected six weeks before, against other weeks. None: as above.

    `errors` are observed minus expected long before; see Forecasts.far.
    """
    now, noise = float(_weeks(errors[-WEEK:])[-1]), week_noise(errors, model_noise)
    if np.isnan(noise) or np.isnan(now) or np.isnan(errors[-1]):
        return None
    if not noise > 0 or not _is_one_side(np.sign(errors), now):
        return None
    return Drift(now / noise, _days_since_start(errors[-FAR_DAYS:]))


def week_noise(errors: Numbers, model_noise: float) -> float:
    """How far a week usually is from what was expected of it six weeks before, NaN where few are known."""
    past = _weeks(errors[:-FAR_DAYS])
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


def drift_limit(sensitivity: float) -> float:
    """How far out a drift is told, of `sensitivity` false alarms a year."""
    return _limit(DRIFT_SHARE * sensitivity)


def creep_limit(sensitivity: float) -> float:
    """The same of the weeks."""
    return _limit(CREEP_SHARE * sensitivity)


def _limit(per_year: float) -> float:
    return -float(stdtrit(TAILS, min(per_year / LOOKS_PER_YEAR, 0.5) / 2))


def _is_one_side(sides: Numbers, out: float) -> bool:
    """Whether the last known days are on the side that is out."""
    last = sides[np.isfinite(sides)][-SAME_SIDE:]
    return out != 0 and bool((last == np.sign(out)).all())


def _together(scaled: Numbers, spreads: Numbers, likeness: Numbers) -> Numbers:
    """The weighted sums of all windows, in their standard deviations."""
    errors, spread = (np.lib.stride_tricks.sliding_window_view(each, WINDOW) for each in (scaled, spreads))
    known = np.isfinite(errors)
    # Of a day about which little is known, little follows.
    weights = np.where(known, WEIGHTS / spread, 0.0)
    variances = np.einsum("wd,wd->w", weights @ likeness, weights)
    sums = np.einsum("wd,wd->w", weights, np.where(known, errors, 0.0))
    return np.asarray(sums / np.sqrt(np.where(variances > 0, variances, 1.0)))


def _likeness(scaled: Numbers) -> Numbers:
    """Correlation of the errors of a window's days, by how alike neighbours are."""
    first, second = scaled[:-1], scaled[1:]
    both = np.isfinite(first) & np.isfinite(second)
    square = float(first[both] @ first[both])
    share = float(first[both] @ second[both]) / square if square > 0 else 0.0
    days = np.arange(WINDOW)
    return np.asarray(min(max(share, 0.0), STRONGEST_CARRY) ** np.abs(days[:, None] - days))


def _days_since_start(errors: Numbers) -> int:
    """How many days ago it began: where a step or a ramp from there explains the errors best."""
    last = np.nan_to_num(errors)[::-1]
    last = last / np.abs(last).max()
    days = np.arange(1.0, len(last) + 1)
    sums = np.cumsum(last)
    # A ramp is 1 on its first day, so many days ago, and rises by 1 a day.
    ramps = days * sums - np.cumsum((days - 1) * last)
    squares = days * (days + 1) * (2 * days + 1) / 6
    return int(np.argmax(np.maximum(sums**2 / days, ramps**2 / squares))) + 1


def _weeks(errors: Numbers) -> Numbers:
    """The middle errors of the weeks that end with the last day, NaN where too little is known of one."""
    count = len(errors) // WEEK
    weeks = np.sort(errors[len(errors) - count * WEEK :].reshape(count, WEEK), axis=1)  # NaN comes last
    known = np.isfinite(weeks).sum(axis=1)
    rows = np.arange(count)
    middle = (weeks[rows, np.maximum(known - 1, 0) // 2] + weeks[rows, np.minimum(known // 2, WEEK - 1)]) / 2
    return np.where(known >= LEAST_OF_WEEK, middle, np.nan)
