"""What a summary is made of, read back from the BigQuery emulator as checks, alerts and posts left it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from google.cloud import bigquery

from shared.alerts.message import Message, Severity, to_json
from shared.gcp.alert_table import AlertTable
from shared.gcp.check_table import CheckTable
from shared.gcp.post_table import PostTable
from shared.gcp.result_table import ResultTable
from shared.gcp.summary_source import SummarySource
from shared.gcp.takedown_table import TakedownTable
from shared.kpi.arrival.findings import Arrival, ArrivalState, Finding, FindingKind
from shared.kpi.checks import CheckState, Kept, TableCheck
from shared.kpi.incidents import AlertKind, AlertState
from shared.kpi.judgement import Judgement, Status
from shared.kpi.results import check_id_of
from shared.kpi.summary.comparison import Figure, Period, Span
from shared.kpi.summary.contents import DayCheck, Moderation
from shared.spam.posts import Post
from shared.spam.takedowns import Takedown, TakedownState
from tests.unit.summary_records import SUNDAY, WEEK, alert

SLOT, MAIL, YOUNG = "recsys.item_slot_daily", "crm.mail_daily", "recsys.young_daily"
DROPPED = Finding(FindingKind.COLUMN_DROPPED, "clicks", {"before": "INTEGER"}, frozenset({"ctr"}))


def judged(
    kpi: str, day: date, value: float | None, segment: str = "", status: Status = Status.NORMAL
) -> Judgement:
    return Judgement(kpi, segment, day, status, value, volume=10.0, lower=1.0, upper=9.0, since=day, note="n")


def check(
    table: str,
    day: date,
    hours: float,
    state: CheckState = CheckState.CHECKED,
    judgements: Sequence[Judgement] = (),
    findings: tuple[Finding, ...] = (),
    error: str = "",
) -> TableCheck:
    """A check made so many hours after the day began."""
    made_at = datetime.combine(day, time(), UTC) + timedelta(hours=hours)
    arrival = Arrival(ArrivalState.ARRIVED, findings)
    return TableCheck(table, day, state, made_at, arrival, tuple(judgements), error=error)


class Stage:
    """Tables of this module's own, and the source that reads them."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self.client, self.dataset = client, dataset
        self.source = SummarySource(client, dataset)

    def keep(self, found: TableCheck) -> datetime:
        """Stores a check with its judgements, as check_kpi_table does."""
        CheckTable(self.client, self.dataset).append(found, check_id_of(found), 0.1)
        results = ResultTable(self.client, self.dataset)
        results.append(found, check_id_of(found))
        results.keep_past(found, check_id_of(found))
        return found.checked_at


@pytest.fixture(scope="module")
def stage(bigquery_api: bigquery.Client, dataset: str) -> Stage:
    return Stage(bigquery_api, dataset)


def test_with_nothing_kept_there_is_nothing_to_tell(stage: Stage) -> None:
    """First of all tests here, while the tables are empty."""
    found = stage.source.records(WEEK)
    assert (found.figures, found.segments, found.checks, found.first_checked, found.alerts) == (
        {},
        {},
        [],
        {},
        [],
    )
    assert (found.moderation, found.moderation_before) == (None, None)


def test_figures_are_the_newest_of_each_day_up_to_the_period_and_of_the_year_before(stage: Stage) -> None:
    long_ago, year_ago = WEEK.start - timedelta(days=101), SUNDAY - timedelta(days=364)
    for day in (year_ago, long_ago, WEEK.start - timedelta(days=100), SUNDAY, SUNDAY + timedelta(days=1)):
        stage.keep(check(SLOT, day, 34, judgements=[judged("ctr", day, 1.0)]))
    again = [judged("ctr", SUNDAY, 2.0, status=Status.ANOMALY), judged("ctr", SUNDAY, 3.0, "mall=a")]
    stage.keep(check(SLOT, SUNDAY, 200, judgements=again))
    figures = stage.source.records(WEEK).figures
    assert sorted(figures[SLOT]["ctr"]) == [year_ago, WEEK.start - timedelta(days=100), SUNDAY]
    assert figures[SLOT]["ctr"][SUNDAY] == Figure(SUNDAY, Status.ANOMALY, 2.0, 10.0, 1.0, 9.0, SUNDAY, "n")


