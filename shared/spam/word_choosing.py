"""Choosing words for a list of banned words: the ones that make the whole list better.

Few posts show little, so whatever words find is reckoned with one wrong find more than there was.
"""

import math
from collections.abc import Iterator, Sequence

from shared.spam.word_health import Labels, Posts

FEWEST_POSTS = 5
"""Violating posts a word must stand in; fewer show little."""
WEAKEST_WEIGHT = 1.5
"""Natural logarithm: at least 4.5 times as likely in a violating post as in another. So much must its new
finds come to as well."""
MOST_PRECISION_ASKED = 0.8
"""What is newly found must be as right as what the list finds already, but of a very precise list no word
could be: with so much precision, and more finds, a list is better than it was."""


def precision_asked(found: Posts, labels: Labels) -> float:
    """How right a word's new finds must be, that is added to a list which finds the posts `found`."""
    telling = math.exp(WEAKEST_WEIGHT) * labels.base_rate
    listed = labels.figures(found)
    return max(
        telling / (telling + 1 - labels.base_rate),
        min(_cautious(listed.violations, listed.ordinary, labels), MOST_PRECISION_ASKED),
    )


def _cautious(right: int, wrong: int, labels: Labels) -> float:
    """The precision of such finds and a wrong one more: a few in which nothing was wrong prove little."""
    return labels.precision(right, wrong + 1) or 0.0


def best_words(
    finds: Sequence[Posts], found: Posts, labels: Labels, most: int, precision: float
) -> Iterator[int]:
    """One after the other the word that lifts the list's F1 most, if what it newly finds is right enough.

    Of a word that finds more, and more wrongly, F1 says whether that is worth it. A wrong find more is
    reckoned for every word: of many words that happen to find little wrong, some find much elsewhere.
    """
    left = set(range(len(finds)))
    for words in range(most):
        best = (_cautious_f1(found, words, labels), 0)
        for number in left:
            new = labels.figures(finds[number] & ~found)
            if new.violations < FEWEST_POSTS or _cautious(new.violations, new.ordinary, labels) < precision:
                continue
            best = max(best, (_cautious_f1(found | finds[number], words + 1, labels), -number - 1))
        if not best[1]:
            return
        number = -best[1] - 1
        left.discard(number)
        found |= finds[number]
        yield number


def _cautious_f1(found: Posts, words: int, labels: Labels) -> float:
    figures = labels.figures(found)
    precision = labels.precision(figures.violations, figures.ordinary + words)
    return 2 * precision * figures.recall / (precision + figures.recall) if precision else 0.0


def why_none(
    words: Sequence[str],
    finds: Sequence[Posts],
    found: Posts,
    labels: Labels,
    precision: float,
) -> str:
    """Why of `words`, which find the posts `finds`, none is to be added."""
    telling = f"{math.exp(WEAKEST_WEIGHT):.1f} times as likely in violating posts"
    if not words:
        return f"no word that the list does not find is {telling}, and in {FEWEST_POSTS} of them"
    new = [labels.figures(each & ~found) for each in finds]
    enough = [
        (_cautious(one.violations, one.ordinary, labels), word, one)
        for word, one in zip(words, new, strict=True)
        if one.violations >= FEWEST_POSTS
    ]
    if not enough:
        return f"of the words {telling} ({len(words)}) none finds {FEWEST_POSTS} that the list does not"
    best, word, figures = max(enough, key=lambda one: one[0])
    if best < precision:
        return (
            f"expected what a word newly finds to be {precision:.3f} right, or more; the best, {word}, newly "
            f"finds {figures.violations} right and {figures.ordinary} wrong: {best:.3f}, with one wrong more"
        )
    return f"of the words {telling} ({len(words)}) none would lift the list's F1"
