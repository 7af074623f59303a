"""Transforms: from a KPI's own unit to the scale its ups and downs are alike on, and back; and what kind of
numbers its values are. No band leaves what the KPI can be.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from shared.kpi.series import Numbers

FARTHEST = 700.0
"""On a logarithmic scale: beyond, exponentials overflow."""


class Kind(StrEnum):
    """Of scale: for shares, for amounts, and for what is both above and below 0."""

    LOGIT = "logit"
    POWER = "power"
    NONE = "none"


@dataclass(frozen=True)
class Transform:
    """A scale: `offset` is added before anything, the sum is in units of `unit`, `shift` is added after all.

    `power` is that of Box and Cox (1964), 0 the logarithm: the nearer to 1, the nearer to no scale at all.
    All have the same slope where the sum is one unit.
    """

    kind: Kind
    offset: float = 0.0
    unit: float = 1.0
    shift: float = 0.0
    power: float = 0.0

    def forward(self, values: Numbers) -> Numbers:
        """From the KPI's unit to the scale. NaN stays NaN."""
        if self.kind is Kind.NONE:
            return np.asarray(values / self.unit)
        bounded = np.maximum(values, 0.0)
        if self.kind is Kind.LOGIT:
            bounded = np.minimum(bounded, 1.0)
            return np.asarray(np.log((bounded + self.offset) / (1 - bounded + self.offset)) + self.shift)
        if not self.power:
            return np.asarray(np.log(bounded + self.offset) + (self.shift - np.log(self.unit)))
        units = (bounded + self.offset) / self.unit
        return np.asarray((units**self.power - 1) / self.power + self.shift)

    def back(self, scaled: Numbers) -> Numbers:
        """From the scale to the KPI's unit, within what the KPI can be."""
        if self.kind is Kind.NONE:
            return np.asarray(scaled * self.unit)
        if self.power:
            units = np.maximum(1 + self.power * (scaled - self.shift), 0.0) ** (1 / self.power)
            return np.asarray(np.maximum(units * self.unit - self.offset, 0.0))
        ratio = np.exp(np.clip(scaled - self.shift + np.log(self.unit), -FARTHEST, FARTHEST))
        if self.kind is Kind.POWER:
            return np.asarray(np.maximum(ratio - self.offset, 0.0))
        return np.asarray(np.clip((ratio * (1 + self.offset) - self.offset) / (1 + ratio), 0.0, 1.0))


STRANGE = 0.02
"""Of the days: a refund day below 0 or a share above 1 is an incident, and makes no other kind of KPI."""

STRANGE_FROM = 21
"""Days from which on there may be one such in any case."""


def is_signed(values: Numbers) -> bool:
    """Whether known values below 0 are ordinary rather than an incident."""
    below = int((values < 0).sum())
    return below > 0 and not (_is_strange(below, len(values)) and float(np.median(values)) > 0)


def is_within_one(values: Numbers) -> bool:
    """Whether known values above 1 are an incident rather than ordinary."""
    return _is_strange(int((values > 1).sum()), len(values)) and float(np.median(values)) <= 1


def _is_strange(days: int, count: int) -> bool:
    return days <= STRANGE * count or (days == 1 and count >= STRANGE_FROM)


def are_counts(values: Numbers) -> bool:
    """Whether all known values are whole numbers, and none below 0 is ordinary."""
    known = values[np.isfinite(values)]
    return bool(len(known)) and not is_signed(known) and bool((known == np.round(known)).all())


FINE = 0.01
TELLING = 5
"""How many values must differ for the least difference to be taken for their rounding."""


def step_of(values: Numbers) -> float:
    """The rounding of the values: the least difference between two of them that differ; 0 where none do.

    Where few differ that may be an incident rather than rounding: it is a hundredth at most then, or 1 of
    whole numbers.
    """
    known = values[np.isfinite(values)]
    steps = np.diff(np.unique(known))
    if not len(steps):
        return 0.0
    least = float(steps.min())
    if len(steps) >= TELLING:
        return least
    finest = FINE * float(np.median(np.abs(known)))
    return min(least, max(finest, 1.0) if (known == np.round(known)).all() else finest)
