"""Evidence: what training is given to learn from, and the rules it learns by."""

import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import tee
from typing import Any

from shared.spam.batches import read_all
from shared.spam.counts import Counts, Ids, parts_of
from shared.spam.features import Featurizer, TokenIds, is_word
from shared.spam.labels import Label, LabelledPost, Source

LABELLED = "labelled posts"
"""Where a base rate comes from that is only the share among labelled posts."""
PRECISION = 0.90
"""What share of takedowns must be right where nothing is told of them at all."""
FEWEST_FOUND = 10
"""Held-out finds of the patrol, of a kind, from which on they stand for the posts no queue showed."""


@dataclass(frozen=True)
class TrainingRules:
    """What a filter is learnt from and what it must achieve.

    What takedowns must keep to is told in two ways, each alone or both together: what share of them must be
    right, and how many wrong ones a day are bearable. Where neither is told, PRECISION must be right.
    """

    window_days: int = 60
    lag_days: int = 5
    held_out_share: float = 0.2
    take_down_precision: float | None = None  # None only where the next one is told alone
    max_wrong_takedowns_per_day: float | None = None
    take_down_probability: float = 0.5  # no single post likelier innocent than not, whatever the others are
    review_probability: float = 0.25  # nothing below both this and the base rate is reviewed
    review_lift: float = 0.3  # how far the review threshold's precision is from chance (0) to certainty (1)
    fewest_labels: int = 50  # of each kind, over the window
    fewest_held_out: int = 10  # of each kind, among the held-out posts
    fewest_patrolled: int = 100  # labels of the patrol before it is believed on the base rate
    surest_chance: float = 3.0  # standard deviations its ranking must be better than a coin's
    margin: float = 0.05  # average precision a new filter may lose against the serving one

    def __post_init__(self) -> None:
        """There are no rules by which anything goes: a passport names what was promised."""
        if self.take_down_precision is None and self.max_wrong_takedowns_per_day is None:
            object.__setattr__(self, "take_down_precision", PRECISION)


@dataclass(frozen=True)
class Window:
    """The days whose posts teach: from `start` up to, not including, `end`."""

    start: date
    end: date

    @classmethod
    def before(cls, today: date, rules: TrainingRules) -> "Window":
        """The window that ends `lag_days` ago: people have not finished with the days after it."""
        end = today - timedelta(days=rules.lag_days)
        return cls(end - timedelta(days=rules.window_days), end)


@dataclass(frozen=True)
class Example:
    """A labelled post with its text, and the distinct tokens it is counted by.

    `weight` is how many passing posts of its kind it stands for, compared with the others of that kind.
    """

    labelled: LabelledPost
    ids: Ids
    words: tuple[str, ...] = ()  # its plain words, where it violates
    weight: float = 1.0

    @property
    def tokens(self) -> TokenIds:
        """The same tokens as a filter takes them."""
        return parts_of(self.ids)

    @property
    def is_violation(self) -> bool:
        """Whether people call it a violation."""
        return self.labelled.is_violation

    @property
    def violation_class(self) -> str:
        """The class people named; empty for an ordinary post."""
        return self.labelled.label.violation_class


@dataclass(frozen=True)
class Evidence:
    """All that training is given: the labels of the window, oldest first, and what they are of.

    The order is what is held out by: the newest examine the filter, and of those alone the posts themselves
    are here. Of all others the counts are enough; `tokens` reads theirs where they must be seen one by one.
    `base_rate` overrides the patrol's where an operator knows better.
    """

    labels: Sequence[Label]
    counts: Counts  # of all of them
    held_out: Sequence[Example]  # the last of them
    vocabulary: Collection[str]  # plain words of those that violate
    tokens: Callable[[], Sequence[Ids]]  # of all of them, in order
    unlabelled: int = 0
    patrolled: int = 0
    patrolled_violations: int = 0
    base_rate: float | None = None

    @classmethod
    def of(cls, examples: Sequence[Example], rules: TrainingRules, **known: Any) -> "Evidence":
        """The evidence of examples that are all at hand."""
        return cls(
            [one.labelled.label for one in examples],
            Counts.of((one.ids, one.violation_class) for one in examples),
            examples[taught_of(len(examples), rules) :],
            {word for one in examples if one.is_violation for word in one.words},
            lambda: [one.ids for one in examples],
            **known,
        )


def taught_of(labels: int, rules: TrainingRules) -> int:
    """How many of so many labels, the oldest, teach; the others examine."""
    return labels - max(1, round(labels * rules.held_out_share)) if labels else 0


def example(labelled: LabelledPost, featurizer: Featurizer) -> Example:
    """`labelled` as training uses it."""
    return examples([labelled], featurizer)[0]


def examples(labelled: Iterable[LabelledPost], featurizer: Featurizer) -> list[Example]:
    """Many labelled posts as training uses them, in their order."""
    those, posts = tee(labelled)
    found = []
    for one, (tokens, ids) in zip(those, read_all((one.post for one in posts), featurizer), strict=True):
        # A word of many posts is kept once.
        words = map(sys.intern, filter(is_word, tokens.named)) if one.is_violation else ()
        found.append(Example(one, ids, tuple(words)))
    return found


def base_rate_of(evidence: Evidence, rules: TrainingRules) -> tuple[float, str]:
    """The share of violations among passing posts, and where it is known from."""
    if evidence.base_rate is not None:
        return evidence.base_rate, "given"
    if evidence.patrolled >= rules.fewest_patrolled:
        # Laplace's rule: a patrol that found none has not shown that there are none.
        return (evidence.patrolled_violations + 1) / (evidence.patrolled + 2), "patrol"
    violations = sum(one.is_violation for one in evidence.labels)
    return violations / len(evidence.labels), LABELLED


def weighed(held_out: Sequence[Example], evidence: Evidence, base_rate: float) -> list[Example]:
    """The held-out posts, each with the number of passing posts it stands for.

    People label what stands in their queue, and a random patrol. Of the first all are there: each stands
    for itself. What the queue did not show, the patrol's finds stand for, and those are far more posts.
    Without this the ordinary posts that look suspicious, which fill the queue, would count for all ordinary
    ones. A kind of which the patrol found fewer than FEWEST_FOUND is left as it is.
    """
    passing = len(evidence.labels) + evidence.unlabelled
    found = list(held_out)
    for is_violation, share in ((True, base_rate), (False, 1 - base_rate)):
        shown = sum(_is_of(one, is_violation, patrolled=False) for one in evidence.labels)
        share_shown = min(1.0, shown / (passing * share))
        queue, patrol = (
            [
                index
                for index, one in enumerate(held_out)
                if _is_of(one.labelled.label, is_violation, patrolled=patrolled)
            ]
            for patrolled in (False, True)
        )
        if not queue or len(patrol) < FEWEST_FOUND or share_shown == 1.0:
            continue
        for indexes, part in ((queue, share_shown), (patrol, 1 - share_shown)):
            for index in indexes:
                found[index] = replace(
                    held_out[index], weight=part / len(indexes) * (len(queue) + len(patrol))
                )
    return found


def _is_of(one: Label, is_violation: bool, *, patrolled: bool) -> bool:
    return one.is_violation == is_violation and (one.source is Source.PATROL) == patrolled
