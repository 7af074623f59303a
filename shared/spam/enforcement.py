"""Enforcement: which takedowns are made, held or undone, and in what order it is written down.

A takedown of one revision walks one way only, through the states below. Rows are appended, never
changed, and the state is the furthest one recorded (not the newest: clocks and overlapping runs
disagree about time, never about the order of the walk). Every step can be repeated from any point: what
was recorded but not answered is asked again, under the same idempotency key.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import batched
from typing import Protocol

from shared.errors import PlatformRefused, PlatformUnavailable
from shared.spam.labels import Answer, ReviewLabel
from shared.spam.verdicts import Action, Mode, Verdict, key_of

IN_FLIGHT = timedelta(minutes=2)
"""A call to the platform, retries included, is over by then (platform_api.py bounds it to half of that)."""
BATCH = 25
"""Takedowns recorded together before the platform is called for each."""
MOST_FAILURES = 3
"""So many unanswered calls in a row end the run: the rest waits for the next one."""


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
        """The idempotency key of restoring this revision."""
        return key_of("restore", self.post_id, str(self.revision))


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


class Slots(Protocol):
    """How many takedowns a day may see, counted strictly however many runs overlap."""

    def reserve(self, day: date, keys: Sequence[str], cap: int) -> Collection[str]:
        """Those of `keys` that may go ahead on `day`; a key granted before is granted again."""


@dataclass(frozen=True)
class Cap:
    """How many takedowns `day` may see in `capped` mode."""

    most: int
    day: date
    slots: Slots


@dataclass(frozen=True)
class Desk:
    """What enforcement works with: the platform, the journal, a clock and closing time."""

    takedowns: Takedowns
    journal: Journal
    clock: Callable[[], datetime]
    closes_at: datetime  # no call to the platform is begun after this; what is left waits for the next run


def may_take_down(
    verdict: Verdict, label: ReviewLabel | None, takedown: Takedown | None, newest_revision: int
) -> bool:
    """Whether a verdict still asks for a takedown, given all that is known about its revision.

    Never against a person's answer, never twice, never once restored, and never for a revision its author
    has already replaced.
    """
    return (
        verdict.action is Action.TAKE_DOWN
        and verdict.mode.takes_down
        and label is None
        and (takedown is None or takedown.state in UNANSWERED)
        and verdict.revision >= newest_revision
    )


def must_restore(label: ReviewLabel | None, takedown: Takedown | None) -> bool:
    """Whether a person's answer overturns a takedown of ours that may stand."""
    return (
        label is not None
        and label.answer is Answer.OK
        and takedown is not None
        and takedown.state in MAY_BE_DOWN
    )


def is_in_flight(takedown: Takedown, now: datetime) -> bool:
    """Whether a call to take this down may still be on its way: restoring now could be overtaken by it."""
    return takedown.state in UNANSWERED and now - takedown.recorded_at < IN_FLIGHT


def take_down(verdicts: Iterable[Verdict], mode: Mode, cap: Cap, desk: Desk) -> Counter[TakedownState]:
    """Carry out the takedowns that `verdicts` ask for, as far as `mode` in force allows; count the outcomes.

    In `capped` mode at most `cap.most` takedowns are made on its day; the others are held for people. Raises
    ConfigError when the platform rejects our credentials; what was answered until then is recorded.
    """
    counts: Counter[TakedownState] = Counter()
    if not mode.takes_down:
        return counts
    failures = 0
    for batch in batched(verdicts, BATCH, strict=False):
        wanted = [_requested(verdict, desk.clock()) for verdict in batch]
        if mode is Mode.CAPPED:
            granted = cap.slots.reserve(cap.day, [takedown.takedown_key for takedown in wanted], cap.most)
            held = [takedown for takedown in wanted if takedown.takedown_key not in granted]
            wanted = [takedown for takedown in wanted if takedown.takedown_key in granted]
            _record(held, TakedownState.HELD, f"cap of {cap.most} a day reached", desk)
            counts[TakedownState.HELD] += len(held)
        if wanted:
            if not desk.takedowns.is_dry_run:
                desk.journal.append(wanted)
            # No call is begun that might outlast what `is_in_flight` goes by: a restore could be overtaken.
            soon = replace(desk, closes_at=min(desk.closes_at, wanted[0].recorded_at + IN_FLIGHT / 2))
            failures = _call(wanted, desk.takedowns.take_down, TakedownState.REFUSED, soon, counts, failures)
        if _is_over(failures, desk):
            break
    return counts


def restore(takedowns: Iterable[Takedown], desk: Desk) -> Counter[TakedownState]:
    """Bring overturned posts back; count the outcomes. In every mode: an undoing is never switched off."""
    counts: Counter[TakedownState] = Counter()
    failures = 0
    for batch in batched(takedowns, BATCH, strict=False):
        _record(batch, TakedownState.RESTORE_REQUESTED, "", desk)
        failures = _call(batch, desk.takedowns.restore, TakedownState.RESTORE_REFUSED, desk, counts, failures)
        if _is_over(failures, desk):
            break
    return counts


def _call(
    wanted: Sequence[Takedown],
    act: Callable[[Takedown], TakedownState],
    refused: TakedownState,
    desk: Desk,
    counts: Counter[TakedownState],
    failures: int,
) -> int:
    """Ask the platform for each; record what it answered even if a later one ends the run."""
    answered: list[Takedown] = []
    try:
        for takedown in wanted:
            if _is_over(failures, desk):
                break
            try:
                state, detail = act(takedown), ""
                failures = 0
            except PlatformRefused as error:
                state, detail = refused, str(error)
                failures = 0
            except PlatformUnavailable as error:
                state, detail = TakedownState.UNAVAILABLE, str(error)
                failures += 1
            counts[state] += 1
            answered.append(replace(takedown, state=state, detail=detail[:500], recorded_at=desk.clock()))
    finally:
        if answered:
            desk.journal.append(answered)
    return failures


def _is_over(failures: int, desk: Desk) -> bool:
    return failures >= MOST_FAILURES or desk.clock() >= desk.closes_at


def _record(takedowns: Sequence[Takedown], state: TakedownState, detail: str, desk: Desk) -> None:
    if takedowns:
        now = desk.clock()
        desk.journal.append(
            [replace(takedown, state=state, detail=detail, recorded_at=now) for takedown in takedowns]
        )


def _requested(verdict: Verdict, now: datetime) -> Takedown:
    return Takedown(
        post_id=verdict.post_id,
        revision=verdict.revision,
        state=TakedownState.REQUESTED,
        detector=verdict.detector,
        model_version=verdict.model_version,
        violation_class=verdict.violation_class,
        recorded_at=now,
    )
