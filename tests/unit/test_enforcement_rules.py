"""What may be taken down, and when a call may still be on its way."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.spam.enforcement import is_in_flight, may_take_down
from shared.spam.labels import Answer
from shared.spam.takedowns import IN_FLIGHT, UNANSWERED, TakedownState
from shared.spam.verdicts import Action, Mode
from tests.unit.enforcement_office import NOW, Office, label, takedown, verdict, verdicts


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


def test_an_answer_given_between_the_query_and_the_call_is_obeyed() -> None:
    office = Office()
    office.people.keys.add(("p-1", 1))
    assert office.take_down(verdicts(3)) == {TakedownState.TAKEN_DOWN: 2, TakedownState.REFUSED: 1}
    assert office.platform.calls == [("takedown", "p-0"), ("takedown", "p-2")]
    assert office.journal.states("p-1") == [TakedownState.REQUESTED, TakedownState.REFUSED]


def test_answers_are_looked_for_from_the_oldest_revision_of_the_batch_on() -> None:
    office = Office()
    older = replace(verdict("p-2"), revised_at=NOW - timedelta(days=9))
    office.take_down([verdict("p-1"), older, verdict("p-3")])
    assert office.people.asked_since == [older.revised_at]
