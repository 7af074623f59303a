"""The in-process optimiser behind Prophet's own interface, against CmdStan, on real series."""

import csv
import dataclasses
import logging
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from shared.kpi.calendar import Occasion
from shared.kpi.kept import Mode
from shared.kpi.prophet.backend import ExactBackend, ExactProphet, normal_equations
from shared.kpi.prophet.features import calendar_columns
from shared.kpi.prophet.outages import find_outages, without
from shared.kpi.prophet.package import Prophet
from shared.kpi.prophet.posterior import objective
from shared.kpi.prophet.rolling import forecast_next
from shared.kpi.series import Numbers
from tests.real_series import series_file

CASES = [
    ("bike_rentals", "rentals", 200),
    ("bike_rentals", "casual", 545),
    ("power_demand_tokyo", "demand_10mwh", 60),
    ("power_demand_tokyo", "peak_10mw", 1090),
    ("web_visitors", "page_loads", 300),
    ("web_visitors", "returning_visits", 700),
    ("web_visitors", "unique_visits", 1095),
    ("wiki_page_log", "log_views", 1000),
]


def read(name: str, kpi: str, count: int) -> tuple[list[date], Numbers]:
    with series_file(name).open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row[kpi]][: count + 1]
    known = {date.fromisoformat(row["date"]): float(row[kpi]) for row in rows}
    first, last = min(known), max(known)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    values = np.array([known.get(day, np.nan) for day in days])
    return days, np.log(values)


def new_years(days: list[date]) -> tuple[Occasion, ...]:
    years = range(days[0].year, days[-1].year + 1)
    found = [Occasion("New Year", date(year, 1, 1), -1, 2, False) for year in years]
    return tuple(each for each in found if days[0] <= each.day <= days[-1])


def settings(days: list[date], count: int) -> dict[str, Any]:
    rows = [(each.name, each.day, each.lower_window, each.upper_window) for each in new_years(days)]
    frame = pd.DataFrame(rows, columns=["holiday", "ds", "lower_window", "upper_window"]) if rows else None
    return {
        "holidays": frame,
        "weekly_seasonality": True,
        "daily_seasonality": False,
        "yearly_seasonality": count >= 365,
        "uncertainty_samples": 0,
    }


@pytest.fixture(autouse=True)
def quiet() -> None:
    logging.getLogger("cmdstanpy").disabled = True
    logging.getLogger("prophet").setLevel(logging.ERROR)


def objective_of(model: Prophet, frame: pd.DataFrame, options: dict[str, Any]) -> float:
    sums = normal_equations(dataclasses.asdict(Prophet(**options).preprocess(frame)))
    found = model.params
    ridge = np.concatenate([found["k"][0], found["m"][0], found["beta"][0]])
    return objective(sums, Mode(ridge, found["delta"][0], float(found["sigma_obs"][0, 0])))


def test_the_mode_is_never_worse_than_cmdstans_and_the_forecast_is_the_same() -> None:
    moved = []
    for name, kpi, count in CASES:
        days, values = read(name, kpi, count)
        options = settings(days, (days[-2] - days[0]).days + 1)
        frame = pd.DataFrame({"ds": pd.to_datetime(days[:-1]), "y": values[:-1]})
        last = pd.DataFrame({"ds": pd.to_datetime(days[-1:])})
        stan, exact = Prophet(**options).fit(frame), ExactProphet(**options).fit(frame)
        theirs, ours = (objective_of(each, frame, options) for each in (stan, exact))
        assert ours <= theirs + 1e-6 * abs(theirs), (name, kpi, count)
        sigma = float(exact.params["sigma_obs"][0, 0]) * (exact.y_scale or 1.0)
        moved.append(abs(stan.predict(last).yhat[0] - exact.predict(last).yhat[0]) / sigma)
        assert stan.stan_backend is not None
        stan.stan_backend.cleanup()
    assert float(np.median(moved)) <= 0.03
    assert max(moved) <= 0.25


