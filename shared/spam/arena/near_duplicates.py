"""Near-duplicates: posts that are copies of one text, whatever their ids say.

A text is compared by its shingles, its runs of 5 letters and numbers (2 of Japanese), in the form detectors
read, with every number written as 0: a copy with another amount, other tags or other decorations is still a
copy. Two texts are near-duplicates when about half of the shingles of both are shared (Jaccard 0.5), and
whatever is linked through near-duplicates is one group.

Source: A. Broder, "On the resemblance and containment of documents" (1997): the share of equal minima of
random orders estimates the Jaccard index. Texts with four equal minima in one of 32 bands are candidates,
and each is compared with its neighbour and with the first of its band: work grows with the number of posts,
not with its square.
"""

import hashlib
import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from shared.spam.posts import Post
from shared.spam.text import readable

SHINGLE, SHINGLE_OF_JAPANESE = 5, 2
"""Letters and numbers in a shingle that begins with one of an alphabet, or of Japanese: about a word."""
FIRST_JAPANESE = 0x2E80
ALIKE = 0.5
"""The share of shingles from which on two texts are near-duplicates."""
BANDS, ROWS = 32, 4
_AT_ONCE = 4_096
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_SEPARATING = re.compile(r"[\W_]+")

type Signatures = NDArray[np.uint32]


def groups_of_copies(posts: Iterable[Post]) -> list[int]:
    """The group of every post: equal for near-duplicates; numbered in the order their first posts come."""
    distinct: dict[str, int] = {}
    text_of = [distinct.setdefault(_compared(post), len(distinct)) for post in posts]
    groups = _Groups(len(distinct))
    signatures = np.array([_signature(text) for text in distinct], dtype=np.uint32)
    for band in range(BANDS if len(distinct) > 1 else 0):
        _join_alike(signatures, band, groups)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(groups.head(text), len(numbers)) for text in text_of]


def _compared(post: Post) -> str:
    text = f"{readable(post.title)} {readable(post.body)}"
    return _SEPARATING.sub("", _NUMBER.sub("0", text))


def _signature(text: str) -> Signatures:
    """The smallest shingle in each of 128 random orders. A text shorter than a shingle is one itself."""
    letters = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    shingles = _shingles(letters, SHINGLE)
    is_japanese = letters >= FIRST_JAPANESE
    if is_japanese.any():
        short = _shingles(letters, SHINGLE_OF_JAPANESE)
        parts = shingles[~is_japanese[: len(shingles)]], short[is_japanese[: len(short)]]
        shingles = np.concatenate(parts) if sum(map(len, parts)) else short
    shingles ^= shingles >> np.uint64(31)
    smallest = np.full(BANDS * ROWS, 0xFFFFFFFF, dtype=np.uint32)
    for start in range(0, len(shingles), _AT_ONCE):
        ordered = (shingles[start : start + _AT_ONCE, None] * _ORDERS) >> np.uint64(32)
        smallest = np.minimum(smallest, ordered.min(axis=0).astype(np.uint32))
    return smallest


def _shingles(letters: NDArray[np.uint64], length: int) -> NDArray[np.uint64]:
    """A number for every run of `length` letters; for fewer letters, one of all of them."""
    if len(letters) < length:
        letters = np.concatenate([letters, np.zeros(length - len(letters), dtype=np.uint64)])
    shingles = np.zeros(len(letters) - length + 1, dtype=np.uint64)
    for place in range(length):
        shingles = shingles * _FACTOR + letters[place : place + len(shingles)]
    return shingles


def _join_alike(signatures: Signatures, band: int, groups: "_Groups") -> None:
    """Joins the texts of each bucket of `band` with the one before them and with the bucket's first."""
    minima = signatures[:, band * ROWS : (band + 1) * ROWS]
    order = np.lexsort(minima.T)  # stable: of equal ones the first post comes first
    is_first = np.concatenate([[True], (minima[order][1:] != minima[order][:-1]).any(axis=1)])
    firsts = order[np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))]
    before = np.concatenate([order[:1], order[:-1]])
    for others in (before, firsts):
        later = np.flatnonzero(~is_first & (others != order))
        for start in range(0, len(later), _AT_ONCE):
            some = later[start : start + _AT_ONCE]
            alike = (signatures[order[some]] == signatures[others[some]]).mean(axis=1) >= ALIKE
            for one, other in zip(order[some[alike]].tolist(), others[some[alike]].tolist(), strict=True):
                groups.join(one, other)


class _Groups:
    """Which texts belong together, as a forest whose roots are the groups."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def head(self, one: int) -> int:
        while self._parent[one] != one:
            self._parent[one] = self._parent[self._parent[one]]
            one = self._parent[one]
        return one

    def join(self, one: int, other: int) -> None:
        first, second = sorted((self.head(one), self.head(other)))
        self._parent[second] = first


def _odd(name: str) -> int:
    """An odd 64-bit number that is the same everywhere."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") | 1


_FACTOR = np.uint64(_odd("shingle"))
_ORDERS = np.array([_odd(f"order {number}") for number in range(BANDS * ROWS)], dtype=np.uint64)
