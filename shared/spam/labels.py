"""Review labels: what people answered about posts. They outrank every verdict."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.spam.posts import Post

UNCLASSIFIED = "unclassified"
"""The violation class of a post whose rule nobody named, or which too few labels tell apart."""

ORDINARY = ""
"""The class of posts that violate nothing."""


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


@dataclass(frozen=True)
class Label:
    """What training knows of every labelled post, without its text."""

    post_id: str
    revision: int
    revised_at: datetime
    violation_class: str  # ORDINARY for one that violates nothing
    source: Source

    @property
    def is_violation(self) -> bool:
        """Whether people call it a violation."""
        return self.violation_class != ORDINARY


@dataclass(frozen=True)
class LabelledPost:
    """A post revision with the newest answer people gave on it: what training learns from."""

    post: Post
    answer: Answer
    violation_class: str
    source: Source

    @classmethod
    def of(cls, post: Post, label: Label) -> "LabelledPost":
        """A post with the label it had when that was read, whatever people answered since."""
        answer = Answer.VIOLATION if label.is_violation else Answer.OK
        return cls(post, answer, label.violation_class, label.source)

    @property
    def is_violation(self) -> bool:
        """Whether people call it a violation."""
        return self.answer is Answer.VIOLATION

    @property
    def label(self) -> Label:
        """The same without the post's text."""
        post, named = self.post, class_of(self.answer, self.violation_class)
        return Label(post.post_id, post.revision, post.revised_at, named, self.source)


def class_of(answer: Answer, named: str) -> str:
    """The class a post counts for: ORDINARY, the one a person named, or UNCLASSIFIED."""
    return (named or UNCLASSIFIED) if answer is Answer.VIOLATION else ORDINARY
