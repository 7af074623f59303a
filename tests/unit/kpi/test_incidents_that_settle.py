"""What was wrong and is not told any more: right only where that was seen."""

from dataclasses import replace

import numpy as np
import pytest

from shared.kpi.arrival.findings import Finding, FindingKind
from shared.kpi.checks import CheckState
from shared.kpi.incidents import (
    AlertKind,
    open_incidents,
)
from shared.kpi.judgement import Judgement, Status
from shared.kpi.series import Series
from tests.unit.incident_story import GONE, RECOVERED, REPEATED, TAKEN, Told, a_check, found, on, told_kind


class TestNotSeenToBeRight:
    """Back to normal is only what was seen to be: all else ends quietly, or not yet."""

    def test_a_mall_that_is_gone_for_good_is_how_it_is_now(self, told: Told) -> None:
        for day in range(1, 8):
            told.see(found(day, GONE))
        quiet = replace(GONE, is_serious=False)
        decision = told.see(found(8, quiet))
        assert decision is not None
        assert (decision.kind, decision.aloud, decision.thread) == (TAKEN, False, "ts-0")
        assert decision.taken_subjects == {"segment_gone:mall=B"}
        assert decision.recovered_subjects == frozenset()
        assert told.see(found(8, quiet)) is None
        assert told.see(found(9, quiet)) is None

    def test_a_mall_that_came_back_after_a_week_was_seen_to(self, told: Told) -> None:
        for day in range(1, 8):
            told.see(found(day, GONE))
        decision = told.see(found(8))
        assert decision is not None
        assert (decision.kind, decision.aloud) == (RECOVERED, True)

    def test_a_mall_told_in_other_words_is_still_gone(self, told: Told) -> None:
        told.see(found(1, GONE))
        together = replace(GONE, column="mall=A", segments=frozenset({"mall=A", "mall=B, gender=m"}))
        decision = told.see(found(2, together))
        assert decision is not None
        assert decision.recovered_subjects == decision.taken_subjects == frozenset()
        nulls = Finding(FindingKind.ALL_NULL, "mall", segments=GONE.segments)
        for day, hides in enumerate(
            (Finding(FindingKind.FEW_ROWS), Finding(FindingKind.PARTIAL_DAY), nulls), 3
        ):
            hidden = told.see(found(day, hides))
            assert hidden is not None
            assert "segment_gone:mall=B" in hidden.subjects

    @pytest.mark.parametrize(("days", "kind"), [(6, RECOVERED), (7, TAKEN)])
    @pytest.mark.parametrize("wrong", [FindingKind.FEW_ROWS, FindingKind.MANY_ROWS])
    def test_what_the_table_is_compared_with_after_a_week_was_not_mended(
        self, told: Told, wrong: FindingKind, days: int, kind: AlertKind
    ) -> None:
        for day in range(1, days + 1):
            told.see(found(day, Finding(wrong, "mall=B")))
        assert told_kind(told.see(found(days + 1))) == (kind, kind is RECOVERED)

    def test_a_column_is_back_only_where_it_is_there(self, told: Told) -> None:
        told.see(found(1, Finding(FindingKind.COLUMN_DROPPED, "clicks")))
        again = told.shuffled()
        assert told_kind(told.see(found(2, columns=("day",)))) == (TAKEN, False)
        told.alerts = again
        assert told_kind(told.see(found(2, columns=("day", "Clicks")))) == (RECOVERED, True)

    @pytest.mark.parametrize(
        ("wrong", "values", "kind"),
        [
            (FindingKind.ALL_NULL, (7.0, 8.0), RECOVERED),
            (FindingKind.STUCK, (7.0, 8.0), RECOVERED),
            (FindingKind.STUCK, (8.0, 8.0), TAKEN),
            (FindingKind.IMPOSSIBLE_RATIO, (1.4, 0.9), RECOVERED),
            (FindingKind.IMPOSSIBLE_RATIO, (1.4, 1.4), TAKEN),
        ],
    )
    def test_a_column_is_right_where_its_kpi_shows_it(
        self, told: Told, wrong: FindingKind, values: tuple[float, float], kind: AlertKind
    ) -> None:
        for day in range(1, 27):
            told.see(found(day, Finding(wrong, "clicks")))
        days = (on(26), on(27))
        series = Series("clicks", "", days, np.array(values), None)
        judged = Judgement("clicks", "", on(27), Status.NORMAL, value=values[-1], series=series)
        assert told_kind(told.see(found(27, judgements=[judged]))) == (kind, kind is RECOVERED)

    def test_a_column_that_stays_empty_is_how_it_is_now(self, told: Told) -> None:
        told.see(found(1, Finding(FindingKind.ALL_NULL, "clicks")))
        empty = Judgement("clicks", "", on(2), Status.MISSING)
        assert told_kind(told.see(found(2, judgements=[empty]))) == (TAKEN, False)

    def test_a_segment_that_was_not_read_is_open_for_a_week_and_then_taken(self, told: Told) -> None:
        told.see(found(1, judgements=[Judgement("clicks", "mall=07", on(1), Status.ANOMALY, score=2.0)]))
        for day in range(2, 8):
            others = Judgement("clicks", "mall=08", on(day), Status.NORMAL)
            assert told.see(found(day, judgements=[others])) is None
        assert len(open_incidents(told.alerts)) == 1
        others = Judgement("clicks", "mall=08", on(8), Status.NORMAL)
        decision = told.see(found(8, judgements=[others]))
        assert decision is not None
        assert decision.kind is TAKEN
        assert decision.taken_subjects == {"clicks (mall=07)"}

    def test_an_older_day_that_can_not_be_judged_is_not_told_to_be_repaired(self, told: Told) -> None:
        told.look(10, "ctr")
        told.look(11)
        unseen = Judgement("ctr", "", on(10), Status.REFUSED)
        assert told.see(found(10, judgements=[unseen])) is None
        assert told_kind(told.look(10)) == (REPEATED, False)

    def test_what_is_right_and_what_is_taken_are_told_apart(self, told: Told) -> None:
        told.look(1, "ctr", "dwell")
        decision = told.look(2, arrived="unsent")
        assert decision is not None
        assert (decision.kind, decision.aloud) == (TAKEN, False)
        assert decision.recovered_subjects == {"ctr"}
        assert decision.taken_subjects == {"dwell"}
        assert told.look(2) == replace(decision, due_again=True)
        assert told.look(2) is None

    @pytest.mark.parametrize("state", [CheckState.MISSING, CheckState.FAILED])
    def test_a_day_without_rows_says_nothing_of_columns(self, told: Told, state: CheckState) -> None:
        told.see(found(1, Finding(FindingKind.ALL_NULL, "clicks"), GONE))
        decision = told.look(2, state=state)
        assert decision is not None
        assert decision.recovered_subjects == decision.taken_subjects == frozenset()

    def test_a_sunday_nobody_expects_rows_on_does_not_bring_those_of_saturday(self, told: Told) -> None:
        told.see(replace(found(1, Finding(FindingKind.NO_ROWS)), state=CheckState.MISSING, rows=0))
        assert told.see(replace(a_check(2), rows=0)) is None
        assert told_kind(told.look(3)) == (RECOVERED, True)
