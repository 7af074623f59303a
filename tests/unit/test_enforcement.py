"""Takedowns and restores: what is done, in which order it is written down, and what is never done."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from shared.errors import ConfigError, PlatformRefused, PlatformUnavailable, StorageUnavailable
from shared.spam.enforcement import (
    BATCH,
    MOST_FAILURES,
    Cap,
    Desk,
    is_in_flight,
    may_take_down,
    restore,
    take_down,
)
from shared.spam.labels import Answer, ReviewLabel, Source
from shared.spam.takedowns import IN_FLIGHT, MAY_BE_DOWN, UNANSWERED, Takedown, TakedownState
from shared.spam.verdicts import Action, Mode, Verdict

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = date(2026, 11, 22)


@dataclass
class Clock:
    """A clock that stands still until something takes time."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Journal:
    """Rows in memory, read as TakedownTable reads them: the furthest step, at the time of the newest."""

    rows: list[Takedown] = field(default_factory=list)
    full: bool = False

    def append(self, takedowns: Sequence[Takedown]) -> None:
        assert takedowns, "nothing to write down"
        if self.full:
            raise StorageUnavailable("full")
        self.rows += takedowns

    def state_of(self, post_id: str) -> TakedownState | None:
        found = self.latest(post_id)
        return found.state if found else None

    def latest(self, post_id: str) -> Takedown | None:
        rows = [row for row in self.rows if row.post_id == post_id]
        if not rows:
            return None
        return replace(
            max(rows, key=lambda row: row.state.rank), recorded_at=max(row.recorded_at for row in rows)
        )

    def states(self, post_id: str) -> list[TakedownState]:
        return [row.state for row in self.rows if row.post_id == post_id]


@dataclass
class Platform:
    """A platform in memory: remembers keys, and fails for the posts it is told to."""

    journal: Journal
    clock: Clock
    is_dry_run: bool = False
    fails: dict[str, Exception] = field(default_factory=dict)
    call_takes: timedelta = timedelta(0)
    down: set[str] = field(default_factory=set)
    calls: list[tuple[str, str]] = field(default_factory=list)
    while_called: Callable[[Takedown], None] | None = None

    def take_down(self, takedown: Takedown) -> TakedownState:
        assert TakedownState.REQUESTED in self.journal.states(takedown.post_id), (
            "called before it was recorded"
        )
        self._answer("takedown", takedown)
        self.down.add(takedown.post_id)
        return TakedownState.TAKEN_DOWN

    def restore(self, takedown: Takedown) -> TakedownState:
        assert TakedownState.RESTORE_REQUESTED in self.journal.states(takedown.post_id)
        self._answer("restore", takedown)
        self.down.discard(takedown.post_id)
        return TakedownState.RESTORED

    def _answer(self, act: str, takedown: Takedown) -> None:
        self.calls.append((act, takedown.post_id))
        self.clock.now += self.call_takes
        if self.while_called:
            self.while_called(takedown)
        if takedown.post_id in self.fails:
            raise self.fails[takedown.post_id]


@dataclass
class Slots:
    """The day's slots, in memory."""

    held: dict[date, list[str]] = field(default_factory=dict)

    def reserve(self, day: date, keys: Sequence[str], cap: int) -> Collection[str]:
        held = self.held.setdefault(day, [])
        for key in keys:
            if key not in held and len(held) < cap:
                held.append(key)
        return [key for key in keys if key in held]


@dataclass
class People:
    """Who answer on posts, perhaps while a takedown is being made."""

    keys: set[tuple[str, int]] = field(default_factory=set)

    def answered(self, keys: Collection[tuple[str, int]]) -> Collection[tuple[str, int]]:
        return self.keys & set(keys)


@dataclass
class Office:
    """Everything enforcement works with, in memory."""

    clock: Clock = field(default_factory=Clock)
    journal: Journal = field(default_factory=Journal)
    slots: Slots = field(default_factory=Slots)
    people: People = field(default_factory=People)
    minutes_open: int = 8

    def __post_init__(self) -> None:
        self.platform = Platform(self.journal, self.clock)
        self.desk = Desk(
            self.platform, self.journal, self.people, self.clock, NOW + timedelta(minutes=self.minutes_open)
        )

    def take_down(
        self, verdicts: list[Verdict], mode: Mode = Mode.AUTO, most: int = 0
    ) -> dict[TakedownState, int]:
        return dict(+take_down(verdicts, mode, Cap(most, TODAY, self.slots), self.desk))

    def restore(self, takedowns: list[Takedown]) -> dict[TakedownState, int]:
        return dict(+restore(takedowns, self.desk))


