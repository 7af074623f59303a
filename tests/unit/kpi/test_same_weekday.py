"""The same weekday of the last weeks."""

from datetime import date, timedelta

import numpy as np

from shared.kpi.calendar import Occasion
from shared.kpi.detection.same_weekday import same_weekday_ahead

DAYS = tuple(date(2026, 9, 1) + timedelta(days=number) for number in range(43))


def test_a_day_is_expected_to_be_the_median_of_its_weekday_in_the_last_four_weeks() -> None:
    values = np.arange(43.0)
    forecasts = same_weekday_ahead(values, DAYS, ())
    assert forecasts.expected[42] == np.median([35, 28, 21, 14])
    assert np.isnan(forecasts.expected[:14]).all()


def test_one_outlier_a_month_ago_moves_nothing() -> None:
    values = np.tile([1.0, 2, 3, 4, 5, 6, 7], 7)[:43]
    values[35] = 1000
    assert same_weekday_ahead(values, DAYS, ()).expected[42] == 1.0


def test_missing_days_are_passed_over_and_two_of_a_weekday_are_enough() -> None:
    values = np.tile([1.0, 2, 3, 4, 5, 6, 7], 7)[:43] + np.random.default_rng(1).normal(0, 0.1, 43)
    values[[35, 28]] = np.nan
    assert np.isfinite(same_weekday_ahead(values, DAYS, ()).expected[42])
    values[21] = np.nan
    assert np.isnan(same_weekday_ahead(values, DAYS, ()).expected[42])


def test_the_first_of_an_event_is_new_the_second_is_not() -> None:
    events = (Occasion("sale", DAYS[20], is_own=True), Occasion("sale", DAYS[42], is_own=True))
    forecasts = same_weekday_ahead(np.arange(43.0), DAYS, events)
    assert np.flatnonzero(forecasts.is_new_own).tolist() == [20]
    assert not same_weekday_ahead(np.arange(43.0), DAYS, (Occasion("rain", DAYS[5]),)).is_new_own.any()
