"""The alerts table against the BigQuery emulator: how far each got, and what is still to be sent."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from google.cloud import bigquery

from shared.gcp.alert_table import LONGEST_INCIDENT_DAYS, AlertTable
from shared.gcp.queries import read_row, read_rows
from shared.gcp.rows import BYTES_A_REQUEST
from shared.kpi.incidents import Alert, AlertKind, AlertState, alert_id_of

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
MESSAGE = '{"headline": "CTR 0.8 %", "parts": [{"values": [1.0, null, 0.1]}]}'
RAISED, REPEATED, RECOVERED = AlertKind.RAISED, AlertKind.REPEATED, AlertKind.RECOVERED
SENDING, SENT, UNSENT, REFUSED = AlertState.SENDING, AlertState.SENT, AlertState.UNSENT, AlertState.REFUSED


def on(number: int) -> date:
    return date(2026, 11, number)


def a_step(
    table: str,
    number: int,
    kind: AlertKind,
    state: AlertState,
    *,
    incident: int = 0,
    turn: int = 0,
    after: int = 0,
) -> Alert:
    """A step recorded so many minutes after `NOW`. What is sent is in the thread of its incident."""
    subjects = frozenset() if kind is RECOVERED else frozenset({"ctr (性別=女性)", "column_dropped:clicks"})
    return Alert(
        alert_id=alert_id_of(table, on(number), kind, subjects, turn),
        table=table,
        day=on(number),
        kind=kind,
        state=state,
        incident=on(incident or number),
        subjects=subjects,
        headline="CTR 0.8 %、予想 1.9–2.4 %",
        channel="C123" if state is SENT else "#kpi",
        thread=f"ts-{table}-{incident or number}" if state is SENT else "",
        recorded_at=NOW + timedelta(minutes=after),
        detail="ratelimited" if state is UNSENT else "",
        turn=turn,
    )


@pytest.fixture
def alerts(bigquery_api: bigquery.Client, dataset: str) -> AlertTable:
    return AlertTable(bigquery_api, dataset)


def test_an_alert_is_at_its_furthest_step_whatever_the_clocks_say(
    bigquery_api: bigquery.Client, dataset: str, alerts: AlertTable
) -> None:
    assert alerts.recent("t.walk", on(1)) == []
    sent = a_step("t.walk", 10, RAISED, SENT)
    for step in (
        sent,
        sent,
        a_step("t.walk", 10, RAISED, SENDING, after=-9),
        a_step("t.walk", 10, RAISED, UNSENT, after=5),
        a_step("t.walk", 10, RAISED, SENDING, after=9),  # two runs overlapped, and their clocks differ
    ):
        alerts.append(step, MESSAGE)
    repeated = a_step("t.walk", 11, REPEATED, REFUSED, incident=10)
    alerts.append(repeated, MESSAGE)
    alerts.append(a_step("t.walk", 11, REPEATED, UNSENT, incident=10, after=5), MESSAGE)
    alerts.append(a_step("t.else", 11, RAISED, SENT), MESSAGE)
    assert alerts.recent("t.walk", on(10)) == [sent, repeated]
    assert alerts.recent("t.walk", on(11)) == [repeated]
    assert alerts.recent("t.walk", on(12)) == []
    row = read_row(bigquery_api, dataset, "SELECT COUNT(*) AS n FROM alerts WHERE table_name = 't.walk'")
    assert row is not None
    assert row["n"] == 6
    latest = "SELECT day, state, thread FROM alerts_latest WHERE table_name = 't.walk' ORDER BY day"
    rows = read_rows(bigquery_api, dataset, latest)
    assert [(row["day"], row["state"], row["thread"]) for row in rows] == [
        (on(10), "sent", "ts-t.walk-10"),
        (on(11), "refused", ""),
    ]


def test_alerts_of_a_day_come_by_their_turn(alerts: AlertTable) -> None:
    last = a_step("t.turns", 10, RAISED, SENT, turn=2, after=-60)
    middle, first = a_step("t.turns", 10, RECOVERED, SENT, turn=1), a_step("t.turns", 10, RAISED, SENT)
    for step in (last, middle, first):
        alerts.append(step, MESSAGE)
    assert alerts.recent("t.turns", on(10)) == [first, middle, last]


def test_what_is_not_known_to_have_arrived_is_to_be_sent_with_its_message_the_first_one_first(
    alerts: AlertTable,
) -> None:
    since = on(10) + timedelta(days=100)

    def later(step: Alert) -> Alert:
        move = timedelta(days=100)
        return replace(step, day=step.day + move, incident=step.incident + move)

    assert alerts.unsent("t.down", since) == []
    dead = later(a_step("t.dead", 10, RAISED, SENDING))
    unsent = later(a_step("t.down", 12, RAISED, UNSENT, after=1))
    reply = later(a_step("t.down", 13, REPEATED, UNSENT, incident=12))
    summary = replace(later(a_step("", 14, AlertKind.SUMMARY, UNSENT)), subjects=frozenset())
    for step in (
        reply,
        later(a_step("t.down", 12, RAISED, SENDING, after=9)),
        unsent,
        dead,
        summary,
        later(a_step("t.sent", 12, RAISED, UNSENT)),
        later(a_step("t.sent", 12, RAISED, SENT)),
        later(a_step("t.refused", 12, RAISED, UNSENT)),
        later(a_step("t.refused", 12, RAISED, REFUSED)),
        later(a_step("t.old", 9, RAISED, UNSENT)),
    ):
        alerts.append(step, MESSAGE)
    assert alerts.unsent("t.down", since) == [(unsent, MESSAGE), (reply, MESSAGE)]
    assert alerts.unsent("t.dead", since) == [(dead, MESSAGE)]
    assert alerts.unsent("", since) == [(summary, MESSAGE)]
    assert [alerts.unsent(table, since) for table in ("t.sent", "t.refused", "t.old")] == [[], [], []]

    alerts.append(later(a_step("t.down", 12, RAISED, SENT)), MESSAGE)  # now its reply has a thread to go to
    in_thread = replace(reply, channel="C123", thread="ts-t.down-12")
    assert alerts.unsent("t.down", since) == [(in_thread, MESSAGE)]


def test_a_message_too_large_to_stream_is_kept_whole(alerts: AlertTable) -> None:
    step = a_step("t.large", 25, RAISED, UNSENT)
    message = MESSAGE[:-1] + ', "more": "' + "図" * (BYTES_A_REQUEST // 6 + 1) + '"}'  # 図 is 6 bytes of JSON
    alerts.append(step, message)
    alerts.append(step, message)
    ((found, kept),) = alerts.unsent("t.large", on(25))
    assert found == step
    assert kept == message
    assert alerts.recent("t.large", on(25)) == [step]


def test_what_goes_on_is_told_as_of_a_day(alerts: AlertTable) -> None:
    year = timedelta(days=365)

    def last_year(step: Alert) -> Alert:
        return replace(step, day=step.day - year, incident=step.incident - year)

    steps = [
        a_step("t.open", 10, RAISED, SENT),
        a_step("t.open", 11, REPEATED, SENT, incident=10),
        a_step("t.open", 13, RECOVERED, SENT, incident=10),
        a_step("t.unsent", 12, RAISED, UNSENT),
        a_step("t.refused", 12, RAISED, REFUSED),
        a_step("t.begins", 13, RAISED, SENT),
        replace(a_step("", 12, AlertKind.SUMMARY, SENT), subjects=frozenset()),
    ]
    for step in steps:
        alerts.append(last_year(step), MESSAGE)

    def going_on(number: int) -> list[tuple[str, date, date]]:
        found = alerts.open_incidents(on(number) - year)
        return [(each.table, each.began + year, each.last.day + year) for each in found]

    assert going_on(9) == []
    assert going_on(12) == [("t.open", on(10), on(11)), ("t.unsent", on(12), on(12))]
    assert going_on(13) == [("t.unsent", on(12), on(12)), ("t.begins", on(13), on(13))]
    (first, _) = alerts.open_incidents(on(12) - year)
    assert first.place == ("C123", "ts-t.open-10")
    assert alerts.open_incidents(on(13) - year + timedelta(days=LONGEST_INCIDENT_DAYS + 1)) == []
    assert [each.table for each in alerts.between(on(10) - year, on(11) - year)] == ["t.open", "t.open"]
