"""Plain rules for KPIs there is nothing to model of: those that never change, those that are mostly zero."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student  # type: ignore[import-untyped]

from shared.kpi.detection.calibration import TAILS
from shared.kpi.detection.transforms import are_counts
from shared.kpi.series import Numbers

STILL_DAYS = 28
"""With a value, and always the same one: the KPI stands still, whatever it did before."""
ROUNDING = 0.005
"""A change by this share is no news, however still the KPI was."""
LEAST_FROM_ZERO = 3.0
"""A count that was always 0 has to reach this much to be news."""
MIXED_ZEROS = 0.1
RECENT_DAYS = 365
FEW = 4.0
"""A median count below this is too coarse for a model of amounts."""
LEAST_SEEN = 8
"""Values that are not zero needed to say how large they usually are."""
LONGER = 2
"""A run of zeros is news when it is more than this many times as long as any before."""


@dataclass(frozen=True)
class PlainBand:
    """What is expected by a plain rule, in the KPI's own unit, and the rule's name."""

    rule: str
    expected: float
    lower: float
    upper: float
    note: str = ""


def plain_band(history: Numbers, today: float, probability: float) -> PlainBand | None:
    """The band by a plain rule; None: the KPI moves as KPIs do and can be modelled.

    `history` has the days before, NaN where there is no value; a value beyond the band has `probability`.
    """
    known = history[np.isfinite(history)]
    if not len(known):
        return None
    recent = known[-STILL_DAYS:]
    if len(recent) >= min(STILL_DAYS, len(known)) and float(np.ptp(recent)) <= 1e-9 * abs(float(recent[-1])):
        return _still(float(recent[-1]), known)
    if float(known.min()) < 0:
        return None
    window = history[-RECENT_DAYS:]
    if _zeros_mixed_in(window) > MIXED_ZEROS or (are_counts(known) and float(np.median(known)) < FEW):
        return _mostly_zero(window[np.isfinite(window)], today, probability)
    return None


def _still(value: float, known: Numbers) -> PlainBand:
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


def _zeros_mixed_in(window: Numbers) -> float:
    """The share of zeros that the weekday does not foretell: a shop closed on Sundays is not mostly zero."""
    mixed = 0.0
    total = 0
    for weekday in range(7):
        part = window[weekday::7]
        part = part[np.isfinite(part)]
        zeros = int((part == 0).sum())
        mixed += min(zeros, len(part) - zeros)
        total += len(part)
    return mixed / total if total else 0.0


def _mostly_zero(known: Numbers, today: float, probability: float) -> PlainBand:
    """Zeros are ordinary. What is not zero is compared with other days that were not."""
    seen = known[known > 0]
    mean = float(known.mean())
    top = LEAST_FROM_ZERO + mean
    multiple = float(student.ppf(1 - probability / 2, TAILS))
    if len(seen):
        logs = np.log(seen)
        middle = float(np.median(logs))
        wide = float(np.std(logs)) if len(seen) >= LEAST_SEEN else 1.0
        top = float(np.exp(middle + multiple * max(wide, 0.25)))
    if are_counts(known):
        variance = max(float(known.var()), mean)
        top = max(top, mean + multiple * float(np.sqrt(variance)), LEAST_FROM_ZERO)
    lower = 0.0
    note = "mostly 0 or few: only rises are judged, and zeros for unusually long"
    run, longest = _zero_runs(known)
    share = float((known == 0).mean())
    if today == 0 and run + 1 > LONGER * max(longest, 1) and share ** (run + 1) < probability / 2:
        lower = float(seen.min()) if len(seen) else 0.0
        note = f"0 for {run + 1} days in a row, never more than {longest} before"
    return PlainBand("mostly zero", mean, lower, top, note)


def _zero_runs(known: Numbers) -> tuple[int, int]:
    """The run of zeros at the end, and the longest before it."""
    ends = np.flatnonzero(known != 0)
    if not len(ends):
        return len(known), len(known)
    gaps = np.diff(np.concatenate([[-1], ends])) - 1
    return len(known) - 1 - int(ends[-1]), int(gaps.max())