def verdict(post_id: str = "p-1", action: Action = Action.TAKE_DOWN, mode: Mode = Mode.AUTO) -> Verdict:
    return Verdict(post_id, 1, NOW, "bayes", "v", 0.99, action, "lure", (), "", mode, NOW)


def verdicts(many: int) -> list[Verdict]:
    return [verdict(f"p-{number}") for number in range(many)]


def takedown(state: TakedownState, post_id: str = "p-1", recorded_at: datetime = NOW) -> Takedown:
    return Takedown(post_id, 1, state, "bayes", "v", "lure", recorded_at)


def label(answer: Answer) -> ReviewLabel:
    return ReviewLabel("w", "p-1", 1, answer, "", Source.QUEUE, "r", NOW)


# What may be done


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("action", list(Action))
def test_only_a_take_down_verdict_of_a_mode_that_takes_down_takes_down(action: Action, mode: Mode) -> None:
    expected = action is Action.TAKE_DOWN and mode in (Mode.CAPPED, Mode.AUTO)
    assert may_take_down(verdict(action=action, mode=mode), None, None, 1) is expected


@pytest.mark.parametrize("answer", list(Answer))
def test_a_post_a_person_answered_on_is_never_taken_down(answer: Answer) -> None:
    assert not may_take_down(verdict(), label(answer), None, 1)


@pytest.mark.parametrize("state", list(TakedownState))
def test_a_takedown_is_asked_again_only_while_unanswered(state: TakedownState) -> None:
    expected = state in (TakedownState.REQUESTED, TakedownState.UNAVAILABLE)
    assert may_take_down(verdict(), None, takedown(state), 1) is expected


def test_a_revision_its_author_replaced_is_not_taken_down() -> None:
    assert may_take_down(verdict(), None, None, 1)
    assert not may_take_down(verdict(), None, None, 2)


@pytest.mark.parametrize("state", list(TakedownState))
def test_an_unanswered_takedown_is_in_flight_for_two_minutes(state: TakedownState) -> None:
    one = takedown(state)
    assert is_in_flight(one, NOW + IN_FLIGHT - timedelta(seconds=1)) is (state in UNANSWERED)
    assert not is_in_flight(one, NOW + IN_FLIGHT)


# The walk


def test_the_walk_goes_one_way() -> None:
    walks = [
        [TakedownState.HELD],
        [
            TakedownState.DRY_RUN,
            TakedownState.REQUESTED,
        ],  # once asked for, it may be down
        [TakedownState.REQUESTED, TakedownState.UNAVAILABLE, TakedownState.REFUSED],
        [
            TakedownState.REQUESTED,
            TakedownState.UNAVAILABLE,
            TakedownState.TAKEN_DOWN,
            TakedownState.RESTORE_REQUESTED,
            TakedownState.RESTORED,
        ],
        [TakedownState.TAKEN_DOWN, TakedownState.RESTORE_REQUESTED, TakedownState.RESTORE_REFUSED],
        [TakedownState.DRY_RUN, TakedownState.RESTORE_REQUESTED],
        [TakedownState.REFUSED, TakedownState.TAKEN_DOWN],
    ]
    for walk in walks:
        assert [state.rank for state in walk] == sorted(state.rank for state in walk)


def test_every_state_has_a_rank() -> None:
    assert all(state.rank > 0 for state in TakedownState)


def test_overlapping_runs_lead_to_one_state_in_whatever_order_they_write() -> None:
    written = [
        takedown(TakedownState.REQUESTED),
        takedown(TakedownState.REQUESTED, recorded_at=NOW + timedelta(seconds=5)),
        takedown(TakedownState.TAKEN_DOWN, recorded_at=NOW + timedelta(seconds=3)),
        takedown(TakedownState.UNAVAILABLE, recorded_at=NOW + timedelta(seconds=9)),
    ]
    for rows in permutations(written):
        assert Journal(list(rows)).state_of("p-1") is TakedownState.TAKEN_DOWN


