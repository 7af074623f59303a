"""Columns: which are gone, new or of another type, and which hold nothing any more."""

import random
from dataclasses import replace
from typing import Any

import pytest

from shared.kpi.arrival.findings import Arrival, ArrivalState, Finding, FindingKind
from shared.kpi.history import Column, DayRows, History, Shape
from shared.kpi.tables import Average, Watched
from tests.unit.table_days import COLUMNS, DAY, EVERY_KPI, SHAPE, TABLE, WATCHED, check, history, only


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
