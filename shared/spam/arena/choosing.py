"""Choosing: from which score on a contestant flags posts, by scores of posts that did not teach it.

The lowest score is chosen from which the precision asked for holds with one more wrong post than was seen.
At a base rate that is given, the more ordinary posts were scored, the less that one weighs. At the posts' own
rate it weighs as much as a violation, so that it is violations that make up for it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.spam import figures
from shared.spam.calibrating import calibrate


@dataclass(frozen=True)
class Choice:
    """What was chosen, and on what. Without a score to flag from, the rest tells why there is none."""

    score: float | None
    """From which raw score on posts are flagged."""
    probability: Callable[[float], float]
    """What makes a probability of a raw score."""
    violations: int
    ordinary: int
    needed: int
    """How many posts of the kind that `came` counts a contestant that finds every violation needs."""
    reached: float
    """The recall at the precision asked for, had no more wrong posts been reckoned with than were seen."""
    is_rate_given: bool

    @property
    def threshold(self) -> float | None:
        """The score as a probability."""
        return None if self.score is None else self.probability(self.score)

    @property
    def came(self) -> int:
        """How many posts there were of the kind that makes up for one more wrong one."""
        return self.ordinary if self.is_rate_given else self.violations

    @property
    def has_enough(self) -> bool:
        """Whether a contestant that tells the kinds apart would have found a threshold."""
        return self.violations > 0 and self.ordinary > 0 and self.came >= self.needed


def chosen(
    known: Sequence[figures.Scored],
    min_precision: float,
    base_rate: float,
    own_threshold: float | None,
    *,
    is_given: bool,
) -> Choice:
    """The choice on `known`: at `base_rate` where that `is_given`, else at the share of violations in it.

    `own_threshold` is the score of who has one to act from: then only probabilities are learnt.
    """
    violations = sum(row.is_violation for row in known)
    ordinary = len(known) - violations
    needed = min_precision / (1 - min_precision)
    if is_given:
        needed *= (1 - base_rate) / base_rate
    score, probability, reached = own_threshold, _always(base_rate), 0.0
    if violations and ordinary:
        if not is_given:
            base_rate = violations / len(known)  # of new texts, as the examined ones are
        scores, answers = [row.score for row in known], [row.is_violation for row in known]
        probability = calibrate(scores, answers, base_rate).probability
        points = figures.curve(known, base_rate)
        reached = figures.recall_at(points, min_precision)
        if own_threshold is None:
            score = figures.threshold_for(points, base_rate, min_precision)
    whole = math.ceil(needed - 1e-9)  # .9 / (1 - .9) is 9
    return Choice(score, probability, violations, ordinary, whole, reached, is_given)


def _always(rate: float) -> Callable[[float], float]:
    """Where nothing was learnt about scores, all mean the same."""
    return lambda _: rate
