"""The review labels table: what people answered about posts."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from shared.gcp.bigquery import bigquery
from shared.gcp.loads import load_rows
from shared.gcp.queries import read_row, read_rows
from shared.gcp.rows import Row, append_rows
from shared.keys import key_of
from shared.spam.labels import Answer, ReviewLabel, Source
from shared.spam.posts import AHEAD_OF_CLOCK

# Nobody answers on a revision before it appeared, by a clock that may be ahead of ours by a day. Small days
# are read whole, however they are clustered: without the date each takedown would read all answers there are.
LATEST = """
SELECT label_id, post_id, revision, answer, violation_class, source, reviewer, answered_at
FROM review_labels
WHERE post_id = @post_id AND revision = @revision AND answered_at >= @since
ORDER BY answered_at DESC, label_id DESC
LIMIT 1
"""

ANSWERED = """
SELECT DISTINCT post_id, revision
FROM review_labels
WHERE post_id IN UNNEST(@post_ids) AND answered_at >= @since
"""


class LabelTable:
    """What is stored of people's answers."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._dataset = dataset
        self._table = f"{client.project}.{dataset}.review_labels"

    def append(self, labels: Iterable[ReviewLabel]) -> None:
        """Stores `labels`; one that is there already is harmless. Raises RowsRefused naming rows."""
        rows = (Row(key_of("label", label.label_id), _values(label)) for label in labels)
        append_rows(self._client, self._table, rows)

    def load(self, labels: Iterable[ReviewLabel], job_id: str) -> bool:
        """Stores many labels at once; False where the job of that id did so before."""
        return load_rows(self._client, self._table, (_values(label) for label in labels), job_id)

    def latest(self, post_id: str, revision: int, revised_at: datetime) -> ReviewLabel | None:
        """The newest answer on the revision that appeared at `revised_at`, None where nobody answered."""
        since = revised_at - AHEAD_OF_CLOCK
        row = read_row(self._client, self._dataset, LATEST, post_id=post_id, revision=revision, since=since)
        return None if row is None else _label_of(row)

    def answered(self, keys: Collection[tuple[str, int]], revised_at: datetime) -> set[tuple[str, int]]:
        """Those of these revisions (post id and revision) that anybody answered on, in one query.

        `revised_at` is when the first of them appeared.
        """
        if not keys:
            return set()
        post_ids = sorted({post_id for post_id, _ in keys})
        since = revised_at - AHEAD_OF_CLOCK
        found = read_rows(self._client, self._dataset, ANSWERED, post_ids=post_ids, since=since)
        return {(row["post_id"], row["revision"]) for row in found} & set(keys)


def _label_of(row: Any) -> ReviewLabel:
    return ReviewLabel(
        label_id=row["label_id"],
        post_id=row["post_id"],
        revision=row["revision"],
        answer=Answer(row["answer"]),
        violation_class=row["violation_class"] or "",
        source=Source(row["source"]),
        reviewer=row["reviewer"] or "",
        answered_at=row["answered_at"].astimezone(UTC),
    )


def _values(label: ReviewLabel) -> dict[str, Any]:
    return {
        "label_id": label.label_id,
        "post_id": label.post_id,
        "revision": label.revision,
        "answer": label.answer.value,
        "violation_class": label.violation_class,
        "source": label.source.value,
        "reviewer": label.reviewer,
        "answered_at": label.answered_at.isoformat(),
    }
