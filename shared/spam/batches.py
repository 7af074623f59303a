"""Batches: many posts are read together, and their tokens become the arrays they are counted by all at once.

Every step is taken for all posts of a batch before the next: the analyser's dictionary, the patterns and the
tree builder then stay in the processor's caches, which saves a quarter of the time. Training reads a day of
posts or sixty; a judge, one.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import batched, chain, pairwise

import numpy as np

from shared.spam.at_once import characters
from shared.spam.counts import Ids
from shared.spam.evasion import unmasked
from shared.spam.features import Featurizer, Reading, Tokens, token_id
from shared.spam.posts import Post
from shared.spam.text import readable, without_decoration
from shared.spam.tokens import Tokenizer

MOST_AT_ONCE = 500
"""Posts of one batch: those of more would only fill the memory."""
MOST_KNOWN = 200_000
"""Tokens whose ids are remembered: some 25 MB."""
_ID_BITS = 32


def read_all(posts: Iterable[Post], featurizer: Featurizer) -> Iterator[tuple[Tokens, Ids]]:
    """Every post's tokens, and the ids of them in ascending order, each once (as `counts.array_of`)."""
    featurizer, known = featurizer.with_sequences(characters), _Known()
    for batch in batched(posts, MOST_AT_ONCE, strict=False):
        tokens = list(map(featurizer.tokens_of, _read(batch, featurizer.tokenizer)))
        yield from zip(tokens, _arrays(tokens, known), strict=True)


def _read(posts: Sequence[Post], tokenizer: Tokenizer) -> list[Reading]:
    """What `features.read` makes of each."""
    shown = [[readable(post.title) for post in posts], [readable(post.body) for post in posts]]
    plain = [list(map(without_decoration, texts)) for texts in shown]
    words = [list(map(tokenizer.words, texts)) for texts in plain]
    hidden = [[*unmasked(title), *unmasked(body)] for title, body in zip(*shown, strict=True)]
    return [
        Reading(
            title,
            title_words,
            body,
            body_words,
            f"{shown_title}\n{shown_body}",
            post.body,
            [word for one in masked for word in tokenizer.words(one.text)],
            [one.kind for one in masked],
        )
        for post, shown_title, shown_body, title, body, title_words, body_words, masked in zip(
            posts, *shown, *plain, *words, hidden, strict=True
        )
    ]


def _arrays(tokens: Sequence[Tokens], known: "_Known") -> list[Ids]:
    named = [len(one.named) for one in tokens]
    ids = map(known.__getitem__, chain.from_iterable(one.named for one in tokens))
    posts = np.arange(len(tokens)) << _ID_BITS
    keys = np.fromiter(ids, np.int64, sum(named))
    keys += np.repeat(posts, named)
    keys.sort()  # by post, then by id
    is_first = np.ones(len(keys), bool)
    np.not_equal(keys[1:], keys[:-1], out=is_first[1:])
    keys = keys[is_first]
    bounds = pairwise([*np.searchsorted(keys, posts).tolist(), len(keys)])
    of_named = keys.astype(np.uint32)
    # Buckets are below all of those, and in order already.
    return [
        np.concatenate((np.asarray(one.buckets, np.uint32), of_named[first:after]))
        for one, (first, after) in zip(tokens, bounds, strict=True)
    ]


class _Known(dict[str, int]):
    """The ids of tokens: most tokens of a post are of others too."""

    def __missing__(self, token: str) -> int:
        if len(self) >= MOST_KNOWN:
            self.clear()
        self[token] = found = token_id(token)
        return found
