"""Faults: what is done to a series to see who notices, chosen by a seed and the same for every detector."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from shared.kpi.series import Numbers

ONE_DAY = {"drop": 0.7, "spike": 1.5, "zero": 0.0}
"""What a day's value is multiplied by."""
RUNS = {"shift": 7, "drift": 14}
"""Days a fault of several days is given to be told within."""
LONGEST = max(RUNS.values())
SHIFT, DRIFT = 0.2, 0.3
MOST_DAYS = 366
"""Days of a KPI that get faults of one day: all, or so many of a longer backtest."""
STARTS = 12
"""Level shifts and drifts begun per KPI. Each is 21 judgements, of a detector that fits 21 fits."""


@dataclass(frozen=True)
class Faults:
    """Where one KPI gets its faults, by number of the day: those of one day, and starts of longer ones."""

    days: frozenset[int] = frozenset()
    starts: tuple[int, ...] = ()


def choose(
    kpi: str, days: Sequence[date], values: Numbers, judged: range, labelled: frozenset[date]
) -> Faults:
    """The faults of one KPI among the `judged` days; the same for the same KPI and series, for ever.

    Not on labelled days, nor where there is nothing to fall: no value, 0 or below. A shift or drift has all
    of its 14 days within the judged ones.
    """
    fit = [
        number
        for number in judged
        if np.isfinite(values[number]) and values[number] > 0 and days[number] not in labelled
    ]
    starts = [
        number
        for number in fit
        if number + LONGEST <= judged.stop and labelled.isdisjoint(days[number : number + LONGEST])
    ]
    random = np.random.default_rng(int.from_bytes(hashlib.sha256(kpi.encode()).digest()[:8]))
    return Faults(frozenset(_some(fit, MOST_DAYS, random)), tuple(_some(starts, STARTS, random)))


def _some(numbers: list[int], most: int, random: np.random.Generator) -> list[int]:
    if len(numbers) <= most:
        return numbers
    return sorted(int(each) for each in random.choice(numbers, most, replace=False))


def faulty(value: float, fault: str, is_whole: bool) -> float:
    """What a one-day fault makes of a value; a count stays a whole number."""
    changed = value * ONE_DAY[fault]
    return float(round(changed)) if is_whole else changed


def with_run(values: Numbers, fault: str, start: int, is_whole: bool) -> Numbers:
    """The series with a level shift of -20 % or a drift to -30 % that begins on day number `start`.

    The drift grows by the same share each of 14 days.
    """
    length = RUNS[fault]
    days = np.arange(1, length + 1)
    shares = np.full(length, SHIFT) if fault == "shift" else DRIFT * days / length
    changed = values.copy()
    changed[start : start + length] *= 1 - shares
    if is_whole:
        changed[start : start + length] = np.round(changed[start : start + length])
    return changed
