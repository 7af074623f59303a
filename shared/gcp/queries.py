"""Questions to BigQuery: SQL with parameters in, rows out, a page at a time."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from shared.gcp.bigquery import bigquery
from shared.gcp.failures import translated

PATIENCE_SECONDS = 120.0
"""How long one request is tried, again and again, before the caller is told that BigQuery is unavailable."""
LONGEST_QUERY_SECONDS = 300.0
ROWS_A_PAGE = 10_000
"""Rows per answer of BigQuery, which also keeps every answer under some 10 MB by itself."""

Value = str | bool | int | float | datetime | date | Sequence[str]


def read_rows(
    client: bigquery.Client,
    dataset: str,
    sql: str,
    *,
    maximum_bytes_billed: int | None = None,
    **parameters: Value,
) -> Iterator[bigquery.Row]:
    """The rows `sql` gives, read as they are asked for. Tables in it are named without their dataset.

    Plain rows over REST: no data frame and no Storage Read API, which would need libraries of their own.
    BigQuery refuses a query that would read more than `maximum_bytes_billed` (BadRequest) and bills nothing.
    Raises StorageUnavailable, or ConfigError where a table is missing; a mistake in `sql` goes through.
    """
    where = f"{client.project}.{dataset}"
    config = bigquery.QueryJobConfig(
        default_dataset=where,
        query_parameters=[_parameter(name, value) for name, value in parameters.items()],
    )
    if maximum_bytes_billed is not None:
        config.maximum_bytes_billed = maximum_bytes_billed
    with translated(f"query on {where}"):
        found = client.query_and_wait(
            sql,
            job_config=config,
            retry=bigquery.DEFAULT_RETRY.with_timeout(PATIENCE_SECONDS),
            job_retry=bigquery.retry.DEFAULT_JOB_RETRY.with_timeout(PATIENCE_SECONDS),
            api_timeout=PATIENCE_SECONDS,
            wait_timeout=LONGEST_QUERY_SECONDS,
            page_size=ROWS_A_PAGE,
        )
        yield from found


def read_row(client: bigquery.Client, dataset: str, sql: str, **parameters: Value) -> bigquery.Row | None:
    """The first row `sql` gives, or None."""
    return next(read_rows(client, dataset, sql, maximum_bytes_billed=None, **parameters), None)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant `day` begins in `zone`."""
    return datetime.combine(day, time(), tzinfo=zone)


def _parameter(name: str, value: Value) -> bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter:
    if isinstance(value, str | bool | int | float | date):
        return bigquery.ScalarQueryParameter(name, _type_of(value), value)
    return bigquery.ArrayQueryParameter(name, "STRING", list(value))


def _type_of(value: str | bool | int | float | datetime | date) -> str:
    match value:
        case bool():  # before int: a bool is one
            return "BOOL"
        case int():
            return "INT64"
        case float():
            return "FLOAT64"
        case datetime():  # before date: a datetime is one
            return "TIMESTAMP"
        case date():
            return "DATE"
        case str():
            return "STRING"
