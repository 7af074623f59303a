"""The review queue: what Sekisho left to people, read from its `review_queue` view."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from shared.settings import Cloud
from shared.spam.posts import AHEAD_OF_CLOCK, Post
from shared.spam.verdicts import Place, Reason

MOST_READ = 500
PATIENCE_SECONDS = 5.0
"""How long BigQuery is asked again before the page comes up without a queue; a person waits for it."""
LONGEST_QUERY_SECONDS = 20.0

log = logging.getLogger("sekisho.local.platform.queue")


class QueueUnavailable(Exception):
    """The queue can't be read just now. The patrol still can."""


@dataclass(frozen=True)
class Queued:
    """One post revision that waits for a person, with what the filter said about it."""

    post_id: str
    revision: int
    score: float | None
    action: str
    violation_class: str
    reasons: tuple[Reason, ...]
    judged_at: datetime | None

    @property
    def key(self) -> tuple[str, int]:
        """The revision it is about: post id and revision."""
        return self.post_id, self.revision


class Queue(Protocol):
    """Where the review queue is read, and why a post was taken down."""

    def read(self) -> list[Queued]:
        """What waits, likeliest violation first. Raises QueueUnavailable."""

    def verdict(self, post: Post) -> Queued | None:
        """What was decided on a revision that no longer waits, if anything. Raises QueueUnavailable."""


class NoQueue:
    """A platform without Sekisho's data: nothing waits, people patrol."""

    def read(self) -> list[Queued]:
        """Nothing."""
        return []

    def verdict(self, post: Post) -> Queued | None:  # noqa: ARG002 - nothing is known of any
        """Nothing."""
        return None


class BigQueryQueue:
    """Sekisho's view `review_queue` and its table `verdicts`, read anew at every call."""

    def __init__(self, cloud: Cloud) -> None:
        """`cloud` says in which project and data set the view is."""
        self._cloud = cloud
        self._client: Any = None

    def read(self) -> list[Queued]:
        """The likeliest violations of the view."""
        view = f"`{self._cloud.project}.{self._cloud.dataset}.review_queue`"
        rows = self._asked(
            f"""
            SELECT post_id, revision, score, action, violation_class, reasons, places, judged_at
            FROM {view}
            ORDER BY score DESC, judged_at
            LIMIT {MOST_READ}
            """,  # noqa: S608
            view,
        )
        return [_queued(row) for row in rows]

    def verdict(self, post: Post) -> Queued | None:
        """The first acting verdict on the revision: the one a takedown goes by."""
        table = f"`{self._cloud.project}.{self._cloud.dataset}.verdicts`"
        rows = self._asked(
            f"""
            SELECT post_id, revision, score, action, violation_class, reasons, places, judged_at
            FROM {table}
            WHERE acting AND post_id = @post_id AND revision = @revision AND judged_at >= @since
            ORDER BY judged_at, verdict_id
            LIMIT 1
            """,  # noqa: S608
            table,
            post_id=post.post_id,
            revision=post.revision,
            since=post.revised_at - AHEAD_OF_CLOCK,
        )
        return _queued(rows[0]) if rows else None

    def _asked(self, sql: str, where: str, **parameters: str | int | datetime) -> list[Mapping[str, Any]]:
        try:
            # Here and not above: it takes seconds, and a platform without a queue needs none.
            from google.cloud import bigquery  # noqa: PLC0415

            if self._client is None:
                from shared.gcp.clients import bigquery_client  # noqa: PLC0415

                self._client = bigquery_client(self._cloud)
            kinds = {str: "STRING", int: "INT64", datetime: "TIMESTAMP"}
            asked = [
                bigquery.ScalarQueryParameter(name, kinds[type(value)], value)
                for name, value in parameters.items()
            ]
            rows = self._client.query_and_wait(
                sql,
                job_config=bigquery.QueryJobConfig(query_parameters=asked),
                retry=bigquery.DEFAULT_RETRY.with_timeout(PATIENCE_SECONDS),
                job_retry=None,
                api_timeout=LONGEST_QUERY_SECONDS,
                wait_timeout=LONGEST_QUERY_SECONDS,
            )
            return [dict(row.items()) for row in rows]
        except Exception as error:  # whatever is wrong over there, the review page must come up
            log.warning("%s can't be read: %s", where, type(error).__name__, exc_info=True)
            raise QueueUnavailable(f"{where}: expected rows, came {type(error).__name__}") from error


def _queued(row: Mapping[str, Any]) -> Queued:
    places: dict[int, list[Place]] = {}
    for one in row["places"] or ():
        place = Place(one["field"], one["start_offset"], one["end_offset"])
        places.setdefault(one["reason"], []).append(place)
    return Queued(
        post_id=row["post_id"],
        revision=row["revision"],
        score=row["score"],
        action=row["action"],
        violation_class=row["violation_class"] or "",
        reasons=tuple(
            Reason(reason["token"], reason["weight"], tuple(places.get(number, ())))
            for number, reason in enumerate(row["reasons"] or ())
        ),
        judged_at=row["judged_at"],
    )
