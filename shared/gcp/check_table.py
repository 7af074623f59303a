"""The table checks table: where every day of every watched table stands, and the shape the table had."""

import json
import math
from collections import Counter
from datetime import UTC, date, timedelta
from typing import Any

from google.cloud import bigquery

from shared.gcp.queries import read_rows
from shared.gcp.response_table import ResponseTable
from shared.gcp.rows import Row, append_rows
from shared.keys import key_of
from shared.kpi.arrival.findings import Finding, FindingKind
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.due import DayState
from shared.kpi.history import Column, Shape
from shared.kpi.shapes import shape_to_compare

LONGEST_ERROR = 5_000
SHAPES_DAYS = 60
"""How far from a day shapes are looked for that it is compared with."""

LATEST = """
SELECT table_name, day, state, checked_at
FROM table_checks
WHERE day BETWEEN @first AND @last
QUALIFY ROW_NUMBER() OVER (PARTITION BY table_name, day ORDER BY checked_at DESC, check_id DESC) = 1
"""

# A check that failed saw no shape: the newest that saw one tells it.
SHAPES = """
SELECT day, TO_JSON_STRING(shape) AS shape_text
FROM table_checks
WHERE table_name = @table AND day BETWEEN @first AND @last AND shape IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY day ORDER BY checked_at DESC, check_id DESC) = 1
"""

STATES_OF_TABLE = """
SELECT day, state
FROM table_checks
WHERE table_name = @table AND day BETWEEN @first AND @last
QUALIFY ROW_NUMBER() OVER (PARTITION BY day ORDER BY checked_at DESC, check_id DESC) = 1
"""


class CheckTable:
    """What is stored of checks."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._dataset = dataset
        self._table = f"{client.project}.{dataset}.table_checks"

    def append(self, check: TableCheck, check_id: str, seconds: float) -> None:
        """Stores `check`, which took `seconds`; one that is there already is harmless. Raises RowsRefused."""
        row = Row(
            key_of("check", check_id, check.table, check.day.isoformat()), _values(check, check_id, seconds)
        )
        append_rows(self._client, self._table, [row])

    def latest(self, first: date, last: date) -> dict[tuple[str, date], DayState]:
        """Where the days `first` to `last` of all tables stand, by table and day; absent: never checked."""
        found = read_rows(self._client, self._dataset, LATEST, first=first, last=last)
        return {
            (row["table_name"], row["day"]): DayState(
                CheckState(row["state"]), row["checked_at"].astimezone(UTC)
            )
            for row in found
        }

    def previous_shape(self, table: str, day: date) -> Shape | None:
        """The shape a check of `day` compares with, by shape_to_compare; None where there is none yet."""
        first, last = day - timedelta(days=SHAPES_DAYS), day + timedelta(days=SHAPES_DAYS)
        found = read_rows(self._client, self._dataset, SHAPES, table=table, first=first, last=last)
        seen = {row["day"]: _shape_of(json.loads(row["shape_text"])) for row in found}
        if not seen:
            return None
        responses = ResponseTable(self._client, self._dataset).responses(table, first, last)
        return shape_to_compare(seen, responses, day)

    def broken_days(self, table: str, first: date, last: date) -> frozenset[date]:
        """The days from `first` to `last` that stand as missing or broken: they never train a band."""
        found = read_rows(self._client, self._dataset, STATES_OF_TABLE, table=table, first=first, last=last)
        wrong = {CheckState.MISSING, CheckState.BROKEN}
        return frozenset(row["day"] for row in found if CheckState(row["state"]) in wrong)


def findings_of(text: str) -> tuple[Finding, ...]:
    """The findings that the table's column of that name holds, given as JSON text."""
    return tuple(
        Finding(
            kind=FindingKind(each["kind"]),
            column=each["column"],
            facts=each["facts"],
            mutes=frozenset(each["mutes"]),
            is_serious=each["is_serious"],
        )
        for each in json.loads(text)
    )


def _shape_of(stored: Any) -> Shape:
    columns = tuple(Column(each["name"], each["type"]) for each in stored["columns"])
    return Shape(columns, stored["date_column"])


def _values(check: TableCheck, check_id: str, seconds: float) -> dict[str, Any]:
    shape = check.shape and {
        "columns": [{"name": column.name, "type": column.type} for column in check.shape.columns],
        "date_column": check.shape.date_column,
    }
    findings = [
        {
            "kind": finding.kind.value,
            "column": finding.column,
            "facts": {name: _fact(value) for name, value in finding.facts.items()},
            "mutes": sorted(finding.mutes),
            "is_serious": finding.is_serious,
        }
        for finding in check.arrival.findings
    ]
    return {
        "check_id": check_id,
        "table_name": check.table,
        "day": check.day.isoformat(),
        "state": check.state.value,
        "row_count": int(check.rows),
        "findings": _json(findings),  # a JSON column takes its value as text
        "shape": _json(shape) if shape else None,
        "kpis": _json(Counter(judgement.status.value for judgement in check.judgements)),
        "error": check.error[:LONGEST_ERROR],
        "notes": list(check.notes),
        "seconds": round(seconds, 3),
        "checked_at": check.checked_at.isoformat(),
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _fact(value: str | int | float) -> str | int | float:
    """A fact as JSON takes it: what is no finite number as words, a number of numpy's as a plain one."""
    if isinstance(value, str | int):
        return value
    return float(value) if math.isfinite(value) else str(float(value))
