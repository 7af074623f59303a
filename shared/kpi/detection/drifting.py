"""Drifting: whether the last days together are where they should be, by two rules and what they found."""

from dataclasses import dataclass, replace

import numpy as np

from shared.kpi.detection.calibration import GROSS, calibrate
from shared.kpi.detection.drift import (
    SAME_SIDE,
    Drift,
    creep_limit,
    drift_limit,
    find_creep,
    find_drift,
    level_of,
    week_noise,
    windows_of,
)
from shared.kpi.detection.sides import is_watched, side_of
from shared.kpi.forecasts import FAR_DAYS, WEEK, Forecasts
from shared.kpi.series import Numbers
from shared.kpi.tables import Direction

UNSURE = 1.5
FAR_ENOUGH = 2.0
"""How many times the noise of one day a week must be away for a drift to go on."""
SURE_SHARE = 0.5
"""Of the false alarms: a drift goes on if it was found as surely as would come so rarely by chance."""
WEEKS_FAR = 3.0
"""The same, of what a week usually is away from what was expected so long before."""
STILL_THERE = 0.7
"""What share of the way a drift had made when it was told must still be made for it to go on."""


@dataclass(frozen=True)
class Drifting:
    """A drift that is told: to which side, how far out (1 is on the limit), how many days ago it began."""

    side: str
    score: float
    days: int


def find_drifting(
    values: Numbers, forecasts: Forecasts, least: float, sensitivity: float, watched: Direction
) -> Drifting | None:
    """What drifts. `values` are the days' up to and with the one in question, on the transformed scale.

    `forecasts` are those of a model that never heard of a new level; a change by `least` is no news.
    """
    # The first time of an own event teaches nothing about ordinary days.
    known = np.where(forecasts.is_new_own, np.nan, values)
    known[-1] = np.nan if forecasts.is_new[-1] else values[-1]
    near, far = known - forecasts.expected, known - forecasts.far
    usual = calibrate(near[:-1], forecasts.spread[:-1], float(forecasts.noise[-1]))
    noise = max(float(forecasts.noise[-1]), least / 2)
    # An occasion that differs from the last time does so on all its days: not a drift.
    near[forecasts.spread > UNSURE] = np.nan
    far[forecasts.far_spread > UNSURE] = np.nan
    rules = [
        (near, find_drift(near, forecasts.spread, noise), drift_limit(sensitivity)),
        (far, find_creep(far, noise), creep_limit(sensitivity)),
    ]
    told = [
        (drift, limit)
        for errors, drift, limit in rules
        if drift is not None and abs(drift.out) > limit
        if is_watched(side_of(drift.out), watched) and _is_news(errors, least)
    ]
    if told:
        drift, limit = max(told, key=lambda each: abs(each[0].out) / each[1])
        longest = max(each.days for each, _ in told if np.sign(each.out) == np.sign(drift.out))
        return Drifting(side_of(drift.out), abs(drift.out) / limit, longest)
    # What an outage was away from anything expected says nothing of where the KPI is now.
    far = np.where(np.abs(near / forecasts.spread) > GROSS * usual.usual, np.nan, far)
    now = level_of(far)
    # A KPI that wanders is often a little away from what was expected so long before.
    weeks = np.nan_to_num(week_noise(far, noise))
    if not abs(now) > max(FAR_ENOUGH * usual.noise, WEEKS_FAR * weeks) or not is_watched(
        side_of(now), watched
    ):
        return None
    begun = _going_on(near, far, forecasts.spread, noise, now, sensitivity, least)
    return None if begun is None else Drifting(side_of(begun.out), 1.0, begun.days)


def _going_on(
    near: Numbers, far: Numbers, spread: Numbers, noise: float, now: float, sensitivity: float, least: float
) -> Drift | None:
    """A drift of the last weeks that is found no more because the forecasts have gone along with it.

    It is over once so much of the way is made good that the KPI was from what was expected six weeks ago.
    """
    side = np.sign(now)
    limit, limit_of_weeks = drift_limit(SURE_SHARE * sensitivity), creep_limit(sensitivity)
    # By how the errors were before: what is drifting for weeks makes no ordinary weeks.
    windows = windows_of(near, spread, noise, FAR_DAYS)
    for ago in range(1, FAR_DAYS):
        end = len(far) - ago
        found = windows.drift(ago) if windows is not None else None
        if found is None or found.out * side <= limit:
            found = find_creep(far[:end], noise) if ago <= WEEK else None
            if found is None or found.out * side <= limit_of_weeks:
                continue
        if _is_news(near[:end], least) and now / level_of(far[:end]) >= STILL_THERE:
            return replace(found, days=ago + found.days)
    return None


def _is_news(errors: Numbers, least: float) -> bool:
    return abs(float(np.nanmedian(errors[-SAME_SIDE:]))) > least
