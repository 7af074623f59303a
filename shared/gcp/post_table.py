"""The posts table: every revision the platform announced."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.gcp.bigquery import bigquery
from shared.gcp.loads import load_rows
from shared.gcp.queries import midnight, read_row, read_rows
from shared.gcp.rows import Row, append_rows
from shared.keys import key_of
from shared.spam.judging import LONGEST_JUDGED_BODY, LONGEST_JUDGED_TITLE
from shared.spam.labels import Answer, Label, LabelledPost, Source, class_of
from shared.spam.posts import AHEAD_OF_CLOCK, Post
from shared.spam.verdicts import Mode

CHARACTERS_A_PAGE = 10_000_000
"""A page of posts ends early here: a page of nothing but the longest posts would not fit in memory."""

# A verdict is given after its revision appeared by our clock, which the platform's may be ahead of by a day.
UNJUDGED = """
SELECT post_id, revision, posted_at, revised_at, title, body, category, author_id, attributes
FROM posts AS post
WHERE revised_at BETWEEN @since AND @until
  AND (
    revised_at > @after_time
    OR (revised_at = @after_time AND post_id > @after_post)
    OR (revised_at = @after_time AND post_id = @after_post AND revision > @after_revision)
  )
  AND NOT EXISTS (
    SELECT verdict_id
    FROM verdicts AS verdict
    WHERE verdict.post_id = post.post_id AND verdict.revision = post.revision
      AND verdict.judged_at >= @judged_since
      AND (verdict.acting OR @shadow_counts)
  )
QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision ORDER BY received_at DESC, revised_at DESC) = 1
ORDER BY revised_at, post_id, revision
LIMIT @page_size
"""

# Labels are not cut by date: a person's answer counts whenever it was given, and there are few.
LABELLED = """
WITH revisions AS (
  SELECT post_id, revision, posted_at, revised_at, title, body, category, author_id, attributes
  FROM posts
  WHERE revised_at >= @start AND revised_at < @end
    AND CHAR_LENGTH(COALESCE(title, '')) <= @longest_title
    AND CHAR_LENGTH(COALESCE(body, '')) <= @longest_body
  QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision ORDER BY received_at DESC, revised_at DESC) = 1
)
SELECT
  post.post_id, post.revision, post.posted_at, post.revised_at, post.title, post.body, post.category,
  post.author_id, post.attributes, label.answer, label.violation_class, label.source
FROM revisions AS post
JOIN review_labels_latest AS label
  ON label.post_id = post.post_id AND label.revision = post.revision
ORDER BY post.revised_at, post.post_id, post.revision
"""

# The same without what posts say: a window of those is read every day.
LABELS = """
WITH revisions AS (
  SELECT post_id, revision, revised_at
  FROM posts
  WHERE revised_at >= @start AND revised_at < @end
    AND CHAR_LENGTH(COALESCE(title, '')) <= @longest_title
    AND CHAR_LENGTH(COALESCE(body, '')) <= @longest_body
  QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision ORDER BY received_at DESC, revised_at DESC) = 1
)
SELECT post.post_id, post.revision, post.revised_at, label.answer, label.violation_class, label.source
FROM revisions AS post
JOIN review_labels_latest AS label
  ON label.post_id = post.post_id AND label.revision = post.revision
ORDER BY post.revised_at, post.post_id, post.revision
"""

COUNT = """
WITH revisions AS (
  SELECT DISTINCT post_id, revision
  FROM posts
  WHERE revised_at >= @start AND revised_at < @end
)
SELECT COUNT(*) AS revisions
FROM revisions
"""

PATROL = """
WITH
  revisions AS (
    SELECT DISTINCT post_id, revision
    FROM posts
    WHERE revised_at >= @start AND revised_at < @end
  ),
  patrols AS (
    SELECT post_id, revision, answer
    FROM review_labels
    WHERE source = 'patrol'
    QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision ORDER BY answered_at DESC, label_id DESC) = 1
  )
SELECT COUNT(*) AS labels, COUNTIF(patrol.answer = 'violation') AS violations
FROM revisions AS post
JOIN patrols AS patrol
  ON patrol.post_id = post.post_id AND patrol.revision = post.revision
