"""How counts become weights: smoothing, tokens too weak to count, classes told apart."""

import math
from collections.abc import Iterable
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spam.counts import NOTHING, Counts, array_of
from shared.spam.detectors.bayes import Bayes
from shared.spam.features import TokenIds, bucket
from shared.spam.labels import UNCLASSIFIED
from shared.spam.learning import (
    FEWEST_LABELS_OF_CLASS,
    SHARE_POWER,
    SMOOTHING,
    WEAKEST_WEIGHT,
    learn,
    log_ratio,
    telling,
)
from shared.spam.packing import pickled
from tests.unit.token_ids import counted, ids_of, weight_of

Labelled = tuple[tuple[str, ...], str]
LABELLED = st.lists(
    st.tuples(
        st.sets(st.sampled_from("abcdefgh"), max_size=5).map(lambda tokens: tuple(sorted(tokens))),
        st.sampled_from(["", "", "lure", "pyramid", UNCLASSIFIED]),
    ),
    max_size=40,
)


def taught(*posts: tuple[int, str, str]) -> Bayes:
    """A filter that learnt from so many posts with these tokens, of this class."""
    return learn(
        counted((tokens.split(), name) for many, tokens, name in posts for _ in range(many)), ["words"]
    )


def with_sequences(posts: Iterable[tuple[int, str, str]]) -> Counts:
    """Counts of posts whose tokens are sequences of characters."""
    return Counts.of(
        (array_of(ids_of((), *text.split())), name) for many, text, name in posts for _ in range(many)
    )


def named_class(bayes: Bayes, *tokens: str) -> str:
    return bayes.violation_class(bayes.weights.found(ids_of(tokens)))


def by_hand(inside: int, posts_inside: int, outside: int, posts_outside: int) -> float:
    """The logarithm of the ratio of two rates, each with its part of SMOOTHING posts of evidence.

    Of those, one has the token and one has not, on either side.
    """
    parts = posts_inside**SHARE_POWER + posts_outside**SHARE_POWER
    start_inside = SMOOTHING * posts_inside**SHARE_POWER / parts
    start_outside = SMOOTHING * posts_outside**SHARE_POWER / parts
    rate_inside = (inside + start_inside) / (posts_inside + 2 * start_inside)
    rate_outside = (outside + start_outside) / (posts_outside + 2 * start_outside)
    return math.log(rate_inside / rate_outside)


@given(LABELLED, st.randoms(use_true_random=False))
def test_the_same_posts_in_any_order_give_the_same_bytes(posts: list[Labelled], random: Random) -> None:
    shuffled = random.sample(posts, len(posts))
    assert pickled(learn(counted(posts), ["words"])) == pickled(learn(counted(shuffled), ["words"]))


@given(LABELLED)
def test_every_weight_and_score_is_finite(posts: list[Labelled]) -> None:
    bayes = learn(counted(posts), ["words"])
    weights = [number for column in bayes.weights.columns for number in column]
    assert all(math.isfinite(weight) for weight in [*weights, *bayes.class_priors.values()])
    assert 0 <= bayes.score(ids_of("abcdefgh")) <= 1
    assert named_class(bayes, *"abcdefgh") in {UNCLASSIFIED, "lure", "pyramid"}


@pytest.mark.parametrize("kind", ["", "lure"])
@pytest.mark.parametrize("labels", [1, FEWEST_LABELS_OF_CLASS + 20])
def test_posts_of_one_kind_teach_nothing(kind: str, labels: int) -> None:
    bayes = taught((labels, "稼ぐ", kind))
    assert len(bayes.weights) == 0
    assert bayes.score(ids_of(["稼ぐ"])) == 0.5


def test_nothing_at_all_teaches_nothing() -> None:
    bayes = learn(NOTHING, ["words"])
    assert (len(bayes.weights), bayes.score(ids_of(["稼ぐ"], "稼"))) == (0, 0.5)


