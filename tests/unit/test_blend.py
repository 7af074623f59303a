"""The blend: what two witnesses who always come together may say, and that the same posts teach the same."""

import math
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.spam import figures
from shared.spam.calibration import Calibration
from shared.spam.counts import Counts, Ids, array_of
from shared.spam.detectors.bayes import Bayes
from shared.spam.detectors.blend import Blend, Linear
from shared.spam.features import TokenIds, bucket, token_id
from shared.spam.labels import ORDINARY, UNCLASSIFIED
from shared.spam.learning import learn
from shared.spam.logistic import FEWEST_POSTS, learn_blend
from shared.spam.packing import pickled
from tests.unit.token_ids import bayes_of, ids_of, weighing, weight_of

Posts = list[tuple[list[str], bool]]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def arrays(posts: Posts) -> list[tuple[Ids, bool]]:
    return [(array_of(ids_of(tokens)), violates) for tokens, violates in posts]


def counts_of(rows: Sequence[tuple[Ids, bool]]) -> Counts:
    return Counts.of((ids, "lure" if violates else ORDINARY) for ids, violates in rows)


def taught(posts: Posts) -> Blend:
    rows = arrays(posts)
    counts = counts_of(rows)
    return learn_blend(rows, counts, learn(counts, ["words"]))


def separable(many: int, clarity: float = 0.85, seed: int = 1) -> Posts:
    """Posts of six words that say nothing and three that tell with probability `clarity`."""
    random = Random(seed)
    posts = []
    for _ in range(many):
        violates = random.random() < 0.4
        tokens = [f"x{random.choice(LETTERS)}" for _ in range(6)]
        for _ in range(3):
            bad = violates if random.random() < clarity else not violates
            tokens.append(f"{'bad' if bad else 'good'}{random.choice(LETTERS[:5])}")
        posts.append((tokens, violates))
    return posts


def average_precision(learnt: Bayes | Blend, posts: Posts) -> float:
    scored = [figures.Scored(learnt.raw_score(ids_of(set(tokens))), bad, 1.0) for tokens, bad in posts]
    return figures.average_precision(figures.curve(scored, sum(bad for _, bad in posts) / len(posts)))


# What is learnt


def test_the_same_posts_give_the_same_bytes() -> None:
    posts = separable(200)
    assert pickled(taught(posts)) == pickled(taught(posts))


@pytest.mark.parametrize("seed", range(3))
def test_a_blend_ranks_violations_far_above_chance_and_about_as_well_as_bayes(seed: int) -> None:
    blend = taught(separable(600, seed=seed))
    fresh = separable(600, seed=100 + seed)
    share = sum(bad for _, bad in fresh) / len(fresh)
    found = average_precision(blend, fresh)
    assert found > share + 0.4
    assert found > average_precision(blend.bayes, fresh) - 0.01


def twins(many: int, seed: int) -> Posts:
    """Half of the violations have a phrase of four words, half of the rest a word that speaks against it."""
    random = Random(seed)
    posts = []
    for _ in range(many):
        violates = random.random() < 0.5
        tokens = [f"x{random.choice(LETTERS)}" for _ in range(3)]
        if random.random() < (0.5 if violates else 0.15):
            tokens += ["monthly", "income", "from", "home"]  # one witness who says it four times
        if random.random() < (0.1 if violates else 0.5):
            tokens.append("interview")
        posts.append((tokens, violates))
    return posts


@pytest.mark.parametrize("seed", range(3))
def test_words_that_always_come_together_are_one_witness_to_a_blend(seed: int) -> None:
    """To naive Bayes they are four, and shout down the word that speaks against them."""
    blend = taught(twins(2_000, seed))
    phrase = ["monthly", "income", "from", "home"]
    linear = blend.linear
    told = {token: weight_of(linear.weights, token) for token in [*phrase, "interview"]}
    assert min(told[token] for token in phrase) > 0 > told["interview"]
    of_phrase = sum(told[token] for token in phrase)
    bayes = {token: weight_of(blend.bayes.weights, token) for token in [*phrase, "interview"]}
    assert of_phrase / -told["interview"] < sum(bayes[token] for token in phrase) / -bayes["interview"] / 2
    fresh = twins(2_000, 100 + seed)
    assert average_precision(blend, fresh) > average_precision(blend.bayes, fresh) + 0.01


def test_a_token_of_a_single_post_is_not_learnt_by_heart() -> None:
    posts: Posts = [(["a", "b"], True), (["a", "c"], False), (["b"], True), (["once"], True), (["c"], False)]
    weights = taught(posts * FEWEST_POSTS).linear.weights
    assert weights.ids(weights.found(ids_of(["once"]))) == [token_id("once")]
    weights = taught([*(posts[:3] * FEWEST_POSTS), *posts[3:]]).linear.weights
    assert weights.ids(weights.found(ids_of(["once"]))) == []


