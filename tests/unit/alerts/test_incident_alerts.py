"""An incident that goes on is told shorter, and its end by what is right again."""

from dataclasses import replace
from datetime import date

import pytest

from shared.alerts.message import Bullets, Severity
from shared.alerts.table_alert import IncidentView
from shared.kpi.deciding import decide
from shared.kpi.incidents import AlertKind, AlertState
from tests.alerting import CTR, DAY, NOW, charts, checked, judged, normal, told, words


def test_a_repeat_is_shorter_and_calls_nobody() -> None:
    again = IncidentView(AlertKind.REPEATED, date(2026, 1, 14), 3, frozenset({"orders", "few_rows"}))
    message = told(checked(CTR), again)
    assert message.headline.endswith("(day 3)")
    assert "Fri 16 Jan 2026 · day 3 · since 14 Jan" in words(message)
    assert "back to normal: number of rows, orders" in words(message)
    assert message.mention == ""
    assert not [part for part in message.parts if isinstance(part, Bullets)]


def test_a_repeat_whose_first_message_never_arrived_tells_everything() -> None:
    alone = IncidentView(AlertKind.REPEATED, date(2026, 1, 15), 2, has_thread=False)
    message = told(checked(CTR), alone)
    assert message.mention == "U0HANA1234"
    assert [part for part in message.parts if isinstance(part, Bullets)]


@pytest.mark.parametrize(("day_number", "days"), [(1, "1 day"), (2, "1 day"), (4, "3 days")])
def test_a_recovery_says_after_how_long_and_shows_it(day_number: int, days: str) -> None:
    over = IncidentView(AlertKind.RECOVERED, DAY, day_number, frozenset({"ctr", "column_dropped:revenue"}))
    message = told(checked(normal("ctr", 0.02, is_share=True), normal("clicks")), over)
    assert message.headline == f"recsys.item_slot_daily: back to normal after {days}"
    assert message.severity is Severity.RECOVERED
    assert "ctr 2.0 %, expected 1.8–2.2 %" in words(message)
    assert "back to normal: column revenue" in words(message)
    assert len(charts(message)) == 1
    assert message.mention == ""


def test_an_older_day_that_was_repaired_is_not_told_as_wrong() -> None:
    repaired = IncidentView(AlertKind.REPEATED, DAY, 1, frozenset({"no_rows"}), another_look=True)
    message = told(checked(normal("ctr")), repaired)
    assert message.headline == "recsys.item_slot_daily: 16 Jan is as it should be now"
    assert message.severity is Severity.RECOVERED


def test_a_day_looked_at_again_says_so() -> None:
    again = IncidentView(AlertKind.REPEATED, DAY, 1, another_look=True)
    assert "Fri 16 Jan 2026 · checked again" in words(told(checked(CTR), again))


def test_what_was_wrong_with_a_part_is_called_by_its_name_when_it_is_over() -> None:
    subjects = frozenset({"few_rows:mall=B", "segment_gone:mall=A", "all_null:clicks", "failed", "orders"})
    over = IncidentView(AlertKind.RECOVERED, DAY, 2, subjects)
    names = "values of clicks, the check works, mall=B: number of rows, orders, rows of mall=A"
    assert f"back to normal: {names}" in words(told(checked(normal("ctr")), over))


def test_a_kpi_called_like_a_kind_of_trouble_is_called_by_its_name() -> None:
    over = IncidentView(AlertKind.RECOVERED, DAY, 2, frozenset({"failed", "missing", "few_rows"}))
    kpis = (normal("ctr"), normal("failed", segment="mall=a"))
    assert "back to normal: the check works, number of rows, the rows are there" in words(
        told(checked(*kpis), over)
    )
    again = IncidentView(AlertKind.REPEATED, DAY, 2, frozenset({"failed", "missing"}))
    message = told(checked(CTR, normal("failed"), normal("missing")), again)
    assert "back to normal: failed, missing" in words(message)


def test_a_day_before_a_newer_incident_is_said_to_be_right_and_no_more() -> None:
    over = IncidentView(AlertKind.RECOVERED, DAY, 1, frozenset({"ctr"}), is_past=True)
    message = told(checked(normal("ctr")), over)
    assert message.headline == "recsys.item_slot_daily: 16 Jan is as it should be now"


def test_what_is_how_it_is_now_is_never_called_back_to_normal() -> None:
    taken = IncidentView(
        AlertKind.TAKEN, DAY, 8, frozenset({"orders"}), taken=frozenset({"segment_gone:mall=B"})
    )
    message = told(checked(normal("ctr")), taken)
    assert message.headline == "recsys.item_slot_daily: taken as how it is now: rows of mall=B"
    assert message.severity is Severity.INFO
    assert "back to normal: orders" in words(message)
    japanese = told(checked(normal("ctr")), replace(taken, recovered=frozenset()), "ja")
    assert japanese.headline.endswith("現在の状態として扱います: mall=B の行")
    assert not [text for text in words(japanese) if "正常" in text]


def test_a_repeat_says_what_is_how_it_is_now() -> None:
    again = IncidentView(AlertKind.REPEATED, DAY, 8, taken=frozenset({"few_rows:mall=B"}))
    said = words(told(checked(CTR), again))
    assert "taken as how it is now: mall=B: number of rows" in said
    assert not [text for text in said if "back to normal" in text]


def test_names_with_commas_are_told_apart() -> None:
    taken = frozenset({"segment_gone:mall=0, gender=m", "segment_gone:mall=1, gender=m"})
    message = told(checked(normal("ctr")), IncidentView(AlertKind.TAKEN, DAY, 8, taken=taken))
    assert message.headline.endswith("now: rows of mall=0, gender=m; rows of mall=1, gender=m")


def test_an_alert_knows_all_of_its_decision() -> None:
    raised = decide(checked(CTR), [])
    assert raised is not None
    first = raised.as_alert("", "#kpi", NOW)
    unsent = decide(checked(judged("clicks", 1, 100)), [first])
    assert unsent is not None
    view = IncidentView.of(unsent)
    assert (view.kind, view.another_look, view.has_thread) == (AlertKind.REPEATED, True, False)
    sent = decide(checked(judged("clicks", 1, 100)), [replace(first, state=AlertState.SENT, thread="ts-1")])
    assert sent is not None
    assert IncidentView.of(sent) == replace(view, has_thread=True)
    over = replace(sent, is_past=True, taken_subjects=frozenset({"a"}), recovered_subjects=frozenset({"b"}))
    last = IncidentView.of(over)
    assert last.is_past
    assert last.taken == {"a"}
    assert last.recovered == {"b"}
    message = told(checked(judged("clicks", 1, 100)), view)
    assert "Fri 16 Jan 2026 · checked again" in words(message)
