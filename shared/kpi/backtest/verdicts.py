"""Verdicts: what a detector said of one value of one day, in the same words whatever the detector."""

from dataclasses import dataclass
from datetime import date
from math import isfinite, nan

from shared.kpi.judgement import Status

LEVELS = (0.95, 0.99)
"""What the intervals say they cover, and what is measured."""
FARTHEST = 1e6
type Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ToldDrift:
    """A drift as it is told: against what was expected before it began."""

    expected: float
    lower: float
    upper: float
    score: float
    since: date


@dataclass(frozen=True, slots=True)
class Verdict:
    """One value against the day's own band: from `lower` to `upper` nothing is told of it.

    All in the KPI's unit, NaN where the detector can't say. `distance` is how far from expected, 1 on the
    limit of that side. `intervals` are those of LEVELS, empty where a plain rule says no level. `drift` is
    set where the days together are told rather than this one.
    """

    day: date
    value: float
    status: Status
    expected: float = nan
    lower: float = nan
    upper: float = nan
    distance: float = nan
    direction: str = ""
    intervals: tuple[Interval, ...] = ()
    drift: ToldDrift | None = None
    note: str = ""

    @property
    def is_judged(self) -> bool:
        """Whether the detector had a band for it."""
        return isfinite(self.value) and isfinite(self.lower) and isfinite(self.upper)


def by_band(
    day: date, value: float, expected: float, limit: Interval, intervals: tuple[Interval, ...]
) -> Verdict:
    """The verdict of a detector that tells what is outside `limit`, whatever the days before."""
    lower, upper = limit
    is_out = not lower <= value <= upper
    return Verdict(
        day,
        value,
        Status.ANOMALY if is_out else Status.NORMAL,
        expected,
        lower,
        upper,
        distance_of(value, expected, limit),
        "up" if value > expected else "down" if value < expected else "",
        intervals,
    )


def distance_of(value: float, expected: float, limit: Interval) -> float:
    """How far `value` is from expected, in units of the way to the limit on that side; a million at most."""
    off = value - expected
    room = limit[1] - expected if off > 0 else expected - limit[0]
    if off == 0:
        return 0.0
    return min(abs(off) / room, FARTHEST) if room > 0 else FARTHEST
