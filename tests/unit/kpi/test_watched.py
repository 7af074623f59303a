"""What is watched of a table: the configuration against the columns it really has."""

from pathlib import Path

import pytest

from infra.local.sample.kpis.seasons import FIRST_DAY
from infra.local.sample.kpis.tables import sample_tables
from shared.errors import ConfigError
from shared.kpi.configuration.table_file import parse_table
from shared.kpi.configuration.watched import resolve
from shared.kpi.history import Column, Shape
from shared.kpi.tables import Average, Direction, KpiTable, Ratio, Watched

SLOT = {
    "day": "DATE",
    "item_slot": "STRING",
    "mall": "STRING",
    "gender": "STRING",
    "shop_id": "INTEGER",
    "impressions": "INTEGER",
    "clicks": "INTEGER",
    "revenue": "NUMERIC",
    "coverage": "FLOAT",
    "is_new": "BOOLEAN",
    "tags": "REPEATED",
    "context": "RECORD",
}


def shape(columns: dict[str, str]) -> Shape:
    return Shape(tuple(Column(name, kind) for name, kind in columns.items()), "")


def watched(
    text: str = "table: recsys.slot",
    columns: dict[str, str] = SLOT,
    partition: str | None = None,
    missing_ok: frozenset[str] = frozenset(),
) -> Watched:
    return resolve(parse_table(text, "slot.yaml"), shape(columns), partition, missing_ok)


def problems(
    text: str, columns: dict[str, str] = SLOT, missing_ok: frozenset[str] = frozenset()
) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        watched(text, columns, missing_ok=missing_ok)
    return str(raised.value).split("\n")


def test_a_file_of_one_line_watches_every_number_that_is_no_id() -> None:
    found = watched()
    assert found == Watched(
        date_column="day",
        columns=("impressions", "clicks", "revenue", "coverage"),
        derived={},
        segments=(),
        key=("day", "item_slot", "mall", "gender", "shop_id"),
    )
    assert found.kpis == ("impressions", "clicks", "revenue", "coverage")


@pytest.mark.parametrize("kind", ["INTEGER", "INT64", "FLOAT", "FLOAT64", "NUMERIC", "BIGNUMERIC"])
def test_every_type_of_number_is_a_kpi(kind: str) -> None:
    assert watched(columns={"day": "DATE", "cost": kind}).columns == ("cost",)


@pytest.mark.parametrize("kind", ["STRING", "BOOLEAN", "TIMESTAMP", "JSON", "REPEATED", "RECORD", "BYTES"])
def test_nothing_else_is_a_kpi(kind: str) -> None:
    columns = {"day": "DATE", "cost": kind}
    assert problems("table: a.b", columns) == [
        "slot.yaml, line 1, field kpis: expected at least one column of numbers in a.b, came none"
    ]
    assert problems("table: a.b\nkpis: [cost]", columns) == [
        f"slot.yaml, line 2, field kpis #1: expected a column of numbers, came cost {kind}"
    ]


@pytest.mark.parametrize("name", ["id", "ID", "user_id", "User_Id"])
def test_an_id_is_watched_only_where_it_is_asked_for(name: str) -> None:
    columns = {"day": "DATE", name: "INTEGER", "paid": "INTEGER"}
    assert watched(columns=columns).columns == ("paid",)
    assert watched(f"table: a.b\nkpis: [{name}]", columns).columns == (name,)


def test_segments_keys_excluded_columns_and_what_is_made_anew_are_no_kpis_by_default() -> None:
    text = """
table: recsys.slot
kpis: {exclude: [revenue], coverage: "mean(coverage, impressions)", ctr: clicks / impressions}
segments: [mall, shop_id]
"""
    found = watched(text)
    assert found.columns == ("impressions", "clicks")
    assert found.derived == {
        "coverage": Average("coverage", "impressions"),
        "ctr": Ratio("clicks", "impressions"),
    }
    assert found.kpis == ("impressions", "clicks", "coverage", "ctr")
    assert found.segments == ("mall", "shop_id")
    assert found.key == ("day", "mall", "shop_id", "item_slot", "gender")
    assert watched("table: a.b\nkey: [clicks, mall]").columns == ("impressions", "revenue", "coverage")
    assert watched("table: a.b\nkey: [clicks, mall]").key == ("day", "clicks", "mall")


