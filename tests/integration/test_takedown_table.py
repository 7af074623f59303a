"""The takedowns table against the BigQuery emulator: where each stands, and which are to be undone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from google.cloud import bigquery

from shared.gcp.label_table import LabelTable
from shared.gcp.takedown_table import TakedownTable
from shared.spam.enforcement import is_in_flight
from shared.spam.labels import Answer, ReviewLabel, Source
from shared.spam.takedowns import IN_FLIGHT, Takedown, TakedownState

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=200)
LANDED = NOW - IN_FLIGHT
FLYING = NOW - IN_FLIGHT + timedelta(seconds=1)


def a_step(
    post_id: str, state: TakedownState, recorded_at: datetime = LANDED, revision: int = 1, detail: str = ""
) -> Takedown:
    return Takedown(post_id, revision, state, "bayes", "v1", "affiliate_lure", recorded_at, detail)


def an_answer(
    post_id: str, answer: Answer, answered_at: datetime = NOW - timedelta(hours=1), revision: int = 1
) -> ReviewLabel:
    label_id = f"{post_id}-{revision}-{answered_at.isoformat()}"
    return ReviewLabel(label_id, post_id, revision, answer, "", Source.APPEAL, "r-1", answered_at)


@pytest.fixture
def takedowns(bigquery_api: bigquery.Client, dataset: str) -> TakedownTable:
    return TakedownTable(bigquery_api, dataset)


def test_the_state_is_the_furthest_step_whatever_the_clocks_say(takedowns: TakedownTable) -> None:
    assert takedowns.state_of("p-walk", 1, NOW) is None
    done = a_step("p-walk", TakedownState.TAKEN_DOWN, LANDED - timedelta(hours=1), detail="200")
    takedowns.append(
        [
            done,
            done,
            a_step("p-walk", TakedownState.REQUESTED, NOW),
            a_step("p-walk", TakedownState.UNAVAILABLE, NOW),
            a_step("p-walk", TakedownState.RESTORED, NOW, revision=2),
        ]
    )
    assert takedowns.state_of("p-walk", 1, NOW) == replace(done, recorded_at=NOW)


def test_overturned_takedowns_are_those_people_last_said_ok_to(
    bigquery_api: bigquery.Client, dataset: str, takedowns: TakedownTable
) -> None:
    labels = LabelTable(bigquery_api, dataset)
    assert takedowns.overturned(NOW, 3) == []
    asked = a_step("p-asked", TakedownState.REQUESTED)
    unavailable = a_step("p-unavailable", TakedownState.UNAVAILABLE)
    old = a_step("p-old", TakedownState.TAKEN_DOWN, LONG_AGO)
    mended = a_step("p-mended", TakedownState.TAKEN_DOWN)
    flying = a_step("p-flying", TakedownState.REQUESTED, FLYING)
    half_undone = a_step("p-half", TakedownState.RESTORE_REQUESTED, NOW)
    takedowns.append(
        [
            *(asked, unavailable, old, half_undone),
            flying,
            a_step("p-flying-again", TakedownState.UNAVAILABLE, LONG_AGO),
            a_step("p-flying-again", TakedownState.REQUESTED, FLYING),
            *(a_step(f"p-{state}", state) for state in (TakedownState.HELD, TakedownState.REFUSED)),
            a_step("p-restored", TakedownState.TAKEN_DOWN),
            a_step("p-restored", TakedownState.RESTORED, LONG_AGO),
            a_step("p-not-restored", TakedownState.RESTORE_REFUSED),
            a_step("p-right", TakedownState.TAKEN_DOWN),
            mended,
            a_step("p-settled", TakedownState.TAKEN_DOWN, LONG_AGO),
            a_step("p-mended-then-worse", TakedownState.TAKEN_DOWN),
            a_step("p-worse", TakedownState.TAKEN_DOWN, revision=2),
        ]
    )
    named = ("asked", "unavailable", "old", "half", "flying", "flying-again", "held", "refused", "restored")
    labels.append(
        [
            *(an_answer(f"p-{name}", Answer.OK) for name in (*named, "not-restored")),
            an_answer("p-right", Answer.OK, LONG_AGO),
            an_answer("p-right", Answer.VIOLATION),
            an_answer("p-old", Answer.VIOLATION, LONG_AGO),
            an_answer("p-mended", Answer.VIOLATION),
            an_answer("p-mended", Answer.OK, LONG_AGO, revision=2),
            an_answer("p-mended-then-worse", Answer.OK),
            an_answer("p-mended-then-worse", Answer.VIOLATION, revision=2),
            an_answer("p-worse", Answer.OK),
            an_answer("p-settled", Answer.OK, LONG_AGO),
        ]
    )
    flying_again = a_step("p-flying-again", TakedownState.UNAVAILABLE, FLYING)
    found = takedowns.overturned(NOW, 3)
    assert found == [old, asked, mended, unavailable, flying, flying_again, half_undone]
    assert [one for one in found if is_in_flight(one, NOW)] == [flying, flying_again]
    assert takedowns.overturned(NOW, 3, "p-mended") == [mended]
    assert takedowns.overturned(NOW, 3, "p-right") == []


def test_a_dry_run_that_asks_again_and_again_ends_with_the_window(
    bigquery_api: bigquery.Client, dataset: str, takedowns: TakedownTable
) -> None:
    now, answered_at = NOW + timedelta(days=400), NOW + timedelta(days=390)
    LabelTable(bigquery_api, dataset).append([an_answer("p-dry", Answer.OK, answered_at)])
    asked = a_step("p-dry", TakedownState.RESTORE_REQUESTED, now)
    takedowns.append(
        [
            a_step("p-dry", TakedownState.TAKEN_DOWN, answered_at - timedelta(days=1)),
            *(replace(asked, recorded_at=now - timedelta(days=days)) for days in range(10)),
        ]
    )
    assert takedowns.overturned(now, 11, "p-dry") == [asked]
    assert takedowns.overturned(now, 9, "p-dry") == []


def test_a_refused_restore_is_due_again_once_a_person_says_ok_again(
    bigquery_api: bigquery.Client, dataset: str, takedowns: TakedownTable
) -> None:
    labels = LabelTable(bigquery_api, dataset)
    refused_at = NOW - timedelta(hours=2)
    before, after = refused_at - timedelta(seconds=1), refused_at + timedelta(seconds=1)
    names = ("p-refused-a", "p-refused-b", "p-refused-c", "p-refused-d")
    again, _, changed_mind, of_the_mended = names
    takedowns.append(
        step
        for name in names
        for step in (
            a_step(name, TakedownState.TAKEN_DOWN, LONG_AGO),
            a_step(name, TakedownState.RESTORE_REFUSED, refused_at),
        )
    )
    labels.append([an_answer(name, Answer.OK, before) for name in names])
    assert [one for name in names for one in takedowns.overturned(NOW, 3, name)] == []
    labels.append(
        [
            *(an_answer(name, Answer.OK, after) for name in (again, changed_mind, of_the_mended)),
            an_answer(changed_mind, Answer.VIOLATION, after + timedelta(seconds=1)),
            an_answer(of_the_mended, Answer.OK, before, revision=2),
        ]
    )
    found = [one for name in names for one in takedowns.overturned(NOW, 3, name)]
    due = [a_step(name, TakedownState.RESTORE_REFUSED, refused_at) for name in (again, of_the_mended)]
    assert found == due
    assert [one for one in takedowns.overturned(NOW, 3) if one.post_id in names] == due

    asked = a_step(again, TakedownState.RESTORE_REQUESTED, NOW)
    takedowns.append([asked])  # asked, and not answered yet: still due
    assert takedowns.overturned(NOW, 3, again) == [replace(due[0], recorded_at=NOW)]
    takedowns.append([a_step(again, TakedownState.RESTORE_REFUSED, NOW)])
    assert takedowns.overturned(NOW, 3, again) == []
