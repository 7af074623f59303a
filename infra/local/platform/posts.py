"""The posts the platform holds: every revision, where each post stands, and its journal."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.spam.posts import Post


class State(StrEnum):
    """Where a post stands, for its readers."""

    VISIBLE = "visible"
    TAKEN_DOWN = "taken_down"
    DELETED = "deleted"  # by its author


class Entry(StrEnum):
    """What can happen to a post; an act (`taken_down`, `restored`) is written once per time it was done."""

    POSTED = "posted"
    REVISED = "revised"
    TAKEN_DOWN = "taken_down"
    RESTORED = "restored"
    DELETED = "deleted"
    REVIEWED = "reviewed"
    DELIVERED = "delivered"  # the platform's webhook about it was taken
    UNDELIVERED = "undelivered"  # refused by its receiver, or given up


AUTHOR, SEKISHO, REVIEWER, PLATFORM = "author", "sekisho", "reviewer", "platform"


@dataclass(frozen=True)
class Standing:
    """Where one post stands: its newest revision, its state and who brought that about."""

    post_id: str
    revision: int
    title: str
    revised_at: datetime
    state: State
    acted_by: str
    acted_revision: int | None
    was_restored: bool

    def to_json(self) -> dict[str, Any]:
        """What the API tells of it."""
        return {
            "post_id": self.post_id,
            "revision": self.revision,
            "state": str(self.state),
            "acted_by": self.acted_by,
            "acted_revision": self.acted_revision,
            "was_restored": self.was_restored,
            "revised_at": self.revised_at.isoformat(),
        }


def add(db: sqlite3.Connection, posts: Iterable[Post], now: datetime) -> list[Post]:
    """Holds `posts`; gives back those that were not held before.

    A revision held already is left as it is. An edit does not lift a takedown: the post stays down
    until it is restored.
    """
    added = []
    for post in posts:
        data = json.dumps(post.to_event()["data"], ensure_ascii=False)
        if not db.execute(
            "INSERT OR IGNORE INTO revisions (post_id, revision, data) VALUES (?, ?, ?)", (*post.key, data)
        ).rowcount:
            continue
        db.execute(
            """
            INSERT INTO posts (post_id, revision, title, revised_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (post_id) DO UPDATE
            SET revision = excluded.revision, title = excluded.title, revised_at = excluded.revised_at
            WHERE excluded.revision > posts.revision
            """,
            (*post.key, post.title, post.revised_at.isoformat()),
        )
        write(db, post.key, Entry.POSTED if post.revision == 1 else Entry.REVISED, AUTHOR, "", now)
        added.append(post)
    return added


def standing(db: sqlite3.Connection, post_id: str) -> Standing | None:
    """Where the post stands, or None where there is no such post."""
    row = db.execute("SELECT * FROM posts WHERE post_id = ?", (post_id,)).fetchone()
    return _standing(row) if row else None


def set_state(
    db: sqlite3.Connection, key: tuple[str, int], state: State, actor: str, detail: str, now: datetime
) -> None:
    """Brings the post into `state` for the revision `key` and writes the act into its journal."""
    restored = state is State.VISIBLE
    db.execute(
        "UPDATE posts SET state = ?, acted_by = ?, acted_revision = ?, was_restored = ? WHERE post_id = ?",
        (state, actor, key[1], restored, key[0]),
    )
    write(db, key, Entry.RESTORED if restored else Entry(state), actor, detail, now)


def write(
    db: sqlite3.Connection, key: tuple[str, int], kind: Entry, actor: str, detail: str, now: datetime
) -> None:
    """Appends to the journal of the post."""
    db.execute(
        "INSERT INTO journal (post_id, revision, kind, actor, detail, at) VALUES (?, ?, ?, ?, ?, ?)",
        (*key, kind, actor, detail, now.isoformat()),
    )


def revisions(db: sqlite3.Connection, post_id: str) -> list[Post]:
    """Every revision of the post, oldest first."""
    rows = db.execute("SELECT data FROM revisions WHERE post_id = ? ORDER BY revision", (post_id,))
    return [_post(row["data"]) for row in rows]


def revision(db: sqlite3.Connection, post_id: str, number: int) -> Post | None:
    """One revision of the post, or None."""
    row = db.execute(
        "SELECT data FROM revisions WHERE post_id = ? AND revision = ?", (post_id, number)
    ).fetchone()
    return _post(row["data"]) if row else None


def journal(db: sqlite3.Connection, post_id: str) -> list[dict[str, Any]]:
    """What happened to the post, oldest first."""
    rows = db.execute(
        "SELECT at, kind, revision, actor, detail FROM journal WHERE post_id = ? ORDER BY entry", (post_id,)
    )
    return [dict(row) for row in rows]


def page(
    db: sqlite3.Connection, state: str, words: str, limit: int, offset: int
) -> tuple[list[Standing], int]:
    """Posts in `state` (empty: any) with `words` in the title or as their id, newest first, of how many."""
    asked = {"state": state, "words": words, "limit": limit, "offset": offset}
    matching = """
        FROM posts WHERE (:state = '' OR state = :state)
        AND (:words = '' OR post_id = :words OR INSTR(LOWER(title), LOWER(:words)) > 0)
    """
    rows = db.execute(
        f"SELECT * {matching} ORDER BY revised_at DESC, post_id LIMIT :limit OFFSET :offset", asked
    )
    (total,) = db.execute(f"SELECT COUNT(*) {matching}", asked).fetchone()
    return [_standing(row) for row in rows], total


def counts(db: sqlite3.Connection) -> dict[str, Any]:
    """How many posts stand where, and how many acts were carried out."""
    states = {str(state): 0 for state in State} | dict(
        tuple(row) for row in db.execute("SELECT state, COUNT(*) FROM posts GROUP BY state")
    )
    by = dict(
        tuple(row)
        for row in db.execute(
            "SELECT acted_by, COUNT(*) FROM posts WHERE state = 'taken_down' GROUP BY acted_by"
        )
    )
    entries = {str(kind): 0 for kind in Entry} | dict(
        tuple(row) for row in db.execute("SELECT kind, COUNT(*) FROM journal GROUP BY kind")
    )
    held = sum(states.values())
    return {"posts": held, **states, "taken_down_by": {SEKISHO: 0, REVIEWER: 0} | by, "journal": entries}


def _standing(row: sqlite3.Row) -> Standing:
    return Standing(
        post_id=row["post_id"],
        revision=row["revision"],
        title=row["title"],
        revised_at=datetime.fromisoformat(row["revised_at"]),
        state=State(row["state"]),
        acted_by=row["acted_by"],
        acted_revision=row["acted_revision"],
        was_restored=bool(row["was_restored"]),
    )


def _post(data: str) -> Post:
    fields = json.loads(data)
    times = {name: datetime.fromisoformat(fields[name]) for name in ("posted_at", "revised_at")}
    return Post(**(fields | times))