def test_included_columns_keep_their_order_and_nothing_else_is_watched() -> None:
    found = watched("table: a.b\nkpis: {include: [revenue, clicks], ctr: clicks / impressions}")
    assert found.kpis == ("revenue", "clicks", "ctr")
    assert watched("table: a.b\nkpis: {include: [], ctr: clicks / impressions}").kpis == ("ctr",)


def test_names_are_matched_without_case_as_bigquery_does_and_told_as_the_table_spells_them() -> None:
    text = """
table: a.b
date: DAY
kpis: {include: [CLICKS], ctr: Clicks / IMPRESSIONS}
segments: [Mall]
key: [DAY, Gender]
"""
    assert watched(text) == Watched(
        "day", ("clicks",), {"ctr": Ratio("clicks", "impressions")}, ("mall",), ("day", "gender")
    )


def test_the_day_is_what_is_configured_else_the_partition_else_the_only_date() -> None:
    columns = {"day": "DATE", "made_on": "DATE", "at": "TIMESTAMP", "local": "DATETIME", "n": "INTEGER"}
    for name in ("day", "made_on", "at", "local"):
        assert watched(f"table: a.b\ndate: {name}", columns, partition="day").date_column == name
        assert watched(columns=columns, partition=name).date_column == name
    assert watched(columns={"at": "TIMESTAMP", "day": "DATE", "n": "INTEGER"}).date_column == "day"
    # partitioned by a range of numbers, or by the time rows came in: no column of days
    assert watched(columns={"day": "DATE", "n": "INTEGER"}, partition="n").date_column == "day"
    assert watched(columns={"day": "DATE", "n": "INTEGER"}, partition="_PARTITIONTIME").date_column == "day"


def test_a_day_that_can_not_be_told_names_the_candidates() -> None:
    columns = {"day": "DATE", "made_on": "DATE", "at": "TIMESTAMP", "n": "INTEGER"}
    expected = (
        "slot.yaml, line 1, field date: "
        "expected the name of the column that says the day of a.b, came nothing; "
    )
    assert problems("table: a.b", columns) == [
        expected + "candidates are day DATE, made_on DATE, at TIMESTAMP"
    ]
    assert problems("table: a.b", {"at": "TIMESTAMP", "n": "INTEGER"}) == [
        expected + "candidates are at TIMESTAMP"
    ]
    assert problems("table: a.b", {"n": "INTEGER"}) == [expected + "it has no DATE, DATETIME or TIMESTAMP"]
    assert problems("table: a.b\ndate: n", columns) == [
        "slot.yaml, line 2, field date: expected a DATE, DATETIME or TIMESTAMP, came n INTEGER"
    ]


def test_every_name_that_fits_nothing_is_told_at_once_with_its_line_and_what_is_near() -> None:
    text = """table: recsys.slot
date: dya
kpis:
  include: [clicks, impresions]
  ctr: clicks / impression
segments: [maal, coverage, tags]
key: [context]
direction:
  ctr: down
"""
    with pytest.raises(ConfigError) as raised:
        watched(text)
    told = str(raised.value).split("\n")
    table = "expected a column of recsys.slot, came"
    assert told == [
        f"slot.yaml, line 2, field date: {table} 'dya'; did you mean `day`?",
        f"slot.yaml, line 4, field kpis.include #2: {table} 'impresions'; did you mean `impressions`?",
        f"slot.yaml, line 5, field kpis.ctr: {table} 'impression'; did you mean `impressions`?",
        f"slot.yaml, line 6, field segments #1: {table} 'maal'; did you mean `mall`?",
        "slot.yaml, line 6, field segments #2: expected a column of values to part by, came coverage FLOAT",
        "slot.yaml, line 6, field segments #3: expected a column of values to part by, came tags REPEATED",
        "slot.yaml, line 7, field key #1: "
        "expected a column whose values can be compared, came context RECORD",
    ]


