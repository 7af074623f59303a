"""A takedown's walk: its states in their order, whatever was written when, and its keys."""

from datetime import timedelta
from itertools import permutations

from shared.spam.takedowns import IN_FLIGHT, Takedown, TakedownState
from tests.unit.enforcement_office import NOW, Journal, takedown


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


def test_a_takedown_answered_after_the_restore_does_not_undo_it_in_the_books() -> None:
    rows = [takedown(TakedownState.RESTORED), takedown(TakedownState.TAKEN_DOWN, recorded_at=NOW + IN_FLIGHT)]
    assert Journal(rows).state_of("p-1") is TakedownState.RESTORED


def test_keys_of_a_takedown_and_its_restore_and_of_other_revisions_differ() -> None:
    one, other = (
        takedown(TakedownState.REQUESTED),
        Takedown("p-1", 2, TakedownState.REQUESTED, "", "", "", NOW),
    )
    assert len({one.takedown_key, one.restore_key, other.takedown_key, other.restore_key}) == 4


def test_a_refused_restore_is_asked_again_under_a_key_of_its_own() -> None:
    refused = takedown(TakedownState.RESTORE_REFUSED)
    assert refused.restore_key != takedown(TakedownState.TAKEN_DOWN).restore_key
    assert refused.restore_key == takedown(TakedownState.RESTORE_REFUSED).restore_key
    assert refused.takedown_key == takedown(TakedownState.TAKEN_DOWN).takedown_key
