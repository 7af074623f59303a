"""Weights: every token is found with its numbers, no other is, and what does not fit together is refused."""

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadModel
from shared.spam.features import CHARACTER_BUCKETS, FIRST_NAMED, TokenIds
from shared.spam.learning import weights_of
from shared.spam.weights import FREE, Found, Weights
from tests.unit.token_ids import array, ids_of, weighing

NAMED = st.integers(FIRST_NAMED, (1 << 32) - 1)
SAME_SLOT = st.integers(0, 2_000).map(lambda number: FIRST_NAMED + (number << 20))
"""In a table of up to a million slots they all want the first."""
LAST_SLOTS = st.integers(0, 50).map(lambda number: (1 << 32) - 1 - number)
"""They run over the end of the table and go on at its start."""


def numbered(ids: list[int], columns: int = 2) -> Weights:
    """Weights whose number in column c is the token's place among `ids` and c after the point."""
    numbers = [np.arange(len(ids), dtype=np.float64) + column / 8 for column in range(columns)]
    return weights_of(array(ids), numbers, array([]), [])


@given(
    st.sets(NAMED | SAME_SLOT | LAST_SLOTS, max_size=300),
    st.sets(NAMED | SAME_SLOT | LAST_SLOTS, max_size=50),
)
def test_every_token_is_found_with_its_numbers_and_no_other_is(known: set[int], asked: set[int]) -> None:
    ids = sorted(known)
    weights = numbered(ids)
    found = weights.found(TokenIds(ids, ()))
    assert weights.ids(found) == ids
    assert weights.at(found) == list(range(len(ids)))
    assert weights.at(found, 1) == [number + 1 / 8 for number in range(len(ids))]
    assert weights.ids(weights.found(TokenIds(sorted(asked), ()))) == sorted(asked & known)


@pytest.mark.parametrize("many", [0, 1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 1_023, 1_024, 1_025, 20_000])
def test_tokens_of_any_number_have_room_and_a_search_that_ends(many: int) -> None:
    drawn = Random(many).sample(range(FIRST_NAMED, 1 << 32), 2 * many + 1)
    ids, unknown = drawn[:many], drawn[many:]
    weights = numbered(ids, 1)
    assert len(weights.keys) & (len(weights.keys) - 1) == 0
    assert FREE in weights.keys
    assert weights.at(weights.found(TokenIds(ids, ()))) == list(range(many))
    assert weights.found(TokenIds(unknown, ())) == Found([], [], [])
    assert len(weights) == many


@given(st.lists(st.floats(allow_nan=False, width=32), max_size=20))
def test_numbers_are_kept_as_32_bit_floats_to_the_last_bit(numbers: list[float]) -> None:
    ids = [FIRST_NAMED + number for number in range(len(numbers))]
    weights = weights_of(array(ids), [np.array(numbers, np.float64)], array([]), [])
    assert weights.at(weights.found(TokenIds(ids, ()))) == numbers


def test_a_number_between_two_32_bit_floats_is_rounded_to_the_nearer() -> None:
    weights = weighing({"a": (0.1,)})
    assert weights.at(weights.found(ids_of("a"))) == [0.100000001490116119384765625]


def test_buckets_have_numbers_in_the_first_columns_only() -> None:
    ids = array([FIRST_NAMED + 7])
    weights = weights_of(
        ids,
        [np.array([2.0]), np.array([3.0])],
        array([0, 5, CHARACTER_BUCKETS - 1]),
        [np.array([0.5, 0.0, -1.5])],
    )
    found = weights.found(TokenIds([FIRST_NAMED + 7], [CHARACTER_BUCKETS - 1, 5, 4, 0]))
    assert weights.ids(found) == [FIRST_NAMED + 7, CHARACTER_BUCKETS - 1, 0]  # 5 says nothing
    assert weights.at(found) == [2.0, -1.5, 0.5]
    assert weights.at(found, 1) == [3.0]
    assert len(weights) == 3


