"""The sample KPI tables in BigQuery: made, filled by load jobs, and built again with another shape."""

import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from google.cloud import bigquery

from infra.local.sample.kpis.rows import Row, SampleTable
from shared.gcp.failures import translated
from shared.gcp.loads import load_rows

AT_ONCE = 4


def load_sample_tables(client: bigquery.Client, tables: Mapping[str, SampleTable]) -> Mapping[str, int]:
    """Makes every table anew in the client's project, its dataset where there is none; rows by table.

    A table of that name is replaced, whatever it was. Raises StorageUnavailable, ConfigError, LoadRefused.
    """
    for dataset in sorted({name.partition(".")[0] for name in tables}):
        with translated(f"dataset {client.project}.{dataset}"):
            client.create_dataset(dataset, exists_ok=True)
    with ThreadPoolExecutor(AT_ONCE) as loads:
        for _ in loads.map(lambda table: rebuild_table(client, table), tables.values()):
            pass
    return {name: len(table.rows) for name, table in tables.items()}


def rebuild_table(client: bigquery.Client, table: SampleTable) -> None:
    """Drops the table of that name and builds it as `table` says: its columns, partitions and rows."""
    name = f"{client.project}.{table.name}"
    wanted = bigquery.Table(name, [bigquery.SchemaField(each.name, each.type) for each in table.columns])
    wanted.time_partitioning = bigquery.TimePartitioning(field=table.partition_column)
    with translated(name):
        client.delete_table(name, not_found_ok=True)
        client.create_table(wanted)
    # A job of its own each time: the table it would repeat is gone.
    load_rows(client, name, map(_as_json, table.rows), f"sample-{uuid.uuid4().hex}")


def _as_json(row: Row) -> dict[str, object]:
    return {
        name: value if isinstance(value, str | int | float) else value.isoformat()
        for name, value in row.items()
    }
