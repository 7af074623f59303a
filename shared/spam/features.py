"""Features: named functions from a post to tokens, the countable strings a model learns from.

A model records the names of its features and is only ever judged with the same ones. A new feature is a
function here and its line in FEATURES; a name is never given to another meaning.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shared.errors import BadModel
from shared.spam.posts import Post
from shared.spam.text import readable, without_decoration
from shared.spam.tokens import Tokenizer


@dataclass(frozen=True)
class Reading:
    """What the features of one post are made from, read once for all of them."""

    title: str
    title_words: Sequence[str]
    body: str
    body_words: Sequence[str]


Feature = Callable[[Reading], Sequence[str]]


def words(reading: Reading) -> Sequence[str]:
    """Content words of title and body."""
    return [*reading.title_words, *reading.body_words]


def title_words(reading: Reading) -> Sequence[str]:
    """Content words of the title, told apart from the body's: a title is where a lure is cast."""
    return [f"title:{word}" for word in reading.title_words]


def word_pairs(reading: Reading) -> Sequence[str]:
    """Neighbouring content words of the body, in order."""
    following = reading.body_words[1:]
    return [f"{first} {second}" for first, second in zip(reading.body_words, following, strict=False)]


FEATURES: Mapping[str, Feature] = {
    "words": words,
    "title_words": title_words,
    "word_pairs": word_pairs,
}
DEFAULT_FEATURES = ("words", "title_words", "word_pairs")


def is_word(token: str) -> bool:
    """Whether a token is a plain word: those of the other features hold a space or begin with a field."""
    return " " not in token and not token.startswith("title:")


def read(post: Post, tokenizer: Tokenizer) -> Reading:
    """`post` as its reader sees it, with its words."""
    title = without_decoration(readable(post.title))
    body = without_decoration(readable(post.body))
    return Reading(title, tokenizer.words(title), body, tokenizer.words(body))


class Featurizer:
    """Makes the tokens of posts by the named features. Raises BadModel for a name it does not know."""

    def __init__(self, names: Sequence[str], tokenizer: Tokenizer) -> None:
        unknown = [name for name in names if name not in FEATURES]
        if unknown or not names:
            raise BadModel(
                f"features: expected some of {', '.join(FEATURES)}, came {', '.join(unknown) or 'none'}"
            )
        self.names = tuple(names)
        self._features = [FEATURES[name] for name in names]
        self._tokenizer = tokenizer

    def named(self, names: Sequence[str]) -> "Featurizer":
        """The same dictionary with other features."""
        return Featurizer(names, self._tokenizer)

    def tokens(self, post: Post) -> tuple[str, ...]:
        """The distinct tokens of `post`, always in the same order, so that sums over them are the same."""
        reading = read(post, self._tokenizer)
        return tuple(dict.fromkeys(token for feature in self._features for token in feature(reading)))
