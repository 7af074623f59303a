"""Ratios that can't be: a share above 1 where it never was."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from shared.kpi.arrival.day import check_arrival
from shared.kpi.arrival.findings import Arrival, ArrivalState, Finding, FindingKind
from shared.kpi.history import Cell, Column, DayRows, History, Shape
from shared.kpi.tables import KpiTable, Ratio, Watched

DAY = date(2026, 1, 20)
TABLE = KpiTable("recsys.item_slot_daily", derived={"ctr": Ratio("clicks", "views")})
WATCHED = Watched("day", ("clicks", "views"), TABLE.derived, (), ("day",))


def found(pairs: Sequence[tuple[float | None, float | None]], clicks: str = "INTEGER") -> Arrival:
    """What is found of days with so many clicks and views each, the last of which is DAY."""
    shape = Shape((Column("day", "DATE"), Column("clicks", clicks), Column("views", "INTEGER")), "day")
    days = [DAY - timedelta(days=n) for n in reversed(range(len(pairs)))]
    cells = {
        name: {day: Cell(pair[place], 1) for day, pair in zip(days, pairs, strict=True)}
        for place, name in enumerate(("clicks", "views"))
    }
    history = History(shape, DAY, dict.fromkeys(days, DayRows(1)), {"": cells})
    now = TABLE.due_at(DAY)
    return check_arrival(TABLE, WATCHED, history, shape, now, now)


def a_past(days: int = 60, share: float = 0.05) -> list[tuple[float | None, float | None]]:
    """Days whose share goes up to `share`."""
    return [(round((1000 + 20 * n) * share * (1 - 0.01 * (n % 7))), 1000 + 20 * n) for n in range(days)]


def test_more_clicks_than_views_are_the_datas_fault_and_mute_the_ratio_alone() -> None:
    arrival = found([*a_past(), (1300, 1000)])
    assert arrival == Arrival(
        ArrivalState.BROKEN,
        (
            Finding(
                FindingKind.IMPOSSIBLE_RATIO,
                "ctr",
                {"value": 1.3, "highest": 50 / 1000, "days": 1},
                frozenset({"ctr"}),
            ),
        ),
    )


@pytest.mark.parametrize(("days", "is_told"), [(1, True), (2, True), (28, True), (29, False)])
def test_it_is_told_day_after_day_but_not_for_ever(days: int, is_told: bool) -> None:
    arrival = found([*a_past(), *[(1300.0 + n, 1000 + n % 2) for n in range(days)]])
    assert [each.facts["days"] for each in arrival.findings] == [days] * is_told


@pytest.mark.parametrize(("days", "is_told"), [(27, False), (28, True)])
def test_a_short_history_does_not_tell_what_is_a_share(days: int, is_told: bool) -> None:
    assert bool(found([*a_past(days), (1300, 1000)]).findings) is is_told


def test_a_ratio_that_was_above_1_before_is_no_share() -> None:
    past = [*a_past(30), (1001, 1000), *a_past(30)]
    assert found([*past, (1300, 1000)]).findings == ()
    once = [*a_past(60), (1001, 1000), *a_past(60)]  # in a hundred days: a wrong load, not what it is
    assert len(found([*once, (1300, 1000)]).findings) == 1
    assert found([*[(n * 3000, n) for n in range(1, 60)], (9_000_000, 60)]).findings == ()


@pytest.mark.parametrize("kind", ["FLOAT", "NUMERIC"])
def test_money_may_cost_more_than_1(kind: str) -> None:
    assert found([*a_past(share=0.8), (1300, 1000)], kind).findings == ()


@pytest.mark.parametrize(
    ("share", "value", "is_told"),
    [(1.0, 1050, False), (1.0, 1101, True), (0.95, 1040, False), (0.9, 1001, True)],
)
def test_a_share_that_is_always_close_to_1_may_pass_it_by_a_little(
    share: float, value: int, is_told: bool
) -> None:
    assert bool(found([*a_past(share=share), (value, 1000)]).findings) is is_told


@pytest.mark.parametrize(
    ("pair", "is_told"),
    [((6, 5), False), ((9, 5), False), ((11, 5), True), ((12, 10), False), ((16, 10), True), ((3, 1), False)],
)
def test_a_ratio_of_a_few_is_told_where_chance_does_not_make_it(
    pair: tuple[float, float], is_told: bool
) -> None:
    past = [(float(4 + n % 3), 10.0) for n in range(60)]
    assert bool(found([*past, pair]).findings) is is_told


@pytest.mark.parametrize("pair", [(1000, 1000), (5, 0), (None, 1000), (5, None), (0, 0), (-5, 1000)])
def test_a_ratio_that_is_none_or_just_1_is_possible(pair: tuple[float | None, float | None]) -> None:
    assert all(each.kind is not FindingKind.IMPOSSIBLE_RATIO for each in found([*a_past(), pair]).findings)


def test_an_empty_table_has_no_ratio() -> None:
    shape = replace(
        Shape((Column("day", "DATE"), Column("clicks", "INTEGER"), Column("views", "INTEGER")), "day")
    )
    empty = History(shape, DAY, {DAY: DayRows(1)}, {})
    assert check_arrival(TABLE, WATCHED, empty, shape, TABLE.due_at(DAY), TABLE.due_at(DAY)).findings == ()