def test_sequences_of_characters_are_learnt_as_words_are() -> None:
    rows = [
        (array_of(ids_of((), "稼" if violates else "事", "x")), violates) for violates in [True, False] * 40
    ]
    counts = counts_of(rows)
    blend = learn_blend(rows, counts, learn(counts, ["characters"]))
    assert blend.linear.weights.buckets[0][bucket("稼")] > 0 > blend.linear.weights.buckets[0][bucket("事")]
    assert blend.raw_score(ids_of((), "稼", "x")) > 0 > blend.raw_score(ids_of((), "事", "x"))


LABELLED = st.lists(
    st.tuples(st.sets(st.sampled_from("abcdefgh"), max_size=5).map(sorted), st.booleans()),
    min_size=1,
    max_size=30,
)


@settings(max_examples=50)
@given(LABELLED)
def test_every_score_is_finite_whatever_few_posts_taught(posts: Posts) -> None:
    blend = taught(posts)
    for ids in (ids_of([]), ids_of("abcdefgh"), ids_of(["unknown"], "?"), ids_of("a")):
        assert math.isfinite(blend.raw_score(ids))
        assert 0 <= blend.score(ids) <= 1
        assert all(map(math.isfinite, blend.opinion(ids).shares().values()))


@pytest.mark.parametrize("violates", [True, False])
@pytest.mark.parametrize("many", [1, 40])
def test_posts_of_one_kind_teach_scores_that_are_all_the_same_and_finite(many: int, violates: bool) -> None:
    blend = taught([(["a", "b"], violates)] * many)
    assert math.isfinite(blend.raw_score(ids_of("ab")))
    assert math.isfinite(blend.raw_score(ids_of([])))


def test_posts_without_a_token_teach_nothing_but_how_often_posts_violate() -> None:
    blend = taught([([], True), ([], False), ([], False)] * 20)
    assert blend.raw_score(ids_of([])) == blend.raw_score(ids_of("abc"))
    assert len(blend.linear.weights) == 0


# What is said

BAYES = bayes_of({"a": 2.0, "b": -1.0}, {"x": 1.0})
LINEAR = Linear(weighing({"a": (3.0, 4.0), "c": (1.0, 5.0)}, {"x": 0.0}), -0.5)
BLEND = Blend(BAYES, LINEAR, 0.5, 0.25, Calibration(2.0, -1.0))


def test_a_regression_sees_a_post_as_a_vector_of_length_one() -> None:
    assert LINEAR.raw_of(LINEAR.weights.found(ids_of("a"))) == 3 / 2 - 0.5
    assert LINEAR.raw_of(LINEAR.weights.found(ids_of("ac"))) == pytest.approx(4 / 3 - 0.5)
    assert LINEAR.raw_of(LINEAR.weights.found(ids_of(["unknown"]))) == -0.5


def test_a_raw_score_is_both_filters_each_by_what_it_counts_for() -> None:
    ids = ids_of("abc")
    linear = LINEAR.raw_of(LINEAR.weights.found(ids))
    assert BLEND.raw_score(ids) == pytest.approx(0.5 * BAYES.raw_score(ids) + 0.25 * linear)
    assert BLEND.score(ids) == Calibration(2.0, -1.0).probability(BLEND.raw_score(ids))


def test_shares_of_the_tokens_add_up_to_what_they_add_to_knowing_nothing() -> None:
    for ids in (ids_of("abc", "x"), ids_of("b"), ids_of(["unknown"]), ids_of([])):
        shares = BLEND.opinion(ids).shares()
        added = BLEND.raw_score(ids) - BLEND.raw_score(TokenIds([], []))
        assert math.fsum(shares.values()) == pytest.approx(added, abs=1e-9)


def test_an_opinion_is_the_same_score_and_the_class_that_bayes_names() -> None:
    priors = {"lure": -0.1, "pyramid": -2.0}
    bayes = Bayes(("words",), weighing({"a": (2.0, 0.0, 3.0), "b": (-1.0, 0.0, 0.0)}), priors)
    blend = replace(BLEND, bayes=bayes)
    assert blend.opinion(ids_of("a")).violation_class == "pyramid"
    assert blend.opinion(ids_of("b")).violation_class == "lure"
    assert blend.opinion(ids_of("a")).score == blend.score(ids_of("a"))
    assert BLEND.opinion(ids_of("a")).violation_class == UNCLASSIFIED
    assert blend.features == ("words",)


def test_a_blend_of_equal_spreads_lets_neither_outshout_the_other() -> None:
    posts = separable(400)
    blend = taught(posts)
    ids = [ids_of(tokens) for tokens, _ in posts]
    bayes = np.std([blend.of_bayes * blend.bayes.raw_score(one) for one in ids])
    linear = np.std([blend.of_linear * blend.linear.raw_of(blend.linear.weights.found(one)) for one in ids])
    assert bayes == pytest.approx(linear, rel=1e-3)
