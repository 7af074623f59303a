"""The Bayesian filter: naive Bayes on which tokens a post has, not how often it has them.

Each token weighs the logarithm of how much likelier it is in a violating post than in another. Tokens
that say little are ignored, and the sum is divided by the square root of how many spoke, so that a long
post is not condemned by its length alone. A calibration learnt on held-out posts turns that into a
probability. A second, one-against-the-rest naive Bayes among violations names the violation class.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.spam.calibration import Calibration
from shared.spam.features import TokenIds
from shared.spam.labels import UNCLASSIFIED
from shared.spam.weights import Found, Weights


class Opinion(NamedTuple):
    """What a filter says of a post: probability of a violation, likeliest class, and what each token adds.

    `shares` makes the parts of the raw score by token id; where nothing spoke there are none.
    """

    score: float
    violation_class: str
    shares: Callable[[], Mapping[int, float]]


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

    name = "bayes"

    def __len__(self) -> int:
        """How many tokens have a weight."""
        return len(self.weights)

    def opinion(self, ids: TokenIds) -> Opinion:
        """What the filter says of a post with these tokens."""
        found = self.weights.found(ids)
        score = self.calibration.probability(self.raw_of(found))
        return Opinion(score, self.violation_class(found), lambda: self.shares(found))

    def raw_score(self, ids: TokenIds) -> float:
        """How strongly tokens speak for a violation; 0 is neither way."""
        return self.raw_of(self.weights.found(ids))

    def score(self, ids: TokenIds) -> float:
        """The probability of a violation, 0-1."""
        return self.calibration.probability(self.raw_score(ids))

    def raw_of(self, found: Found) -> float:
        """The raw score of tokens whose weights were found."""
        spoken = [weight for weight in self.weights.at(found) if weight]
        # fsum: the same to the last bit in whatever order they come.
        return math.fsum(spoken) / math.sqrt(len(spoken)) if spoken else 0.0

    def violation_class(self, found: Found) -> str:
        """The class of a violation with these tokens."""
        names = list(self.class_priors)
        if not names:
            return UNCLASSIFIED
        scores = [
            prior + math.fsum(self.weights.at(found, column))
            for column, prior in enumerate(self.class_priors.values(), start=1)
        ]
        return names[scores.index(max(scores))]

    def shares(self, found: Found) -> dict[int, float]:
        """What each token adds to the raw score, by its id; those that add nothing are left out."""
        pairs = zip(self.weights.ids(found), self.weights.at(found), strict=True)
        spoken = {token: weight for token, weight in pairs if weight}
        parts = math.sqrt(len(spoken))
        return {token: weight / parts for token, weight in spoken.items()}
