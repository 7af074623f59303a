"""Learning: counts become the weights of a Bayesian filter."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.spam.counts import Counts, Ids
from shared.spam.detectors.bayes import Bayes
from shared.spam.features import CHARACTER_BUCKETS, FIRST_NAMED
from shared.spam.labels import ORDINARY, UNCLASSIFIED
from shared.spam.weights import FREE, Weights

SMOOTHING = 3.0
"""Posts of evidence each token starts with, divided between the two sides."""
SHARE_POWER = 0.75
"""How they are divided: as the posts are, to this power. The rarer side gets more than its share, so that a
token of one rare post is no proof; at 1 average precision is up to .017 lower where violations abound, at 0
up to .02 lower where they are few (`make bench-spam`'s data)."""
WEAKEST_WEIGHT = 0.8
"""Tokens less telling than this (natural logarithm) are ignored."""
FEWEST_LABELS_OF_CLASS = 30
"""Below this many labels a violation class is not told apart."""
FEWEST_SLOTS_A_TOKEN = 3
"""Of the weights' hash table: the fuller it is, the longer a token is looked for."""

Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]


def learn(counts: Counts, features: Sequence[str]) -> Bayes:
    """The filter that `counts` teach, not yet calibrated."""
    violating, violations = counts.violating(), counts.violations
    ordinary = counts.column(ORDINARY)
    weights = telling(violating, violations, ordinary, counts.ordinary)
    first = int(np.searchsorted(counts.ids, FIRST_NAMED))
    centre, centre_of_buckets = (
        centre_of(weights[:end], violating[:end], ordinary[:end], counts) for end in (len(weights), first)
    )
    # Buckets have no class: they are many, and words name a class better than parts of words do.
    ids, violating, columns = counts.ids[first:], violating[first:], [weights[first:]]
    priors = {}
    for name, (posts, inside) in _told_apart(counts, first).items():
        priors[name] = math.log(posts / violations)
        columns.append(telling(inside, posts, violating - inside, violations - posts))
    spoken = np.logical_or.reduce([column != 0 for column in columns])
    return Bayes(
        tuple(features),
        weights_of(ids[spoken], [c[spoken] for c in columns], counts.ids[:first], [weights[:first]]),
        priors,
        centre=centre,
        centre_of_buckets=centre_of_buckets,
    )


def raw_scores(counts: Counts, posts: Sequence[Ids]) -> Floats:
    """The raw scores that the filter these counts teach gives to many posts at once."""
    violating, ordinary = counts.violating(), counts.column(ORDINARY)
    weights = telling(violating, counts.violations, ordinary, counts.ordinary)
    centre = centre_of(weights, violating, ordinary, counts)
    known, weights = counts.ids[weights != 0], weights[weights != 0]
    if not len(known):
        return np.zeros(len(posts))
    ids, rows = np.concatenate(posts), np.repeat(np.arange(len(posts)), [len(one) for one in posts])
    at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    speaks = known[at] == ids
    spoken = np.bincount(rows[speaks], minlength=len(posts))
    sums = np.bincount(rows[speaks], weights[at[speaks]], len(posts))
    scores: Floats = sums / np.sqrt(np.maximum(spoken, 1)) - centre
    return scores


def centre_of(weights: Floats, violating: Numbers, ordinary: Numbers, counts: Counts) -> float:
    """Halfway between the raw scores of an average violating and an average ordinary post of `counts`.

    Rarer words weigh more where a kind has few posts, so that filters taught by other posts, or by more of
    them, would score all posts a little higher or lower: thresholds and calibration chosen with one would not
    fit the next. An average post is one of average sum, by an average number of tokens that spoke: both are
    known from counts alone. `weights` are those of all tokens or of some, in so many posts of each kind.
    """
    sums = []
    speaks = np.flatnonzero(weights)
    weights = weights[speaks]
    for often, posts in (
        (violating, counts.violations),
        (ordinary, counts.ordinary),
    ):
        seen = often[speaks].astype(np.float64)
        spoken = float(seen.sum())
        sums.append(float((weights * seen).sum()) / math.sqrt(spoken * posts) if spoken else 0.0)
    return sum(sums) / 2


def telling(inside: Numbers, posts_inside: int, outside: Numbers, posts_outside: int) -> Floats:
    """Every token's log-likelihood ratio; 0 for those that say less than WEAKEST_WEIGHT.

    `inside` and `outside` are in how many posts of either side each token stands.
    """
    ratio = log_ratio(inside, posts_inside, outside, posts_outside)
    ratio[np.abs(ratio) < WEAKEST_WEIGHT] = 0.0
    ratio[(inside == 0) & (outside == 0)] = 0.0
    return ratio


def log_ratio(inside: Numbers, posts_inside: int, outside: Numbers, posts_outside: int) -> Floats:
    """Every token's smoothed log-likelihood ratio, natural logarithm."""
    if not posts_inside or not posts_outside:
        return np.zeros(len(inside))  # nothing to tell apart from
    part_inside, part_outside = posts_inside**SHARE_POWER, posts_outside**SHARE_POWER
    start_inside = SMOOTHING * part_inside / (part_inside + part_outside)
    start_outside = SMOOTHING - start_inside
    whole = (posts_inside + 2 * start_inside) / (posts_outside + 2 * start_outside)
    ratio: Floats = np.log((inside + start_inside) / ((outside + start_outside) * whole))
    return ratio


def _told_apart(counts: Counts, first: int) -> dict[str, tuple[int, Numbers]]:
    """Posts and counts of the tokens from `first` on per class, the ones too rare to tell apart together
    as `unclassified`."""
    labels = {name: posts for name, posts in counts.posts.items() if name != ORDINARY}
    apart = {name for name, posts in labels.items() if posts >= FEWEST_LABELS_OF_CLASS} - {UNCLASSIFIED}
    if not apart:
        return {}
    merged: dict[str, tuple[int, Numbers]] = {}
    for name, posts in labels.items():
        into = name if name in apart else UNCLASSIFIED
        before = merged.get(into)
        column = counts.column(name)[first:]
        merged[into] = (posts + before[0], column + before[1]) if before else (posts, column)
    return dict(sorted(merged.items()))


def weights_of(ids: Ids, columns: Sequence[Floats], buckets: Ids, of_buckets: Sequence[Floats]) -> Weights:
    """The weights of named tokens `ids` (one number a column each), and of `buckets` in the first columns."""
    slots = 1 << max(1, math.ceil(math.log2(max(1, len(ids)) * FEWEST_SLOTS_A_TOKEN)))
    keys = np.full(slots, FREE, np.uint32)
    places = np.empty(len(ids), np.int64)
    left = np.arange(len(ids))
    at = ids.astype(np.int64) & (slots - 1)
    while len(left):  # all that are left try the next slot; of those that want the same, the first has it
        wanted = at[left]
        _, first = np.unique(wanted, return_index=True)
        takes = first[keys[wanted[first]] == FREE]
        places[left[takes]] = wanted[takes]
        keys[wanted[takes]] = ids[left[takes]]
        left = np.delete(left, takes)
        at[left] = (at[left] + 1) & (slots - 1)
    made = []
    for numbers in columns:
        column = np.zeros(slots, np.float32)
        column[places] = numbers
        made.append(column)
    dense = []
    for numbers in of_buckets if len(buckets) else ():
        column = np.zeros(CHARACTER_BUCKETS, np.float32)
        column[buckets] = numbers
        dense.append(column)
    return Weights.from_plain(
        {
            "keys": keys.tobytes(),
            "columns": [c.tobytes() for c in made],
            "buckets": [c.tobytes() for c in dense],
        }
    )
