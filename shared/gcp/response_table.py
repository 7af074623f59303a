"""The alert responses table: what people did about alerts."""

from datetime import UTC, date, timedelta
from typing import Any

from shared.gcp.bigquery import bigquery
from shared.gcp.queries import read_rows
from shared.gcp.rows import Row, append_rows
from shared.keys import key_of
from shared.kpi.responses import LONGEST_DAYS, Branch, Response

# A response is about at most LONGEST_DAYS, so that those about a day begin in few partitions.
OVERLAPPING = """
SELECT table_name, first_day, last_day, kpi, branch, note, responder, responded_at
FROM alert_responses
WHERE table_name = @table AND first_day BETWEEN @earliest AND @last AND last_day >= @first
ORDER BY responded_at, response_id
"""


class ResponseTable:
    """What is stored of people's responses."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._dataset = dataset
        self._table = f"{client.project}.{dataset}.alert_responses"

    def append(self, response: Response) -> None:
        """Stores `response`; one that is there already is harmless. Raises RowsRefused."""
        values = _values(response)
        response_id = key_of("response", *(str(value) for value in values.values()))
        append_rows(self._client, self._table, [Row(response_id, {"response_id": response_id, **values})])

    def responses(self, table: str, first: date, last: date) -> list[Response]:
        """The responses about any of the days `first` to `last` of `table`, the oldest answer first."""
        earliest = first - timedelta(days=LONGEST_DAYS)
        found = read_rows(
            self._client, self._dataset, OVERLAPPING, table=table, earliest=earliest, first=first, last=last
        )
        return [_response_of(row) for row in found]


def _response_of(row: Any) -> Response:
    return Response(
        table=row["table_name"],
        first=row["first_day"],
        last=row["last_day"],
        kpi=row["kpi"],
        branch=Branch(row["branch"]),
        note=row["note"] or "",
        responder=row["responder"] or "",
        responded_at=row["responded_at"].astimezone(UTC),
    )


def _values(response: Response) -> dict[str, str]:
    return {
        "table_name": response.table,
        "first_day": response.first.isoformat(),
        "last_day": response.last.isoformat(),
        "kpi": response.kpi,
        "branch": response.branch.value,
        "note": response.note,
        "responder": response.responder,
        "responded_at": response.responded_at.isoformat(),
    }
