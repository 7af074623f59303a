"""The table checks table: where every day of every watched table stands, and the shape the table had."""

import json
import math
from collections import Counter
from datetime import UTC, date, timedelta
from typing import Any

from shared.gcp.bigquery import bigquery
from shared.gcp.queries import read_rows
from shared.gcp.rows import Row, append_rows
from shared.keys import key_of
from shared.kpi.arrival.findings import Finding, FindingKind
from shared.kpi.checks import CheckState, EarlierChecks, Kept, TableCheck
from shared.kpi.due import DayState
from shared.kpi.history import Column, Shape

LONGEST_ERROR = 5_000
SHAPES_DAYS = 60
"""How far from a day shapes are read that it is compared with."""

LATEST = """
SELECT table_name, day, state, checked_at
FROM table_checks
WHERE day BETWEEN @first AND @last
QUALIFY ROW_NUMBER() OVER (PARTITION BY table_name, day ORDER BY checked_at DESC, check_id DESC) = 1
"""

# Of each day the newest check tells where it stands. One that failed saw no shape: the newest that saw one
# tells that, of days nearby. What is kept of the past the newest check of all tells that looked at it.
EARLIER = """
WITH checks AS (
  SELECT
    day, state, checked_at, check_id,
    IF(shape IS NOT NULL AND day BETWEEN @shapes_from AND @shapes_to, TO_JSON_STRING(shape), NULL)
      AS shape_text,
    IF(kept IS NOT NULL, TO_JSON_STRING(kept), NULL) AS kept_text
  FROM table_checks
  WHERE table_name = @table AND day >= @first
),
spread AS (
  SELECT
    day, state, checked_at, check_id,
    LAST_VALUE(shape_text IGNORE NULLS) OVER (
      PARTITION BY day ORDER BY checked_at, check_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS shape_text,
    IF(checked_at = MAX(IF(kept_text IS NULL, NULL, checked_at)) OVER (), kept_text, NULL) AS kept_text
  FROM checks
)
SELECT
  day, shape_text,
  MAX(kept_text) OVER (PARTITION BY day) AS kept_text,
  state
FROM spread
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY day ORDER BY checked_at DESC, check_id DESC) = 1
ORDER BY day
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

    def earlier(self, table: str, first: date, day: date) -> EarlierChecks:
        """What checks left of the days of `table` from `first` on; shapes only of the 60 around `day`."""
        around = timedelta(days=SHAPES_DAYS)
        found = list(
            read_rows(
                *(self._client, self._dataset, EARLIER),
                table=table, first=min(first, day - around), shapes_from=day - around, shapes_to=day + around,
            )
        )  # fmt: skip
        return EarlierChecks(
            states={row["day"]: CheckState(row["state"]) for row in found},
            shapes={
                row["day"]: _shape_of(json.loads(row["shape_text"])) for row in found if row["shape_text"]
            },
            kept=next((_kept_of(json.loads(row["kept_text"])) for row in found if row["kept_text"]), {}),
        )


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


def _kept_of(stored: Any) -> dict[str, Kept]:
    return {kpi: Kept(each["made_of"], date.fromisoformat(each["until"])) for kpi, each in stored.items()}


def _values(check: TableCheck, check_id: str, seconds: float) -> dict[str, Any]:
    shape = check.shape and {
        "columns": [{"name": column.name, "type": column.type} for column in check.shape.columns],
        "date_column": check.shape.date_column,
    }
    kept = {
        kpi: {"made_of": each.made_of, "until": each.until.isoformat()} for kpi, each in check.kept.items()
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
        "kept": _json(kept) if kept else None,
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
