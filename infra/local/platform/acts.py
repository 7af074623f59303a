"""Takedowns and restores that Sekisho asks for: carried out once per idempotency key."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from infra.local.platform import posts
from infra.local.platform.posts import REVIEWER, SEKISHO, Standing, State


class Act(StrEnum):
    """What Sekisho may ask for."""

    TAKEDOWN = "takedown"
    RESTORE = "restore"


@dataclass(frozen=True)
class Request:
    """One call of the takedown API."""

    act: Act
    idempotency_key: str
    post_id: str
    revision: int
    violation_class: str


@dataclass(frozen=True)
class Answer:
    """What the platform answers: an HTTP status and a JSON body."""

    status: int
    body: dict[str, Any]


def refusal(status: int, code: str, message: str) -> Answer:
    """An answer that says no, and why."""
    return Answer(status, {"error": {"code": code, "message": message}})


def carry_out(db: sqlite3.Connection, request: Request, now: datetime) -> Answer:
    """The answer to `request`, carried out now or remembered from the first time.

    Needs the only writing connection: between looking the key up and remembering it nobody else may act.
    A post that is not there yet is not remembered, everything decided about one is.
    """
    known = db.execute(
        "SELECT * FROM answers WHERE idempotency_key = ?", (request.idempotency_key,)
    ).fetchone()
    if known:
        if (known["act"], known["post_id"], known["revision"]) != (
            request.act,
            request.post_id,
            request.revision,
        ):
            return refusal(
                422,
                "idempotency_key_reused",
                f"Idempotency-Key: expected {known['act']} of revision {known['revision']} of the post it "
                f"was first sent for, came {request.act} of revision {request.revision}",
            )
        return Answer(known["status"], json.loads(known["body"]))
    post = posts.standing(db, request.post_id)
    if post is None or request.revision > post.revision:
        return refusal(
            404, "not_found", f"post_id: expected a post with revision {request.revision}, came none such"
        )
    answer = (
        _take_down(db, request, post, now)
        if request.act is Act.TAKEDOWN
        else _restore(db, request, post, now)
    )
    db.execute(
        """
        INSERT INTO answers (idempotency_key, act, post_id, revision, status, body) VALUES (?, ?, ?, ?, ?, ?)
        """,
        (
            request.idempotency_key,
            request.act,
            request.post_id,
            request.revision,
            answer.status,
            json.dumps(answer.body),
        ),
    )
    return answer


def _take_down(db: sqlite3.Connection, request: Request, post: Standing, now: datetime) -> Answer:
    if post.state is State.DELETED:
        return refusal(410, "deleted", "the post was deleted by its author")
    if request.revision < post.revision:
        return _superseded(request, post.revision)
    key = request.post_id, request.revision
    if not (post.state is State.TAKEN_DOWN and post.acted_revision == request.revision):
        detail = f"{request.idempotency_key} {request.violation_class}".strip()
        posts.set_state(db, key, State.TAKEN_DOWN, SEKISHO, detail, now)
    return _done(request, State.TAKEN_DOWN)


def _restore(db: sqlite3.Connection, request: Request, post: Standing, now: datetime) -> Answer:
    if post.state is State.DELETED:
        return refusal(410, "deleted", "the post was deleted by its author")
    if post.state is State.TAKEN_DOWN:
        if post.acted_by == REVIEWER:
            return refusal(
                409, "taken_down_by_reviewer", "a person took this post down: only a person's answer lifts it"
            )
        if post.acted_revision != request.revision:
            return _superseded(request, post.acted_revision)
        key = request.post_id, request.revision
        posts.set_state(db, key, State.VISIBLE, SEKISHO, request.idempotency_key, now)
    return _done(request, State.VISIBLE)


def _done(request: Request, state: State) -> Answer:
    return Answer(200, {"post_id": request.post_id, "revision": request.revision, "state": str(state)})


def _superseded(request: Request, current: int | None) -> Answer:
    return refusal(409, "revision_superseded", f"revision: expected {current}, came {request.revision}")
