"""Thresholds: from which score on a filter acts, chosen on the posts that examined it.

What takedowns must keep to is asked for as a precision, as a number of wrong ones a day, or as both.
"""

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
    "no score {kept} among the {ordinary:,} ordinary posts that examined, one more wrong one than was seen "
    "reckoned with: {remedy}"
)
"""Why a filter that is good enough to serve takes nothing down yet."""
MORE_POSTS = "at a base rate of {base_rate:.3g} some {needed:,} are needed"
NOT_POSTS = "more posts that score as these do would not mend that"
NOTHING_LIKELY = "no held-out post scored {probability:.4g}, below which nothing is taken down"


def choose(
    points: Sequence[figures.Point],
    base_rate: float,
    one_more: float,
    rules: TrainingRules,
    bearable: float | None,
    *,
    may_take_down: bool,
) -> Thresholds:
    """From which score on posts are reviewed and taken down. Raises TrainingRefused where all would be.

    `bearable` is the share of passing posts that may be taken down wrongly (`bearable_share`), `one_more` the
    share that one more wrong one than was seen would be (`figures.heaviest_wrong`).
    """
    take_down = _lowest(points, base_rate, one_more, rules.take_down_precision, bearable)
    if take_down is not None:
        take_down = max(take_down, rules.take_down_probability)
    if figures.at(points, take_down) is None:
        take_down = None
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
    thresholds: Thresholds,
    points: Sequence[figures.Point],
    base_rate: float,
    one_more: float,
    rules: TrainingRules,
    bearable: float | None,
) -> str:
    """Why the filter takes nothing down; empty where it does. Asked as `choose` was."""
    if thresholds.take_down is not None:
        return ""
    if _lowest(points, base_rate, one_more, rules.take_down_precision, bearable) is not None:
        return NOTHING_LIKELY.format(probability=rules.take_down_probability)
    asked: dict[str, tuple[float | None, float | None]] = {}
    if rules.take_down_precision is not None:
        asked[f"reached a precision of {rules.take_down_precision:.4g}"] = rules.take_down_precision, None
    if bearable is not None:
        asked[f"kept wrong takedowns to {rules.max_wrong_takedowns_per_day:g} a day"] = None, bearable
    alone = {told: one for told, one in asked.items() if _lowest(points, base_rate, one_more, *one) is None}
    failing = alone or asked  # each holds somewhere, but nowhere both
    room = max(min(_room(point, base_rate, *one) for one in failing.values()) for point in points)
    # The more posts examine, the smaller a share of all is one of them.
    ordinary = points[-1].wrong
    needed = math.ceil(ordinary * one_more / room) if room > 0 else 0
    remedy = MORE_POSTS if needed > ordinary else NOT_POSTS
    return NO_THRESHOLD.format(
        kept=" and ".join(failing),
        ordinary=ordinary,
        remedy=remedy.format(base_rate=base_rate, needed=needed),
    )


def bearable_share(evidence: Evidence, rules: TrainingRules) -> float | None:
    """The share of passing posts that may be taken down wrongly; None where no number a day is set."""
    if rules.max_wrong_takedowns_per_day is None:
        return None
    # A new installation has posts of fewer days than the window's.
    first, last = evidence.labels[0].revised_at, evidence.labels[-1].revised_at
    posts_a_day = (len(evidence.labels) + evidence.unlabelled) / ((last - first).days + 1)
    return rules.max_wrong_takedowns_per_day / posts_a_day


def _lowest(
    points: Sequence[figures.Point],
    base_rate: float,
    one_more: float,
    precision: float | None,
    bearable: float | None,
) -> float | None:
    """The lowest score from which all that is asked for holds, or None where nothing does."""
    if bearable is not None:
        rarely = figures.threshold_for_wrong(points, base_rate, bearable, one_more)
        points = [point for point in points if rarely is not None and point.threshold >= rarely]
    if precision is None:
        return points[-1].threshold if points else None
    return figures.threshold_for(points, base_rate, precision, one_more)


def _room(point: figures.Point, base_rate: float, precision: float | None, bearable: float | None) -> float:
    """How large a share wrong posts besides those seen may be at this point, for what is asked to hold."""
    wrong = point.false_alarms * (1 - base_rate)
    rooms = [] if bearable is None else [bearable - wrong]
    if precision is not None:
        rooms.append(point.recall * base_rate * (1 - precision) / precision - wrong)
    return min(rooms)
