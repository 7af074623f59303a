"""Rows streamed into BigQuery's tables, each with an insert id, so that a repeat adds nothing.

BigQuery forgets insert ids after a minute or so. Whatever reads the tables therefore keeps one row per
key by itself; the ids only keep quick repeats out.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.api_core.exceptions import BadRequest, GoogleAPICallError

from shared.errors import ConfigError, SekishoError, StorageUnavailable
from shared.gcp.bigquery import bigquery
from shared.gcp.failures import reason_of, translated
from shared.gcp.loads import LoadRefused, load_rows

ROWS_A_REQUEST = 500
BYTES_A_REQUEST = 8_000_000
"""BigQuery takes at most 10 MB a request."""
PATIENCE_SECONDS = 60.0
"""How long one request is tried, again and again, before the caller is told that BigQuery is unavailable."""
PASSING_REASONS = frozenset({"backendError", "internalError", "rateLimitExceeded", "timeout", "stopped"})
NO_SUCH_COLUMN, MISSING_COLUMN = "no such field", "Missing required field: "
"""How BigQuery begins to say that code and table disagree: the message ends with the column, maybe behind a
name of BigQuery's own and a dot, or the location is it."""
TOO_LARGE = 413


@dataclass(frozen=True)
class Row:
    """One row as JSON takes it, and the id by which BigQuery recognises a repeat."""

    insert_id: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class RefusedRow:
    """A row BigQuery will never take: its place among the rows given, its insert id, what is wrong where."""

    index: int
    insert_id: str
    field: str
    reason: str


class RowsRefused(SekishoError):
    """Drop these rows: BigQuery will never take them. All the others are stored."""

    def __init__(self, table: str, refused: Sequence[RefusedRow]) -> None:
        first = refused[0]
        more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        super().__init__(
            f"{table}: expected rows the table takes, came row {first.index} ({first.insert_id}), "
            f"field {first.field or '?'}: {first.reason}{more}"
        )
        self.refused = tuple(refused)


@dataclass(frozen=True)
class _Numbered:
    index: int
    row: Row
    size: int


def append_rows(client: bigquery.Client, table: str, rows: Iterable[Row]) -> None:
    """Adds `rows` to `table` (project.dataset.table).

    A row too large to stream goes in by a load job of its own. Raises RowsRefused, once everything else
    is stored, for rows BigQuery will never take; StorageUnavailable where repeating all of it may work;
    ConfigError where the table lacks a column of ours, or requires one that we don't have.
    """
    refused: list[RefusedRow] = []
    for batch in _batches(rows):
        if batch[0].size > BYTES_A_REQUEST:
            refused += _load(client, table, batch[0])
        else:
            refused += _insert(client, table, batch)
    if refused:
        raise RowsRefused(table, refused)


def _batches(rows: Iterable[Row]) -> Iterator[list[_Numbered]]:
    """`rows` in requests' worth. A row that is too large for one stands alone."""
    batch: list[_Numbered] = []
    size = 0
    for index, row in enumerate(rows):
        item = _Numbered(index, row, len(json.dumps(row.values)) + len(row.insert_id) + 40)
        if batch and (len(batch) == ROWS_A_REQUEST or size + item.size > BYTES_A_REQUEST):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += item.size
    if batch:
        yield batch


def _insert(client: bigquery.Client, table: str, batch: list[_Numbered]) -> list[RefusedRow]:
    """Streams one request. Where BigQuery refuses the request as a whole, finds the row by halving it."""
    try:
        with translated(table):
            errors = client.insert_rows_json(
                table,
                [item.row.values for item in batch],
                row_ids=[item.row.insert_id for item in batch],
                skip_invalid_rows=True,
                retry=bigquery.DEFAULT_RETRY.with_timeout(PATIENCE_SECONDS),
                timeout=PATIENCE_SECONDS,
            )
    except GoogleAPICallError as error:
        if not isinstance(error, BadRequest) and error.code != TOO_LARGE:
            raise
        if len(batch) > 1:
            middle = len(batch) // 2
            return _insert(client, table, batch[:middle]) + _insert(client, table, batch[middle:])
        # The answer to a request as a whole quotes the request, that is a post: only its kind is told.
        return [
            RefusedRow(batch[0].index, batch[0].row.insert_id, "", f"HTTP {error.code} {reason_of(error)}")
        ]
    return [_judge_error(table, batch[error["index"]], error["errors"]) for error in errors]


def _judge_error(table: str, item: _Numbered, problems: Sequence[Mapping[str, Any]]) -> RefusedRow:
    """The row as refused, unless what is wrong will pass, or is the table."""
    column = missing_column(problems)
    if column is not None:
        raise ConfigError(
            f"{table}: expected the columns this code writes, came a table that differs in column {column}; "
            "bring it up to date"
        )
    first = problems[0] if problems else {}
    if first.get("reason") in PASSING_REASONS:
        raise StorageUnavailable(
            f"{table}: expected row {item.index} to be stored, came {first.get('reason')}"
        )
    field, reason = str(first.get("location") or ""), _without_value(str(first.get("message") or ""))
    return RefusedRow(item.index, item.row.insert_id, field, reason)


def missing_column(problems: Iterable[Mapping[str, Any]]) -> str | None:
    """The column that code and table disagree about by BigQuery's `problems` with a row, None where none.

    Such a row is right: it is taken as soon as the table is what the code was written for.
    """
    for problem in problems:
        message = str(problem.get("message") or "")
        if message.startswith((NO_SUCH_COLUMN, MISSING_COLUMN)):
            named = message.partition(": ")[2].rstrip(".").rpartition(".")[2]
            return str(problem.get("location") or named or "?")
    return None


def _load(client: bigquery.Client, table: str, item: _Numbered) -> list[RefusedRow]:
    try:
        load_rows(client, table, [item.row.values], item.row.insert_id)
    except LoadRefused as error:
        return [RefusedRow(item.index, item.row.insert_id, "", str(error))]
    return []


def _without_value(message: str) -> str:
    """BigQuery's message up to where it repeats the value: that may be the text of a post."""
    return message.partition("(bad value)")[0].strip()[:200]
