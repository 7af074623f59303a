"""The review queue: what Sekisho left to people, read from its `review_queue` view."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from shared.settings import Cloud
from shared.spam.verdicts import Reason

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
    """Where the review queue is read."""

    def read(self) -> list[Queued]:
        """What waits, likeliest violation first. Raises QueueUnavailable."""


class NoQueue:
    """A platform without Sekisho's data: nothing waits, people patrol."""

    def read(self) -> list[Queued]:
        """Nothing."""
        return []


class BigQueryQueue:
    """Sekisho's view `review_queue`, read anew at every call."""

    def __init__(self, cloud: Cloud) -> None:
        """`cloud` says in which project and data set the view is."""
        self._cloud = cloud
        self._client: Any = None

    def read(self) -> list[Queued]:
        """The likeliest violations of the view."""
        view = f"`{self._cloud.project}.{self._cloud.dataset}.review_queue`"
        try:
            # Here and not above: it takes seconds, and a platform without a queue needs none.
            from google.cloud.bigquery import DEFAULT_RETRY  # noqa: PLC0415

            if self._client is None:
                from shared.gcp.clients import bigquery_client  # noqa: PLC0415

                self._client = bigquery_client(self._cloud)
            rows = self._client.query_and_wait(
                f"""
                SELECT post_id, revision, score, action, violation_class, reasons, judged_at
                FROM {view}
                ORDER BY score DESC, judged_at
                LIMIT {MOST_READ}
                """,  # noqa: S608
                retry=DEFAULT_RETRY.with_timeout(PATIENCE_SECONDS),
                job_retry=None,
                api_timeout=LONGEST_QUERY_SECONDS,
                wait_timeout=LONGEST_QUERY_SECONDS,
            )
            return [_queued(dict(row.items())) for row in rows]
        except Exception as error:  # whatever is wrong over there, the review page must come up
            log.warning("review_queue can't be read: %s", type(error).__name__, exc_info=True)
            raise QueueUnavailable(f"{view}: expected rows, came {type(error).__name__}") from error


def _queued(row: Mapping[str, Any]) -> Queued:
    reasons = row["reasons"] or []
    if isinstance(reasons, str):
        reasons = json.loads(reasons)
    return Queued(
        post_id=row["post_id"],
        revision=row["revision"],
        score=row["score"],
        action=row["action"],
        violation_class=row["violation_class"] or "",
        reasons=tuple(Reason(reason["token"], reason["weight"]) for reason in reasons),
        judged_at=row["judged_at"],
    )
