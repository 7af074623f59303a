"""A whole post at once: numpy for what a post has hundreds of, character sequences and weights.

Five times as fast as one after the other, with the same results to the last bit. Loading numpy takes as long
as hundreds of posts: so a judge begins without it, and training with it.
"""

import math
from collections.abc import Collection
from functools import cached_property
from typing import Any
from zlib import crc32

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from shared.spam.features import CHARACTER_BUCKETS, FIRST_NAMED, LONGEST_SEQUENCE, TokenIds, Tokens
from shared.spam.features import characters as one_by_one
from shared.spam.weights import NOWHERE, Found, Weights

Integers = NDArray[np.int64]
_GRID = float(1 << 24)
_LARGEST = 1 << 8
"""Multiples of 1 / _GRID below this are added without rounding, up to two million of them."""
_CHECKED_AT_ONCE = 1 << 16
_NEAR = 8
"""Slots looked at together from a token's first on: the processor fetches them at the price of one or two."""


def characters(text: str) -> Integers:
    """The buckets of `features.characters`, in ascending order."""
    units = np.frombuffer(text.encode("utf-16-le"), np.uint16)
    length = len(units)
    if length < LONGEST_SEQUENCE:
        return np.array(sorted(one_by_one(text)), np.int64)
    found = np.empty(3 * length - 3, np.int64)
    found[:length] = units
    two = units[1:].astype(np.int64)
    two <<= 16
    two += units[:-1]
    three = units[2:].astype(np.int64)
    three <<= 32
    three += two[:-1]
    np.remainder(two, CHARACTER_BUCKETS, out=found[length : 2 * length - 1])
    np.remainder(three, CHARACTER_BUCKETS, out=found[2 * length - 1 :])
    found.sort()
    is_first = np.empty(len(found), bool)
    is_first[0] = True
    np.not_equal(found[1:], found[:-1], out=is_first[1:])
    return found[is_first]


def token_ids(tokens: Tokens) -> TokenIds:
    """`Tokens.ids`, the named ones as an array."""
    named: Any = np.fromiter(map(crc32, map(str.encode, tokens.named)), np.uint32, len(tokens.named))
    named |= np.uint32(FIRST_NAMED)
    return TokenIds(named, tokens.buckets)


