"""A backlog after an outage: posts nobody judged, drained by the sweep, the oldest first and each once."""

import time
from collections.abc import Sequence
from datetime import timedelta

from shared.gcp.queries import read_rows
from tests.benchmarks.scale_load.curve import Curve, Point
from tests.benchmarks.scale_load.marketplace import Marketplace


def drained(market: Marketplace, sizes: Sequence[int], most_seconds: float) -> tuple[Curve, list[str]]:
    """The curve of draining so many posts, and what did not come out as it must."""
    points, problems = [], []
    for size in sizes:
        posts = market.new_posts(size, timedelta(hours=30))
        market.posts.load(posts, None, f"backlog-{posts[0].post_id}")
        begun, sweeps = time.perf_counter(), 0
        while market.judged(posts) < size:
            if time.perf_counter() - begun > most_seconds:
                problems.append(f"backlog of {size:,}: expected it drained in {most_seconds:.0f} s, came "
                                f"{market.judged(posts):,}")  # fmt: skip
                break
            answer = market.cloud.post("judge_new_posts", timeout_seconds=most_seconds)
            sweeps += 1
            if answer.status_code not in (200, 503):
                raise SystemExit(f"scale: expected the sweep to answer 200 or 503, came {answer.text[:300]}")
        seconds = time.perf_counter() - begun
        out_of_order, twice = _faults(market, posts[0].post_id.rpartition("-")[0] + "-")
        if out_of_order or twice:
            problems.append(
                f"backlog of {size:,}: {out_of_order} judged before an older one, {twice} judged twice"
            )
        points.append(Point(size, seconds, (str(sweeps), str(out_of_order), str(twice))))
    title, heads = "A backlog drained by judge_new_posts, one instance", ("sweeps", "out of order", "twice")
    return Curve(title, "posts", points, heads), problems


def _faults(market: Marketplace, prefix: str) -> tuple[int, int]:
    """How many posts were judged before an older one of an earlier page, and how many more than once."""
    sql = """
    WITH first AS (
      SELECT post_id, MIN(judged_at) AS judged_at, COUNT(*) AS verdicts
      FROM verdicts WHERE STARTS_WITH(post_id, @prefix) GROUP BY post_id
    ),
    ordered AS (SELECT judged_at, verdicts, LAG(judged_at) OVER (ORDER BY post_id) AS before FROM first)
    SELECT COUNTIF(judged_at < before) AS out_of_order, COUNTIF(verdicts > 1) AS twice FROM ordered
    """
    (row,) = read_rows(market.client, market.dataset, sql, prefix=prefix)
    return int(row["out_of_order"]), int(row["twice"])
