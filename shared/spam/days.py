"""Days: the labelled posts of each day as training keeps them, and the window they add up to.

A post is read and cut into tokens once, on the day its label comes. What is kept of a day is named after what
it holds, so that a day whose labels changed is another day; the window's counts move by the days that
entered, left or changed, and are equal to a full recount to the last integer.
"""

import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from shared.errors import BadModel
from shared.spam.counts import NOTHING, Counts, Ids
from shared.spam.evidence import Example
from shared.spam.labels import Label

_FORMAT = "1"


def digest_of(labels: Iterable[Label], made_by: Sequence[str]) -> str:
    """What names a day: the same for the same labels, in order, and what their tokens are made by."""
    facts = [[one.post_id, one.revision, one.revised_at.isoformat(), one.violation_class] for one in labels]
    plain = json.dumps([_FORMAT, list(made_by), facts], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()[:32]


@dataclass(frozen=True, eq=False)
class Day:
    """A day's labelled posts, oldest first, without their text.

    `ids` holds the tokens of all of them one after the other, those of post i from `starts[i]` up to
    `starts[i + 1]`; `words` the plain words of those that violate.
    """

    keys: Sequence[tuple[str, int]]
    classes: Sequence[str]
    starts: np.ndarray[tuple[int], np.dtype[np.int64]]
    ids: Ids
    words: Sequence[str]

    @classmethod
    def of(cls, examples: Sequence[Example]) -> "Day":
        """The day of these posts."""
        lengths = [len(one.ids) for one in examples]
        return cls(
            [one.labelled.post.key for one in examples],
            [one.violation_class for one in examples],
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            np.concatenate([np.empty(0, np.uint32), *(one.ids for one in examples)]),
            sorted({word for one in examples if one.is_violation for word in one.words}),
        )

    @cached_property
    def counts(self) -> Counts:
        """The counts of its posts."""
        return Counts.of(zip(self.tokens(), self.classes, strict=True))

    def tokens(self) -> list[Ids]:
        """The token ids of each post."""
        return np.split(self.ids, self.starts[1:-1]) if len(self.keys) else []

    def to_bytes(self) -> bytes:
        """As it is stored."""
        facts = {"keys": self.keys, "classes": self.classes, "words": self.words}
        return _packed(facts, self.counts, {"starts": self.starts, "ids": self.ids})

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> "Day":
        """From `to_bytes`. Raises BadModel naming `where`."""
        with _reading(data, where) as (facts, counts, arrays):
            keys = [(str(post_id), int(revision)) for post_id, revision in facts["keys"]]
            starts, ids = arrays["starts"], arrays["ids"]
            if not len(keys) == len(facts["classes"]) == len(starts) - 1 or starts[-1] != len(ids):
                raise ValueError(f"{len(keys)} posts and the tokens of {len(starts) - 1}")
            day = cls(keys, facts["classes"], starts, ids, facts["words"])
            day.__dict__["counts"] = counts  # what it would work out anew
        return day


@dataclass(frozen=True, eq=False)
class WindowCounts:
    """The counts of all days in the window, and which those are: digest by day."""

    days: Mapping[date, str] = field(default_factory=dict)
    counts: Counts = field(default_factory=lambda: NOTHING)
    words: Counter[str] = field(default_factory=Counter)  # on how many days a word stands in a violation

    def moved(self, to: Mapping[date, str], day_of: Callable[[date, str], Day]) -> "WindowCounts":
        """The counts of the days `to`, by digest: only days that differ are looked at, through `day_of`."""
        counts, words = self.counts, Counter(self.words)
        for day, digest in sorted(self.days.items()):
            if to.get(day) != digest:
                left = day_of(day, digest)
                counts -= left.counts
                words.subtract(left.words)
        for day, digest in sorted(to.items()):
            if self.days.get(day) != digest:
                entered = day_of(day, digest)
                counts += entered.counts
                words.update(entered.words)
        return WindowCounts(dict(to), counts, +words)

    def to_bytes(self) -> bytes:
        """As it is stored."""
        days = {day.isoformat(): digest for day, digest in self.days.items()}
        return _packed({"days": days, "words": self.words}, self.counts, {})

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> "WindowCounts":
        """From `to_bytes`. Raises BadModel naming `where`."""
        with _reading(data, where) as (facts, counts, _):
            days = {date.fromisoformat(day): str(digest) for day, digest in facts["days"].items()}
            return cls(days, counts, Counter(facts["words"]))


def _packed(facts: Mapping[str, Any], counts: Counts, arrays: Mapping[str, np.ndarray]) -> bytes:
    plain = json.dumps({**facts, "posts": counts.posts}, ensure_ascii=False).encode()
    packed = io.BytesIO()
    held: dict[str, Any] = {
        "facts": np.frombuffer(plain, np.uint8),
        "count_ids": counts.ids,
        "table": counts.table,
        **arrays,
    }
    np.savez(packed, allow_pickle=False, **held)
    return packed.getvalue()


@contextmanager
def _reading(data: bytes, where: str) -> Iterator[tuple[dict[str, Any], Counts, Mapping[str, np.ndarray]]]:
    """What `_packed` put into `data`; whatever does not fit is a BadModel."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            facts = json.loads(arrays["facts"].tobytes())
            counts = Counts(facts["posts"], arrays["count_ids"], arrays["table"])
            if counts.table.shape != (len(counts.ids), len(counts.posts)):
                raise ValueError(f"a table of {counts.table.shape} for {len(counts.ids)} tokens")
            yield facts, counts, arrays
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise BadModel(f"{where}: expected counts of labelled posts, came something else: {error}") from error
