"""Prophet as its documentation shows it, by CmdStan: what the detector is measured against."""

import logging
from collections.abc import Sequence
from datetime import date
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from shared.kpi.prophet.package import Prophet
from shared.kpi.series import Numbers

WIDTH = 0.99


def textbook_forecast(
    days: Sequence[date], history: Numbers, country: str | None, levels: Sequence[float]
) -> tuple[float, tuple[tuple[float, float], ...]]:
    """What is expected of the last of `days` by the `history` before it, and the intervals of `levels`.

    `history` has a value for each of `days` but the last, NaN where there is none. `country` None: without
    holidays. The intervals are sampled, as Prophet does, here with the day as seed: the same for ever.
    Raises what Prophet raises where it can't be fitted: ValueError, RuntimeError.
    """
    logging.getLogger("cmdstanpy").disabled = True
    frame = pd.DataFrame({"ds": pd.to_datetime(list(days)), "y": np.append(history, np.nan)})
    model = Prophet(interval_width=WIDTH)
    if country is not None:
        model.add_country_holidays(country)
    seed = days[-1].toordinal()
    with TemporaryDirectory(
        prefix="sekisho-cmdstan-"
    ) as folder:  # it leaves files, and a folder for each fit
        model.fit(frame.iloc[:-1], seed=seed, output_dir=folder)
    row = frame[["ds"]].iloc[-1:]
    drawn, model.uncertainty_samples = model.uncertainty_samples, 0
    expected = float(model.predict(row)["yhat"].iloc[0])
    model.uncertainty_samples = drawn
    before = np.random.get_state()  # the package draws from this one
    np.random.seed(seed)
    samples = model.predictive_samples(row)["yhat"][0]
    np.random.set_state(before)
    edges = [np.percentile(samples, [50 * (1 - level), 50 * (1 + level)]) for level in levels]
    return expected, tuple((float(low), float(high)) for low, high in edges)
