"""Which alert a check is worth: told once, repeated in a thread, taken back."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kpi.arrival.findings import Arrival, ArrivalState, Finding, FindingKind
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.deciding import Decision, decide
from shared.kpi.history import Column, Shape
from shared.kpi.incidents import (
    Alert,
    AlertKind,
    AlertState,
    alert_id_of,
    in_thread,
    incidents_of,
    no_longer_watched,
    open_incidents,
)
from shared.kpi.judgement import Judgement, Status
from shared.kpi.series import Series
from shared.kpi.subjects import subjects_of

TABLE = "recsys.item_slot_daily"
KPIS = ("ctr", "clicks", "orders", "orders_of_men")
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
RAISED, REPEATED, RECOVERED = AlertKind.RAISED, AlertKind.REPEATED, AlertKind.RECOVERED
TAKEN = AlertKind.TAKEN
DAY = timedelta(days=1)
GONE = Finding(FindingKind.SEGMENT_GONE, "mall=B", {"usual": 24}, segments=frozenset({"mall=B, gender=m"}))


def on(number: int) -> date:
    return date(2026, 11, number)


def a_check(number: int, *anomalies: str, state: CheckState = CheckState.CHECKED) -> TableCheck:
    """A day with rows, KPIs that are wrong, and others that are as they should be."""
    judgements = [Judgement(kpi, "", on(number), Status.ANOMALY, score=1.5) for kpi in anomalies]
    normal = [Judgement(kpi, "", on(number), Status.NORMAL) for kpi in KPIS if kpi not in anomalies]
    arrivals = {CheckState.WAITING: ArrivalState.WAITING, CheckState.MISSING: ArrivalState.MISSING}
    arrival = Arrival(arrivals.get(state, ArrivalState.ARRIVED))
    if state not in (CheckState.CHECKED, CheckState.BROKEN):
        return TableCheck(TABLE, on(number), state, NOW, arrival, tuple(judgements))
    return TableCheck(TABLE, on(number), state, NOW, arrival, (*judgements, *normal), rows=100)


def found(
    number: int, *findings: Finding, judgements: Sequence[Judgement] = (), columns: Sequence[str] = ("day",)
) -> TableCheck:
    """A day of whose rows something is to be said."""
    is_broken = any(each.is_serious for each in findings)
    check = a_check(number, state=CheckState.BROKEN if is_broken else CheckState.CHECKED)
    arrival = Arrival(ArrivalState.BROKEN if is_broken else ArrivalState.ARRIVED, findings)
    shape = Shape(tuple(Column(name, "INTEGER") for name in columns), "day")
    others = tuple(each for each in check.judgements if each.name not in {it.name for it in judgements})
    return replace(check, arrival=arrival, shape=shape, judgements=(*judgements, *others))


class Told:
    """What was told of the table so far: decides on checks, and sends what it decides."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []
        self.looks = 0

    def look(
        self, number: int, *anomalies: str, state: CheckState = CheckState.CHECKED, arrived: str = "sent"
    ) -> Decision | None:
        """Checks a day and tells what it is worth; `arrived` is how far that gets."""
        return self.see(a_check(number, *anomalies, state=state), arrived)

    def see(self, check: TableCheck, arrived: str = "sent") -> Decision | None:
        """Tells what a check is worth."""
        self.looks += 1
        decision = decide(check, self.shuffled())
        if decision is not None:
            known = [each for each in self.alerts if each.alert_id != decision.alert_id]
            alert = replace(
                decision.as_alert("headline", "#kpi", NOW + self.looks * DAY), state=AlertState(arrived)
            )
            if alert.state is AlertState.SENT:
                alert = replace(alert, thread=alert.thread or f"ts-{len(known)}")
            self.alerts = [*known, alert]
        return decision

    def shuffled(self) -> list[Alert]:
        """The alerts in no order: nothing may depend on it."""
        return random.Random(len(self.alerts)).sample(self.alerts, len(self.alerts))


@pytest.fixture
def told() -> Told:
    return Told()


def told_kind(decision: Decision | None) -> tuple[AlertKind, bool] | None:
    return None if decision is None else (decision.kind, decision.aloud)


def test_a_quiet_table_is_never_told_of(told: Told) -> None:
    assert [told.look(day) for day in (1, 2, 3)] == [None] * 3
    assert told.look(4, state=CheckState.WAITING) is None


