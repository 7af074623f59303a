"""Limits moved after the fact: what a detector would have told had its limit been another, without a fit.

Detectors with different limits can't be compared by what they find alone: whoever tells more, finds more.
So the limit of one is moved until it finds as much as another, and the false alarms of both are compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shared.kpi.backtest.faults import ONE_DAY
from shared.kpi.series import Numbers

GRID = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)
"""Limits of a curve, as multiples of the detector's own."""


@dataclass(frozen=True)
class Moved:
    """What comes of one limit, in units of the detector's own; `detected` is the mean of the faults."""

    limit: float
    false_alarms_per_week: float
    detected: float


@dataclass(frozen=True, eq=False)
class Distances:
    """How far days were from what was expected of them, 1 on the detector's own limit.

    `ordinary` are days as they were, `faulted` by fault those a fault was put on. A day is told where its
    distance is above the limit. Drifts are not in it: their rules have limits of their own.
    """

    ordinary: Numbers
    faulted: Mapping[str, Numbers]

    @classmethod
    def pooled(cls, parts: "Sequence[Distances]") -> "Distances":
        """Of all KPIs together."""
        return cls(
            np.concatenate([each.ordinary for each in parts]),
            {fault: np.concatenate([each.faulted[fault] for each in parts]) for fault in ONE_DAY},
        )

    @property
    def is_whole(self) -> bool:
        """Whether there is something to count of each kind."""
        return bool(len(self.ordinary)) and all(len(each) for each in self.faulted.values())

    def at(self, limit: float) -> Moved:
        """What would have come of `limit`."""
        false = 7 * float((self.ordinary > limit).mean())
        return Moved(limit, false, self.detected(limit))

    def detected(self, limit: float) -> float:
        """The mean share of the one-day faults that are beyond `limit`."""
        return float(np.mean([(each > limit).mean() for each in self.faulted.values()]))

    def limit_for(self, detected: float) -> float:
        """The widest limit with which that share is found; 0 where none does."""
        candidates = np.unique(np.concatenate([*self.faulted.values()]))
        # Beyond a value just below a fault's distance that fault is found.
        edges = np.nextafter(candidates, -np.inf)[::-1]
        low, high = 0, len(edges)
        while low < high:
            middle = (low + high) // 2
            if self.detected(float(edges[middle])) >= detected:
                high = middle
            else:
                low = middle + 1
        return max(float(edges[low]), 0.0) if low < len(edges) else 0.0

    def at_detection(self, detected: float) -> Moved:
        """The fewest false alarms with which at least that share of the faults is found."""
        return self.at(self.limit_for(detected))
