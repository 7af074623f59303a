"""A marketplace to put load on: a trained model, posts that nobody has seen, and what became of them."""

import dataclasses
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from infra.local.cloud import LocalCloud
from infra.local.sample.posts import SampleSizes, sample_posts
from infra.local.sample.reviewers import sample_reviews
from shared.gcp.clients import bigquery_client
from shared.gcp.label_table import LabelTable
from shared.gcp.post_table import PostTable
from shared.gcp.queries import read_rows
from shared.spam.posts import Post

KINDS_OF_POSTS = SampleSizes(days=2, posts_per_day=500, violation_share=0.05)


class Marketplace:
    """One local cloud with a model in service."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud, self.dataset = cloud, cloud.settings.dataset
        self.client = bigquery_client(cloud.settings)
        self.posts = PostTable(self.client, self.dataset)
        now = datetime.now(UTC)
        past = sample_posts(
            SampleSizes(days=40, posts_per_day=100, violation_share=0.2, patrol_share=0.25),
            now - timedelta(days=5),
        )
        self.posts.load(past.posts, now, "scale-posts")
        LabelTable(self.client, self.dataset).load(list(sample_reviews(past, now)), "scale-labels")
        trained = cloud.post("train_spam_model")
        if trained.status_code != 200 or trained.json()["outcome"] != "promoted":
            raise SystemExit(f"scale: expected a model in service, came {trained.text[:300]}")
        self._texts = sample_posts(KINDS_OF_POSTS, now, 99).posts

    def new_posts(self, count: int, age: timedelta = timedelta(minutes=5)) -> list[Post]:
        """So many posts, a millisecond apart from `age` ago on, the oldest first."""
        name, start = uuid.uuid4().hex[:12], datetime.now(UTC).replace(microsecond=0) - age
        return [
            dataclasses.replace(
                self._texts[number % len(self._texts)],
                post_id=f"{name}-{number:06}",
                revision=1,
                posted_at=start + timedelta(milliseconds=number),
                revised_at=start + timedelta(milliseconds=number),
            )
            for number in range(count)
        ]

    def judged(self, posts: Sequence[Post]) -> int:
        """How many of `posts`, of one call of new_posts, have their verdict."""
        prefix = posts[0].post_id.rpartition("-")[0] + "-"
        sql = "SELECT COUNT(DISTINCT post_id) AS judged FROM verdicts WHERE STARTS_WITH(post_id, @prefix)"
        (row,) = read_rows(self.client, self.dataset, sql, prefix=prefix)
        return int(row["judged"])

    def wait_until_judged(self, posts: Sequence[Post], patience_seconds: float) -> int:
        """Wait until all have their verdict, or for so long; how many have."""
        end = time.perf_counter() + patience_seconds
        while (judged := self.judged(posts)) < len(posts) and time.perf_counter() < end:
            self.cloud.check_alive()
            time.sleep(0.2)
        return judged
