"""Asking for checks: by the scheduler, by a person, and by message."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.errors import BadEvent
from shared.kpi.asking import Asked, CheckRequest

NOW = datetime(2026, 1, 13, 0, 30, tzinfo=UTC)
TOMORROW = date(2026, 1, 14)


@pytest.mark.parametrize(
    "request_",
    [
        CheckRequest("recsys.item_slot_daily"),
        CheckRequest("recsys.item_slot_daily", (date(2026, 1, 12), date(2026, 1, 13))),
        CheckRequest("表.日次", (date(2024, 2, 29),), "gs://bucket/kpi_tables/item_slot.yaml"),
    ],
)
def test_a_request_survives_its_message(request_: CheckRequest) -> None:
    assert CheckRequest.from_message(request_.to_message(), TOMORROW) == request_


@pytest.mark.parametrize("body", [b"", b"  \n", b"{}"])
def test_the_scheduler_asks_for_everything_due_now(body: bytes) -> None:
    assert Asked.from_body(body, NOW) == Asked(NOW)


def test_a_person_asks_for_everything_due_at_another_time() -> None:
    asked = Asked.from_body(b'{"now": "2026-01-12T09:30:00+09:00"}', NOW)
    assert asked == Asked(datetime(2026, 1, 12, 0, 30, tzinfo=UTC))


def test_a_person_asks_for_one_tables_day() -> None:
    asked = Asked.from_body(b'{"table": "a.b", "date": "2025-12-31"}', NOW)
    assert asked.request == CheckRequest("a.b", (date(2025, 12, 31),))
    assert Asked.from_body(b'{"table": "a.b"}', NOW).request == CheckRequest("a.b")


@pytest.mark.parametrize(
    ("body", "field", "part"),
    [
        (b"no json", "", "expected JSON with date, dates, now, table"),
        (b"\xff\xfe", "", "came no JSON"),
        (b"[" * 100_000, "", "came no JSON"),
        (b'["a.b"]', "", "came list"),
        (b'{"tabel": "a.b"}', "tabel", "came 'tabel'"),
        (b'{"date": "2026-01-12"}', "table", "came None"),
        (b'{"table": ""}', "table", "came ''"),
        (b'{"table": 7}', "table", "came 7"),
        (b'{"table": "a.b", "date": "12.1.2026"}', "date", "came '12.1.2026'"),
        (b'{"table": "a.b", "date": 20260112}', "date", "came 20260112"),
        (b'{"table": "a.b", "date": "2026-01-15"}', "date", "2026-01-14 at the latest, came 2026-01-15"),
        (b'{"table": "a.b", "now": "2026-01-12T09:30:00+09:00"}', "now", "came both"),
        (b'{"now": "yesterday"}', "now", "came 'yesterday'"),
        (b'{"now": null}', "now", "came None"),
        (b'{"now": "2026-01-12T09:30:00"}', "now", "offset from UTC"),
        (b'{"now": "2026-01-13T00:30:01+00:00"}', "now", "at the latest"),
        (b'{"table": "a.b", "config": "x.yaml"}', "config", "came 'config'"),
    ],
)
def test_what_can_not_be_asked_is_told_by_its_field(body: bytes, field: str, part: str) -> None:
    with pytest.raises(BadEvent) as raised:
        Asked.from_body(body, NOW)
    assert part in str(raised.value)
    assert raised.value.field == field


def test_a_day_ahead_of_utc_may_be_over_elsewhere() -> None:
    body = json.dumps({"table": "a.b", "date": (NOW.date() + timedelta(days=1)).isoformat()}).encode()
    assert Asked.from_body(body, NOW).request == CheckRequest("a.b", (TOMORROW,))


def test_days_of_one_table_are_checked_oldest_first_and_once() -> None:
    data = b'{"table": "a.b", "date": "2026-01-12", "dates": ["2026-01-13", "2026-01-11", "2026-01-12"]}'
    days = CheckRequest.from_message(data, TOMORROW).days
    assert days == (date(2026, 1, 11), date(2026, 1, 12), date(2026, 1, 13))


@pytest.mark.parametrize("dates", ["2026-01-12", {"a": 1}, ["2026-01-12"] * 32, [None], [["2026-01-12"]], 7])
def test_days_that_are_no_list_of_days_are_refused(dates: object) -> None:
    with pytest.raises(BadEvent):
        CheckRequest.from_message(json.dumps({"table": "a.b", "dates": dates}).encode(), TOMORROW)


def test_a_long_name_is_not_repeated_whole() -> None:
    with pytest.raises(BadEvent) as raised:
        CheckRequest.from_message(json.dumps({"table": "x" * 5_000}).encode(), TOMORROW)
    assert len(str(raised.value)) < 400
