"""Restoring: whatever may be down comes back, and what the platform said is kept."""

from datetime import timedelta

import pytest

from shared.errors import PlatformRefused, PlatformUnavailable
from shared.spam.takedowns import MAY_BE_DOWN, TakedownState
from tests.unit.enforcement_office import NOW, Office, takedown, verdict


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
