"""Sources: where in HTML each character of its visible text stands.

In plain HTML it is seen at once (plain_sources.py). Of any other, no parser tells where in its input a piece
of text stood. So the text is read a second time with each of its characters exchanged for one that tells its
place, by the same parser: what that moves, hides or drops is moved, hidden or dropped here. The second
reading counts only as far as it says, character by character, the same as the first: where markup was
mistaken for text, nothing is known rather than something wrong.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from shared.spam.html import of_markup, way_of_reading, whole
from shared.spam.plain_html import plain_markup, text_of
from shared.spam.plain_sources import PlainRuns, plain_sources
from shared.spam.references import REFERENCE, referred_to
from shared.spam.rewriting import Span

_FIRST_MARKER = 0x20000
_MOST_MARKERS = 0x110000 - _FIRST_MARKER
"""Characters without small letters, and none of them means anything in HTML."""
_COMMENT_END = re.compile("--!?>")
_MARKUP = re.compile(
    r"""<(?:!--(?:-?>)?|[!?][^>]*>?|/?[a-z](?>[^>"'=]+|=\s*(?:"[^"]*"|'[^']*')?|["'])*>?|/[^>]*>?)""",
    re.IGNORECASE | re.ASCII,  # or İ would be a letter between a and z
)
# What HTML makes something of is left where it is: "<", the character 0 and HTML's own white space.
_PIECE = re.compile(
    rf"(?P<reference>{REFERENCE})"
    r"|[<\0\t\n\f\r ]+|(?P<text>&|[^&<\0\t\n\f\r ]+)"
)
_MEANS_SOMETHING = frozenset("\0\t\n\f\r ")


class VisibleText:
    """The visible text of `html`, and the sources of its characters. It costs two readings, in linear time.

    Of plain HTML one is enough. Sources are not looked for before they are asked for.
    """

    def __init__(self, html: str) -> None:
        self._html = html = whole(html)
        self._read = way_of_reading(html)
        self._plain = plain_markup(html) if self._read is of_markup else None
        self.text = text_of(self._plain[0]) if self._plain else self._read(html)

    def sources(self, start: int, end: int) -> list[Span]:
        """From where to where in `html` stands what each character of `text` from `start` up to `end` is of.

        That is one character, or all those of a reference such as &#x7a3c;. Where it is not known, as of the
        end of a line for which stands a tag, both are -1.
        """
        starts, ends = self._found
        return [(at, ends.get(at, at + 1)) for at in starts[start:end]]

    def run(self, start: int, end: int) -> Span | None:
        """The span of `html` that says, character by character, what `text` says from `start` up to `end`.

        None where there is none, and where that is not seen without looking for all sources.
        """
        if self._read is str:
            return start, end
        return self._runs.of(start, end) if self._runs else None

    @cached_property
    def _runs(self) -> PlainRuns | None:
        return PlainRuns(self._html, *self._plain) if self._plain else None

    @cached_property
    def _found(self) -> tuple[Sequence[int], Mapping[int, int]]:
        """Where the source of each character begins, and where those end that are not one character long."""
        if self._read is str:
            return range(len(self._html)), {}
        if self._plain:
            return plain_sources(self._html, *self._plain)
        starts, ends = _of_two_readings(self._html, self._read, self.text)
        return starts, {start: end for start, end in zip(starts, ends, strict=True) if end != start + 1}


def _of_two_readings(html: str, read: Callable[[str], str], text: str) -> tuple[list[int], list[int]]:
    reading = _Reading(_Marked(html), read, text)
    if reading.agreed < len(text) and "&" in html:  # as in <xmp>, where &amp; stands for itself
        again = _Reading(_Marked(html, with_references=False), read, text)
        reading = max(reading, again, key=lambda one: one.agreed)
    _fill_between(reading.starts, reading.ends, html, text)
    return reading.starts, reading.ends


def _fill_between(starts: list[int], ends: list[int], html: str, text: str) -> None:
    """Finds what was left where it is, where `html` has the same between the same neighbours."""
    at, length = 0, len(starts)
    while at < length:
        try:
            at = after = starts.index(-1, at)
        except ValueError:
            return
        while after < length and starts[after] < 0:
            after += 1
        left = ends[at - 1] if at else 0
        right = starts[after] if after < length else len(html)
        if html[left:right] == text[at:after]:
            starts[at:after] = range(left, right)
            ends[at:after] = range(left + 1, right + 1)
        at = after


class _Reading:
    """What markers tell of a visible text, as far as they agree with it from its start and from its end."""

    def __init__(self, marked: "_Marked", read: Callable[[str], str], text: str) -> None:
        told, starts, ends = marked.told_by(read(marked.html))
        same = _alike_at_start(told, text)
        rest = _alike_at_start(told[same:][::-1], text[same:][::-1])
        unsure = [-1] * (len(text) - same - rest)
        last = len(told) - rest
        self.agreed = same + rest
        self.starts = starts[:same] + unsure + starts[last:]
        self.ends = ends[:same] + unsure + ends[last:]


class _Marked:
    """HTML whose text characters are exchanged for markers, each of which stands for one of them."""

    def __init__(self, html: str, *, with_references: bool = True) -> None:
        self._with_references = with_references
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._characters: list[str] = []
        pieces = []
        at = 0
        for start, end in _texts(html):
            pieces.append(html[at:start])
            for piece in _PIECE.finditer(html, start, end):
                pieces.append(self._mark(piece))
            at = end
        self.html = "".join(pieces) + html[at:]

    def _mark(self, piece: re.Match[str]) -> str:
        start, end = piece.span()
        if piece["reference"] and not self._with_references:
            return piece[0]
        if piece["reference"]:
            characters, length = referred_to(piece[0])
            if length:
                if _MEANS_SOMETHING & set(characters):
                    return piece[0][:length] + self._exchange(start + length, end, piece[0][length:])
                first = self._count()
                self._starts += [start] * len(characters)
                self._ends += [start + length] * len(characters)
                self._characters += characters
                marked = _markers(first, self._count())
                return marked + self._exchange(start + length, end, piece[0][length:])
            if piece[0][1] == "#":
                return piece[0]
        elif not piece["text"]:
            return piece[0]
        return self._exchange(start, end, piece[0])

    def _exchange(self, start: int, end: int, text: str) -> str:
        first = self._count()
        if first + len(text) > _MOST_MARKERS:
            return text
        self._starts += range(start, end)
        self._ends += range(start + 1, end + 1)
        self._characters += text
        return _markers(first, self._count())

    def _count(self) -> int:
        return len(self._starts)

    def told_by(self, visible: str) -> tuple[str, list[int], list[int]]:
        """What visible markers stand for, and where the source of each stands; -1 for what is no marker."""
        count = self._count()
        marks = [
            mark if 0 <= (mark := number - _FIRST_MARKER) < count else count for number in map(ord, visible)
        ]
        told = [
            character if mark == count else self._characters[mark]
            for character, mark in zip(visible, marks, strict=True)
        ]
        starts, ends = [*self._starts, -1], [*self._ends, -1]
        return "".join(told), [starts[mark] for mark in marks], [ends[mark] for mark in marks]


def _markers(first: int, after: int) -> str:
    return "".join(map(chr, range(_FIRST_MARKER + first, _FIRST_MARKER + after)))


def _texts(html: str) -> Iterator[Span]:
    """The spans between markup. A comment that never ends is taken for a mere tag, as html.py does."""
    at = 0
    comments_end = True
    while found := _MARKUP.search(html, at):
        yield at, found.start()
        at = found.end()
        if found[0] == "<!--" and comments_end:
            if end := _COMMENT_END.search(html, at):
                at = end.end()
            else:
                comments_end = False
    yield at, len(html)


def _alike_at_start(one: str, other: str) -> int:
    """With how many characters both texts begin."""
    if one == other:
        return len(one)
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
