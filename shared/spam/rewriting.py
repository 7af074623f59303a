"""A text rewritten step by step, which still knows what of the first text became what of the last.

A step replaces spans; between them, text moves without a change. Only the spans are kept, so a place is
found in either direction by one bisection a step, however long the text.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from shared.spam.text import (
    AFTER_LETTER,
    BLOCK_OF_MARKS,
    MANY_SYMBOLS,
    UNSEEN,
    decoration_of,
    is_mark,
    is_odd,
)

_REMEMBERED = 4_096
"""Characters of which it is remembered what NFKC does to them: texts have few others."""

_CHANGEABLE = re.compile("[^\0-\x7f←-⇿─-➿、-〩ぁ-ゖァ-ー一-鿿]")
"""All that NFKC may do something about, and some more: what most texts consist of, it leaves as it is."""

type Change = tuple[int, int, str]
"""What stands from one place up to another, and what takes its place."""
type Span = tuple[int, int]


class Rewriting:
    """A text and the steps that led to it."""

    def __init__(self, text: str) -> None:
        self.original = self.text = text
        self._steps: list[_Step] = []

    def change(self, changes: Iterable[Change]) -> None:
        """Make `changes`, which come in order, do not overlap, and each replace a character or more."""
        kept: list[str] = []
        step = _Step()
        at = length = 0
        for start, end, new in changes:
            kept += (self.text[at:start], new)
            length += start - at
            step.note(length, length + len(new), start, end)
            length += len(new)
            at = end
        if at:
            self.text = "".join(kept) + self.text[at:]
            self._steps.append(step)

    def before(self, start: int, end: int) -> Span:
        """Where in the first text stands what the last has from `start` up to `end`, one character or more.

        Of what was replaced as one it is the whole: of ㌔ → キロ, either of キ and ロ comes from all of ㌔.
        """
        for step in reversed(self._steps):
            start, end = _moved(start, end, step.new_starts, step.new_ends, step.old_starts, step.old_ends)
        return start, end

    def after(self, start: int, end: int) -> Span:
        """Where in the last text stands what the first has from `start` up to `end`; empty if it is gone.

        What lies outside of the first text is cut off.
        """
        start, end = max(start, 0), min(end, len(self.original))
        for step in self._steps:
            if start < end:
                start, end = _moved(
                    start, end, step.old_starts, step.old_ends, step.new_starts, step.new_ends
                )
        return start, end


class _Step:
    """The spans one step replaced, by where they stood before and stand after."""

    def __init__(self) -> None:
        self.new_starts: list[int] = []
        self.new_ends: list[int] = []
        self.old_starts: list[int] = []
        self.old_ends: list[int] = []

    def note(self, new_start: int, new_end: int, old_start: int, old_end: int) -> None:
        self.new_starts.append(new_start)
        self.new_ends.append(new_end)
        self.old_starts.append(old_start)
        self.old_ends.append(old_end)


def _moved(
    start: int,
    end: int,
    starts: Sequence[int],
    ends: Sequence[int],
    other_starts: Sequence[int],
    other_ends: Sequence[int],
) -> Span:
    first, last = bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1
    if first >= 0:
        at_end = start - ends[first]
        start = other_starts[first] if at_end < 0 else other_ends[first] + at_end
    if last >= 0:
        at_end = end - ends[last]
        end = other_ends[last] + max(at_end, 0)
    return start, end


def normalising(visible: str) -> Rewriting:
    """How `visible` text becomes what detectors read: the steps of text.py, one by one."""
    rewriting = Rewriting(visible)
    if is_odd(visible):
        rewriting.change((one.start(), one.end(), "") for one in re.finditer(UNSEEN, visible))
        rewriting.text = rewriting.text.replace("\f", " ")
        rewriting.change(_marks(MANY_SYMBOLS, rewriting.text))
    rewriting.change(_compositions(rewriting.text))
    if "\u0130" in rewriting.text:  # the only one of whose small letter are two
        rewriting.change(
            (one.start(), one.end(), one[0].lower()) for one in re.finditer("\u0130", rewriting.text)
        )
    rewriting.text = rewriting.text.lower()
    rewriting.change(_compositions(rewriting.text))
    if BLOCK_OF_MARKS.search(rewriting.text):
        rewriting.change(_marks(AFTER_LETTER, rewriting.text))
        rewriting.change(_compositions(rewriting.text))
    return rewriting


def undecorating(readable: str) -> Rewriting:
    """How readable text loses its decorations."""
    rewriting = Rewriting(readable)
    rewriting.change((one.start(), one.end(), " ") for one in decoration_of(readable).finditer(readable))
    return rewriting


def _marks(symbols: str, text: str) -> Iterator[Change]:
    for run in re.finditer(symbols, text):
        for at in range(run.start(), run.end()):
            if is_mark(text[at]):
                yield at, at + 1, ""


def _compositions(text: str) -> Iterator[Change]:
    """What NFKC changes: characters with all that may compose with them, each as one."""
    if unicodedata.is_normalized("NFKC", text):
        return
    groups: list[list[int]] = []
    for one in _CHANGEABLE.finditer(text):
        at, character = one.start(), one[0]
        joins = _may_join(character)
        if not joins and not _is_exchanged(character):
            continue
        if joins and groups and groups[-1][1] == at:
            groups[-1][1] = at + 1
        else:
            groups.append([at - 1 if joins and at else at, at + 1])
    for start, end in groups:
        composed = unicodedata.normalize("NFKC", text[start:end])
        if composed != text[start:end]:
            yield start, end, composed


@lru_cache(maxsize=_REMEMBERED)
def _is_exchanged(character: str) -> bool:
    """Whether NFKC has another character, or several, for it."""
    return not unicodedata.is_normalized("NFKC", character)


@lru_cache(maxsize=_REMEMBERED)
def _may_join(character: str) -> bool:
    """Whether it may compose with what is before it: marks, and the vowels and last consonants of Hangul."""
    first = unicodedata.normalize("NFKD", character)[0]
    return (
        unicodedata.category(first).startswith("M")
        or unicodedata.combining(first) > 0
        or "\u1160" <= first <= "\u11ff"
    )
