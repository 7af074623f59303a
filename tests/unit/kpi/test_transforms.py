"""Scales and plain rules: what is chosen for which values, and that nothing leaves its bounds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kpi.detection.plain import plain_band
from shared.kpi.detection.scales import choose_transform, kind_of
from shared.kpi.detection.transforms import Kind, are_counts, step_of
from shared.kpi.detection.uncertainty import volume_spread


@pytest.mark.parametrize(
    ("values", "is_rate", "kind"),
    [
        ([0.01, 0.02, 0.5], True, Kind.LOGIT),
        ([0.0, 1.0, 1.0], False, Kind.POWER),
        ([0.0, 1.0, 1.0], True, Kind.NONE),
        ([0.5, 2.0], True, Kind.POWER),
        ([0, 5, 12], False, Kind.POWER),
        ([-1, 5, 12], False, Kind.NONE),
        ([0, 0, 0], False, Kind.NONE),
        ([], False, Kind.NONE),
        ([100.0] * 20 + [-3], False, Kind.POWER),
        ([100.0] * 19 + [-3], False, Kind.NONE),
        ([100.0] * 20 + [-3, -3], False, Kind.NONE),
        ([100.0] * 98 + [-3, -3], False, Kind.POWER),
        ([-100.0] * 20 + [3], False, Kind.NONE),
        ([0.4] * 20 + [1.3], True, Kind.LOGIT),
        ([0.4] * 20 + [1.3, 1.3], True, Kind.POWER),
        ([math.nan, math.nan], False, Kind.NONE),
    ],
)
def test_the_scale_follows_from_the_values(values: list[float], is_rate: bool, kind: Kind) -> None:
    known = np.array(values, dtype=float)
    assert choose_transform(known, is_rate).kind is kind_of(known, is_rate) is kind


@given(st.lists(st.floats(0, 1e12), min_size=1), st.floats(-60, 60))
def test_nothing_comes_back_below_zero(values: list[float], scaled: float) -> None:
    transform = choose_transform(np.array(values), is_rate=False)
    if transform.kind is Kind.POWER:
        assert transform.back(np.array([scaled]))[0] >= 0
        there = transform.back(transform.forward(np.array(values)))
        assert there == pytest.approx(values, rel=1e-6, abs=1e-6 * transform.offset + 1e-300)


@given(st.lists(st.floats(0, 1), min_size=1), st.floats(-900, 900))
def test_rates_come_back_within_0_and_1(values: list[float], scaled: float) -> None:
    transform = choose_transform(np.array(values), is_rate=True)
    if transform.kind is Kind.LOGIT:
        assert 0 <= transform.back(np.array([scaled]))[0] <= 1
        there = transform.back(transform.forward(np.array(values)))
        assert there == pytest.approx(values, abs=1e-6)


def test_whole_numbers_from_zero_on_are_counts() -> None:
    assert are_counts(np.array([0.0, 3, np.nan]))
    assert (
        not are_counts(np.array([0.5])) and not are_counts(np.array([-1.0])) and not are_counts(np.array([]))
    )


def test_rounding_is_told_by_many_values_and_an_incident_among_few_is_none() -> None:
    assert step_of(np.array([3.0, 3, 5, 4.5, 6, 7, 8])) == 0.5
    assert step_of(np.array([2.0, 2.0])) == step_of(np.array([np.nan])) == 0
    assert step_of(np.array([5000.0] * 400 + [0.0])) == 50
    assert step_of(np.array([3.0] * 400 + [4.0])) == 1
    assert step_of(np.array([0.25] * 400 + [0.0])) == 0.0025


def test_a_kpi_that_moves_has_no_plain_band() -> None:
    assert plain_band(np.random.default_rng(1).normal(100, 5, 200), 100, 0.01) is None


def test_a_kpi_that_came_to_rest_is_constant() -> None:
    moving = np.random.default_rng(1).normal(100, 5, 200)
    band = plain_band(np.append(moving, np.full(28, 40.0)), 40, 0.01)
    assert band is not None and band.lower < 40 < band.upper
    assert plain_band(np.append(moving, np.full(27, 40.0)), 40, 0.01) is None


def test_half_of_the_volume_widens_a_rate_by_its_binomial_noise() -> None:
    volumes = np.full(60, 1000.0)
    noise = math.sqrt(1 / (0.1 * 0.9 * 1000))  # nothing but independent draws
    assert volume_spread(volumes, 0.1, noise, Kind.LOGIT) == 1.0
    volumes[-1] = 250
    assert volume_spread(volumes, 0.1, noise, Kind.LOGIT) == pytest.approx(2.0)
    volumes[-1] = 9000
    assert volume_spread(volumes, 0.1, noise, Kind.LOGIT) == 1.0
