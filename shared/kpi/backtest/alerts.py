"""Alerts: what of a walk somebody would have been told, each thing once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared.kpi.backtest.verdicts import Verdict
from shared.kpi.backtest.walk import Walked
from shared.kpi.judgement import Status

DAY, DRIFT = "day", "drift"
DIGITS = 6
"""Significant ones: what a model expects is not known better than that."""


@dataclass(frozen=True)
class Alert:
    """One day that is told: for itself, or as the first of a drift."""

    walked: Walked
    kind: str

    @property
    def verdict(self) -> Verdict:
        """What was said of the day."""
        return self.walked.verdict

    def entry(self) -> dict[str, Any]:
        """As the JSON has it: of a drift, against what was expected before it began."""
        one = self.verdict
        told = one.drift
        entry = {
            "date": one.day.isoformat(),
            "kind": self.kind,
            "direction": one.direction,
            "actual": one.value,
            "expected": rounded(told.expected if told else one.expected),
            "lower": rounded(told.lower if told else one.lower),
            "upper": rounded(told.upper if told else one.upper),
            "score": rounded(told.score if told else one.distance),
        }
        return entry | {"since": told.since.isoformat()} if told else entry


def alerts_of(days: Sequence[Walked]) -> Iterator[Alert]:
    """Every day that is out of its band, and the first day of each drift.

    A drift that goes on is told in its alert's thread, and so is one that began with a day out of its band
    on the same side. Days nothing was said of end nothing; days that were not walked do.
    """
    before: Verdict | None = None
    last = -1
    for walked in days:
        now = walked.verdict
        if walked.number != last + 1:
            before = None
        last = walked.number
        if now.status is Status.ANOMALY:
            yield Alert(walked, DAY)
        elif now.status is Status.DRIFT:
            goes_on = before is not None and before.status.is_alarming and before.direction == now.direction
            if not goes_on:
                yield Alert(walked, DRIFT)
        if now.is_judged:
            before = now


def rounded(value: float) -> float:
    """To 6 significant digits."""
    return float(f"{value:.{DIGITS}g}")
