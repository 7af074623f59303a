"""KPI tables of every shape, read from the BigQuery emulator."""

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.cloud import bigquery

from shared.errors import ConfigError, TableMissing
from shared.gcp.kpi_query import ask
from shared.gcp.kpi_series import read_history, read_shape
from shared.kpi.configuration.table_file import parse_table
from shared.kpi.configuration.watched import resolve
from shared.kpi.history import Cell, Column, History, Shape, parts_of, product_of, weights_of
from shared.kpi.tables import Average, KpiTable, Ratio

DAY = date(2026, 1, 20)
BEFORE = DAY - timedelta(days=1)


@pytest.fixture(scope="module")
def place(bigquery_api: bigquery.Client) -> str:
    name = f"kpis_{uuid.uuid4().hex[:12]}"
    bigquery_api.create_dataset(name)
    return name


class Bench:
    """Makes tables and reads them back."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self.client, self.dataset = client, dataset

    def make(self, name: str, columns: Mapping[str, str], rows: str = "", **options: Any) -> str:
        """A table with `rows`, the VALUES of an INSERT; `options` are attributes of bigquery.Table."""
        schema = [
            bigquery.SchemaField(
                column, kind.removesuffix("[]"), "REPEATED" if kind.endswith("[]") else "NULLABLE"
            )
            for column, kind in columns.items()
            if kind != "RECORD"
        ]
        table = bigquery.Table(f"{self.client.project}.{self.dataset}.{name}", schema)
        for option, value in options.items():
            setattr(table, option, value)
        self.client.create_table(table)
        if rows:
            names = ", ".join(f"`{column}`" for column in columns)
            self.run(f"INSERT INTO `{self.dataset}.{name}` ({names}) VALUES {rows}")  # noqa: S608
        return f"{self.dataset}.{name}"

    def run(self, sql: str) -> None:
        self.client.query_and_wait(sql)

    def read(self, table: str, day: date = DAY, was: tuple[Column, ...] = (), **said: Any) -> History:
        """The history of `table`; `was`: its columns when its configuration was resolved."""
        columns, partition = read_shape(self.client, table)
        config = KpiTable(table, **said)
        watched = resolve(config, Shape(was or columns, ""), partition)
        shape = Shape(columns, watched.date_column)
        return read_history(self.client, config, watched, shape, day, partition=partition)


@pytest.fixture(scope="module")
def bench(bigquery_api: bigquery.Client, place: str) -> Bench:
    return Bench(bigquery_api, place)


def by_day(field: str, kind: str = "DAY") -> bigquery.TimePartitioning:
    return bigquery.TimePartitioning(type_=kind, field=field)


def test_a_table_is_described_by_its_columns_and_its_partition(bench: Bench) -> None:
    table = bench.make(
        "described",
        {"day": "DATE", "n": "INT64", "f": "FLOAT64", "m": "NUMERIC", "words": "STRING[]", "b": "BOOL"},
        time_partitioning=by_day("day"),
    )
    types = [("day", "DATE"), ("n", "INTEGER"), ("f", "FLOAT"), ("m", "NUMERIC")]
    types += [("words", "REPEATED"), ("b", "BOOLEAN")]
    assert read_shape(bench.client, table) == (tuple(Column(*each) for each in types), "day")
    assert read_shape(bench.client, f"{bench.client.project}.{table}")[1] == "day"


@pytest.mark.parametrize("table", ["{dataset}.nothing_here", "no_such_dataset.t"])
def test_a_table_that_is_not_there_is_said_to_be_missing(bench: Bench, table: str) -> None:
    name = table.format(dataset=bench.dataset)
    with pytest.raises(TableMissing, match=name):
        read_shape(bench.client, name)


def test_a_name_without_a_dataset_is_a_wrong_configuration(bench: Bench) -> None:
    with pytest.raises(ConfigError, match=r"expected dataset\.table"):
        read_shape(bench.client, "alone")


def test_a_day_is_summed_over_its_rows_and_nulls_are_not_filled(bench: Bench) -> None:
    table = bench.make(
        "plain",
        {"day": "DATE", "clicks": "INT64", "cost": "NUMERIC", "score": "FLOAT64", "nothing": "INT64"},
        "(DATE '2026-01-20', 10, NUMERIC '0.1', 1.5, NULL), "
        "(DATE '2026-01-20', NULL, NUMERIC '0.2', -2, NULL),"
        "(DATE '2026-01-18', 9007199254740995, NULL, NULL, NULL), (DATE '2026-01-21', 99, NULL, 9, 9),"
        "(NULL, 5, NULL, 9, 9)",
    )
    history = bench.read(table)
    assert {day: rows.rows for day, rows in history.days.items()} == {DAY: 2, date(2026, 1, 18): 1}
    assert list(history.cells) == [""]
    cells = history.cells[""]
    assert cells["clicks"] == {
        date(2026, 1, 18): Cell(float(9007199254740995), 1, float(9007199254740995), float(9007199254740995)),
        DAY: Cell(10.0, 1, 10.0, 10.0),
    }
    assert cells["cost"][DAY].total == pytest.approx(0.3)
    assert cells["score"][DAY] == Cell(-0.5, 2, -2.0, 1.5)
    assert cells["nothing"][DAY] == Cell(None, 0, None, None)
    assert isinstance(cells["cost"][DAY].total, float)


def test_what_is_no_number_counts_as_no_value(bench: Bench) -> None:
    table = bench.make(
        "strange",
        {"day": "DATE", "ctr": "FLOAT64", "huge": "FLOAT64"},
        "(DATE '2026-01-20', CAST('nan' AS FLOAT64), 1e308), (DATE '2026-01-20', 0.5, 1e308),"
        "(DATE '2026-01-20', CAST('inf' AS FLOAT64), 1e308), (DATE '2026-01-19', CAST('nan' AS FLOAT64), 1)",
    )
    cells = bench.read(table).cells[""]
    assert cells["ctr"][DAY] == Cell(0.5, 1, 0.5, 0.5)
    assert cells["ctr"][BEFORE] == Cell(None, 0, None, None)
    assert cells["huge"][DAY].total is None  # beyond what a float can hold


@pytest.mark.parametrize("kind", ["TIMESTAMP", "DATETIME"])
def test_days_begin_at_midnight_in_the_tables_own_time_zone(bench: Bench, kind: str) -> None:
    local = {
        "before": "2026-01-18 23:59:59",
        "first": "2026-01-19 00:00:00",
        "last": "2026-01-19 23:59:59",
        "next": "2026-01-20 00:00:00",
        "after": "2026-01-21 00:00:00",
    }
    zone = "+09" if kind == "TIMESTAMP" else ""
    rows = ", ".join(f"({kind} '{at}{zone}', 1)" for at in local.values())
    table = bench.make(
        f"timed_{kind}",
        {"at": kind, "n": "INT64"},
        rows,
        time_partitioning=by_day("at"),
        require_partition_filter=True,
    )
    history = bench.read(table, history_days=1)
    assert {day: rows.rows for day, rows in history.days.items()} == {BEFORE: 2, DAY: 1}
    tokyo = ZoneInfo("Asia/Tokyo")
    assert history.days[BEFORE].last_at == datetime(2026, 1, 19, 23, 59, 59, tzinfo=tokyo)
    last_at = history.days[DAY].last_at
    assert last_at is not None
    assert last_at.tzinfo is UTC
    elsewhere = bench.read(table, history_days=1, time_zone=ZoneInfo("UTC"))
    assert elsewhere.days[BEFORE].rows == {"TIMESTAMP": 2, "DATETIME": 2}[kind]
    assert elsewhere.days[DAY].rows == {"TIMESTAMP": 1, "DATETIME": 1}[kind]


def test_only_the_days_asked_for_are_read(bench: Bench) -> None:
    table = bench.make(
        "long",
        {"day": "DATE", "n": "INT64"},
        "(DATE '2026-01-17', 1), (DATE '2026-01-18', 1), (DATE '2026-01-20', 1), (DATE '2026-01-21', 1)",
        time_partitioning=by_day("day"),
        require_partition_filter=True,
    )
    history = bench.read(table, history_days=2)
    assert sorted(history.days) == [date(2026, 1, 18), DAY]
    assert history.days[DAY].last_at is None
    assert sorted(bench.read(table, day=date(2026, 1, 18)).days) == [date(2026, 1, 17), date(2026, 1, 18)]


def test_a_table_partitioned_by_another_column_that_insists_on_a_filter_is_read(bench: Bench) -> None:
    for kind, value in (("TIMESTAMP", "2026-01-21 01:00:00+00"), ("DATE", "2026-01-21")):
        table = bench.make(
            f"loaded_{kind}",
            {"day": "DATE", "loaded": kind, "n": "INT64"},
            f"(DATE '2026-01-20', {kind} '{value}', 3)",
            time_partitioning=by_day("loaded"),
            require_partition_filter=True,
        )
        assert bench.read(table, date_column="day").days[DAY].rows == 1


def test_rows_beyond_the_first_of_a_key_are_duplicates_and_null_is_a_value_of_it(bench: Bench) -> None:
    table = bench.make(
        "doubled",
        {"day": "DATE", "mall": "STRING", "gender": "STRING", "n": "INT64"},
        "(DATE '2026-01-20', 'a', 'b', 1), (DATE '2026-01-20', 'a', 'b', 2),"
        "(DATE '2026-01-20', 'a', NULL, 1), (DATE '2026-01-20', 'a', NULL, 1),"
        "(DATE '2026-01-20', NULL, 'a', 1), (DATE '2026-01-19', 'a', 'b', 1)",
    )
    days = bench.read(table).days
    assert (days[DAY].rows, days[DAY].duplicates) == (5, 2)
    assert days[BEFORE].duplicates == 0
    of_mall = bench.read(table, segments=("mall",)).segment_rows["mall=a"]
    assert (of_mall[DAY].rows, of_mall[DAY].duplicates) == (4, 2)
    assert bench.read(table, key=("day", "mall")).days[DAY].duplicates == 3


def test_segments_are_the_combinations_of_values_whatever_is_written_in_them(bench: Bench) -> None:
    table = bench.make(
        "parted",
        {"day": "DATE", "mall": "STRING", "gender": "INT64", "n": "INT64"},
        "(DATE '2026-01-20', 'アウトレット', 1, 1), (DATE '2026-01-20', NULL, NULL, 2),"
        "(DATE '2026-01-20', 'it\\'s \"5%\"', 1, 4), (DATE '2026-01-20', 'a, gender=1', 1, 8),"
        "(DATE '2026-01-20', '', 1, 16), (DATE '2026-01-20', '(none)', NULL, 32),"
        "(DATE '2026-01-20', '\"q\"', 1, 64)",
    )
    history = bench.read(table, segments=("mall", "gender"))
    assert next(iter(history.cells)) == ""
    totals = {segment: cells["n"][DAY].total for segment, cells in history.cells.items()}
    assert totals == {
        "": 127.0,
        "mall=アウトレット, gender=1": 1.0,
        "mall=(none), gender=(none)": 34.0,
        'mall=it\'s "5%", gender=1': 4.0,
        'mall="a, gender=1", gender=1': 8.0,
        "mall=, gender=1": 16.0,
        'mall="""q""", gender=1': 64.0,
    }
    assert history.days[DAY].rows == 7
    assert history.segments_left_out == 0
    rows = {segment: days[DAY].rows for segment, days in history.segment_rows.items()}
    assert rows == dict.fromkeys(totals.keys() - {""}, 1) | {"mall=(none), gender=(none)": 2}


def test_the_largest_50_segments_are_kept_and_the_others_counted(bench: Bench) -> None:
    rows = [f"(DATE '2026-01-20', 's{n:02}', 1)" for n in range(53)]
    rows += [f"(DATE '2026-01-19', 's{n:02}', 1)" for n in range(3, 53)]
    rows += [f"(DATE '2025-11-0{n}', 'gone', 1)" for n in range(1, 9)]
    table = bench.make("many", {"day": "DATE", "item": "STRING", "n": "INT64"}, ", ".join(rows))
    history = bench.read(table, segments=("item",))
    assert history.segments_left_out == 3
    assert set(history.cells) == {"", *(f"item=s{n:02}" for n in range(3, 53))}
    assert history.cells[""]["n"][DAY].total == 53.0


@pytest.mark.parametrize("away", [1, 7])
def test_of_more_segments_of_one_size_one_that_vanished_is_still_read(bench: Bench, away: int) -> None:
    rows = [
        f"(DATE '{DAY - timedelta(days=n)}', 's{item:02}', 1)"
        for item in range(52)
        for n in range(40)
        if item != 3 or n >= away
    ]
    table = bench.make(f"even_{away}", {"day": "DATE", "item": "STRING", "n": "INT64"}, ", ".join(rows))
    history = bench.read(table, segments=("item",))
    assert (len(history.segment_rows), history.segments_left_out) == (50, 2)
    assert max(history.segment_rows["item=s03"]) == DAY - timedelta(days=away)


def test_of_more_segments_one_that_grew_is_read_before_those_that_are_new(bench: Bench) -> None:
    rows = [f"(DATE '{DAY - timedelta(days=20)}', 's{item:02}', 1)" for item in range(50)]
    rows += [f"(DATE '{DAY}', 's{item:02}', 1)" for item in range(50)]
    rows += [f"(DATE '{DAY}', 'a', 1)"] * 60
    table = bench.make("grown", {"day": "DATE", "item": "STRING", "n": "INT64"}, ", ".join(rows))
    history = bench.read(table, segments=("item",))
    assert set(history.segment_rows) == {f"item=s{item:02}" for item in range(50)}


def test_ratios_read_their_columns_and_averages_their_products(bench: Bench) -> None:
    table = bench.make(
        "made",
        {"day": "DATE", "clicks": "INT64", "views": "INT64", "score": "FLOAT64", "weight": "NUMERIC"},
        "(DATE '2026-01-20', 1, 100, 0.5, 10), (DATE '2026-01-20', 3, 100, 1.0, 30),"
        "(DATE '2026-01-20', 0, 0, NULL, 60), (DATE '2026-01-20', 0, 0, 9.0, NULL)",
    )
    history = bench.read(
        table,
        include=("clicks",),
        derived={
            "ctr": Ratio("clicks", "views"),
            "mean_score": Average("score", "weight"),
            "m": Average("score"),
        },
    )
    cells = history.cells[""]
    assert cells["views"][DAY].total == 200.0
    assert cells[product_of("score", "weight")][DAY] == Cell(35.0, 2, 5.0, 30.0)
    assert cells[weights_of("score", "weight")][DAY] == Cell(40.0, 2, 10.0, 30.0)


def test_reserved_words_and_other_spellings_are_columns_like_any_other(bench: Bench) -> None:
    table = bench.make(
        "Words",
        {"select": "DATE", "order": "INT64", "group": "STRING", "値段": "INT64"},
        "(DATE '2026-01-20', 1, 'from', 5)",
        time_partitioning=by_day("select"),
    )
    history = bench.read(table, date_column="SELECT", include=("ORDER", "値段"), segments=("Group",))
    assert {name: cells[DAY].total for name, cells in history.cells[""].items()} == {
        "order": 1.0,
        "値段": 5.0,
    }
    assert "group=from" in history.cells


def test_names_with_spaces_signs_and_of_any_script_are_read_however_they_are_used(bench: Bench) -> None:
    columns = {
        "日 付": "DATE", "モール": "STRING", "sales channel": "STRING", "クリック数": "INT64",
        "表示回数": "INT64", "cart adds": "INT64", "50% off": "INT64", "r&d-cost's": "FLOAT64",
    }  # fmt: skip
    table = bench.make(
        "flexible", columns, "(DATE '2026-01-20', '本店', 'app', 3, 100, 7, 2, 0.5)",
        time_partitioning=by_day("日 付"),
    )  # fmt: skip
    text = f"""