def test_while_an_unanswered_takedown_is_asked_again_it_is_in_flight() -> None:
    """Else a restore in that minute would be overtaken by it, and the post stay down for good."""
    office, seen = Office(), list[bool]()
    office.journal.rows = [
        takedown(TakedownState.REQUESTED, recorded_at=NOW - timedelta(hours=1)),
        takedown(TakedownState.UNAVAILABLE, recorded_at=NOW - timedelta(minutes=59)),
    ]

    def look(_: Takedown) -> None:
        latest = office.journal.latest("p-1")
        assert latest
        seen.append(is_in_flight(latest, office.clock()))

    office.platform.while_called = look
    office.take_down([verdict()])
    assert seen == [True]


def test_a_takedown_asked_for_yesterday_is_not_held_by_todays_cap() -> None:
    """The platform may have acted on it: held, an answer of ok would not bring the post back."""
    office = Office()
    office.platform.fails["p-1"] = PlatformUnavailable("no answer")
    office.take_down([verdict()])
    office.take_down([verdict()], Mode.CAPPED, most=0)
    assert office.journal.state_of("p-1") in MAY_BE_DOWN


# Taking down


def test_a_takedown_is_recorded_made_and_its_outcome_recorded() -> None:
    office = Office()
    assert office.take_down([verdict()]) == {TakedownState.TAKEN_DOWN: 1}
    assert office.journal.states("p-1") == [TakedownState.REQUESTED, TakedownState.TAKEN_DOWN]
    assert office.platform.down == {"p-1"}
    made = office.journal.rows[0]
    assert (made.detector, made.model_version, made.violation_class, made.revision) == (
        "bayes",
        "v",
        "lure",
        1,
    )


def test_no_verdicts_leave_no_trace() -> None:
    office = Office()
    assert office.take_down([]) == office.take_down([], Mode.CAPPED) == office.restore([]) == {}
    assert office.journal.rows == []


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.REVIEW])
def test_nothing_happens_in_a_mode_that_takes_nothing_down(mode: Mode) -> None:
    office = Office()
    assert office.take_down(verdicts(3), mode, most=100) == {}
    assert (office.platform.calls, office.journal.rows, office.slots.held) == ([], [], {})


@pytest.mark.parametrize("many", [1, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH + 1])
def test_every_verdict_is_carried_out_once_however_many_there_are(many: int) -> None:
    office = Office()
    assert office.take_down(verdicts(many)) == {TakedownState.TAKEN_DOWN: many}
    assert office.platform.calls == [("takedown", f"p-{number}") for number in range(many)]


def test_what_can_not_be_recorded_is_not_done() -> None:
    office = Office()
    office.journal.full = True
    with pytest.raises(StorageUnavailable):
        office.take_down([verdict()])
    assert office.platform.calls == []


def test_a_refusal_is_kept_with_its_reason_and_the_next_goes_on() -> None:
    office = Office()
    office.platform.fails["p-0"] = PlatformRefused("HTTP 404 no_such_post" + "x" * 1_000)
    assert office.take_down(verdicts(2)) == {TakedownState.REFUSED: 1, TakedownState.TAKEN_DOWN: 1}
    refused = next(row for row in office.journal.rows if row.state is TakedownState.REFUSED)
    assert refused.detail.startswith("HTTP 404 no_such_post")
    assert len(refused.detail) == 500


def test_three_unanswered_calls_in_a_row_end_the_run_and_leave_the_rest_to_be_asked() -> None:
    office = Office()
    office.platform.fails = {f"p-{number}": PlatformUnavailable("no answer") for number in range(100)}
    assert office.take_down(verdicts(60)) == {TakedownState.UNAVAILABLE: MOST_FAILURES}
    assert len(office.platform.calls) == MOST_FAILURES
    assert all(office.journal.state_of(f"p-{number}") in (*UNANSWERED, None) for number in range(60))
    assert office.journal.state_of(f"p-{BATCH}") is None


@pytest.mark.parametrize("between", [None, PlatformRefused("no")])
def test_an_answer_between_failures_lets_the_run_go_on(between: Exception | None) -> None:
    office = Office()
    office.platform.fails = {
        f"p-{number}": PlatformUnavailable("no answer") for number in range(60) if number % MOST_FAILURES
    }
    if between:
        office.platform.fails |= {f"p-{number}": between for number in range(0, 60, MOST_FAILURES)}
    office.take_down(verdicts(60))
    assert len(office.platform.calls) == 60


def test_failures_are_counted_over_the_border_of_a_batch() -> None:
    office = Office()
    last, first = f"p-{BATCH - 1}", f"p-{BATCH}"
    office.platform.fails = {name: PlatformUnavailable("") for name in (f"p-{BATCH - 2}", last, first)}
    office.take_down(verdicts(BATCH + 5))
    assert office.platform.calls[-1] == ("takedown", first)


