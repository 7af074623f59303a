"""Figures: how good a detector is, on posts whose answers are known, at the real base rate.

Labelled posts hold far more violations than passing posts do. Every figure here weighs the two kinds so
that violations make up `base_rate` of the whole: precision at 5 % violations is not precision at 50 %.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

_ROUNDING = 1e-9
"""9 right of 10 are a precision of 0.9, however their shares were summed."""


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
    false_alarms: float = 0.0  # the share of ordinary posts that it flags

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
        points.append(
            Point(
                score,
                wrong,
                right,
                right_share / (right_share + wrong_share),
                recall,
                wrong_weight / all_wrong,
            )
        )
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


def recall_at(points: Sequence[Point], precision: float) -> float:
    """The most that can be found with at least this precision; 0 where it is never reached."""
    enough = precision - _ROUNDING
    return max((point.recall for point in points if point.precision >= enough), default=0.0)


@dataclass(frozen=True)
class Bin:
    """Posts of about the same probability: what was said of them and what was true, at the base rate."""

    share: float  # of the weighted whole
    said: float  # their mean probability
    true: float  # how many of them are violations


def reliability(scored: Sequence[Scored], base_rate: float, bins: int = 10) -> list[Bin]:
    """The bins of equal width in probability that hold any post, lowest first; scores are probabilities."""
    whole = {
        kind: math.fsum(row.weight for row in scored if row.is_violation == kind) for kind in (True, False)
    }
    rates = {True: base_rate, False: 1 - base_rate}
    held: dict[int, list[tuple[float, float, bool]]] = {}
    for row in scored:
        share = row.weight / whole[row.is_violation] * rates[row.is_violation]
        held.setdefault(min(int(row.score * bins), bins - 1), []).append((share, row.score, row.is_violation))
    found = []
    for _, rows in sorted(held.items()):
        share = math.fsum(row[0] for row in rows)
        said = math.fsum(row[0] * row[1] for row in rows) / share
        found.append(Bin(share, said, math.fsum(row[0] for row in rows if row[2]) / share))
    return found


def calibration_error(bins: Sequence[Bin]) -> float:
    """How far what was said is from what is true, on average over the whole (expected calibration error)."""
    return math.fsum(one.share * abs(one.said - one.true) for one in bins)


@dataclass(frozen=True)
class Confusion:
    """The four counts of the talk's table, with its figures at the counted posts' own base rate."""

    found: int
    missed: int
    wrong: int
    left: int

    @property
    def precision(self) -> float | None:
        """The share of flagged posts that are violations; None where nothing was flagged."""
        return self.found / (self.found + self.wrong) if self.found + self.wrong else None

    @property
    def recall(self) -> float | None:
        """The share of violations that were flagged; None where there are none."""
        return self.found / (self.found + self.missed) if self.found + self.missed else None

    @property
    def f1(self) -> float:
        """Harmonic mean of both; 0 where nothing was found."""
        return 2 * self.found / (2 * self.found + self.wrong + self.missed) if self.found else 0.0


def confusion(flagged: Sequence[tuple[bool, bool]]) -> Confusion:
    """Counts (was flagged, is a violation)."""
    counts = Counter(flagged)
    return Confusion(counts[True, True], counts[False, True], counts[True, False], counts[False, False])


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
    enough = precision - _ROUNDING
    threshold = None
    for point in points:
        right = point.recall * base_rate
        flagged = right / point.precision if point.precision else 1.0
        if right / (flagged + extra) >= enough:
            threshold = point.threshold
    return threshold


def threshold_for_wrong(
    points: Sequence[Point], base_rate: float, most: float, one_more: float
) -> float | None:
    """The lowest score from which at most the share `most` of all posts is flagged wrongly, or None.

    One more wrong post than was seen is reckoned with, as in `threshold_for`.
    """
    threshold = None
    for point in points:
        if point.false_alarms * (1 - base_rate) + one_more > most:
            break
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
