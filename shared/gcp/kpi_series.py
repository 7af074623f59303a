"""KPI tables as BigQuery holds them: their columns, and their history by one query."""

import json
import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from google.api_core.exceptions import BadRequest, NotFound

from shared.errors import ConfigError, StorageUnavailable, TableMissing
from shared.gcp.bigquery import bigquery
from shared.gcp.failures import describe, translated
from shared.gcp.kpi_query import FIRST_CELL, Question, ask, quoted
from shared.gcp.queries import PATIENCE_SECONDS, midnight, read_rows
from shared.kpi.arrival.duplicates import COUNTED_DAYS
from shared.kpi.history import MOST_SEGMENTS, Cell, Column, DayRows, History, Shape, segment_of
from shared.kpi.series import WHOLE
from shared.kpi.tables import KpiTable, Watched

EPOCH = date(1970, 1, 1)
RECENT_DAYS = 28
"""Segments without a row in so many days are not read, and the others ranked by their rows of as many."""
SETTLED_DAYS = 8
"""But those that ended so many days ago: one that vanishes is serious for a week and must be read so long."""
USUAL_NAMES = {
    "INT64": "INTEGER",
    "FLOAT64": "FLOAT",
    "DECIMAL": "NUMERIC",
    "BIGDECIMAL": "BIGNUMERIC",
    "BOOL": "BOOLEAN",
    "STRUCT": "RECORD",
}


def read_shape(client: bigquery.Client, table: str) -> tuple[tuple[Column, ...], str | None]:
    """The columns of a table or view in their order, and its partition column.

    A repeated column is of type REPEATED. A view has no partition column, nor a table partitioned by
    the time rows came in. Raises TableMissing; ConfigError where it may not be looked at;
    StorageUnavailable.
    """
    with translated(table):
        try:
            found = client.get_table(
                _reference(client, table),
                retry=bigquery.DEFAULT_RETRY.with_timeout(PATIENCE_SECONDS),
                timeout=PATIENCE_SECONDS,
            )
        except NotFound as error:
            raise TableMissing(f"{table}: expected a table or view, came {describe(error)}") from error
    columns = tuple(Column(field.name, _type_of(field)) for field in found.schema)
    return columns, found.time_partitioning.field if found.time_partitioning else None


def names_beside(client: bigquery.Client, table: str) -> tuple[str, list[str]]:
    """The part of `table`'s name that fits nothing, its own or its dataset's, and what there is in its place.

    For a person who misspelt it: where nothing may be listed there is nothing to offer.
    """
    reference = _reference(client, table)
    try:
        with translated(table):
            try:
                dataset = bigquery.DatasetReference(reference.project, reference.dataset_id)
                tables = client.list_tables(dataset, timeout=PATIENCE_SECONDS)
                return reference.table_id, [each.table_id for each in tables]
            except NotFound:
                datasets = client.list_datasets(reference.project, timeout=PATIENCE_SECONDS)
                return reference.dataset_id, [each.dataset_id for each in datasets]
    except (ConfigError, StorageUnavailable):
        return reference.table_id, []


def read_history(
    client: bigquery.Client,
    table: KpiTable,
    watched: Watched,
    shape: Shape,
    day: date,
    *,
    partition: str | None = None,
    maximum_bytes_billed: int | None = None,
) -> History:
    """What `table` holds of the `history_days` days before `day` and of `day`.

    `shape` is of now, `watched` of what the table should have: columns that are no numbers (any more) are
    not read, and where no column says the day nothing is. Days begin at midnight of the table's time
    zone. Raises ConfigError where the query is refused, as beyond `maximum_bytes_billed`;
    StorageUnavailable.
    """
    reference = _reference(client, table.table)
    name = f"{reference.project}.{reference.dataset_id}.{reference.table_id}"
    question = ask(quoted(name), shape, watched, partition)
    if question is None:
        return History(shape, day, {})
    start, end = day - timedelta(days=table.history_days), day + timedelta(days=1)
    try:
        rows = read_rows(
            client,
            reference.dataset_id,
            question.sql,
            maximum_bytes_billed=maximum_bytes_billed,
            start_day=start,
            end_day=end,
            start=midnight(start, table.time_zone),
            end=midnight(end, table.time_zone),
            zone=table.time_zone.key,
            recent=day - timedelta(days=RECENT_DAYS),
            settled_since=day - timedelta(days=RECENT_DAYS + SETTLED_DAYS),
            settled=day - timedelta(days=SETTLED_DAYS),
            keys_since=day - timedelta(days=COUNTED_DAYS),
            most_segments=MOST_SEGMENTS,
        )
        is_clock = shape.type_of(watched.date_column) == "DATETIME"
        return _history(rows, question, shape, day, table.time_zone if is_clock else UTC)
    except BadRequest as error:
        raise ConfigError(f"{name}: expected to read its history, came {describe(error)}") from error


def _reference(client: bigquery.Client, table: str) -> bigquery.TableReference:
    """`table` is dataset.table or project.dataset.table; a project may have dots of its own."""
    rest, _, name = table.rpartition(".")
    project, _, dataset = rest.rpartition(".")
    if not dataset or not name:
        raise ConfigError(f"table: expected dataset.table or project.dataset.table, came {table!r}")
    return bigquery.DatasetReference(project or client.project, dataset).table(name)


def _type_of(field: bigquery.SchemaField) -> str:
    if field.mode == "REPEATED":
        return "REPEATED"
    return USUAL_NAMES.get(field.field_type, field.field_type)


def _history(
    rows: Iterator[bigquery.Row], question: Question, shape: Shape, day: date, zone: tzinfo
) -> History:
    """The history in an answer; `zone` is whose clock the newest instants were read from."""
    days: dict[date, DayRows] = {}
    of_segments: dict[str, dict[date, DayRows]] = {}
    cells: dict[str, dict[str, dict[date, Cell]]] = {}
    places = 0
    for row in rows:
        if row["days"] is None:
            continue  # nothing at all
        places = row["places"]
        segment = _segment(row, question)
        counted = days if segment == WHOLE else of_segments.setdefault(segment, {})
        of_segment: dict[str, dict[date, Cell]] = {name: {} for name in question.cells}
        for numbers in json.loads(f"[{row['days']}]"):
            of_day = EPOCH + timedelta(days=numbers[0])
            counted[of_day] = _day_rows(*numbers[1:FIRST_CELL], zone=zone)
            for name, place in question.cells.items():
                of_segment[name][of_day] = _cell(*numbers[place : place + 4])
        cells[segment] = of_segment
    return History(shape, day, days, cells, max(0, places - MOST_SEGMENTS), of_segments)


def _day_rows(rows: float, duplicates: float, microseconds: float | None, *, zone: tzinfo) -> DayRows:
    if microseconds is None:
        return DayRows(int(rows), int(duplicates))
    clock = datetime.combine(EPOCH, time()) + timedelta(microseconds=microseconds)
    return DayRows(int(rows), int(duplicates), clock.replace(tzinfo=zone).astimezone(UTC))


def _cell(total: Any, filled: Any, low: Any, high: Any) -> Cell:
    return Cell(_finite(total), int(filled), _finite(low), _finite(high))


def _finite(value: Any) -> float | None:
    """A number of the answer; an infinite one, which JSON spells as text, is none."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _segment(row: bigquery.Row, question: Question) -> str:
    if row["is_whole"]:
        return WHOLE
    return segment_of({name: row[alias] for name, alias in question.segments.items()})
