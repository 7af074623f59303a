"""What the Bayesian filter learns and how it says it."""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spam.calibration import Calibration
from shared.spam.detectors.bayes import (
    FEWEST_LABELS_OF_CLASS,
    MOST_REASONS,
    WEAKEST_WEIGHT,
    Bayes,
    BayesDetector,
    TokenCounts,
    learn,
)
from shared.spam.features import Featurizer
from shared.spam.labels import UNCLASSIFIED
from shared.spam.model import pickled
from shared.spam.posts import Post

NOW = datetime(2026, 11, 22, tzinfo=UTC)
Labelled = tuple[tuple[str, ...], str]


def counted(posts: Iterable[tuple[Sequence[str], str]]) -> TokenCounts:
    counts = TokenCounts()
    for tokens, violation_class in posts:
        counts.add(tokens, violation_class)
    return counts


def taught(*posts: tuple[int, str, str]) -> Bayes:
    """A filter that learnt from so many posts with these tokens, of this class."""
    return learn(
        counted((tokens.split(), name) for many, tokens, name in posts for _ in range(many)), ["words"]
    )


LABELLED = st.lists(
    st.tuples(
        st.sets(st.sampled_from("abcdefgh"), max_size=5).map(lambda tokens: tuple(sorted(tokens))),
        st.sampled_from(["", "", "lure", "pyramid", UNCLASSIFIED]),
    ),
    max_size=40,
)


@given(LABELLED, LABELLED)
def test_counts_of_two_days_add_up_to_the_counts_of_both(
    first: list[Labelled], second: list[Labelled]
) -> None:
    one, other, both = counted(first), counted(second), counted(first + second)
    assert both.posts == one.posts + other.posts
    assert both.violations == one.violations + other.violations
    assert both.of_class == one.of_class + other.of_class
    assert both.in_posts == one.in_posts + other.in_posts
    for name, tokens in both.in_class.items():
        assert tokens == one.in_class.get(name, tokens - tokens) + other.in_class.get(name, tokens - tokens)


@given(LABELLED, st.randoms(use_true_random=False))
def test_the_same_posts_in_any_order_give_the_same_bytes(posts: list[Labelled], random: Random) -> None:
    shuffled = random.sample(posts, len(posts))
    assert pickled(learn(counted(posts), ["words"])) == pickled(learn(counted(shuffled), ["words"]))


@given(LABELLED)
def test_every_weight_and_score_is_finite(posts: list[Labelled]) -> None:
    bayes = learn(counted(posts), ["words"])
    weights = [*bayes.weights.values(), *bayes.class_priors.values()]
    weights += [weight for named in bayes.class_weights.values() for weight in named.values()]
    assert all(math.isfinite(weight) for weight in weights)
    assert 0 <= bayes.score(tuple("abcdefgh")) <= 1
    assert bayes.violation_class(tuple("abcdefgh")) in {UNCLASSIFIED, "lure", "pyramid"}


@pytest.mark.parametrize("kind", ["", "lure"])
def test_posts_of_one_kind_teach_nothing(kind: str) -> None:
    assert taught((50, "稼ぐ", kind)).weights == {}


def test_nothing_at_all_teaches_nothing() -> None:
    assert learn(TokenCounts(), ["words"]).score(("稼ぐ",)) == 0.5


def test_a_token_weighs_more_the_more_violating_posts_have_it() -> None:
    weights = [
        taught(
            (seen, "稼ぐ x", "lure"), (200 - seen, "x", "lure"), (2, "稼ぐ", ""), (198, "事務", "")
        ).weights["稼ぐ"]
        for seen in (10, 30, 100, 200)
    ]
    assert weights == sorted(set(weights))


def test_a_token_weighs_less_the_more_ordinary_posts_have_it() -> None:
    weights = [
        taught((100, "稼ぐ", "lure"), (seen, "稼ぐ x", ""), (500 - seen, "x", "")).weights["稼ぐ"]
        for seen in (0, 5, 20, 100)
    ]
    assert weights == sorted(set(weights), reverse=True)


def test_tokens_of_violations_raise_the_score_and_of_ordinary_posts_lower_it() -> None:
    bayes = taught((100, "稼ぐ", "lure"), (100, "事務", ""))
    assert bayes.score(["事務"]) < bayes.score(["知らない"]) < bayes.score(["稼ぐ"])
    assert bayes.raw_score(["事務", "稼ぐ"]) == pytest.approx(0, abs=1e-9)


def test_a_token_seen_alike_in_both_kinds_says_nothing() -> None:
    bayes = taught((100, "仕事 稼ぐ", "lure"), (100, "仕事 事務", ""))
    assert "仕事" not in bayes.weights
    assert bayes.raw_score(["仕事", "稼ぐ"]) == bayes.raw_score(["稼ぐ"])


