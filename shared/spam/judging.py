"""Judging: a detector's opinion of a post becomes a verdict, by two thresholds and a mode."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from shared.spam.labels import UNCLASSIFIED
from shared.spam.posts import Post
from shared.spam.verdicts import Action, Mode, Reason, Verdict

LONGEST_JUDGED_TITLE, LONGEST_JUDGED_BODY = 2_000, 200_000
"""Characters a detector reads. Longer posts, which an event may well bring, are for people."""


@dataclass(frozen=True)
class Judgement:
    """A detector's opinion of a post: score 0-1, the class it would be, what spoke, and a remark."""

    score: float
    violation_class: str
    reasons: tuple[Reason, ...]
    note: str = ""
    strongest_action: Action = Action.TAKE_DOWN  # what it bears at most, whatever the score


_NOTHING = Judgement(0.0, UNCLASSIFIED, ())


class Detector(Protocol):
    """A way to judge posts. `strongest_action` is what its verdicts may ask for at most.

    One that can tell where its reasons stand in a post has a method `places` besides (explaining.Explains).
    """

    @property
    def name(self) -> str:
        """Its name in settings, verdicts and reports."""

    @property
    def version(self) -> str:
        """The version of what it knows: the model's, or the list's."""

    @property
    def strongest_action(self) -> Action:
        """What a verdict of it may ask for at most."""

    def judge(self, post: Post) -> Judgement:
        """Its opinion of `post`. Never fails for what the post says."""


@dataclass(frozen=True)
class Thresholds:
    """From which score on a post is reviewed or taken down. None: never."""

    review: float | None
    take_down: float | None

    def action(self, score: float) -> Action:
        """What a score asks for."""
        if self.take_down is not None and score >= self.take_down:
            return Action.TAKE_DOWN
        if self.review is not None and score >= self.review:
            return Action.REVIEW
        return Action.LEAVE

    def to_json(self) -> dict[str, float | None]:
        """As a manifest holds it."""
        return {"review": self.review, "take_down": self.take_down}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Thresholds":
        """From a manifest."""
        return cls(value["review"], value["take_down"])


def judge(post: Post, detector: Detector, thresholds: Thresholds, mode: Mode, now: datetime) -> Verdict:
    """The verdict of `detector` on `post`.

    A post too long to be judged, or one the detector fails on, is neither let through unread nor allowed
    to stop the posts behind it: it goes to a person, with the reason.
    """
    found, refusal = _opinion(post, detector)
    score: float | None = None if refusal else found.score
    action = Action.REVIEW if score is None else thresholds.action(score)
    # Most posts are left alone, and nobody asks why: only of the others are the places looked for.
    reasons, remark = found.reasons, ""
    if action is not Action.LEAVE:
        bounds = (action, detector.strongest_action, found.strongest_action)
        action = min(bounds, key=lambda action: action.strength)
    if action is not Action.LEAVE:
        from shared.spam.explaining import placed  # noqa: PLC0415 - a first verdict waits for no more than it needs

        reasons, remark = placed(post, detector, reasons)
    return Verdict(
        post_id=post.post_id,
        revision=post.revision,
        revised_at=post.revised_at,
        detector=detector.name,
        model_version=detector.version,
        score=score,
        action=action,
        violation_class=found.violation_class,
        reasons=reasons,
        note=refusal or found.note or remark,
        mode=mode,
        judged_at=now,
    )


def _opinion(post: Post, detector: Detector) -> tuple[Judgement, str]:
    """The detector's judgement, or an empty one and why there is none."""
    refusal = too_long(post)
    if refusal:
        return _NOTHING, refusal
    try:
        return detector.judge(post), ""
    except Exception as error:  # whatever a post does to a detector must not hide the posts behind it
        return _NOTHING, f"could not be judged: the detector failed with {type(error).__name__}"


def too_long(post: Post) -> str:
    """Why `post` is too long to judge; empty when it is not."""
    for name, length, longest in (
        ("title", len(post.title), LONGEST_JUDGED_TITLE),
        ("body", len(post.body), LONGEST_JUDGED_BODY),
    ):
        if length > longest:
            return f"too long to judge: {name} of {length:,} characters, at most {longest:,}"
    return ""
