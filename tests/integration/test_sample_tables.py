"""The sample KPI tables, loaded into the BigQuery emulator and built again with another shape."""

import uuid
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from google.cloud import bigquery

from infra.local.sample.kpis.incidents import retyped_to_text, without_column
from infra.local.sample.kpis.rows import SampleTable
from infra.local.sample.kpis.tables import sample_tables
from infra.local.sample_tables import load_sample_tables, rebuild_table
from shared.gcp.queries import read_rows

UNTIL = date(2024, 2, 29)


@pytest.fixture(scope="module")
def tables(bigquery_api: bigquery.Client) -> dict[str, SampleTable]:
    """Seven weeks of every sample table, loaded into datasets of this module's own."""
    suffix = uuid.uuid4().hex[:8]
    named = [
        replace(table, name=table.name.replace(".", f"_{suffix}.")) for table in sample_tables(UNTIL).values()
    ]
    found = {table.name: table for table in named}
    loaded = load_sample_tables(bigquery_api, found)
    assert loaded == {name: len(table.rows) for name, table in found.items()}
    return found


def stored(client: bigquery.Client, table: SampleTable) -> list[dict[str, object]]:
    dataset, name = table.name.split(".")
    return [dict(row) for row in read_rows(client, dataset, f"SELECT * FROM {name}")]  # noqa: S608


def in_order(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])


def as_stored(table: SampleTable) -> list[dict[str, object]]:
    exact = {column.name for column in table.columns if column.type == "NUMERIC"}
    return [
        {name: Decimal(str(value)) if name in exact else value for name, value in row.items()}
        for row in table.rows
    ]


def test_every_table_holds_what_was_drawn(
    bigquery_api: bigquery.Client, tables: dict[str, SampleTable]
) -> None:
    for table in tables.values():
        made = bigquery_api.get_table(f"{bigquery_api.project}.{table.name}")
        assert [(field.name, field.field_type) for field in made.schema] == [
            (column.name, column.type) for column in table.columns
        ]
        assert made.time_partitioning.field == "day"
        assert in_order(stored(bigquery_api, table)) == in_order(as_stored(table))


def test_a_table_is_built_again_in_another_shape_and_back(
    bigquery_api: bigquery.Client, tables: dict[str, SampleTable]
) -> None:
    whole = next(table for name, table in tables.items() if name.endswith("push_daily"))
    changed = retyped_to_text(without_column(whole, "opens"), "visits")
    for table in (changed, whole):
        rebuild_table(bigquery_api, table)
        made = bigquery_api.get_table(f"{bigquery_api.project}.{table.name}")
        assert [(field.name, field.field_type) for field in made.schema] == [
            (column.name, column.type) for column in table.columns
        ]
        assert in_order(stored(bigquery_api, table)) == in_order(as_stored(table))


def test_loading_twice_holds_every_row_once(
    bigquery_api: bigquery.Client, tables: dict[str, SampleTable]
) -> None:
    one = {name: table for name, table in tables.items() if name.endswith("mail_daily")}
    load_sample_tables(bigquery_api, one)
    (table,) = one.values()
    assert len(stored(bigquery_api, table)) == len(table.rows)