@pytest.mark.parametrize("past_first", [True, False])
def test_the_past_stands_in_where_no_check_of_the_day_has_the_kpi(stage: Stage, past_first: bool) -> None:
    table = f"recsys.past_{past_first}".lower()
    week = WEEK.back(1_400)  # which no other test looks at
    sunday = week.end
    day, year_ago = week.days[4], sunday - timedelta(days=364)
    seen = [
        Judgement(kpi, "", on, Status.HISTORY, 7.0, 70.0)
        for kpi, on in (("ctr", day), ("added", day), ("ctr", year_ago), ("ctr", week.days[0]))
    ]
    made = dict.fromkeys(("ctr", "added"), "clicks / impressions")
    last = replace(
        check(table, sunday, 34, judgements=[judged("ctr", sunday, 2.0)]),
        made_of=made, past=tuple(seen), kept={kpi: Kept(each, sunday) for kpi, each in made.items()},
    )  # fmt: skip
    told = [judged("ctr", day, 1.0), judged("ctr", day, 3.0, "mall=a", Status.ANOMALY)]
    first = replace(check(table, day, 34, judgements=told), made_of=made)
    for each in (last, first) if past_first else (first, last):
        stage.keep(each)
    records = stage.source.records(week)
    figures = records.figures[table]
    assert {on: each.status for on, each in figures["ctr"].items()} == {
        year_ago: Status.HISTORY,
        week.days[0]: Status.HISTORY,
        day: Status.NORMAL,
        sunday: Status.NORMAL,
    }
    assert figures["ctr"][year_ago] == Figure(year_ago, Status.HISTORY, 7.0, 70.0)
    assert figures["ctr"][day].value == 1.0
    assert figures["added"][day].value == 7.0
    assert records.segments[table] == {"ctr (mall=a)": [day]}, "not hidden by what a later check saw"
    assert records.first_checked[table] == day
    assert [each.day for each in records.checks if each.table == table] == [day, sunday]


def test_figures_of_a_kpi_are_of_its_definition_now(stage: Stage) -> None:
    table, week = "recsys.redefined", WEEK.back(2_800)  # which no other test looks at
    sunday, zero = week.end, week.end - timedelta(days=10)
    days = [sunday - timedelta(days=back) for back in range(14, 0, -1)]

    def stored(day: date, value: float, made_of: str, after: float = 34, seen: float | None = None) -> None:
        before = days if seen is not None else []
        stage.keep(
            replace(
                check(table, day, after, judgements=[judged("ctr", day, value)]),
                made_of={"ctr": made_of}, kept={"ctr": Kept(made_of, sunday)},
                past=tuple(Judgement("ctr", "", on, Status.HISTORY, seen) for on in before if on != zero),
            )
        )  # fmt: skip

    def values() -> dict[date, float | None]:
        return {day: each.value for day, each in stage.source.records(week).figures[table]["ctr"].items()}

    for day in days:
        stored(day, 0.02, "clicks / impressions")
    stored(sunday, 0.25, "clicks / views", 34, seen=0.2)
    assert values() == {day: 0.2 for day in days if day != zero} | {sunday: 0.25}, "none of other makes"
    old = days[2]
    stored(old, 0.1, "clicks / carts", 900)  # of one old day only: nothing is known of the days since
    assert values() == {day: 0.2 for day in days if day != zero} | {sunday: 0.25}
    stored(old, 0.02, "clicks / impressions", 901)
    stored(sunday, 0.02, "clicks / impressions", 36)
    assert values() == dict.fromkeys((*days, sunday), 0.02)


def test_a_table_whose_rows_come_days_later_is_read_from_its_own_day_on(stage: Stage) -> None:
    span = Span(SUNDAY + timedelta(days=1), SUNDAY + timedelta(days=1))
    reach = Span(SUNDAY, span.end)
    of_day, of_both = stage.source.records(span), stage.source.records(span, reach)
    year_ago = SUNDAY - timedelta(days=364)
    assert year_ago not in of_day.figures[SLOT]["ctr"]
    assert year_ago in of_both.figures[SLOT]["ctr"]
    assert [each.day for each in of_day.checks] == [span.end]
    assert [each.day for each in of_both.checks] == [SUNDAY, span.end]


def test_a_value_that_is_none_stays_none(stage: Stage) -> None:
    stage.keep(
        check(
            SLOT, WEEK.days[1], 34, judgements=[judged("nothing", WEEK.days[1], None, status=Status.MISSING)]
        )
    )
    assert stage.source.records(WEEK).figures[SLOT]["nothing"][WEEK.days[1]].value is None


