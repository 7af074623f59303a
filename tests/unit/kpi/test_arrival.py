"""Arrival: what is told of a day's rows and columns, and above all what is not."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.kpi.arrival.day import check_arrival
from shared.kpi.arrival.findings import Arrival, ArrivalState, Finding, FindingKind
from shared.kpi.history import Cell, Column, DayRows, History, Shape
from shared.kpi.tables import Average, KpiTable, Ratio, Watched

DAY = date(2026, 1, 20)  # a Tuesday
TABLE = KpiTable("recsys.item_slot_daily", derived={"ctr": Ratio("clicks", "views")})
WATCHED = Watched(
    "day", ("clicks", "views", "orders"), {"ctr": Ratio("clicks", "views")}, (), ("day", "mall")
)
COLUMNS = (
    *(Column("day", "DATE"), Column("mall", "STRING"), Column("clicks", "INTEGER")),
    *(Column("views", "INTEGER"), Column("orders", "INTEGER")),
)
SHAPE = Shape(COLUMNS, "day")
DUE = TABLE.due_at(DAY)
SOON = DUE + timedelta(minutes=1)
UNTIL = DUE + timedelta(hours=3)
EVERY_KPI = frozenset({"clicks", "views", "orders", "ctr"})


def past(days: int) -> list[date]:
    """`days` days that end with DAY."""
    return [DAY - timedelta(days=n) for n in reversed(range(days))]


def history(
    rows: Sequence[int | DayRows | None],
    cells: Mapping[str, Sequence[float | None]] | None = None,
    shape: Shape = SHAPE,
) -> History:
    """What a table holds of the days that end with DAY: rows a day, and totals by column (None: NULL)."""
    days = past(len(rows))
    found = {
        day: each if isinstance(each, DayRows) else DayRows(each)
        for day, each in zip(days, rows, strict=True)
        if each
    }
    made = {
        name: {
            day: Cell(total, found[day].rows if total is not None else 0)
            for day, total in zip(days[-len(totals) :], totals, strict=True)
            if day in found
        }
        for name, totals in (cells or {}).items()
    }
    return History(shape, DAY, found, {"": made})


def check(
    found: History | None,
    previous: Shape | None = SHAPE,
    now: datetime = UNTIL,
    table: KpiTable = TABLE,
    watched: Watched | None = WATCHED,
) -> Arrival:
    return check_arrival(table, watched, found, previous, now, UNTIL)


def kinds(found: Arrival) -> list[FindingKind]:
    return [each.kind for each in found.findings]


def only(found: Arrival) -> Finding:
    assert len(found.findings) == 1, found.findings
    return found.findings[0]


def noisy(days: int, level: float = 10_000, noise: float = 0.1, seed: int = 1) -> list[int | DayRows | None]:
    """Rows of a table whose size follows the shop: quieter on weekends."""
    draw = random.Random(seed)
    return [
        round(level * (0.7 if day.weekday() >= 5 else 1.0) * draw.lognormvariate(0, noise))
        for day in past(days)
    ]


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


# Are the columns as they were?


def columns(**changes: str | None) -> Shape:
    """The table's shape with columns retyped, added, or (None) dropped."""
    types = {each.name: each.type for each in COLUMNS} | changes
    return Shape(tuple(Column(name, kind) for name, kind in types.items() if kind), "day")


def looked_at(shape: Shape, previous: Shape | None = SHAPE, **said: Any) -> Arrival:
    return check(history([6] * 31, shape=shape), previous, **said)


def test_an_unchanged_schema_is_not_spoken_of() -> None:
    assert looked_at(SHAPE) == Arrival(ArrivalState.ARRIVED)
    assert looked_at(Shape(tuple(reversed(COLUMNS)), "day")) == Arrival(ArrivalState.ARRIVED)
    assert looked_at(
        Shape(tuple(replace(each, name=each.name.upper()) for each in COLUMNS), "day")
    ) == Arrival(ArrivalState.ARRIVED)


