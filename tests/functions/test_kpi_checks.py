"""A KPI table's day over HTTP: arrived? anomalous? told in Slack once, whatever fails on the way."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from google.api_core.exceptions import GoogleAPICallError
from google.cloud.bigquery import LoadJobConfig

from shared.gcp.clients import storage_client
from shared.gcp.kept_forecasts import KeptForecasts
from shared.gcp.loads import ATTEMPTS
from shared.gcp.object_store import ObjectStore
from shared.gcp.response_table import ResponseTable
from shared.keys import key_of
from shared.kpi.history import Column
from shared.kpi.incidents import AlertKind, AlertState
from shared.kpi.responses import Branch, Response
from tests.functions.kpi_stage import COLUMNS, DAYS, Watch, words

DAY = timedelta(days=1)


def test_a_table_of_one_line_is_checked_and_nothing_is_said_of_an_ordinary_day(watch: Watch) -> None:
    watch.load(watch.rows())
    assert watch.check().status_code == 200
    assert watch.state() == "checked"
    assert watch.statuses() == {"impressions": "normal", "clicks": "normal"}
    assert watch.inbox() == []
    assert watch.alerts() == []


@pytest.mark.smoke("check_kpi_table")
def test_an_anomaly_is_told_once_with_its_picture_and_what_to_do(watch: Watch) -> None:
    watch.configure(
        "dashboard: https://dash.example.com/7\nowner: '@recsys'\nkpis:\n  ctr: clicks / impressions\n"
    )
    watch.load(watch.rows(clicks={watch.today: 300}))
    for _ in range(2):
        assert watch.check().status_code == 200
    (message,) = watch.inbox()
    said = words(message)
    assert "ctr 0.3" in said
    assert "clicks 300" in said
    assert "https://dash.example.com/7" in said
    assert "recsys" in said
    assert said.count('"type": "image"') == 2, "one chart for each KPI that is out"
    assert watch.statuses() == {"impressions": "normal", "clicks": "anomaly", "ctr": "anomaly"}
    assert [alert.state for alert in watch.alerts()] == [AlertState.SENT]


def test_an_incident_is_repeated_in_its_thread_and_its_end_is_told(watch: Watch) -> None:
    second, third = watch.today - DAY, watch.today
    first = second - DAY
    watch.load(watch.rows(clicks={first: 300, second: 310}))
    assert watch.check(third, first, second).status_code == 200, "any order; checked oldest first"
    begun, repeated, ended = watch.inbox()
    assert repeated["thread_ts"] == ended["thread_ts"] == begun["ts"]
    assert "day 2" in repeated["text"]
    assert [alert.kind for alert in watch.alerts()] == [
        AlertKind.RAISED,
        AlertKind.REPEATED,
        AlertKind.RECOVERED,
    ]


def test_a_table_that_is_not_there_is_told_and_so_is_its_coming(watch: Watch) -> None:
    assert watch.check().status_code == 200
    assert watch.state() == "missing"
    watch.load(watch.rows())
    assert watch.check().status_code == 200
    assert watch.state() == "checked"
    missing, come = watch.inbox()
    assert come["thread_ts"] == missing["ts"]


def test_a_day_without_rows_is_told_and_judged_once_they_come(watch: Watch) -> None:
    rows = watch.rows(clicks={watch.today: 300})
    watch.load(rows[:-1])
    assert watch.check().status_code == 200
    assert watch.state() == "missing"
    watch.load(rows)
    assert watch.check().status_code == 200
    assert watch.state() == "checked"
    first, second = watch.inbox()
    assert "no rows" in words(first)
    assert "clicks 300" in words(second)
    assert "checked again" in words(second)
    assert second["thread_ts"] == first["ts"]


def test_a_day_that_still_fills_up_is_waited_for_and_not_judged(watch: Watch) -> None:
    now = datetime.now(UTC)
    due = now - timedelta(minutes=30)  # half an hour past the hour it must be there by
    yesterday = now.date() - DAY
    days_later = (due.date() - yesterday).days
    watch.configure(f"arrives_by: '{due:%H:%M}'\narrives_after_days: {days_later}\ntime_zone: UTC\n")
    last = yesterday
    rows = [
        {"day": last - timedelta(days=back), "impressions": 1_000 + (back * 37) % 90, "clicks": 20 + back % 5}
        for back in range(100, -1, -1)
        for _ in range(6 if back else 2)
    ]
    watch.load(rows)
    assert watch.check(last).status_code == 200
    assert watch.state(last) == "waiting"
    assert watch.inbox() == []
    assert watch.statuses(last) == {}


def test_a_dropped_column_is_told_and_mutes_only_what_is_made_of_it(watch: Watch) -> None:
    watch.configure("kpis:\n  ctr: clicks / impressions\n")
    rows = watch.rows()
    watch.load(rows)
    assert watch.check(watch.today - DAY).status_code == 200
    without = [{name: row[name] for name in ("day", "impressions")} for row in rows]
    watch.load(without, COLUMNS[:2])
    assert watch.check().status_code == 200
    (message,) = watch.inbox()
    assert "clicks" in words(message)
    assert watch.state() == "broken"
    assert watch.statuses() == {"impressions": "normal", "clicks": "muted", "ctr": "muted"}


def test_a_retyped_column_is_told(watch: Watch) -> None:
    rows = watch.rows()
    watch.load(rows)
    assert watch.check(watch.today - DAY).status_code == 200
    as_text = [{**row, "clicks": str(row["clicks"])} for row in rows]
    watch.load(as_text, (*COLUMNS[:2], Column("clicks", "STRING")))
    assert watch.check().status_code == 200
    (message,) = watch.inbox()
    assert "STRING" in words(message)
    assert watch.statuses() == {"impressions": "normal", "clicks": "muted"}


def test_a_wrong_file_is_told_with_its_line_and_hides_no_other_table(watch: Watch) -> None:
    watch.load(watch.rows())
    other = watch.folder / "other.yaml"
    other.write_text("table: a.b\nsegmnts: [x]\n", "utf-8")
    assert watch.check(table=str(other), config=str(other)).status_code == 200
    assert watch.check().status_code == 200
    assert watch.state() == "checked"
    (message,) = watch.inbox()
    assert "line 2" in words(message)
    assert "segments" in words(message)


def test_a_table_nobody_configured_is_told(watch: Watch) -> None:
    assert watch.check(table="no.such_table").status_code == 200
    (message,) = watch.inbox()
    assert "no.such_table" in words(message)


def test_what_slack_did_not_take_is_sent_at_the_next_run_once(watch: Watch) -> None:
    yesterday = watch.today - DAY
    watch.load(watch.rows(clicks={yesterday: 300, watch.today: 310}))
    watch.channel.fault(kind="429", retry_after=3_600, times=5)
    assert watch.check(yesterday, watch.today).status_code == 200
    assert watch.inbox() == []
    assert watch.state() == "checked", "the results are kept"
    assert {alert.state for alert in watch.alerts()} == {AlertState.UNSENT}
    watch.channel.mend()
    for _ in range(2):
        assert watch.check().status_code == 200
    first, second = watch.inbox()
    assert second["thread_ts"] == first["ts"]
    assert {alert.state for alert in watch.alerts()} == {AlertState.SENT}


def test_an_answer_of_slack_that_got_lost_brings_no_second_message(watch: Watch) -> None:
    watch.load(watch.rows(clicks={watch.today: 300}))
    watch.channel.fault(kind="drop_after_acting", times=1)
    for _ in range(2):
        assert watch.check().status_code == 200
    assert len(watch.inbox()) == 1


def test_two_who_check_the_same_day_at_once_tell_it_once(watch: Watch) -> None:
    watch.load(watch.rows(clicks={watch.today: 300}))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: watch.check().status_code, range(4)))
    assert set(answers) == {200}
    assert len(watch.inbox()) == 1


def test_a_message_that_can_never_be_read_is_dropped(watch: Watch) -> None:
    for junk in (
        b"",
        b"no JSON",
        b"[]",
        b'{"date": "2026-01-12"}',
        b'{"table": "a.b", "date": "soon"}',
        b"\xff",
    ):
        assert watch.push(junk).status_code == 200
    assert watch.inbox() == []


def test_days_of_a_confirmed_incident_do_not_teach_what_is_normal(watch: Watch) -> None:
    wrong = {watch.today - timedelta(days=back): 6_000 for back in range(1, 29)}
    watch.load(watch.rows(clicks=wrong))
    assert watch.check().status_code == 200
    taught = watch.statuses()["clicks"]
    answer = Response(
        table=watch.table,
        first=min(wrong),
        last=max(wrong),
        kpi="clicks",
        branch=Branch.DATA,
        note="counted twice",
        responder="r-1",
        responded_at=datetime.now(UTC),
    )
    ResponseTable(watch.scene.client, watch.scene.dataset).append(answer)
    assert watch.check().status_code == 200
    assert (taught, watch.statuses()["clicks"]) == ("anomaly", "normal")


def test_a_past_day_is_judged_by_what_was_known_then(watch: Watch) -> None:
    then = watch.today - timedelta(days=20)
    later = {watch.today - timedelta(days=back): 9_000 for back in range(20)}
    watch.load(watch.rows(clicks={**later, then: 300}))
    assert watch.check(then).status_code == 200
    assert watch.statuses(then)["clicks"] == "anomaly"


def test_what_was_before_the_first_check_is_kept_once_and_never_outranks_a_check(watch: Watch) -> None:
    empty, null = watch.today - timedelta(days=5), watch.today - timedelta(days=9)
    rows = watch.rows(clicks={null: None})
    watch.load([row for row in rows if row["day"] != empty])
    checked = watch.today - timedelta(days=20)
    assert watch.check(checked).status_code == 200
    for _ in range(2):
        assert watch.check().status_code == 200
    days = {row["day"] for row in rows} - {watch.today, checked, empty}
    assert watch.past("impressions").keys() == days
    assert watch.past("clicks").keys() == days - {null}
    assert all(
        watch.past("clicks")[row["day"]] == (row["clicks"], None)
        for row in rows
        if row["day"] in watch.past("clicks")
    )
    assert watch.statuses(checked) == {"impressions": "normal", "clicks": "normal"}
    assert watch.stored() == 2 * len(days) - 1 + 3 * 2, "each day of the past once; three checks of two KPIs"


def test_a_kpi_added_later_and_one_defined_anew_get_their_past(watch: Watch) -> None:
    rows = watch.rows()
    watch.load(rows)
    watch.configure("kpis:\n  ctr: clicks / impressions\n")
    assert watch.check(watch.today - DAY).status_code == 200
    watch.configure("kpis:\n  ctr: impressions / clicks\n  cpi: clicks / impressions\n")
    assert watch.check().status_code == 200
    past, added = watch.past("ctr"), watch.past("cpi")
    for row in rows[:-1]:
        assert past[row["day"]] == (row["impressions"] / row["clicks"], row["clicks"])
        assert added[row["day"]] == (row["clicks"] / row["impressions"], row["impressions"])
    of_yesterday = watch.statuses(watch.today - DAY)
    assert (of_yesterday["ctr"], of_yesterday["cpi"]) == ("history", "history"), "not checked as now"
    assert "history" not in (of_yesterday["clicks"], of_yesterday["impressions"])


def test_a_past_that_can_not_be_kept_now_keeps_no_table_from_being_checked(watch: Watch) -> None:
    table = f"{watch.scene.client.project}.{watch.scene.dataset}.kpi_results"
    watch.load(watch.rows(clicks={watch.today: 300}))
    # What the load job of the first check will be called, taken by one that failed each time: a day's quota.
    made = ["clicks = sum", "impressions = sum"]
    name = "past-" + key_of("past", table, watch.table, watch.today.isoformat(), *made)
    for attempt in range(1, ATTEMPTS + 1):
        with pytest.raises(GoogleAPICallError):
            watch.scene.client.load_table_from_json(
                [{"no_such": 1}], f"{table}_gone", job_id=f"{name}-{attempt}",
                job_config=LoadJobConfig(create_disposition="CREATE_NEVER"),
            ).result()  # fmt: skip
    assert watch.check().status_code == 200
    assert watch.state() == "checked"
    assert len(watch.inbox()) == 1
    assert watch.past("clicks") == {}
    tomorrow = watch.today + DAY
    later = watch.rows()[-1] | {"day": tomorrow}
    watch.load([*watch.rows(clicks={watch.today: 300}), later])
    assert watch.check(tomorrow).status_code == 200
    assert len(watch.past("clicks")) == DAYS - 1, "made up for; the day that was checked is no past"


def test_what_forecasts_came_to_is_kept_for_the_next_check_and_a_past_day_leaves_it(watch: Watch) -> None:
    watch.load(watch.rows())
    objects = ObjectStore(storage_client(watch.cloud.settings), watch.environment["SEKISHO_STATE_BUCKET"])
    assert watch.check().status_code == 200
    kept = KeptForecasts(objects, watch.table, logging.getLogger("test")).read()
    assert {key: each.day for key, each in kept.items()} == {
        ("clicks", ""): watch.today,
        ("impressions", ""): watch.today,
    }
    before = objects.read(f"forecasts/{watch.table}.json")
    assert before is not None
    assert watch.check(watch.today - 5 * DAY).status_code == 200
    assert objects.read(f"forecasts/{watch.table}.json") == before
    objects.swap(f"forecasts/{watch.table}.json", b"damaged", before[1])
    assert watch.check().status_code == 200
    mended = objects.read(f"forecasts/{watch.table}.json")
    assert mended is not None and mended[0] == before[0], "made anew, and the same"