def test_buckets_of_a_post_are_nothing_to_weights_that_have_none() -> None:
    weights = weighing({"a": (1.0,)})
    assert weights.ids(weights.found(ids_of("b", "a", "ab"))) == []


# Stored and read again


@given(st.sets(NAMED, max_size=20))
def test_weights_are_read_as_they_were_stored(known: set[int]) -> None:
    weights = numbered(sorted(known))
    plain = weights.to_plain()
    again = Weights.from_plain(plain)
    assert again == weights
    assert again.to_plain() == plain
    assert all(type(part) is bytes for part in [plain["keys"], *plain["columns"], *plain["buckets"]])


def test_weights_with_buckets_are_read_as_they_were_stored() -> None:
    weights = weighing({"a": (1.5, -2.5)}, {"あ": 0.75})
    again = Weights.from_plain(weights.to_plain())
    assert again == weights
    assert again.at(again.found(ids_of("a", "あ"))) == [1.5, 0.75]


def stored() -> dict[str, Any]:
    """Four slots, two of them free, two columns and one of buckets."""
    keys = array([FIRST_NAMED, FIRST_NAMED + 1, FREE, FREE]).tobytes()
    floats = np.arange(4, dtype=np.float32).tobytes()
    buckets = np.zeros(CHARACTER_BUCKETS, np.float32).tobytes()
    return {"keys": keys, "columns": [floats, floats], "buckets": [buckets]}


def test_the_stored_weights_of_these_tests_are_read() -> None:
    assert len(Weights.from_plain(stored())) == 2


BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "no keys": lambda plain: plain.pop("keys"),
    "no columns": lambda plain: plain.pop("columns"),
    "no buckets": lambda plain: plain.pop("buckets"),
    "keys that are text": lambda plain: plain.update(keys="keys"),
    "keys that are numbers": lambda plain: plain.update(keys=[1, 2, 0, 0]),
    "keys of an odd length": lambda plain: plain.update(keys=plain["keys"][:-1]),
    "a column of an odd length": lambda plain: plain["columns"].append(b"\0" * 15),
    "buckets of an odd length": lambda plain: plain.update(buckets=[b"\0" * (4 * CHARACTER_BUCKETS - 1)]),
    "no slot": lambda plain: plain.update(keys=b"", columns=[b"", b""]),
    "slots that are no power of two": lambda plain: plain.update(
        keys=plain["keys"][:12], columns=[column[:12] for column in plain["columns"]]
    ),
    "a column shorter than the keys": lambda plain: plain["columns"].append(b"\0" * 8),
    "a column longer than the keys": lambda plain: plain["columns"].append(b"\0" * 32),
    "not one column": lambda plain: plain.update(columns=[]),
    "a column that is a number": lambda plain: plain["columns"].append(3),
    "columns that are a number": lambda plain: plain.update(columns=3),
    "more columns of buckets than of names": lambda plain: plain.update(buckets=plain["buckets"] * 3),
    "a bucket too few": lambda plain: plain.update(buckets=[plain["buckets"][0][:-4]]),
    "a bucket too many": lambda plain: plain.update(buckets=[plain["buckets"][0] + b"\0" * 4]),
    "no free slot, so that a search never ends": lambda plain: plain.update(
        keys=array([FIRST_NAMED + number for number in range(4)]).tobytes()
    ),
}


@pytest.mark.parametrize("spoil", BROKEN.values(), ids=BROKEN)
def test_weights_whose_parts_do_not_fit_together_are_refused(
    spoil: Callable[[dict[str, Any]], object],
) -> None:
    plain = stored()
    spoil(plain)
    with pytest.raises(BadModel, match=r"^weights: expected "):
        Weights.from_plain(plain)


@pytest.mark.parametrize("plain", [None, 3, [], "text"])
def test_what_are_no_weights_at_all_are_refused(plain: Any) -> None:
    with pytest.raises(BadModel, match=r"^weights: expected "):
        Weights.from_plain(plain)
