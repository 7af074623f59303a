"""Enforcement: which takedowns are made, held or undone, decided from what was recorded so far.

A takedown of one revision walks one way only, through the states below. Rows are appended, never
changed, and the state is the furthest one recorded (not the newest: clocks and overlapping runs
disagree about time, never about the order of the walk).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from shared.spam.labels import Answer, ReviewLabel
from shared.spam.verdicts import Action, Mode, Verdict, key_of

IN_FLIGHT = timedelta(minutes=2)
"""A call to the platform, retries included, is over by then (platform_api.py bounds it to half of that)."""


class TakedownState(StrEnum):
    """Where a takedown stands, in the order it walks."""

    REQUESTED = "requested"  # recorded; the platform is about to be called, or was and nobody lived to say
    UNAVAILABLE = "unavailable"  # the platform gave no usable answer; tried again with the same key
    HELD = "held"  # the day's cap was reached: left to people
    REFUSED = "refused"  # the platform will not do it (no such post, deleted by its author)
    TAKEN_DOWN = "taken_down"
    RESTORE_REQUESTED = "restore_requested"
    RESTORE_REFUSED = "restore_refused"
    RESTORED = "restored"

    @property
    def rank(self) -> int:
        """How far along the walk it is; the recorded state with the highest rank is the state."""
        return list(TakedownState).index(self)


@dataclass(frozen=True)
class Takedown:
    """One recorded step of the takedown of one revision."""

    post_id: str
    revision: int
    state: TakedownState
    detector: str
    model_version: str
    violation_class: str
    recorded_at: datetime
    detail: str = ""

    @property
    def key(self) -> tuple[str, int]:
        """The revision it is about: post id and revision."""
        return self.post_id, self.revision

    @property
    def takedown_key(self) -> str:
        """The idempotency key of taking this revision down: one for its whole life."""
        return key_of("takedown", self.post_id, str(self.revision))

    @property
    def restore_key(self) -> str:
        """The idempotency key of restoring this revision."""
        return key_of("restore", self.post_id, str(self.revision))


class Takedowns(Protocol):
    """Where takedowns are carried out: the platform, or nowhere (dry run).

    Both are safe to repeat with the same takedown. They raise PlatformUnavailable (unknown whether it
    acted: try again), PlatformRefused (it will not), ConfigError (our credentials are wrong: stop).
    """

    def take_down(self, takedown: Takedown) -> None:
        """Stop the post."""

    def restore(self, takedown: Takedown) -> None:
        """Show the post again."""
