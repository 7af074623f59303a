"""What the Bayesian filter says of tokens it has weights of."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spam.calibration import Calibration
from shared.spam.detectors.bayes import Bayes
from shared.spam.features import TokenIds, token_id
from shared.spam.labels import UNCLASSIFIED
from tests.unit.token_ids import bayes_of, ids_of, weighing

WEIGHTS = st.dictionaries(
    st.text("abcdefghijkl", min_size=1, max_size=3), st.floats(-9, 9, width=32), max_size=30
)


def test_tokens_of_violations_raise_the_score_and_of_ordinary_posts_lower_it() -> None:
    bayes = bayes_of({"稼ぐ": 3.5, "事務": -3.5})
    assert bayes.score(ids_of(["事務"])) < bayes.score(ids_of(["知らない"])) < bayes.score(ids_of(["稼ぐ"]))
    assert bayes.raw_score(ids_of(["事務", "稼ぐ"])) == pytest.approx(0, abs=1e-9)


def test_no_words_give_the_score_of_knowing_nothing() -> None:
    bayes = bayes_of({"a": 2.0}, {"a": 1.0}, Calibration(1.5, -3.0))
    nothing = Calibration(1.5, -3.0).probability(0.0)
    assert bayes.score(ids_of([])) == bayes.score(ids_of(["unknown"], "?")) == nothing


def test_a_long_post_is_not_condemned_by_its_length() -> None:
    """Four witnesses who say the same are twice as strong as one, not four times."""
    bayes = bayes_of(dict.fromkeys("abcd", 1.5))
    assert bayes.raw_score(ids_of("abcd")) == pytest.approx(2 * bayes.raw_score(ids_of("a")))


def test_only_tokens_that_spoke_make_a_post_long() -> None:
    bayes = bayes_of({"a": 2.0, "silent": 0.0})
    assert bayes.raw_score(ids_of(["a", "unknown", "silent"], "z")) == bayes.raw_score(ids_of("a")) == 2.0


def test_words_and_sequences_of_characters_are_witnesses_alike() -> None:
    bayes = bayes_of({"稼ぐ": 2.0}, {"稼": 1.0, "ぐ": -0.5})
    assert bayes.raw_score(ids_of(["稼ぐ"], "稼", "ぐ")) == pytest.approx(2.5 / math.sqrt(3))


@given(WEIGHTS, st.randoms(use_true_random=False))
def test_a_score_is_the_same_to_the_last_bit_in_whatever_order_tokens_come(
    weights: dict[str, float], random: Random
) -> None:
    bayes = bayes_of(weights)
    shuffled = random.sample(sorted(weights), len(weights))
    assert bayes.raw_score(ids_of(weights)) == bayes.raw_score(ids_of(shuffled))


@given(WEIGHTS)
def test_shares_of_the_tokens_add_up_to_the_raw_score(weights: dict[str, float]) -> None:
    bayes = bayes_of(weights, {"稼": 1.25})
    ids = ids_of([*weights, "unknown"], "稼", "?")
    shares = bayes.opinion(ids).shares()
    assert math.fsum(shares.values()) == pytest.approx(bayes.raw_score(ids), abs=1e-9)
    assert 0.0 not in shares.values()
    assert token_id("unknown") not in shares


def test_an_opinion_is_the_score_the_class_and_what_each_token_adds() -> None:
    bayes = bayes_of({"a": 3.0, "b": -1.0}, calibration=Calibration(0.5, -1.0))
    found = bayes.opinion(ids_of(["a", "b", "c"]))
    assert (
        found.score == bayes.score(ids_of(["a", "b", "c"])) == Calibration(0.5, -1.0).probability(2 / 2**0.5)
    )
    assert found.violation_class == UNCLASSIFIED
    assert found.shares() == {token_id("a"): 3 / 2**0.5, token_id("b"): -1 / 2**0.5}
    assert bayes.opinion(TokenIds([], [])).shares() == {}


def test_the_class_is_the_likeliest_of_its_prior_and_the_words() -> None:
    priors = {"lure": math.log(0.7), "pyramid": math.log(0.3)}
    bayes = Bayes(("words",), weighing({"ねずみ": (1.0, -1.0, 1.0), "副業": (1.0, 0.25, -0.25)}), priors)

    def named(*tokens: str) -> str:
        return bayes.violation_class(bayes.weights.found(ids_of(tokens)))

    assert named() == named("副業") == named("知らない") == "lure"
    assert named("ねずみ") == named("ねずみ", "副業") == "pyramid"


def test_of_equally_likely_classes_it_is_always_the_same_one() -> None:
    bayes = Bayes(("words",), weighing({"a": (1.0, 0.0, 0.0)}), {"lure": -0.7, "pyramid": -0.7})
    assert bayes.violation_class(bayes.weights.found(ids_of("a"))) == "lure"
