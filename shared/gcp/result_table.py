"""The KPI results table: what was thought of every KPI's observation, and what was seen of days before."""

import math
from typing import Any

from shared.gcp.bigquery import bigquery
from shared.gcp.loads import load_rows
from shared.gcp.rows import Row, append_rows
from shared.keys import key_of
from shared.kpi.checks import TableCheck
from shared.kpi.judgement import Judgement


class ResultTable:
    """What is stored of judgements. It is read as kpi_results_latest and summary_source.py do."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._table = f"{client.project}.{dataset}.kpi_results"

    def append(self, check: TableCheck, check_id: str) -> None:
        """Stores the judgements of `check`; those there already are harmless. Raises RowsRefused."""
        rows = (_row(each, check, check_id) for each in check.judgements)
        append_rows(self._client, self._table, rows)

    def keep_past(self, check: TableCheck, check_id: str) -> None:
        """Stores what `check` saw of days before its own that nobody checked: by one load job, once.

        A check that is repeated before it was recorded finds the same kept before and is the same job; a
        definition that is changed and changed back is another. Nothing to store is no job. Raises
        LoadRefused, StorageUnavailable, ConfigError.
        """
        if not check.past:
            return
        steps = sorted(_step(kpi, check) for kpi in {each.kpi for each in check.past})
        name = key_of("past", self._table, check.table, check.day.isoformat(), *steps)
        rows = (
            {name: value for name, value in _row(each, check, check_id).values.items() if value is not None}
            for each in check.past
        )
        load_rows(self._client, self._table, rows, f"past-{name}")


def _step(kpi: str, check: TableCheck) -> str:
    before = check.kept_before.get(kpi)
    return f"{kpi} = {check.kept[kpi].made_of}" + (f", after {before}" if before else "")


def _row(judgement: Judgement, check: TableCheck, check_id: str) -> Row:
    day = judgement.day.isoformat()
    result_id = key_of("result", check_id, check.table, day, judgement.kpi, judgement.segment)
    values: dict[str, Any] = {
        "result_id": result_id,
        "table_name": check.table,
        "day": day,
        "kpi": judgement.kpi,
        "segment": judgement.segment,
        "status": judgement.status.value,
        "value": _number(judgement.value),
        "volume": _number(judgement.volume),
        "made_of": check.made_of.get(judgement.kpi),
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
