"""Comparisons: exact weeks, like for like, and no division by what says nothing."""

import math
from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from shared.kpi.judgement import Status
from shared.kpi.summary.comparison import (
    MOST_NOTABLE,
    YEAR_DAYS,
    Comparison,
    Figure,
    Measure,
    Period,
    Span,
    compare,
    notability,
    total,
    usual_difference,
)

SUNDAY = date(2026, 1, 11)
WEEK = Span(date(2026, 1, 5), SUNDAY)


def figures(values: Mapping[date, float | None], volume: float | None = None) -> dict[date, Figure]:
    return {day: Figure(day, Status.NORMAL, value, volume) for day, value in values.items()}


def weekly(totals: list[float], end: date = SUNDAY) -> dict[date, Figure]:
    """A KPI with the same value on the seven days of each week, the newest week last."""
    values: dict[date, float | None] = {}
    for back, value in enumerate(reversed(totals)):
        values |= {end - timedelta(days=7 * back + n): value / 7 for n in range(7)}
    return figures(values)


@pytest.mark.parametrize(
    ("newest", "last", "start", "week"),
    [
        (date(2026, 1, 11), date(2026, 1, 11), date(2026, 1, 5), (2026, 2)),
        (date(2026, 1, 12), date(2026, 1, 11), date(2026, 1, 5), (2026, 2)),
        (date(2026, 1, 10), date(2026, 1, 4), date(2025, 12, 29), (2026, 1)),
        (date(2025, 1, 1), date(2024, 12, 29), date(2024, 12, 23), (2024, 52)),
        (date(2027, 1, 3), date(2027, 1, 3), date(2026, 12, 28), (2026, 53)),
        (date(2024, 3, 3), date(2024, 3, 3), date(2024, 2, 26), (2024, 9)),
    ],
)
def test_a_week_is_the_newest_whole_monday_to_sunday(
    newest: date, last: date, start: date, week: tuple[int, int]
) -> None:
    assert Period.WEEKLY.last_day(newest) == last
    span = Period.WEEKLY.span(last)
    assert (span.start, span.end, len(span.days)) == (start, last, 7)
    assert span.is_calendar_week
    assert span.start.isocalendar()[:2] == week


def test_a_day_is_the_newest_and_alone() -> None:
    assert Period.DAILY.last_day(SUNDAY) == SUNDAY
    assert Period.DAILY.span(SUNDAY).days == (SUNDAY,)
    assert not Period.DAILY.span(SUNDAY).is_calendar_week


@pytest.mark.parametrize(
    ("end", "year_ago"),
    [
        (date(2026, 1, 11), date(2025, 1, 12)),  # over New Year
        (date(2024, 3, 3), date(2023, 3, 5)),  # over 29 February
        (date(2025, 3, 2), date(2024, 3, 3)),
        (date(2027, 1, 3), date(2026, 1, 4)),  # a year of 53 weeks
    ],
)
def test_a_year_ago_is_the_same_weekday(end: date, year_ago: date) -> None:
    span = Period.WEEKLY.span(end)
    assert span.back(YEAR_DAYS).end == year_ago
    assert [day.weekday() for day in span.back(YEAR_DAYS).days] == [day.weekday() for day in span.days]


@pytest.mark.parametrize(
    ("days", "measure", "expected"),
    [
        ([(10, None), (20, None)], Measure.SUM, 30),
        ([(0.1, 1000.0), (0.5, 10.0)], Measure.MEAN, 105 / 1010),  # one ratio of sums, no mean of ratios
        ([(0.1, None), (0.5, None)], Measure.MEAN, 0.3),
        ([(0.1, 1000.0), (0.5, None)], Measure.MEAN, 0.3),
        ([(0.1, 0.0), (0.5, 10.0)], Measure.MEAN, 0.5),
        ([(0.1, 0.0)], Measure.MEAN, None),
        ([(None, None), (20, None)], Measure.SUM, 20),
        ([(None, None)], Measure.SUM, None),
        ([], Measure.SUM, None),
        ([(-5, None), (2, None)], Measure.SUM, -3),
    ],
)
def test_days_make_a_period(
    days: list[tuple[float | None, float | None]], measure: Measure, expected: float | None
) -> None:
    told = [Figure(SUNDAY - timedelta(days=n), Status.NORMAL, *day) for n, day in enumerate(days)]
    found = total(told, measure)
    assert found is None if expected is None else found == pytest.approx(expected)


