"""Banned words, the old way: a list of patterns; any hit goes to a person, never further.

The baseline every other detector is measured against. Patterns are RE2's, which matches in linear time:
no pattern and no post can hang the judge.
"""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import re2

from shared.errors import ConfigError
from shared.spam.explaining import MOST_FINDS
from shared.spam.judging import Judgement, Thresholds
from shared.spam.labels import UNCLASSIFIED
from shared.spam.posts import Post
from shared.spam.rewriting import Span, undecorating
from shared.spam.seen import Seen, seen
from shared.spam.text import normal_form, readable
from shared.spam.verdicts import Action, Place, Reason

ANY_HIT = Thresholds(review=0.5, take_down=None)
"""One hit scores 0.5: any hit is reviewed."""
LEAST_TELLING = 2
"""An operator lists no word, however few there are, that is about as frequent in ordinary posts."""


@dataclass(frozen=True)
class BannedWord:
    """One pattern (RE2 syntax, matched in NFKC and lower case) and the violation class it points to."""

    pattern: str
    violation_class: str = UNCLASSIFIED


class BannedWords:
    """Judges posts by a list of banned words. Raises ConfigError naming the entry RE2 refuses."""

    name = "banned_words"
    strongest_action = Action.REVIEW

    def __init__(self, entries: Sequence[BannedWord]) -> None:
        self._entries = tuple(entries)
        listing = "\n".join(f"{entry.violation_class}\t{entry.pattern}" for entry in entries)
        self.version = f"list-{hashlib.sha256(listing.encode()).hexdigest()[:12]}"
        self._set = re2.Set.SearchSet(_options())
        for number, entry in enumerate(entries, start=1):
            pattern = _in_normal_form(entry.pattern)
            _check_pattern(pattern, f"banned word {number}")
            self._set.Add(pattern)
        if entries:
            self._set.Compile()

    def judge(self, post: Post) -> Judgement:
        """Every listed pattern found in title or body; the score halves its distance to 1 with each."""
        hits = [self._entries[number] for number in self.found_in(searched_text(post))]
        classes = Counter(hit.violation_class for hit in hits)
        return Judgement(
            score=1 - 0.5 ** min(len(hits), 50),
            violation_class=classes.most_common(1)[0][0] if classes else UNCLASSIFIED,
            reasons=tuple(Reason(hit.pattern, 1.0) for hit in hits[:10]),
        )

    def found_in(self, text: str) -> list[int]:
        """Which entries match a `searched_text`, by their place in the list from 0."""
        return sorted(self._set.Match(text) or ()) if self._entries else []  # None where nothing matches

    def spans(self, number: int, text: str) -> Iterator[Span]:
        """Where one entry matches in a `searched_text`, in order.

        A set says only which of its patterns match: to know where, one is matched by itself.
        """
        pattern = re2.compile(_in_normal_form(self._entries[number].pattern), _options())
        return (match.span() for match in pattern.finditer(text))

    def as_seen(self, post: Post) -> Seen:
        """`post` as its reader sees it."""
        return seen(post)

    def places(self, post: Post, tokens: Sequence[str]) -> dict[str, list[Place]]:
        """Where the listed patterns `tokens` stand in the readable text of `post`, the first few of each."""
        title, body = readable(post.title), readable(post.body)
        fields = (("title", 0, undecorating(title)), ("body", len(title) + 1, undecorating(body)))
        patterns = [entry.pattern for entry in self._entries]
        return {
            token: [
                Place(name, *span)
                for start, end in islice(self.spans(patterns.index(token), f"{title}\n{body}"), MOST_FINDS)
                for name, first, undecorated in fields
                for span in [undecorated.after(start - first, end - first)]
                if span[0] < span[1]
            ]
            for token in tokens
        }


def searched_text(post: Post) -> str:
    """What of `post` the patterns are matched against: its title, a line's end, its body."""
    return f"{readable(post.title)}\n{readable(post.body)}"


def plain_word(word: str) -> BannedWord:
    """An entry that stands for `word` itself, whatever signs are in it."""
    return BannedWord(re2.escape(word))


def read_banned_words(text: str, where: str) -> list[BannedWord]:
    """The list in `text`: one pattern a line, `[class]` above those of a class, `#` comments.

    Raises ConfigError naming `where` and the line.
    """
    entries, violation_class = [], UNCLASSIFIED
    for number, line in enumerate(text.splitlines(), start=1):
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        if re.fullmatch(r"\[[^\[\]]*\]", entry):
            violation_class = _class_name(entry[1:-1], f"{where}, line {number}")
            continue
        _check_pattern(_in_normal_form(entry), f"{where}, line {number}")
        entries.append(BannedWord(entry, violation_class))
    return entries


def frequent_in_violations(posts: Iterable[tuple[Sequence[str], bool]], most: int = 50) -> list[BannedWord]:
    """The list an operator would draw up from posts given as (distinct words, is a violation)."""
    bad: Counter[str] = Counter()
    good: Counter[str] = Counter()
    violations = ordinary = 0
    for words, is_violation in posts:
        if is_violation:
            violations += 1
            bad.update(set(words))
        else:
            ordinary += 1
            good.update(set(words))
    return most_telling(
        ((word, count, good[word]) for word, count in bad.items()), violations, ordinary, most
    )


def most_telling(
    words: Iterable[tuple[str, int, int]], violations: int, ordinary: int, most: int = 50
) -> list[BannedWord]:
    """The list an operator would draw up: words frequent in violating posts and rare in others.

    `words` are (word, violating posts it is in, ordinary posts it is in) of so many posts. The `most` words
    with the highest ratio of their rates, among those in at least 1 % of violating posts and LEAST_TELLING
    times as frequent there as in others, are taken: as substrings, as a list is used. There may be none.
    """
    often = max(3, violations / 100)
    ratios = {
        word: math.log((bad + 1) / (violations + 2)) - math.log((good + 1) / (ordinary + 2))
        for word, bad, good in words
        if bad >= often and len(word) > 1
    }
    telling = [word for word, ratio in ratios.items() if ratio >= math.log(LEAST_TELLING)]
    best = sorted(telling, key=lambda word: (-ratios[word], word))[:most]
    return [plain_word(word) for word in best]


def _in_normal_form(pattern: str) -> str:
    """`pattern` as text is when it is matched. People list words as they write them: ＬＩＮＥ　ＩＤ, 稼げる！

    Only what is not ASCII changes, and stands for itself: （ is a bracket of the text, ( the pattern's own.
    """
    return re.sub(r"[^\x00-\x7f]+", lambda part: str(re2.escape(normal_form(part[0]))), pattern)


def _class_name(name: str, where: str) -> str:
    # A set of characters alone would flag nearly every post: it is taken for a class written wrongly.
    if not re.fullmatch("[a-z0-9_]{1,60}", name):
        raise ConfigError(f"{where}: expected a class of lower-case letters, digits and _, came [{name}]")
    return name


def _options() -> re2.Options:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = 256 << 20  # a set that outgrows its memory would silently match nothing
    return options


def _check_pattern(pattern: str, where: str) -> None:
    try:
        flags_everything = re2.compile(pattern, _options()).search("") is not None
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else error
        raise ConfigError(f"{where}: expected an RE2 pattern, came {pattern!r}: {reason}") from error
    if flags_everything:
        raise ConfigError(f"{where}: expected a pattern that not every post matches, came {pattern!r}")
