"""Plain rules for KPIs there is nothing to model of: those that never change, those often zero or few."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.kpi.detection.closing import MIXED_ZEROS
from shared.kpi.detection.few import band_of_few
from shared.kpi.detection.transforms import are_counts, is_signed
from shared.kpi.judgement import Interval
from shared.kpi.series import Numbers

STILL_DAYS = 28
"""With a value, and always the same one: the KPI stands still, whatever it did before."""
ROUNDING = 0.005
"""A change by this share is no news, however still the KPI was."""
LEAST_FROM_ZERO = 3.0
"""A count that was always 0 has to reach this much to be news."""
RECENT_DAYS = 365
FEW = 4.0
"""A median count below this is too coarse for a model of amounts."""
MANY = 100.0
"""What is usually above this, where it is anything, is no count of few things: it may be whole yen."""


@dataclass(frozen=True)
class PlainBand:
    """What is expected by a plain rule, in the KPI's own unit, and the rule's name; with intervals where the
    rule knows how often each number comes."""

    rule: str
    expected: float
    lower: float
    upper: float
    note: str = ""
    intervals: tuple[Interval, ...] = ()


def plain_band(
    history: Numbers,
    today: float,
    probability: float,
    closed: NDArray[np.bool_] | None = None,
    levels: tuple[float, ...] = (),
) -> PlainBand | None:
    """The band by a plain rule; None: the KPI moves as KPIs do and can be modelled.

    `history` has the days before, NaN where there is no value; a value beyond the band has `probability`.
    `closed` marks days that say nothing of an open one; `levels` are those of the intervals.
    """
    known = history[np.isfinite(history)]
    if not len(known):
        return None
    recent = known[-STILL_DAYS:]
    if len(recent) >= min(STILL_DAYS, len(known)) and float(np.ptp(recent)) <= 1e-9 * abs(float(recent[-1])):
        return still_band(float(recent[-1]), known)
    if is_signed(known):
        return None
    window = history if closed is None else np.where(closed, np.nan, history)
    window = np.maximum(window[-RECENT_DAYS:], 0.0)
    amounts = window[np.isfinite(window)]
    if not len(amounts):
        return None
    is_few = are_counts(known) and float(np.median(amounts)) < FEW
    if not is_few and float((amounts == 0).mean()) <= MIXED_ZEROS:
        return None
    positive = amounts[amounts > 0]
    is_count = are_counts(known) and not (len(positive) and float(np.median(positive)) > MANY)
    few = band_of_few(window, today, probability, is_count)
    intervals = []
    for level in levels:
        within = band_of_few(window, float("nan"), 1 - level, is_count)
        intervals.append(Interval(level, within.lower, within.upper))
    note = "mostly 0 or few: judged by how often each number came"
    if today == 0 < few.lower:
        note = f"0 for {few.run} days in a row, which is improbable by how often it was 0 so far"
    return PlainBand("mostly zero", few.expected, few.lower, few.upper, note, tuple(intervals))


def still_band(value: float, known: Numbers) -> PlainBand:
    """The band of a KPI that is `value` lately; `known` are all its values."""
    if value == 0:
        top = LEAST_FROM_ZERO if are_counts(known) else 0.0
        others = known[known != 0]
        if len(others) and not are_counts(known):
            top = float(np.abs(others).min())
        # It can't be told from zero how large is large: anything beyond a handful is news, upwards only.
        return PlainBand("constant", 0.0, 0.0, top, "always 0 lately")
    width = ROUNDING * abs(value)
    if are_counts(known):
        width = max(width, 1.0)
    return PlainBand("constant", value, value - width, value + width, "always the same value lately")