def test_an_incident_is_told_once_then_in_its_thread_and_taken_back(told: Told) -> None:
    first = told.look(10, "ctr", "clicks")
    assert first == Decision(
        alert_id=alert_id_of(TABLE, on(10), RAISED, {"clicks", "ctr"}),
        table=TABLE,
        day=on(10),
        kind=RAISED,
        incident=on(10),
        day_number=1,
        subjects=frozenset({"clicks", "ctr"}),
        new_subjects=frozenset({"clicks", "ctr"}),
    )
    assert told.look(10, "clicks", "ctr") is None
    second = told.look(11, "clicks")
    assert second == Decision(
        alert_id=alert_id_of(TABLE, on(11), REPEATED, {"clicks"}),
        table=TABLE,
        day=on(11),
        kind=REPEATED,
        incident=on(10),
        day_number=2,
        subjects=frozenset({"clicks"}),
        recovered_subjects=frozenset({"ctr"}),
        channel="#kpi",
        thread="ts-0",
    )
    third = told.look(12)
    assert third is not None
    assert (third.kind, third.aloud, third.day_number, third.thread) == (RECOVERED, True, 3, "ts-0")
    assert (third.subjects, third.recovered_subjects) == (frozenset(), frozenset({"clicks"}))
    assert told.look(12) is None
    assert told.look(13) is None
    after = told.look(14, "clicks")
    assert after is not None
    assert (after.kind, after.incident, after.thread, after.day_number) == (RAISED, on(14), "", 1)


def test_only_a_subject_the_incident_never_had_is_told_aloud(told: Told) -> None:
    told.look(10, "ctr")
    assert told_kind(told.look(11, "ctr")) == (REPEATED, False)
    grown = told.look(12, "ctr", "orders_of_men")
    assert told_kind(grown) == (REPEATED, True)
    assert grown is not None
    assert grown.new_subjects == {"orders_of_men"}
    assert told_kind(told.look(13, "ctr")) == (REPEATED, False)
    assert told_kind(told.look(14, "orders_of_men")) == (REPEATED, False)  # it comes and goes


def test_the_same_day_looked_at_again_is_told_only_where_it_is_different(told: Told) -> None:
    told.look(10, state=CheckState.MISSING)
    assert told.look(10, state=CheckState.MISSING) is None
    assert told.look(10, state=CheckState.WAITING) is None
    changed = told.look(10, "ctr")
    assert changed is not None
    assert (changed.kind, changed.day_number, changed.another_look, changed.aloud) == (
        REPEATED,
        1,
        True,
        True,
    )
    assert (changed.new_subjects, changed.recovered_subjects) == (frozenset({"ctr"}), frozenset({"missing"}))
    assert changed.thread == "ts-0"
    repaired = told.look(10)
    assert repaired is not None
    assert (repaired.kind, repaired.another_look, repaired.aloud) == (RECOVERED, True, True)
    assert told.look(10) is None
    assert told.look(11) is None


def test_a_day_that_breaks_again_as_before_is_told_again_under_another_id(told: Told) -> None:
    first = told.look(10, "ctr")
    told.look(10)
    again = told.look(10, "ctr")
    assert first and again
    assert (again.kind, again.turn) == (RAISED, 2)
    assert again.alert_id != first.alert_id
    goes_on = told.look(11, "ctr")
    assert goes_on is not None
    assert (goes_on.kind, goes_on.thread) == (REPEATED, "ts-2")
    assert told_kind(told.look(12)) == (RECOVERED, True)


def test_a_recovered_day_that_alarms_after_all_begins_a_new_incident(told: Told) -> None:
    told.look(10, "ctr")
    told.look(11)
    after_all = told.look(11, "ctr")
    assert after_all is not None
    assert (after_all.kind, after_all.incident, after_all.day_number) == (RAISED, on(11), 1)
    assert told_kind(told.look(12)) == (RECOVERED, True)


def test_days_nobody_checked_do_not_end_an_incident(told: Told) -> None:
    told.look(10, "ctr")
    later = told.look(14, "ctr")
    assert later is not None
    assert (later.kind, later.incident, later.day_number) == (REPEATED, on(10), 5)
    waiting = told.look(15, state=CheckState.WAITING)
    assert waiting is None
    assert told_kind(told.look(16)) == (RECOVERED, True)


def test_a_broken_day_without_anything_serious_ends_nothing(told: Told) -> None:
    told.look(10, "ctr")
    assert told.look(11, state=CheckState.BROKEN) is None
    assert [each.began for each in open_incidents(told.alerts)] == [on(10)]


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


