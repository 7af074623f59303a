"""Absences in a backtest: a day that is not there is found by the rules of arrival, not by assumption."""

from datetime import date, timedelta

from shared.kpi.backtest.absences import Arrivals

FIRST = date(2026, 1, 5)  # a Monday


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def test_a_day_missing_from_a_daily_file_is_found_whether_it_is_gone_or_would_be() -> None:
    rows = {day(number): {"visits": 1.0} for number in range(60) if number != 50}
    arrivals = Arrivals(["visits"], rows)
    assert arrivals.finds_no_row(day(50))
    assert arrivals.finds_no_row(day(59))


def test_a_weekend_is_not_missed_in_a_file_that_never_has_one() -> None:
    rows = {day(number): {"visits": 1.0} for number in range(90) if number % 7 < 5}
    arrivals = Arrivals(["visits"], rows)
    assert not arrivals.finds_no_row(day(61))  # a Saturday
    assert arrivals.finds_no_row(day(63))  # the Monday after


def test_what_comes_later_says_nothing_of_a_day() -> None:
    rows = {day(number): {"visits": 1.0} for number in range(90) if number % 7 < 5 or number > 60}
    assert not Arrivals(["visits"], rows).finds_no_row(day(54))


def test_an_empty_cell_is_found_where_the_column_used_to_be_filled() -> None:
    rows: dict[date, dict[str, float | None]] = {
        day(number): {"visits": 1.0 + number, "rare": None if number % 2 else 1.0} for number in range(60)
    }
    rows[day(59)] = {"visits": None, "rare": None}
    assert Arrivals(["visits", "rare"], rows).finds_empty(day(59)) == {"visits"}
    assert Arrivals(["visits", "rare"], rows).finds_empty(day(58)) == frozenset()
