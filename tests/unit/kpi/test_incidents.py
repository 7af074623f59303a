"""Which alert a check is worth: told once, repeated in a thread, taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kpi.arrival.findings import Arrival, ArrivalState, Finding, FindingKind
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.deciding import Decision, decide
from shared.kpi.incidents import (
    AlertKind,
    AlertState,
    alert_id_of,
    incidents_of,
    no_longer_watched,
    open_incidents,
)
from shared.kpi.judgement import Judgement, Status
from shared.kpi.subjects import subjects_of
from tests.unit.incident_story import (
    NOW,
    RAISED,
    RECOVERED,
    REPEATED,
    TABLE,
    TAKEN,
    Told,
    a_check,
    found,
    on,
    told_kind,
)


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
