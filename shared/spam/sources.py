"""Sources: where in HTML each character of its visible text stands.

No parser tells where in its input a piece of text stood. So the text is read a second time with each of its
characters exchanged for one that tells its place, by the same parser: what that moves, hides or drops is
moved, hidden or dropped here. The second reading counts only as far as it says, character by character,
the same as the first: where markup was mistaken for text, nothing is known rather than something wrong.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from html.entities import html5

from shared.spam.html import USUAL_ENTITY, of_markup, plain_parts, text_of, way_of_reading, whole
from shared.spam.rewriting import Span

_FIRST_MARKER = 0x20000
_MOST_MARKERS = 0x110000 - _FIRST_MARKER
"""Characters without small letters, and none of them means anything in HTML."""
_LONGEST_NUMBER = 8
_COMMENT_END = re.compile("--!?>")
_MARKUP = re.compile(
    r"""<(?:!--(?:-?>)?|[!?][^>]*>?|/?[a-z](?>[^>"'=]+|=\s*(?:"[^"]*"|'[^']*')?|["'])*>?|/[^>]*>?)""",
    re.IGNORECASE | re.ASCII,  # or İ would be a letter between a and z
)
# What HTML makes something of is left where it is: "<", the character 0 and HTML's own white space.
_PIECE = re.compile(
    r"(?P<reference>&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]*);?)"
    r"|[<\0\t\n\f\r ]+|(?P<text>&|[^&<\0\t\n\f\r ]+)"
)
_SPACE = "\t\n\f\r "
_MEANS_SOMETHING = frozenset(f"\0{_SPACE}")


class VisibleText:
    """The visible text of `html`, and the sources of its characters. It costs two readings, in linear time.

    Character `n` of `text` comes from the characters of `html` from `starts[n]` up to `ends[n]`: one, or
    those of a reference such as &#x7a3c;. Where that is not known, as of the end of a line for which stands
    a tag, they are -1.
    """

    def __init__(self, html: str) -> None:
        html = whole(html)
        read = way_of_reading(html)
        if read is of_markup and (parts := plain_parts(html)) is not None:
            self.text = text_of(parts)
            self.starts, self.ends = _of_plain(parts, html)
            return
        self.text = read(html)
        if read is str:
            self.starts, self.ends = list(range(len(html))), list(range(1, len(html) + 1))
            return
        reading = _Reading(_Marked(html), read, self.text)
        if reading.agreed < len(self.text) and "&" in html:  # as in <xmp>, where &amp; stands for itself
            again = _Reading(_Marked(html, with_references=False), read, self.text)
            reading = max(reading, again, key=lambda one: one.agreed)
        self.starts, self.ends = reading.starts, reading.ends
        self._fill_between(html)

    def _fill_between(self, html: str) -> None:
        """Finds what was left where it is, where `html` has the same between the same neighbours."""
        starts, ends = self.starts, self.ends
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
            if html[left:right] == self.text[at:after]:
                starts[at:after] = range(left, right)
                ends[at:after] = range(left + 1, right + 1)
            at = after


def _of_plain(parts: Sequence[str], html: str) -> tuple[list[int], list[int]]:
    """Where the text of `parts` (html.plain_parts) stands: no marker is needed to see that.

    White space next to a tag has no place, as everywhere: it is not told from the line's end the tag may be.
    """
    starts: list[int] = []
    ends: list[int] = []
    tags, texts = ["", *parts[1::2]], parts[::2]
    last, end = len(texts) - 1, -1
    for number, (tag, part, text) in enumerate(zip(tags, html.split("<"), texts, strict=True)):
        end += 1 + len(part)  # where the next "<" stands
        if tag:  # a line's end
            starts.append(-1)
            ends.append(-1)
        if not text:
            continue
        begun, first = len(starts), end - len(text)
        at = first
        for entity in USUAL_ENTITY.finditer(text) if "&" in text else ():
            starts += range(at, first + entity.start() + 1)
            ends += range(at + 1, first + entity.start() + 1)
            at = first + entity.end()
            ends.append(at)
        starts += range(at, end)
        ends += range(at + 1, end + 1)
        if text[0] in _SPACE or text[-1] in _SPACE:
            inner = text.strip(_SPACE)
            before = text.index(inner) if inner and number else 0
            after = len(text) - text.index(inner) - len(inner) if number < last or not inner else 0
            for places in (starts, ends):
                places[begun : begun + before] = [-1] * before
                places[len(places) - after :] = [-1] * after
    return starts, ends


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
            characters, length = _referred_to(piece[0])
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


def _referred_to(reference: str) -> tuple[str, int]:
    """What a character reference stands for, and how much of `reference` it is; 0 where it is none."""
    if reference[1] == "#":
        characters = unescape(reference) if len(reference) <= _LONGEST_NUMBER + 3 else ""
        return characters, len(reference) * bool(characters)
    name = reference[1:]
    for length in range(min(len(name), 33), 1, -1):  # &copyright is © and right
        if characters := html5.get(name[:length], ""):
            return characters, length + 1
    return "", 0


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
