"""Reasons: what a person reads of a score."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spam.features import LONGEST_SEQUENCE, Tokens, bucket, characters, token_id
from shared.spam.reasons import MOST_REASONS, reasons


def of_words(weights: dict[str, float]) -> list[tuple[str, float]]:
    shares = {token_id(token): weight for token, weight in weights.items()}
    return [(one.token, one.weight) for one in reasons(Tokens(tuple(weights)), shares)]


def of_text(text: str, weights: dict[str, float]) -> list[tuple[str, float]]:
    tokens = Tokens((), characters(text), text)
    shares = {bucket(sequence): weight for sequence, weight in weights.items()}
    return [(one.token, one.weight) for one in reasons(tokens, shares)]


def test_the_heaviest_reasons_are_given_first_and_at_most_ten() -> None:
    weights = {f"t{number:02d}": (-1) ** number * (1 + number / 10) for number in range(30)}
    found = of_words(weights)
    assert [token for token, _ in found] == [f"t{number:02d}" for number in range(29, 29 - MOST_REASONS, -1)]
    assert found[0] == ("t29", -3.9)


def test_nothing_that_spoke_gives_no_reason() -> None:
    assert reasons(Tokens((), set(), ""), {}) == ()
    assert reasons(Tokens(("花", "見る"), characters("花を見る"), "花を見る"), {}) == ()


def test_reasons_of_equal_weight_come_in_the_same_order_every_time() -> None:
    assert of_words({"b": 1.0, "c": -1.0, "a": 1.0}) == of_words({"c": -1.0, "a": 1.0, "b": 1.0})


@given(
    st.dictionaries(st.text("abcdefghijkl", min_size=1, max_size=3), st.floats(-9, 9), max_size=MOST_REASONS)
)
def test_all_reasons_together_are_what_was_shared_out(weights: dict[str, float]) -> None:
    assert sum(weight for _, weight in of_words(weights)) == pytest.approx(sum(weights.values()), abs=1e-3)


def test_only_tokens_of_the_post_are_reasons() -> None:
    shares = {token_id("花"): 1.0, token_id("副業"): 2.0}
    assert [one.token for one in reasons(Tokens(("花",)), shares)] == ["花"]


# Pieces of text


def test_sequences_that_overlap_are_told_as_the_piece_they_are() -> None:
    assert of_text("an easyjob now", {"eas": 1.0, "asy": 0.5, "job": 2.0}) == [("job", 2.0), ("easy", 1.5)]


def test_what_speaks_for_and_against_a_violation_is_never_one_piece() -> None:
    assert of_text("easyjob", {"eas": 1.0, "syj": -0.75, "job": 0.5}) == [
        ("eas", 1.0),
        ("syj", -0.75),
        ("job", 0.5),
    ]


def test_a_sequence_within_another_counts_with_it() -> None:
    assert of_text("xjobx", {"job": 1.0, "ob": 0.5, "j": 0.25}) == [("job", 1.75)]


def test_a_piece_that_stands_often_is_told_once_and_its_sequences_count_once() -> None:
    assert of_text("job, job and job", {"job": 1.0, "ob": 0.5}) == [("job", 1.5)]
    assert of_text("aaaa", {"a": 1.0, "aa": 0.5}) == [("aaaa", 1.5)]


def test_space_around_a_piece_is_not_told_but_a_piece_of_space_is() -> None:
    assert of_text("a job", {" jo": 1.0}) == [("jo", 1.0)]
    assert of_text("a b", {" ": 1.0}) == [(" ", 1.0)]


def test_sequences_that_the_text_does_not_have_are_not_told() -> None:
    assert of_text("abc", {"xyz": 1.0}) == []
    assert of_text("", {"a": 1.0}) == []


def test_only_the_heaviest_sequences_are_looked_for() -> None:
    weights = {chr(0x3041 + number): 1.0 + number for number in range(80)}
    found = of_text(" ".join(weights), weights)
    assert [weight for _, weight in found] == [80.0 - number for number in range(MOST_REASONS)]


def test_a_text_of_nothing_but_heavy_sequences_is_told_in_pieces_a_person_can_read() -> None:
    found = of_text("稼ぐ" * 100_000, {"稼ぐ": 1.0, "ぐ稼": 0.5, "稼": 0.25})
    assert 1 <= len(found) <= MOST_REASONS
    assert all(piece in "稼ぐ" * 21 for piece, _ in found)
    assert found[0][1] == 1.75


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
WEIGHTS = st.lists(st.floats(-3, 3).filter(bool), min_size=1, max_size=30)


@given(TEXT, WEIGHTS, st.randoms(use_true_random=False))
def test_every_piece_stands_in_the_text_and_is_told_once(
    text: str, weights: list[float], random: Random
) -> None:
    sequences = {text[at : at + LONGEST_SEQUENCE] for at in range(len(text))}
    shuffled = random.sample(sorted(sequences), len(sequences))
    found = of_text(text, dict(zip(shuffled, weights, strict=False)))
    assert all(piece in text for piece, _ in found)
    assert len({piece for piece, _ in found}) == len(found) <= MOST_REASONS
