"""Calibration: two numbers that turn a filter's raw score into a probability (Platt scaling).

Monotone, so it never changes which of two posts is the more suspicious.
Source: J. Platt, "Probabilistic outputs for support vector machines" (1999), with Newton's method as in
Lin, Lin and Weng (2007).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_ROUNDS = 100


@dataclass(frozen=True)
class Calibration:
    """probability = 1 / (1 + exp(-(slope * raw + intercept)))."""

    slope: float = 1.0
    intercept: float = 0.0

    def probability(self, raw: float) -> float:
        """The probability of a violation, 0-1, for a raw score."""
        exponent = self.slope * raw + self.intercept
        if exponent >= 0:
            return 1 / (1 + math.exp(-min(exponent, 700)))
        grown = math.exp(max(exponent, -700))
        return grown / (1 + grown)


def calibrate(
    raw: Sequence[float],
    is_violation: Sequence[bool],
    base_rate: float,
    weights: Sequence[float] | None = None,
) -> Calibration:
    """The calibration of raw scores whose answers are known, at the real `base_rate` of violations.

    `weights` is how many passing posts each stands for, compared with the others of its kind; 1 without.

    Both kinds must be there. The two kinds are weighted so that violations make up `base_rate` of the
    whole; targets are drawn in a little (Platt's 1/(n+2)), so that separable scores stay finite.
    """
    rows = list(zip(raw, is_violation, weights or [1.0] * len(raw), strict=True))
    total, violations = len(rows), sum(is_violation)
    high, low = (violations + 1) / (violations + 2), 1 / (total - violations + 2)
    right = base_rate * total / math.fsum(weight for _, bad, weight in rows if bad)
    wrong = (1 - base_rate) * total / math.fsum(weight for _, bad, weight in rows if not bad)
    weighed = [
        (score, high, weight * right) if bad else (score, low, weight * wrong) for score, bad, weight in rows
    ]
    slope, intercept = 0.0, math.log(base_rate / (1 - base_rate))
    loss = _loss(weighed, slope, intercept)
    for _ in range(_ROUNDS):
        gradient_slope = gradient_intercept = 0.0
        curve_ss = curve_ii = 1e-9
        curve_si = 0.0
        for score, target, weight in weighed:
            probability = Calibration(slope, intercept).probability(score)
            error = weight * (probability - target)
            curve = weight * probability * (1 - probability)
            gradient_slope += error * score
            gradient_intercept += error
            curve_ss += curve * score * score
            curve_si += curve * score
            curve_ii += curve
        if abs(gradient_slope) < 1e-7 * total and abs(gradient_intercept) < 1e-7 * total:
            break
        determinant = curve_ss * curve_ii - curve_si * curve_si
        step_slope = -(curve_ii * gradient_slope - curve_si * gradient_intercept) / determinant
        step_intercept = -(curve_ss * gradient_intercept - curve_si * gradient_slope) / determinant
        stride = 1.0
        while stride > 1e-8:
            next_loss = _loss(weighed, slope + stride * step_slope, intercept + stride * step_intercept)
            if next_loss < loss:
                break
            stride /= 2
        else:
            break
        slope, intercept, loss = slope + stride * step_slope, intercept + stride * step_intercept, next_loss
    return Calibration(max(slope, 1e-6), intercept)


def _loss(rows: Sequence[tuple[float, float, float]], slope: float, intercept: float) -> float:
    """Cross entropy of the rows (score, target, weight)."""
    total = 0.0
    for score, target, weight in rows:
        exponent = slope * score + intercept
        softplus = max(exponent, 0.0) + math.log1p(math.exp(-abs(exponent)))
        total += weight * (softplus - target * exponent)
    return total
