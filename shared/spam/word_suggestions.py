"""Words a list of banned words lacks: the ones that speak for violations as the Bayesian filter counts them.

A list is used as substrings of what was written, so a word is suggested as far as all its inflections agree
(稼げ for 稼げる, 稼げます) and is measured by what that really matches. The older posts choose the words, the
newest fifth is held out and says what they change: on posts that chose them they look better than they are.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from shared.spam.detectors.banned_words import BannedWord, BannedWords, plain_word
from shared.spam.labels import LabelledPost
from shared.spam.text import without_decoration
from shared.spam.tokens import Tokenizer
from shared.spam.word_choosing import FEWEST_POSTS, WEAKEST_WEIGHT, best_words, precision_asked, why_none
from shared.spam.word_health import Figures, Labels, Posts, posts_of

CHOOSING_SHARE = 0.8
SMOOTHING = 0.5
MOST_TRIED = 400
FEWEST_OF_A_KIND = 20
"""Violating posts, and ordinary ones, that are needed to choose by."""
_SAYS_LITTLE = re.compile(r"[ -\u024f]{1,2}|.|[\W\d_]*")


@dataclass(frozen=True)
class Suggestion:
    """A word to add: how telling it is, and what it finds that the list and the words before do not."""

    word: BannedWord
    weight: float
    figures: Figures  # of all it finds among the posts that chose it
    new_violations: int
    new_ordinary: int


@dataclass(frozen=True)
class Suggestions:
    """Words to add, the one that helps most first, and what the list with them finds in posts held out.

    The remark says why there are none, where there are none.
    """

    words: tuple[Suggestion, ...]
    held_out: Posts
    after: Figures
    remark: str = ""


def suggest(
    listed: BannedWords,
    found: Posts,
    posts: Sequence[LabelledPost],
    texts: Sequence[str],
    labels: Labels,
    tokenizer: Tokenizer,
    most: int,
) -> Suggestions:
    """At most `most` words to add to a list that finds the posts `found`; `posts` are oldest first."""
    choosing = int(len(posts) * CHOOSING_SHARE)
    older = (1 << choosing) - 1
    chosen_by, held_out = labels.among(older), (1 << len(posts)) - 1 - older
    sides = (chosen_by.violations.bit_count(), chosen_by.ordinary.bit_count())
    if not most or min(sides) < FEWEST_OF_A_KIND:
        remark = f"expected {FEWEST_OF_A_KIND} of either kind to choose by, came {sides[0]} and {sides[1]}"
        remark = remark if most else "none was asked for"
        return Suggestions((), held_out, labels.among(held_out).figures(found), remark)
    weights = _telling(posts[:choosing], texts[:choosing], listed, tokenizer)
    tried = [plain_word(word) for word in weights]
    finds = _finds(tried, texts)
    asked = precision_asked(found, chosen_by)
    words = []
    for number in best_words(finds, found, chosen_by, most, asked):
        new = chosen_by.figures(finds[number] & ~found)
        found |= finds[number]
        whole = chosen_by.figures(finds[number])
        words.append(
            Suggestion(tried[number], list(weights.values())[number], whole, new.violations, new.ordinary)
        )
    remark = "" if words else why_none(list(weights), finds, found, chosen_by, asked)
    return Suggestions(tuple(words), held_out, labels.among(held_out).figures(found), remark)


def _telling(
    posts: Sequence[LabelledPost], texts: Sequence[str], listed: BannedWords, tokenizer: Tokenizer
) -> dict[str, float]:
    """Telling words as they would be listed, with their weights; those that say most of many posts first."""
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    as_written: dict[str, str] = {}
    for one, text in zip(posts, texts, strict=True):
        read = without_decoration(text)
        found = tokenizer.morphemes(read)
        counts[one.is_violation].update({morpheme.word for morpheme in found})
        for word, start, end in found:
            as_written[word] = _alike(as_written.get(word, read[start:end]), read[start:end])
    sides = Counter(one.is_violation for one in posts)
    weights: dict[str, tuple[float, int]] = {}
    for word, count in counts[True].items():
        rate = (count + SMOOTHING) / (sides[True] + 2 * SMOOTHING)
        other = (counts[False][word] + SMOOTHING) / (sides[False] + 2 * SMOOTHING)
        weight = math.log(rate / other)
        form = as_written[word] if len(as_written[word]) > 1 else word
        if count < FEWEST_POSTS or weight < WEAKEST_WEIGHT or _SAYS_LITTLE.fullmatch(form):
            continue
        if not listed.found_in(form):
            weights[form] = max(weights.get(form, (0.0, 0)), (weight, count))
    best = sorted(weights, key=lambda form: (-weights[form][0] * weights[form][1], form))[:MOST_TRIED]
    return {form: weights[form][0] for form in best}


def _finds(words: Sequence[BannedWord], texts: Sequence[str]) -> list[Posts]:
    """The posts each word finds."""
    detector = BannedWords(words)
    places: list[list[int]] = [[] for _ in words]
    for at, text in enumerate(texts):
        for number in detector.found_in(text):
            places[number].append(at)
    return [posts_of(each) for each in places]


def _alike(one: str, other: str) -> str:
    """What both begin with."""
    while not other.startswith(one):
        one = one[:-1]
    return one
