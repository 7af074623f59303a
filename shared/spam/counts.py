"""Counts: in how many posts of each kind a token stands. Integers, so that days add and subtract exactly."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.spam.features import FIRST_NAMED, TokenIds
from shared.spam.labels import ORDINARY

Ids = NDArray[np.uint32]


def array_of(ids: TokenIds) -> Ids:
    """The ids of a post's tokens as they are counted and kept: ascending, each once."""
    return np.unique(np.array([*ids.named, *ids.buckets], np.uint32))


def parts_of(ids: Ids) -> TokenIds:
    """The ids of an array as a filter takes them."""
    cut = int(np.searchsorted(ids, FIRST_NAMED))
    return TokenIds(ids[cut:].tolist(), ids[:cut].tolist())


@dataclass(frozen=True, eq=False)
class Counts:
    """The posts of some days, counted by their distinct tokens.

    `posts` is their number by violation class (ORDINARY among them), `ids` the tokens that stand in any, in
    ascending order, and `table[i, j]` in how many posts of class `classes[j]` the token `ids[i]` stands.
    Classes without a post and tokens in no post are left out, so that equal posts give equal counts.
    """

    posts: Mapping[str, int]
    ids: Ids
    table: NDArray[np.int32]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes there are posts of, in order: the columns of `table`."""
        return tuple(self.posts)

    @classmethod
    def of(cls, posts: Iterable[tuple[Ids, str]]) -> "Counts":
        """The counts of posts given as (distinct token ids, violation class or ORDINARY)."""
        tokens_of: dict[str, list[Ids]] = {}
        for ids, name in posts:
            tokens_of.setdefault(name, []).append(np.asarray(ids, np.uint32))
        counted = NOTHING
        for name, arrays in tokens_of.items():
            ids, often = np.unique(np.concatenate(arrays), return_counts=True)
            counted += cls({name: len(arrays)}, ids, often.astype(np.int32)[:, np.newaxis])
        return counted

    def __add__(self, other: "Counts") -> "Counts":
        """The counts of both."""
        return self._with(other, 1)

    def __sub__(self, other: "Counts") -> "Counts":
        """The counts without those posts. Raises ValueError where they are not all in it."""
        return self._with(other, -1)

    def __eq__(self, other: object) -> bool:
        """Whether they are equal to the last integer."""
        return (
            isinstance(other, Counts)
            and self.posts == other.posts
            and np.array_equal(self.ids, other.ids)
            and np.array_equal(self.table, other.table)
        )

    __hash__ = None  # type: ignore[assignment]

    def column(self, name: str) -> NDArray[np.int32]:
        """In how many posts of one class each token stands."""
        if name not in self.posts:
            return np.zeros(len(self.ids), np.int32)
        return self.table[:, self.classes.index(name)]

    def violating(self) -> NDArray[np.int32]:
        """In how many violating posts each token stands."""
        every: NDArray[np.int32] = self.table.sum(axis=1, dtype=np.int32) - self.column(ORDINARY)
        return every

    def of_tokens(self, ids: Sequence[int]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """In how many violating and in how many ordinary posts each of these tokens stands."""
        wanted = np.array(ids, np.uint32)
        if not len(self.ids):
            return np.zeros(len(wanted), np.int32), np.zeros(len(wanted), np.int32)
        at = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
        is_known = self.ids[at] == wanted
        return np.where(is_known, self.violating()[at], 0), np.where(is_known, self.column(ORDINARY)[at], 0)

    @property
    def ordinary(self) -> int:
        """How many posts violate nothing."""
        return self.posts.get(ORDINARY, 0)

    @property
    def violations(self) -> int:
        """How many posts violate."""
        return sum(self.posts.values()) - self.ordinary

    def _with(self, other: "Counts", sign: int) -> "Counts":
        posts = Counter(self.posts)
        for name, number in other.posts.items():
            posts[name] += sign * number
        classes = tuple(sorted(posts))
        # The tokens of the larger are in order: only places for new ones are looked for.
        at = np.searchsorted(self.ids, other.ids)
        is_new = np.ones(len(other.ids), bool)
        inside = at < len(self.ids)
        is_new[inside] = self.ids[at[inside]] != other.ids[inside]
        ids = np.insert(self.ids, at[is_new], other.ids[is_new])
        table = self._table(classes)
        if is_new.any():
            table = np.insert(table, at[is_new], 0, axis=0)
        table[at + np.cumsum(is_new) - is_new] += sign * other._table(classes)
        if sign < 0:
            _refuse_impossible(posts, table)
            left = np.ones(len(ids), bool)
            left[at] = table[at].any(axis=1)
            if not left.all():
                ids, table = ids[left], table[left]
        kept = [index for index, name in enumerate(classes) if posts[name]]
        if len(kept) < len(classes):
            table = np.ascontiguousarray(table[:, kept])
        return Counts({classes[index]: posts[classes[index]] for index in kept}, ids, table)

    def _table(self, classes: Sequence[str]) -> NDArray[np.int32]:
        """A copy of the table with the columns of `classes`, which hold all its own."""
        if tuple(classes) == self.classes:
            return self.table.copy()
        table = np.zeros((len(self.ids), len(classes)), np.int32)
        for index, name in enumerate(self.posts):
            table[:, classes.index(name)] = self.table[:, index]
        return table


def _refuse_impossible(posts: Mapping[str, int], table: NDArray[np.int32]) -> None:
    # A token in more posts than are left is as impossible as one in fewer than none.
    most = [column.max(initial=0) for column in table.T]
    is_left = all(posts[name] >= tokens for name, tokens in zip(sorted(posts), most, strict=True))
    if not is_left or table.min(initial=0) < 0:
        raise ValueError(f"counts: expected posts that were counted before, came others ({dict(posts)})")


NOTHING = Counts({}, np.empty(0, np.uint32), np.empty((0, 0), np.int32))
"""The counts of no post."""