@pytest.mark.parametrize(("name", "kpi", "count"), CASES)
def test_a_rolling_refit_is_the_whole_prophet_fitted_that_day(name: str, kpi: str, count: int) -> None:
    days, values = read(name, kpi, count)
    assert np.isfinite(values[-1]), "a case of its own: nothing to foresee"
    options = settings(days, (days[-2] - days[0]).days + 1)
    calendar = calendar_columns(days[0], days[-1], new_years(days))
    for _ in range(2):  # as a rolling refit does: what it does not learn, the whole one shall not either
        values = without(values, find_outages(values, calendar, len(values) - 1, len(values) - 1))
    frame = pd.DataFrame({"ds": pd.to_datetime(days[:-1]), "y": values[:-1]})
    whole = ExactProphet(**options).fit(frame)
    rolled = forecast_next(np.append(values[:-1], np.nan), calendar)
    expected = whole.predict(pd.DataFrame({"ds": pd.to_datetime(days[-1:])})).yhat[0]
    sigma = float(whole.params["sigma_obs"][0, 0]) * (whole.y_scale or 1.0)
    # What the fit left over is Prophet's noise; ours reckons in how many parameters it was fitted with.
    fitted = 2 + 6 + (20 if count >= 365 else 0) + np.count_nonzero(np.abs(whole.params["delta"]) > 1e-9)
    assert (
        sigma
        <= rolled.noise[-1]
        <= sigma * (count / max(float(count - fitted - 3), count / 4)) ** 0.5 * 1.001
    )
    assert abs(rolled.expected[-1] - expected) < 1e-4 * rolled.noise[-1]


def test_what_the_optimiser_can_not_do_goes_to_cmdstan_with_a_log_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    days = [date(2025, 1, 1) + timedelta(days=number) for number in range(120)]
    values = 10 + np.arange(120) * 0.1 + np.sin(2 * np.pi * np.arange(120) / 7)
    frame = pd.DataFrame({"ds": pd.to_datetime(days), "y": values})
    with caplog.at_level(logging.INFO, logger="shared.kpi.prophet.backend"):
        model = ExactProphet(seasonality_mode="multiplicative", uncertainty_samples=0).fit(frame)
    assert "fitted by CmdStan" in caplog.text
    assert model.predict(frame).yhat.to_numpy() == pytest.approx(values, abs=0.5)
    backend = model.stan_backend
    assert isinstance(backend, ExactBackend)
    csv_files = [Path(each) for each in backend._fallback.stan_fit.runset.csv_files]
    assert all(each.exists() for each in csv_files)
    backend.cleanup()
    assert not any(each.exists() for each in csv_files)


def test_the_calendars_columns_are_prophets_own() -> None:
    days = [date(2024, 12, 1) + timedelta(days=number) for number in range(430)]
    options = settings(days, 430)
    frame = pd.DataFrame({"ds": pd.to_datetime(days), "y": np.arange(430.0)})
    theirs = np.asarray(Prophet(**options).preprocess(frame).X, dtype=float)
    ours = calendar_columns(days[0], days[-1], new_years(days))
    assert ours.columns.shape == theirs.shape
    assert sorted(ours.columns.sum(axis=0)) == pytest.approx(sorted(theirs.sum(axis=0)))
    assert ours.scales.tolist() == [10.0] * theirs.shape[1]
    assert int((ours.occasion >= 0).sum()) == 4 and ours.own == frozenset()


def test_an_own_event_and_a_holiday_of_one_name_are_two_occasions() -> None:
    both = (
        Occasion("trend", date(2026, 1, 1), is_own=True),
        Occasion("trend", date(2026, 1, 2), is_own=False),
    )
    columns = calendar_columns(date(2025, 12, 1), date(2026, 1, 31), both)
    assert columns.names == ("trend", "trend") and len(columns.own) == 1
    assert columns.columns[:, columns.occasion >= 0].sum(axis=0).tolist() == [1, 1]