def test_rejected_credentials_end_the_run_with_what_was_answered_recorded() -> None:
    office = Office()
    office.platform.fails["p-2"] = ConfigError("SEKISHO_PLATFORM_TOKEN")
    with pytest.raises(ConfigError):
        office.take_down(verdicts(5))
    assert [office.journal.state_of(f"p-{number}") for number in range(5)] == [
        TakedownState.TAKEN_DOWN,
        TakedownState.TAKEN_DOWN,
        TakedownState.REQUESTED,
        TakedownState.REQUESTED,
        TakedownState.REQUESTED,
    ]


def test_a_repeat_after_a_crash_asks_again_with_the_same_keys() -> None:
    office = Office()
    office.platform.fails["p-1"] = KeyboardInterrupt()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        office.take_down([verdict()])
    assert office.journal.state_of("p-1") is TakedownState.REQUESTED
    office.platform.fails.clear()
    office.take_down([verdict()])
    assert office.journal.state_of("p-1") is TakedownState.TAKEN_DOWN
    assert len({row.takedown_key for row in office.journal.rows}) == 1


def test_keys_of_a_takedown_and_its_restore_and_of_other_revisions_differ() -> None:
    one, other = (
        takedown(TakedownState.REQUESTED),
        Takedown("p-1", 2, TakedownState.REQUESTED, "", "", "", NOW),
    )
    assert len({one.takedown_key, one.restore_key, other.takedown_key, other.restore_key}) == 4


@pytest.mark.parametrize("most", [0, 1, 3, 30, 100])
def test_a_cap_is_kept_and_the_rest_is_held_for_people(most: int) -> None:
    office = Office()
    counts = office.take_down(verdicts(60), Mode.CAPPED, most)
    made = min(most, 60)
    assert (counts.get(TakedownState.TAKEN_DOWN, 0), counts.get(TakedownState.HELD, 0)) == (made, 60 - made)
    assert len(office.platform.down) == made
    held = [row for row in office.journal.rows if row.state is TakedownState.HELD]
    assert {row.detail for row in held} <= {f"cap of {most} a day reached"}


def test_a_second_run_of_the_same_day_has_no_cap_of_its_own() -> None:
    office = Office()
    office.take_down(verdicts(3), Mode.CAPPED, 2)
    office.take_down([verdict(f"q-{number}") for number in range(3)], Mode.CAPPED, 2)
    assert office.platform.down == {"p-0", "p-1"}


def test_auto_knows_no_cap() -> None:
    office = Office()
    assert office.take_down(verdicts(5), Mode.AUTO, most=0) == {TakedownState.TAKEN_DOWN: 5}
    assert office.slots.held == {}


def test_nothing_is_begun_after_closing_time() -> None:
    office = Office(minutes_open=0)
    assert office.take_down(verdicts(3)) == {}
    assert office.platform.calls == []


def test_closing_time_in_the_middle_leaves_the_rest_for_the_next_run() -> None:
    office = Office(minutes_open=1)
    office.platform.call_takes = timedelta(seconds=25)
    office.take_down(verdicts(60))
    assert len(office.platform.calls) == 3
    assert office.journal.state_of("p-2") is TakedownState.TAKEN_DOWN
    assert office.journal.state_of("p-3") is TakedownState.REQUESTED


def test_a_slow_platform_is_not_called_for_a_takedown_recorded_long_ago() -> None:
    """A restore waits two minutes from the record on: a call begun late would overtake it."""
    office, ages = Office(), list[timedelta]()

    def look(takedown: Takedown) -> None:
        ages.append(office.clock() - takedown.recorded_at)

    office.platform.call_takes = timedelta(seconds=9)
    office.platform.while_called = look
    office.take_down(verdicts(60))
    assert len(ages) > BATCH // 2
    assert max(ages) <= IN_FLIGHT


# Restoring


def test_a_restore_is_recorded_made_and_its_outcome_recorded() -> None:
    office = Office()
    office.take_down([verdict()])
    assert office.restore([office.journal.rows[-1]]) == {TakedownState.RESTORED: 1}
    assert office.platform.down == set()
    assert office.journal.states("p-1")[2:] == [TakedownState.RESTORE_REQUESTED, TakedownState.RESTORED]


