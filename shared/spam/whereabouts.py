"""Whereabouts: where in a post the tokens stand that a learnt filter gave as its reasons."""

from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cached_property
from itertools import chain

from shared.spam import structure
from shared.spam.evasion import Unmasked, unmasked
from shared.spam.explaining import MOST_FINDS
from shared.spam.features import Reading
from shared.spam.rewriting import Rewriting, undecorating
from shared.spam.seen import Seen
from shared.spam.tokens import Analysis, Tokenizer
from shared.spam.verdicts import Place

_TITLE = "title:"


def whereabouts(
    seen: Seen, reading: Reading, tokens: Sequence[str], tokenizer: Tokenizer
) -> Mapping[str, Sequence[Place]]:
    """Where each of `tokens` stands in a post's texts without their decorations; the first few.

    Words stand where their base form was read, pairs from the first word to the second, masked words and
    signs where they are written, and a piece of text wherever it is. What stands in no text, a length or a
    share, has no place.
    """
    wanted = frozenset(token.removeprefix(_TITLE) for token in tokens)
    fields = {
        "title": _Field(seen.shown_title, seen.title, reading.analyses[0], wanted),
        "body": _Field(seen.shown_body, seen.body, reading.analyses[1], wanted),
    }
    if reading.masks:
        for field in fields.values():
            field.unmask(tokenizer)
    return {
        token: [
            Place(name, *span)
            for name, field in fields.items()
            if name == "title" or not token.startswith(_TITLE)
            for span in field.spans(token.removeprefix(_TITLE))[:MOST_FINDS]
        ]
        for token in tokens
    }


class _Field:
    """A title or a body, read for the wanted words and pairs, with their places."""

    def __init__(self, readable: str, text: str, analysis: Analysis, wanted: Set[str]) -> None:
        self._readable, self._text = readable, text
        self._places = analysis.places(wanted)
        self._masked: list[tuple[Set[str], Unmasked]] = []

    def unmask(self, tokenizer: Tokenizer) -> None:
        """Looks for the wanted in masked words as well."""
        self._masked = [(set(tokenizer.analysed(one.text).words), one) for one in unmasked(self._readable)]

    @cached_property
    def _undecorated(self) -> Rewriting:
        return undecorating(self._readable)

    def spans(self, token: str) -> Sequence[tuple[int, int]]:
        """Where the text without decorations has `token`, in the order of reading."""
        found = self._places.get(token, ())
        if self._masked:
            found = list(dict.fromkeys((*found, *self._unmasked(token))))
        return found or self._signs(token) or self._written(token)

    def _unmasked(self, token: str) -> Iterator[tuple[int, int]]:
        for words, masked in self._masked:
            if token in words:
                yield from self._after(masked.start, masked.end)

    def _signs(self, token: str) -> Sequence[tuple[int, int]]:
        kind, colon, value = token.partition(":")
        if not colon:
            return ()
        if kind == "mask":
            signs = [(one.start, one.end) for _, one in self._masked if one.kind == value]
        else:
            signs = list(structure.spans(self._readable, token))
        spans = (self._after(*sign) for sign in signs)
        return list(dict.fromkeys(chain.from_iterable(spans)))

    def _written(self, token: str) -> Sequence[tuple[int, int]]:
        """A piece of text: only such a reason has neither words nor signs."""
        spans = []
        start = self._text.find(token) if token.strip() else -1
        while start >= 0:
            spans.append((start, start + len(token)))
            start = self._text.find(token, start + len(token))
        return spans

    def _after(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        span = self._undecorated.after(start, end)
        if span[0] < span[1]:
            yield span
