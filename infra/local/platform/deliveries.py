"""Webhooks waiting to be sent, sent, refused or given up: the platform's outbox."""

import json
import sqlite3
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from infra.local.platform import posts
from infra.local.platform.posts import PLATFORM, Entry

MOST_TRIES = 8
LEASE_SECONDS = 120.0
"""A delivery being sent is not sent a second time meanwhile; longer than any one attempt takes."""


class DeliveryState(StrEnum):
    """Where a webhook stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    REFUSED = "refused"  # a 4xx: sending it again can't help
    GIVEN_UP = "given_up"  # no usable answer in all the tries


class Kind(StrEnum):
    """What a webhook is about, which decides where it goes."""

    POST = "post"
    REVIEW = "review"


@dataclass(frozen=True)
class Delivery:
    """One webhook to send now."""

    webhook_id: str
    kind: Kind
    key: tuple[str, int]
    body: str
    tries: int


def new_webhook_id() -> str:
    """An id for a webhook, kept through all its repeats."""
    return f"msg_{uuid.uuid4().hex}"


def enqueue(
    db: sqlite3.Connection, kind: Kind, events: Iterable[tuple[str, dict[str, Any]]], now: datetime
) -> list[str]:
    """Puts `events` (webhook id, event) into the outbox, in the transaction of what they announce."""
    at = now.timestamp()
    rows = [
        (
            webhook_id,
            kind,
            event["data"]["post_id"],
            event["data"]["revision"],
            json.dumps(event, ensure_ascii=False),
            at,
            at,
        )
        for webhook_id, event in events
    ]
    db.executemany(
        """
        INSERT INTO deliveries (webhook_id, kind, post_id, revision, body, created_at, due_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        rows,
    )
    return [row[0] for row in rows]


def repeat(db: sqlite3.Connection, webhook_id: str, now: datetime) -> bool:
    """Sends a settled webhook once more, with the id it always had; whether there is such a one."""
    changed = db.execute(
        "UPDATE deliveries SET state = ?, tries = 0, due_at = ? WHERE webhook_id = ? AND state <> ?",
        (DeliveryState.PENDING, now.timestamp(), webhook_id, DeliveryState.PENDING),
    )
    return changed.rowcount == 1


def release(db: sqlite3.Connection, now: datetime) -> None:
    """What a stopped platform was sending or waiting to send is due now."""
    db.execute("UPDATE deliveries SET due_at = ? WHERE state = ?", (now.timestamp(), DeliveryState.PENDING))


def claim(db: sqlite3.Connection, now: datetime) -> Delivery | None:
    """The webhook that is due longest, which nobody else sends meanwhile."""
    row = db.execute(
        "SELECT * FROM deliveries WHERE state = ? AND due_at <= ? ORDER BY due_at LIMIT 1",
        (DeliveryState.PENDING, now.timestamp()),
    ).fetchone()
    if row is None:
        return None
    db.execute(
        "UPDATE deliveries SET due_at = ?, tries = tries + 1, attempts = attempts + 1 WHERE webhook_id = ?",
        (now.timestamp() + LEASE_SECONDS, row["webhook_id"]),
    )
    return Delivery(
        webhook_id=row["webhook_id"],
        kind=Kind(row["kind"]),
        key=(row["post_id"], row["revision"]),
        body=row["body"],
        tries=row["tries"] + 1,
    )


def next_due(db: sqlite3.Connection) -> float | None:
    """When the next webhook is due, in seconds since 1970."""
    (due_at,) = db.execute(
        "SELECT MIN(due_at) FROM deliveries WHERE state = ?", (DeliveryState.PENDING,)
    ).fetchone()
    return due_at  # type: ignore[no-any-return]


def settle(
    db: sqlite3.Connection,
    delivery: Delivery,
    status: int | None,
    answer: str,
    now: datetime,
    first_wait_seconds: float,
) -> DeliveryState:
    """Writes down what an attempt brought (`status` None: no answer) and decides what comes of it.

    It is tried again after `first_wait_seconds`, then after twice as long, MOST_TRIES times in all.
    """
    delivered = status is not None and 200 <= status < 300
    retryable = status is None or status in (408, 425, 429) or status >= 500 or 300 <= status < 400
    if delivered:
        state = DeliveryState.DELIVERED
    elif not retryable:
        state = DeliveryState.REFUSED
    else:
        state = DeliveryState.GIVEN_UP if delivery.tries >= MOST_TRIES else DeliveryState.PENDING
    wait = first_wait_seconds * 2 ** (delivery.tries - 1)
    db.execute(
        """
        UPDATE deliveries SET state = ?, due_at = ?, last_answer = ?, times_delivered = times_delivered + ?
        WHERE webhook_id = ?
        """,
        (state, now.timestamp() + wait, answer[:300], delivered, delivery.webhook_id),
    )
    if state is not DeliveryState.PENDING:
        kind = Entry.DELIVERED if delivered else Entry.UNDELIVERED
        posts.write(
            db, delivery.key, kind, PLATFORM, f"{delivery.kind} {delivery.webhook_id} {answer[:60]}", now
        )
    return state


def listing(
    db: sqlite3.Connection, post_id: str = "", state: str = "", webhook_id: str = "", limit: int = 1000
) -> list[dict[str, Any]]:
    """Webhooks, newest first, without what they carry."""
    rows = db.execute(
        """
        SELECT webhook_id, kind, post_id, revision, state, created_at, attempts, times_delivered, last_answer
        FROM deliveries
        WHERE (:post_id = '' OR post_id = :post_id) AND (:state = '' OR state = :state)
          AND (:webhook_id = '' OR webhook_id = :webhook_id)
        ORDER BY created_at DESC, rowid DESC LIMIT :limit
        """,
        {"post_id": post_id, "state": state, "webhook_id": webhook_id, "limit": limit},
    )
    return [dict(row) for row in rows]


def counts(db: sqlite3.Connection) -> dict[str, int]:
    """How many webhooks stand where."""
    found = db.execute("SELECT state, COUNT(*) FROM deliveries GROUP BY state")
    return {str(state): 0 for state in DeliveryState} | dict(tuple(row) for row in found)
