"""Outages: one monstrous day, wherever it is, teaches nothing; what lasts and what comes again does."""

from datetime import date, timedelta

import numpy as np
import pytest

from shared.kpi.calendar import Occasion
from shared.kpi.detection.judging import Context, judge_series
from shared.kpi.judgement import Status
from shared.kpi.prophet.features import CalendarColumns, calendar_columns
from shared.kpi.prophet.outages import find_lonely, find_outages
from shared.kpi.series import Numbers, Series
from shared.kpi.tables import Direction

FIRST = date(2024, 1, 8)


def days_of(count: int) -> tuple[date, ...]:
    return tuple(FIRST + timedelta(days=number) for number in range(count))


def ordinary(count: int, noise: float = 0.05) -> Numbers:
    """A week of 5,000, with `noise`."""
    random = np.random.default_rng(11)
    week = 1 + 0.2 * (np.arange(count) % 7 >= 5)
    return np.asarray(5_000 * week * np.exp(noise * random.standard_normal(count)), dtype=np.float64)


def calendar(count: int, *occasions: Occasion) -> CalendarColumns:
    days = days_of(count)
    return calendar_columns(days[0], days[-1], occasions)


@pytest.mark.parametrize(
    ("count", "place"), [(100, 0), (150, 20), (150, 40), (300, 100), (440, 200), (520, 200)]
)
@pytest.mark.parametrize("times", [20.0, 1e4, 1e9])
def test_a_monstrous_day_long_ago_hides_no_fall(count: int, place: int, times: float) -> None:
    values = ordinary(count)
    values[place] *= times
    values[-1] *= 0.5
    series = Series("orders", "", days_of(count), values)
    judged = judge_series(series, Context((), Direction.BOTH, 6.0, frozenset()))
    assert judged.status is Status.ANOMALY
    assert judged.lower is not None
    assert judged.lower > 3_000


def test_of_ordinary_days_none_is_lonely() -> None:
    assert not len(find_lonely(np.log(ordinary(200)), calendar(200)))


@pytest.mark.parametrize("count", [0, 1, 7, 14])
def test_of_too_few_days_none_is_lonely(count: int) -> None:
    assert not len(find_lonely(np.log(ordinary(max(count, 1)))[:count], calendar(max(count, 1))))


def test_a_lonely_day_is_found_and_a_missing_neighbour_hides_none() -> None:
    values = np.log(ordinary(100))
    values[50] += 2.0
    values[[43, 64]] = np.nan
    assert find_lonely(values, calendar(100)).tolist() == [50]


def test_a_step_is_not_lonely() -> None:
    values = np.log(ordinary(100))
    values[50:] += 2.0
    assert not len(find_lonely(values, calendar(100)))


def test_a_day_of_an_occasion_is_not_lonely() -> None:
    values = np.log(ordinary(100))
    values[50] += 2.0
    sale = Occasion("sale", FIRST + timedelta(days=50), is_own=True)
    assert not len(find_lonely(values, calendar(100, sale)))


def test_what_comes_every_year_is_left_to_the_fit() -> None:
    values = np.log(ordinary(800))
    for year in (100, 465):
        values[year : year + 3] -= 1.0
    assert not len(find_lonely(values, calendar(800)))


def test_only_days_before_the_asked_one_are_looked_at() -> None:
    values = np.log(ordinary(150))
    values[[20, 90]] += 3.0
    assert find_outages(values, calendar(150), 0, 60).tolist() == [20]
