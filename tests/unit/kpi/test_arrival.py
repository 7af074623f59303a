"""Arrival: what is told of a day's rows, and above all what is not."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.kpi.arrival.findings import Arrival, ArrivalState, FindingKind
from shared.kpi.history import DayRows, History
from tests.unit.table_days import (
    DAY,
    DUE,
    EVERY_KPI,
    SHAPE,
    SOON,
    TABLE,
    UNTIL,
    check,
    history,
    kinds,
    noisy,
    only,
    past,
)

# Is anything there?


def test_a_table_that_is_not_there_is_missing_and_mutes_everything() -> None:
    found = check(None)
    assert (found.state, only(found).kind) == (ArrivalState.MISSING, FindingKind.TABLE_MISSING)
    assert found.muted == EVERY_KPI
    assert check(None, None, watched=None).state is ArrivalState.MISSING


def test_a_day_without_rows_past_its_hour_is_missing() -> None:
    found = check(history([6] * 30 + [None]), now=DUE)
    assert (found.state, only(found).kind) == (ArrivalState.MISSING, FindingKind.NO_ROWS)
    assert only(found).facts == {"rows": 0, "expected": 6, "last": "2026-01-19", "days": 1}
    assert found.muted == EVERY_KPI


def test_a_table_that_never_had_a_row_is_missing() -> None:
    assert only(check(history([]))).facts == {"rows": 0}


def test_nobody_is_told_of_a_day_before_it_is_due() -> None:
    found = check(history([6] * 30 + [None]), now=DUE - timedelta(seconds=1))
    assert found.state is ArrivalState.WAITING
    assert not only(found).is_serious


@pytest.mark.parametrize("present", [1, 7, 100])
def test_a_missing_day_is_told_however_short_the_history(present: int) -> None:
    assert check(history([6] * present + [None])).state is ArrivalState.MISSING


def test_a_long_outage_stays_missing() -> None:
    for days in range(1, 60):
        assert check(history([6] * 100 + [None] * days)).state is ArrivalState.MISSING, days


@pytest.mark.parametrize("weekday", range(7))
def test_a_table_without_weekends_is_missed_on_weekdays_only(weekday: int) -> None:
    day = DAY + timedelta(days=(weekday - DAY.weekday()) % 7)
    days = {day - timedelta(days=n): DayRows(6) for n in range(1, 200)}
    days = {each: rows for each, rows in days.items() if each.weekday() < 5}
    found = check(History(SHAPE, day, days), now=TABLE.due_at(day))
    expected = ArrivalState.MISSING if weekday < 5 else ArrivalState.ARRIVED
    assert found.state is expected


def test_a_monthly_table_is_missed_once_it_pauses_longer_than_ever() -> None:
    firsts = {date(2025, month, 1): DayRows(1) for month in range(1, 13)}
    assert check(History(SHAPE, date(2025, 12, 31), firsts)).state is ArrivalState.ARRIVED
    assert (
        check(History(SHAPE, date(2026, 1, 1), firsts)).state is ArrivalState.ARRIVED
    )  # not longer than ever
    assert check(History(SHAPE, date(2026, 1, 2), firsts)).state is ArrivalState.MISSING


# How many rows?


@pytest.mark.parametrize(("rows", "kind"), [(5, FindingKind.FEW_ROWS), (7, FindingKind.MANY_ROWS)])
def test_a_table_of_fixed_size_must_have_just_that(rows: int, kind: FindingKind) -> None:
    found = check(history([6] * 30 + [rows]))
    assert (found.state, only(found).kind, found.muted) == (ArrivalState.BROKEN, kind, EVERY_KPI)
    assert only(found).facts == {"rows": rows, "expected": 6, "lowest": 6, "highest": 6}


def test_a_table_of_fixed_size_arrived_with_its_size() -> None:
    assert check(history([6] * 31)) == Arrival(ArrivalState.ARRIVED)


@pytest.mark.parametrize(("days", "is_told"), [(13, False), (14, True)])
def test_nothing_is_said_of_the_size_before_two_weeks(days: int, is_told: bool) -> None:
    assert (check(history([6] * days + [5])).state is ArrivalState.BROKEN) is is_told


def test_a_size_by_weekday_is_fixed_too() -> None:
    rows: list[int | DayRows | None] = [4 if day.weekday() >= 5 else 6 for day in past(57)]
    assert check(history(rows)).state is ArrivalState.ARRIVED
    assert kinds(check(history([*rows[:-1], 4]))) == [FindingKind.FEW_ROWS]


def test_an_incident_does_not_become_what_is_usual() -> None:
    assert kinds(check(history([6] * 40 + [5] * 6 + [5]))) == [FindingKind.FEW_ROWS]
    assert check(history([6] * 40 + [5] * 6 + [6])).state is ArrivalState.ARRIVED
    assert kinds(check(history([6] * 40 + [5] * 2 + [6] + [5]))) == [FindingKind.FEW_ROWS]


def test_a_new_size_is_the_tables_size_after_a_week() -> None:
    assert check(history([6] * 40 + [8] * 7 + [8])).state is ArrivalState.ARRIVED
    assert kinds(check(history([6] * 40 + [8] * 7 + [6]))) == [FindingKind.FEW_ROWS]


def test_small_counts_that_vary_are_not_taken_for_a_fixed_size() -> None:
    draw = random.Random(3)
    for _ in range(50):
        rows = [draw.choice([1, 1, 1, 2, 3]) for _ in range(60)]
        assert check(history(rows)).state is ArrivalState.ARRIVED


def test_a_table_that_follows_sales_may_go_up_and_down() -> None:
    for seed in range(40):
        assert check(history(noisy(200, seed=seed))).state is ArrivalState.ARRIVED


@pytest.mark.parametrize("factor", [0.6, 1.6, 2.5])
def test_a_sale_or_holiday_never_seen_before_is_no_fault_of_the_table(factor: float) -> None:
    rows = noisy(100)
    assert check(history([*rows[:-1], round(10_000 * factor)])).state is ArrivalState.ARRIVED


@pytest.mark.parametrize(
    ("factor", "kind"),
    [(0.01, FindingKind.FEW_ROWS), (0.25, FindingKind.FEW_ROWS), (10.0, FindingKind.MANY_ROWS)],
)
def test_a_fraction_or_a_multiple_of_the_usual_rows_is_told(factor: float, kind: FindingKind) -> None:
    for days in (30, 100, 800):
        rows = noisy(days)
        found = check(history([*rows[:-1], round(10_000 * factor)]))
        assert kinds(found) == [kind], days


def test_a_steady_table_is_told_already_a_tenth_short() -> None:
    draw = random.Random(2)
    rows = [1000 + draw.randint(-5, 5) for _ in range(100)]
    assert kinds(check(history([*rows, 850]))) == [FindingKind.FEW_ROWS]
    assert check(history([*rows, 960])).state is ArrivalState.ARRIVED
    assert check(history([*rows, 2990])).state is ArrivalState.ARRIVED
    assert kinds(check(history([*rows, 3100]))) == [FindingKind.MANY_ROWS]


def test_growth_is_not_mistaken_and_hides_nothing() -> None:
    rows = [round(100 * 1.01**n) for n in range(400)]
    assert check(history(rows)).state is ArrivalState.ARRIVED
    assert kinds(check(history([*rows[:-1], rows[-1] // 3]))) == [FindingKind.FEW_ROWS]


def test_last_years_sale_does_not_hide_a_day_that_hardly_came() -> None:
    rows = noisy(400)
    rows[100:110] = [40_000] * 10
    assert check(history([*rows[:-1], 40_000])).state is ArrivalState.ARRIVED
    assert kinds(check(history([*rows[:-1], 1_000]))) == [FindingKind.FEW_ROWS]


# Is the day over?


def test_a_small_day_is_waited_for_until_it_may_be_told() -> None:
    small = history([6] * 30 + [5])
    waiting = check(small, now=UNTIL - timedelta(seconds=1))
    assert waiting.state is ArrivalState.WAITING
    assert [each.is_serious for each in waiting.findings] == [False]
    assert check(small, now=UNTIL).state is ArrivalState.BROKEN


def test_too_many_rows_are_not_waited_for() -> None:
    assert check(history([6] * 30 + [7]), now=SOON).state is ArrivalState.BROKEN


def timed(times: Sequence[str], rows: int = 1000) -> History:
    """Rows whose newest of each day is at the times given, in Tokyo."""
    return history(
        [
            DayRows(rows, 0, (datetime.fromisoformat(f"{day}T{at}+09:00")).astimezone(UTC))
            for day, at in zip(past(len(times)), times, strict=True)
        ]
    )


def test_a_day_that_ends_hours_early_is_partial() -> None:
    usual = [f"23:{50 + n % 10}:30" for n in range(30)]
    found = check(timed([*usual, "14:05:59"]))
    assert (found.state, only(found).kind) == (ArrivalState.BROKEN, FindingKind.PARTIAL_DAY)
    assert {name: only(found).facts[name] for name in ("last_at", "usual")} == {
        "last_at": "14:05",
        "usual": "23:55",
    }
    assert check(timed([*usual, "14:05:59"]), now=SOON).state is ArrivalState.WAITING
    assert check(timed([*usual, "23:49:00"])).state is ArrivalState.ARRIVED


def test_hourly_rows_are_partial_when_the_last_hour_is_not_there() -> None:
    assert kinds(check(timed(["23:00:00"] * 30 + ["22:00:00"]))) == [FindingKind.PARTIAL_DAY]


def test_a_quiet_table_may_end_early() -> None:
    draw = random.Random(1)
    times = [f"{draw.randint(14, 23)}:10:00" for _ in range(40)]
    assert check(timed([*times, "12:00:00"])).state is ArrivalState.ARRIVED


def test_rows_that_all_are_at_midnight_are_a_whole_day() -> None:
    assert check(timed(["00:00:00"] * 31)).state is ArrivalState.ARRIVED


# Are rows there twice?


def doubled(counts: Sequence[int], rows: int = 100) -> History:
    return history([DayRows(rows, each) for each in counts])


def test_duplicates_are_told_where_there_never_were_any() -> None:
    found = check(history([DayRows(6)] * 30 + [DayRows(12, 6)]))
    assert (found.state, found.muted) == (ArrivalState.BROKEN, EVERY_KPI)
    assert only(found).facts == {"duplicates": 6, "rows": 12}  # and not that there are many rows: that is why


def test_duplicates_that_hide_missing_rows_are_told_with_them() -> None:
    found = check(history([DayRows(6)] * 30 + [DayRows(6, 1)]))
    assert set(kinds(found)) == {FindingKind.DUPLICATES, FindingKind.FEW_ROWS}


@pytest.mark.parametrize("counts", [[20] * 60, [0, 0, 5] * 20, [0] * 13, [3] * 60 + [9]])
def test_a_key_that_is_none_is_not_told(counts: list[int]) -> None:
    assert check(doubled([*counts, 10])).state is ArrivalState.ARRIVED


def test_a_jump_far_above_the_usual_share_is_told() -> None:
    counts = [0, 2, 5] * 20
    assert check(doubled([*counts, 15])).state is ArrivalState.ARRIVED
    assert FindingKind.DUPLICATES in kinds(check(doubled([*counts, 50])))


def test_one_incident_of_duplicates_does_not_excuse_the_next() -> None:
    assert FindingKind.DUPLICATES in kinds(check(doubled([0] * 30 + [99] * 3 + [0] * 10 + [1])))
    assert kinds(check(doubled([0] * 30 + [99] * 15 + [0]))) == []
    assert kinds(check(doubled([0] * 30 + [99] * 15 + [1]))) == []  # by now that is how the table is made


def test_a_row_in_a_thousand_twice_moves_nothing() -> None:
    rows: list[int | DayRows | None] = [DayRows(1_000_000)] * 30
    assert check(history([*rows, DayRows(1_000_000, 999)])).state is ArrivalState.ARRIVED
    assert check(history([*rows, DayRows(1_000_000, 1000)])).state is ArrivalState.BROKEN
