"""Figures: how good a detector is, on posts whose answers are known, at the real base rate.

Labelled posts hold far more violations than passing posts do. Every figure here weighs the two kinds so
that violations make up `base_rate` of the whole: precision at 5 % violations is not precision at 50 %.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Scored:
    """One judged post with its known answer.

    `weight` is how many passing posts of its own kind it stands for, compared with the others of that kind.
    """

    score: float
    is_violation: bool
    weight: float = 1.0


@dataclass(frozen=True)
class Point:
    """What judging "violation from this score on" would do: shares of the weighted whole."""

    threshold: float
    wrong: int
    right: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where both are."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def curve(scored: Sequence[Scored], base_rate: float) -> list[Point]:
    """One point per distinct score, highest first. Both kinds must be there."""
    all_right = math.fsum(row.weight for row in scored if row.is_violation)
    all_wrong = math.fsum(row.weight for row in scored if not row.is_violation)
    points, right, wrong, right_weight, wrong_weight = [], 0, 0, 0.0, 0.0
    for score, rows in groupby(sorted(scored, key=lambda row: -row.score), key=lambda row: row.score):
        for row in rows:
            if row.is_violation:
                right, right_weight = right + 1, right_weight + row.weight
            else:
                wrong, wrong_weight = wrong + 1, wrong_weight + row.weight
        recall = right_weight / all_right
        right_share, wrong_share = recall * base_rate, wrong_weight / all_wrong * (1 - base_rate)
        points.append(Point(score, wrong, right, right_share / (right_share + wrong_share), recall))
    return points


def average_precision(points: Sequence[Point]) -> float:
    """Precision averaged over the steps of recall (the area under the stepped curve)."""
    total, before = 0.0, 0.0
    for point in points:
        total += point.precision * (point.recall - before)
        before = point.recall
    return total


def better_than_chance(points: Sequence[Point]) -> float:
    """How many standard deviations the ranking is better than a coin's (Mann and Whitney's rank test)."""
    violations, ordinary = points[-1].right, points[-1].wrong
    area, right, wrong = 0.0, 0, 0
    for point in points:
        area += (point.wrong - wrong) * (point.right + right) / 2
        right, wrong = point.right, point.wrong
    area /= violations * ordinary
    deviation = ((violations + ordinary + 1) / (12 * violations * ordinary)) ** 0.5
    return float((area - 0.5) / deviation)


def best_f1(points: Sequence[Point]) -> Point:
    """The point of the highest F1; of equals, the one with the highest threshold."""
    return max(points, key=lambda point: point.f1)


def heaviest_wrong(scored: Sequence[Scored], base_rate: float) -> float:
    """The share of the whole that the ordinary post which stands for most others stands for."""
    weights = [row.weight for row in scored if not row.is_violation]
    return (1 - base_rate) * max(weights) / math.fsum(weights)


def threshold_for(
    points: Sequence[Point], base_rate: float, precision: float, one_more: float | None = None
) -> float | None:
    """The lowest score from which at least `precision` holds, or None where none does.

    One more wrong post than was seen, of the share `one_more`, is reckoned with: a handful of lucky posts at
    the top of a short list does not buy a threshold (with nothing wrong seen, precision p takes p / (1 - p)
    times the weight of that post in right ones). Without `one_more` it weighs what ordinary posts weigh on
    average; where some stand for many, give what `heaviest_wrong` says.
    """
    extra = (1 - base_rate) / points[-1].wrong if one_more is None else one_more
    threshold = None
    for point in points:
        right = point.recall * base_rate
        flagged = right / point.precision if point.precision else 1.0
        if right / (flagged + extra) >= precision:
            threshold = point.threshold
    return threshold


def at(points: Sequence[Point], threshold: float | None) -> Point | None:
    """The point a threshold stands for: the lowest score not below it. None: nothing reaches it."""
    if threshold is None:
        return None
    reached = [point for point in points if point.threshold >= threshold]
    return reached[-1] if reached else None


def report(scored: Sequence[Scored], base_rate: float, threshold: float | None) -> dict[str, float | None]:
    """The figures a manifest and the talk's table show, at `threshold` and over all of them."""
    points = curve(scored, base_rate)
    chosen, best = at(points, threshold), best_f1(points)
    return {
        "average_precision": round(average_precision(points), 4),
        "threshold": threshold,
        "precision": round(chosen.precision, 4) if chosen else None,
        "recall": round(chosen.recall, 4) if chosen else 0.0,
        "f1": round(chosen.f1, 4) if chosen else 0.0,
        "best_f1": round(best.f1, 4),
        "best_f1_threshold": best.threshold,
        "violations": points[-1].right,
        "ordinary": points[-1].wrong,
        "base_rate": round(base_rate, 4),
    }
