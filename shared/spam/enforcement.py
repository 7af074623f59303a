"""Enforcement: which takedowns are made, held or undone, and in what order it is written down.

Every step can be repeated from any point: what was recorded but not answered is asked again, under the
same idempotency key.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import batched

from shared.errors import PlatformRefused, PlatformUnavailable
from shared.spam.labels import ReviewLabel
from shared.spam.takedowns import (
    IN_FLIGHT,
    UNANSWERED,
    Answers,
    Journal,
    Slots,
    Takedown,
    Takedowns,
    TakedownState,
)
from shared.spam.verdicts import Action, Mode, Verdict

BATCH = 25
"""Takedowns recorded together before the platform is called for each."""
MOST_FAILURES = 3
"""So many unanswered calls in a row end the run: the rest waits for the next one."""


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
    answers: Answers
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
            # After the record: an answer that comes later finds it, one that came before is found here.
            first = min(verdict.revised_at for verdict in batch)
            answered = desk.answers.answered({takedown.key for takedown in wanted}, first)
            too_late = [takedown for takedown in wanted if takedown.key in answered]
            if too_late:
                _record(too_late, TakedownState.REFUSED, "a person answered meanwhile", desk)
                counts[TakedownState.REFUSED] += len(too_late)
            wanted = [takedown for takedown in wanted if takedown.key not in answered]
        if wanted:
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
