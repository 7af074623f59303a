"""The Bayesian filter: naive Bayes on which tokens a post has, not how often it has them.

Each token weighs the logarithm of how much likelier it is in a violating post than in another. Tokens
that say little are ignored, and the sum is divided by the square root of how many spoke, so that a long
post is not condemned by its length alone. Two numbers learnt on held-out posts turn that into a
probability. A second, one-against-the-rest naive Bayes among violations names the violation class.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from shared.spam.calibration import Calibration
from shared.spam.features import Featurizer
from shared.spam.judging import Judgement
from shared.spam.labels import UNCLASSIFIED
from shared.spam.posts import Post
from shared.spam.verdicts import Action, Reason

SMOOTHING = 0.6
"""Posts of evidence each token starts with, divided between the two sides as the posts are."""
WEAKEST_WEIGHT = 1.0
"""Tokens less telling than this (natural logarithm) are ignored."""
FEWEST_LABELS_OF_CLASS = 30
"""Below this many labels a violation class is not told apart."""
MOST_REASONS = 10


@dataclass
class TokenCounts:
    """In how many posts of each kind a token stands. Integers, so that counts add and subtract exactly."""

    posts: int = 0
    violations: int = 0
    of_class: Counter[str] = field(default_factory=Counter)
    in_posts: Counter[str] = field(default_factory=Counter)
    in_class: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, tokens: Iterable[str], violation_class: str) -> None:
        """Count one post by its distinct tokens; `violation_class` is empty for an ordinary one."""
        self.posts += 1
        if violation_class:
            self.violations += 1
            self.of_class[violation_class] += 1
            self.in_class.setdefault(violation_class, Counter()).update(tokens)
        else:
            self.in_posts.update(tokens)


@dataclass(frozen=True)
class Bayes:
    """What was learnt: a weight for every telling token, and for every class told apart."""

    features: tuple[str, ...]
    weights: Mapping[str, float]
    class_priors: Mapping[str, float]
    class_weights: Mapping[str, Mapping[str, float]]
    calibration: Calibration = field(default_factory=Calibration)

    def raw_score(self, tokens: Sequence[str]) -> float:
        """How strongly `tokens` speak for a violation; 0 is neither way."""
        spoken = [weight for token in tokens if (weight := self.weights.get(token)) is not None]
        return sum(spoken) / math.sqrt(len(spoken)) if spoken else 0.0

    def score(self, tokens: Sequence[str]) -> float:
        """The probability of a violation, 0-1."""
        return self.calibration.probability(self.raw_score(tokens))

    def violation_class(self, tokens: Sequence[str]) -> str:
        """The class these tokens would belong to, were they a violation's."""
        names = list(self.class_priors)
        if not names:
            return UNCLASSIFIED
        scores = [self.class_priors[name] for name in names]
        for token in tokens:
            for index, weight in self._classes_of.get(token, ()):
                scores[index] += weight
        return names[scores.index(max(scores))]

    @cached_property
    def _classes_of(self) -> Mapping[str, Sequence[tuple[int, float]]]:
        """The classes each token speaks on, by their place in `class_priors`, with its weight there."""
        found: dict[str, list[tuple[int, float]]] = {}
        for index, name in enumerate(self.class_priors):
            for token, weight in self.class_weights[name].items():
                found.setdefault(token, []).append((index, weight))
        return found

    def reasons(self, tokens: Sequence[str]) -> tuple[Reason, ...]:
        """The tokens that weigh most, each with its share of the raw score."""
        spoken = [(token, weight) for token in tokens if (weight := self.weights.get(token)) is not None]
        share = math.sqrt(len(spoken))
        spoken.sort(key=lambda pair: (-abs(pair[1]), pair[0]))
        return tuple(Reason(token, round(weight / share, 4)) for token, weight in spoken[:MOST_REASONS])


def learn(counts: TokenCounts, features: Sequence[str]) -> Bayes:
    """The filter that `counts` teach, not yet calibrated."""
    in_violations: Counter[str] = Counter()
    for counted in counts.in_class.values():
        in_violations.update(counted)
    ordinary = counts.posts - counts.violations
    weights = _telling(in_violations, counts.violations, counts.in_posts, ordinary, WEAKEST_WEIGHT)
    told_apart = {name for name, labels in counts.of_class.items() if labels >= FEWEST_LABELS_OF_CLASS}
    told_apart.discard(UNCLASSIFIED)
    classes = _merged(counts, told_apart) if told_apart else {}
    priors, class_weights = {}, {}
    for name, (posts, counted) in sorted(classes.items()):
        rest = in_violations - counted
        priors[name] = math.log(posts / counts.violations)
        class_weights[name] = _telling(counted, posts, rest, counts.violations - posts, WEAKEST_WEIGHT)
    return Bayes(tuple(features), weights, priors, class_weights)


def _merged(counts: TokenCounts, told_apart: set[str]) -> dict[str, tuple[int, Counter[str]]]:
    """Posts and token counts per class, the ones too rare to tell apart together as `unclassified`."""
    merged: dict[str, tuple[int, Counter[str]]] = {}
    for name, counted in counts.in_class.items():
        into = name if name in told_apart else UNCLASSIFIED
        posts, before = merged.get(into, (0, Counter()))
        merged[into] = (posts + counts.of_class[name], before + counted)
    return merged


def _telling(
    inside: Mapping[str, int],
    posts_inside: int,
    outside: Mapping[str, int],
    posts_outside: int,
    weakest: float,
) -> dict[str, float]:
    """Log-likelihood ratio of every token that says at least `weakest`, in the tokens' order."""
    if not posts_inside or not posts_outside:
        return {}  # nothing to tell apart from
    posts = posts_inside + posts_outside
    start_inside = SMOOTHING * posts_inside / posts
    start_outside = SMOOTHING * posts_outside / posts
    whole_inside, whole_outside = posts_inside + 2 * start_inside, posts_outside + 2 * start_outside
    weights = {}
    for token in sorted(inside.keys() | outside.keys()):
        rate_inside = (inside.get(token, 0) + start_inside) / whole_inside
        rate_outside = (outside.get(token, 0) + start_outside) / whole_outside
        weight = math.log(rate_inside / rate_outside)
        if abs(weight) >= weakest:
            weights[token] = weight
    return weights


class BayesDetector:
    """Judges posts with a learnt filter. Its verdicts may take down."""

    name = "bayes"
    strongest_action = Action.TAKE_DOWN

    def __init__(self, model: Bayes, version: str, featurizer: Featurizer) -> None:
        self.version = version
        self._model = model
        self._featurizer = featurizer

    def judge(self, post: Post) -> Judgement:
        """The probability that `post` violates, the likeliest class, and the tokens that decided."""
        tokens = self._featurizer.tokens(post)
        reasons = self._model.reasons(tokens)
        return Judgement(
            score=self._model.score(tokens),
            violation_class=self._model.violation_class(tokens),
            reasons=reasons,
            note="" if reasons else "no words to judge by",
            strongest_action=Action.TAKE_DOWN if reasons else Action.REVIEW,
        )