def test_a_restore_the_platform_did_not_answer_stays_due() -> None:
    office = Office()
    office.journal.rows = [takedown(TakedownState.TAKEN_DOWN)]
    office.platform.fails["p-1"] = PlatformUnavailable("no answer")
    assert office.restore(office.journal.rows[:]) == {TakedownState.UNAVAILABLE: 1}
    assert office.journal.state_of("p-1") is TakedownState.RESTORE_REQUESTED
    assert TakedownState.RESTORE_REQUESTED in MAY_BE_DOWN


def test_a_refused_restore_is_settled_as_such() -> None:
    office = Office()
    office.journal.rows = [takedown(TakedownState.TAKEN_DOWN)]
    office.platform.fails["p-1"] = PlatformRefused("HTTP 404")
    assert office.restore(office.journal.rows[:]) == {TakedownState.RESTORE_REFUSED: 1}
    assert office.journal.state_of("p-1") is TakedownState.RESTORE_REFUSED


@pytest.mark.parametrize("state", MAY_BE_DOWN)
def test_whatever_may_be_down_can_be_restored(state: TakedownState) -> None:
    office = Office()
    office.journal.rows = [takedown(state, recorded_at=NOW - timedelta(hours=1))]
    assert office.restore(office.journal.rows[:]) == {TakedownState.RESTORED: 1}
    assert office.journal.state_of("p-1") is TakedownState.RESTORED


def test_a_takedown_answered_after_the_restore_does_not_undo_it_in_the_books() -> None:
    rows = [takedown(TakedownState.RESTORED), takedown(TakedownState.TAKEN_DOWN, recorded_at=NOW + IN_FLIGHT)]
    assert Journal(rows).state_of("p-1") is TakedownState.RESTORED


def test_restores_too_stop_at_closing_time_and_after_three_failures() -> None:
    due = [takedown(TakedownState.TAKEN_DOWN, f"p-{number}") for number in range(60)]
    closed = Office(minutes_open=0)
    assert closed.restore(due) == {}
    assert closed.platform.calls == []
    failing = Office()
    failing.platform.fails = {one.post_id: PlatformUnavailable("") for one in due}
    assert failing.restore(due) == {TakedownState.UNAVAILABLE: MOST_FAILURES}


@dataclass
class NoPlatform:
    """Takedowns switched off."""

    is_dry_run: bool = True
    logged: list[str] = field(default_factory=list)

    def take_down(self, takedown: Takedown) -> TakedownState:
        self.logged.append(takedown.post_id)
        return TakedownState.DRY_RUN

    def restore(self, takedown: Takedown) -> TakedownState:
        self.logged.append(takedown.post_id)
        return TakedownState.RESTORE_REQUESTED


def test_a_dry_run_is_not_recorded_as_a_call_that_may_be_on_its_way() -> None:
    office = Office()
    desk = replace(office.desk, takedowns=NoPlatform())
    cap = Cap(50, TODAY, office.slots)
    assert take_down([verdict("p-1")], Mode.AUTO, cap, desk) == {TakedownState.DRY_RUN: 1}
    assert office.journal.states("p-1") == [TakedownState.DRY_RUN]


def test_what_was_asked_for_before_takedowns_were_switched_off_can_still_be_restored() -> None:
    office = Office()
    office.platform.fails["p-1"] = PlatformUnavailable("500")
    cap = Cap(50, TODAY, office.slots)
    take_down([verdict("p-1")], Mode.AUTO, cap, office.desk)
    take_down([verdict("p-1")], Mode.AUTO, cap, replace(office.desk, takedowns=NoPlatform()))
    assert office.journal.state_of("p-1") in MAY_BE_DOWN


def test_an_answer_given_between_the_query_and_the_call_is_obeyed() -> None:
    office = Office()
    office.people.keys.add(("p-1", 1))
    assert office.take_down(verdicts(3)) == {TakedownState.TAKEN_DOWN: 2, TakedownState.REFUSED: 1}
    assert office.platform.calls == [("takedown", "p-0"), ("takedown", "p-2")]
    assert office.journal.states("p-1") == [TakedownState.REQUESTED, TakedownState.REFUSED]


def test_a_refused_restore_is_asked_again_under_a_key_of_its_own() -> None:
    refused = takedown(TakedownState.RESTORE_REFUSED)
    assert refused.restore_key != takedown(TakedownState.TAKEN_DOWN).restore_key
    assert refused.restore_key == takedown(TakedownState.RESTORE_REFUSED).restore_key
    assert refused.takedown_key == takedown(TakedownState.TAKEN_DOWN).takedown_key
