"""A score is a probability, whatever the labelled posts' share of violations was."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spam.calibrating import FEWEST_OF_STEPS, calibrate
from shared.spam.calibration import Calibration


def simulated(slope: float, intercept: float, posts: int = 6_000) -> tuple[list[float], list[bool]]:
    random = Random(7)
    truth = Calibration(slope, intercept)
    raw = [random.gauss(0, 2) for _ in range(posts)]
    return raw, [random.random() < truth.probability(score) for score in raw]


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.4, -1.0), (2.5, -3.0), (1.5, 2.0)])
def test_a_known_calibration_is_found_again(slope: float, intercept: float) -> None:
    raw, answers = simulated(slope, intercept)
    found = calibrate(raw, answers, sum(answers) / len(answers))
    assert found.slope == pytest.approx(slope, rel=0.12)
    assert found.intercept == pytest.approx(intercept, abs=0.2)


def test_probabilities_mean_the_share_of_violations_at_the_real_base_rate() -> None:
    """Half of the labelled posts violate, one in twenty of those that pass does."""
    raw, answers = simulated(1.5, 0.0)
    found = calibrate(raw, answers, 0.05)
    violations = sum(answers)
    weights = [0.05 / violations if bad else 0.95 / (len(answers) - violations) for bad in answers]
    mean = sum(weight * found.probability(score) for weight, score in zip(weights, raw, strict=True))
    assert mean == pytest.approx(0.05, abs=0.005)
    assert found.probability(0.0) < 0.1


@given(st.floats(1e-6, 50), st.floats(-50, 50), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_a_higher_raw_score_is_never_less_probable(
    slope: float, intercept: float, one: float, two: float
) -> None:
    calibration = Calibration(slope, intercept)
    low, high = sorted((one, two))
    assert 0 <= calibration.probability(low) <= calibration.probability(high) <= 1


@given(st.floats(allow_nan=False), st.floats(-1e6, 1e6))
def test_every_raw_score_has_a_probability(raw: float, intercept: float) -> None:
    assert 0 <= Calibration(1.0, intercept).probability(raw) <= 1


@pytest.mark.parametrize("base_rate", [0.0001, 0.01, 0.5, 0.9999])
@pytest.mark.parametrize("gap", [1e-9, 0.1, 10.0, 1_000.0])
def test_separable_scores_give_a_finite_calibration(gap: float, base_rate: float) -> None:
    raw = [0.0] * 30 + [gap] * 30
    found = calibrate(raw, [False] * 30 + [True] * 30, base_rate)
    assert math.isfinite(found.slope)
    assert math.isfinite(found.intercept)
    assert found.probability(0.0) <= found.probability(gap)


def test_scores_the_wrong_way_round_stay_in_their_order() -> None:
    found = calibrate([0.0] * 30 + [5.0] * 30, [True] * 30 + [False] * 30, 0.3)
    assert 0 < found.slope < 1e-3


ROWS = st.lists(st.tuples(st.floats(-60, 60), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: len({bad for _, bad in rows}) == 2
)


@given(ROWS, st.sampled_from([0.0001, 0.05, 0.5, 0.9999]))
def test_any_scores_of_both_kinds_give_a_finite_monotone_calibration(
    rows: list[tuple[float, bool]], base_rate: float
) -> None:
    found = calibrate([score for score, _ in rows], [bad for _, bad in rows], base_rate)
    assert math.isfinite(found.slope)
    assert found.slope > 0
    assert math.isfinite(found.intercept)


def test_the_order_of_the_posts_makes_no_difference_worth_naming() -> None:
    raw, answers = simulated(1.0, -1.0, posts=300)
    one, other = calibrate(raw, answers, 0.1), calibrate(raw[::-1], answers[::-1], 0.1)
    assert (one.slope, one.intercept) == pytest.approx((other.slope, other.intercept), rel=1e-6)


# Steps that follow what was seen

Probability = Callable[[float], float]


def drawn(truth: Probability, posts: int, seed: int) -> tuple[list[float], list[bool]]:
    """Raw scores, and answers that come true as often as `truth` says."""
    random = Random(seed)
    raw = [random.uniform(-3, 3) for _ in range(posts)]
    return raw, [random.random() < truth(score) for score in raw]


def calibration_error(probability: Probability, truth: Probability) -> float:
    """How far probabilities are from the truth, on average over the scores there are."""
    places = [-3 + 6 * (number + 0.5) / 1_000 for number in range(1_000)]
    return sum(abs(probability(place) - truth(place)) for place in places) / len(places)


def plateau(raw: float) -> float:
    """A filter that is sure of few: hardly any below, half of the middle, and never more than 70 %."""
    return 0.03 if raw < -1 else 0.5 if raw < 1.5 else 0.7


def lopsided(raw: float) -> float:
    """Far scores mean little more than near ones on one side, and much more on the other."""
    return 1 / (1 + math.exp(-(raw / 4 if raw < 0 else 4 * raw)))


@pytest.mark.parametrize("truth", [plateau, lopsided])
@pytest.mark.parametrize("seed", range(3))
def test_where_the_truth_is_no_smooth_curve_steps_come_nearer_to_it(truth: Probability, seed: int) -> None:
    raw, answers = drawn(truth, 3_000, seed)
    found = calibrate(raw, answers, sum(answers) / len(answers))
    smooth = replace(found, knots=())
    assert found.knots
    error = calibration_error(found.probability, truth)
    assert error < 0.04
    assert error < 0.6 * calibration_error(smooth.probability, truth)


@pytest.mark.parametrize("seed", range(3))
def test_where_the_truth_is_a_smooth_curve_steps_do_no_harm(seed: int) -> None:
    truth = Calibration(1.2, -0.5).probability
    raw, answers = drawn(truth, 3_000, seed)
    found = calibrate(raw, answers, sum(answers) / len(answers))
    assert calibration_error(found.probability, truth) < 0.025


def test_steps_say_the_share_at_the_real_base_rate_not_the_labelled_posts() -> None:
    raw, answers = drawn(plateau, 6_000, 5)
    share = sum(answers) / len(answers)
    found = calibrate(raw, answers, 0.05)
    times = (
        0.05 / share / (0.95 / (1 - share))
    )  # as much rarer, compared with the others, violations really are
    for place in (0.0, 2.5):
        odds = plateau(place) / (1 - plateau(place)) * times
        assert found.probability(place) == pytest.approx(odds / (1 + odds), rel=0.25)


@pytest.mark.parametrize("rarer", [True, False])
@pytest.mark.parametrize("fewest", [FEWEST_OF_STEPS - 1, FEWEST_OF_STEPS])
def test_steps_are_taken_from_100_posts_of_each_kind_on(fewest: int, rarer: bool) -> None:
    random = Random(3)
    answers = [rarer] * fewest + [not rarer] * 400
    raw = [random.gauss(1.0 if bad else -1.0, 1) for bad in answers]
    assert bool(calibrate(raw, answers, 0.3).knots) is (fewest >= FEWEST_OF_STEPS)


def test_a_post_that_stands_for_others_counts_in_the_steps_as_often() -> None:
    """Of the scores from 0 up each violation stands for three: nine in ten of what passes there violates."""
    random = Random(4)
    raw = [random.uniform(-3, 0) for _ in range(1_000)] + [random.uniform(0, 3) for _ in range(1_000)]
    answers = [number % 10 == 0 for number in range(1_000)] + [number % 4 != 0 for number in range(1_000)]
    weights = [1.0] * 1_000 + [3.0 if bad else 1.0 for bad in answers[1_000:]]
    rate = sum(w for w, bad in zip(weights, answers, strict=True) if bad) / sum(weights)
    found = calibrate(raw, answers, rate, weights)
    assert found.probability(1.5) == pytest.approx(2_250 / 2_500, abs=0.03)


MANY_ROWS = (
    st.integers(0, 2**32 - 1)
    .map(Random)
    .flatmap(
        lambda random: st.tuples(
            st.sampled_from([0.0, 0.5, 3.0]),
            st.sampled_from([1, 3, 40, 10**6]),
            st.sampled_from([1e-300, 1e-9, 1.0, 1e6]),
        ).map(
            lambda shape: [
                (round(random.gauss(shape[0] * bad, 1) * shape[1]) / shape[1] * shape[2], bad)
                for bad in [random.random() < 0.4 for _ in range(400)]
            ]
        )
    )
)
"""Hundreds of rows of both kinds: separable and not, few scores or no two the same, tiny and huge ones."""


@given(MANY_ROWS, st.sampled_from([0.0001, 0.05, 0.5, 0.9999]))
def test_steps_rise_strictly_whatever_the_rows(rows: list[tuple[float, bool]], base_rate: float) -> None:
    found = calibrate([score for score, _ in rows], [bad for _, bad in rows], base_rate)
    assert found.slope > 0
    assert all(low[0] < high[0] and low[1] < high[1] for low, high in pairwise(found.knots))
    assert all(math.isfinite(number) for knot in found.knots for number in knot)
    scores = sorted({score for score, _ in rows} | {raw for raw, _ in found.knots} | {-1e9, 0.0, 1e9})
    probabilities = [found.probability(score) for score in scores]
    assert probabilities == sorted(probabilities)
    assert 0 <= probabilities[0] <= probabilities[-1] <= 1


@given(MANY_ROWS)
def test_between_and_beyond_the_knots_two_scores_that_differ_are_ranked_as_they_were(
    rows: list[tuple[float, bool]],
) -> None:
    found = calibrate([score for score, _ in rows], [bad for _, bad in rows], 0.3)
    for (low, _), (high, _) in pairwise(found.knots):
        if low < (low + high) / 2 < high:
            assert found.probability(low) <= found.probability((low + high) / 2) <= found.probability(high)


KNOTS = Calibration(0.5, 9.0, ((-1.0, -2.0), (1.0, 0.0), (2.0, 4.0)))


def logit(raw: float) -> float:
    probability = KNOTS.probability(raw)
    return math.log(probability / (1 - probability))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (-1.0, -2.0),
        (1.0, 0.0),
        (2.0, 4.0),  # on the knots
        (0.0, -1.0),
        (1.5, 2.0),
        (1.25, 1.0),  # between them
        (-3.0, -3.0),
        (4.0, 5.0),  # beyond them, by the slope
    ],
)
def test_a_score_lies_on_the_straight_line_between_its_knots_and_beyond_them_on_the_slope(
    raw: float, expected: float
) -> None:
    assert logit(raw) == pytest.approx(expected, abs=1e-9)


@given(st.floats(allow_nan=False))
def test_every_raw_score_has_a_probability_with_knots_too(raw: float) -> None:
    assert 0 <= KNOTS.probability(raw) <= 1


def test_a_single_knot_is_enough() -> None:
    one = Calibration(2.0, 0.0, ((1.0, 0.5),))
    assert [one.probability(raw) for raw in (0.0, 1.0, 2.0)] == pytest.approx(
        [1 / (1 + math.exp(-logit)) for logit in (-1.5, 0.5, 2.5)]
    )
