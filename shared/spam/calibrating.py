"""Calibrating: learning, from posts whose answers are known, what a filter's raw scores mean.

Sources: J. Platt, "Probabilistic outputs for support vector machines" (1999), with Newton's method as in
Lin, Lin and Weng (2007); B. Zadrozny and C. Elkan, "Transforming classifier scores into accurate multiclass
probability estimates" (2002).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from shared.spam.calibration import Calibration

_ROUNDS = 100


FEWEST_OF_STEPS = 100
"""Posts of each kind from which on steps are taken: with fewer they follow chance."""
_PRIOR_POSTS = 10
"""Posts that the smooth curve counts for in every step."""
_CLOSEST = 1e-6  # to 0 and 1


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
    smooth = Calibration(max(slope, 1e-6), intercept)
    if min(violations, total - violations) < FEWEST_OF_STEPS:
        return smooth
    steps = [(score, float(target > 0.5), weight) for score, target, weight in weighed]
    return replace(smooth, knots=_knots(steps, smooth))


class _Step(NamedTuple):
    """Neighbouring posts of one probability: sums over them."""

    weight: float
    score: float  # times weight
    right: float  # times weight
    posts: int

    def joined(self, other: "_Step") -> "_Step":
        """Both as one step."""
        return _Step(
            self.weight + other.weight,
            self.score + other.score,
            self.right + other.right,
            self.posts + other.posts,
        )


def _knots(
    rows: Sequence[tuple[float, float, float]], smooth: Calibration
) -> tuple[tuple[float, float], ...]:
    """Rising steps through rows (score, 1.0 or 0.0, weight), each drawn towards the smooth curve."""
    alike = []
    for _, same in groupby(sorted(rows), key=itemgetter(0)):
        steps = [_Step(weight, score * weight, right * weight, 1) for score, right, weight in same]
        alike.append(reduce(_Step.joined, steps))
    drawn = []
    for step in _rising(alike):
        score = step.score / step.weight
        share = _PRIOR_POSTS / (step.posts + _PRIOR_POSTS)
        right = step.right / step.weight * (1 - share) + smooth.probability(score) * share
        drawn.append(step._replace(right=right * step.weight))
    knots: list[tuple[float, float]] = []
    for step in _rising(drawn):
        right = min(max(step.right / step.weight, _CLOSEST), 1 - _CLOSEST)
        score, logit = step.score / step.weight, math.log(right / (1 - right))
        if not knots or (score > knots[-1][0] and logit > knots[-1][1]):
            knots.append((score, logit))
    return tuple(knots)


def _rising(steps: Iterable[_Step]) -> list[_Step]:
    """Neighbours joined until their shares rise from each to the next (pool adjacent violators)."""
    joined: list[_Step] = []
    for step in steps:
        joined.append(step)
        while (
            len(joined) > 1 and joined[-2].right * joined[-1].weight >= joined[-1].right * joined[-2].weight
        ):
            last = joined.pop()
            joined[-1] = joined[-1].joined(last)
    return joined


def _loss(rows: Sequence[tuple[float, float, float]], slope: float, intercept: float) -> float:
    """Cross entropy of the rows (score, target, weight)."""
    total = 0.0
    for score, target, weight in rows:
        exponent = slope * score + intercept
        softplus = max(exponent, 0.0) + math.log1p(math.exp(-abs(exponent)))
        total += weight * (softplus - target * exponent)
    return total
