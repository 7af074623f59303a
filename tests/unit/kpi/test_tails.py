"""The measured distribution of errors against distributions whose truth is known."""

from collections.abc import Callable

import numpy as np
import pytest

from shared.kpi.detection.calibration import calibrate
from shared.kpi.detection.tails import tails_of
from shared.kpi.series import Numbers

type Draw = Callable[[np.random.Generator, int], Numbers]

KINDS: dict[str, Draw] = {
    "normal": lambda random, count: random.normal(0, 1, count),
    "t with 5": lambda random, count: random.standard_t(5, count),
    "t with 3": lambda random, count: random.standard_t(3, count),
    "Laplace": lambda random, count: random.laplace(0, 1, count),
    "leaning": lambda random, count: 2 - random.gamma(2, 1, count),
}


def came(kind: str, probability: float, count: int, times: int) -> tuple[float, float]:
    """How often errors came to lie below and above limits by `count` others, for one that was asked for."""
    draw = KINDS[kind]
    below = above = 0.0
    for seed in range(times):
        random = np.random.default_rng(seed)
        tails = calibrate(draw(random, count), np.ones(count), 1.0).tails
        low, high = tails.limits(probability)
        fresh = draw(random, 4000)
        below += float((fresh < -low).mean()) / times
        above += float((fresh > high).mean()) / times
    return below / probability, above / probability


@pytest.mark.parametrize("kind", KINDS)
def test_84_errors_of_any_kind_cover_about_what_their_level_says(kind: str) -> None:
    assert 0.65 <= sum(came(kind, 0.05, 84, 60)) <= 1.4
    assert 0.3 <= sum(came(kind, 0.01, 84, 60)) <= 2.0


@pytest.mark.parametrize("kind", ["normal", "t with 5", "t with 3"])
def test_many_errors_leave_little_of_what_was_thought_before(kind: str) -> None:
    random = np.random.default_rng(2)
    errors, fresh = (KINDS[kind](random, count) for count in (3000, 200_000))
    for probability in (0.05, 0.01):
        low, high = tails_of(errors, 1.2).limits(probability)
        assert float(((fresh < -low) | (fresh > high)).mean()) == pytest.approx(probability, rel=0.15)


def test_the_side_on_which_errors_are_small_is_watched_more_tightly() -> None:
    random = np.random.default_rng(5)
    errors = KINDS["leaning"](random, 84)
    low, high = tails_of(errors, 1.4).limits(0.01)
    assert high < 0.8 * low
    mirrored = tails_of(-errors, 1.4).limits(0.01)
    assert mirrored == pytest.approx((high, low))


def test_without_errors_the_limits_are_those_of_usual_tails() -> None:
    low, high = tails_of(np.array([]), 2.0).limits(0.05)
    assert low == pytest.approx(high)
    assert 2 * 1.96 < low < 2 * 2.7


@pytest.mark.parametrize("errors", [np.zeros(84), np.zeros(1), np.array([1e9]), np.full(84, 1e-9)])
@pytest.mark.parametrize("scale", [0.0, 1e-15, 1.0])
def test_limits_are_finite_and_rise_with_the_level_whatever_comes(errors: Numbers, scale: float) -> None:
    tails = tails_of(errors, scale)
    limits = [tails.limits(each) for each in (1.0, 0.2, 0.05, 0.01, 1e-6, 0.0)]
    assert np.isfinite(limits).all() and (np.array(limits) > 0).all()
    assert (np.diff(np.array(limits), axis=0) >= 0).all()


def test_the_probability_beyond_a_size_is_that_of_its_limit() -> None:
    tails = tails_of(KINDS["leaning"](np.random.default_rng(1), 84), 1.4)
    low, high = tails.limits(0.02)
    assert tails.beyond(high) == pytest.approx(0.01, rel=0.05)
    assert tails.beyond(-low) == pytest.approx(0.99, rel=0.05)
    beyond = [tails.beyond(size) for size in np.linspace(-5, 5, 101)]
    assert beyond == sorted(beyond, reverse=True)
    assert tails.beyond(-1e9) > 0.999 and tails.beyond(1e9) < 0.001
