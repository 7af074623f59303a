"""The Bayesian filter: naive Bayes on which tokens a post has, not how often it has them.

Each token weighs the logarithm of how much likelier it is in a violating post than in another. Tokens
that say little are ignored, and the sum is divided by the square root of how many spoke, so that a long
post is not condemned by its length alone. It is counted from halfway between the average posts of both kinds,
so that scores of filters taught by different posts are of one scale. A calibration learnt on held-out posts
turns that into a probability. A second, one-against-the-rest naive Bayes among violations names the violation
class.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from shared.spam.calibration import Calibration
from shared.spam.features import TokenIds
from shared.spam.first_look import FirstLook
from shared.spam.labels import UNCLASSIFIED
from shared.spam.weights import Found, Weights


class Opinion(NamedTuple):
    """What a filter says of a post: probability of a violation, likeliest class, and what each token adds.

    `shares` makes the parts of the raw score by token id; where nothing spoke there are none. `named_shares`
    are those of named tokens alone, each with its place among the post's.
    """

    score: float
    violation_class: str
    shares: Callable[[], Mapping[int, float]]
    named_shares: Callable[[], Sequence[tuple[int, float]]]


@dataclass(frozen=True)
class Bayes:
    """What was learnt: a weight for every telling token, and one more for every class told apart.

    Column 0 of `weights` says how much likelier a token is in a violation, the others in each class of
    `class_priors` than in other violations, in their order.
    """

    features: tuple[str, ...]
    weights: Weights
    class_priors: Mapping[str, float]
    calibration: Calibration = field(default_factory=Calibration)
    centre: float = 0.0  # what the sum, so divided, comes to halfway between the two kinds
    centre_of_buckets: float = 0.0  # the same of buckets alone
    first_look: FirstLook | None = None

    name = "bayes"

    def __len__(self) -> int:
        """How many tokens have a weight."""
        return len(self.weights)

    def opinion(self, ids: TokenIds) -> Opinion:
        """What the filter says of a post with these tokens."""
        return self._opinion(self.weights.found(ids))

    def at_first(self, buckets: Collection[int]) -> tuple[float, float]:
        """What sequences of characters say alone, as a raw score, and what share of them says anything."""
        total, spoken = self.weights.spoken_of(buckets)
        if not spoken:
            return -self.centre_of_buckets, 0.0
        return total / math.sqrt(spoken) - self.centre_of_buckets, spoken / len(buckets)

    def _opinion(self, found: Found) -> Opinion:
        total, spoken = self.weights.spoken(found)
        return Opinion(
            self.calibration.probability(self._raw(total, spoken)),
            self.violation_class(found),
            partial(self.shares, found, spoken),
            partial(self.named_shares, found, spoken),
        )

    def with_weights(self, kind: Callable[[Weights], Weights]) -> "Bayes":
        """The same filter with its weights held in another way."""
        return replace(self, weights=kind(self.weights))

    def raw_score(self, ids: TokenIds) -> float:
        """How strongly tokens speak for a violation; 0 is neither way."""
        return self.raw_of(self.weights.found(ids))

    def score(self, ids: TokenIds) -> float:
        """The probability of a violation, 0-1."""
        return self.calibration.probability(self.raw_score(ids))

    def raw_of(self, found: Found) -> float:
        """The raw score of tokens whose weights were found."""
        return self._raw(*self.weights.spoken(found))

    def _raw(self, total: float, spoken: int) -> float:
        return (total / math.sqrt(spoken) if spoken else 0.0) - self.centre

    def violation_class(self, found: Found) -> str:
        """The class of a violation with these tokens."""
        if not self.class_priors:
            return UNCLASSIFIED
        sums = self.weights.sums(found, first=1)
        scores = [prior + total for prior, total in zip(self.class_priors.values(), sums, strict=True)]
        return list(self.class_priors)[scores.index(max(scores))]

    def shares(self, found: Found, spoken: int | None = None) -> dict[int, float]:
        """What each token adds to the raw score, by its id; those that add nothing are left out.

        `spoken` is how many of them spoke, where that was counted already.
        """
        parts = self._parts(found, spoken)
        pairs = zip(self.weights.ids(found), self.weights.at(found), strict=True)
        return {token: weight / parts for token, weight in pairs if weight}

    def named_shares(self, found: Found, spoken: int | None = None) -> list[tuple[int, float]]:
        """The same of named tokens alone, by their places among those of the post."""
        parts = self._parts(found, spoken)
        pairs = zip(found.places, self.weights.at_slots(found), strict=True)
        return [(place, weight / parts) for place, weight in pairs if weight]

    def _parts(self, found: Found, spoken: int | None) -> float:
        return math.sqrt(self.weights.spoken(found)[1] if spoken is None else spoken)
