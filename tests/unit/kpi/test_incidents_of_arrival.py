"""Incidents of days that did not arrive, wait or fill up."""

from dataclasses import replace

import pytest

from shared.kpi.incidents import (
    AlertState,
    in_thread,
)
from tests.unit.incident_story import NOW, RAISED, RECOVERED, REPEATED, Told, on, told_kind


class TestNotArrived:
    """An alert that never went out stays due; one the channel refused was never told."""

    @pytest.mark.parametrize("state", ["unsent", "sending"])
    def test_an_alert_not_known_to_have_arrived_is_due_again_under_its_id(
        self, told: Told, state: str
    ) -> None:
        first = told.look(10, "ctr", arrived=state)
        again = told.look(10, "ctr", arrived=state)
        assert first is not None
        assert again == replace(first, due_again=True)
        assert again.as_alert("", "#kpi", NOW).state is AlertState.UNSENT
        third = told.look(10, "ctr")
        assert third == again
        assert told.look(10, "ctr") is None

    def test_a_repeat_that_did_not_arrive_says_the_same_again(self, told: Told) -> None:
        told.look(10, "ctr")
        first = told.look(11, "clicks", arrived="unsent")
        assert first is not None
        assert first.aloud
        assert first.new_subjects == {"clicks"}
        assert first.recovered_subjects == {"ctr"}
        assert told.look(11, "clicks") == replace(first, due_again=True)

    def test_a_recovery_that_did_not_arrive_is_due_again(self, told: Told) -> None:
        told.look(10, "ctr")
        first = told.look(11, arrived="unsent")
        again = told.look(11)
        assert first is not None
        assert again == replace(first, due_again=True)
        assert (again.recovered_subjects, again.thread, again.aloud) == (frozenset({"ctr"}), "ts-0", True)
        assert told.look(11) is None

    def test_a_repeat_has_no_thread_until_the_first_message_is_sent_and_is_given_it_then(
        self, told: Told
    ) -> None:
        first = told.look(10, "ctr", arrived="unsent")
        second = told.look(11, "ctr", arrived="unsent")
        assert first and second
        assert (second.kind, second.channel, second.thread) == (REPEATED, "", "")
        reply = next(each for each in told.alerts if each.alert_id == second.alert_id)
        assert in_thread(reply, told.alerts) == reply
        told.look(10, "ctr")
        assert in_thread(reply, told.alerts).thread == "ts-1"
        opening = next(each for each in told.alerts if each.alert_id == first.alert_id)
        assert in_thread(opening, told.alerts) == opening

    def test_what_a_channel_refused_is_told_anew_once_it_would_be_taken(self, told: Told) -> None:
        refused = told.look(10, "ctr", arrived="refused")
        anew = told.look(10, "ctr", arrived="refused")
        assert refused and anew
        assert (anew.kind, anew.due_again) == (RAISED, False)
        assert anew.alert_id != refused.alert_id
        next_day = told.look(11, "ctr")
        assert next_day is not None
        assert (next_day.kind, next_day.incident) == (RAISED, on(11))

    def test_what_was_refused_is_nothing_newer(self, told: Told) -> None:
        told.look(10, "ctr")
        told.look(12, "ctr", arrived="refused")
        assert told_kind(told.look(11)) == (RECOVERED, True)

    def test_a_refused_recovery_leaves_the_incident_open_until_one_is_taken(self, told: Told) -> None:
        told.look(10, "ctr")
        told.look(11, arrived="refused")
        assert told_kind(told.look(12)) == (RECOVERED, True)
        assert told.look(13) is None
