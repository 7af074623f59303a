"""What authors, reviewers and Sekisho can do on the platform; a deed and its webhook are one transaction."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from infra.local.database import Database
from infra.local.platform import acts, deliveries, posts, reviews
from infra.local.platform.deliveries import Kind
from infra.local.platform.posts import AUTHOR, State
from infra.local.platform.queue import Queue, Queued
from infra.local.platform.sender import Sender
from shared.errors import BadEvent
from shared.spam.events import read_label, read_post
from shared.spam.labels import ReviewLabel
from shared.spam.posts import Post

CHANGEABLE = ("title", "body", "category", "attributes", "revised_at")


class NoSuchPost(Exception):
    """There is no such post, or not that revision of it."""


class PostDeleted(Exception):
    """Its author deleted it: it can't be edited any more."""


class Marketplace:
    """The platform behind its pages and its API."""

    def __init__(self, database: Database, sender: Sender, queue: Queue) -> None:
        """`database` holds what happened, `sender` announces it, `queue` is what Sekisho left to people."""
        self.database = database
        self.queue = queue
        self._sender = sender
        self._chance = random.Random()

    def post(self, items: Sequence[Mapping[str, Any]], announce: bool) -> tuple[int, list[str]]:
        """Takes posts as an event's `data` has them; gives back how many were new, and their webhooks' ids.

        Raises BadEvent, and then takes none of them.
        """
        now = datetime.now(UTC)
        checked = [checked_post(item, now) for item in items]
        with self.database.writing() as db:
            added = posts.add(db, checked, now)
            announced = self._announce(db, added, now) if announce else []
        self._sender.wake()
        return len(added), announced

    def revise(self, post_id: str, changes: Mapping[str, Any], announce: bool) -> tuple[Post, list[str]]:
        """Edits the post: its next revision, with `changes` over what the newest has."""
        now = datetime.now(UTC)
        with self.database.writing() as db:
            standing = posts.standing(db, post_id)
            newest = posts.revision(db, post_id, standing.revision) if standing else None
            if standing is None or newest is None:
                raise NoSuchPost(f"post_id: expected a post, came {post_id!r}")
            if standing.state is State.DELETED:
                raise PostDeleted("the post was deleted by its author")
            edited = replace(newest, revision=newest.revision + 1, revised_at=now).to_event()["data"]
            edited |= {name: changes[name] for name in CHANGEABLE if name in changes}
            post = checked_post(edited, now)
            posts.add(db, [post], now)
            announced = self._announce(db, [post], now) if announce else []
        self._sender.wake()
        return post, announced

    def delete(self, post_id: str) -> None:
        """The author deletes the post."""
        with self.database.writing() as db:
            standing = posts.standing(db, post_id)
            if standing is None:
                raise NoSuchPost(f"post_id: expected a post, came {post_id!r}")
            if standing.state is not State.DELETED:
                posts.set_state(
                    db, (post_id, standing.revision), State.DELETED, AUTHOR, "", datetime.now(UTC)
                )

    def review(self, items: Sequence[Mapping[str, Any]], announce: bool) -> list[str]:
        """Takes people's answers as an event's `data` has them; gives back their webhooks' ids."""
        now = datetime.now(UTC)
        with self.database.writing() as db:
            labels = []
            for item in items:
                whole = {"answered_at": now.isoformat(), "source": "queue"} | dict(item)
                if "revision" not in whole and (standing := posts.standing(db, str(whole.get("post_id")))):
                    whole["revision"] = standing.revision
                label = _checked_label(whole, deliveries.new_webhook_id(), now)
                if posts.revision(db, label.post_id, label.revision) is None:
                    raise NoSuchPost(
                        f"post_id: expected a post with revision {label.revision}, came none such"
                    )
                reviews.record(db, label, now)
                labels.append(label)
            if announce:
                events = [(label.label_id, reviews.event(label)) for label in labels]
                deliveries.enqueue(db, Kind.REVIEW, events, now)
        self._sender.wake()
        return [label.label_id for label in labels]

    def act(self, request: acts.Request) -> acts.Answer:
        """Carries out what Sekisho asks for, once."""
        with self.database.writing() as db:
            return acts.carry_out(db, request, datetime.now(UTC))

    def repeat(self, webhook_id: str) -> bool:
        """Sends a settled webhook again; whether there is such a one."""
        with self.database.writing() as db:
            found = deliveries.repeat(db, webhook_id, datetime.now(UTC))
        self._sender.wake()
        return found

    def waiting(self) -> list[Queued]:
        """What waits for a person and has not been answered, edited or deleted since it was judged."""
        queued = self.queue.read()
        with self.database.reading() as db:
            return [
                item
                for item in queued
                if (standing := posts.standing(db, item.post_id))
                and standing.revision == item.revision
                and standing.state is not State.DELETED
                and not reviews.is_answered(db, item.key)
            ]

    def patrol(self) -> str | None:
        """The id of a post drawn at random."""
        with self.database.reading() as db:
            return reviews.draw_for_patrol(db, self._chance, datetime.now(UTC))

    def _announce(self, db: Any, added: Sequence[Post], now: datetime) -> list[str]:
        events = [(deliveries.new_webhook_id(), post.to_event()) for post in added]
        return deliveries.enqueue(db, Kind.POST, events, now)


def checked_post(data: Mapping[str, Any], now: datetime) -> Post:
    """The post in `data`; times left out are now. Raises BadEvent naming the field."""
    whole = {"revision": 1, "revised_at": data.get("posted_at", now.isoformat())} | dict(data)
    whole.setdefault("posted_at", whole["revised_at"])
    return read_post(json.dumps({"type": "post.created", "data": whole}).encode(), now)


def _checked_label(data: Mapping[str, Any], label_id: str, now: datetime) -> ReviewLabel:
    if not data.get("post_id"):
        raise BadEvent("data.post_id: expected the id of a post, came nothing", "data.post_id")
    return read_label(json.dumps({"type": "review.answered", "data": data}).encode(), label_id, now)