def test_segments_are_told_with_the_days_something_was_wrong_by_the_newest_check(stage: Stage) -> None:
    day, healed = WEEK.days[2], WEEK.days[3]
    stage.keep(
        check(
            MAIL, day, 34,
            judgements=[
                judged("ctr", day, 1.0, "mall=a", Status.ANOMALY),
                judged("ctr", day, 1.0, "mall=b"),
                judged("opens", day, 1.0, "mall=a", Status.DRIFT),
            ],
        )
    )  # fmt: skip
    stage.keep(check(MAIL, healed, 34, judgements=[judged("ctr", healed, 1.0, "mall=a", Status.ANOMALY)]))
    stage.keep(check(MAIL, healed, 50, judgements=[judged("ctr", healed, 5.0, "mall=a")]))
    assert stage.source.records(WEEK).segments == {MAIL: {"ctr (mall=a)": [day], "opens (mall=a)": [day]}}


def test_a_day_is_late_where_it_was_waited_for_and_not_where_it_was_checked_again(stage: Stage) -> None:
    late, broken, again, missing, failed = WEEK.days[:5]
    stage.keep(check(YOUNG, late, 33, CheckState.MISSING))
    stage.keep(check(YOUNG, late, 34, CheckState.WAITING))
    settled_at = stage.keep(check(YOUNG, late, 35))
    stage.keep(check(YOUNG, late, 90))
    broken_at = stage.keep(check(YOUNG, broken, 33, CheckState.BROKEN, findings=(DROPPED,)))
    again_at = stage.keep(check(YOUNG, again, 33))
    stage.keep(check(YOUNG, again, 90, CheckState.MISSING))
    stage.keep(check(YOUNG, missing, 33, CheckState.MISSING))
    stage.keep(check(YOUNG, failed, 33, CheckState.FAILED, error="no access"))
    records = stage.source.records(WEEK)
    assert [each for each in records.checks if each.table == YOUNG] == [
        DayCheck(YOUNG, late, CheckState.CHECKED, was_late=True, settled_at=settled_at),
        DayCheck(YOUNG, broken, CheckState.BROKEN, settled_at=broken_at, findings=(DROPPED,)),
        DayCheck(YOUNG, again, CheckState.MISSING, settled_at=again_at),
        DayCheck(YOUNG, missing, CheckState.MISSING, was_late=True),
        DayCheck(YOUNG, failed, CheckState.FAILED, error="no access"),
    ]
    assert records.first_checked[YOUNG] == WEEK.start


def test_alerts_stand_where_they_got_furthest_and_summaries_are_among_them_for_nobody(stage: Stage) -> None:
    alerts, text = AlertTable(stage.client, stage.dataset), to_json(Message("m", Severity.INFO))
    sending = alert(MAIL, SUNDAY, state=AlertState.SENDING)
    for state in (AlertState.SENDING, AlertState.UNSENT):
        alerts.append(replace(sending, state=state), text)
    alerts.append(alert(MAIL, SUNDAY + timedelta(days=1), AlertKind.REPEATED, incident=SUNDAY), text)
    found = stage.source.records(WEEK).alerts
    assert [(each.alert_id, each.state) for each in found] == [(sending.alert_id, AlertState.UNSENT)]


def test_posts_are_counted_over_the_period_and_the_one_a_week_before(stage: Stage) -> None:
    """moderation_daily reaches 400 days back from today, so this is about the real last days."""
    today = datetime.now(UTC).date()
    span = Span(today - timedelta(days=3), today - timedelta(days=3))
    noon = datetime.combine(span.end, time(3), UTC)

    def post(name: str, days_back: int) -> Post:
        at = noon - timedelta(days=days_back)
        return Post(f"p-{name}", 1, at, at, "t", "b")

    posts = [post("a", 0), post("b", 0), post("c", 7), post("d", 8), post("e", 6)]
    PostTable(stage.client, stage.dataset).load(posts, None, "summary-posts")
    steps = [
        Takedown("p-a", 1, TakedownState.TAKEN_DOWN, "bayes", "v1", "spam", noon),
        Takedown("p-a", 1, TakedownState.RESTORED, "bayes", "v1", "spam", noon + timedelta(hours=1)),
        Takedown("p-b", 1, TakedownState.TAKEN_DOWN, "bayes", "v1", "spam", noon),
        Takedown("p-c", 1, TakedownState.TAKEN_DOWN, "bayes", "v1", "spam", noon - timedelta(days=7)),
    ]
    TakedownTable(stage.client, stage.dataset).append(steps)
    daily = stage.source.records(span)
    assert (daily.moderation, daily.moderation_before) == (Moderation(2, 2, 1), Moderation(1, 1, 0))
    weekly = stage.source.records(Period.WEEKLY.span(span.end))
    assert (weekly.moderation, weekly.moderation_before) == (Moderation(3, 2, 1), Moderation(2, 1, 0))
