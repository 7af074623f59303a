"""Intake at rising load: signed webhooks by more and more senders at once, until every post is judged."""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import requests

from infra.local.cloud import LocalCloud
from shared.spam.posts import Post
from tests.benchmarks.scale_load.curve import Curve, Point
from tests.benchmarks.scale_load.marketplace import Marketplace
from tests.functions.stage import signed

PATIENCE_SECONDS = 300.0


def rising_load(market: Marketplace, senders: Sequence[int], posts_a_sender: int) -> Curve:
    """At each step so many senders send their posts, each one after the other; cost is until judged."""
    points = []
    for count in senders:
        posts = market.new_posts(count * posts_a_sender)
        begun = time.perf_counter()
        with ThreadPoolExecutor(count) as pool:
            shares = [posts[number::count] for number in range(count)]
            answers = [
                answer
                for each in pool.map(lambda share: _send(market.cloud, share), shares)
                for answer in each
            ]
        taken = time.perf_counter() - begun
        judged = market.wait_until_judged(posts, PATIENCE_SECONDS)
        seconds = time.perf_counter() - begun
        waits = sorted(wait for _, wait in answers)
        errors = sum(status != 202 for status, _ in answers)
        points.append(
            Point(len(posts), seconds, (
                str(count), f"{len(posts) / taken:.0f}", f"{_share(waits, 0.5) * 1e3:.0f}",
                f"{_share(waits, 0.99) * 1e3:.0f}", str(errors), f"{judged:,}",
            ))
        )  # fmt: skip
    return Curve(
        "Webhook → Pub/Sub → verdict, one instance of each function", "posts", points,
        ("senders", "taken/s", "p50 ms", "p99 ms", "errors", "judged"),
    )  # fmt: skip


def _send(cloud: LocalCloud, posts: Sequence[Post]) -> list[tuple[int, float]]:
    """Status and seconds of each webhook."""
    session, url = requests.Session(), cloud.function_url("receive_new_post")
    secret, found = cloud.environment["SEKISHO_WEBHOOK_SECRET"], []
    for post in posts:
        body = json.dumps(post.to_event()).encode()
        headers = signed(secret, body, datetime.now(UTC))
        begun = time.perf_counter()
        try:
            status = session.post(url, data=body, headers=headers, timeout=60).status_code
        except requests.RequestException:
            status = 0
        found.append((status, time.perf_counter() - begun))
    return found


def _share(sorted_waits: Sequence[float], share: float) -> float:
    return sorted_waits[min(len(sorted_waits) - 1, int(share * len(sorted_waits)))]
