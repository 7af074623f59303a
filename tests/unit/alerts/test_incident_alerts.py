"""An incident that goes on is told shorter, and its end by what is right again."""

from datetime import date

import pytest

from shared.alerts.message import Bullets, Severity
from shared.alerts.table_alert import IncidentView
from shared.kpi.incidents import AlertKind
from tests.alerting import CTR, DAY, charts, checked, normal, told, words


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
