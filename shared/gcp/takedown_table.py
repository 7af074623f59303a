"""The takedowns table: every step of every takedown and restore, recorded before and after it is made."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.gcp.bigquery import bigquery
from shared.gcp.queries import read_row, read_rows
from shared.gcp.rows import Row, append_rows
from shared.keys import key_of
from shared.spam.posts import AHEAD_OF_CLOCK
from shared.spam.takedowns import MAY_BE_DOWN, Takedown, TakedownState

# The furthest step tells the state, the newest when it last moved: they may be two rows. What is computed
# never has a column's name, or BigQuery might sort by the one where the other is meant.
STATE_OF = """
SELECT
  post_id, revision, state, detector, model_version, violation_class, detail,
  MAX(recorded_at) OVER () AS moved_at
FROM takedowns
WHERE post_id = @post_id AND revision = @revision AND recorded_at >= @since
ORDER BY rank DESC, recorded_at DESC
LIMIT 1
"""

# Neither table is cut by date: an answer of today may overturn a takedown of any age, and the furthest
# state can only be told from all the rows of a revision. Both hold a few rows per takedown or answer.
# What people last said on the revision taken down, or on a newer one of the post, counts: a takedown of an
# old revision still hides the post its author has mended since.
# A takedown asked for again keeps its state, so whether a call may be under way is told by its newest row.
# A restore merely asked for is no advance: a dry run asks again and again and would never get to an end.
# One that was refused is asked for again only where a person said ok after the refusal.
OVERTURNED = """
WITH
  standing AS (
    SELECT
      post_id, revision, state, detector, model_version, violation_class, detail, recorded_at,
      MAX(recorded_at) OVER (PARTITION BY post_id, revision) AS moved_at,
      MAX(IF(state = @restore_requested, NULL, recorded_at)) OVER (PARTITION BY post_id, revision)
        AS advanced_at
    FROM takedowns
    WHERE TRUE
    QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision ORDER BY rank DESC, recorded_at DESC) = 1
  ),
  labels AS (
    SELECT post_id, revision, answer, answered_at
    FROM review_labels
    WHERE TRUE
    QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision ORDER BY answered_at DESC, label_id DESC) = 1
  ),
  answers AS (
    SELECT
      takedown.post_id, takedown.revision, label.answer,
      MAX(IF(label.answer = 'ok', label.answered_at, NULL)) OVER (
        PARTITION BY takedown.post_id, takedown.revision
      ) AS said_ok_at
    FROM standing AS takedown
    JOIN labels AS label
      ON label.post_id = takedown.post_id AND label.revision >= takedown.revision
    WHERE takedown.state IN UNNEST(@may_be_down) OR takedown.state = @restore_refused
    QUALIFY
      ROW_NUMBER() OVER (PARTITION BY takedown.post_id, takedown.revision ORDER BY label.revision DESC) = 1
  )
SELECT
  takedown.post_id, takedown.revision, takedown.state, takedown.detector, takedown.model_version,
  takedown.violation_class, takedown.detail, takedown.moved_at
FROM standing AS takedown
JOIN answers AS said
  ON said.post_id = takedown.post_id AND said.revision = takedown.revision
WHERE said.answer = 'ok'
  AND (said.said_ok_at >= @since OR takedown.advanced_at >= @since)
  AND (takedown.state != @restore_refused OR said.said_ok_at > takedown.recorded_at)
ORDER BY takedown.moved_at, takedown.post_id, takedown.revision
"""
# Both tables are clustered by post, but BigQuery leaves blocks out only where the table itself is filtered.
OVERTURNED_OF_POST = OVERTURNED.replace("WHERE TRUE", "WHERE post_id = @post_id")


class TakedownTable:
    """What is stored of takedowns."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._dataset = dataset
        self._table = f"{client.project}.{dataset}.takedowns"

    def append(self, takedowns: Iterable[Takedown]) -> None:
        """Records steps; one that is recorded already is harmless. Raises RowsRefused naming rows."""
        append_rows(self._client, self._table, (Row(_step_key(t), _values(t)) for t in takedowns))

    def state_of(self, post_id: str, revision: int, revised_at: datetime) -> Takedown | None:
        """The furthest recorded step of the takedown of a revision that appeared at `revised_at`, or None.

        Its `recorded_at` is that of the newest step: one asked for again does not get any further by it, but
        may be on its way to the platform.
        """
        since = revised_at - AHEAD_OF_CLOCK
        row = read_row(self._client, self._dataset, STATE_OF, post_id=post_id, revision=revision, since=since)
        return None if row is None else _takedown_of(row)

    def overturned(self, now: datetime, days: int, post_id: str = "") -> list[Takedown]:
        """The takedowns that may stand though people's last answer is ok, of all posts or of one.

        Those that people said ok to, or that advanced, in the last `days` days, each with the time of its
        newest step: one that `is_in_flight` is not to be undone yet, or the restore might land first. A
        restore the platform refused is among them once a person said ok again after that.
        """
        sql, of_post = (OVERTURNED_OF_POST, {"post_id": post_id}) if post_id else (OVERTURNED, {})
        found = read_rows(
            self._client,
            self._dataset,
            sql,
            since=now - timedelta(days=days),
            may_be_down=list(MAY_BE_DOWN),
            restore_requested=TakedownState.RESTORE_REQUESTED.value,
            restore_refused=TakedownState.RESTORE_REFUSED.value,
            **of_post,  # type: ignore[arg-type]
        )
        return [_takedown_of(row) for row in found]


def _step_key(takedown: Takedown) -> str:
    """A step made again later is a row of its own: its time tells whether a call may be under way."""
    made_at = takedown.recorded_at.isoformat()
    return key_of(takedown.state.value, takedown.post_id, str(takedown.revision), made_at)


def _takedown_of(row: Any) -> Takedown:
    return Takedown(
        post_id=row["post_id"],
        revision=row["revision"],
        state=TakedownState(row["state"]),
        detector=row["detector"],
        model_version=row["model_version"],
        violation_class=row["violation_class"] or "",
        recorded_at=row["moved_at"].astimezone(UTC),
        detail=row["detail"] or "",
    )


def _values(takedown: Takedown) -> dict[str, Any]:
    return {
        "post_id": takedown.post_id,
        "revision": takedown.revision,
        "state": takedown.state.value,
        "rank": takedown.state.rank,
        "detector": takedown.detector,
        "model_version": takedown.model_version,
        "violation_class": takedown.violation_class,
        "detail": takedown.detail,
        "recorded_at": takedown.recorded_at.isoformat(),
    }
