"""Verdicts: what a detector decided on a post, and what that lets Sekisho do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from shared.keys import key_of


class Action(StrEnum):
    """What a verdict asks for, from mildest to strongest."""

    LEAVE = "leave"
    REVIEW = "review"
    TAKE_DOWN = "take_down"

    @property
    def strength(self) -> int:
        """0 for leave, 1 for review, 2 for take_down."""
        return _STRENGTHS[self]


_STRENGTHS = {action: strength for strength, action in enumerate(Action)}


class Mode(StrEnum):
    """How far verdicts may act: not at all, only send to people, take down up to a cap, take down."""

    SHADOW = "shadow"
    REVIEW = "review"
    CAPPED = "capped"
    AUTO = "auto"

    @property
    def acts(self) -> bool:
        """Whether a verdict of this mode reaches anyone: in shadow it is only recorded."""
        return self is not Mode.SHADOW

    @property
    def takes_down(self) -> bool:
        """Whether a `take_down` verdict of this mode is carried out at the platform."""
        return self in (Mode.CAPPED, Mode.AUTO)


class Place(NamedTuple):
    """Where in a post something stands: in its title or body, from one character up to another.

    Of a reason, the characters are those of the post as its author wrote it, HTML and all.
    """

    field: str  # "title" or "body"
    start: int
    end: int


class Reason(NamedTuple):
    """One thing in the post that spoke for (weight > 0) or against (weight < 0) a violation.

    `places` are where it stands; there may be none, as for what a post says by how it is written as a whole.
    """

    token: str
    weight: float
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """One model version's decision on one revision of one post.

    `score` is the probability of a violation, 0-1, or None where the post could not be judged and
    `note` says why. `mode` is the mode in force when it was given; only modes that act make an acting
    verdict, and only those can lead to a takedown.
    """

    post_id: str
    revision: int
    revised_at: datetime
    detector: str
    model_version: str
    score: float | None
    action: Action
    violation_class: str
    reasons: tuple[Reason, ...]
    note: str
    mode: Mode
    judged_at: datetime

    @property
    def key(self) -> tuple[str, int]:
        """The revision it is about: post id and revision."""
        return self.post_id, self.revision

    @property
    def verdict_id(self) -> str:
        """Its insert id: the same for the same revision, model and kind of mode, however often judged."""
        kind = "acting" if self.mode.acts else "shadow"
        return key_of("verdict", self.post_id, str(self.revision), self.model_version, kind)
