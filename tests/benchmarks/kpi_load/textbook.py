"""The textbook's way to check one KPI: Prophet as its documentation shows it."""

import logging
import time
from collections.abc import Sequence

import pandas as pd

from infra.local.sample.kpis.rows import SampleTable
from shared.kpi.prophet.package import Prophet


def textbook_seconds(tables: Sequence[SampleTable], kpi: str) -> list[float]:
    """Seconds of fit and predict for the last day of one KPI of each table, after one that warms up."""
    logging.getLogger("cmdstanpy").disabled = True
    _seconds(tables[0], kpi)
    return [_seconds(table, kpi) for table in tables]


def _seconds(table: SampleTable, kpi: str) -> float:
    days = pd.to_datetime([row["day"] for row in table.rows])
    frame = pd.DataFrame({"ds": days, "y": [row[kpi] for row in table.rows]})
    begun = time.perf_counter()
    model = Prophet(interval_width=0.99)
    model.add_country_holidays("JP")
    model.fit(frame.iloc[:-1])
    model.predict(frame[["ds"]].iloc[-1:])
    seconds = time.perf_counter() - begun
    assert model.stan_backend
    model.stan_backend.cleanup()
    return seconds