def test_a_token_weighs_more_the_more_violating_posts_have_it() -> None:
    weights = [
        weight_of(
            taught(
                (seen, "稼ぐ x", "lure"), (200 - seen, "x", "lure"), (2, "稼ぐ", ""), (198, "事務", "")
            ).weights,
            "稼ぐ",
        )
        for seen in (10, 30, 100, 200)
    ]
    assert weights == sorted(set(weights))


def test_a_token_weighs_less_the_more_ordinary_posts_have_it() -> None:
    weights = [
        weight_of(taught((100, "稼ぐ", "lure"), (seen, "稼ぐ x", ""), (500 - seen, "x", "")).weights, "稼ぐ")
        for seen in (0, 5, 20, 100)
    ]
    assert weights == sorted(set(weights), reverse=True)


def test_a_token_seen_alike_in_both_kinds_says_nothing() -> None:
    bayes = taught((100, "仕事 稼ぐ", "lure"), (100, "仕事 事務", ""))
    assert bayes.weights.found(ids_of(["仕事"])).slots == []
    assert bayes.raw_score(ids_of(["仕事", "稼ぐ"])) == bayes.raw_score(ids_of(["稼ぐ"]))


# By hand: 40 violating posts and 120 ordinary ones, a token in 30 and in 1 of them. Of 3 posts of evidence
# 0.91475 are on the violating side (40**.75 is 15.905, 120**.75 is 36.257): 30.91475 of 41.8295 against
# 3.08525 of 124.1705, which is 0.73907 against 0.024847.


def test_a_weight_is_the_logarithm_of_the_ratio_of_smoothed_rates() -> None:
    bayes = taught((30, "稼ぐ", "lure"), (10, "x", "lure"), (1, "稼ぐ", ""), (119, "x", ""))
    assert weight_of(bayes.weights, "稼ぐ") == pytest.approx(by_hand(30, 40, 1, 120), rel=1e-6)
    if (SMOOTHING, SHARE_POWER) == (3.0, 0.75):
        assert weight_of(bayes.weights, "稼ぐ") == pytest.approx(math.log(0.73907 / 0.024847), abs=1e-3)


COUNTED = st.tuples(st.integers(1, 500), st.integers(1, 500)).flatmap(
    lambda posts: st.tuples(
        st.integers(0, posts[0]), st.just(posts[0]), st.integers(0, posts[1]), st.just(posts[1])
    )
)


@given(COUNTED)
def test_a_ratio_is_that_of_the_smoothed_rates_and_turned_round_its_opposite(
    numbers: tuple[int, int, int, int],
) -> None:
    inside, posts_inside, outside, posts_outside = numbers
    [ratio] = log_ratio(
        np.array([inside], np.int32), posts_inside, np.array([outside], np.int32), posts_outside
    )
    [turned] = log_ratio(
        np.array([outside], np.int32), posts_outside, np.array([inside], np.int32), posts_inside
    )
    assert ratio == pytest.approx(by_hand(*numbers), abs=1e-9)
    assert turned == pytest.approx(-ratio, abs=1e-9)


@given(COUNTED)
def test_a_token_that_tells_less_than_the_weakest_weight_is_ignored(
    numbers: tuple[int, int, int, int],
) -> None:
    inside, posts_inside, outside, posts_outside = numbers
    [weight] = telling(
        np.array([inside], np.int32), posts_inside, np.array([outside], np.int32), posts_outside
    )
    exact = by_hand(*numbers)
    if inside == outside == 0 or abs(exact) < WEAKEST_WEIGHT - 1e-9:
        assert weight == 0
    elif abs(exact) > WEAKEST_WEIGHT + 1e-9:
        assert weight == pytest.approx(exact)


def test_the_border_of_what_counts_lies_between_two_whole_numbers() -> None:
    """Of 10,000 posts of either kind, tokens in 1,000 ordinary ones and in any number of violations."""
    numbers = np.arange(10_001, dtype=np.int32)
    found = telling(numbers, 10_000, np.full(10_001, 1_000, np.int32), 10_000)
    ignored = [number for number in numbers.tolist() if found[number] == 0]
    assert ignored == [n for n in numbers.tolist() if abs(by_hand(n, 10_000, 1_000, 10_000)) < WEAKEST_WEIGHT]
    assert 0 < ignored[0] < 1_000 < ignored[-1] < 10_000


