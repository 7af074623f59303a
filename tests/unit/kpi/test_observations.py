"""Observations: what a table's rows say of each KPI, and what absence means."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from shared.kpi.history import Cell, Column, DayRows, History, Shape, product_of, weights_of
from shared.kpi.observations import series_of
from shared.kpi.series import Series
from shared.kpi.tables import Average, KpiTable, Ratio, Watched

DAY = date(2026, 1, 20)
TABLE = KpiTable("recsys.home_daily", segments=("mall",))
NOTHING: frozenset[str] = frozenset()
NAN = math.nan

type Cells = Mapping[str, Mapping[str, Sequence[Cell | None]]]


def days(count: int) -> list[date]:
    return [DAY - timedelta(days=n) for n in reversed(range(count))]


def history(cells: Cells, types: Mapping[str, str] | None = None, left_out: int = 0) -> History:
    """Cells by segment and column of the days that end with DAY; it has rows where the whole has a cell."""
    found = {
        segment: {
            name: {day: each for day, each in zip(days(len(of_days)), of_days, strict=True) if each}
            for name, of_days in columns.items()
        }
        for segment, columns in cells.items()
    }
    there = sorted({day for of_days in found.get("", {}).values() for day in of_days})
    kinds = (
        {"day": "DATE", "mall": "STRING"} | dict.fromkeys(cells.get("", {}), "INTEGER") | dict(types or {})
    )
    shape = Shape(tuple(Column(name, kind) for name, kind in kinds.items()), "day")
    return History(shape, DAY, {day: DayRows(2) for day in there}, found, left_out)


def cell(total: float | None, filled: int = 2, low: float | None = None, high: float | None = None) -> Cell:
    return Cell(total, filled if total is not None else 0, low, high)


def watched(*columns: str, **derived: Ratio | Average) -> Watched:
    return Watched("day", columns, derived, ("mall",), ("day", "mall"))


def series(found: History, what: Watched, muted: frozenset[str] = NOTHING) -> tuple[Series, ...]:
    return series_of(TABLE, what, found, muted)[0]


def only(found: History, what: Watched) -> Series:
    (one,) = series(found, what)
    return one


def same(found: np.ndarray[tuple[int], np.dtype[np.float64]] | None, *expected: float) -> bool:
    return found is not None and bool(np.array_equal(found, np.array(expected), equal_nan=True))


def test_a_column_is_summed_over_consecutive_days_and_a_day_without_rows_is_nan() -> None:
    one = only(history({"": {"clicks": [cell(5), None, cell(0), cell(7)]}}), watched("clicks"))
    assert (one.kpi, one.segment, one.day, one.is_additive, one.volumes) == ("clicks", "", DAY, True, None)
    assert one.days == tuple(days(4))
    assert same(one.values, 5, NAN, 0, 7)
    assert one.values.dtype == np.float64


def test_a_day_whose_rows_are_all_null_is_nan_and_not_0() -> None:
    assert same(only(history({"": {"clicks": [cell(5), cell(None)]}}), watched("clicks")).values, 5, NAN)


def test_a_series_begins_with_the_first_day_that_has_rows_and_ends_with_the_day_in_question() -> None:
    one = only(history({"": {"clicks": [None, None, cell(5), None]}}), watched("clicks"))
    assert one.days == (DAY - timedelta(days=1), DAY)
    assert same(one.values, 5, NAN)


def test_a_table_without_rows_has_no_series() -> None:
    assert series_of(TABLE, watched("clicks"), history({}), NOTHING) == ((), ())


def test_a_ratio_is_the_ratio_of_sums_with_its_volume() -> None:
    clicks = [cell(1), cell(0), cell(3), cell(None), cell(5)]
    views = [cell(100), cell(0), cell(200), cell(10), cell(None)]
    one = only(history({"": {"clicks": clicks, "views": views}}), watched(ctr=Ratio("clicks", "views")))
    assert one.is_additive is False
    assert same(one.values, 0.01, NAN, 0.015, NAN, NAN)
    assert same(one.volumes, 100, 0, 200, 10, NAN)


def test_an_average_is_over_the_filled_rows() -> None:
    scores = [cell(3.0, 4), cell(None), None, cell(0.0, 2)]
    one = only(history({"": {"score": scores}}, {"score": "FLOAT"}), watched(mean=Average("score")))
    assert (one.is_additive, one.volumes) == (False, None)
    assert same(one.values, 0.75, NAN, NAN, 0.0)


def test_a_weighted_average_weighs_only_rows_that_have_a_value() -> None:
    cells = {
        "score": [cell(9.0), cell(9.0)],
        "w": [cell(1000), cell(1000)],
        product_of("score", "w"): [cell(35.0), cell(0.0)],
        weights_of("score", "w"): [cell(40.0), cell(0.0)],
    }
    one = only(history({"": cells}), watched(mean=Average("score", "w")))
    assert same(one.values, 0.875, NAN)


# Columns within 0-1


def share(total: float, filled: int = 2, low: float = 0.2, high: float = 0.8) -> Cell:
    return Cell(total, filled, low, high)


def test_a_share_is_averaged_where_a_day_has_several_rows_and_the_note_says_how_to_do_better() -> None:
    found = history({"": {"coverage": [share(1.0), share(1.2)]}}, {"coverage": "FLOAT"})
    (one,), (note,) = series_of(TABLE, watched("coverage"), found, NOTHING)
    assert same(one.values, 0.5, 0.6)
    assert one.is_additive is False
    assert note.startswith("coverage: averaged")
    assert "coverage: clicks / impressions" in note


def test_a_share_of_one_row_a_day_needs_no_note() -> None:
    found = history({"": {"coverage": [share(0.5, 1), share(0.6, 1)]}}, {"coverage": "FLOAT"})
    (one,), notes = series_of(TABLE, watched("coverage"), found, NOTHING)
    assert same(one.values, 0.5, 0.6)
    assert (one.is_additive, notes) == (False, ())


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [(0.0, 1.1, "FLOAT"), (-0.1, 1.0, "FLOAT"), (0.0, 0.0, "FLOAT"), (0.0, 1.0, "INTEGER")],
)
def test_what_leaves_0_to_1_or_is_no_float_is_summed(low: float, high: float, kind: str) -> None:
    found = history({"": {"x": [share(1.0, 2, low, high)] * 2}}, {"x": kind})
    one = only(found, watched("x"))
    assert same(one.values, 1.0, 1.0)
    assert one.is_additive


def test_the_limits_0_and_1_belong_to_a_share() -> None:
    found = history({"": {"x": [share(1.0, 2, 0.0, 1.0)] * 2}}, {"x": "FLOAT"})
    assert not only(found, watched("x")).is_additive


def test_one_wrong_load_does_not_turn_a_share_into_a_sum() -> None:
    percent = share(100.0, 2, 20.0, 80.0)
    today = history({"": {"x": [share(1.0)] * 10 + [percent]}}, {"x": "FLOAT"})
    assert same(only(today, watched("x")).values, *[0.5] * 10, 50.0)
    long_ago = history({"": {"x": [percent] + [share(1.0)] * 100}}, {"x": "FLOAT"})
    assert not only(long_ago, watched("x")).is_additive


# Segments


def parted(present: Sequence[Cell | None], whole: int = 60, **more: Sequence[Cell | None]) -> History:
    """A segment that is there as said up to DAY, in a table that has rows on `whole` days."""
    segments = {"mall=outlet": {"clicks": present}} | {
        f"mall={name}": {"clicks": of} for name, of in more.items()
    }
    return history({**segments, "": {"clicks": [cell(10)] * whole}})


def test_the_whole_table_comes_first_and_segments_follow() -> None:
    found = series(parted([cell(5)] * 60, sale=[cell(3)] * 60), watched("clicks"))
    assert [each.segment for each in found] == ["", "mall=outlet", "mall=sale"]


def test_a_segment_that_vanishes_counts_0_on_the_day() -> None:
    whole, gone = series(parted([*[cell(5)] * 59, None]), watched("clicks"))
    assert whole.values[-1] == 10
    assert same(gone.values, *[5.0] * 59, 0.0)


def test_a_segment_is_nan_where_the_whole_table_is_missing() -> None:
    found = history({"": {"clicks": [*[cell(9)] * 59, None]}, "mall=a": {"clicks": [*[cell(5)] * 59, None]}})
    assert all(math.isnan(each.values[-1]) for each in series(found, watched("clicks")))


def test_a_ratio_of_a_segment_that_vanishes_is_nan_of_volume_0() -> None:
    gone: Mapping[str, Sequence[Cell | None]] = {
        "clicks": [*[cell(5)] * 59, None],
        "views": [*[cell(50)] * 59, None],
    }
    found = history({"": {"clicks": [cell(9)] * 60, "views": [cell(90)] * 60}, "mall=a": gone})
    one = series(found, watched(ctr=Ratio("clicks", "views")))[1]
    assert math.isnan(one.values[-1])
    assert one.volumes is not None
    assert one.volumes[-1] == 0


def test_a_share_of_a_segment_that_vanishes_is_nan() -> None:
    cells: Cells = {"": {"x": [share(1.0)] * 60}, "mall=a": {"x": [*[share(0.5, 1)] * 59, None]}}
    one = series(history(cells, {"x": "FLOAT"}), watched("x"))[1]
    assert math.isnan(one.values[-1])


def test_a_segment_is_not_taken_to_be_0_before_it_began() -> None:
    one = series(parted([cell(5)] * 30), watched("clicks"))[1]
    assert one.days == tuple(days(30))


@pytest.mark.parametrize(("life", "is_watched"), [(21, False), (22, True)])
def test_a_segment_is_watched_after_3_weeks(life: int, is_watched: bool) -> None:
    found, notes = series_of(TABLE, watched("clicks"), parted([cell(5)] * life), NOTHING)
    assert (len(found) == 2) is is_watched
    assert bool(notes) is not is_watched
    assert is_watched or notes == ("segments: 1 not watched yet, with less than 3 weeks of days",)


def test_segments_that_come_and_go_or_are_gone_are_counted_and_not_watched() -> None:
    fleeting: list[Cell | None] = [cell(5), None, None] * 20
    gone: list[Cell | None] = [*[cell(5)] * 60, *[None] * 40]
    found, notes = series_of(TABLE, watched("clicks"), parted(fleeting, 100, old=gone), NOTHING)
    assert [each.segment for each in found] == [""]
    assert notes == ("segments: 2 not watched, because they come and go or are gone",)


def test_segments_beyond_the_cap_are_counted() -> None:
    found = replace(parted([cell(5)] * 60), segments_left_out=7)
    (note,) = series_of(TABLE, watched("clicks"), found, NOTHING)[1]
    assert note == (
        "segments: expected at most 50 combinations of mall, came 7 more; the smallest are not watched"
    )


# What is not observed


def test_a_muted_kpi_has_no_series() -> None:
    found = history({"": {"clicks": [cell(1)], "views": [cell(9)]}})
    what = watched("clicks", "views", ctr=Ratio("clicks", "views"))
    assert [each.kpi for each in series(found, what)] == ["clicks", "views", "ctr"]
    assert [each.kpi for each in series(found, what, frozenset({"clicks", "ctr"}))] == ["views"]


def test_a_kpi_whose_column_was_not_read_is_named() -> None:
    found = history({"": {"views": [cell(9)]}})
    what = watched("clicks", "views", ctr=Ratio("clicks", "views"))
    (one,), notes = series_of(TABLE, what, found, NOTHING)
    assert one.kpi == "views"
    assert notes == ("not read, because the table has no such numbers: clicks, ctr",)
    assert series_of(TABLE, what, found, frozenset({"clicks", "ctr"}))[1] == ()