def test_on_a_first_check_there_is_nothing_to_compare_with() -> None:
    assert looked_at(columns(clicks=None, views="STRING", fresh="DATE"), None) == Arrival(
        ArrivalState.ARRIVED
    )


def test_a_dropped_column_mutes_what_was_made_of_it_and_nothing_else() -> None:
    found = looked_at(columns(clicks=None))
    assert found == Arrival(
        ArrivalState.BROKEN,
        (
            Finding(
                FindingKind.COLUMN_DROPPED,
                "clicks",
                {"before": "INTEGER"},
                frozenset({"clicks", "ctr"}),
                True,
            ),
        ),
    )


def test_a_dropped_column_is_missed_though_it_is_not_among_what_is_watched_now() -> None:
    now = Watched("day", ("clicks", "views"), WATCHED.derived, (), ("day", "mall"))
    found = looked_at(columns(orders=None), watched=now)
    assert (found.state, found.muted) == (ArrivalState.BROKEN, frozenset({"orders"}))


def test_a_renamed_column_is_said_to_be() -> None:
    found = looked_at(columns(clicks=None, click="INTEGER"))
    dropped, added = found.findings
    assert dropped.facts == {"before": "INTEGER", "renamed": "click"}
    assert (added.kind, added.is_serious) == (FindingKind.COLUMN_ADDED, False)
    same_place = Shape(tuple(replace(e, name="taps") if e.name == "clicks" else e for e in COLUMNS), "day")
    assert looked_at(same_place).findings[0].facts["renamed"] == "taps"


def test_a_column_of_another_type_or_name_is_no_new_name() -> None:
    for added in ({"click": "STRING"}, {"temperature": "INTEGER"}):
        assert "renamed" not in looked_at(columns(clicks=None, **added)).findings[0].facts


@pytest.mark.parametrize("kind", ["STRING", "BOOLEAN", "REPEATED", "RECORD", "DATE"])
def test_a_column_that_is_no_number_any_more_mutes_its_kpis(kind: str) -> None:
    finding = only(looked_at(columns(views=kind)))
    assert (finding.kind, finding.is_serious) == (FindingKind.COLUMN_RETYPED, True)
    assert finding.facts == {"before": "INTEGER", "now": kind}
    assert finding.mutes == {"views", "ctr"}


@pytest.mark.parametrize(
    ("before", "now", "is_serious"),
    [
        ("INTEGER", "FLOAT", False),
        ("INTEGER", "NUMERIC", False),
        ("NUMERIC", "BIGNUMERIC", False),
        ("FLOAT", "NUMERIC", False),
        ("FLOAT", "INTEGER", True),
        ("NUMERIC", "INTEGER", True),
    ],
)
def test_a_type_that_keeps_every_number_is_only_noted(before: str, now: str, is_serious: bool) -> None:
    finding = only(looked_at(columns(views=now), columns(views=before)))
    assert finding.is_serious is is_serious
    assert bool(finding.mutes) is is_serious


def test_an_added_column_is_noted_and_breaks_nothing() -> None:
    found = looked_at(columns(fresh="FLOAT"))
    assert (found.state, found.muted) == (ArrivalState.ARRIVED, frozenset())
    assert only(found) == Finding(FindingKind.COLUMN_ADDED, "fresh", {"now": "FLOAT"}, is_serious=False)


def test_a_column_nobody_watches_may_go() -> None:
    config = replace(TABLE, exclude=("orders",))
    watched = Watched("day", ("clicks", "views"), WATCHED.derived, (), ("day", "mall"))
    found = looked_at(columns(orders=None), table=config, watched=watched)
    assert (found.state, only(found).is_serious) == (ArrivalState.ARRIVED, False)


def test_a_column_of_the_key_is_missed_but_mutes_nothing() -> None:
    found = looked_at(columns(mall=None))
    assert (found.state, found.muted) == (ArrivalState.BROKEN, frozenset())


