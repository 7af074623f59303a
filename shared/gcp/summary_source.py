"""What is kept of checks, alerts and posts, read for a summary; the KPI tables are not read again."""

import math
from collections.abc import Iterator
from datetime import UTC, date, timedelta
from typing import Any

from shared.gcp.alert_table import LONGEST_INCIDENT_DAYS, AlertTable
from shared.gcp.bigquery import bigquery
from shared.gcp.check_table import findings_of
from shared.gcp.queries import read_row, read_rows
from shared.kpi.checks import CheckState
from shared.kpi.judgement import Status
from shared.kpi.summary.comparison import YEAR_DAYS, Figure, Span
from shared.kpi.summary.contents import DayCheck, Moderation, Records

HISTORY_DAYS = 100
"""Days before the period that are read: 14 weeks of changes, and 90 days for the sparklines."""

# As kpi_results_latest and its like, of the days in question only: the window of a view keeps a filter on the
# day from reaching the partitions. Two stretches of days: those up to the period, and those a year before.
# What was only seen of a day (history) stands in where no check of the day has the KPI as it is made now, on
# the newest day that was checked; a value that was made otherwise is none to compare with.
FIGURES = """
WITH defined AS (
  SELECT
    table_name, kpi, segment, day, status, value, volume, lower, upper, since, note, checked_at, check_id,
    made_of,
    LAST_VALUE(IF(status = 'history', NULL, made_of) IGNORE NULLS) OVER (
      PARTITION BY table_name, kpi ORDER BY day, checked_at, check_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS made_of_now
  FROM kpi_results
  WHERE day BETWEEN @since AND @until OR day BETWEEN @year_since AND @year_until
),
latest AS (
  SELECT table_name, kpi, segment, day, status, value, volume, lower, upper, since, note, made_of, made_of_now
  FROM defined
  WHERE TRUE
  QUALIFY
    (status = 'history' OR check_id = FIRST_VALUE(check_id) OVER (
      PARTITION BY table_name, day ORDER BY status = 'history', checked_at DESC, check_id DESC
    ))
    AND ROW_NUMBER() OVER (
      PARTITION BY table_name, day, kpi, segment
      ORDER BY
        IF(made_of = made_of_now OR status = 'muted', 0, 1),
        status = 'history', checked_at DESC, check_id DESC
    ) = 1
)
SELECT table_name, kpi, day, status, value, volume, lower, upper, since, note
FROM latest
WHERE segment = '' AND (COALESCE(made_of = made_of_now, TRUE) OR value IS NULL)
ORDER BY table_name, kpi, day
"""

SEGMENTS = """
WITH latest AS (
  SELECT table_name, kpi, segment, day, status
  FROM kpi_results
  WHERE day BETWEEN @since AND @until AND status != 'history'
  QUALIFY
    check_id = FIRST_VALUE(check_id) OVER (
      PARTITION BY table_name, day ORDER BY checked_at DESC, check_id DESC
    )
)
SELECT DISTINCT table_name, kpi, segment, day
FROM latest
WHERE segment != '' AND status IN UNNEST(@alarming)
ORDER BY table_name, kpi, segment, day
"""

# The newest check tells where a day stands, all of them together whether its rows were waited for: a day that
# was whole before somebody checked it again is not late.
CHECKS = """
WITH tries AS (
  SELECT
    table_name, day,
    MIN(IF(state IN UNNEST(@late), checked_at, NULL)) AS late_at,
    MIN(IF(state IN UNNEST(@arrived), checked_at, NULL)) AS settled_at
  FROM table_checks
  WHERE day BETWEEN @since AND @until
  GROUP BY table_name, day
),
newest AS (
  SELECT table_name, day, state, TO_JSON_STRING(findings) AS findings, error
  FROM table_checks
  WHERE day BETWEEN @since AND @until
  QUALIFY ROW_NUMBER() OVER (PARTITION BY table_name, day ORDER BY checked_at DESC, check_id DESC) = 1
)
SELECT
  newest.table_name, newest.day, newest.state, newest.findings, newest.error, tries.settled_at,
  tries.late_at IS NOT NULL AND (tries.settled_at IS NULL OR tries.late_at < tries.settled_at) AS was_late
FROM newest
JOIN tries
  ON tries.table_name = newest.table_name AND tries.day = newest.day
ORDER BY newest.table_name, newest.day
"""

FIRST_CHECKED = """
SELECT table_name, MIN(day) AS day
FROM table_checks
WHERE day BETWEEN @since AND @until
GROUP BY table_name
"""

