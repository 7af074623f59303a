"""The faults of a backtest: what they do to a series, and that all detectors and runs get the same."""

from datetime import date, timedelta

import numpy as np
import pytest

from shared.kpi.backtest.faults import LONGEST, MOST_DAYS, STARTS, choose, faulty, with_run
from shared.kpi.backtest.hindsight import odd_days

DAYS = tuple(date(2024, 1, 1) + timedelta(days=number) for number in range(800))


def test_the_same_kpi_gets_the_same_faults_and_another_gets_others() -> None:
    values = np.full(800, 100.0)
    judged = range(300, 800)
    first = choose("visits", DAYS, values, judged, frozenset())
    assert choose("visits", DAYS, values, judged, frozenset()) == first
    assert choose("orders", DAYS, values, judged, frozenset()).starts != first.starts
    assert len(first.starts) == STARTS
    assert len(first.days) == MOST_DAYS
    assert min(first.days) >= 300
    assert max(first.starts) + LONGEST <= 800


def test_no_fault_is_put_where_nothing_can_fall_nor_on_days_known_to_be_anomalous() -> None:
    values = np.full(40, 100.0)
    values[[25, 26, 27]] = np.nan, 0.0, -5.0
    labelled = frozenset([DAYS[20]])
    faults = choose("visits", DAYS[:40], values, range(10, 40), labelled)
    assert faults.days == frozenset(range(10, 40)) - {20, 25, 26, 27}
    # 14 days that end by the 39th and hold no labelled one
    assert faults.starts == (21, 22, 23, 24)


@pytest.mark.parametrize("length", [0, LONGEST - 1])
def test_a_backtest_too_short_for_a_drift_gets_none(length: int) -> None:
    assert choose("visits", DAYS, np.ones(800), range(800 - length, 800), frozenset()).starts == ()


def test_a_backtest_of_14_days_has_room_for_one() -> None:
    assert choose("visits", DAYS, np.ones(800), range(800 - LONGEST, 800), frozenset()).starts == (786,)


def test_one_day_faults_are_a_third_less_half_more_and_nothing() -> None:
    assert [faulty(10.0, fault, is_whole=False) for fault in ("drop", "spike", "zero")] == [7.0, 15.0, 0.0]


def test_a_count_with_a_fault_is_still_a_count() -> None:
    assert faulty(3.0, "drop", is_whole=True) == 2.0
    assert set(with_run(np.full(9, 3.0), "shift", 1, is_whole=True)[1:8]) == {2.0}


def test_a_shift_is_20_percent_for_7_days_and_a_drift_grows_to_30_in_14() -> None:
    values = np.full(20, 100.0)
    shifted = with_run(values, "shift", 3, is_whole=False)
    np.testing.assert_allclose(shifted[3:10], 80.0)
    np.testing.assert_array_equal(np.delete(shifted, range(3, 10)), 100.0)
    drifted = with_run(values, "drift", 3, is_whole=False)
    np.testing.assert_allclose(drifted[[2, 3, 9, 16, 17]], [100, 100 - 30 / 14, 85, 70, 100])
    np.testing.assert_array_equal(values, 100.0)  # the series itself stays as it is


def test_hindsight_finds_a_day_that_is_out_against_the_weeks_around_it() -> None:
    random = np.random.default_rng(1)
    week = 1 + 0.3 * (np.arange(120) % 7 > 4)
    values = np.asarray(1000 * week * np.exp(0.05 * random.standard_normal(120)), dtype=np.float64)
    assert not odd_days(values).any()
    values[[60, 80]] = values[60] * 0.4, np.nan
    assert list(np.flatnonzero(odd_days(values))) == [60]


@pytest.mark.parametrize("values", [[], [np.nan] * 30, [5.0] * 30, [0.0] * 30, [1.0], list(range(-30, 30))])
def test_hindsight_says_nothing_where_nothing_can_be_said(values: list[float]) -> None:
    assert not odd_days(np.array(values, dtype=np.float64)).any()
