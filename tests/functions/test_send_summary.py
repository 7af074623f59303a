"""The summary over HTTP: sent once per period and day to Slack, kept while Slack is down."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.local.cloud import LocalCloud
from infra.local.resources import create_bucket
from shared.gcp.alert_table import AlertTable
from shared.gcp.check_table import CheckTable
from shared.gcp.result_table import ResultTable
from shared.gcp.summary_source import SummarySource
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.incidents import AlertKind, AlertState
from shared.kpi.judgement import Judgement, Status
from shared.kpi.results import check_id_of
from shared.kpi.summary.comparison import Period, Span
from tests.functions.kpi_stage import Channel, Row, Watch, words
from tests.functions.stage import Crew, Scene, Served, together

SLOT = "recsys.item_slot_daily"
APART = timedelta(days=40)
"""Between the days of two tests, which share tables: a summary looks back on less."""


class Office:
    """The function with tables, a channel and claims of its own, and a day for each test."""

    def __init__(self, cloud: LocalCloud, crew: Crew, folder: Path) -> None:
        self.scene = Scene.set_up(cloud)
        bucket = self.scene.dataset.replace("_", "-")
        create_bucket(cloud.settings, bucket)
        self.channel = Channel(cloud.url("slack"), bucket)
        self.tables, self.calendar = folder / "tables", folder / "calendar.yaml"
        self.tables.mkdir()
        (self.tables / "item_slot.yaml").write_text(f"table: {SLOT}\nowner: '@recsys'\n", "utf-8")
        self.last = datetime.now(UTC).date() - timedelta(days=2)
        self.function: Served = crew.start(
            "send_summary",
            SEKISHO_DATASET=self.scene.dataset,
            SEKISHO_STATE_BUCKET=bucket,
            SEKISHO_KPI_TABLES=str(self.tables),
            SEKISHO_CALENDAR=str(self.calendar),
            SEKISHO_ALERT_CHANNEL=bucket,
        )

    def begin(self) -> None:
        """Goes back to days no test was about, with nothing wrong and an event two days ahead."""
        self.last -= APART
        self.channel.begin()
        start = self.last + timedelta(days=2)
        event = f"{{name: grand opening, start: {start}, end: {start}}}"
        self.calendar.write_text(f"events:\n  - {event}\n", "utf-8")

    def ask(self, back: int = 0, **more: str) -> tuple[int, dict[str, Any]]:
        """Asks for the summary that ends so many days before the test's last."""
        response = self.function.post({"date": (self.last - timedelta(days=back)).isoformat(), **more})
        return response.status_code, response.json()

    def inbox(self) -> list[dict[str, Any]]:
        """What Slack got during this test."""
        return self.channel.inbox()

    def break_slack(self) -> None:
        """Has Slack answer the next message "not within the hour"."""
        self.channel.fault(kind="429", retry_after=3600)

    def states(self) -> list[AlertState]:
        """How far the summaries of this test got."""
        alerts = AlertTable(self.scene.client, self.scene.dataset)
        found = alerts.between(self.last - timedelta(days=9), self.last)
        return [each.state for each in found if each.kind is AlertKind.SUMMARY]

    def check(self, *values: float) -> None:
        """Stores checks of clicks, the last day's first."""
        for back, value in enumerate(values):
            day = self.last - timedelta(days=back)
            status = Status.NORMAL if 50.0 <= value <= 150.0 else Status.ANOMALY
            judgement = Judgement("clicks", "", day, status, value, lower=50.0, upper=150.0)
            found = TableCheck(SLOT, day, CheckState.CHECKED, datetime.now(UTC), judgements=(judgement,))
            CheckTable(self.scene.client, self.scene.dataset).append(found, check_id_of(found), 0.1)
            ResultTable(self.scene.client, self.scene.dataset).append(found, check_id_of(found))


