"""The tokens table: posts as token ids, tokenised and counted in BigQuery, where training leaves one machine.

It is filled by infra/queries/fill_post_tokens.sql, or from here; docs/training.md says when that is worth it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from google.cloud import bigquery

from shared.gcp.loads import load_rows
from shared.gcp.queries import midnight, read_rows
from shared.spam.counts import NOTHING, Counts, Ids
from shared.spam.features import FEATURES
from shared.spam.labels import ORDINARY, UNCLASSIFIED, Label

PARTS = 1_000
"""Rows a class is sent in: of ten million tokens each is some 150 kB."""
EVERY_POST = -1
"""Stands among the ids of every post, so that posts are counted as tokens are: in one pass over the table."""

# A label counts whenever it was given, as in post_table.LABELLED. A row per token would be tens of millions,
# each read by itself: they come as text, "id posts id posts …".
COUNTS = """
WITH
  revisions AS (
    SELECT post_id, revision, token_ids
    FROM post_tokens
    WHERE revised_at >= @start AND revised_at < @end AND features = @features
    QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision ORDER BY tokenized_at DESC, revised_at DESC) = 1
  ),
  labelled AS (
    SELECT
      IF(
        label.answer = 'violation', COALESCE(NULLIF(label.violation_class, ''), @unclassified), @ordinary
      ) AS violation_class,
      ARRAY_CONCAT([@every_post], post.token_ids) AS token_ids
    FROM revisions AS post
    JOIN review_labels_latest AS label
      ON label.post_id = post.post_id AND label.revision = post.revision
  ),
  counted AS (
    SELECT labelled.violation_class, token_id, COUNT(*) AS posts
    FROM labelled
    CROSS JOIN UNNEST(labelled.token_ids) AS token_id
    GROUP BY violation_class, token_id
  )
SELECT
  violation_class,
  STRING_AGG(CONCAT(CAST(token_id AS STRING), ' ', CAST(posts AS STRING)), ' ') AS counts
FROM counted
GROUP BY violation_class, MOD(token_id + 1, @parts)
"""


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
        found = read_rows(
            self._client,
            self._dataset,
            COUNTS,
            start=midnight(start, zone),
            end=midnight(end, zone),
            features=name_of(features),
            unclassified=UNCLASSIFIED,
            ordinary=ORDINARY,
            every_post=EVERY_POST,
            parts=PARTS,
        )
        return _counts(found)


def _counts(rows: Iterable[Any]) -> Counts:
    """The counts in the rows of COUNTS."""
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