@given(LABELLED)
def test_only_telling_tokens_have_a_weight(posts: list[Labelled]) -> None:
    bayes = learn(counted(posts), ["words"])
    weights = [
        [column[slot] for column in bayes.weights.columns]
        for slot, key in enumerate(bayes.weights.keys)
        if key
    ]
    assert all(
        number == 0 or abs(number) >= WEAKEST_WEIGHT * (1 - 1e-6) for numbers in weights for number in numbers
    )
    assert all(any(numbers) for numbers in weights)


# The centre


def test_scores_are_counted_from_halfway_between_the_average_posts_of_both_kinds() -> None:
    # Two tokens a post, all of them telling: sums and their parts are averages of the same posts.
    bayes = taught(
        (30, "稼ぐ 副業", "lure"), (10, "稼ぐ 投資", "lure"), (70, "事務 経理", ""), (50, "事務 入力", "")
    )
    violating = (
        30 * bayes.raw_score(ids_of(["稼ぐ", "副業"])) + 10 * bayes.raw_score(ids_of(["稼ぐ", "投資"]))
    ) / 40
    ordinary = (
        70 * bayes.raw_score(ids_of(["事務", "経理"])) + 50 * bayes.raw_score(ids_of(["事務", "入力"]))
    ) / 120
    assert violating > 0 > ordinary
    assert violating == pytest.approx(-ordinary, abs=1e-5)
    assert bayes.centre != 0


def test_a_post_that_says_nothing_lies_where_neither_kind_pulls() -> None:
    bayes = taught((30, "稼ぐ 副業", "lure"), (120, "事務 経理", ""))
    assert bayes.raw_score(ids_of(["知らない"])) == -bayes.centre


def test_learning_from_the_same_posts_of_either_kind_has_no_centre_but_nought() -> None:
    assert learn(NOTHING, ["words"]).centre == 0
    assert taught((40, "稼ぐ", "lure")).centre == 0
    assert taught((40, "稼ぐ", "lure"), (40, "事務", "")).centre == pytest.approx(0, abs=1e-12)


def test_a_filter_taught_by_fewer_violations_scores_posts_on_the_same_scale() -> None:
    """What one threshold over filters of several folds, or of yesterday and today, relies on."""

    def scores(violations: int) -> tuple[float, float]:
        bayes = taught((violations, "稼ぐ 副業", "lure"), (400, "事務 経理", ""))
        return bayes.raw_score(ids_of(["稼ぐ", "副業"])), bayes.raw_score(ids_of(["事務", "経理"]))

    for violations in (40, 80, 400):
        violating, ordinary = scores(violations)
        assert violating == pytest.approx(-ordinary, rel=1e-5)


# Violation classes


@pytest.mark.parametrize("labels", [FEWEST_LABELS_OF_CLASS - 1, FEWEST_LABELS_OF_CLASS])
def test_a_class_is_told_apart_from_30_labels_on(labels: int) -> None:
    bayes = taught((labels, "ねずみ", "pyramid"), (60, "稼ぐ", "lure"), (200, "事務", ""))
    told = "pyramid" if labels >= FEWEST_LABELS_OF_CLASS else UNCLASSIFIED
    assert named_class(bayes, "ねずみ") == told
    assert named_class(bayes, "稼ぐ") == "lure"


def test_without_any_class_of_30_labels_every_violation_is_unclassified() -> None:
    bayes = taught(
        (29, "ねずみ", "pyramid"), (29, "稼ぐ", "lure"), (100, "x", UNCLASSIFIED), (200, "事務", "")
    )
    assert bayes.class_priors == {}
    assert len(bayes.weights.columns) == 1
    assert named_class(bayes, "稼ぐ") == UNCLASSIFIED


def test_the_only_class_there_is_is_named() -> None:
    assert named_class(taught((40, "稼ぐ", "lure"), (40, "事務", ""))) == "lure"


def test_where_nothing_speaks_the_commonest_class_is_named() -> None:
    bayes = taught((90, "稼ぐ", "lure"), (40, "ねずみ", "pyramid"), (100, "事務", ""))
    assert named_class(bayes, "知らない") == "lure"


def test_labels_people_left_unclassified_stay_a_class_of_their_own() -> None:
    bayes = taught((40, "稼ぐ", "lure"), (40, "謎", UNCLASSIFIED), (100, "事務", ""))
    assert named_class(bayes, "謎") == UNCLASSIFIED
    assert named_class(bayes, "稼ぐ") == "lure"


def test_classes_too_rare_to_be_told_apart_are_one_with_the_unclassified() -> None:
    bayes = taught(
        (50, "稼ぐ", "lure"), (20, "ねずみ", "pyramid"), (10, "謎", UNCLASSIFIED), (100, "事務", "")
    )
    assert bayes.class_priors == {
        "lure": pytest.approx(math.log(50 / 80)),
        UNCLASSIFIED: pytest.approx(math.log(30 / 80)),
    }
    assert named_class(bayes, "ねずみ") == named_class(bayes, "謎") == UNCLASSIFIED


def test_a_class_weight_tells_the_class_from_other_violations_whatever_ordinary_posts_have() -> None:
    bayes = taught((60, "稼ぐ", "lure"), (40, "ねずみ", "pyramid"), (500, "稼ぐ ねずみ", ""))
    assert list(bayes.class_priors) == ["lure", "pyramid"]
    assert weight_of(bayes.weights, "稼ぐ", 1) == pytest.approx(by_hand(60, 60, 0, 40), rel=1e-6)
    assert weight_of(bayes.weights, "稼ぐ", 2) == pytest.approx(by_hand(0, 40, 60, 60), rel=1e-6)
    assert weight_of(bayes.weights, "ねずみ", 2) == pytest.approx(by_hand(40, 40, 0, 60), rel=1e-6)


def test_a_token_that_only_tells_classes_apart_is_kept_and_adds_nothing_to_the_score() -> None:
    bayes = taught((50, "週 稼ぐ", "lure"), (50, "ねずみ", "pyramid"), (50, "週", ""), (50, "事務", ""))
    assert weight_of(bayes.weights, "週") == 0
    assert weight_of(bayes.weights, "週", 1) > 0
    assert bayes.raw_score(ids_of(["週", "事務"])) == bayes.raw_score(ids_of(["事務"]))


# Sequences of characters


def test_sequences_weigh_as_words_do_and_tell_no_class() -> None:
    posts = [(40, "稼ぐ x", "lure"), (40, "ねず x", "pyramid"), (120, "事務 x", "")]
    by_sequences = learn(with_sequences(posts), ["characters"])
    by_words = taught(*posts)
    assert by_sequences.class_priors == by_words.class_priors
    assert len(by_sequences.weights.buckets) == 1
    for text in ("稼ぐ", "ねず", "事務"):
        [weight] = by_sequences.weights.at(by_sequences.weights.found(ids_of((), text)))
        assert weight == weight_of(by_words.weights, text)
    assert by_sequences.weights.found(ids_of((), "x")).buckets == []
    found = by_sequences.weights.found(ids_of((), "ねず"))
    assert [by_sequences.weights.at(found, column) for column in (1, 2)] == [[], []]
    assert by_sequences.violation_class(found) == by_sequences.violation_class(
        by_sequences.weights.found(TokenIds([], []))
    )


def test_a_model_without_sequences_carries_no_buckets() -> None:
    assert taught((40, "稼ぐ", "lure"), (40, "事務", "")).weights.buckets == ()


def test_words_and_sequences_of_the_same_letters_are_two_tokens() -> None:
    rows = [(ids_of(["稼ぐ"]), "lure")] * 40 + [(ids_of((), "稼ぐ"), "")] * 40
    bayes = learn(Counts.of((array_of(ids), name) for ids, name in rows), ["words", "characters"])
    assert weight_of(bayes.weights, "稼ぐ") > 0
    assert bayes.weights.buckets[0][bucket("稼ぐ")] < 0
