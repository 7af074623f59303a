"""The exact optimiser: that what it finds is the mode, whatever the data."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kpi.kept import Mode
from shared.kpi.prophet import posterior
from shared.kpi.prophet.features import calendar_columns
from shared.kpi.prophet.posterior import (
    NormalEquations,
    leverage,
    objective,
    posterior_mode,
    sparse_mode,
)
from shared.kpi.prophet.rolling import roll
from shared.kpi.series import Numbers

TAU = 0.05


def equations(days: int, seed: int, noise: float = 0.05, bend: float = 0.4) -> NormalEquations:
    """Trend with one bend, a week, five potential changepoints."""
    random = np.random.default_rng(seed)
    times = np.linspace(0, 1, days)
    week = 2 * np.pi * np.arange(days) / 7
    bends = np.maximum(times[:, None] - np.array([0.1, 0.25, 0.4, 0.55, 0.7]), 0)
    columns = np.column_stack([times, np.ones(days), np.sin(week), np.cos(week), bends])
    values = 0.5 + 0.2 * times + 0.1 * np.sin(week) + bend * bends[:, 2] + random.normal(0, noise, days)
    ridge = np.array([1 / 25, 1 / 25, 1 / 100, 1 / 100])
    return NormalEquations(columns.T @ columns, columns.T @ values, float(values @ values), days, ridge)


@settings(max_examples=60, deadline=None)
@given(days=st.integers(12, 900), seed=st.integers(0, 9999), noise=st.floats(0.001, 0.5))
def test_no_step_away_from_the_mode_is_better(days: int, seed: int, noise: float) -> None:
    sums = equations(days, seed, noise)
    mode = posterior_mode(sums, tau=TAU)
    best = objective(sums, mode, TAU)
    random = np.random.default_rng(seed)
    for size in (1e-5, 1e-3, 0.1):
        for _ in range(5):
            other = Mode(
                mode.ridge + random.normal(0, size, len(mode.ridge)),
                mode.delta + random.normal(0, size, len(mode.delta)) * random.integers(0, 2, len(mode.delta)),
                mode.sigma * float(np.exp(random.normal(0, size))),
            )
            assert objective(sums, other, TAU) >= best - 1e-9 * max(abs(best), 1)


def test_the_slopes_of_the_objective_are_zero_and_unused_changepoints_are_not_worth_their_price() -> None:
    sums = equations(500, 1)
    mode = posterior_mode(sums, tau=TAU)
    slopes = (sums.gram @ mode.parameters - sums.moment) / mode.sigma**2
    assert np.abs(slopes[:4] + sums.ridge * mode.ridge).max() < 1e-4
    used = mode.delta != 0
    assert used.any() and not used.all()
    assert np.abs(slopes[4:][used] + np.sign(mode.delta[used]) / TAU).max() < 1e-4
    assert (np.abs(slopes[4:][~used]) <= 1 / TAU + 1e-6).all()


def test_a_start_nearby_changes_nothing_but_the_time() -> None:
    sums, nearby = equations(400, 2), posterior_mode(equations(399, 3))
    cold, warm = posterior_mode(sums), posterior_mode(sums, nearby)
    assert np.allclose(cold.parameters, warm.parameters, atol=1e-7)
    assert cold.sigma == pytest.approx(warm.sigma, rel=1e-6)


def test_data_without_noise_has_an_end() -> None:
    mode = posterior_mode(equations(200, 4, noise=0.0))
    assert 0 < mode.sigma < 1e-3 and np.isfinite(mode.parameters).all()


def test_changepoints_that_can_not_be_told_apart_share_the_work() -> None:
    same: Numbers = np.array([[1.0, 1.0], [1.0, 1.0]])
    found = sparse_mode(same, np.array([1.0, 1.0]), 0.1, np.zeros(2))
    assert found.sum() == pytest.approx(0.9)


def test_little_is_known_where_there_were_no_days() -> None:
    sums = equations(300, 5)
    mode = posterior_mode(sums)
    inside = np.array([0.5, 1, 0, 1, *np.maximum(0.5 - np.array([0.1, 0.25, 0.4, 0.55, 0.7]), 0)])
    outside = np.array([3.0, 1, 0, 1, *(3.0 - np.array([0.1, 0.25, 0.4, 0.55, 0.7]))])
    assert 0 < leverage(sums, mode, inside) < 0.1 < leverage(sums, mode, outside)


@pytest.mark.parametrize("noise", [0.0, 1e-6, 1e-4, 1e-3, 1e-2])
@pytest.mark.parametrize("count", [100, 400])
def test_the_quietest_kpi_takes_no_more_steps_than_a_few_dozen_a_refit(
    noise: float, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0
    step = posterior._step

    def counted(*arguments: Any) -> Any:
        nonlocal steps
        steps += 1
        return step(*arguments)

    monkeypatch.setattr(posterior, "_step", counted)
    first = date(2025, 1, 1)
    calendar = calendar_columns(first, first + timedelta(days=count - 1), ())
    for seed in range(3):
        steps = 0
        random = np.random.default_rng(seed)
        week = np.array([1.0, 1.05, 1.1, 1.0, 0.95, 0.8, 0.75])[np.arange(count) % 7]
        values = 8 + np.log(week) + random.normal(0, noise, count) if noise else 8 + np.log(week)
        roll(values, calendar, count - 1)
        assert steps < 40 * 123, "91 days and up to 32 weeks are looked at, a refit each"
