"""Whereabouts: where in a post the tokens stand that a learnt filter gave as its reasons."""

from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import islice, pairwise

from shared.spam import structure
from shared.spam.evasion import unmasked
from shared.spam.explaining import MOST_FINDS
from shared.spam.posts import Post
from shared.spam.rewriting import undecorating
from shared.spam.text import readable, without_decoration
from shared.spam.tokens import Tokenizer
from shared.spam.verdicts import Place

_TITLE = "title:"


def whereabouts(post: Post, tokens: Sequence[str], tokenizer: Tokenizer) -> Mapping[str, Sequence[Place]]:
    """Where each of `tokens` stands in the readable text of `post`, without its decorations; the first few.

    Words stand where their base form was read, pairs from the first word to the second, masked words and
    signs where they are written, and a piece of text wherever it is. What stands in no text, a length or a
    share, has no place.
    """
    wanted = frozenset(token.removeprefix(_TITLE) for token in tokens)
    fields = {
        name: _Field(html, tokenizer, wanted) for name, html in (("title", post.title), ("body", post.body))
    }
    return {
        token: [
            Place(name, *span)
            for name, field in fields.items()
            if name == "title" or not token.startswith(_TITLE)
            for span in islice(field.spans(token.removeprefix(_TITLE)), MOST_FINDS)
        ]
        for token in tokens
    }


class _Field:
    """A title or a body, read for the wanted words and pairs, with their places."""

    def __init__(self, html: str, tokenizer: Tokenizer, wanted: Set[str]) -> None:
        self._readable = readable(html)
        self._text = without_decoration(self._readable)
        self._undecorated = undecorating(self._readable)
        self._places: dict[str, list[tuple[int, int]]] = {}
        morphemes = tokenizer.morphemes(self._text)
        firsts = {token.partition(" ")[0] for token in wanted if " " in token}
        for one in morphemes:
            if one.word in wanted:
                self._places.setdefault(one.word, []).append((one.start, one.end))
        for one, other in pairwise(morphemes):
            if one.word in firsts and (pair := f"{one.word} {other.word}") in wanted:
                self._places.setdefault(pair, []).append((one.start, other.end))
        self._masked = [(set(tokenizer.words(one.text)), one) for one in unmasked(self._readable)]

    def spans(self, token: str) -> Iterator[tuple[int, int]]:
        """Where the text without decorations has `token`, in the order of reading."""
        found = list(self._words(token)) or list(self._signs(token)) or list(self._written(token))
        return iter(dict.fromkeys(found))

    def _words(self, token: str) -> Iterator[tuple[int, int]]:
        yield from self._places.get(token, ())
        for words, masked in self._masked:
            if token in words:
                yield from self._after(masked.start, masked.end)

    def _signs(self, token: str) -> Iterator[tuple[int, int]]:
        for start, end in structure.spans(self._readable, token):
            yield from self._after(start, end)

    def _written(self, token: str) -> Iterator[tuple[int, int]]:
        """A piece of text: only such a reason has neither words nor signs."""
        start = self._text.find(token) if token.strip() else -1
        while start >= 0:
            yield start, start + len(token)
            start = self._text.find(token, start + len(token))

    def _after(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        span = self._undecorated.after(start, end)
        if span[0] < span[1]:
            yield span
