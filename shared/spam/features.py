"""Features: named functions from a post to tokens, the countable things a model learns from.

A model records the names of its features and is only ever judged with the same ones. A new feature is a
function here and its line in NAMED_FEATURES; a name is never given to another meaning. Most features make
strings. `characters` makes so many that it names none of them: each falls into one of CHARACTER_BUCKETS.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple
from zlib import crc32

from shared.errors import BadModel, ConfigError
from shared.spam.evasion import unmasked
from shared.spam.posts import EARLIEST, Post
from shared.spam.seen import Seen, seen
from shared.spam.structure import signs
from shared.spam.tokens import Analysis, Tokenizer

CHARACTER_BUCKETS = 1_000_003
"""Character sequences fall into so many buckets, evenly: a prime, and far from a power of two. Characters of
a sequence are 2**16 apart, so that just below 2**20 those of one script would share few buckets."""
LONGEST_SEQUENCE = 3
FIRST_NAMED = 1 << 31
"""From this on an id is a named token's; below it is a bucket."""
_THREE_UNITS = (1 << 48) - 1


@dataclass(frozen=True)
class Reading:
    """What the features of one post are made from, read once for all of them."""

    title: str
    title_words: Sequence[str]
    body: str
    body_words: Sequence[str]
    readable: str  # title and body with their decorations
    html: str  # the body as it was written
    unmasked_words: Sequence[str] = ()  # words that were written so that no filter reads them
    masks: Sequence[str] = ()  # in which ways
    analyses: tuple[Analysis, ...] = ()  # of title and body, for who explains the post


class TokenIds(NamedTuple):
    """The integers that the distinct tokens of a post are counted by, each once."""

    named: Sequence[int]  # from FIRST_NAMED up to 2**32
    buckets: Collection[int]  # below CHARACTER_BUCKETS


class Tokens(NamedTuple):
    """The distinct tokens of a post: those with a name, in the same order every time, and the buckets."""

    named: tuple[str, ...]
    buckets: Collection[int] = ()
    text: str = ""  # what the buckets are of: title and body, white space as one space

    def ids(self) -> TokenIds:
        """What they are counted by. The named ones are parallel to `named`."""
        return TokenIds([one | FIRST_NAMED for one in map(crc32, map(str.encode, self.named))], self.buckets)


def token_id(token: str) -> int:
    """The integer a named token is counted by: its CRC-32 with the highest bit set.

    Of a million tokens every two-thousandth shares its integer with another; no ranking notices.
    """
    return crc32(token.encode()) | FIRST_NAMED


def is_word(token: str) -> bool:
    """Whether a token is a plain word: those of other features hold a space or a colon."""
    return " " not in token and ":" not in token


def words(reading: Reading) -> Iterable[str]:
    """Content words of title and body, those that were masked included."""
    return [*reading.title_words, *reading.body_words, *reading.unmasked_words]


def title_words(reading: Reading) -> Iterable[str]:
    """Content words of the title, told apart from the body's: a title is where a lure is cast."""
    return [f"title:{word}" for word in reading.title_words]


def word_pairs(reading: Reading) -> Iterable[str]:
    """Neighbouring content words of the body, in order."""
    return map(" ".join, pairwise(reading.body_words))


def structure(reading: Reading) -> Iterable[str]:
    """Amounts in bands, hosts, ways of contact, kinds of signs: what a word's own spelling hides."""
    return signs(reading.readable, reading.html)


def masks(reading: Reading) -> Iterable[str]:
    """In which ways words were hidden from filters: a spaced-out word is suspicious whatever it says."""
    return [f"mask:{kind}" for kind in reading.masks]


NAMED_FEATURES: Mapping[str, Callable[[Reading], Iterable[str]]] = {
    "words": words,
    "title_words": title_words,
    "word_pairs": word_pairs,
    "structure": structure,
    "masks": masks,
}
CHARACTERS = "characters"
FEATURES = (*NAMED_FEATURES, CHARACTERS)
DEFAULT_FEATURES = FEATURES


def features_named(text: str, where: str = "features") -> tuple[str, ...]:
    """The features an operator names in `text`, commas between them; all where it names none.

    Always in one order: tokens and models are the same whatever order they were named in. Raises ConfigError,
    which says `where` they were named.
    """
    if not text.strip():
        return DEFAULT_FEATURES
    names = [name.strip() for name in text.split(",")]
    if wrong := wrong_with(names):
        raise ConfigError(f"{where}: {wrong}")
    return tuple(name for name in FEATURES if name in names)


def wrong_with(names: Sequence[str]) -> str:
    """What is wrong with these names of features, as an error tells it; empty where nothing is."""
    came = [f"{name!r:.60}" for name in names if name not in FEATURES]
    came += [
        f"{name!r} {many} times" for name, many in Counter(names).items() if many > 1 and name in FEATURES
    ]
    if names and not came:
        return ""
    return f"expected some of {', '.join(FEATURES)}, each once, came {came[0] if came else 'none'}"


