"""The optimiser in this process against Prophet's own CmdStan, on 200 random and real histories."""

import csv
import logging
import math
import tempfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from shared.kpi.calendar import Calendar, Occasion
from shared.kpi.detection.judging import Context, judge_kept
from shared.kpi.forecasts import Forecasts
from shared.kpi.prophet.backend import by_cmdstan
from shared.kpi.prophet.features import CalendarColumns, calendar_columns
from shared.kpi.prophet.history import History
from shared.kpi.prophet.posterior import objective
from shared.kpi.prophet.refit import Refit
from shared.kpi.series import Numbers, Series
from shared.kpi.tables import Direction
from tests.real_series import series_file

END = date(2026, 11, 5)
CASES = 200


def made_up(seed: int) -> tuple[CalendarColumns, Numbers]:
    """Short and long, quiet and noisy, with gaps, steps, bends, outages and stretches that stand still."""
    random = np.random.default_rng([seed, 6])
    count = int(random.choice([60, 90, 130, 400, 750, 1096]))
    first = END - timedelta(days=count - 1)
    sale = Occasion("sale", first + timedelta(days=int(random.integers(count))), -1, 2, is_own=True)
    occasions = Calendar("JP").occasions(first, END) if random.random() < 0.7 else ()
    calendar = calendar_columns(first, END, (*occasions, sale))
    time = np.arange(count)
    week = random.normal(0, 0.15, 7)[time % 7]
    year = random.choice([0, 0.2]) * np.sin(2 * np.pi * time / 365.25 + random.uniform(0, 6))
    bend = random.normal(0, 1.0) * np.maximum(time / count - random.uniform(0.2, 0.7), 0)
    level = float(random.choice([-1.0, 0.0, 8.0, 300.0]))
    # Where noise is next to nothing, a young history is followed exactly, and the posterior has no bottom.
    noise = random.choice([0.01, 0.05, 0.3]) * max(abs(level) / 8, 1.0)
    values = level + week + year + bend + random.normal(0, noise, count)
    if random.random() < 0.3:
        values[count // 2 :] += random.normal(0, 0.5)
    if random.random() < 0.2:
        values[count // 3 : count // 2] = values[count // 3]
    if random.random() < 0.2:
        values[random.integers(0, count, 3)] -= 3
    values[random.random(count) < random.choice([0, 0.05, 0.4 if count > 100 else 0.1])] = math.nan
    return calendar, values


def real(name: str, kpi: str, country: str, until: int) -> tuple[CalendarColumns, Numbers]:
    with series_file(name).open(newline="") as file:
        known = {date.fromisoformat(row["date"]): float(row[kpi]) for row in csv.DictReader(file) if row[kpi]}
    first = min(known) + timedelta(days=max(until - 1096, 0))
    days = [first + timedelta(days=number) for number in range(min(until, 1096))]
    occasions = Calendar(country).occasions(days[0], days[-1])
    return calendar_columns(days[0], days[-1], occasions), np.log([known.get(day, math.nan) for day in days])


def compared(calendar: CalendarColumns, values: Numbers) -> tuple[float, float]:
    """By how much our objective is worse than CmdStan's, relative; and how far the last day's expectation is
    away from its, in standard deviations."""
    last = len(values) - 1
    found = []
    for optimise in ("exact", "cmdstan"):
        history = History(values, calendar)
        history.learn_until(last)
        refit = Refit(history, optimise=by_cmdstan) if optimise == "cmdstan" else Refit(history)
        forecasts = Forecasts.none(len(values))
        refit.foresee(last, forecasts)
        found.append((refit, float(forecasts.expected[last])))
    (ours, expected), (theirs, other) = found
    reached = objective(ours.equations, ours.mode), objective(theirs.equations, theirs.mode)
    return (reached[0] - reached[1]) / abs(reached[1]), abs(expected - other) / (ours.mode.sigma * ours.scale)


def test_the_mode_is_never_worse_than_cmdstans_and_forecasts_are_the_same_on_two_hundred_histories() -> None:
    cases = [made_up(seed) for seed in range(CASES - 20)]
    cases += [real("web_visitors", "unique_visits", "US", until) for until in range(200, 1200, 100)]
    cases += [real("power_demand_tokyo", "demand_10mwh", "JP", until) for until in range(100, 1100, 100)]
    assert len(cases) == CASES
    worse, away = np.array([compared(*case) for case in cases]).T
    assert worse.max() <= 1e-6
    assert float(np.median(away)) <= 0.03
    assert float(np.quantile(away, 0.95)) <= 0.2


def test_with_the_setting_every_fit_behind_the_band_is_cmdstans_and_nothing_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    logging.getLogger("cmdstanpy").disabled = True
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    random = np.random.default_rng(1)
    values = np.round(1000 * np.exp(random.normal(0, 0.05, 62)))
    days = tuple(END - timedelta(days=61 - number) for number in range(62))
    judged = {}
    for optimiser in ("exact", "cmdstan"):
        context = Context((), Direction.BOTH, 6.0, frozenset(), optimiser=optimiser)
        judged[optimiser], kept = judge_kept(Series("orders", "", days, values), context, None)
        assert kept is not None
        again = judge_kept(Series("orders", "", days, values), context, kept)[0]
        assert again.expected == judged[optimiser].expected
    exact, cmdstan = judged["exact"], judged["cmdstan"]
    assert exact.expected is not None and cmdstan.expected is not None
    assert exact.expected != cmdstan.expected
    assert cmdstan.expected == pytest.approx(exact.expected, rel=0.01)
    assert cmdstan.lower == pytest.approx(exact.lower, rel=0.02)
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []
