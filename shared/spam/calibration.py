"""Calibration: what turns a filter's raw score into a probability.

A curve of two numbers first (Platt scaling), which a handful of posts can teach; then steps that follow what
was seen, as far as there are posts to see (isotonic regression, drawn towards that curve). The result rises
strictly, so it never changes which of two posts is the more suspicious. calibrating.py learns both.
"""

import math
from bisect import bisect
from dataclasses import dataclass
from operator import itemgetter


@dataclass(frozen=True)
class Calibration:
    """probability = 1 / (1 + exp(-logit)), where logit = slope * raw + intercept.

    Where there are `knots` (raw score, logit), both rising, the logit is a straight line between each two of
    them, and goes on with `slope` before the first and after the last.
    """

    slope: float = 1.0
    intercept: float = 0.0
    knots: tuple[tuple[float, float], ...] = ()

    def probability(self, raw: float) -> float:
        """The probability of a violation, 0-1, for a raw score."""
        exponent = self._logit(raw)
        if exponent >= 0:
            return 1 / (1 + math.exp(-min(exponent, 700)))
        grown = math.exp(max(exponent, -700))
        return grown / (1 + grown)

    def _logit(self, raw: float) -> float:
        if not self.knots:
            return self.slope * raw + self.intercept
        place = bisect(self.knots, raw, key=itemgetter(0))
        if place in (0, len(self.knots)):
            nearest, logit = self.knots[0 if place == 0 else -1]
            return logit + self.slope * (raw - nearest)
        (low, below), (high, above) = self.knots[place - 1], self.knots[place]
        return below + (above - below) * ((raw - low) / (high - low))
