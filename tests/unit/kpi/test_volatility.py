"""Seasons in which a KPI jumps about more than usual, as earlier years knew them."""

from datetime import date, timedelta

import numpy as np
import pytest

from shared.kpi.detection.judging import Context, judge_kept
from shared.kpi.kept import Kept
from shared.kpi.prophet.volatility import AROUND, CALMEST, LEAST_DAYS, YEAR, volatility
from shared.kpi.series import Numbers, Series
from shared.kpi.tables import Direction

DAYS = np.arange(3 * YEAR)
TODAY = len(DAYS)
SEASON = 60
"""Days from TODAY on, in every year, that jump about more."""


def errors(seed: int, restless: float = 1.0) -> Numbers:
    drawn = np.random.default_rng(seed).normal(size=len(DAYS))
    return np.where((DAYS - TODAY) % YEAR < SEASON, restless, 1.0) * drawn


def test_a_season_that_was_restless_in_earlier_years_is_expected_to_be() -> None:
    for seed in range(5):
        assert 1.5 < volatility(DAYS, errors(seed, 3.0), TODAY + 30) < 2.2  # a part of it says nothing new
        assert volatility(DAYS, errors(seed, 3.0), TODAY - 90) < 1.0
        assert volatility(DAYS, errors(seed, 0.2), TODAY + 30) == CALMEST, "it may have been chance"
        assert volatility(DAYS, errors(seed), TODAY + 30) == pytest.approx(1.0, abs=0.2)


def test_where_no_earlier_year_says_anything_nothing_is_expected() -> None:
    misses = errors(1, 5.0)
    assert volatility(DAYS[:0], misses[:0], 3) == 1.0
    assert volatility(DAYS[:300], misses[:300], 300) == 1.0
    assert volatility(DAYS, np.zeros(len(DAYS)), TODAY) == 1.0
    known = (DAYS >= TODAY - 40) | ((DAYS - TODAY) % YEAR <= AROUND)
    few = DAYS[known & ((DAYS < LEAST_DAYS - 1) | (DAYS >= TODAY - 40))]
    enough = DAYS[known & ((DAYS < LEAST_DAYS) | (DAYS >= TODAY - 40))]
    assert volatility(few, misses[few], TODAY) == 1.0
    assert volatility(enough, misses[enough], TODAY) != 1.0


def test_what_was_so_in_one_year_is_believed_less_than_what_was_so_in_all() -> None:
    for seed in range(5):
        always = errors(seed, 3.0)
        once = np.where(DAYS >= TODAY - YEAR, always, errors(seed))
        assert 1.1 < volatility(DAYS, once, TODAY + 30) < volatility(DAYS, always, TODAY + 30)
        last_year = DAYS[DAYS >= TODAY - YEAR]
        assert volatility(last_year, always[last_year], TODAY + 30) > 1.1


def test_the_last_weeks_are_no_earlier_year() -> None:
    calm = errors(2)
    restless = calm.copy()
    restless[-AROUND:] *= 3
    assert volatility(DAYS, restless, TODAY) <= volatility(DAYS, calm, TODAY)


def test_an_outage_makes_no_restless_season() -> None:
    misses = errors(3)
    usual = volatility(DAYS, misses, TODAY)
    misses[TODAY - YEAR] = 1e6
    assert volatility(DAYS, misses, TODAY) == pytest.approx(usual, abs=0.1)


def test_days_without_a_value_are_passed_over() -> None:
    misses = errors(4, 3.0)
    known = DAYS[DAYS % 5 != 0]
    assert volatility(known, misses[known], TODAY + 30) == pytest.approx(
        volatility(DAYS, misses, TODAY + 30), rel=0.15
    )


def test_the_first_days_of_a_restless_season_are_within_the_band_already() -> None:
    """What the errors of the last weeks can't know: by them alone the interval covers 62 % of these days."""
    inside = []
    for seed in range(6):
        values = np.round(np.exp(9 + 0.04 * errors(seed, 3.0)))
        days = tuple(date(2023, 1, 2) + timedelta(days=number) for number in range(len(values)))
        begin = TODAY - YEAR
        kept: Kept | None = None
        for end in range(begin, begin + 14):
            series = Series(f"kpi {seed}", "", days[: end + 1], values[: end + 1])
            context = Context((), Direction.BOTH, 6.0, frozenset(), levels=(0.95,))
            judged, kept = judge_kept(series, context, kept)
            (interval,) = judged.intervals
            inside.append(interval.lower <= values[end] <= interval.upper)
    assert float(np.mean(inside)) >= 0.75