@given(LABELLED)
def test_only_telling_tokens_have_a_weight(posts: list[Labelled]) -> None:
    assert all(abs(weight) >= WEAKEST_WEIGHT for weight in learn(counted(posts), ["words"]).weights.values())


def test_a_weight_is_the_logarithm_of_the_ratio_of_smoothed_rates() -> None:
    bayes = taught((30, "稼ぐ", "lure"), (10, "x", "lure"), (1, "稼ぐ", ""), (119, "x", ""))
    start_in, start_out = 0.6 * 40 / 160, 0.6 * 120 / 160
    rate_in, rate_out = (30 + start_in) / (40 + 2 * start_in), (1 + start_out) / (120 + 2 * start_out)
    assert bayes.weights["稼ぐ"] == pytest.approx(math.log(rate_in / rate_out))


def test_no_words_give_the_score_of_knowing_nothing() -> None:
    bayes = Bayes(("words",), {"a": 2.0}, {}, {}, Calibration(1.5, -3.0))
    assert bayes.score([]) == bayes.score(["unknown"]) == Calibration(1.5, -3.0).probability(0.0)


@pytest.mark.parametrize("labels", [FEWEST_LABELS_OF_CLASS - 1, FEWEST_LABELS_OF_CLASS])
def test_a_class_is_told_apart_from_30_labels_on(labels: int) -> None:
    bayes = taught((labels, "ねずみ", "pyramid"), (60, "稼ぐ", "lure"), (200, "事務", ""))
    told = "pyramid" if labels >= FEWEST_LABELS_OF_CLASS else UNCLASSIFIED
    assert bayes.violation_class(["ねずみ"]) == told
    assert bayes.violation_class(["稼ぐ"]) == "lure"


def test_without_any_class_of_30_labels_every_violation_is_unclassified() -> None:
    bayes = taught(
        (29, "ねずみ", "pyramid"), (29, "稼ぐ", "lure"), (100, "x", UNCLASSIFIED), (200, "事務", "")
    )
    assert bayes.class_priors == {}
    assert bayes.violation_class(["稼ぐ"]) == UNCLASSIFIED


def test_the_only_class_there_is_is_named() -> None:
    assert taught((40, "稼ぐ", "lure"), (40, "事務", "")).violation_class([]) == "lure"


def test_where_nothing_speaks_the_commonest_class_is_named() -> None:
    bayes = taught((90, "稼ぐ", "lure"), (40, "ねずみ", "pyramid"), (100, "事務", ""))
    assert bayes.violation_class(["知らない"]) == "lure"


def test_labels_people_left_unclassified_stay_a_class_of_their_own() -> None:
    bayes = taught((40, "稼ぐ", "lure"), (40, "謎", UNCLASSIFIED), (100, "事務", ""))
    assert bayes.violation_class(["謎"]) == UNCLASSIFIED
    assert bayes.violation_class(["稼ぐ"]) == "lure"


@given(
    st.dictionaries(st.text("abcdefghijkl", min_size=1, max_size=3), st.floats(-9, 9), max_size=MOST_REASONS)
)
def test_reasons_add_up_to_the_raw_score(weights: dict[str, float]) -> None:
    bayes = Bayes(("words",), weights, {}, {})
    tokens = tuple(sorted(weights))
    total = sum(reason.weight for reason in bayes.reasons(tokens))
    assert total == pytest.approx(bayes.raw_score(tokens), abs=1e-3)


def test_the_heaviest_reasons_are_given_first_and_at_most_ten() -> None:
    weights = {f"t{number:02d}": (-1) ** number * (1 + number / 10) for number in range(30)}
    found = Bayes(("words",), weights, {}, {}).reasons(tuple(weights))
    assert [reason.token for reason in found] == [f"t{number:02d}" for number in range(29, 19, -1)]
    assert Bayes(("words",), weights, {}, {}).reasons(()) == ()


def test_a_judgement_carries_score_class_reasons_and_whether_there_were_words(featurizer: Featurizer) -> None:
    bayes = taught((60, "稼げる 副業", "lure"), (60, "事務", ""))
    detector = BayesDetector(bayes, "bayes-1", featurizer)
    found = detector.judge(Post("p", 1, NOW, NOW, "", "副業で稼げる"))
    assert found.score == bayes.score(["副業", "稼げる"])
    assert found.violation_class == "lure"
    assert {reason.token for reason in found.reasons} == {"副業", "稼げる"}
    assert found.note == ""
    empty = detector.judge(Post("p", 1, NOW, NOW, "", "★★"))
    assert (empty.score, empty.reasons, empty.note) == (bayes.score([]), (), "no words to judge by")
