"""The takedowns table: every step of every takedown and restore, recorded before and after it is made."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud import bigquery

from shared.gcp.queries import read_row, read_rows
from shared.gcp.rows import Row, append_rows
from shared.spam.takedowns import MAY_BE_DOWN, Takedown, TakedownState
from shared.spam.verdicts import key_of

STATE_OF = """
SELECT
  post_id, revision, state, detector, model_version, violation_class, detail,
  MAX(recorded_at) OVER () AS recorded_at
FROM takedowns
WHERE post_id = @post_id AND revision = @revision
QUALIFY ROW_NUMBER() OVER (ORDER BY rank DESC, recorded_at DESC) = 1
"""

# Neither table is cut by date: an answer of today may overturn a takedown of any age, and the furthest
# state can only be told from all the rows of a revision. Both hold a few rows per takedown or answer.
# What people last said on the revision taken down, or on a newer one of the post, counts: a takedown of an
# old revision still hides the post its author has mended since.
# A takedown asked for again keeps its state, so whether a call may be under way is told by its newest row.
OVERTURNED = """
WITH
  last_steps AS (
    SELECT post_id, revision, MAX(recorded_at) AS recorded_at
    FROM takedowns
    GROUP BY post_id, revision
  ),
  answers AS (
    SELECT takedown.post_id, takedown.revision, label.answer, label.answered_at
    FROM takedowns_latest AS takedown
    JOIN review_labels_latest AS label
      ON label.post_id = takedown.post_id AND label.revision >= takedown.revision
    WHERE takedown.state IN UNNEST(@may_be_down)
      AND (@post_id = '' OR takedown.post_id = @post_id)
    QUALIFY
      ROW_NUMBER() OVER (PARTITION BY takedown.post_id, takedown.revision ORDER BY label.revision DESC) = 1
  )
SELECT
  takedown.post_id, takedown.revision, takedown.state, takedown.detector, takedown.model_version,
  takedown.violation_class, takedown.detail, last_step.recorded_at
FROM takedowns_latest AS takedown
JOIN last_steps AS last_step
  ON last_step.post_id = takedown.post_id AND last_step.revision = takedown.revision
JOIN answers AS said
  ON said.post_id = takedown.post_id AND said.revision = takedown.revision
WHERE said.answer = 'ok'
  AND (said.answered_at >= @since OR last_step.recorded_at >= @since)
ORDER BY last_step.recorded_at, takedown.post_id, takedown.revision
"""


class TakedownTable:
    """What is stored of takedowns."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._dataset = dataset
        self._table = f"{client.project}.{dataset}.takedowns"

    def append(self, takedowns: Iterable[Takedown]) -> None:
        """Records steps; one that is recorded already is harmless. Raises RowsRefused naming rows."""
        append_rows(self._client, self._table, (Row(_step_key(t), _values(t)) for t in takedowns))

    def state_of(self, post_id: str, revision: int) -> Takedown | None:
        """The furthest recorded step of the revision's takedown, None where there is none.

        Its `recorded_at` is that of the newest step: one asked for again does not get any further by it, but
        may be on its way to the platform.
        """
        row = read_row(self._client, self._dataset, STATE_OF, post_id=post_id, revision=revision)
        return None if row is None else _takedown_of(row)

    def overturned(self, now: datetime, days: int, post_id: str = "") -> list[Takedown]:
        """The takedowns that may stand though people's last answer is ok, of all posts or of one.

        Those that were answered on, or that moved, in the last `days` days, each with the time of its newest
        step: one that `is_in_flight` is not to be undone yet, or the restore might land first.
        """
        found = read_rows(
            self._client,
            self._dataset,
            OVERTURNED,
            since=now - timedelta(days=days),
            may_be_down=list(MAY_BE_DOWN),
            post_id=post_id,
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
        recorded_at=row["recorded_at"].astimezone(UTC),
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
