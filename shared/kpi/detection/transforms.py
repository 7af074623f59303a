"""Transforms: the scale on which a KPI's ups and downs are alike, chosen from its values.

Rates are judged on the logit scale, amounts on the logarithmic one: a fall to half is as far as a rise to
double, and no band leaves what the KPI can be.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from shared.kpi.series import Numbers

SOFTENED_BY = 0.05
"""Share of the median added before taking logarithms, so that a zero is far out but not infinitely."""
LEAST_COUNT_ADDED = 0.5
"""Of counts at least this is added: one more or less of a few is no news."""
LEVEL = 8.0
"""Where the median comes to lie. Prophet scales by the largest value, so its priors would otherwise depend on
the unit (yen or dollars). Counts of a few thousand lie about here, of which the priors were measured."""


class Kind(StrEnum):
    """Which scale."""

    LOGIT = "logit"
    LOG = "log"
    NONE = "none"


@dataclass(frozen=True)
class Transform:
    """A scale: `offset` is added before the logarithm, `shift` after it; without one, values are in units of
    `offset`."""

    kind: Kind
    offset: float = 1.0
    shift: float = 0.0

    def forward(self, values: Numbers) -> Numbers:
        """From the KPI's unit to the scale. NaN stays NaN."""
        if self.kind is Kind.NONE:
            return np.asarray(values / self.offset)
        bounded = np.maximum(values, 0.0)
        if self.kind is Kind.LOG:
            return np.asarray(np.log(bounded + self.offset) + self.shift)
        bounded = np.minimum(bounded, 1.0)
        return np.asarray(np.log((bounded + self.offset) / (1 - bounded + self.offset)) + self.shift)

    def back(self, scaled: Numbers) -> Numbers:
        """From the scale to the KPI's unit, within what the KPI can be."""
        if self.kind is Kind.NONE:
            return np.asarray(scaled * self.offset)
        ratio = np.exp(np.clip(scaled - self.shift, -700, 700))
        if self.kind is Kind.LOG:
            return np.asarray(np.maximum(ratio - self.offset, 0.0))
        return np.asarray(np.clip((ratio * (1 + self.offset) - self.offset) / (1 + ratio), 0.0, 1.0))


STRANGE = 0.02
"""Of the days: a refund day below 0 or a share above 1 is an incident, and makes no other kind of KPI."""

STRANGE_FROM = 21
"""Days from which on there may be one such in any case."""


def choose_transform(values: Numbers, is_rate: bool) -> Transform:
    """The scale for a KPI with this history. `is_rate`: values within 0-1 are a share of something."""
    known = values[np.isfinite(values)]
    if not len(known) or is_signed(known) or float(known.max()) <= 0:
        return Transform(Kind.NONE, float(np.abs(known).max(initial=0.0)) or 1.0)
    known = np.maximum(known, 0.0)
    if is_rate and is_within_one(known):
        sides = np.minimum(known, 1 - known)
        if (sides > 0).any():
            plain = Transform(Kind.LOGIT, SOFTENED_BY * float(np.median(sides[sides > 0])))
            middle = float(np.median(plain.forward(known)))
            return Transform(Kind.LOGIT, plain.offset, float(np.sign(middle) or 1.0) * LEVEL - middle)
        return Transform(Kind.NONE)  # only 0 and 1
    median = float(np.median(known)) or float(known[known > 0].mean())
    offset = SOFTENED_BY * median
    if are_counts(known):
        offset = max(offset, LEAST_COUNT_ADDED)
    return Transform(Kind.LOG, offset, LEVEL - float(np.log(median + offset)))


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
