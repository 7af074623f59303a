"""Taking down: what is done, in which order it is written down, and what is never done."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.errors import PlatformRefused, PlatformUnavailable, StorageUnavailable
from shared.spam.enforcement import BATCH, Cap, is_in_flight, take_down
from shared.spam.takedowns import MAY_BE_DOWN, Takedown, TakedownState
from shared.spam.verdicts import Mode
from tests.unit.enforcement_office import NOW, TODAY, NoPlatform, Office, takedown, verdict, verdicts


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
