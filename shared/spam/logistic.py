"""Learning the blend: a logistic regression by stochastic gradient descent, beside the Bayesian filter.

The same posts and counts give the same numbers: the order the posts are walked through is drawn with a fixed
seed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.spam.counts import Counts, Ids
from shared.spam.detectors.bayes import Bayes
from shared.spam.detectors.blend import Blend, Linear
from shared.spam.features import FIRST_NAMED
from shared.spam.labels import ORDINARY
from shared.spam.learning import Floats, log_ratio, raw_scores, weights_of

FEWEST_POSTS = 2
"""Posts a token must stand in: one that stands in a single one only learns that post by heart."""
PENALTY = 0.2
"""On the square of the weights: the error of one post counts as much as a weight of sqrt(2 / PENALTY)."""
WALKS = 8
"""Times all posts are walked through; the second half of them is averaged."""
FIRST_STEP = 4.0
"""Length of the first steps, for vectors of length 1; they shorten as 1 / (1 + steps so far)."""
_INTERCEPT_STEP = 0.1  # of a weight's: it moves with every post
_SEED = 20_181_122


class Vectors(NamedTuple):
    """Posts as sparse rows: `values` at the columns `places`, from each of `starts` to the next."""

    starts: NDArray[np.intp]
    places: NDArray[np.intp]
    values: Floats

    def times(self, weights: Floats) -> Floats:
        """The product of every row with `weights`."""
        rows = len(self.starts) - 1
        row_of = np.repeat(np.arange(rows), np.diff(self.starts))
        return np.bincount(row_of, self.values * weights[self.places], rows)


def learn_blend(examples: Sequence[tuple[Ids, bool]], counts: Counts, bayes: Bayes) -> Blend:
    """The blend that posts teach, given as (distinct token ids, is a violation); not yet calibrated.

    `counts` are theirs, and `bayes` what those taught.
    """
    answers = np.array([is_violation for _, is_violation in examples])
    often = counts.table.sum(axis=1) >= FEWEST_POSTS
    known = counts.ids[often]
    ratios = log_ratio(counts.violating(), counts.violations, counts.column(ORDINARY), counts.ordinary)
    scales = np.abs(ratios[often])
    vectors = _vectors([ids for ids, _ in examples], known, scales)
    weights, intercept = descend(vectors, answers, len(known))
    ours = known >= FIRST_NAMED
    columns = [weights * scales, scales**2]
    linear = Linear(
        weights_of(known[ours], [c[ours] for c in columns], known[~ours], [c[~ours] for c in columns]),
        intercept,
    )
    # Each raw score counts by its own spread, so that neither outshouts the other.
    spread_of_bayes = np.std(raw_scores(counts, [ids for ids, _ in examples]))
    spread_of_linear = np.std(vectors.times(weights) + intercept)
    return Blend(bayes, linear, _inverse(spread_of_bayes), _inverse(spread_of_linear))


def _inverse(spread: np.floating) -> float:
    return float(1 / spread) if spread > 0 else 0.0


def descend(vectors: Vectors, answers: NDArray[np.bool_], columns: int) -> tuple[Floats, float]:
    """Weights and intercept of the regression of `answers` on `vectors` of length 1 with so many columns.

    Source: L. Bottou, "Large-scale machine learning with stochastic gradient descent" (2010): the weights are
    kept as a multiple, so that the penalty costs one multiplication a step; averaged as in W. Xu (2011).
    """
    rows = len(answers)
    penalty = PENALTY / rows
    signs = np.where(answers, 1.0, -1.0)
    starts, places, values = vectors
    weights, scale, intercept = np.zeros(columns), 1.0, 0.0
    average, average_intercept = np.zeros(columns), 0.0
    order = np.random.default_rng(_SEED)
    steps = 1 / (penalty * FIRST_STEP)
    for walk in range(WALKS):
        for row in order.permutation(rows):
            steps += 1
            step = 1 / (penalty * steps)
            place, value = places[starts[row] : starts[row + 1]], values[starts[row] : starts[row + 1]]
            margin = signs[row] * (scale * (weights[place] @ value) + intercept)
            pull = step * signs[row] / (1 + np.exp(min(margin, 50.0)))
            scale *= 1 - step * penalty
            weights[place] += pull / scale * value
            intercept += _INTERCEPT_STEP * pull
        if walk >= WALKS // 2:
            average += scale * weights
            average_intercept += intercept
    walked = WALKS - WALKS // 2
    return average / walked, float(average_intercept / walked)


def _vectors(posts: Sequence[Ids], known: Ids, scales: Floats) -> Vectors:
    """Posts as rows of length 1: each token it has, by its place in `known`, as long as its scale says."""
    ids = np.concatenate(posts)
    rows = np.repeat(np.arange(len(posts)), [len(one) for one in posts])
    at = np.minimum(np.searchsorted(known, ids), max(len(known) - 1, 0))
    found = known[at] == ids if len(known) else np.zeros(len(ids), bool)
    at, rows = at[found], rows[found]
    values = scales[at]
    lengths = np.sqrt(np.bincount(rows, values**2, len(posts)))
    values = values / np.where(lengths > 0, lengths, 1.0)[rows]
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(posts)))])
    return Vectors(starts, at, values)