def test_the_same_thing_told_has_the_same_id_and_another_has_another() -> None:
    same = alert_id_of(TABLE, on(10), RAISED, ["b", "a"])
    assert alert_id_of(TABLE, on(10), RAISED, {"a", "b"}) == same
    others = {
        alert_id_of("other", on(10), RAISED, ["a", "b"]),
        alert_id_of(TABLE, on(11), RAISED, ["a", "b"]),
        alert_id_of(TABLE, on(10), REPEATED, ["a", "b"]),
        alert_id_of(TABLE, on(10), RAISED, ["ab"]),
        alert_id_of(TABLE, on(10), RAISED, ["a", "b"], turn=1),
    }
    assert len(others | {same}) == 6
    assert decide(a_check(10, "a", "b"), []) == decide(a_check(10, "b", "a"), [])


def test_two_that_looked_at_the_same_moment_decide_the_same() -> None:
    first, second = (decide(a_check(10, "ctr"), []) for _ in range(2))
    assert first == second


def test_other_tables_and_summaries_are_no_incidents_of_this_one(told: Told) -> None:
    told.look(10, "ctr")
    other = replace(told.alerts[0], table="other.table")
    summary = replace(told.alerts[0], kind=AlertKind.SUMMARY, subjects=frozenset())
    assert told_kind(decide(a_check(11, "ctr"), [other, summary])) == (RAISED, False)
    assert incidents_of([summary]) == []


def test_the_order_of_a_day_is_told_by_turns_and_not_by_clocks(told: Told) -> None:
    told.look(10, "ctr")
    told.look(10)
    ahead, behind = told.alerts
    told.alerts = [replace(ahead, recorded_at=NOW + timedelta(hours=1)), behind]
    assert told.look(10) is None
    assert told_kind(told.look(11, "ctr")) == (RAISED, False)


LOOKS = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.frozensets(st.sampled_from(["ctr", "clicks"])),
        st.sampled_from(list(CheckState)),
    ),
    max_size=12,
)


@given(looks=LOOKS, arrives=st.sampled_from(["sent", "sent", "unsent", "refused"]))
def test_whatever_is_looked_at_in_whatever_order(
    looks: list[tuple[int, frozenset[str], CheckState]], arrives: str
) -> None:
    told, ids = Told(), set[str]()
    for day, anomalies, state in looks:
        going_on = open_incidents(told.alerts)
        decision = told.look(day, *anomalies, state=state, arrived=arrives)
        repeated = decide(a_check(day, *anomalies, state=state), told.alerts)
        if arrives == "sent":
            assert repeated is None  # nothing is told twice
        if decision is None:
            continue
        assert (decision.alert_id in ids) == decision.due_again
        ids.add(decision.alert_id)
        newer = [each for each in going_on if each.last.day > on(day)]
        if newer:  # what goes on at a newer day goes on
            assert [each.last for each in open_incidents(told.alerts)] == [each.last for each in newer]
        if decision.kind is RAISED and not decision.due_again:  # none is raised beside one that goes on
            assert not [each for each in going_on if each.last.day <= on(day)]
    told.look(7)
    assert open_incidents(told.alerts) == [] or arrives == "refused"
    assert told.look(8, arrived="sent") is None
    assert told_kind(told.look(9, "ctr")) == (RAISED, False)


@pytest.mark.parametrize(
    ("check", "subjects"),
    [
        (a_check(10), set()),
        (a_check(10, state=CheckState.WAITING), set()),
        (a_check(10, state=CheckState.MISSING), {"missing"}),
        (a_check(10, state=CheckState.FAILED), {"failed"}),
        (a_check(10, "ctr", state=CheckState.FAILED), {"failed"}),
        (
            replace(
                a_check(10, "ctr", state=CheckState.BROKEN),
                arrival=Arrival(
                    ArrivalState.BROKEN,
                    (
                        Finding(FindingKind.COLUMN_DROPPED, "clicks"),
                        Finding(FindingKind.DUPLICATES),
                        Finding(FindingKind.COLUMN_ADDED, "new", is_serious=False),
                    ),
                ),
            ),
            {"column_dropped:clicks", "duplicates", "ctr"},
        ),
        (
            replace(
                a_check(10),
                judgements=(
                    Judgement("ctr", "mall=outlet", on(10), Status.DRIFT),
                    Judgement("ctr", "", on(10), Status.MUTED),
                    Judgement("cvr", "", on(10), Status.REFUSED),
                ),
            ),
            {"ctr (mall=outlet)"},
        ),
    ],
)
def test_the_subjects_are_empty_exactly_where_nobody_is_told(check: TableCheck, subjects: set[str]) -> None:
    assert subjects_of(check) == subjects
    assert bool(subjects) == check.is_alarming


