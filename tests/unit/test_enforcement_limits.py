"""Where taking down and restoring end: at the cap, at closing time, after failures in a row."""

from datetime import timedelta

import pytest

from shared.errors import ConfigError, PlatformRefused, PlatformUnavailable
from shared.spam.enforcement import BATCH, MOST_FAILURES
from shared.spam.takedowns import IN_FLIGHT, MAY_BE_DOWN, UNANSWERED, Takedown, TakedownState
from shared.spam.verdicts import Mode
from tests.unit.enforcement_office import Office, takedown, verdict, verdicts


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


def test_a_takedown_asked_for_yesterday_is_not_held_by_todays_cap() -> None:
    """The platform may have acted on it: held, an answer of ok would not bring the post back."""
    office = Office()
    office.platform.fails["p-1"] = PlatformUnavailable("no answer")
    office.take_down([verdict()])
    office.take_down([verdict()], Mode.CAPPED, most=0)
    assert office.journal.state_of("p-1") in MAY_BE_DOWN


def test_restores_too_stop_at_closing_time_and_after_three_failures() -> None:
    due = [takedown(TakedownState.TAKEN_DOWN, f"p-{number}") for number in range(60)]
    closed = Office(minutes_open=0)
    assert closed.restore(due) == {}
    assert closed.platform.calls == []
    failing = Office()
    failing.platform.fails = {one.post_id: PlatformUnavailable("") for one in due}
    assert failing.restore(due) == {TakedownState.UNAVAILABLE: MOST_FAILURES}