class WeightArrays(Weights):
    """Weights as arrays over the same bytes: what the tokens of a post have is taken in one go."""

    @classmethod
    def of(cls, weights: Weights) -> "WeightArrays":
        """The same weights."""
        return cls(weights.keys, weights.columns, weights.buckets)

    @cached_property
    def _arrays(self) -> tuple[Any, Any, list[Any], Any, bool]:
        """Keys, columns as rows, buckets, which of those speak, and whether sums are never rounded."""
        keys, *others = (
            np.require(part, requirements="A") for part in (self.keys, *self.columns, *self.buckets)
        )
        columns, buckets = _as_table(others[: len(self.columns)]), others[len(self.columns) :]
        # A quarter of the size: what most of a post's buckets are asked for stays nearer to the processor.
        speaks = buckets[0] != 0 if buckets else np.empty(0, bool)
        return keys, columns, buckets, speaks, all(map(_adds_exactly, others))

    def found(self, ids: TokenIds) -> Found:
        """As of the weights."""
        keys, _, _, speaks, _ = self._arrays
        near, is_passed = self._near
        tokens = np.asarray(ids.named, keys.dtype)
        slots = np.minimum(tokens & keys.dtype.type(len(keys) - 1), len(near) - 1).astype(np.intp)
        # No key is there twice, so that equal is found, whether a free slot comes before it or not.
        places, steps = np.divmod(np.flatnonzero(near[slots] == tokens[:, None]), near.shape[1])
        found: Any = slots[places] + steps
        if far := np.flatnonzero(is_passed[slots]).tolist():
            left = sorted(set(far).difference(places.tolist()))
            more = [(place, slot) for place in left if (slot := self.slot(int(ids.named[place]))) != NOWHERE]
            if more:
                places = np.concatenate((places, [place for place, _ in more]))
                found = np.concatenate((found, [slot for _, slot in more]))
        asked: Any = ids.buckets
        if not isinstance(asked, np.ndarray):
            asked = np.array(list(asked), np.int64)
        return Found(places.tolist(), found, asked[speaks[asked]] if len(speaks) else asked[:0])

    @cached_property
    def _near(self) -> tuple[Any, Any]:
        """The keys of the slots from each on, as rows where they lie, and whose own may lie farther."""
        keys = self._arrays[0]
        width = min(_NEAR, len(keys))
        near = as_strided(keys, (len(keys) - width + 1, width), (keys.itemsize,) * 2, writeable=False)
        is_passed = np.zeros(len(keys), bool)
        is_passed[len(near) - 1 :] = True  # after the last slot comes the first
        for start in range(0, len(keys), _CHECKED_AT_ONCE):
            part = keys[start : start + _CHECKED_AT_ONCE]
            taken = np.flatnonzero(part)
            first = part[taken] & keys.dtype.type(len(keys) - 1)
            is_passed[first[(taken + start - first) % len(keys) >= width]] = True
        return near, is_passed

    def at(self, found: Found, column: int = 0) -> list[float]:
        """As of the weights."""
        numbers: list[float] = self._at(found, column).tolist()
        return numbers

    def at_slots(self, found: Found, column: int = 0) -> list[float]:
        """As of the weights."""
        numbers: list[float] = self._arrays[1][column][found.slots].tolist()
        return numbers

    def ids(self, found: Found) -> list[int]:
        """As of the weights."""
        ids: list[int] = self._arrays[0][found.slots].tolist()
        return [*ids, *map(int, found.buckets)]

    def spoken_of(self, buckets: Collection[int]) -> tuple[float, int]:
        """As of the weights."""
        if not self.buckets:
            return 0.0, 0
        asked: Any = buckets if isinstance(buckets, np.ndarray) else np.array(list(buckets), np.int64)
        numbers = self._arrays[2][0].take(asked)
        return self._sum(numbers), int(np.count_nonzero(numbers))

    def spoken(self, found: Found) -> tuple[float, int]:
        """As of the weights."""
        numbers = self._at(found, 0)
        return self._sum(numbers), int(np.count_nonzero(numbers))

    def sums(self, found: Found, first: int = 0) -> list[float]:
        """As of the weights."""
        _, columns, buckets, _, adds_exactly = self._arrays
        if first < len(buckets) or not adds_exactly:
            return [self._sum(self._at(found, column)) for column in range(first, len(columns))]
        sums: list[float] = columns[first:].take(found.slots, axis=1).sum(axis=1, dtype=np.float64).tolist()
        return sums

    def _at(self, found: Found, column: int) -> NDArray[np.float32]:
        _, columns, buckets, _, _ = self._arrays
        numbers: NDArray[np.float32] = columns[column][found.slots]
        if column < len(buckets):
            numbers = np.concatenate((numbers, buckets[column][found.buckets]))
        return numbers

    def _sum(self, numbers: NDArray[np.float32]) -> float:
        # Both are the exact sum, rounded once or not at all.
        return float(numbers.sum(dtype=np.float64)) if self._arrays[4] else math.fsum(numbers.tolist())


def _as_table(columns: list[Any]) -> Any:
    """Columns as rows of one array: where they lie, when one lies behind the other, as in a stored model."""
    length = columns[0].nbytes
    starts = [column.ctypes.data for column in columns]
    # What was copied belongs to nobody but its array: only the model's own bytes are sure to stay.
    is_row_by_row = all(column.base is not None for column in columns) and starts == [
        starts[0] + row * length for row in range(len(columns))
    ]
    if is_row_by_row:
        return as_strided(columns[0], (len(columns), len(columns[0])), (length, 4), writeable=False)
    return np.stack(columns)


def _adds_exactly(numbers: NDArray[np.float32]) -> bool:
    """Whether all are whole parts of a grid, and small: then the sum of a post's is never rounded."""
    parts = (numbers[start : start + _CHECKED_AT_ONCE] for start in range(0, len(numbers), _CHECKED_AT_ONCE))
    return all(
        bool((np.abs(part) < _LARGEST).all() and not (part * np.float32(_GRID) % 1).any()) for part in parts
    )