table: {table}
date: 日 付
kpis:
  include: [cart adds, 50% off, "r&d-cost's"]
  クリック率: クリック数 / 表示回数
  cart rate: "`cart adds` / 表示回数"
  weighed: "mean(`50% off`, `cart adds`)"
segments: [モール, sales channel]
key: [日 付, モール, sales channel]
"""
    config = parse_table(text, "flexible.yaml")
    found, partition = read_shape(bench.client, table)
    watched = resolve(config, Shape(found, ""), partition)
    history = read_history(
        bench.client, config, watched, Shape(found, watched.date_column), DAY, partition=partition
    )
    segment = "モール=本店, sales channel=app"
    assert {name: cells[DAY].total for name, cells in history.cells[segment].items()} == {
        "cart adds": 7.0, "50% off": 2.0, "r&d-cost's": 0.5, "クリック数": 3.0, "表示回数": 100.0,
        product_of("50% off", "cart adds"): 14.0, weights_of("50% off", "cart adds"): 7.0,
    }  # fmt: skip
    assert parts_of(segment, watched.segments) == ("モール=本店", "sales channel=app")


def test_a_column_that_is_no_number_any_more_is_not_read_and_hides_no_other(bench: Bench) -> None:
    was = (
        Column("day", "DATE"),
        Column("clicks", "INTEGER"),
        Column("views", "INTEGER"),
        Column("old", "FLOAT"),
    )
    table = bench.make(
        "retyped", {"day": "DATE", "clicks": "STRING", "views": "INT64"}, "(DATE '2026-01-20', '12', 100)"
    )
    history = bench.read(table, was=was, derived={"ctr": Ratio("clicks", "views")})
    assert set(history.cells[""]) == {"views"}
    assert history.shape.type_of("clicks") == "STRING"


def test_a_table_that_lost_its_day_has_no_history(bench: Bench) -> None:
    was = (Column("day", "DATE"), Column("n", "INTEGER"))
    table = bench.make("dayless", {"day": "STRING", "n": "INT64"}, "('2026-01-20', 12)")
    assert bench.read(table, was=was).days == {}


def test_duplicates_are_not_counted_by_half_a_key(bench: Bench) -> None:
    was = (Column("day", "DATE"), Column("mall", "STRING"), Column("n", "INTEGER"))
    table = bench.make(
        "keyless", {"day": "DATE", "n": "INT64"}, "(DATE '2026-01-20', 1), (DATE '2026-01-20', 2)"
    )
    assert bench.read(table, was=was, segments=("mall",)).days[DAY].duplicates == 0
    assert set(bench.read(table, was=was, segments=("mall",)).cells) == {""}


def test_a_view_is_read_like_a_table(bench: Bench) -> None:
    table = bench.make(
        "under", {"day": "DATE", "n": "INT64"}, "(DATE '2026-01-20', 4), (DATE '2026-01-20', 5)"
    )
    bench.run(f"CREATE VIEW `{bench.dataset}.over` AS SELECT day, n * 2 AS twice FROM `{table}`")  # noqa: S608
    assert read_shape(bench.client, f"{bench.dataset}.over")[1] is None
    assert bench.read(f"{bench.dataset}.over").cells[""]["twice"][DAY].total == 18.0


def test_an_empty_table_has_an_empty_history(bench: Bench) -> None:
    table = bench.make("empty", {"day": "DATE", "mall": "STRING", "n": "INT64"})
    for segments in ((), ("mall",)):
        history = bench.read(table, segments=segments)
        assert (dict(history.days), history.segments_left_out) == ({}, 0)


def test_a_table_whose_only_numbers_are_gone_still_has_rows(bench: Bench) -> None:
    was = (Column("day", "DATE"), Column("n", "INTEGER"))
    table = bench.make("numberless", {"day": "DATE", "n": "STRING"}, "(DATE '2026-01-20', '1')")
    assert bench.read(table, was=was).days[DAY].rows == 1


def test_a_query_bigquery_refuses_is_told_with_the_tables_name(bench: Bench) -> None:
    table = bench.make("refused", {"day": "DATE", "n": "INT64"})
    columns = (Column("day", "DATE"), Column("not_there", "INTEGER"))
    config = KpiTable(table)
    shape = Shape(columns, "day")
    with pytest.raises(ConfigError, match=rf"{table}: expected to read its history, came BadRequest"):
        read_history(bench.client, config, resolve(config, shape, None), shape, DAY)


def test_the_guard_on_bytes_reaches_bigquery(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    table = bench.make("guarded", {"day": "DATE", "n": "INT64"})
    asked: list[Any] = []
    real = bench.client.query_and_wait

    def listen(sql: str, **arguments: Any) -> Any:
        asked.append(arguments["job_config"].maximum_bytes_billed)
        return real(sql, **arguments)

    monkeypatch.setattr(bench.client, "query_and_wait", listen)
    columns, _ = read_shape(bench.client, table)
    config, shape = KpiTable(table), Shape(columns, "day")
    watched = resolve(config, shape, None)
    read_history(bench.client, config, watched, shape, DAY, maximum_bytes_billed=10**9)
    read_history(bench.client, config, watched, shape, DAY)
    assert asked == [10**9, None]


def test_names_are_quoted_whatever_is_in_them() -> None:
    shape = Shape((Column("day", "DATE"), Column("a`b\\", "INTEGER")), "day")
    question = ask("`t`", shape, resolve(KpiTable("d.t"), shape, None), None)
    assert question is not None
    assert "CAST(`a\\`b\\\\` AS FLOAT64)" in question.sql