def test_the_column_of_the_day_takes_everything_with_it() -> None:
    for shape in (columns(day=None), columns(day="STRING")):
        found = check(History(shape, DAY, {}))
        assert (found.state, found.muted) == (ArrivalState.BROKEN, EVERY_KPI)
        assert only(found).column == "day"
    assert check(History(columns(day=None), DAY, {}), None).state is ArrivalState.BROKEN


def test_a_weight_that_goes_mutes_the_average() -> None:
    derived = {"quality": Average("clicks", "weight")}
    table, watched = replace(TABLE, derived=derived), replace(WATCHED, derived=derived)
    before = columns(weight="FLOAT")
    found = looked_at(SHAPE, before, table=table, watched=watched)
    assert found.muted >= {"quality"}
    assert "clicks" not in found.muted


# Do the numbers live?


def test_a_column_that_is_suddenly_empty_mutes_its_kpis() -> None:
    found = check(history([6] * 31, {"clicks": [float(n) for n in range(1, 31)] + [None]}))
    finding = only(found)
    assert (finding.kind, finding.column) == (FindingKind.ALL_NULL, "clicks")
    assert finding.facts == {"rows": 6, "days": 1}
    assert finding.mutes == {"clicks", "ctr"}


def test_an_empty_column_is_told_day_after_day_but_not_for_ever() -> None:
    filled: list[float | None] = [float(n) for n in range(1, 61)]
    for days, is_told in ((1, True), (10, True), (28, True), (29, False)):
        found = check(history([6] * (60 + days), {"clicks": filled + [None] * days}))
        assert bool(found.findings) is is_told, days


@pytest.mark.parametrize("before", [[None] * 30, [1.0, None] * 15, [float(n) for n in range(1, 7)], []])
def test_a_column_that_often_is_empty_is_not_told(before: list[float | None]) -> None:
    assert check(history([6] * 31, {"clicks": [*before, None]})).state is ArrivalState.ARRIVED


def varied(days: int = 60) -> list[float | None]:
    draw = random.Random(5)
    return [float(draw.randint(9_000, 11_000)) for _ in range(days)]


@pytest.mark.parametrize(("days", "is_told"), [(1, False), (2, False), (3, True), (28, True), (29, False)])
def test_a_value_that_stands_still_is_told_from_the_third_day(days: int, is_told: bool) -> None:
    found = check(history([6] * (60 + days), {"clicks": [*varied(), *([5.5] * days)]}))
    assert bool(found.findings) is is_told
    if is_told:
        assert only(found).facts == {"days": days, "value": 5.5}
        assert found.muted == {"clicks", "ctr"}


def test_zeros_are_not_stuck() -> None:
    assert check(history([6] * 64, {"clicks": [*varied(), 0.0, 0.0, 0.0, 0.0]})).state is ArrivalState.ARRIVED


def test_a_column_that_repeats_itself_by_nature_is_not_stuck() -> None:
    draw = random.Random(4)
    for values in ([5.0] * 100, [float(draw.randint(0, 5)) for _ in range(100)]):
        assert check(history([6] * 103, {"clicks": [*values, 5.0, 5.0, 5.0]})).state is ArrivalState.ARRIVED


def test_too_few_days_do_not_tell_whether_a_column_repeats_itself() -> None:
    assert check(history([6] * 31, {"clicks": [*varied(28), 5.0, 5.0, 5.0]})).state is ArrivalState.ARRIVED
    assert check(history([6] * 32, {"clicks": [*varied(29), 5.0, 5.0, 5.0]})).state is ArrivalState.BROKEN


def test_a_missing_day_breaks_the_run_of_the_same_value() -> None:
    rows: list[int | DayRows | None] = [6, None, 6, 6]
    assert (
        check(history([*([6] * 60), *rows], {"clicks": [*varied(), 5.0, 5.0, 5.0, 5.0]})).state
        is ArrivalState.ARRIVED
    )
