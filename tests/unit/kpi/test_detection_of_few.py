"""Counts of a few a day, and businesses that are closed at times: zeros that are news, zeros that are not."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from shared.kpi.calendar import Calendar
from shared.kpi.detection.judging import Context, judge_series
from shared.kpi.detection.plain import plain_band
from shared.kpi.judgement import Judgement, Status
from shared.kpi.series import Numbers, Series
from shared.kpi.tables import Direction

END = date(2026, 11, 20)
CALENDAR = Calendar("JP")


def days_to(end: date, count: int) -> tuple[date, ...]:
    return tuple(end - timedelta(days=count - 1 - number) for number in range(count))


def judge(values: Numbers, end: date = END) -> Judgement:
    days = days_to(end, len(values))
    context = Context(CALENDAR.occasions(days[0], days[-1]), Direction.BOTH, 6.0, frozenset())
    return judge_series(Series("orders", "", days, values), context)


def drawn(kind: str, seed: int, count: int = 400) -> Numbers:
    random = np.random.default_rng([seed, count])
    made: dict[str, Callable[[], Any]] = {
        "few": lambda: random.poisson(1.5, count),
        "rare": lambda: random.poisson(0.2, count),
        "bursts": lambda: random.negative_binomial(0.8, 0.35, count),
        "many zeros": lambda: np.where(random.random(count) < 0.4, 0, random.poisson(8, count)),
        "grows": lambda: random.poisson(np.linspace(0.3, 3, count)),
    }
    return np.asarray(made[kind](), dtype=np.float64)


@pytest.mark.parametrize("kind", ["few", "rare", "bursts", "many zeros", "grows"])
def test_ordinary_days_of_small_counts_alarm_about_as_rarely_as_asked_for(kind: str) -> None:
    told = 0
    for seed in range(6):
        values = drawn(kind, seed)
        told += sum(judge(values[:end]).status.is_alarming for end in range(340, 401))
    assert told <= 10, "of 366 days at 6 a year, 4 are to be expected of the day's own band"


@pytest.mark.parametrize(("kind", "high"), [("few", 9), ("rare", 5), ("bursts", 22), ("many zeros", 30)])
def test_a_count_far_above_is_told(kind: str, high: float) -> None:
    judged = [judge(np.append(drawn(kind, seed), high)) for seed in range(5)]
    assert [(each.status, each.direction) for each in judged] == [(Status.ANOMALY, "up")] * 5


@pytest.mark.parametrize(("kind", "days"), [("few", 5), ("bursts", 12), ("many zeros", 8)])
def test_a_run_of_zeros_is_told_as_soon_as_it_is_improbable(kind: str, days: int) -> None:
    for seed in range(5):
        values = drawn(kind, seed)
        values[-1] = 1
        assert judge(np.append(values, 0)).status is Status.NORMAL
        judged = judge(np.append(values, np.zeros(days)))
        assert (judged.status, judged.direction) == (Status.ANOMALY, "down")
        assert f"0 for {days} days in a row" in judged.note


def test_zeros_that_come_in_weeks_are_no_news_in_a_week() -> None:
    random = np.random.default_rng(4)
    weeks = np.repeat(random.random(60) < 0.4, 7)
    values = np.where(weeks, 0, random.poisson(6, 420)).astype(float)
    values[-8:] = [4, 0, 0, 0, 0, 0, 0, 0]
    assert judge(values).status is Status.NORMAL


def opened(seed: int, days: tuple[date, ...], noise: float = 0.06) -> Numbers:
    random = np.random.default_rng([seed, len(days)])
    return np.round(3000 * np.exp(random.normal(0, noise, len(days))))


@pytest.mark.parametrize("seed", range(3))
def test_a_shop_closed_on_sundays_and_days_off_is_watched_as_tightly_as_any(seed: int) -> None:
    days = days_to(END, 500)
    values = opened(seed, days)
    plain = judge(values)
    values[[CALENDAR.is_day_off(day) and day.weekday() != 5 for day in days]] = 0
    judged = judge(values)
    assert judged.status is plain.status is Status.NORMAL
    assert judged.lower is not None and plain.lower is not None
    assert judged.lower == pytest.approx(plain.lower, rel=0.1)
    sunday, holiday = days.index(date(2026, 11, 15)), days.index(date(2026, 11, 3))
    for closed in (sunday, holiday):
        assert values[closed] == 0
        assert judge(values[: closed + 1], days[closed]).status is Status.NORMAL
        busy = np.append(values[:closed], 900.0)
        assert judge(busy, days[closed]).status is Status.ANOMALY


@pytest.mark.parametrize("seed", range(3))
def test_a_season_is_watched_as_tightly_as_a_whole_year_and_its_ends_are_expected(seed: int) -> None:
    days = days_to(date(2027, 2, 20), 800)
    values = opened(seed, days)
    values[[4 <= day.month <= 11 for day in days]] = 0
    told = {}
    for number, day in enumerate(days):
        if day in (
            date(2026, 11, 30),
            date(2026, 12, 1),
            date(2026, 12, 2),
            date(2027, 1, 20),
            date(2026, 4, 1),
        ):
            told[day] = judge(values[: number + 1], day).status
    assert set(told.values()) == {Status.NORMAL}, told
    fallen = values.copy()
    fallen[-1] *= 0.7
    assert judge(fallen, days[-1]).status is Status.ANOMALY
    fallen[-1] = 0
    assert judge(fallen, days[-1]).status is Status.ANOMALY


def test_one_open_day_out_of_season_is_told() -> None:
    days = days_to(date(2026, 8, 10), 700)
    values = opened(1, days)
    values[[4 <= day.month <= 11 for day in days]] = 0
    values[-1] = 2000
    assert judge(values, days[-1]).status is Status.ANOMALY


def test_small_counts_say_where_they_come_to_lie_at_the_levels_asked_for() -> None:
    inside = {0.95: 0, 0.99: 0}
    for seed in range(3):
        values = drawn("bursts", seed)
        for end in range(300, 400):
            days = days_to(END, end + 1)
            context = Context((), Direction.BOTH, 6.0, frozenset(), levels=(0.95, 0.99))
            judged = judge_series(Series("orders", "", days, values[: end + 1]), context)
            for each in judged.intervals:
                inside[each.level] += each.lower <= values[end] <= each.upper
    assert 0.95 <= inside[0.95] / 300 <= 0.99 and inside[0.99] / 300 >= 0.98


def test_a_quiet_weekend_makes_weekdays_no_wider() -> None:
    random = np.random.default_rng(8)
    number = np.arange(364)
    even = plain_band(random.poisson(3.0, 364).astype(float), 3.0, 0.01)
    weekly = plain_band(np.where(number % 7 >= 5, 0.0, random.poisson(3.0, 364)), 3.0, 0.01)
    assert even is not None and weekly is not None
    assert abs(weekly.upper - even.upper) <= 1


def test_amounts_are_told_about_as_often_as_asked_for() -> None:
    told = 0
    for seed in range(8):
        random = np.random.default_rng(seed)
        values = np.where(random.random(460) < 0.5, 0.0, np.exp(random.normal(5, 0.8, 460)))
        for end in range(300, 460):
            band = plain_band(values[:end], float(values[end]), 0.03)
            assert band is not None
            told += values[end] > band.upper
    assert 8 <= told <= 36, "of 1,280 days 19 are to be expected above"


def test_amounts_in_whole_yen_are_judged_as_other_amounts_are() -> None:
    random = np.random.default_rng(5)
    amounts = np.where(random.random(400) < 0.4, 0.0, 3_000 * np.exp(0.8 * random.standard_normal(400)))
    whole, exact = (plain_band(each, 1.0, 0.01) for each in (np.round(amounts), amounts))
    assert whole is not None
    assert exact is not None
    assert whole.upper == pytest.approx(exact.upper, rel=0.01)