"""

# A newer revision appeared later, by the same clock. A day's partition is read whole where it is small,
# however it is clustered: without the date each takedown would read the ids of all posts there ever were.
NEWEST_REVISION = """
SELECT MAX(revision) AS revision
FROM posts
WHERE post_id = @post_id AND revised_at >= @since
"""


_JUDGED = {"longest_title": LONGEST_JUDGED_TITLE, "longest_body": LONGEST_JUDGED_BODY}


class PostTable:
    """What is stored of posts. Windows are of `revised_at`, from one local midnight up to another."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._dataset = dataset
        self._table = f"{client.project}.{dataset}.posts"

    def append(self, posts: Iterable[Post], received_at: datetime) -> None:
        """Stores `posts`; a revision that is there already is harmless. Raises RowsRefused naming rows."""
        append_rows(
            self._client,
            self._table,
            (Row(key_of("post", p.post_id, str(p.revision)), _values(p, received_at)) for p in posts),
        )

    def load(self, posts: Iterable[Post], received_at: datetime | None, job_id: str) -> bool:
        """Stores many posts at once; False where the job of that id did so before.

        Without `received_at` each counts as received when it appeared: posts of the past.
        """
        rows = (_values(p, received_at or p.revised_at) for p in posts)
        return load_rows(self._client, self._table, rows, job_id)

    def unjudged(self, now: datetime, days: int, mode: Mode, page_size: int) -> Iterator[list[Post]]:
        """Revisions of the last `days` days nobody judged yet, oldest first, in pages of up to `page_size`.

        In a mode that acts only an acting verdict counts as judged; in shadow any verdict does. Each page
        is one query that goes on after the last post, so judging a page moves no other, and that reads only
        from there on.
        """
        since = now - timedelta(days=days)
        after_time, after_post, after_revision = since - timedelta(days=1), "", 0
        while True:
            since = max(since, after_time)
            found = read_rows(
                self._client,
                self._dataset,
                UNJUDGED,
                since=since,
                until=now + AHEAD_OF_CLOCK,
                judged_since=since - AHEAD_OF_CLOCK,
                shadow_counts=not mode.acts,
                after_time=after_time,
                after_post=after_post,
                after_revision=after_revision,
                page_size=page_size,
            )
            page, read, characters = [], 0, 0
            for post in map(post_of, found):
                page.append(post)
                read += 1
                characters += len(post.body) + len(post.title)
                after_time, after_post, after_revision = post.revised_at, post.post_id, post.revision
                if characters >= CHARACTERS_A_PAGE:
                    yield page
                    page, characters = [], 0
            if page:
                yield page
            if read < page_size:
                return

    def labelled(self, start: date, end: date, zone: ZoneInfo) -> Iterator[LabelledPost]:
        """The revisions of [start, end) people answered on, oldest first, each with the newest answer.

        Those too long to be judged are left out: nothing is learnt from them either.
        """
        for row in self._read_window(LABELLED, start, end, zone, **_JUDGED):
            yield LabelledPost(
                post=post_of(row),
                answer=Answer(row["answer"]),
                violation_class=row["violation_class"] or "",
                source=Source(row["source"]),
            )

    def labels(self, start: date, end: date, zone: ZoneInfo) -> Iterator[Label]:
        """The labels of the same revisions in the same order, without reading what the posts say."""
        for row in self._read_window(LABELS, start, end, zone, **_JUDGED):
            answer, named = Answer(row["answer"]), row["violation_class"]
            yield Label(
                row["post_id"],
                row["revision"],
                row["revised_at"].astimezone(UTC),
                class_of(answer, named or ""),
                Source(row["source"]),
            )

    def count(self, start: date, end: date, zone: ZoneInfo) -> int:
        """How many revisions of [start, end) there are, labelled or not."""
        return int(next(self._read_window(COUNT, start, end, zone))["revisions"])

    def patrol(self, start: date, end: date, zone: ZoneInfo) -> tuple[int, int]:
        """How many revisions of [start, end) the patrol read, and how many of those it found violating.

        The patrol's own newest answer counts, whatever the queue or an appeal said later: the base rate
        is of the random sample, and later answers are not given at random.
        """
        row = next(self._read_window(PATROL, start, end, zone))
        return int(row["labels"]), int(row["violations"])

    def newest_revision(self, post_id: str, revised_at: datetime) -> int | None:
        """The newest stored revision of the post that appeared at `revised_at` or later; None: none."""
        since = revised_at - AHEAD_OF_CLOCK
        row = read_row(self._client, self._dataset, NEWEST_REVISION, post_id=post_id, since=since)
        return None if row is None or row["revision"] is None else int(row["revision"])

    def _read_window(
        self, sql: str, start: date, end: date, zone: ZoneInfo, **limits: int
    ) -> Iterator[bigquery.Row]:
        first, last = midnight(start, zone), midnight(end, zone)
        return read_rows(self._client, self._dataset, sql, start=first, end=last, **limits)


def post_of(row: Any) -> Post:
    """The post in a row of the posts table's columns."""
    return Post(
        post_id=row["post_id"],
        revision=row["revision"],
        posted_at=row["posted_at"].astimezone(UTC),
        revised_at=row["revised_at"].astimezone(UTC),
        title=row["title"] or "",
        body=row["body"] or "",
        category=row["category"] or "",
        author_id=row["author_id"] or "",
        attributes={attribute["name"]: attribute["value"] or "" for attribute in row["attributes"]},
    )


def _values(post: Post, received_at: datetime) -> dict[str, Any]:
    return {
        "post_id": post.post_id,
        "revision": post.revision,
        "posted_at": post.posted_at.isoformat(),
        "revised_at": post.revised_at.isoformat(),
        "title": post.title,
        "body": post.body,
        "category": post.category,
        "author_id": post.author_id,
        "attributes": [{"name": name, "value": value} for name, value in post.attributes.items()],
        "received_at": received_at.isoformat(),
    }
