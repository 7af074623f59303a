"""A post with its verdict's reasons pointed out: pieces of its text, each with the reason it is."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

from infra.local.platform.text import with_link_targets
from shared.spam.posts import Post
from shared.spam.sources import VisibleText
from shared.spam.verdicts import Reason

_WORD_OR_END = re.compile(r"\S+|\n")


@dataclass(frozen=True)
class Piece:
    """Some text of a post, and which reason it is: its number on the page, from 1; 0 for none."""

    text: str
    number: int


@dataclass(frozen=True)
class Highlights:
    """A post in pieces: its title, its body as a reviewer reads it, and the body's HTML as it was written."""

    title: Sequence[Piece] = ()
    body: Sequence[Piece] = ()
    html: Sequence[Piece] = ()

    @property
    def shown(self) -> frozenset[int]:
        """The numbers of the reasons that are pointed out where a reviewer reads."""
        return frozenset(piece.number for piece in chain(self.title, self.body) if piece.number)


def highlights(post: Post, reasons: Sequence[Reason]) -> Highlights:
    """`post` with its `reasons` pointed out; where several stand in one place, the first of them."""
    title, body = (_numbers(reasons, name) for name in ("title", "body"))
    return Highlights(
        _pieces((character, title.get(at, 0)) for at, character in enumerate(post.title)),
        _pieces(_as_read(post.body, body)),
        _pieces((character, body.get(at, 0)) for at, character in enumerate(post.body)),
    )


def _numbers(reasons: Sequence[Reason], field: str) -> dict[int, int]:
    """Of each character of the field that is some reason's, the number of that reason."""
    numbers: dict[int, int] = {}
    for number, reason in enumerate(reasons, start=1):
        for place in reason.places:
            if place.field == field:
                numbers = dict.fromkeys(range(place.start, place.end), number) | numbers
    return numbers


def _as_read(html: str, numbers: dict[int, int]) -> Iterator[tuple[str, int]]:
    """The characters of text.py's `readable`, each with the number of its reason."""
    linked = with_link_targets(html)
    visible = VisibleText(linked.text)
    reason_of = [
        numbers.get(linked.before(start, start + 1)[0], 0) if start >= 0 and numbers else 0
        for start, _ in visible.sources(0, len(visible.text))
    ]
    end, gap = 0, ""
    for word in _WORD_OR_END.finditer(visible.text):
        if word[0] == "\n":
            gap = "\n" if end else ""
            continue
        if end:
            is_one = not gap and reason_of[end - 1] == reason_of[word.start()]
            yield gap or " ", reason_of[word.start()] if is_one else 0
        end, gap = word.end(), ""
        yield from zip(word[0], reason_of[word.start() : end], strict=True)


def _pieces(characters: Iterable[tuple[str, int]]) -> tuple[Piece, ...]:
    runs = groupby(characters, key=lambda one: one[1])
    return tuple(Piece("".join(character for character, _ in run), number) for number, run in runs)