MODERATION = """
SELECT
  COUNTIF(day BETWEEN @since AND @until) AS days,
  SUM(IF(day BETWEEN @since AND @until, posts, 0)) AS posts,
  SUM(IF(day BETWEEN @since AND @until, taken_down, 0)) AS taken_down,
  SUM(IF(day BETWEEN @since AND @until, restored, 0)) AS restored,
  COUNTIF(day < @since) AS days_before,
  SUM(IF(day < @since, posts, 0)) AS posts_before,
  SUM(IF(day < @since, taken_down, 0)) AS taken_down_before,
  SUM(IF(day < @since, restored, 0)) AS restored_before
FROM moderation_daily
WHERE day BETWEEN @since AND @until OR day BETWEEN @since_before AND @until_before
"""

LATE = (CheckState.WAITING.value, CheckState.MISSING.value)
ARRIVED = (CheckState.CHECKED.value, CheckState.BROKEN.value)


class SummarySource:
    """Reads what a summary is made of."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._dataset = dataset
        self._alerts = AlertTable(client, dataset)

    def records(self, span: Span, reach: Span | None = None) -> Records:
        """Everything kept of `span` and of what it is set against. Raises StorageUnavailable, ConfigError.

        `reach` is the days any table is told of: it begins earlier where rows of one come days later.
        """
        reach = reach or span
        now, before = self._moderation(span)
        checks = self._read(CHECKS, reach.start, reach.end, late=LATE, arrived=ARRIVED)
        long_before = reach.start - timedelta(days=HISTORY_DAYS)
        return Records(
            figures=self._figures(long_before, reach),
            segments=self._segments(reach),
            checks=[_check_of(row) for row in checks],
            first_checked={
                row["table_name"]: row["day"] for row in self._read(FIRST_CHECKED, long_before, reach.end)
            },
            alerts=self._alerts.between(span.start - timedelta(days=LONGEST_INCIDENT_DAYS), span.end),
            moderation=now,
            moderation_before=before,
        )

    def _figures(self, since: date, reach: Span) -> dict[str, dict[str, dict[date, Figure]]]:
        year_ago = reach.back(YEAR_DAYS)
        rows = self._read(FIGURES, since, reach.end, year_since=year_ago.start, year_until=year_ago.end)
        found: dict[str, dict[str, dict[date, Figure]]] = {}
        for row in rows:
            figure = _figure_of(row)
            found.setdefault(row["table_name"], {}).setdefault(row["kpi"], {})[figure.day] = figure
        return found

    def _segments(self, reach: Span) -> dict[str, dict[str, list[date]]]:
        alarming = [status.value for status in Status if status.is_alarming]
        found: dict[str, dict[str, list[date]]] = {}
        for row in self._read(SEGMENTS, reach.start, reach.end, alarming=alarming):
            name = f"{row['kpi']} ({row['segment']})"
            found.setdefault(row["table_name"], {}).setdefault(name, []).append(row["day"])
        return found

    def _moderation(self, span: Span) -> tuple[Moderation | None, Moderation | None]:
        """Of the period and of the one a week before; None where nothing was ever counted."""
        before = span.back(7)
        row = read_row(
            self._client,
            self._dataset,
            MODERATION,
            since=span.start,
            until=span.end,
            since_before=before.start,
            until_before=before.end,
        )
        if row is None:
            return None, None
        now, earlier = (
            Moderation(row[f"posts{end}"], row[f"taken_down{end}"], row[f"restored{end}"])
            if row[f"days{end}"]
            else None
            for end in ("", "_before")
        )
        return now, earlier

    def _read(self, sql: str, since: date, until: date, **more: Any) -> Iterator[bigquery.Row]:
        return read_rows(self._client, self._dataset, sql, since=since, until=until, **more)


def _figure_of(row: Any) -> Figure:
    return Figure(
        day=row["day"],
        status=Status(row["status"]),
        value=_finite(row["value"]),
        volume=_finite(row["volume"]),
        lower=_finite(row["lower"]),
        upper=_finite(row["upper"]),
        since=row["since"],
        note=row["note"] or "",
    )


def _finite(value: float | None) -> float | None:
    """A number that can be added up and shown; NaN and infinity can't."""
    return value if value is not None and math.isfinite(value) else None


def _check_of(row: Any) -> DayCheck:
    return DayCheck(
        table=row["table_name"],
        day=row["day"],
        state=CheckState(row["state"]),
        was_late=row["was_late"],
        settled_at=row["settled_at"].astimezone(UTC) if row["settled_at"] else None,
        findings=findings_of(row["findings"]),
        error=row["error"] or "",
    )