@pytest.mark.parametrize("status", [Status.MISSING, Status.MUTED, Status.REFUSED, Status.TOO_LITTLE_HISTORY])
def test_what_could_not_be_judged_is_not_told_to_be_over(told: Told, status: Status) -> None:
    told.look(1, "clicks", "ctr (mall=a)")
    quiet = a_check(2)
    unseen = (Judgement("clicks", "", on(2), status), Judgement("ctr", "mall=a", on(2), status))
    assert decide(replace(quiet, judgements=(*quiet.judgements, *unseen)), told.alerts) is None
    right = Judgement("ctr", "mall=a", on(3), Status.NORMAL)
    assert told_kind(told.see(found(3, judgements=[right]))) == (RECOVERED, True)


def test_a_weekend_without_rows_ends_no_incident(told: Told) -> None:
    told.look(6, "clicks")
    without = [Judgement(kpi, "", on(7), Status.MISSING) for kpi in ("clicks", "orders")]
    assert decide(replace(a_check(7), judgements=tuple(without)), told.alerts) is None
    monday = told.look(9, "clicks")
    assert monday is not None
    assert (monday.kind, monday.day_number) == (REPEATED, 4)


def test_a_column_that_goes_while_its_kpi_is_wrong_does_not_make_it_right(told: Told) -> None:
    told.look(1, "clicks")
    gone = Finding(FindingKind.COLUMN_DROPPED, "clicks", mutes=frozenset({"clicks"}))
    broken = replace(
        a_check(2, state=CheckState.BROKEN),
        arrival=Arrival(ArrivalState.BROKEN, (gone,)),
        judgements=(Judgement("clicks", "", on(2), Status.MUTED),),
    )
    decision = decide(broken, told.alerts)
    assert decision is not None
    assert decision.kind is REPEATED
    assert decision.subjects == {"clicks", "column_dropped:clicks"}
    assert decision.recovered_subjects == frozenset()


def test_a_kpi_that_is_no_longer_watched_ends_its_incident_and_is_not_called_right(told: Told) -> None:
    told.look(1, "dwell")
    decision = told.look(2)
    assert decision is not None
    assert (decision.kind, decision.aloud) == (TAKEN, False)
    assert decision.recovered_subjects == frozenset()
    assert decision.taken_subjects == {"dwell"}
    assert told.look(2) is None
    assert told.look(3) is None
    assert open_incidents(told.alerts) == []
    assert told_kind(told.look(4, "dwell")) == (RAISED, False)


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


def test_an_older_day_that_is_mended_while_a_newer_incident_goes_on_ends_for_itself(told: Told) -> None:
    told.look(20, "ctr")
    told.look(15, "clicks")
    mended = told.look(15)
    assert mended is not None
    assert (mended.kind, mended.is_past, mended.aloud) == (RECOVERED, True, False)
    ended = told.look(21)
    assert ended is not None
    assert (ended.is_past, ended.aloud) == (False, True)


def test_two_days_told_at_the_same_moment_both_end(told: Told) -> None:
    for day in (10, 11):
        first = decide(a_check(day, "ctr"), [])
        assert first is not None
        alert = replace(first.as_alert("", "#kpi", NOW), state=AlertState.SENT, thread=f"ts-{day}")
        told.alerts.append(alert)
    ends = [told.look(day) for day in (12, 13, 14)]
    assert [(each.kind, each.thread, each.aloud, each.is_past) for each in ends if each] == [
        (RECOVERED, "ts-11", True, False),
        (RECOVERED, "ts-10", False, True),
    ]
    assert told.look(13) is None
    assert all(each.is_over for each in incidents_of(told.alerts))


def test_a_kpi_that_is_called_like_a_finding_is_over_only_where_it_was_seen(told: Told) -> None:
    for name in ("failed", "missing", "duplicates", "stuck"):
        told.look(1, name)
        quiet = a_check(2)
        unseen = Judgement(name, "", on(2), Status.REFUSED)
        assert decide(replace(quiet, judgements=(*quiet.judgements, unseen)), told.alerts) is None


def test_a_table_whose_file_is_gone_is_told_of_once_more_and_closed(told: Told) -> None:
    told.look(10, "clicks")
    told.look(11, "clicks")
    assert no_longer_watched(told.alerts, {TABLE}, on(1)) == []
    closed = no_longer_watched(told.alerts, {"recsys.other"}, on(11))
    assert [(each.table, each.began, each.last.day) for each in closed] == [(TABLE, on(10), on(11))]
    assert no_longer_watched(told.alerts, (), on(12)) == []  # that was said when it stopped
    told.look(12)
    assert no_longer_watched(told.alerts, (), on(1)) == []  # it was over
    assert no_longer_watched([], (), on(1)) == []
