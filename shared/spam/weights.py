"""Weights: what a model holds of each token, found in a moment and read without a copy.

A model has up to millions of tokens, and a function that has just started must judge at once: so they are
not a dictionary that would be built first, but bytes, used where they lie.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from shared.errors import BadModel
from shared.spam.features import CHARACTER_BUCKETS, TokenIds

NOWHERE = -1
FREE = 0
"""The key of a free slot; no named token's id is below 2**31."""


class Found(NamedTuple):
    """Tokens of a post that have weights."""

    places: Sequence[int]  # of the named ones among those asked for
    slots: Sequence[int]  # of the same
    buckets: Sequence[int]


@dataclass(frozen=True)
class Weights:
    """Numbers for tokens, `columns` of them for each.

    Named tokens lie in an open-addressed hash table: a token is in the first slot from `id % slots` on that
    holds its id; `slots` is a power of two. Buckets of characters have a place each, 0 where they say
    nothing in the first column.
    """

    keys: "memoryview[int]"  # of unsigned 32-bit integers, one a slot
    columns: "tuple[memoryview[float], ...]"  # of 32-bit floats, one a slot each
    buckets: "tuple[memoryview[float], ...]"  # of 32-bit floats, one a bucket each, for the first columns

    def __len__(self) -> int:
        """How many tokens there are."""
        return sum(map(bool, self.keys)) + (sum(map(bool, self.buckets[0])) if self.buckets else 0)

    def slot(self, token: int) -> int:
        """Where the numbers of a named token are; NOWHERE when it has none."""
        keys, mask = self.keys, len(self.keys) - 1
        slot = token & mask
        while key := keys[slot]:
            if key == token:
                return slot
            slot = slot + 1 & mask
        return NOWHERE

    def found(self, ids: TokenIds) -> Found:
        """Where those tokens that have numbers have them."""
        slots = list(map(self.slot, ids.named))
        places = [place for place, slot in enumerate(slots) if slot != NOWHERE]
        slots = [slots[place] for place in places]
        if not self.buckets:
            return Found(places, slots, [])
        speaks = self.buckets[0]
        return Found(places, slots, [bucket for bucket in ids.buckets if speaks[bucket]])

    def at(self, found: Found, column: int = 0) -> list[float]:
        """One number of each token found, named ones first. Buckets have none in columns of no buckets."""
        numbers = self.at_slots(found, column)
        if column < len(self.buckets):
            numbers += map(self.buckets[column].__getitem__, found.buckets)
        return numbers

    def at_slots(self, found: Found, column: int = 0) -> list[float]:
        """One number of each named token found."""
        return list(map(self.columns[column].__getitem__, found.slots))

    def ids(self, found: Found) -> list[int]:
        """The ids of the tokens found, in the order of `at`."""
        return [*map(self.keys.__getitem__, found.slots), *found.buckets]

    def spoken_of(self, buckets: Collection[int]) -> tuple[float, int]:
        """`spoken` of these buckets alone."""
        numbers = list(filter(None, map(self.buckets[0].__getitem__, buckets))) if self.buckets else []
        return math.fsum(numbers), len(numbers)

    def spoken(self, found: Found) -> tuple[float, int]:
        """The sum of the numbers that are not 0 in the first column, and how many they are."""
        numbers = list(filter(None, self.at(found)))
        # fsum: the same to the last bit in whatever order they come.
        return math.fsum(numbers), len(numbers)

    def sums(self, found: Found, first: int = 0) -> list[float]:
        """The sum of every column, of those from `first` on."""
        return [math.fsum(self.at(found, column)) for column in range(first, len(self.columns))]

    def to_plain(self) -> dict[str, Any]:
        """As a pickle of plain types holds it."""
        return {
            "keys": self.keys.tobytes(),
            "columns": [column.tobytes() for column in self.columns],
            "buckets": [column.tobytes() for column in self.buckets],
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "Weights":
        """From `to_plain`. Raises BadModel where the parts don't fit together."""
        try:
            keys = memoryview(plain["keys"]).cast("I")
            columns = tuple(memoryview(column).cast("f") for column in plain["columns"])
            buckets = tuple(memoryview(column).cast("f") for column in plain["buckets"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadModel(f"weights: expected keys, columns and buckets as bytes, came {error}") from error
        slots = len(keys)
        fits = slots > 0 and slots & slots - 1 == 0 and {len(column) for column in columns} == {slots}
        fits = fits and 0 < len(columns) >= len(buckets)
        if not fits or any(len(column) != CHARACTER_BUCKETS for column in buckets) or FREE not in keys:
            raise BadModel(
                f"weights: expected columns as long as the keys, a power of two with a free one, and "
                f"{CHARACTER_BUCKETS:,} buckets, came {slots} keys, columns of "
                f"{[len(column) for column in columns]} and buckets of {[len(column) for column in buckets]}"
            )
        return cls(keys, columns, buckets)
