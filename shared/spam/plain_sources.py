"""Where in plain HTML each character of its visible text stands: no second reading is needed to see that."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from shared.spam.plain_html import USUAL_ENTITY, Change, changed, entities_read

_SPACE = "\t\n\f\r "


class PlainRuns:
    """Where runs of the visible text of `html` stand in it: a few, each looked for by itself.

    `parts` are plain_html.plain_parts of `html` with `changes` made.
    """

    def __init__(self, html: str, parts: Sequence[str], changes: Sequence[Change]) -> None:
        plain = changed(html, changes)
        self._parts = parts
        read = map(entities_read, parts) if "&" in plain else parts
        self._begins = [0, *accumulate(map(len, read))]  # in the text
        # Where what each "<" parts ends, those signs not counted.
        self._ends = list(accumulate(map(len, plain.split("<"))))
        self._before = _before(changes) if changes else int

    def of(self, start: int, end: int) -> tuple[int, int] | None:
        """Where the text from `start` up to `end` stands; None where a tag or entity is in it, or may be."""
        number = bisect_right(self._begins, start) - 1
        if number % 2 or end > self._begins[number + 1]:
            return None
        text, start, end = self._parts[number], start - self._begins[number], end - self._begins[number]
        for entity in USUAL_ENTITY.finditer(text) if "&" in text else ():
            if entity.start() >= end:
                break
            if entity.start() >= start:
                return None
            start, end = (at + len(entity[0]) - 1 for at in (start, end))
        if text[start] in _SPACE or text[end - 1] in _SPACE:
            return None
        first = self._before(self._ends[number // 2] + number // 2 - len(text) + start)
        return first, first + end - start


def plain_sources(
    html: str, parts: Sequence[str], changes: Sequence[Change]
) -> tuple[list[int], dict[int, int]]:
    """Where in `html` the source of each character begins, and where those end that are several characters.

    `parts` are plain_html.plain_parts of `html` with `changes` made. Of a line's end for which stands a tag
    nothing is known (-1), nor of white space next to a tag: it is not told from the line's end that may be.
    """
    starts: list[int] = []
    ends = {-1: -1}
    before = _before(changes) if changes else None
    tags, texts = ["", *parts[1::2]], parts[::2]
    last = -1
    for number, (tag, text, part) in enumerate(
        zip(tags, texts, changed(html, changes).split("<"), strict=True), start=1
    ):
        last += 1 + len(part)  # where the next "<" stands
        if tag:  # a line's end
            starts.append(-1)
        if not text:
            continue
        begun, first = len(starts), last - len(text)
        if before or "&" in text:
            starts += _of_text(text, first, before or int, ends)
        else:
            starts += range(first, last)
        if text[0] in _SPACE or text[-1] in _SPACE:
            left = len(text) - len(text.lstrip(_SPACE)) if number > 1 else 0
            right = len(text) - len(text.rstrip(_SPACE)) if number < len(texts) else 0
            starts[begun : begun + left] = [-1] * left
            starts[len(starts) - right :] = [-1] * right
    return starts, ends


def _of_text(text: str, first: int, before: Callable[[int], int], ends: dict[int, int]) -> list[int]:
    """Where the source of each character of a text between tags begins, which itself begins at `first`."""
    starts: list[int] = []
    at = first
    for entity in USUAL_ENTITY.finditer(text):
        start, end = first + entity.start(), first + entity.end()
        starts += range(before(at), before(at) + start - at)
        starts.append(before(start))
        ends[starts[-1]] = before(end)
        at = end
    starts += range(before(at), before(at) + first + len(text) - at)
    return starts


def _before(changes: Sequence[Change]) -> Callable[[int], int]:
    """What tells where that stood before `changes` which then stands next to one, or between two."""
    longer = accumulate(len(new) - (end - start) for start, end, new in changes)
    ends = [end + by for (_, end, _), by in zip(changes, longer, strict=True)]

    def before(at: int) -> int:
        change = bisect_right(ends, at) - 1
        return at if change < 0 else changes[change][1] + at - ends[change]

    return before
