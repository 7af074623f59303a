"""Thresholds: from which score on a filter acts, chosen on the posts that examined it."""

import math
from collections.abc import Sequence

from shared.errors import TrainingRefused
from shared.spam import figures
from shared.spam.evidence import Evidence, TrainingRules
from shared.spam.judging import Thresholds

UNKNOWN_RATE = (
    "the base rate is not known: {evidence.patrolled} patrol labels in the window, of at least "
    "{rules.fewest_patrolled}; at the labelled posts' own rate thresholds would promise far too much"
)
"""Why a filter may only send to review: labelled posts hold many more violations than passing ones."""
NO_THRESHOLD = (
    "no score reached a precision of {precision:.2f}{bearable} among the {ordinary} ordinary posts that "
    "examined, one more wrong one than was seen reckoned with: at a base rate of {base_rate:.3f} some "
    "{needed:,} are needed"
)
"""Why a filter that is good enough to serve takes nothing down yet."""
BEARABLE = " and few enough wrong takedowns a day"


def choose(
    points: Sequence[figures.Point],
    base_rate: float,
    one_more: float,
    rules: TrainingRules,
    bearable: float | None,
    *,
    may_take_down: bool,
) -> Thresholds:
    """From which score on posts are reviewed and taken down. Raises TrainingRefused where all would be."""
    take_down = figures.threshold_for(points, base_rate, rules.take_down_precision, one_more)
    if take_down is not None and bearable is not None:
        rarely = figures.threshold_for_wrong(points, base_rate, bearable, one_more)
        take_down = None if rarely is None else max(take_down, rarely)
    if take_down is not None:
        take_down = max(take_down, rules.take_down_probability)
    worth_a_look = base_rate + rules.review_lift * (1 - base_rate)
    review = figures.threshold_for(points, base_rate, worth_a_look)
    if review is None:
        review = figures.best_f1(points).threshold
    review = max(review, min(base_rate, rules.review_probability))
    if take_down is not None:
        review = min(review, take_down)
    if review <= points[-1].threshold:
        raise TrainingRefused(
            f"degenerate: it would call all of the {points[-1].right + points[-1].wrong} held-out posts "
            f"violations ({points[-1].right} were)"
        )
    return Thresholds(review=review, take_down=take_down if may_take_down else None)


def why_withheld(
    thresholds: Thresholds, points: Sequence[figures.Point], base_rate: float, rules: TrainingRules
) -> str:
    """Why the filter takes nothing down; empty where it does."""
    if thresholds.take_down is not None:
        return ""
    # With none wrong, and the recall of the best F1, so many make one more wrong one bearable.
    precision, recall = rules.take_down_precision, figures.best_f1(points).recall
    needed = (1 - base_rate) * precision / ((1 - precision) * base_rate * max(recall, 0.01))
    return NO_THRESHOLD.format(
        precision=precision,
        bearable="" if rules.max_wrong_takedowns_per_day is None else BEARABLE,
        ordinary=points[-1].wrong,
        base_rate=base_rate,
        needed=math.ceil(needed),
    )


def bearable_share(evidence: Evidence, rules: TrainingRules) -> float | None:
    """The share of passing posts that may be taken down wrongly; None where no number a day is set."""
    if rules.max_wrong_takedowns_per_day is None:
        return None
    # A new installation has posts of fewer days than the window's.
    first, last = evidence.labels[0].revised_at, evidence.labels[-1].revised_at
    posts_a_day = (len(evidence.labels) + evidence.unlabelled) / ((last - first).days + 1)
    return rules.max_wrong_takedowns_per_day / posts_a_day
