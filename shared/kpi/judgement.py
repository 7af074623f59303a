"""Judgements: what is thought of one KPI's observation of one day."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.kpi.series import Numbers, Series


class Status(StrEnum):
    """What came of looking at an observation."""

    NORMAL = "normal"
    ANOMALY = "anomaly"
    """Outside the band, in a direction that is watched."""
    DRIFT = "drift"
    """Inside the day's band, but the last 14 days together are not where they should be."""
    MISSING = "missing"
    """The day has rows, but no value of this KPI."""
    MUTED = "muted"
    """Not judged: the data it is made of is broken. What is broken is told instead."""
    TOO_LITTLE_HISTORY = "too_little_history"
    REFUSED = "refused"
    """Can't be judged; the note names why."""
    HISTORY = "history"
    """Of a day nobody checked: only what it was. A check of the day outranks it, whenever it was made."""

    @property
    def is_alarming(self) -> bool:
        """Whether somebody is told."""
        return self in (Status.ANOMALY, Status.DRIFT)


@dataclass(frozen=True, eq=False)
class Band:
    """What was expected on consecutive days: floats in the KPI's own unit, NaN where nothing was."""

    days: tuple[date, ...]
    expected: Numbers
    lower: Numbers
    upper: Numbers


@dataclass(frozen=True)
class Interval:
    """Where the day's value comes to lie with the probability `level` (within 0-1), in the KPI's own unit."""

    level: float
    lower: float
    upper: float


@dataclass(frozen=True, eq=False)
class Judgement:
    """One observation against what was expected of it."""

    kpi: str
    segment: str
    day: date
    status: Status
    value: float | None = None
    volume: float | None = None
    expected: float | None = None
    lower: float | None = None
    upper: float | None = None
    score: float = 0.0
    """How far out: deviation in units of the limit on the detector's own scale; 1 is just on the limit. Of a
    drift, that of the 14 days together. At least 0."""
    direction: str = ""
    """up or down: on which side of what was expected, whatever the status; empty where nothing was."""
    since: date | None = None
    """The first day of what is told: of a drift, the day it began; of an anomaly, of its unbroken run."""
    detector: str = ""
    note: str = ""
    """In English, for operators: why refused, what was assumed, what can't be seen at this noise."""
    series: Series | None = None
    """For the chart: the history it was judged by."""
    band: Band | None = None
    """For the chart: up to 90 days that end with the day in question."""
    intervals: tuple[Interval, ...] = ()
    """At the levels that were asked for (Context.levels), whatever the sensitivity; none where nothing says
    how often the KPI is how far out."""

    @property
    def name(self) -> str:
        """KPI and segment in one word."""
        return f"{self.kpi} ({self.segment})" if self.segment else self.kpi