def test_only_weekdays_both_weeks_have_are_compared() -> None:
    values: dict[date, float | None] = {
        WEEK.start - timedelta(days=7) + timedelta(days=n): 10 for n in range(14)
    }
    values[date(2026, 1, 7)] = None  # no value this week
    del values[date(2026, 1, 1)]  # no row the week before: its Thursday is 8 January
    found = compare(figures(values), WEEK, 7, Measure.SUM)
    assert found == Comparison(now=50, before=50, days=5)


def test_without_a_common_day_nothing_is_compared() -> None:
    assert compare(figures(dict.fromkeys(WEEK.days, 1.0)), WEEK, 7, Measure.SUM) is None
    assert compare({}, WEEK, 7, Measure.SUM) is None


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        (110, 100, 0.1),
        (0, 100, -1.0),
        (0, 0, None),
        (5, 0, None),
        (-5, -10, 0.5),
        (-20, -10, -1.0),
        (5, -5, None),
        (-5, 5, None),
    ],
)
def test_change_is_a_share_only_where_that_says_something(
    now: float, before: float, change: float | None
) -> None:
    found = Comparison(now, before, 7).change
    assert found is None if change is None else found == pytest.approx(change)


def test_the_usual_change_is_the_median_of_the_weeks_before_and_not_of_this_one() -> None:
    found = usual_difference(weekly([100, 110, 100, 110, 900, 110, 100, 5_000]), WEEK, Measure.SUM)
    assert found == pytest.approx(10)


def test_too_few_weeks_have_no_usual_change() -> None:
    assert usual_difference(weekly([100, 110, 100, 110, 5_000]), WEEK, Measure.SUM) is None  # 3 past changes
    assert usual_difference(weekly([100, 110, 100, 110, 100, 5_000]), WEEK, Measure.SUM) == pytest.approx(10)


def test_a_steady_kpi_counts_as_moving_by_a_hundredth() -> None:
    assert usual_difference(weekly([700] * 8), WEEK, Measure.SUM) == pytest.approx(7)
    assert usual_difference(weekly([0] * 8), WEEK, Measure.SUM) == 0


@pytest.mark.parametrize(
    ("comparison", "usual", "expected"),
    [
        (None, 1.0, 0.0),
        (Comparison(5, 5, 7), 0.0, 0.0),
        (Comparison(130, 100, 7), 10.0, 3.0),
        (Comparison(-130, -100, 7), 10.0, 3.0),
        (Comparison(120, 100, 7), None, 20 / 12),
        (Comparison(5, 0, 7), None, 10.0),
        (Comparison(5, 0, 7), 0.0, MOST_NOTABLE),
        (Comparison(5e9, 1, 7), 0.1, MOST_NOTABLE),
    ],
)
def test_a_change_is_notable_by_how_many_usual_ones_it_is(
    comparison: Comparison | None, usual: float | None, expected: float
) -> None:
    found = notability(comparison, usual)
    assert math.isfinite(found)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "status", "outside"),
    [
        (10, Status.NORMAL, False),
        (20, Status.NORMAL, False),
        (21, Status.NORMAL, True),  # out in a direction nobody watches
        (9, Status.ANOMALY, True),
        (15, Status.DRIFT, False),  # the day itself is where it should be
        (21, Status.DRIFT, True),
        (None, Status.MISSING, False),
    ],
)
def test_a_figure_knows_whether_it_was_to_be_expected(
    value: float | None, status: Status, outside: bool
) -> None:
    assert Figure(SUNDAY, status, value, lower=10, upper=20).is_outside is outside
