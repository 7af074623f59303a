"""What a summary is asked of: understood or refused by name."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.errors import BadEvent
from shared.kpi.incidents import AlertKind, AlertState
from shared.kpi.summary.comparison import Period, Span
from shared.kpi.summary.request import SummaryRequest
from shared.kpi.tables import KpiTable

TODAY = date(2026, 1, 13)
NOW = datetime(2026, 1, 13, 1, 0, tzinfo=UTC)


def asked(**said: Any) -> SummaryRequest:
    return SummaryRequest.from_body(json.dumps(said).encode(), TODAY)


@pytest.mark.parametrize(
    "body", [b"", b" \n", b"{}", b'{"period": null, "date": null}', b'{"period": "daily"}']
)
def test_nothing_asks_for_the_newest_day(body: bytes) -> None:
    request = SummaryRequest.from_body(body, TODAY)
    assert request == SummaryRequest(Period.DAILY, None)
    assert request.span([KpiTable("a.b")], NOW) == Span(date(2026, 1, 12), date(2026, 1, 12))


def test_a_week_ends_with_its_date_whatever_weekday_that_is() -> None:
    request = asked(period="weekly", date="2026-01-07")
    assert request.span([KpiTable("a.b")], NOW) == Span(date(2026, 1, 1), date(2026, 1, 7))


def test_a_week_without_a_date_is_the_newest_monday_to_sunday() -> None:
    expected = Span(date(2026, 1, 5), date(2026, 1, 11))
    assert asked(period="weekly").span([KpiTable("a.b")], NOW) == expected
    assert asked(period="weekly").span([], NOW) == expected


def test_today_can_be_asked_for_and_tomorrow_not() -> None:
    assert asked(date="2026-01-13").last == TODAY
    with pytest.raises(BadEvent, match="expected 2026-01-13 at the latest, came 2026-01-14"):
        asked(date="2026-01-14")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"per', ""),
        (b"[]", ""),
        (b'"weekly"', ""),
        (b"\xff", ""),
        (b"[" * 100_000, ""),
        (b'{"day": "2026-01-12"}', "day"),
        (b'{"period": "monthly"}', "period"),
        (b'{"period": ["daily"]}', "period"),
        (b'{"period": {}}', "period"),
        (b'{"period": 7}', "period"),
        (b'{"date": "12.1.2026"}', "date"),
        (b'{"date": "2026-02-30"}', "date"),
        (b'{"date": 20260112}', "date"),
    ],
)
def test_what_can_not_be_meant_is_refused_by_name(body: bytes, field: str) -> None:
    with pytest.raises(BadEvent, match=r"expected .* came ") as raised:
        SummaryRequest.from_body(body, TODAY)
    assert raised.value.field == field


def test_a_summary_is_the_same_alert_however_often_it_is_asked_for() -> None:
    request = asked(period="weekly")
    span = request.span([KpiTable("a.b")], NOW)
    new = request.alert(span, "#kpi", NOW, [])
    assert (new.table, new.day, new.kind, new.state) == ("", span.end, AlertKind.SUMMARY, AlertState.SENDING)
    unsent = replace(new, state=AlertState.UNSENT, headline="kept")
    assert request.alert(span, "#new", NOW + timedelta(hours=1), [unsent]) == unsent
    others = [asked(date="2026-01-11"), asked(period="weekly", date="2026-01-10")]
    ids = {each.alert(each.span([], NOW), "#kpi", NOW, [unsent]).alert_id for each in others}
    assert len({new.alert_id, *ids}) == 3


def test_a_summary_that_was_refused_goes_where_the_setting_says_by_now() -> None:
    request = SummaryRequest()
    span = request.span([], NOW)
    refused = replace(request.alert(span, "#typo", NOW, []), state=AlertState.REFUSED)
    assert request.alert(span, "#kpi", NOW, [refused]) == replace(refused, channel="#kpi")