def characters(text: str) -> set[int]:
    """Buckets of all sequences of one to three characters: no spelling and no word boundary escapes them."""
    # Of text in UTF-16 a view as wider integers is all its pairs (or fours) at once, made without a loop.
    units = text.encode("utf-16-le")
    found = set(memoryview(units).cast("H"))  # one alone is below the number of buckets
    for start in (0, 2):
        part = units[start:]
        found.update([two % CHARACTER_BUCKETS for two in memoryview(part[: len(part) // 4 * 4]).cast("I")])
    padded = units + b"\0\0"  # the last three have no fourth
    for start in (0, 2, 4, 6):
        part = padded[start:]
        fours = memoryview(part[: len(part) // 8 * 8]).cast("Q")
        found.update([(four & _THREE_UNITS) % CHARACTER_BUCKETS for four in fours])
    return found


def bucket(sequence: str) -> int:
    """The bucket that one sequence of characters falls into."""
    return int.from_bytes(sequence.encode("utf-16-le"), "little") % CHARACTER_BUCKETS


def read(post: Post, tokenizer: Tokenizer, as_seen: Seen | None = None) -> Reading:
    """`post` with its words; `as_seen`, where that is known already."""
    shown_title, shown_body, title, body = as_seen or seen(post)
    hidden = [*unmasked(shown_title), *unmasked(shown_body)]
    of_title, of_body = tokenizer.analysed(title), tokenizer.analysed(body)
    return Reading(
        title,
        of_title.words,
        body,
        of_body.words,
        f"{shown_title}\n{shown_body}",
        post.body,
        [word for one in hidden for word in tokenizer.analysed(one.text).words],
        [one.kind for one in hidden],
        (of_title, of_body),
    )


_PROBE = Post(
    "probe",
    1,
    EARLIEST,
    EARLIEST,
    "【急募】★★ 簡単な副業 ﾃﾞｰﾀ入力！！",
    "<p>誰でも<b>すぐに</b>稼 げ る、副・業・可。月収30万円以上 or $1,200 a week (50% off)！&amp;★☆★</p>"
    "<p hidden>見えない</p><a href='https://example.com/a?b=1'>shop.example.org</a> LINEで連絡"
    ": someone@example.net"
    "<br>03-1234-5678 fr3e 楽に儲・か・るc.a.s.i.n.oでw i nを cаsh ｶﾛ座 The quick brown foxes jumped, "
    "美しく静かに走っていた。\u200b㌔</p>",
)


class Featurizer:
    """Makes the tokens of posts by the named features.

    Raises BadModel for a name it does not know, or one named twice.
    """

    def __init__(
        self,
        names: Sequence[str],
        tokenizer: Tokenizer,
        sequences: Callable[[str], Collection[int]] = characters,
    ) -> None:
        if wrong := wrong_with(names):
            raise BadModel(f"features: {wrong}")
        self.names = tuple(names)
        self.tokenizer = tokenizer
        self._named = [NAMED_FEATURES[name] for name in names if name != CHARACTERS]
        self._has_characters = CHARACTERS in names
        self._sequences = sequences

    def named(self, names: Sequence[str]) -> "Featurizer":
        """The same dictionary with other features."""
        return Featurizer(names, self.tokenizer, self._sequences)

    def with_sequences(self, sequences: Callable[[str], Collection[int]]) -> "Featurizer":
        """The same, with the buckets of characters found in another way (at_once.characters)."""
        found = copy(self)
        found._sequences = sequences
        return found

    @cached_property
    def made_by(self) -> tuple[str, ...]:
        """What tokens depend on besides the post: the features, this code and the dictionaries.

        Tokens that are kept are good as long as it stays the same. The code is told by what it makes of a
        text that has something for every feature.
        """
        found = self.with_sequences(characters).tokens(_PROBE).ids()
        known = crc32(repr(sorted(map(sorted, found))).encode())
        return *self.names, f"{known:08x}", self.tokenizer.dictionaries

    def tokens(self, post: Post) -> Tokens:
        """The distinct tokens of `post`, always in the same order, so that sums over them are the same."""
        return self.tokens_of(read(post, self.tokenizer))

    def tokens_of(self, reading: Reading) -> Tokens:
        """The same of a post that was read."""
        return self.with_named(self.at_first(reading.title, reading.body), reading)

    def at_first(self, title: str, body: str) -> Tokens:
        """The tokens that are known without a dictionary: sequences of characters, of these texts."""
        if not self._has_characters:
            return Tokens(())
        text = " ".join(f"{title} {body}".split())
        return Tokens((), self._sequences(text), text)

    def with_named(self, tokens: Tokens, reading: Reading) -> Tokens:
        """The tokens of a post whose sequences were found `at_first`."""
        found: list[str] = []
        for feature in self._named:
            found += feature(reading)
        return tokens._replace(named=tuple(dict.fromkeys(found)))
