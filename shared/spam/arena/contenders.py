"""Contenders: the detectors of shared.spam as the arena teaches them. A new one is a line in CONTENDERS.

What was read of the posts that teach is remembered, because folds are taught the same posts many times. What
they are examined on is read anew, as a post that comes in is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from shared.spam.arena.contest import Contender, Contestant
from shared.spam.batches import read_all
from shared.spam.counts import Counts, Ids, parts_of
from shared.spam.detectors.banned_words import ANY_HIT, BannedWords, frequent_in_violations
from shared.spam.detectors.bayes import Bayes
from shared.spam.detectors.blend import Blend
from shared.spam.features import DEFAULT_FEATURES, Featurizer
from shared.spam.labels import LabelledPost
from shared.spam.learning import learn
from shared.spam.logistic import learn_blend
from shared.spam.packing import pickled
from shared.spam.posts import Post
from shared.spam.reasons import reasons
from shared.spam.text import readable, without_decoration
from shared.spam.tokens import Tokenizer
from shared.spam.verdicts import Reason

type Key = tuple[str, int]
type Rows = Sequence[tuple[Ids, LabelledPost]]
type Filter = Bayes | Blend


class BannedWordsContender:
    """The list an operator draws up from the words frequent in violations; any hit flags."""

    own_threshold = ANY_HIT.review

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._read: dict[Key, tuple[str, ...]] = {}

    def learn(self, taught: Sequence[LabelledPost], base_rate: float) -> Contestant:  # noqa: ARG002
        """The 50 words that tell most."""
        listed = frequent_in_violations((self._words(one.post), one.is_violation) for one in taught)
        return ListedWords(BannedWords(listed), sum(len(f"{one.pattern}\n".encode()) for one in listed))

    def _words(self, post: Post) -> tuple[str, ...]:
        if post.key not in self._read:
            texts = (without_decoration(readable(text)) for text in (post.title, post.body))
            self._read[post.key] = tuple(
                dict.fromkeys(word for text in texts for word in self._tokenizer.words(text))
            )
        return self._read[post.key]


@dataclass(frozen=True)
class ListedWords:
    """A list of banned words."""

    detector: BannedWords
    model_bytes: int

    def score(self, post: Post) -> float:
        """By the number of hits."""
        return self.detector.judge(post).score

    def reasons(self, post: Post) -> tuple[Reason, ...]:
        """The words hit."""
        return self.detector.judge(post).reasons


class LearntContender:
    """A filter learnt from counted tokens, as `teach` makes one of all features' names."""

    own_threshold = None

    def __init__(self, teach: Callable[[Rows, Sequence[str]], Filter], tokenizer: Tokenizer) -> None:
        self._teach = teach
        self._featurizer = Featurizer(DEFAULT_FEATURES, tokenizer)
        self._read: dict[Key, Ids] = {}

    def learn(self, taught: Sequence[LabelledPost], base_rate: float) -> Contestant:  # noqa: ARG002
        """The filter that all of `taught` teach."""
        unread = [one.post for one in taught if one.post.key not in self._read]
        for post, (_, ids) in zip(unread, read_all(unread, self._featurizer), strict=True):
            self._read[post.key] = ids
        rows = [(self._read[one.post.key], one) for one in taught]
        return TaughtFilter(self._teach(rows, self._featurizer.names), self._featurizer, self._read)


@dataclass(frozen=True)
class TaughtFilter:
    """A filter, not calibrated, and the ids of what was read before."""

    learnt: Filter
    featurizer: Featurizer
    read: Mapping[Key, Ids]

    @property
    def model_bytes(self) -> int:
        """As it would be stored."""
        return len(pickled(self.learnt))

    def score(self, post: Post) -> float:
        """How strongly its tokens speak for a violation."""
        known = self.read.get(post.key)
        ids = self.featurizer.tokens(post).ids() if known is None else parts_of(known)
        return self.learnt.raw_score(ids)

    def reasons(self, post: Post) -> tuple[Reason, ...]:
        """The tokens that weigh most."""
        tokens = self.featurizer.tokens(post)
        return reasons(tokens, self.learnt.opinion(tokens.ids()).shares())


def _bayes(rows: Rows, features: Sequence[str]) -> Bayes:
    return learn(Counts.of((ids, one.violation_class) for ids, one in rows), features)


def _blend(rows: Rows, features: Sequence[str]) -> Blend:
    counts = Counts.of((ids, one.violation_class) for ids, one in rows)
    return learn_blend([(ids, one.is_violation) for ids, one in rows], counts, learn(counts, features))


CONTENDERS: Mapping[str, Callable[[Tokenizer], Contender]] = {
    "banned_words": BannedWordsContender,
    "bayes": partial(LearntContender, _bayes),
    "blend": partial(LearntContender, _blend),
}
