"""The demo: a marketplace's 75 days pass the checkpoint, with production code on the local cloud."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from infra.local.cloud import LocalCloud
from infra.local.sample.posts import SamplePosts, SampleSizes, sample_posts
from infra.local.sample.reviewers import sample_reviews
from shared.errors import SekishoError
from shared.gcp.clients import bigquery_client
from shared.gcp.label_table import LabelTable
from shared.gcp.post_table import PostTable
from shared.gcp.queries import read_row, read_rows
from shared.spam.posts import Post

VERDICTS = "SELECT post_id, action FROM verdicts_latest WHERE acting AND post_id IN UNNEST(@wanted)"
TAKEDOWNS = """
SELECT verdict.post_id, post.title, takedown.state, verdict.violation_class, verdict.score, verdict.reasons
FROM takedowns_latest AS takedown
JOIN verdicts_latest AS verdict
  ON verdict.post_id = takedown.post_id AND verdict.revision = takedown.revision AND verdict.acting
JOIN posts_latest AS post
  ON post.post_id = takedown.post_id AND post.revision = takedown.revision
ORDER BY verdict.score DESC, verdict.post_id
LIMIT @most
"""
TODAY = "SELECT * FROM moderation_daily ORDER BY day DESC LIMIT 1"

ANCHOR = datetime(2026, 11, 22, tzinfo=UTC)
"""The sample is written as of this moment and moved to the present: every demo shows the same posts."""
PATIENCE_SECONDS = 60
BULK = 2_000


class DemoFailed(SekishoError):
    """Look into it: a step of the demo did not do what it must."""


@dataclass(frozen=True)
class Announced:
    """A post sent by webhook, what was decided on it, and what became of it at the platform."""

    post: Post
    truth: str
    action: str
    state: str


class Demo:
    """One run over `cloud`; `now` is the moment the sample data ends."""

    def __init__(self, cloud: LocalCloud, sizes: SampleSizes, now: datetime) -> None:
        self.cloud = cloud
        self.now = now
        self.sizes = sizes
        self._platform = requests.Session()
        self._platform.headers["Authorization"] = f"Bearer {cloud.environment['SEKISHO_PLATFORM_TOKEN']}"

    def load(self) -> Mapping[str, int]:
        """Put the sample posts and the reviewers' answers into BigQuery and the posts on the platform."""
        sample = sample_posts(self.sizes, ANCHOR)
        posts = [_moved(post, self.now - ANCHOR) for post in sample.posts]
        labels = [
            replace(label, answered_at=label.answered_at + (self.now - ANCHOR))
            for label in sample_reviews(sample, ANCHOR)
        ]
        client, dataset = bigquery_client(self.cloud.settings), self.cloud.settings.dataset
        name = f"demo-{self.now:%Y%m%dT%H%M%S}"
        PostTable(client, dataset).load(posts, None, f"{name}-posts")
        LabelTable(client, dataset).load(labels, f"{name}-labels")
        listed = [post.to_event()["data"] for post in posts]
        for start in range(0, len(listed), BULK):
            self._ask("POST", "posts?announce=false", listed[start : start + BULK])
        return {"post revisions": len(posts), "review labels": len(labels)}

    def train(self, days_later: int = 0) -> dict[str, Any]:
        """Call the training function, as Cloud Scheduler does, today or some days later."""
        today = (self.now + timedelta(days=days_later)).date()
        told = self._call("train_spam_model", {"today": today.isoformat()})
        if told["outcome"] == "refused":
            raise DemoFailed(f"training: expected a model, came a refusal: {told['reason']}")
        return told

    def judge(self) -> dict[str, Any]:
        """Call the half-hourly sweep."""
        return self._call("judge_new_posts", {})

    def announce(self) -> list[Announced]:
        """Have the platform send three new posts by signed webhook: two violating, one ordinary."""
        chosen = _three_posts(self.now)
        for post, _ in chosen:
            self._ask("POST", "posts", post.to_event()["data"])
        judged = self._wait_for("three verdicts", lambda: self._verdicts([post for post, _ in chosen]))
        down = [post_id for post_id, action in judged.items() if action == "take_down"]
        self._wait_for("the takedowns", lambda: all(self._state(post_id) == "taken_down" for post_id in down))
        return [
            Announced(post, truth, judged[post.post_id], self._state(post.post_id)) for post, truth in chosen
        ]

    def overturn(self, announced: list[Announced]) -> str:
        """Have a reviewer answer `ok` on a post that was taken down; it comes back. Gives its id."""
        down = [one.post for one in announced if one.state == "taken_down"]
        if not down:
            raise DemoFailed(
                "webhooks: expected at least one of the violating posts to be taken down, came none"
            )
        post = down[0]
        answer = {"post_id": post.post_id, "revision": post.revision, "answer": "ok", "source": "appeal"}
        answer |= {"reviewer": "demo-reviewer", "answered_at": datetime.now(UTC).isoformat()}
        self._ask("POST", "reviews", answer)
        self._wait_for("the overturned post", lambda: self._state(post.post_id) in ("visible", "restored"))
        return post.post_id

    def takedowns(self, most: int = 8) -> list[Mapping[str, Any]]:
        """Posts Sekisho took down, with what spoke against them, the surest first."""
        found = read_rows(
            bigquery_client(self.cloud.settings), self.cloud.settings.dataset, TAKEDOWNS, most=most
        )
        return [dict(row) for row in found]

    def day(self) -> Mapping[str, Any]:
        """Today's row of moderation_daily: what the KPI half will watch."""
        row = read_row(bigquery_client(self.cloud.settings), self.cloud.settings.dataset, TODAY)
        return dict(row) if row else {}

    def states(self) -> Mapping[str, int]:
        """Posts at the platform by state, as the platform itself counts them."""
        told = self._ask("GET", "summary")
        return {name: told[name] for name in ("visible", "taken_down", "deleted")}

    def _state(self, post_id: str) -> str:
        return str(self._ask("GET", f"posts/{post_id}")["state"])

    def _verdicts(self, posts: list[Post]) -> dict[str, str]:
        """Action by post id once all have a verdict; nothing before."""
        wanted = [post.post_id for post in posts]
        client, dataset = bigquery_client(self.cloud.settings), self.cloud.settings.dataset
        found = {row["post_id"]: row["action"] for row in read_rows(client, dataset, VERDICTS, wanted=wanted)}
        return found if len(found) == len(wanted) else {}

    def _call(self, function: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        response = self.cloud.post(function, payload)
        if response.status_code != 200:
            raise DemoFailed(
                f"{function}: expected HTTP 200, came {response.status_code}: {response.text[:500]}"
            )
        return dict(response.json())

    def _ask(self, method: str, path: str, payload: Any = None) -> Any:
        response = self._platform.request(
            method, f"{self.cloud.url('platform')}/api/v1/{path}", json=payload, timeout=60
        )
        if not response.ok:
            raise DemoFailed(
                f"platform {path}: expected success, came {response.status_code}: {response.text[:300]}"
            )
        return response.json()

    def _wait_for[Found](self, what: str, look: Callable[[], Found]) -> Found:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            self.cloud.check_alive()
            found = look()
            if found:
                return found
            time.sleep(0.2)
        raise DemoFailed(
            f"expected {what} within {PATIENCE_SECONDS} s, came none: see {self.cloud.root / 'logs'}"
        )


def _three_posts(now: datetime) -> list[tuple[Post, str]]:
    """An ordinary post and one of each of the two commonest violating kinds, that nobody has seen."""
    sizes = SampleSizes(days=2, posts_per_day=300, violation_share=0.2, edited_share=0.0)
    fresh: SamplePosts = sample_posts(sizes, ANCHOR, seed=99)
    violating = [(post, fresh.truth[post.key]) for post in fresh.posts if fresh.truth[post.key]]
    ordinary = next((post, "") for post in fresh.posts if not fresh.truth[post.key])
    commonest = [name for name, _ in Counter(truth for _, truth in violating).most_common(2)]
    chosen = [ordinary, *(next(one for one in violating if one[1] == name) for name in commonest)]
    return [
        (replace(post, post_id=f"demo-{now:%Y%m%d%H%M%S}-{number}", posted_at=now, revised_at=now), truth)
        for number, (post, truth) in enumerate(chosen, start=1)
    ]


def _moved(post: Post, by: timedelta) -> Post:
    return replace(post, posted_at=post.posted_at + by, revised_at=post.revised_at + by)
