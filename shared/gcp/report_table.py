"""The model reports table: what every training run learnt, and whether it came to serve."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from shared.gcp.bigquery import bigquery
from shared.gcp.rows import Row, append_rows


class ReportTable:
    """What is stored of training runs."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._table = f"{client.project}.{dataset}.model_reports"

    def append(self, report: Mapping[str, Any]) -> None:
        """Stores one report, named by its `report_id`. Its keys are columns; `figures` is any JSON value.

        Raises RowsRefused naming the column that can't be stored.
        """
        values = {name: _as_json(name, value) for name, value in report.items()}
        append_rows(self._client, self._table, [Row(str(report["report_id"]), values)])


def _as_json(name: str, value: Any) -> Any:
    if name == "figures":
        return json.dumps(value, ensure_ascii=False, allow_nan=False)  # a JSON column takes its value as text
    return value.isoformat() if isinstance(value, date) else value  # a datetime is a date too
