"""A score is a probability, whatever the labelled posts' share of violations was."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spam.calibration import Calibration, calibrate


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
