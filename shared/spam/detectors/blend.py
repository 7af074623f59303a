"""The blend: the Bayesian filter and a logistic regression on the same tokens, averaged.

Naive Bayes takes every token for a witness of its own; a logistic regression knows that "monthly" and
"monthly income" are one witness, but needs more posts to learn from. Each errs where the other does not.
Each token's place in the regression is scaled by how telling it is to the Bayesian filter. Source: S. Wang
and C. Manning, "Baselines and bigrams: simple, good sentiment and topic classification" (2012).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from shared.spam.calibration import Calibration
from shared.spam.detectors.bayes import Bayes, Opinion
from shared.spam.features import TokenIds
from shared.spam.weights import Found, Weights


@dataclass(frozen=True)
class Linear:
    """A logistic regression on posts as vectors of length 1.

    Column 0 of `weights` is what a token adds, column 1 what it adds to the square of the vector's length.
    """

    weights: Weights
    intercept: float

    def raw_of(self, found: Found) -> float:
        """The log-odds of a violation of tokens whose weights were found."""
        total, square = self.weights.sums(found)
        return total / _length(square) + self.intercept

    def shares(self, found: Found) -> dict[int, float]:
        """What each token adds to the log-odds, by its id."""
        length = _length(self.weights.sums(found)[1])
        pairs = zip(self.weights.ids(found), self.weights.at(found), strict=True)
        return {token: weight / length for token, weight in pairs if weight}

    def named_shares(self, found: Found) -> list[tuple[int, float]]:
        """The same of named tokens alone, by their places among those of the post."""
        length = _length(self.weights.sums(found)[1])
        pairs = zip(found.places, self.weights.at_slots(found), strict=True)
        return [(place, weight / length) for place, weight in pairs if weight]


def _length(square: float) -> float:
    return math.sqrt(square) or 1.0


@dataclass(frozen=True)
class Blend:
    """What was learnt: both filters, and what each counts for."""

    bayes: Bayes
    linear: Linear
    of_bayes: float
    of_linear: float
    calibration: Calibration = field(default_factory=Calibration)

    name = "blend"

    def __len__(self) -> int:
        """How many tokens have a weight in the regression."""
        return len(self.linear.weights)

    def opinion(self, ids: TokenIds) -> Opinion:
        """What the blend says of a post with these tokens; the Bayesian filter names the class."""
        return self._opinion(self.bayes.weights.found(ids), self.linear.weights.found(ids))

    def _opinion(self, found: Found, linear: Found) -> Opinion:
        return Opinion(
            self.calibration.probability(self._raw_of(found, linear)),
            self.bayes.violation_class(found),
            lambda: self._added(self.bayes.shares(found), self.linear.shares(linear)),
            lambda: list(
                self._added(
                    dict(self.bayes.named_shares(found)), dict(self.linear.named_shares(linear))
                ).items()
            ),
        )

    def with_weights(self, kind: Callable[[Weights], Weights]) -> "Blend":
        """The same filter with its weights held in another way."""
        linear = replace(self.linear, weights=kind(self.linear.weights))
        return replace(self, bayes=self.bayes.with_weights(kind), linear=linear)

    @property
    def features(self) -> tuple[str, ...]:
        """The features both are learnt from."""
        return self.bayes.features

    def raw_score(self, ids: TokenIds) -> float:
        """How strongly tokens speak for a violation."""
        return self._raw_of(self.bayes.weights.found(ids), self.linear.weights.found(ids))

    def score(self, ids: TokenIds) -> float:
        """The probability of a violation, 0-1."""
        return self.calibration.probability(self.raw_score(ids))

    def _raw_of(self, found: Found, linear: Found) -> float:
        return self.of_bayes * self.bayes.raw_of(found) + self.of_linear * self.linear.raw_of(linear)

    def _added(self, of_bayes: Mapping[int, float], of_linear: Mapping[int, float]) -> dict[int, float]:
        shares = {token: share * self.of_bayes for token, share in of_bayes.items()}
        for token, share in of_linear.items():
            shares[token] = shares.get(token, 0.0) + share * self.of_linear
        return shares
