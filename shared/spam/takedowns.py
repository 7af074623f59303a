"""Takedowns: the act through the platform's API, the states it walks through, and where it is carried out.

A takedown of one revision walks one way only. Rows are appended, never changed, and the state is the
furthest one recorded (not the newest: clocks and overlapping runs disagree about time, never about the
order of the walk).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from shared.keys import key_of

IN_FLIGHT = timedelta(minutes=2)
"""A call to the platform, retries included, is over by then (platform_api.py bounds it to half of that)."""


class TakedownState(StrEnum):
    """Where a takedown stands, in the order it walks."""

    HELD = "held"  # the day's cap was reached: left to people
    DRY_RUN = "dry_run"  # takedowns are switched off: logged only
    REQUESTED = "requested"  # recorded; the platform is about to be called, or was and nobody lived to say
    UNAVAILABLE = "unavailable"  # the platform gave no usable answer; asked again with the same key
    REFUSED = "refused"  # the platform will not do it (no such post, deleted by its author)
    TAKEN_DOWN = "taken_down"
    RESTORE_REQUESTED = "restore_requested"
    RESTORE_REFUSED = "restore_refused"
    RESTORED = "restored"

    @property
    def rank(self) -> int:
        """How far along the walk it is. Stored with every row: numbers may be added, never changed.

        What was once asked for is neither held nor a dry run, whatever a later day's cap or setting says: the
        post may be down already.
        """
        return _RANKS[self]


_RANKS = {
    TakedownState.HELD: 5,
    TakedownState.DRY_RUN: 7,
    TakedownState.REQUESTED: 10,
    TakedownState.UNAVAILABLE: 20,
    TakedownState.REFUSED: 50,
    TakedownState.TAKEN_DOWN: 60,
    TakedownState.RESTORE_REQUESTED: 70,
    TakedownState.RESTORE_REFUSED: 80,
    TakedownState.RESTORED: 90,
}
UNANSWERED = (TakedownState.REQUESTED, TakedownState.UNAVAILABLE)
"""States from which the platform is asked (again) to take down."""
MAY_BE_DOWN = (*UNANSWERED, TakedownState.TAKEN_DOWN, TakedownState.RESTORE_REQUESTED)
"""States in which the post may be down at the platform, so that an answer of `ok` must bring it back."""


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
        """The idempotency key of restoring this revision; another one after a refusal was recorded."""
        refused_at = self.recorded_at.isoformat() if self.state is TakedownState.RESTORE_REFUSED else ""
        return key_of("restore", self.post_id, str(self.revision), *filter(None, [refused_at]))


class Takedowns(Protocol):
    """Where takedowns are carried out: the platform, or nowhere (dry run).

    Both are safe to repeat with the same takedown, and give the state they led to. They raise
    PlatformUnavailable (unknown whether it acted: ask again), PlatformRefused (it will not), ConfigError
    (our credentials are wrong: stop).
    """

    @property
    def is_dry_run(self) -> bool:
        """Whether nothing is asked of anybody."""

    def take_down(self, takedown: Takedown) -> TakedownState:
        """Stop the post."""

    def restore(self, takedown: Takedown) -> TakedownState:
        """Show the post again."""


class Journal(Protocol):
    """Where the steps of takedowns are written down before and after they are made."""

    def append(self, takedowns: Sequence[Takedown]) -> None:
        """Keep these rows; the same step twice is kept once."""


class Answers(Protocol):
    """What people answered."""

    def answered(
        self, keys: Collection[tuple[str, int]], revised_at: datetime
    ) -> Collection[tuple[str, int]]:
        """Those of the revisions that a person answered on, as of now. The first appeared at `revised_at`."""


class Slots(Protocol):
    """How many takedowns a day may see, counted strictly however many runs overlap."""

    def reserve(self, day: date, keys: Sequence[str], cap: int) -> Collection[str]:
        """Those of `keys` that may go ahead on `day`; a key granted before is granted again."""
