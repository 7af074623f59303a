"""The tokens table: posts as token ids, tokenised and counted in BigQuery, where training leaves one machine.

It is filled by infra/queries/fill_post_tokens.sql, or from here; docs/training.md says when that is worth it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from shared.gcp.bigquery import bigquery
from shared.gcp.loads import load_rows
from shared.gcp.queries import midnight, read_row, read_rows
from shared.spam.counts import NOTHING, Counts, Ids
from shared.spam.features import FEATURES
from shared.spam.labels import ORDINARY, UNCLASSIFIED, Label, Source

PARTS = 1_000
"""Rows a class is sent in: of ten million tokens each is some 150 kB."""
EVERY_POST = -1
"""Stands among the ids of every post, so that posts are counted as tokens are: in one pass over the table."""

# One statement sees every table as it was at one instant: labels, counts and tokens are of the same answers.
# A label counts whenever it was given, as in post_table.LABELLED. A row per token would be tens of millions,
# each read by itself: counts come as text, "id posts id posts …", and a post's tokens as a JSON array. Rows
# are put in order by who reads them: sorted there, all tokens would have to be in one place.
SURVEY = """
WITH
  revisions AS (
    SELECT post_id, revision, revised_at, token_ids
    FROM post_tokens
    WHERE revised_at >= @start AND revised_at < @end AND features = @features
    QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision ORDER BY tokenized_at DESC, revised_at DESC) = 1
  ),
  labelled AS (
    SELECT
      post.post_id, post.revision, post.revised_at, post.token_ids, label.source,
      IF(
        label.answer = 'violation', COALESCE(NULLIF(label.violation_class, ''), @unclassified), @ordinary
      ) AS violation_class
    FROM revisions AS post
    JOIN review_labels_latest AS label
      ON label.post_id = post.post_id AND label.revision = post.revision
  ),
  marked AS (
    SELECT violation_class, ARRAY_CONCAT([@every_post], token_ids) AS token_ids
    FROM labelled
    WHERE revised_at < @since
  ),
  counted AS (
    SELECT marked.violation_class, token_id, COUNT(*) AS posts
    FROM marked
    CROSS JOIN UNNEST(marked.token_ids) AS token_id
    GROUP BY violation_class, token_id
  )
SELECT
  post_id, revision, revised_at, source, violation_class,
  IF(revised_at >= @since, TO_JSON_STRING(token_ids), NULL) AS token_ids,
  NULL AS counts
FROM labelled
UNION ALL
SELECT
  NULL AS post_id, NULL AS revision, NULL AS revised_at, NULL AS source, violation_class,
  NULL AS token_ids,
  STRING_AGG(CONCAT(CAST(token_id AS STRING), ' ', CAST(posts AS STRING)), ' ') AS counts
FROM counted
GROUP BY violation_class, MOD(token_id + 1, @parts)
"""

DAYS = """
WITH revisions AS (
  SELECT DISTINCT post_id, revision, DATE(revised_at, @zone) AS day
  FROM post_tokens
  WHERE revised_at >= @start AND revised_at < @end AND features = @features
)
SELECT post.day, COUNT(*) AS labels
FROM revisions AS post
JOIN review_labels_latest AS label
  ON label.post_id = post.post_id AND label.revision = post.revision
GROUP BY post.day
"""

ANSWERED = """
WITH revisions AS (
  SELECT DISTINCT post_id, revision
  FROM posts
  WHERE revised_at >= @start AND revised_at < @end
)
SELECT COUNT(*) AS labels
FROM revisions AS post
JOIN review_labels_latest AS label
  ON label.post_id = post.post_id AND label.revision = post.revision
