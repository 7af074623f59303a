"""Thresholds: two ways to say what takedowns must keep to, and a refusal whose numbers are true."""

import re
from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.errors import TrainingRefused
from shared.spam import thresholds
from shared.spam.evidence import PRECISION, TrainingRules
from shared.spam.figures import Point, Scored, curve, heaviest_wrong
from shared.spam.judging import Thresholds

RATE = 0.05


def rules(
    precision: float | None = None, most: float | None = None, probability: float = 0.0
) -> TrainingRules:
    return TrainingRules(
        take_down_precision=precision, max_wrong_takedowns_per_day=most, take_down_probability=probability
    )


def rows(scores: Sequence[tuple[float, int, int]], each: int = 1) -> list[Scored]:
    """By score so many violations and so many ordinary posts, each of them `each` times."""
    return [
        Scored(score, is_violation)
        for score, violations, ordinary in scores
        for is_violation, many in ((True, violations), (False, ordinary))
        for _ in range(many * each)
    ]


TELLING = [(0.99, 10, 0), (0.9, 30, 2), (0.7, 40, 20), (0.5, 15, 60), (0.1, 5, 918)]
"""A filter's held-out posts: 100 violations and 1,000 ordinary."""


def chosen(scored: Sequence[Scored], asked: TrainingRules, share: float | None = None) -> Thresholds:
    points = curve(scored, RATE)
    one_more = heaviest_wrong(scored, RATE)
    return thresholds.choose(points, RATE, one_more, asked, share, may_take_down=True)


def why(scored: Sequence[Scored], asked: TrainingRules, share: float | None = None) -> str:
    points = curve(scored, RATE)
    one_more = heaviest_wrong(scored, RATE)
    found = thresholds.choose(points, RATE, one_more, asked, share, may_take_down=True)
    return thresholds.why_withheld(found, points, RATE, one_more, asked, share)


# What is asked for


def test_where_nothing_is_said_nine_in_ten_takedowns_must_be_right() -> None:
    assert rules().take_down_precision == TrainingRules().take_down_precision == PRECISION == 0.90
    assert chosen(rows(TELLING), rules()) == chosen(rows(TELLING), rules(0.90))


def test_a_number_of_wrong_takedowns_is_asked_for_alone() -> None:
    assert rules(most=2.0).take_down_precision is None
    assert rules(0.95, 2.0).take_down_precision == 0.95


@pytest.mark.parametrize(
    ("wrong", "threshold"),
    [(0, 0.99), (2, 0.9), (21, 0.9), (22, 0.7), (82, 0.5), (999, 0.5), (1_000, 0.1)],
)
def test_a_number_of_wrong_ones_alone_takes_down_from_the_lowest_score_that_keeps_to_it(
    wrong: int, threshold: float
) -> None:
    """At most `wrong` of the 1,000 ordinary posts, one more than was seen reckoned with."""
    share = (wrong + 1) / 1_000 * (1 - RATE) + 1e-9
    if threshold == 0.1:
        with pytest.raises(TrainingRefused, match="it would call all"):
            chosen(rows(TELLING), rules(most=1.0), share)
    else:
        assert chosen(rows(TELLING), rules(most=1.0), share).take_down == threshold


def test_however_many_wrong_ones_are_borne_no_post_likelier_innocent_than_not_is_taken_down() -> None:
    found = chosen(rows(TELLING), rules(most=1e6, probability=0.5), 1e6)
    assert found.take_down == 0.5


def test_where_no_post_is_that_likely_nothing_is_taken_down_and_it_is_said() -> None:
    asked = rules(most=1e6, probability=0.995)
    assert chosen(rows(TELLING), asked, 1e6).take_down is None
    assert (
        why(rows(TELLING), asked, 1e6) == "no held-out post scored 0.995, below which nothing is taken down"
    )


SCORED = st.lists(
    st.builds(Scored, st.integers(1, 9).map(lambda n: n / 10), st.booleans(), st.sampled_from([1.0, 3.0])),
    min_size=4,
    max_size=80,
)


@given(SCORED, st.floats(0.5, 0.99), st.floats(0.0, 0.5))
def test_where_both_are_asked_for_the_point_that_is_chosen_keeps_to_both_and_is_the_lowest(
    scored: list[Scored], precision: float, share: float
) -> None:
    assume(any(row.is_violation for row in scored))
    scored = [*scored, Scored(0.0, False)]
    points, one_more = curve(scored, RATE), heaviest_wrong(scored, RATE)

    def kept(point: Point) -> tuple[float, float]:
        right, wrong = point.recall * RATE, point.false_alarms * (1 - RATE) + one_more
        return right / (right + wrong) - precision, share - wrong

    assume(
        all(abs(one) > 1e-6 for point in points for one in kept(point))
    )  # how sums round is no matter here
    good = [point.threshold for point in points if min(kept(point)) > 0]
    if good and good[-1] == points[-1].threshold:
        with pytest.raises(TrainingRefused, match="it would call all"):
            chosen(scored, rules(precision, 1.0), share)
    else:
        found = chosen(scored, rules(precision, 1.0), share).take_down
        assert found == (good[-1] if good else None)


