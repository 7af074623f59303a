"""Scoring: one detector's course over one KPI, counted day by day beside what is known of the KPI."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from shared.kpi.backtest.alerts import alerts_of
from shared.kpi.backtest.faults import ONE_DAY
from shared.kpi.backtest.hindsight import odd_days
from shared.kpi.backtest.limits import Distances
from shared.kpi.backtest.verdicts import Verdict
from shared.kpi.backtest.walk import Course, Run, Track, Walked

NO_DAYS = frozenset[date]()


@dataclass(frozen=True)
class Absent:
    """Days of the backtest without a value of a KPI, and what arrival makes of days that are not there.

    `found` are those of `days` it tells. `tried` is how many days with a row were taken away, one at a time,
    and `noticed` on how many of these that was told.
    """

    days: tuple[date, ...] = ()
    found: frozenset[date] = NO_DAYS
    tried: int = 0
    noticed: int = 0


class Scored:
    """One course beside what is known of its KPI. `has_labels`: people said which days are anomalous."""

    def __init__(
        self, course: Course, track: Track, *, has_labels: bool, absent: Absent | None = None
    ) -> None:
        self.course = course
        self.track = track
        self.has_labels = has_labels
        self.absent = absent
        self.judged = [each for each in course.days if each.verdict.is_judged]
        odd = odd_days(track.values)
        self.real = track.labelled if has_labels else frozenset(
            day for day, is_odd in zip(track.days, odd, strict=True) if is_odd
        )  # fmt: skip
        """Days an alarm is no false one on."""
        self.usual = [each for each in self.judged if each.verdict.day not in track.labelled]
        """Days people did not call anomalous: the band is measured on them."""
        self.alerts = list(alerts_of(course.days))

    @property
    def false_alarms(self) -> int:
        """Alerts on days nothing was wrong with, as far as is known."""
        return sum(each.verdict.day not in self.real for each in self.alerts)

    def covered(self, level: int) -> list[bool]:
        """Which usual days the interval of this level covered; of those that had one."""
        return [
            one.intervals[level][0] <= one.value <= one.intervals[level][1]
            for one in self._usual()
            if one.intervals
        ]

    def shares_off(self) -> list[float]:
        """How far off each usual day was, as a share of what came; not of a day with 0."""
        return [abs(one.value - one.expected) / abs(one.value) for one in self._usual() if one.value]

    def weighted_off(self) -> float | None:
        """The sum of what all usual days were off, as a share of the sum of what came."""
        total = sum(abs(one.value) for one in self._usual())
        return sum(abs(one.value - one.expected) for one in self._usual()) / total if total else None

    def _usual(self) -> Iterator[Verdict]:
        return (each.verdict for each in self.usual)

    def found(self, fault: str) -> list[bool]:
        """Which days with this one-day fault were told."""
        return [each.faulted[fault].is_told for each in self.judged if each.faulted]

    def found_runs(self, fault: str) -> list[bool]:
        """Which shifts or drifts were told in time: a fall on a day that is not told a fall without them."""
        falls = {
            each.number
            for each in self.course.days
            if each.verdict.status.is_alarming and each.verdict.direction == "down"
        }
        return [
            any(is_told and run.start + day not in falls for day, is_told in enumerate(run.told))
            for run in self._runs(fault)
        ]

    def _runs(self, fault: str) -> Iterator[Run]:
        return (each for each in self.course.runs if each.fault == fault)

    def distances(self) -> Distances:
        """To move the limit by, on days nothing was wrong with."""
        ordinary = [each.verdict.distance for each in self.judged if each.verdict.day not in self.real]
        faulted = [each.faulted for each in self.judged if each.faulted]
        return Distances(
            np.array(ordinary),
            # One that can't be judged is never told.
            {fault: np.nan_to_num([each[fault].distance for each in faulted]) for fault in ONE_DAY},
        )

    def labels(self) -> tuple[list[Walked], int]:
        """The labelled days of the backtest that could be told, and how many were."""
        missing = set(self.absent.days if self.absent else ())
        days = [
            each
            for each in self.course.days
            if each.verdict.day in self.track.labelled
            and (each.verdict.is_judged or each.verdict.day in missing)
        ]
        found = self.absent.found if self.absent else NO_DAYS
        return days, sum(each.verdict.status.is_alarming or each.verdict.day in found for each in days)
