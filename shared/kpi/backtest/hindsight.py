"""Hindsight: which days were odd, by the weeks before and after. For scoring alone, never for judging."""

import numpy as np
from numpy.typing import NDArray

from shared.kpi.forecasts import WEEK
from shared.kpi.series import Numbers

WEEKS = 4
FAR = 5.0
"""How many times the usual distance from the weeks around."""
SOFTENED_BY = 0.05
LEAST_WEEKS = 3


def odd_days(values: Numbers) -> NDArray[np.bool_]:
    """Days that are out against the same weekday of 4 weeks before and 4 after; False where one can't say.

    On the logarithm where nothing is below 0. An alarm on such a day is no false one.
    """
    scaled = values.astype(np.float64)
    known = scaled[np.isfinite(scaled)]
    if not len(known):
        return np.zeros(len(values), dtype=bool)
    middle = float(np.median(known))
    if known.min() >= 0 and middle > 0:
        scaled = np.log(scaled + SOFTENED_BY * middle)
    padded = np.pad(scaled, WEEK * WEEKS, constant_values=np.nan)
    shifts = [WEEK * (WEEKS + week) for week in range(-WEEKS, WEEKS + 1) if week]
    around = np.array([padded[shift : shift + len(scaled)] for shift in shifts])
    enough = np.isfinite(around).sum(axis=0) >= LEAST_WEEKS
    off = np.full(len(scaled), np.nan)
    off[enough] = np.abs(scaled[enough] - np.nanmedian(around[:, enough], axis=0))
    usual = off[np.isfinite(off)]
    if not len(usual) or not np.median(usual) > 0:
        return np.zeros(len(values), dtype=bool)
    return np.asarray(off > FAR * float(np.median(usual)) / 0.6745)
