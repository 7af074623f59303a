"""People's answers on posts, what the platform does about them itself, and the patrol's random draw."""

import random
import sqlite3
from datetime import datetime, timedelta
from typing import Any

from infra.local.platform import posts
from infra.local.platform.posts import REVIEWER, Entry, State
from shared.spam.labels import Answer, ReviewLabel, Source

PATROL_DAYS = 7
"""The patrol measures how many violations are posted these days; older posts have been through it."""


def record(db: sqlite3.Connection, label: ReviewLabel, now: datetime) -> None:
    """Writes the answer down and acts on it as far as the platform itself is concerned.

    A violation is taken down at once. An `ok` lifts a takedown that a person made, or that was made of an
    older revision: Sekisho undoes only what it did to the revision answered on. That one is left to
    Sekisho, which learns of the answer by webhook. An answer on a revision that has been edited since is
    only written down: nobody has seen the new one.
    """
    db.execute(
        "INSERT INTO reviews (review_id, post_id, revision, answer, source) VALUES (?, ?, ?, ?, ?)",
        (label.label_id, label.post_id, label.revision, label.answer, label.source),
    )
    key = label.post_id, label.revision
    detail = " ".join(filter(None, [label.answer, label.violation_class, label.source, label.reviewer]))
    posts.write(db, key, Entry.REVIEWED, REVIEWER, detail, now)
    post = posts.standing(db, label.post_id)
    if post is None or post.revision != label.revision:
        return
    if label.answer is Answer.VIOLATION and post.state is State.VISIBLE:
        posts.set_state(db, key, State.TAKEN_DOWN, REVIEWER, label.violation_class, now)
    elif (
        label.answer is Answer.OK
        and post.state is State.TAKEN_DOWN
        and (post.acted_by == REVIEWER or post.acted_revision != label.revision)
    ):
        posts.set_state(db, key, State.VISIBLE, REVIEWER, "", now)


def event(label: ReviewLabel) -> dict[str, Any]:
    """The `review.answered` event that announces the answer."""
    return {
        "type": "review.answered",
        "timestamp": label.answered_at.isoformat(),
        "data": {
            "post_id": label.post_id,
            "revision": label.revision,
            "answer": str(label.answer),
            "violation_class": label.violation_class,
            "reviewer": label.reviewer,
            "source": str(label.source),
            "answered_at": label.answered_at.isoformat(),
        },
    }


def is_answered(db: sqlite3.Connection, key: tuple[str, int]) -> bool:
    """Whether a person has answered on this revision already."""
    found = db.execute("SELECT 1 FROM reviews WHERE post_id = ? AND revision = ? LIMIT 1", key)
    return found.fetchone() is not None


def draw_for_patrol(db: sqlite3.Connection, chance: random.Random, now: datetime) -> str | None:
    """The id of a post drawn evenly from all of the last PATROL_DAYS that no patrol has read yet, or None.

    Taken-down posts and those answered from the queue are drawn too: leaving out what the filter found
    would make violations look rarer than they are.
    """
    parameters: dict[str, str | int] = {
        "deleted": State.DELETED,
        "patrol": Source.PATROL,
        "since": (now - timedelta(days=PATROL_DAYS)).isoformat(),
    }
    open_posts = """
        FROM posts WHERE revised_at >= :since AND state <> :deleted AND NOT EXISTS (
            SELECT 1 FROM reviews
            WHERE reviews.post_id = posts.post_id AND reviews.revision = posts.revision AND source = :patrol
        )
    """
    (size,) = db.execute(f"SELECT COUNT(*) {open_posts}", parameters).fetchone()
    if not size:
        return None
    parameters["offset"] = chance.randrange(size)
    (post_id,) = db.execute(
        f"SELECT post_id {open_posts} ORDER BY post_id LIMIT 1 OFFSET :offset",
        parameters,
    ).fetchone()
    return str(post_id)


def counts(db: sqlite3.Connection) -> dict[str, int]:
    """How many answers of each kind people gave."""
    found = db.execute("SELECT answer, COUNT(*) FROM reviews GROUP BY answer")
    return {str(answer): 0 for answer in Answer} | dict(tuple(row) for row in found)