@pytest.fixture(scope="module")
def shared_office(
    local_cloud: LocalCloud, kpi_crew: Crew, tmp_path_factory: pytest.TempPathFactory
) -> Office:
    """What sends summaries, for the tests of this module."""
    return Office(local_cloud, kpi_crew, tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def summary_of_watch(shared_watch: Watch, kpi_crew: Crew) -> Served:
    """Sends summaries of what was watched, to the channel it is told in."""
    return kpi_crew.start("send_summary", **shared_watch.environment)


@pytest.fixture
def office(shared_office: Office) -> Office:
    """The office on days of the test's own."""
    shared_office.begin()
    return shared_office


def headline(message: dict[str, Any]) -> str:
    return str(message["blocks"][0]["text"]["text"])


@pytest.mark.smoke("send_summary")
def test_a_weekly_summary_is_sent_once_with_its_figures_and_sparklines(office: Office) -> None:
    office.check(*[150.0] * 7, *[100.0] * 7)
    status, told = office.ask(period="weekly")
    assert (status, told["state"], told["watched"]) == (200, "sent", 1)
    (message,) = office.inbox()
    assert "1 table, nothing needs you" in headline(message)
    said = words(message)
    assert "clicks 1,050: ▲ 50.0 % vs last week (700)" in said
    assert "grand opening" in said
    assert '"slack_file"' in said
    status, again = office.ask(period="weekly")
    assert (status, again["state"]) == (200, "already sent")
    assert len(office.inbox()) == 1
    status, daily = office.ask()
    assert (status, daily["state"], daily["period"]) == (200, "sent", "daily")
    assert len(office.inbox()) == 2


@pytest.mark.parametrize("period", ["weekly", "daily"])
def test_on_its_first_day_a_table_is_set_against_last_week_and_last_year_with_its_whole_sparkline(
    watch: Watch, summary_of_watch: Served, period: str
) -> None:
    watch.configure("kpis:\n  ctr: clicks / impressions\n")
    rows = watch.rows(days=420, clicks={watch.today: 300})  # what stands out is told in full
    watch.load(rows)
    assert watch.check().status_code == 200

    told = summary_of_watch.post({"period": period, "date": watch.today.isoformat()})
    assert (told.status_code, told.json()["state"]) == (200, "sent")
    said = words(watch.inbox()[-1])
    span = Period(period).span(watch.today)
    now, week, year = (_total(rows, "clicks", span.back(days)) for days in (0, 7, 364))
    line = said.partition(f"clicks {now:,}: ")[2].partition("\\n")[0]
    assert f" ({week:,})" in line, f"against the week before: {said}"
    assert f" ({year:,})" in line, f"against the year before: {said}"
    assert "not checked" not in said
    assert "figures of a" not in said, "nothing is said to be missing yet"

    records = SummarySource(watch.scene.client, watch.scene.dataset).records(span)
    by_day = {row["day"]: row for row in rows}
    sparkline = [watch.today - timedelta(days=back) for back in range(1, 90)]
    for day in [*sparkline, *span.back(7).days, *span.back(364).days]:
        figures, row = records.figures[watch.table], by_day[day]
        assert figures["clicks"][day].value == row["clicks"]
        assert figures["ctr"][day].value == row["clicks"] / row["impressions"], "a ratio of sums"
        assert figures["ctr"][day].volume == row["impressions"]
    assert records.first_checked[watch.table] == watch.today
    assert [check.day for check in records.checks if check.table == watch.table] == [watch.today]


def _total(rows: list[Row], kpi: str, span: Span) -> int:
    return sum(row[kpi] for row in rows if span.start <= row["day"] <= span.end)


def test_two_calls_at_once_send_one_summary(office: Office) -> None:
    answers = together([office.ask] * 2)
    assert sorted(status for status, _ in answers) in ([200, 200], [200, 503])
    assert len(office.inbox()) == 1
    assert office.ask()[1]["state"] == "already sent"


def test_while_slack_is_down_the_summary_is_kept_and_a_repeat_sends_it(office: Office) -> None:
    office.break_slack()
    status, told = office.ask()
    assert (status, told["state"]) == (503, "unsent")
    assert (office.inbox(), office.states()) == ([], [AlertState.UNSENT])
    status, told = office.ask()
    assert (status, told["state"]) == (200, "sent")
    assert (len(office.inbox()), office.states()) == (1, [AlertState.SENT])
    assert office.ask()[1]["state"] == "already sent"


def test_a_summary_slack_did_not_take_yesterday_goes_out_with_the_next_one(office: Office) -> None:
    office.break_slack()
    assert office.ask(back=1)[0] == 503
    assert office.ask()[0] == 200
    days = [office.last - timedelta(days=1), office.last]
    told = [headline(message) for message in office.inbox()]
    assert len(told) == 2
    assert all(f" {day.day} " in said for day, said in zip(days, told, strict=True))
    assert office.states() == [AlertState.SENT, AlertState.SENT]


def test_what_slack_refuses_is_an_error_until_the_setting_is_mended(office: Office) -> None:
    office.channel.refuse("channel_not_found")
    status, told = office.ask()
    assert (status, told["state"], office.inbox()) == (500, "refused", [])
    status, told = office.ask()
    assert (status, told["state"], len(office.inbox())) == (200, "sent", 1)


def test_a_broken_file_or_calendar_is_told_and_keeps_no_figures_back(office: Office) -> None:
    office.check(200.0)
    broken = office.tables / "broken.yaml"
    broken.write_text("table: a.b\narrives_by: 25:00\n", "utf-8")
    office.calendar.write_text("events: 7\n", "utf-8")
    status, told = office.ask()
    broken.unlink()
    assert (status, told["broken_files"]) == (200, [str(broken)])
    said = words(office.inbox()[0])
    assert "broken.yaml" in said
    assert "calendar.yaml" in said
    assert "clicks 200" in said


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"per', ""),
        (b"[]", ""),
        (b'{"period": "monthly"}', "period"),
        (b'{"date": "tomorrow"}', "date"),
        (b'{"date": "9999-12-31"}', "date"),
        (b'{"today": "2026-01-12"}', "today"),
    ],
)
def test_what_can_not_be_meant_is_400_and_sends_nothing(
    local_cloud: LocalCloud, body: bytes, field: str
) -> None:
    response = requests.post(local_cloud.function_url("send_summary"), data=body, timeout=60)
    assert (response.status_code, response.json()["field"]) == (400, field)
    assert "expected" in response.json()["error"]
