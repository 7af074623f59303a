"""Posts in CSV files: what `sekisho train` learns from and `sekisho judge` judges."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from infra.cli.csv_rows import Row, read_rows
from shared.spam.labels import UNCLASSIFIED, Answer, LabelledPost, Source
from shared.spam.posts import Post

UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of posts in a file that gives none."""
BLOCK = 20
"""Neighbouring rows of an undated file held together when some are held out: neighbours are often alike."""


def read_posts(path: Path) -> Iterator[Post]:
    """The posts of `post_id[,posted_at][,title],body`, in the file's order. Raises BadRow."""
    for row in read_rows(path, ("post_id", "body")):
        yield _post(row)


def read_labelled(path: Path) -> list[LabelledPost]:
    """The posts of `post_id,posted_at,title,body,label[,violation_class]`, in the order they teach.

    Oldest first where `posted_at` is given. Where no row gives it, every fifth block of 20 rows comes last,
    and so examines: files are often sorted by label, and neighbours are often near-copies. Copies of a text
    stay with the first of them. Raises BadRow naming line, column and what was expected.
    """
    labelled, first_seen = [], dict[str, str]()
    for row in read_rows(path, ("post_id", "body", "label")):
        post = _post(row)
        if post.post_id in first_seen:
            row.refuse("post_id", f"each post once (it stands on {first_seen[post.post_id]} too)")
        first_seen[post.post_id] = row.where.rpartition(", ")[2]
        label = row.values["label"].strip()
        if label not in tuple(Answer):
            row.refuse("label", "violation or ok")
        named = row.values.get("violation_class", "").strip()
        if named and not (named.isascii() and named.replace("_", "").isalnum() and named == named.lower()):
            row.refuse("violation_class", "lower-case letters, digits and _")
        answer = Answer(label)
        violation_class = (named or UNCLASSIFIED) if answer is Answer.VIOLATION else ""
        labelled.append(LabelledPost(post, answer, violation_class, Source.QUEUE))
        dated = labelled[0].post.posted_at != UNDATED
        if dated != (post.posted_at != UNDATED):
            row.refuse("posted_at", "a time in every row or in none")
    if labelled and labelled[0].post.posted_at == UNDATED:
        return _undated_order(labelled)
    return sorted(labelled, key=lambda one: (one.post.posted_at, one.post.post_id))


def _undated_order(labelled: list[LabelledPost]) -> list[LabelledPost]:
    block_of: dict[tuple[str, str], int] = {}
    for index, one in enumerate(labelled):
        block_of.setdefault((one.post.title, one.post.body), index // BLOCK)
    return sorted(labelled, key=lambda one: block_of[one.post.title, one.post.body] % 5 == 4)


def _post(row: Row) -> Post:
    post_id = row.values["post_id"].strip()
    if not post_id:
        row.refuse("post_id", "an id")
    posted_at = _time(row)
    return Post(post_id, 1, posted_at, posted_at, row.values.get("title", ""), row.values["body"])


def _time(row: Row) -> datetime:
    text = row.values.get("posted_at", "").strip()
    if not text:
        return UNDATED
    if text.endswith(" UTC"):  # as BigQuery writes its own into files
        text = f"{text.removesuffix(' UTC')}+00:00"
    try:
        time = datetime.fromisoformat(text)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        row.refuse("posted_at", "an ISO time such as 2026-11-22T09:00:00+09:00 (UTC where it names no zone)")
