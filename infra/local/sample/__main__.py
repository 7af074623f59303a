"""Writes labelled sample posts as the CSV that `sekisho train` reads.

    python -m infra.local.sample --days 75 --posts-per-day 200 --seed 1 \\
        --until 2026-11-22T00:00:00+00:00 --csv FILE
"""

import argparse
import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from infra.local.sample.posts import SamplePosts, SampleSizes, sample_posts
from infra.local.sample.reviewers import sample_reviews
from shared.spam.labels import ReviewLabel

COLUMNS = ("post_id", "posted_at", "title", "body", "label", "violation_class")


def main(arguments: list[str] | None = None) -> None:
    """Write the newest revision of every sample post that a reviewer answered."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.sample", description=main.__doc__)
    parser.add_argument("--days", type=int, default=SampleSizes.days)
    parser.add_argument("--posts-per-day", type=int, default=SampleSizes.posts_per_day)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until", type=_zoned, required=True, help="ISO time with its zone")
    parser.add_argument("--csv", type=Path, required=True, help="the file to write")
    given = parser.parse_args(arguments)
    try:
        sizes = SampleSizes(days=given.days, posts_per_day=given.posts_per_day)
    except ValueError as error:
        parser.error(str(error))
    sample = sample_posts(sizes, given.until, given.seed)
    with given.csv.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(labelled_rows(sample, sample_reviews(sample, given.until, given.seed)))


def labelled_rows(sample: SamplePosts, labels: Iterable[ReviewLabel]) -> Iterator[tuple[str, ...]]:
    """A row for the newest revision of every post, where that revision has a label; oldest first."""
    newest = {post.post_id: post for post in sample.posts}
    answers = {(label.post_id, label.revision): label for label in labels}
    for post in newest.values():
        label = answers.get(post.key)
        if label:
            posted_at = post.posted_at.isoformat()
            yield post.post_id, posted_at, post.title, post.body, label.answer.value, label.violation_class


def _zoned(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise argparse.ArgumentTypeError(f"expected a time with its zone, came {text}")
    return time


if __name__ == "__main__":
    main()
