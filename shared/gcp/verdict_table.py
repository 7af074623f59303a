"""The verdicts table: what every detector decided on every revision."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.gcp.bigquery import bigquery
from shared.gcp.queries import read_row, read_rows
from shared.gcp.rows import Row, append_rows
from shared.spam.posts import AHEAD_OF_CLOCK, Post
from shared.spam.takedowns import UNANSWERED
from shared.spam.verdicts import Action, Mode, Place, Reason, Verdict

# The first acting verdict decides: a repeat then asks the platform for the same takedown, word for word.
# Labels and takedowns are not cut by date: a person's answer counts whenever it was given. A takedown that
# was asked for but never answered is asked for again long after its post has left the judging window:
# nothing else would, and people's queue does not show what is on its way. Those come last, the one left
# alone the longest first: posts the platform never answers may end a run, and must not end every run.
AWAITING_TAKEDOWN = """
WITH
  first_verdicts AS (
    SELECT
      verdict_id, post_id, revision, revised_at, detector, model_version, score, action, violation_class,
      reasons, places, note, mode, judged_at
    FROM verdicts
    WHERE acting AND judged_at >= @judged_since
    QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision ORDER BY judged_at, verdict_id) = 1
  ),
  newest_revisions AS (
    SELECT post_id, MAX(revision) AS revision
    FROM posts
    WHERE revised_at >= @asked_since
    GROUP BY post_id
  ),
  last_tries AS (
    SELECT post_id, revision, MAX(recorded_at) AS tried_at
    FROM takedowns
    WHERE recorded_at >= @judged_since
    GROUP BY post_id, revision
  )
SELECT
  verdict.post_id, verdict.revision, verdict.revised_at, verdict.detector, verdict.model_version,
  verdict.score, verdict.action, verdict.violation_class, verdict.reasons, verdict.places, verdict.note,
  verdict.mode, verdict.judged_at
FROM first_verdicts AS verdict
LEFT JOIN newest_revisions AS newest
  ON newest.post_id = verdict.post_id
LEFT JOIN review_labels_latest AS label
  ON label.post_id = verdict.post_id AND label.revision = verdict.revision
LEFT JOIN takedowns_latest AS takedown
  ON takedown.post_id = verdict.post_id AND takedown.revision = verdict.revision
LEFT JOIN last_tries AS last_try
  ON last_try.post_id = verdict.post_id AND last_try.revision = verdict.revision
WHERE verdict.action = 'take_down'
  AND verdict.mode IN UNNEST(@modes)
  AND COALESCE(newest.revision, verdict.revision) <= verdict.revision
  AND label.post_id IS NULL
  AND (
    (takedown.state IS NULL AND verdict.revised_at >= @since)
    OR (takedown.state IN UNNEST(@unanswered) AND verdict.revised_at >= @asked_since)
  )
ORDER BY last_try.tried_at NULLS FIRST, verdict.revised_at, verdict.post_id
"""

ASKED_DAYS = 60
"""How long a takedown the platform never answered is asked for again."""

# A verdict is given after its revision appeared by our clock, which the platform's may be ahead of by a day.
ACTING = """
SELECT
  post_id, revision, revised_at, detector, model_version, score, action, violation_class, reasons, places,
  note, mode, judged_at
FROM verdicts
WHERE acting AND post_id = @post_id AND revision = @revision AND judged_at >= @judged_since
ORDER BY judged_at, verdict_id
LIMIT 1
"""


class VerdictTable:
    """What is stored of verdicts."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._dataset = dataset
        self._table = f"{client.project}.{dataset}.verdicts"

    def append(self, verdicts: Iterable[Verdict]) -> None:
        """Stores `verdicts`; one that is there already is harmless. Raises RowsRefused naming rows."""
        append_rows(self._client, self._table, (Row(v.verdict_id, _values(v)) for v in verdicts))

    def awaiting_takedown(self, now: datetime, days: int) -> list[Verdict]:
        """The takedowns still to be made on revisions of the last `days` days.

        First acting verdicts that say take_down, given in a mode that takes down, on the newest revision
        of a post, that no person answered on, and whose takedown has not got beyond being asked for (those
        asked for, on revisions of the last ASKED_DAYS). Those never asked for come first, oldest revision
        first; then the others, the one whose last try is longest ago first.
        """
        since = now - timedelta(days=days)
        asked_since = now - timedelta(days=max(days, ASKED_DAYS))
        found = read_rows(
            self._client,
            self._dataset,
            AWAITING_TAKEDOWN,
            since=since,
            asked_since=asked_since,
            judged_since=asked_since - AHEAD_OF_CLOCK,
            modes=[mode for mode in Mode if mode.takes_down],
            unanswered=list(UNANSWERED),
        )
        return [_verdict_of(row) for row in found]

    def acting(self, post: Post) -> Verdict | None:
        """The first acting verdict on the revision: the one that counts. None where there is none."""
        row = read_row(
            self._client,
            self._dataset,
            ACTING,
            post_id=post.post_id,
            revision=post.revision,
            judged_since=post.revised_at - AHEAD_OF_CLOCK,
        )
        return None if row is None else _verdict_of(row)


def _reasons_of(
    reasons: Iterable[Mapping[str, Any]] | None, places: Iterable[Mapping[str, Any]] | None
) -> tuple[Reason, ...]:
    """The reasons in a row's columns `reasons` and `places`; rows of old have none of the latter."""
    of_reason: dict[int, list[Place]] = {}
    for one in places or ():
        place = Place(one["field"], one["start_offset"], one["end_offset"])
        of_reason.setdefault(one["reason"], []).append(place)
    return tuple(
        Reason(reason["token"], reason["weight"], tuple(of_reason.get(number, ())))
        for number, reason in enumerate(reasons or ())
    )


def _verdict_of(row: Any) -> Verdict:
    return Verdict(
        post_id=row["post_id"],
        revision=row["revision"],
        revised_at=row["revised_at"].astimezone(UTC),
        detector=row["detector"],
        model_version=row["model_version"],
        score=row["score"],
        action=Action(row["action"]),
        violation_class=row["violation_class"] or "",
        reasons=_reasons_of(row["reasons"], row["places"]),
        note=row["note"] or "",
        mode=Mode(row["mode"]),
        judged_at=row["judged_at"].astimezone(UTC),
    )


def _values(verdict: Verdict) -> dict[str, Any]:
    return {
        "verdict_id": verdict.verdict_id,
        "post_id": verdict.post_id,
        "revision": verdict.revision,
        "revised_at": verdict.revised_at.isoformat(),
        "detector": verdict.detector,
        "model_version": verdict.model_version,
        "score": verdict.score,
        "action": verdict.action.value,
        "violation_class": verdict.violation_class,
        "reasons": [{"token": reason.token, "weight": reason.weight} for reason in verdict.reasons],
        "places": [
            {"reason": number, "field": place.field, "start_offset": place.start, "end_offset": place.end}
            for number, reason in enumerate(verdict.reasons)
            for place in reason.places
        ],
        "note": verdict.note,
        "mode": verdict.mode.value,
        "acting": verdict.mode.acts,
        "judged_at": verdict.judged_at.isoformat(),
    }
