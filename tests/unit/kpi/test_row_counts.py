"""Row counts of tables that grow, sell out, are loaded twice or have a row a day."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from shared.kpi.arrival.day import check_arrival
from shared.kpi.arrival.findings import Arrival, ArrivalState, FindingKind
from shared.kpi.arrival.row_counts import plausible_rows
from shared.kpi.history import Column, DayRows, History, Shape
from shared.kpi.tables import KpiTable, Watched

DAY = date(2026, 1, 20)
TABLE = KpiTable("recsys.item_slot_daily")
WATCHED = Watched("day", ("clicks",), {}, (), ("day", "item"))
SHAPE = Shape((Column("day", "DATE"), Column("item", "STRING"), Column("clicks", "INTEGER")), "day")


def check(rows: Sequence[int | DayRows]) -> Arrival:
    """What is found of days with so many rows, the last of which is DAY."""
    days = [DAY - timedelta(days=n) for n in reversed(range(len(rows)))]
    counts = {d: n if isinstance(n, DayRows) else DayRows(n) for d, n in zip(days, rows, strict=True)}
    now = TABLE.due_at(DAY + timedelta(days=1))
    return check_arrival(TABLE, WATCHED, History(SHAPE, DAY, counts), SHAPE, now, now)


def kinds(rows: Sequence[int | DayRows]) -> list[FindingKind]:
    return [each.kind for each in check(rows).findings]


def noisy(
    days: int, level: float = 1000, noise: float = 0.1, growth: float = 1.0, seed: int = 1
) -> list[int]:
    """Rows a day that vary, and grow by a factor a week."""
    draw = random.Random(seed)
    return [round(level * growth ** (n / 7) * draw.lognormvariate(0, noise)) for n in range(days)]


def test_a_table_with_a_row_a_day_has_just_that() -> None:
    assert check([1] * 60).state is ArrivalState.ARRIVED
    assert kinds([1] * 59 + [2]) == [FindingKind.MANY_ROWS]
    assert kinds([1] * 59 + [DayRows(2, 1)]) == [FindingKind.DUPLICATES]
    assert check([1] * 13 + [2]).state is ArrivalState.ARRIVED  # too young to know


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.5])
def test_a_table_that_is_loaded_twice_has_duplicates_and_not_too_many_rows(noise: float) -> None:
    rows = noisy(100, noise=noise)
    found = check([*rows[:-1], DayRows(2 * rows[-1], rows[-1])])
    assert [each.kind for each in found.findings] == [FindingKind.DUPLICATES]
    assert found.findings[0].facts == {"duplicates": rows[-1], "rows": 2 * rows[-1]}


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.2])
@pytest.mark.parametrize("days", [20, 60, 200])
def test_growth_of_a_tenth_a_week_is_never_told(days: int, noise: float) -> None:
    for seed in range(10):
        assert check(noisy(days, 100, noise, 1.1, seed)).state is ArrivalState.ARRIVED, seed


@pytest.mark.parametrize("growth", [1.1, 1 / 1.1])
def test_growth_and_decline_hide_no_day_that_hardly_came(growth: float) -> None:
    rows = noisy(100, 10_000, 0.05, growth)
    assert kinds([*rows[:-1], rows[-1] // 5]) == [FindingKind.FEW_ROWS]


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.2])
def test_the_day_after_a_sale_is_judged_by_the_days_before_it(noise: float) -> None:
    for seed in range(10):
        rows = noisy(120, 10_000, noise, seed=seed)
        assert check([*rows[:-2], 3 * rows[-2], rows[-1]]).state is ArrivalState.ARRIVED
        assert kinds([*rows[:-2], 3 * rows[-2], rows[-1] // 8]) == [FindingKind.FEW_ROWS]


def test_a_sale_day_makes_no_table_of_fixed_size_anything_else() -> None:
    assert kinds([24] * 100 + [72, 23]) == [FindingKind.FEW_ROWS]
    assert check([24] * 100 + [72, 24]).state is ArrivalState.ARRIVED


def test_what_is_plausible_is_never_turned_around_and_takes_what_is_expected() -> None:
    draw = random.Random(9)
    for _ in range(300):
        rows = [draw.choice([0, 1, 2, 5, 100, 10_000]) for _ in range(draw.randint(1, 90))]
        days = {DAY - timedelta(days=n + 1): count for n, count in enumerate(rows)}
        found = plausible_rows(days, DAY)
        assert found is None or found.lowest <= found.expected <= found.highest
        assert found is None or found.takes(round(found.expected))
