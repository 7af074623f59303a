"""Review labels: what people answered about posts. They outrank every verdict."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from shared.spam.posts import Post, PostId, Revision, ShortText, check_time, parse_event

UNCLASSIFIED = "unclassified"
"""The violation class of a post whose rule nobody named, or which too few labels tell apart."""


class Answer(StrEnum):
    """A person's answer on a post."""

    VIOLATION = "violation"
    OK = "ok"


class Source(StrEnum):
    """Why a person looked: it stood in the queue, it was drawn at random, or its author appealed."""

    QUEUE = "queue"
    PATROL = "patrol"
    APPEAL = "appeal"


@dataclass(frozen=True)
class ReviewLabel:
    """One person's answer on one revision of one post.

    `label_id` is the id of the webhook that brought it, so that a repeat is recognised.
    `violation_class` is empty for `ok`, and `unclassified` where the reviewer named none.
    """

    label_id: str
    post_id: str
    revision: int
    answer: Answer
    violation_class: str
    source: Source
    reviewer: str
    answered_at: datetime

    @classmethod
    def from_event(cls, body: bytes, label_id: str, now: datetime) -> "ReviewLabel":
        """The label a `review.answered` event brings. Raises BadEvent naming the field."""
        data = parse_event(body, _ReviewEvent).data
        check_time("data.answered_at", data.answered_at, now)
        answer = Answer(data.answer)
        named = data.violation_class or UNCLASSIFIED
        return cls(
            label_id=label_id,
            post_id=data.post_id,
            revision=data.revision,
            answer=answer,
            violation_class=named if answer is Answer.VIOLATION else "",
            source=Source(data.source),
            reviewer=data.reviewer,
            answered_at=data.answered_at.astimezone(UTC),
        )


@dataclass(frozen=True)
class LabelledPost:
    """A post revision with the newest answer people gave on it: what training learns from."""

    post: Post
    answer: Answer
    violation_class: str
    source: Source

    @property
    def is_violation(self) -> bool:
        """Whether people call it a violation."""
        return self.answer is Answer.VIOLATION


ClassName = Annotated[str, StringConstraints(max_length=60, pattern=r"^[a-z0-9_]*$")]


class _ReviewData(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    post_id: PostId
    revision: Revision = 1
    answer: Literal["violation", "ok"]
    violation_class: ClassName = ""
    source: Literal["queue", "patrol", "appeal"] = "queue"
    reviewer: ShortText = ""
    answered_at: AwareDatetime


class _ReviewEvent(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    type: Literal["review.answered"]
    data: _ReviewData