def test_a_name_like_no_other_is_told_with_the_columns_there_are() -> None:
    columns = {"day": "DATE", "n": "INTEGER"}
    assert problems("table: a.b\nkpis: [zzz]", columns) == [
        "slot.yaml, line 2, field kpis #1: expected a column of a.b, came 'zzz'; its columns are day, n"
    ]


def test_the_direction_of_what_is_not_watched_is_a_mistake() -> None:
    assert problems("table: a.b\ndirection: {clickz: up}") == [
        "slot.yaml, line 2, field direction.clickz: expected a KPI that is watched, came 'clickz'; "
        "did you mean `clicks`?"
    ]
    assert problems("table: a.b\ndirection: {shop_id: up}")[0].startswith(
        "slot.yaml, line 2, field direction.shop_id: expected a KPI that is watched"
    )
    table = parse_table("table: a.b\ndirection: {CLICKS: up}", "f")
    assert resolve(table, shape(SLOT), None).columns
    assert table.direction_of("clicks") is Direction.UP


@pytest.mark.parametrize("kind", ["STRING", "BOOL", "BOOLEAN", "INTEGER", "INT64"])
def test_segments_are_of_values_one_can_name(kind: str) -> None:
    assert watched("table: a.b\nsegments: [s]", {"day": "DATE", "s": kind, "n": "FLOAT"}).segments == ("s",)


def test_a_segment_may_be_another_date_but_not_the_day() -> None:
    columns = {"day": "DATE", "launched_on": "DATE", "n": "INTEGER"}
    assert watched("table: a.b\ndate: day\nsegments: [launched_on]", columns).segments == ("launched_on",)
    assert watched("table: a.b\nsegments: [launched_on]", columns, "day").segments == ("launched_on",)
    with pytest.raises(ConfigError, match="segments: expected a segment that is not the day, came 'day'"):
        watched("table: a.b\nsegments: [day]", {"day": "DATE", "n": "INTEGER"})


def test_a_column_that_was_there_and_is_gone_is_watched_still() -> None:
    text = """
table: a.b
date: day
kpis: {include: [orders], cvr: orders / clicks}
segments: [brand]
key: [order_no]
"""
    gone = frozenset({"orders", "brand", "order_no", "DAY"})
    columns = {name: kind for name, kind in SLOT.items() if name != "day"}
    found = watched(text, columns, missing_ok=gone)
    assert found == Watched(
        "day", ("orders",), {"cvr": Ratio("orders", "clicks")}, ("brand",), ("day", "order_no")
    )
    assert len(problems(text, columns)) == 5
    # one of the wrong kind is a mistake, whenever it came
    assert problems("table: a.b\nkpis: [mall]", missing_ok=frozenset({"mall"})) == [
        "slot.yaml, line 2, field kpis #1: expected a column of numbers, came mall STRING"
    ]


def test_a_table_made_without_a_file_is_named_itself() -> None:
    with pytest.raises(ConfigError, match=r"^a\.b, field date: expected"):
        resolve(KpiTable("a.b"), Shape((), ""), None)


def test_the_shipped_configuration_fits_every_sample_table() -> None:
    folder = Path(__file__).parents[3] / "infra" / "kpi_tables"
    shipped = [parse_table(path.read_text(encoding="utf-8"), path.name) for path in folder.iterdir()]
    by_name = {table.table: table for table in shipped}
    for name, sample in sample_tables(FIRST_DAY).items():
        found = resolve(by_name[name], Shape(sample.columns, ""), sample.partition_column)
        numbers = {each.name for each in sample.columns if each.type in ("INTEGER", "FLOAT", "NUMERIC")}
        assert found.date_column == "day"
        assert set(found.kpis) == numbers | set(by_name[name].derived)
