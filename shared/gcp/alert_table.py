"""The alerts table: every step of every alert, recorded before and after it is sent."""

from datetime import UTC, date, timedelta
from typing import Any

from shared.gcp.bigquery import bigquery
from shared.gcp.queries import read_rows
from shared.gcp.rows import Row, append_rows
from shared.keys import key_of
from shared.kpi.incidents import (
    PENDING,
    Alert,
    AlertKind,
    AlertState,
    Incident,
    in_thread,
    open_incidents,
)

LONGEST_INCIDENT_DAYS = 90
"""How far back incidents are looked for: one that nobody was told of for so long is no longer going on."""

# Every step of an alert is of one day, so a filter on the day leaves out whole alerts, never steps.
BETWEEN = """
SELECT
  alert_id, table_name, day, kind, state, incident, turn, subjects, headline, channel, thread, detail,
  recorded_at
FROM alerts
WHERE day BETWEEN @first AND @last
QUALIFY ROW_NUMBER() OVER (PARTITION BY alert_id ORDER BY rank DESC, recorded_at DESC) = 1
ORDER BY day, turn, recorded_at, alert_id
"""
# The table is clustered by its name, but BigQuery leaves blocks out only where it is filtered by it.
OF_TABLE = BETWEEN.replace("WHERE", "WHERE table_name = @table AND")
PENDING_SINCE = """
SELECT
  alert_id, table_name, day, kind, state, incident, turn, subjects, headline, message, channel, thread,
  detail, recorded_at
FROM alerts
WHERE table_name = @table AND day >= @since
QUALIFY
  ROW_NUMBER() OVER (PARTITION BY alert_id ORDER BY rank DESC, recorded_at DESC) = 1
  AND state IN UNNEST(@pending)
ORDER BY day, turn, recorded_at, alert_id
"""
FAR_FUTURE = date(9999, 12, 31)


class AlertTable:
    """What is stored of alerts and summaries."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._dataset = dataset
        self._table = f"{client.project}.{dataset}.alerts"

    def append(self, alert: Alert, message_json: str) -> None:
        """Records a step of `alert`; one that is recorded already is harmless. Raises RowsRefused.

        A message that is too large to stream goes in by a load job.
        """
        made_at = alert.recorded_at.isoformat()
        step = key_of("step", alert.alert_id, alert.state.value, made_at)
        append_rows(self._client, self._table, [Row(step, _values(alert, message_json))])

    def recent(self, table: str, since: date) -> list[Alert]:
        """The table's alerts of the days from `since` on, each at its furthest, by day and turn."""
        found = read_rows(self._client, self._dataset, OF_TABLE, table=table, first=since, last=FAR_FUTURE)
        return [_alert_of(row) for row in found]

    def between(self, first: date, last: date) -> list[Alert]:
        """All tables' alerts of the days `first` to `last`, each at its furthest, by day and turn."""
        found = read_rows(self._client, self._dataset, BETWEEN, first=first, last=last)
        return [_alert_of(row) for row in found]

    def unsent(self, table: str, since: date) -> list[tuple[Alert, str]]:
        """The table's alerts of days from `since` on that are not known to have arrived, with their messages.

        By day and turn, so that an incident's first message goes before its replies, which are given its
        thread where that is known by now. Among them are those being sent at this moment: claim each first.
        """
        pending = [state.value for state in PENDING]
        found = read_rows(
            self._client, self._dataset, PENDING_SINCE, table=table, since=since, pending=pending
        )
        waiting = [(_alert_of(row), str(row["message"])) for row in found]
        homeless = [alert for alert, _ in waiting if alert.is_reply and not alert.thread]
        if not homeless:
            return waiting
        told = self.recent(table, min(alert.incident for alert in homeless))
        return [(in_thread(alert, told), message) for alert, message in waiting]

    def open_incidents(self, day: date) -> list[Incident]:
        """The incidents going on as of `day`, the oldest first."""
        return open_incidents(self.between(day - timedelta(days=LONGEST_INCIDENT_DAYS), day))


def _alert_of(row: Any) -> Alert:
    return Alert(
        alert_id=row["alert_id"],
        table=row["table_name"],
        day=row["day"],
        kind=AlertKind(row["kind"]),
        state=AlertState(row["state"]),
        incident=row["incident"],
        subjects=frozenset(row["subjects"]),
        headline=row["headline"],
        channel=row["channel"] or "",
        thread=row["thread"] or "",
        recorded_at=row["recorded_at"].astimezone(UTC),
        detail=row["detail"] or "",
        turn=row["turn"],
    )


def _values(alert: Alert, message_json: str) -> dict[str, Any]:
    return {
        "alert_id": alert.alert_id,
        "table_name": alert.table,
        "day": alert.day.isoformat(),
        "kind": alert.kind.value,
        "state": alert.state.value,
        "rank": alert.state.rank,
        "incident": alert.incident.isoformat(),
        "turn": alert.turn,
        "subjects": sorted(alert.subjects),
        "headline": alert.headline,
        "message": message_json,
        "channel": alert.channel,
        "thread": alert.thread,
        "detail": alert.detail,
        "recorded_at": alert.recorded_at.isoformat(),
    }
