"""Textbook Prophet: what the detector's speed is measured by."""

import logging
from typing import Any

import pandas as pd

from shared.kpi.prophet.backend import ExactProphet
from shared.kpi.prophet.package import Prophet
from shared.kpi.series import Series
from tests.benchmarks.kpi_bench.series import CALENDAR

WIDTH = 0.99


def textbook(series: Series) -> tuple[float, float]:
    """Prophet as its documentation shows it, with a country's holidays and one event: fit and predict."""
    logging.getLogger("cmdstanpy").disabled = True
    return _fit_and_predict(Prophet, series)


def with_our_optimiser(series: Series) -> tuple[float, float]:
    """The same lines with the package's model fitted by this house's backend."""
    return _fit_and_predict(ExactProphet, series)


def _fit_and_predict(kind: type[Prophet], series: Series) -> tuple[float, float]:
    frame = pd.DataFrame({"ds": pd.to_datetime(list(series.days)), "y": series.values})
    sales = [
        (event.name, pd.Timestamp(event.start), 0, (event.end - event.start).days)
        for event in CALENDAR.events_between(series.days[0], series.day)
    ]
    events = pd.DataFrame(sales, columns=["holiday", "ds", "lower_window", "upper_window"])
    model: Any = kind(interval_width=WIDTH, weekly_seasonality=True, yearly_seasonality=True, holidays=events)
    model.add_country_holidays(CALENDAR.country)
    model.fit(frame.iloc[:-1])
    row = model.predict(frame[["ds"]].iloc[-1:]).iloc[0]
    model.stan_backend.cleanup()  # it leaves files
    return float(row["yhat_lower"]), float(row["yhat_upper"])
