"""Past days checked by hand or after an outage: they end and begin nothing newer."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from shared.kpi.checks import CheckState
from shared.kpi.incidents import (
    open_incidents,
)
from tests.unit.incident_story import RAISED, RECOVERED, REPEATED, Told, on, told_kind


class TestOutOfOrder:
    """A past day checked by hand, or after an outage, neither ends nor begins what is newer."""

    def test_a_normal_past_day_does_not_end_the_incident_around_it(self, told: Told) -> None:
        told.look(10, "ctr")
        told.look(12, "ctr")
        assert told.look(11) is None
        assert told.look(9) is None
        assert told_kind(told.look(13, "ctr")) == (REPEATED, False)

    def test_an_alarming_day_in_a_gap_goes_into_the_thread(self, told: Told) -> None:
        told.look(10, "ctr")
        told.look(12, "ctr", "clicks")
        between = told.look(11, "clicks")
        assert between is not None
        assert (between.kind, between.aloud, between.day_number) == (REPEATED, False, 2)
        assert (between.thread, between.another_look) == ("ts-0", False)

    def test_a_repaired_past_day_is_told_quietly_and_the_incident_goes_on(self, told: Told) -> None:
        told.look(10, state=CheckState.MISSING)
        told.look(11, state=CheckState.MISSING)
        repaired = told.look(10)
        assert repaired is not None
        assert (repaired.kind, repaired.subjects, repaired.aloud) == (REPEATED, frozenset(), False)
        assert repaired.another_look
        assert repaired.recovered_subjects == {"missing"}
        assert told.look(10) is None
        assert [each.began for each in open_incidents(told.alerts)] == [on(10)]
        assert told_kind(told.look(11)) == (RECOVERED, True)

    def test_a_day_repaired_after_the_incident_ended_reopens_nothing(self, told: Told) -> None:
        told.look(10, state=CheckState.MISSING)
        told.look(11)
        assert told.look(10, state=CheckState.MISSING) is None
        assert told_kind(told.look(10)) == (REPEATED, False)
        assert told_kind(told.look(10, "ctr")) == (REPEATED, True)  # nobody knew of this one
        assert open_incidents(told.alerts) == []
        assert told.look(12) is None
        assert told_kind(told.look(13, "ctr")) == (RAISED, False)

    def test_a_past_alarm_outside_any_incident_is_told_and_the_newer_one_goes_on(self, told: Told) -> None:
        told.look(20, "ctr")
        past = told.look(15, "clicks")
        assert past is not None
        assert (past.kind, past.incident) == (RAISED, on(15))
        assert [each.began for each in open_incidents(told.alerts)] == [on(20)]
        newer = told.look(21, "ctr")
        assert newer is not None
        assert (newer.incident, newer.thread, newer.new_subjects) == (on(20), "ts-0", frozenset())
        mended = told.look(15)
        assert mended is not None
        assert (mended.kind, mended.incident, mended.aloud) == (RECOVERED, on(15), False)
        assert [each.began for each in open_incidents(told.alerts)] == [on(20)]

    def test_a_past_alarm_does_not_reopen_a_newer_incident_that_ended(self, told: Told) -> None:
        told.look(20, "ctr")
        told.look(21)
        told.look(15, "clicks")
        assert open_incidents(told.alerts) == []
        assert told.look(22) is None
        assert told_kind(told.look(23, "ctr")) == (RAISED, False)

    @pytest.mark.parametrize("order", list(permutations((10, 11, 12))))
    def test_whatever_the_order_the_newest_day_says_what_goes_on(
        self, told: Told, order: Sequence[int]
    ) -> None:
        for day in order:
            told.look(day, "ctr")
        assert len(open_incidents(told.alerts)) == 1
        assert told.look(12, "ctr") is None
        assert told_kind(told.look(13)) == (RECOVERED, True)
        assert open_incidents(told.alerts) == []
