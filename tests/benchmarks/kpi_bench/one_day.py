"""One day of one KPI, as the core has it: the one place of the benchmark that knows how."""

import json

import numpy as np

from shared.kpi.detection.judging import judge_kept
from shared.kpi.judgement import Judgement
from shared.kpi.kept import Kept
from shared.kpi.prophet.features import calendar_columns
from shared.kpi.prophet.rolling import forecast_next
from shared.kpi.series import Series
from tests.benchmarks.kpi_bench.series import context_of

LIMIT = 2.576


def fit_and_predict(series: Series) -> tuple[float, float]:
    """The 99 % interval by one fit of the core: the series prepared, fitted, the day foreseen."""
    calendar = calendar_columns(series.days[0], series.day, context_of(series).occasions)
    forecasts = forecast_next(np.append(series.values[:-1], np.nan), calendar)
    expected = float(forecasts.expected[-1])
    half = LIMIT * float(forecasts.noise[-1] * forecasts.spread[-1])
    return expected - half, expected + half


def rebuilt(series: Series) -> bytes:
    """The state that is kept of a KPI, made of its history alone."""
    _, kept = judge_kept(series, context_of(series), None)
    return _stored(kept)


def daily_check(series: Series, state: bytes) -> tuple[Judgement, bytes]:
    """A daily check of one KPI: yesterday's state read, the day judged, today's state written."""
    judgement, kept = judge_kept(series, context_of(series), _read(state))
    return judgement, _stored(kept)


def _stored(kept: Kept | None) -> bytes:
    """As shared/gcp/kept_forecasts.py has it in a table's object."""
    return json.dumps(kept and kept.to_plain()).encode()


def _read(state: bytes) -> Kept | None:
    plain = json.loads(state)
    return Kept.from_plain(plain) if plain else None
