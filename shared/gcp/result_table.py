"""The KPI results table: what was thought of every KPI's observation."""

import math
from datetime import UTC, date
from typing import Any

from google.cloud import bigquery

from shared.gcp.queries import read_rows
from shared.gcp.rows import Row, append_rows
from shared.keys import key_of
from shared.kpi.checks import TableCheck
from shared.kpi.judgement import Judgement, Status
from shared.kpi.results import KpiResult

# The rows of the newest check that judged anything: a KPI that a new configuration no longer watches is gone.
BETWEEN = """
SELECT
  table_name, day, kpi, segment, status, value, volume, expected, lower, upper, score, direction, since,
  detector, note, checked_at, check_id
FROM kpi_results
WHERE day BETWEEN @first AND @last
QUALIFY
  check_id = FIRST_VALUE(check_id) OVER (PARTITION BY table_name, day ORDER BY checked_at DESC, check_id DESC)
  AND ROW_NUMBER() OVER (PARTITION BY table_name, day, kpi, segment, check_id ORDER BY checked_at DESC) = 1
ORDER BY table_name, day, kpi, segment
"""


class ResultTable:
    """What is stored of judgements."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._dataset = dataset
        self._table = f"{client.project}.{dataset}.kpi_results"

    def append(self, check: TableCheck, check_id: str) -> None:
        """Stores the judgements of `check`; those there already are harmless. Raises RowsRefused."""
        rows = (_row(each, check, check_id) for each in check.judgements)
        append_rows(self._client, self._table, rows)

    def results_between(self, first: date, last: date) -> list[KpiResult]:
        """The results of the days `first` to `last`, of every table, KPI and segment the newest.

        In order of table, day, KPI and segment.
        """
        found = read_rows(self._client, self._dataset, BETWEEN, first=first, last=last)
        return [_result_of(row) for row in found]


def _row(judgement: Judgement, check: TableCheck, check_id: str) -> Row:
    result_id = key_of(
        "result", check_id, check.table, check.day.isoformat(), judgement.kpi, judgement.segment
    )
    values = {
        "result_id": result_id,
        "table_name": check.table,
        "day": check.day.isoformat(),
        "kpi": judgement.kpi,
        "segment": judgement.segment,
        "status": judgement.status.value,
        "value": _number(judgement.value),
        "volume": _number(judgement.volume),
        "expected": _number(judgement.expected),
        "lower": _number(judgement.lower),
        "upper": _number(judgement.upper),
        "score": _number(judgement.score) or 0.0,
        "direction": judgement.direction,
        "since": judgement.since.isoformat() if judgement.since else None,
        "detector": judgement.detector,
        "note": judgement.note,
        "checked_at": check.checked_at.isoformat(),
        "check_id": check_id,
    }
    return Row(result_id, values)


def _number(value: float | None) -> float | None:
    """`value` as a plain float; JSON has no NaN nor infinity, and nobody was told one."""
    return float(value) if value is not None and math.isfinite(value) else None


def _result_of(row: Any) -> KpiResult:
    return KpiResult(
        table=row["table_name"],
        day=row["day"],
        kpi=row["kpi"],
        segment=row["segment"],
        status=Status(row["status"]),
        value=row["value"],
        volume=row["volume"],
        expected=row["expected"],
        lower=row["lower"],
        upper=row["upper"],
        score=row["score"],
        direction=row["direction"] or "",
        since=row["since"],
        detector=row["detector"] or "",
        note=row["note"] or "",
        checked_at=row["checked_at"].astimezone(UTC),
        check_id=row["check_id"],
    )