"""


@dataclass(frozen=True)
class Survey:
    """The labelled revisions of a window as they were at one instant.

    Those before the day asked for are counted; of those from it on the tokens are here, by what names them.
    """

    labels: Sequence[Label]  # of all of them, oldest first
    counts: Counts
    tokens: Mapping[tuple[str, int], Ids]


def name_of(features: Sequence[str]) -> str:
    """What the table calls these features: their names in one order, whatever order they were given in."""
    return ",".join(name for name in FEATURES if name in features)


class TokenTable:
    """What is kept of posts as tokens. Windows are of `revised_at`, from one local midnight up to another."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._dataset = dataset
        self._table = f"{client.project}.{dataset}.post_tokens"

    def load(
        self,
        posts: Iterable[tuple[Label, Ids]],
        features: Sequence[str],
        tokenized_at: datetime,
        job_id: str,
    ) -> bool:
        """Stores posts tokenised here, thousands at once; False where the job of that id did so before.

        Of a post only what names it is kept, not its label: that is looked up whenever posts are counted.
        """
        rows = (
            {
                "post_id": label.post_id,
                "revision": label.revision,
                "revised_at": label.revised_at.isoformat(),
                "features": name_of(features),
                "token_ids": ids.tolist(),
                "tokenized_at": tokenized_at.isoformat(),
            }
            for label, ids in posts
        )
        return load_rows(self._client, self._table, rows, job_id)

    def counts(self, start: date, end: date, zone: ZoneInfo, features: Sequence[str]) -> Counts:
        """The labelled revisions of [start, end), counted by their tokens.

        Equal to `Counts.of` over the same posts to the last integer, as far as they have been tokenised.
        """
        return self.survey(start, end, end, zone, features).counts

    def days(self, start: date, end: date, zone: ZoneInfo, features: Sequence[str]) -> Mapping[date, int]:
        """How many labelled revisions each day of [start, end) has, as far as they have been tokenised."""
        found = read_rows(
            self._client,
            self._dataset,
            DAYS,
            start=midnight(start, zone),
            end=midnight(end, zone),
            zone=zone.key,
            features=name_of(features),
        )
        return {row["day"]: int(row["labels"]) for row in found}

    def answered(self, start: date, end: date, zone: ZoneInfo) -> int:
        """How many revisions of [start, end) people answered on, tokenised or not."""
        first, last = midnight(start, zone), midnight(end, zone)
        row = read_row(self._client, self._dataset, ANSWERED, start=first, end=last)
        return int(row["labels"]) if row else 0

    def survey(self, start: date, since: date, end: date, zone: ZoneInfo, features: Sequence[str]) -> Survey:
        """The labelled revisions of [start, end): those before `since` counted, the others one by one."""
        labels: list[Label] = []
        tokens: dict[tuple[str, int], Ids] = {}
        packed: list[Any] = []
        found = read_rows(
            self._client,
            self._dataset,
            SURVEY,
            start=midnight(start, zone),
            since=midnight(since, zone),
            end=midnight(end, zone),
            features=name_of(features),
            unclassified=UNCLASSIFIED,
            ordinary=ORDINARY,
            every_post=EVERY_POST,
            parts=PARTS,
        )
        for row in found:
            if row["post_id"] is None:
                packed.append(row)
                continue
            label = Label(
                row["post_id"],
                row["revision"],
                row["revised_at"].astimezone(UTC),
                row["violation_class"],
                Source(row["source"]),
            )
            labels.append(label)
            if row["token_ids"] is not None:
                ids = np.array(json.loads(row["token_ids"]), np.int64)
                tokens[label.post_id, label.revision] = np.unique(ids.astype(np.uint32))
        labels.sort(key=lambda one: (one.revised_at, one.post_id, one.revision))
        return Survey(labels, _counts(packed), tokens)


def _counts(rows: Iterable[Any]) -> Counts:
    """The counts in the rows of SURVEY that hold them."""
    texts: dict[str, list[str]] = {}
    for row in rows:
        texts.setdefault(row["violation_class"], []).append(row["counts"])
    counted = NOTHING
    for name, parts in texts.items():
        pairs = np.fromstring(" ".join(parts), np.int64, sep=" ").reshape(-1, 2)
        ids, posts = pairs[np.argsort(pairs[:, 0])].T  # EVERY_POST is the least
        table = np.ascontiguousarray(posts[1:, np.newaxis], np.int32)
        counted += Counts({name: int(posts[0])}, ids[1:].astype(np.uint32), table)
    return counted
