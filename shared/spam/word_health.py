"""The health of a list of banned words: what each word finds, what only it finds, and which can go.

Measured on labelled posts with the list as it judges. Sets of posts are the bits of an integer, one a post:
"which of these violations does nothing else find" is then one operation, of 100,000 posts as of ten.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from shared.spam.detectors.banned_words import BannedWord, BannedWords
from shared.spam.labels import LabelledPost
from shared.spam.tokens import Tokenizer

MOST_LOOKED_AT = 50
"""Finds of one word in one post that are looked at: whether it stands there only within longer words."""
EXAMPLES = 3
# Scripts whose words are parted by spaces or signs: there a word is a run of letters. Elsewhere ask MeCab.
_SPACED_WORD = re.compile(
    r"[^\W\d_\u0e00-\u109f\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_HIRAGANA = re.compile("[ぁ-ん]+")

type Posts = int
"""A set of posts: bit n is the nth."""


@dataclass(frozen=True)
class Figures:
    """What a list or a word finds among labelled posts, and how right it is at the real share."""

    violations: int
    ordinary: int
    precision: float | None  # None: it finds nothing
    recall: float
    f1: float | None


@dataclass(frozen=True)
class Labels:
    """Which posts violate and which do not, and what share of all posts violations really are."""

    violations: Posts
    ordinary: Posts
    base_rate: float

    @classmethod
    def of(cls, posts: Sequence[LabelledPost], base_rate: float | None) -> "Labels":
        """Those of `posts`; without a base rate it is the posts' own."""
        violations = posts_of(at for at, one in enumerate(posts) if one.is_violation)
        own = violations.bit_count() / max(1, len(posts))
        return cls(violations, ((1 << len(posts)) - 1) ^ violations, own if base_rate is None else base_rate)

    def among(self, some: Posts) -> "Labels":
        """The labels of `some` posts only."""
        return Labels(self.violations & some, self.ordinary & some, self.base_rate)

    def figures(self, found: Posts) -> Figures:
        """Those of whatever finds the posts `found`."""
        right, wrong = (found & self.violations).bit_count(), (found & self.ordinary).bit_count()
        recall = right / max(1, self.violations.bit_count())
        precision = self.precision(right, wrong)
        together = (precision or 0) + recall
        f1 = 2 * precision * recall / together if precision is not None and together else None
        return Figures(right, wrong, precision, recall, f1)

    def precision(self, right: float, wrong: float) -> float | None:
        """Of so many violating and ordinary posts found here, the share of right ones in real life."""
        real_right = self.base_rate * right / max(1, self.violations.bit_count())
        real_wrong = (1 - self.base_rate) * wrong / max(1, self.ordinary.bit_count())
        return real_right / (real_right + real_wrong) if real_right + real_wrong else None


@dataclass(frozen=True)
class WordHealth:
    """One listed word: what it finds, what only it finds, and why it can go ("" where it should stay)."""

    word: BannedWord
    found: Posts
    figures: Figures
    only_it_finds: int  # violations no other word on the list finds
    last_hit: datetime | None
    within_longer_words: int  # posts it finds for longer words alone: 副業 in 副業務
    longer_words: tuple[str, ...]  # the commonest of those
    can_go: str


def word_healths(
    words: Sequence[BannedWord],
    posts: Sequence[LabelledPost],
    texts: Iterable[str],
    labels: Labels,
    tokenizer: Tokenizer,
) -> list[WordHealth]:
    """The health of every word of a list, in its order. `texts` are the posts' `searched_text`s."""
    detector = BannedWords(words)
    places: list[list[int]] = [[] for _ in words]
    longer: list[Counter[str]] = [Counter() for _ in words]
    within = [0] * len(words)
    for at, text in enumerate(texts):
        for number, only_within in longer_words_of(detector, text, tokenizer).items():
            places[number].append(at)
            within[number] += bool(only_within)
            longer[number].update(set(only_within))
    found = [posts_of(each) for each in places]
    figures = [labels.figures(each) for each in found]
    times = Counter(at for each in places for at in each)
    reasons = _that_can_go(places, figures, labels)
    return [
        WordHealth(
            word=word,
            found=found[number],
            figures=figures[number],
            only_it_finds=sum(times[at] == 1 and posts[at].is_violation for at in places[number]),
            last_hit=max((posts[at].post.posted_at for at in places[number]), default=None),
            within_longer_words=within[number],
            longer_words=tuple(name for name, _ in longer[number].most_common(EXAMPLES)),
            can_go=reasons.get(number, ""),
        )
        for number, word in enumerate(words)
    ]


def longer_words_of(detector: BannedWords, text: str, tokenizer: Tokenizer) -> dict[int, list[str]]:
    """The list's words that stand in `text`, each with the longer words that are all it stands in there.

    None where it stands by itself even once. What is left of a longer word is more than an inflection:
    稼げ stands by itself in 稼げる.
    """
    numbers = detector.found_in(text)
    if not numbers:
        return {}
    words = [(start, end) for _, start, end in tokenizer.morphemes(text)]
    words += [one.span() for one in _SPACED_WORD.finditer(text)]
    amid = {at: (start, end) for start, end in words for at in range(start + 1, end)}
    found: dict[int, list[str]] = {}
    for number in numbers:
        longer: list[str] = []
        for start, end in islice(detector.spans(number, text), MOST_LOOKED_AT):
            cut = [
                word
                for word in (amid.get(start), amid.get(end))
                if word and not _is_inflected(text, end, word)
            ]
            if not cut:
                longer = []
                break
            longer.append(text[cut[0][0] : cut[0][1]])
        found[number] = longer
    return found


def _is_inflected(text: str, end: int, word: tuple[int, int]) -> bool:
    return end > word[0] and _HIRAGANA.fullmatch(text, end, word[1]) is not None


def _that_can_go(
    places: Sequence[Sequence[int]], figures: Sequence[Figures], labels: Labels
) -> dict[int, str]:
    """Why words can go, all of them together: one by one is thought away, the least precise first."""
    reasons = {}
    times = Counter(at for each in places for at in each)
    for number in sorted(
        range(len(places)), key=lambda at: (figures[at].precision or 0, figures[at].violations)
    ):
        right = [at for at in places[number] if labels.violations >> at & 1]
        if not places[number]:
            reasons[number] = "finds nothing"
        elif (figures[number].precision or 0) <= labels.base_rate:
            reasons[number] = "finds no more violations than chance would"
        elif all(times[at] > 1 for at in right):
            reasons[number] = "others find the violations it finds"
        else:
            continue
        times.subtract(places[number])
    return reasons


def posts_of(places: Iterable[int]) -> Posts:
    """The set of the posts at `places`."""
    every = sorted(places)
    bits = bytearray(every[-1] // 8 + 1 if every else 0)
    for at in every:
        bits[at // 8] |= 1 << at % 8
    return int.from_bytes(bits, "little")
