"""Looking: how sure characters alone must be, learnt on the held-out posts together with the calibration."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from shared.spam.detectors.bayes import Bayes
from shared.spam.evidence import Example
from shared.spam.first_look import FirstLook, must_be_read
from shared.spam.packing import Filter
from shared.spam.posts import Post
from shared.spam.seen import seen

SURELY = 0.1
"""A post is surely ordinary below this part of the review threshold, and of the base rate."""
MOST_WRONG, SURETY = 0.01, 0.95
"""At most this share of the posts a filter is there to find may leave early; said with this certainty."""
LEAST_KNOWN = 0.01
"""Of the posts that could leave early, those of which least is known are read in full: this share of them."""


class Looked(NamedTuple):
    """What was learnt of first looks, and the held-out posts' scores as they will be judged."""

    first_look: FirstLook | None
    scores: Sequence[float]
    report: Mapping[str, Any]


class _Row(NamedTuple):
    raw: float  # what its characters say
    known: float  # of so large a share of them something is known
    place: int
    is_wanted: bool


def look(
    examined: Filter, held_out: Sequence[Example], scores: Sequence[float], review: float, base_rate: float
) -> Looked:
    """The first look of a calibrated filter, from held-out posts and their `scores` at a full look.

    A post may leave early where what its characters let expect is surely ordinary. Wanted are violations and
    whatever a full look acts on, but for those it holds for surely ordinary as well: no look finds them. Next
    to none of the wanted may leave early, and where there are too few of them to say so, nothing does. Nor
    does anything of a blend: its regression weighs whole posts, of which sequences alone tell less.
    """
    if not isinstance(examined, Bayes):
        return Looked(None, scores, {})
    surely = SURELY * min(review, base_rate)
    rows = []
    for place, (one, score) in enumerate(zip(held_out, scores, strict=True)):
        is_wanted = score >= surely and (one.is_violation or score >= review)
        rows.append(_Row(*examined.at_first(one.tokens.buckets), place, is_wanted))
    wanted = sum(row.is_wanted for row in rows)
    bearable = allowed(wanted, MOST_WRONG, SURETY)
    line = _line([row.raw for row in rows], [examined.raw_score(one.tokens) for one in held_out])
    report: dict[str, Any] = {"wanted": wanted, "left_early": 0.0, "wrongly": 0}
    if bearable is None or line is None:
        return Looked(None, scores, report)

    def expected(raw: float) -> float:
        return examined.calibration.probability(line[0] * raw + line[1])

    sure = sorted(row for row in rows if expected(row.raw) < surely)
    free = [row for row in sure if not _must_be_read(held_out[row.place].labelled.post)]
    known = sorted(row.known for row in free)
    least_known = known[math.ceil(len(known) * LEAST_KNOWN)] if len(known) > 1 else math.inf
    free = [row for row in free if row.known >= least_known]
    wrong = [row.raw for row in free if row.is_wanted]
    if len(wrong) > bearable:
        free = [row for row in free if row.raw < wrong[bearable]]
    if not free:
        return Looked(None, scores, report)
    found = FirstLook(free[-1].raw, least_known, *line)
    as_judged = list(scores)
    for row in free:
        as_judged[row.place] = expected(row.raw)
    report |= {
        "left_early": round(len(free) / len(rows), 4),
        "wrongly": sum(row.is_wanted for row in free),
    }
    return Looked(found, as_judged, report)


def with_first_look(learnt: Filter, found: FirstLook | None) -> Filter:
    """The same filter with this first look."""
    return replace(learnt, first_look=found) if isinstance(learnt, Bayes) else learnt


def allowed(posts: int, share: float, surety: float) -> int | None:
    """So many of `posts` may be wrong, and yet the true share is below `share` with that `surety`.

    None where not even none of them would show it. The bound is exact for the binomial distribution. Source:
    C. Clopper and E. Pearson, "The use of confidence or fiducial limits" (1934).
    """
    chance = 0.0
    for wrong in range(posts + 1):
        chance += math.exp(
            math.lgamma(posts + 1)
            - math.lgamma(wrong + 1)
            - math.lgamma(posts - wrong + 1)
            + wrong * math.log(share)
            + (posts - wrong) * math.log1p(-share)
        )
        if chance > 1 - surety:
            return wrong - 1 if wrong else None
    return posts


def _must_be_read(post: Post) -> bool:
    shown = seen(post)
    return must_be_read(shown.shown_title, shown.shown_body, post.body)


def _line(given: Sequence[float], wanted: Sequence[float]) -> tuple[float, float] | None:
    """Slope and intercept of the least squares; None where one does not rise with the other."""
    mean, mean_wanted = (math.fsum(numbers) / len(numbers) for numbers in (given, wanted))
    square = math.fsum((one - mean) ** 2 for one in given)
    both = math.fsum((one - mean) * (other - mean_wanted) for one, other in zip(given, wanted, strict=True))
    if not square or both <= 0:
        return None
    slope = both / square
    return slope, mean_wanted - slope * mean