# Why nothing is taken down


def needed(told: str) -> int:
    found = re.search(r"some ([\d,]+) are needed", told)
    assert found, told
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize(("precision", "said"), [(0.9, "0.9"), (0.95, "0.95"), (0.9999, "0.9999")])
def test_a_precision_is_told_as_it_was_asked_for(precision: float, said: str) -> None:
    few = rows([(0.9, 20, 0), (0.1, 0, 20)])
    assert why(few, rules(precision)).startswith(
        f"no score reached a precision of {said} among the 20 ordinary"
    )


@pytest.mark.parametrize(
    ("asked", "share"),
    [
        (rules(0.9), None),
        (rules(0.9999), None),
        (rules(most=0.01), 0.01 / 48),
        (rules(0.9, 0.01), 0.01 / 48),
        (rules(0.9999, 0.01), 0.01 / 48),
    ],
    ids=["a precision", "a high one", "a number a day", "the number binds", "the precision binds"],
)
@pytest.mark.parametrize("weight", [1.0, 4.0])
def test_with_as_many_ordinary_posts_as_it_says_a_threshold_is_found_and_with_fewer_none(
    asked: TrainingRules, share: float | None, weight: float
) -> None:
    """Posts of the same kinds that are told apart without a mistake, only ever more of them."""

    def posts(ordinary: int) -> list[Scored]:
        heavy = ordinary // 4
        return [
            *[Scored(0.9, True)] * 50,
            *[Scored(0.1, False, weight)] * heavy,
            *[Scored(0.1, False)] * (ordinary - heavy),
        ]

    told = why(posts(40), asked, share)
    many = needed(told)
    assert chosen(posts(round(many * 1.01) + 4), asked, share).take_down == 0.9
    assert chosen(posts(round(many * 0.99) - 4), asked, share).take_down is None


def test_what_fails_alone_is_named() -> None:
    few = rows([(0.9, 50, 0), (0.1, 0, 300)])
    assert "a precision" not in why(few, rules(0.9, 0.01), 0.01 / 48)
    assert "kept wrong takedowns to 0.01 a day" in why(few, rules(0.9, 0.01), 0.01 / 48)
    assert "a day" not in why(few, rules(0.9999, 1_000.0), 2.0)
    both = why(few, rules(0.9999, 0.01), 0.01 / 48)
    assert both.startswith("no score reached a precision of 0.9999 and kept wrong takedowns to 0.01 a day")


def test_where_there_are_posts_enough_it_does_not_ask_for_more() -> None:
    """Ordinary posts score as high as violations: more of them would tell the same."""
    mixed = rows([(0.9, 50, 2_000), (0.1, 50, 8_000)])
    for asked, share in ((rules(0.9), None), (rules(most=1.0), 0.1), (rules(0.9, 1.0), 0.1)):
        told = why(mixed, asked, share)
        assert told.startswith("no score ")
        assert "among the 10,000 ordinary posts" in told
        assert "needed" not in told
        assert told.endswith("more posts that score as these do would not mend that")


@pytest.mark.parametrize(("rate", "said"), [(0.05, "0.05"), (0.0004, "0.0004"), (1 / 3, "0.333")])
def test_a_low_base_rate_is_not_told_as_none(rate: float, said: str) -> None:
    few = rows([(0.9, 20, 0), (0.1, 0, 20)])
    points, one_more = curve(few, rate), heaviest_wrong(few, rate)
    told = thresholds.why_withheld(Thresholds(0.5, None), points, rate, one_more, rules(0.99), None)
    assert f"at a base rate of {said} some" in told


def test_no_number_of_posts_shows_that_none_a_day_is_wrong() -> None:
    assert "needed" not in why(rows(TELLING), rules(most=0.0), 0.0)


@pytest.mark.parametrize(
    ("asked", "share"), [(rules(0.95), None), (rules(most=0.01), 0.0004), (rules(0.95, 0.01), 0.0003)]
)
def test_the_number_reckons_with_the_mistakes_that_were_seen(
    asked: TrainingRules, share: float | None
) -> None:
    """Each of the held-out posts so many times: the shares stay, and one post is less of the whole."""
    many = needed(why(rows(TELLING), asked, share))
    enough = -(-many // 1_000)
    assert enough > 1
    assert chosen(rows(TELLING, enough), asked, share).take_down is not None
    assert chosen(rows(TELLING, enough - 1), asked, share).take_down is None


def test_a_filter_that_acts_needs_no_reason() -> None:
    for precision, share in product((0.6, None), (None, 0.2)):
        asked = rules(precision, None if share is None else 1.0)
        assert why(rows(TELLING, 4), asked, share) == ""
