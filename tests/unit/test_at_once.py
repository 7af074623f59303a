"""At once: numpy finds in a whole post what is found one by one, to the last bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spam import features
from shared.spam.at_once import WeightArrays, characters
from shared.spam.detectors.bayes import Bayes
from shared.spam.detectors.blend import Blend, Linear
from shared.spam.features import CHARACTER_BUCKETS, FIRST_NAMED, TokenIds, Tokens, token_id
from shared.spam.learning import weights_of
from shared.spam.weights import Weights
from tests.unit.token_ids import array

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
WEIGHTS = st.floats(-30, 30, width=32)
TELLING = WEIGHTS.filter(lambda weight: abs(weight) >= 0.5)
"""As the Bayesian filter's are: their sums are never rounded."""
WORDS = [f"word {number}" for number in range(60)]


@given(TEXTS)
def test_the_characters_of_a_post_fall_into_the_same_buckets_in_order_and_each_once(text: str) -> None:
    assert characters(text).tolist() == sorted(features.characters(text))


@pytest.mark.parametrize("text", ["", "あ", "ああ", "あああ", "ab", "😀", "😀a", "a" * 5_000])
def test_short_and_repeated_texts_have_their_sequences_once(text: str) -> None:
    assert characters(text).tolist() == sorted(features.characters(text))


def weighing(numbers: list[float], buckets: dict[int, float], columns: int) -> Weights:
    """Weights of the first of WORDS, the numbers of a column being the last one's in another order."""
    ids = sorted(map(token_id, WORDS[: len(numbers)]))
    of_words = [np.array(numbers[column:] + numbers[:column], np.float64) for column in range(columns)]
    places = sorted(buckets)
    return weights_of(array(ids), of_words, array(places), [np.array([buckets[place] for place in places])])


@given(
    st.lists(WEIGHTS, min_size=3, max_size=40) | st.lists(TELLING, min_size=3, max_size=40),
    st.dictionaries(st.integers(0, 200), WEIGHTS, max_size=80)
    | st.dictionaries(st.integers(0, 200), TELLING, max_size=80),
    st.sets(st.sampled_from(WORDS)),
    st.sets(st.integers(0, 300)),
)
def test_filters_say_the_same_of_every_post_to_the_last_bit(
    numbers: list[float], buckets: dict[int, float], words: set[str], asked: set[int]
) -> None:
    weights = weighing(numbers, buckets, 3)
    bayes = Bayes(("words",), weights, {"lure": -0.5, "pyramid": -1.5})
    squares = weights_of(
        array(sorted(map(token_id, WORDS[: len(numbers)]))),
        [np.array(numbers), np.array(numbers) ** 2],
        array(sorted(buckets)),
        [np.array([buckets[one] for one in sorted(buckets)]) ** power for power in (1, 2)],
    )
    blend = Blend(bayes, Linear(squares, 0.25), 1.5, 0.5)
    one_by_one = Tokens(tuple(sorted(words)), asked)
    whole = Tokens(one_by_one.named, np.array(sorted(asked), np.int64))
    for learnt in (bayes, blend):
        quick = learnt.with_weights(WeightArrays.of)
        expected = learnt.opinion(one_by_one.ids())
        for found in (quick.opinion(whole.ids()), quick.opinion(one_by_one.ids())):
            assert found.score == expected.score
            assert found.violation_class == expected.violation_class
            assert found.shares() == expected.shares()
            assert sorted(found.named_shares()) == sorted(expected.named_shares())
        assert quick.raw_score(whole.ids()) == learnt.raw_score(one_by_one.ids())


def test_named_shares_are_those_of_the_tokens_at_their_places() -> None:
    weights = weighing([1.5, -2.0, 3.0], {7: 1.0}, 1)
    bayes = Bayes(("words",), weights, {})
    tokens = Tokens(("unknown", *WORDS[:3], "unknown too"), {7, 8})
    for learnt in (bayes, bayes.with_weights(WeightArrays.of)):
        opinion = learnt.opinion(tokens.ids())
        by_id = {token_id(tokens.named[place]): share for place, share in opinion.named_shares()}
        assert by_id == {token: share for token, share in opinion.shares().items() if token >= FIRST_NAMED}
        assert len(by_id) == 3


def test_weights_that_lie_at_an_odd_place_weigh_the_same() -> None:
    plain = weighing([1.5, -2.0, 3.0], {7: 1.0}, 2).to_plain()

    def oddly(part: bytes) -> memoryview:
        return memoryview(b"." + part)[1:]

    odd = {
        "keys": oddly(plain["keys"]),
        "columns": [oddly(column) for column in plain["columns"]],
        "buckets": [oddly(column) for column in plain["buckets"]],
    }
    ids = TokenIds([token_id(word) for word in WORDS[:3]], [7, CHARACTER_BUCKETS - 1])
    found, expected = WeightArrays.of(Weights.from_plain(odd)), Weights.from_plain(plain)
    assert found.at(found.found(ids)) == expected.at(expected.found(ids))
    assert found.sums(found.found(ids)) == expected.sums(expected.found(ids))


@pytest.mark.parametrize("first_slot", [0, 1, 60, 111, 112, 113, 127])
@pytest.mark.parametrize("number", [1, 2, 15, 16, 17, 40])
def test_tokens_that_share_their_first_slot_are_all_found_however_far_they_were_put(
    first_slot: int, number: int
) -> None:
    same_slot = [FIRST_NAMED + (one << 20) + first_slot for one in range(2 * number)]
    there = sorted({*same_slot[::2], *(FIRST_NAMED + other * 8191 for other in range(24))})
    weights = weights_of(array(there), [np.arange(1.0, len(there) + 1)], array([]), [np.zeros(0)])
    ids = TokenIds([*reversed(same_slot), *there[::-3], FIRST_NAMED + 77], [])
    ids = TokenIds(list(dict.fromkeys(ids.named)), [])
    found, expected = WeightArrays.of(weights).found(ids), weights.found(ids)
    assert sorted(zip(found.places, found.slots, strict=True)) == sorted(
        zip(expected.places, expected.slots, strict=True)
    )
    assert len(expected.places) >= number
