"""Contenders: the detectors of shared.spam as the arena teaches them. A new one is a line in CONTENDERS.

What was read of the posts that teach is remembered, because folds are taught the same posts many times: by
their texts, as two files may give one id to two posts. What they are examined on is read anew, as a post
that comes in is.
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

type Text = tuple[str, str]
"""Title and body, which is all that is read."""
type Rows = Sequence[tuple[Ids, LabelledPost]]
type Filter = Bayes | Blend
type Teach = Callable[[Rows, Sequence[str]], Filter]
"""Makes a filter of rows and the names of the features they are of."""


class BannedWordsContender:
    """The list an operator draws up from the words frequent in violations; any hit flags."""

    own_threshold = ANY_HIT.review

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._read: dict[Text, tuple[str, ...]] = {}

    def learn(self, taught: Sequence[LabelledPost], base_rate: float) -> Contestant:  # noqa: ARG002
        """The 50 words that tell most."""
        listed = frequent_in_violations((self._words(one.post), one.is_violation) for one in taught)
        return ListedWords(BannedWords(listed), sum(len(f"{one.pattern}\n".encode()) for one in listed))

    def _words(self, post: Post) -> tuple[str, ...]:
        whole = _text(post)
        if whole not in self._read:
            texts = (without_decoration(readable(text)) for text in whole)
            self._read[whole] = tuple(
                dict.fromkeys(word for text in texts for word in self._tokenizer.words(text))
            )
        return self._read[whole]


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
    """A filter learnt from counted tokens of the featurizer's features, as `teach` makes one."""

    own_threshold = None

    def __init__(self, teach: Teach, featurizer: Featurizer) -> None:
        self._teach = teach
        self._featurizer = featurizer
        self._read: dict[Text, Ids] = {}

    def learn(self, taught: Sequence[LabelledPost], base_rate: float) -> Contestant:  # noqa: ARG002
        """The filter that all of `taught` teach."""
        unread = [one.post for one in taught if _text(one.post) not in self._read]
        for post, (_, ids) in zip(unread, read_all(unread, self._featurizer), strict=True):
            self._read[_text(post)] = ids
        rows = [(self._read[_text(one.post)], one) for one in taught]
        return TaughtFilter(self._teach(rows, self._featurizer.names), self._featurizer, self._read)


@dataclass(frozen=True)
class TaughtFilter:
    """A filter, not calibrated, and the ids of what was read before."""

    learnt: Filter
    featurizer: Featurizer
    read: Mapping[Text, Ids]

    @property
    def model_bytes(self) -> int:
        """As it would be stored."""
        return len(pickled(self.learnt))

    def score(self, post: Post) -> float:
        """How strongly its tokens speak for a violation."""
        known = self.read.get(_text(post))
        ids = self.featurizer.tokens(post).ids() if known is None else parts_of(known)
        return self.learnt.raw_score(ids)

    def reasons(self, post: Post) -> tuple[Reason, ...]:
        """The tokens that weigh most."""
        tokens = self.featurizer.tokens(post)
        return reasons(tokens, self.learnt.opinion(tokens.ids()).shares())


def _text(post: Post) -> Text:
    return post.title, post.body


def _bayes(rows: Rows, features: Sequence[str]) -> Bayes:
    return learn(Counts.of((ids, one.violation_class) for ids, one in rows), features)


def _blend(rows: Rows, features: Sequence[str]) -> Blend:
    counts = Counts.of((ids, one.violation_class) for ids, one in rows)
    return learn_blend([(ids, one.is_violation) for ids, one in rows], counts, learn(counts, features))


LEARNT: Mapping[str, Teach] = {"bayes": _bayes, "blend": _blend}
"""Those that learn from counted tokens, of whichever features."""


def contender(name: str, tokenizer: Tokenizer, features: Sequence[str] = DEFAULT_FEATURES) -> Contender:
    """One of CONTENDERS; one of LEARNT reads these features alone."""
    if name in LEARNT:
        return LearntContender(LEARNT[name], Featurizer(features, tokenizer))
    return CONTENDERS[name](tokenizer)


CONTENDERS: Mapping[str, Callable[[Tokenizer], Contender]] = {
    "banned_words": BannedWordsContender,
    **{name: partial(contender, name) for name in LEARNT},
}
