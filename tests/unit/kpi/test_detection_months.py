"""What comes back every month is learnt from the KPI itself; where nothing does, nothing is learnt."""

import math
from datetime import date, timedelta

import numpy as np
import pytest

from shared.kpi.calendar import Calendar
from shared.kpi.detection.judging import Context, judge_series
from shared.kpi.judgement import Judgement
from shared.kpi.prophet.features import calendar_columns
from shared.kpi.prophet.months import find_months, month_rules
from shared.kpi.series import Numbers, Series
from shared.kpi.tables import Direction

CALENDAR = Calendar("JP")
WEEK = np.array([1.0, 1.05, 1.1, 1.0, 0.95, 0.8, 0.75])


def days_to(end: date, count: int) -> tuple[date, ...]:
    return tuple(end - timedelta(days=count - 1 - number) for number in range(count))


def payday(day: date) -> date:
    found = day.replace(day=25)
    while CALENDAR.is_day_off(found):
        found -= timedelta(days=1)
    return found


RULES = {
    "payday": lambda day: day == payday(day),
    "month start": lambda day: day.day == 1,
    "month end": lambda day: (day + timedelta(days=1)).day == 1,
    "5 and 0 days": lambda day: day.day % 5 == 0,
}


def sales(days: tuple[date, ...], seed: int, rule: str | None, lift: float = 1.4) -> Numbers:
    random = np.random.default_rng([seed, len(days)])
    on = np.array([bool(rule) and RULES[rule or ""](day) for day in days])
    week = WEEK[[day.weekday() for day in days]]
    return np.round(10_000 * week * np.where(on, lift, 1.0) * np.exp(random.normal(0, 0.05, len(days))))


def judge(days: tuple[date, ...], values: Numbers) -> Judgement:
    context = Context(CALENDAR.occasions(days[0], days[-1]), Direction.BOTH, 6.0, frozenset())
    return judge_series(Series("sales", "", days, values), context)


@pytest.mark.parametrize("rule", RULES)
def test_a_day_that_is_high_every_month_is_told_no_more_once_it_was_six_times(rule: str) -> None:
    told = []
    for seed in range(3):
        days = days_to(date(2026, 11, 5), 330)
        values = sales(days, seed, rule)
        place = max(n for n, day in enumerate(days) if RULES[rule](day))
        there = judge(days[: place + 1], values[: place + 1])
        missed = values[: place + 1].copy()
        missed[-1] /= 1.4 * 1.4
        told.append((there.status.is_alarming, judge(days[: place + 1], missed).status.is_alarming))
    assert told == [(False, True)] * 3


def test_series_without_a_month_are_not_given_one() -> None:
    found = 0
    for seed in range(60):
        days = days_to(date(2026, 11, 5), 400)
        columns = calendar_columns(days[0], days[-1], CALENDAR.occasions(days[0], days[-1]))
        random = np.random.default_rng(seed)
        noise = random.standard_t(4, 400) if seed % 2 else random.normal(0, 1, 400)
        found += bool(find_months(8 + 0.05 * noise, columns))
    assert found <= 1


@pytest.mark.parametrize("count", [1, 30, 111])
def test_less_than_four_months_teach_nothing_of_months(count: int) -> None:
    days = days_to(date(2026, 11, 5), count)
    columns = calendar_columns(days[0], days[-1], ())
    assert not find_months(np.log(sales(days, 1, "month start", 3.0)), columns)
    assert not find_months(np.full(count, math.nan), columns)


def test_a_day_nobody_works_moves_what_is_due() -> None:
    first = date(2026, 1, 1)
    rules = {each.name: each for each in month_rules(first, 365, frozenset({date(2026, 12, 25)}))}
    moved = [
        first + timedelta(days=int(n)) for n in rules["day 25 of the month or the working day before"].days
    ]
    assert date(2026, 1, 23) in moved and date(2026, 12, 24) in moved and date(2026, 2, 25) in moved
    last = [first + timedelta(days=int(n)) for n in rules["last day of the month"].days]
    assert last[1] == date(2026, 2, 28)
