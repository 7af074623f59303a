"""The summary in words: makes sense alone, says what matters first, stays readable with 200 tables."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from infra.local.slack.block_rules import check_blocks
from shared.alerts.alert_headline import alert_headline
from shared.alerts.block_kit import blocks
from shared.alerts.message import Bullets, Chart, Fields, Message, Severity, Text, from_json, to_json
from shared.alerts.numbers import Language
from shared.alerts.outs import Out
from shared.alerts.phrases import incident as incident_phrases
from shared.alerts.summary_message import summary_message
from shared.kpi.arrival.findings import Finding, FindingKind
from shared.kpi.checks import CheckState
from shared.kpi.events import EventDays
from shared.kpi.incidents import AlertKind, AlertState
from shared.kpi.judgement import Status
from shared.kpi.summary.comparison import Figure, Period, Span
from shared.kpi.summary.contents import DayCheck, Moderation
from shared.kpi.tables import KpiTable
from tests.alerting import checked, judged
from tests.unit.summary_records import SUNDAY, WEEK, alert, changed, records, steady, week_of

SLOT, MAIL, COSTS = "recsys.item_slot_daily", "crm.mail_daily", "billing.costs_daily"
FRIDAY = date(2026, 1, 9)
LOUD = changed(steady(100), WEEK.days, 2)
"""A KPI that stands out, and has its table told in full."""
LANGUAGES: tuple[Language, ...] = ("en", "ja")


def lines_of(message: Message) -> list[str]:
    """Everything a message says besides its headline, a line each."""
    found: list[str] = []
    for part in message.parts:
        match part:
            case Text():
                found.append(part.text)
            case Bullets():
                found += [part.title, *part.items]
            case Fields():
                found += [f"{name}: {value}" for name, value in part.pairs]
            case Chart():
                found.append(part.alt)
            case _:
                raise AssertionError(part)
    return found


def line_of(message: Message, beginning: str) -> str:
    (found,) = [line for line in lines_of(message) if line.startswith(beginning)]
    return found


@pytest.mark.parametrize(
    ("language", "period", "span", "headline"),
    [
        ("en", Period.WEEKLY, WEEK, "Week 2 of 2026 (5–11 Jan): 2 tables, 1 needs you: crm.mail_daily"),
        ("ja", Period.WEEKLY, WEEK, "2026年第2週（1月5日〜11日）: 2テーブル、要対応1件: crm.mail_daily"),
        ("en", Period.DAILY, Span(SUNDAY, SUNDAY), "Sun 11 Jan 2026: 2 tables, 1 needs you: crm.mail_daily"),
        (
            "ja",
            Period.DAILY,
            Span(SUNDAY, SUNDAY),
            "2026年1月11日（日）: 2テーブル、要対応1件: crm.mail_daily",
        ),
    ],
)
def test_the_headline_makes_sense_alone(
    language: Language, period: Period, span: Span, headline: str
) -> None:
    kept = records({SLOT: {"ctr": steady(1)}, MAIL: {"opens": steady(1)}}, alerts=[alert(MAIL, SUNDAY)])
    message = summary_message(week_of([SLOT, MAIL], kept, period=period, span=span), language)
    assert (message.headline, message.severity) == (headline, Severity.WARNING)


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (date(2026, 1, 4), "Week 1 of 2026 (29 Dec – 4 Jan)"),
        (date(2027, 1, 3), "Week 53 of 2026 (28 Dec – 3 Jan)"),
        (date(2026, 1, 7), "The week 1–7 Jan 2026"),
    ],
)
def test_a_week_over_new_year_is_called_by_its_own_year(last: date, said: str) -> None:
    message = summary_message(week_of([SLOT], records(), span=Period.WEEKLY.span(last)))
    assert message.headline.startswith(f"{said}: 1 table, nothing needs you")


def test_a_quiet_week_is_short_and_has_no_wall_of_zeros() -> None:
    figures = {SLOT: {"ctr": steady(0.02, volume=100, year=True), "clicks": steady(100, year=True)}}
    message = summary_message(week_of([SLOT], records(figures, moderation=Moderation(0, 0, 0))))
    assert message.headline == "Week 2 of 2026 (5–11 Jan): 1 table, nothing needs you"
    assert message.severity is Severity.INFO
    assert [type(part) for part in message.parts] == [Bullets, Chart, Text]
    assert lines_of(message)[-1] == (
        "Every table arrived in time and whole. No post came in and none was taken down. "
        "No event or holiday in the next 7 days. Every due day was checked."
    )


def test_no_table_at_all_is_said_and_nothing_is_claimed_to_be_well() -> None:
    message = summary_message(week_of([], records()))
    assert message.headline == "Week 2 of 2026 (5–11 Jan): no KPI table is watched"
    assert lines_of(message) == ["No event or holiday in the next 7 days."]


def test_tables_nobody_checked_are_never_said_to_have_arrived() -> None:
    message = summary_message(week_of([SLOT], records()))
    assert message.headline.endswith("1 table, nothing needs you, 1 not fully checked")
    assert "arrived" not in " ".join(lines_of(message))
    assert f"1 never checked yet: {SLOT}" in lines_of(message)
    assert "No table has a figure of this period yet." in lines_of(message)


def test_a_kpi_is_said_with_both_changes_and_whether_it_was_to_be_expected() -> None:
    ctr = changed(
        steady(0.02, volume=100, year=True), [FRIDAY, date(2026, 1, 10), SUNDAY], 0.4, Status.ANOMALY
    )
    message = summary_message(week_of([SLOT], records({SLOT: {"ctr": ctr}})))
    assert line_of(message, "ctr ") == (
        "ctr 1.5 %: ▼ 27.6 % vs last week (2.1 %); ▼ 25.6 % vs last year (2.0 %); "
        "10× its usual change; outside what was expected on 9–11 Jan"
    )


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (110, 100, "kpi 770: ▲ 10.0 % vs last week (700)"),
        (50, 100, "kpi 350: ▼ 50.0 % vs last week (700)"),
        (100, 100, "kpi 700: → vs last week (700)"),
        (3, 0, "kpi 21: ▲ vs last week (0)"),
        (0, 3, "kpi 0: ▼ 100.0 % vs last week (21)"),
        (0, 0, "kpi 0: → vs last week (0)"),
        (-5, -10, "kpi -35: ▲ 50.0 % vs last week (-70)"),
        (-5, 5, "kpi -35: ▼ vs last week (35)"),
        (2000, 10, "kpi 14,000: ▲ ×200 vs last week (70)"),
    ],
)
def test_a_change_is_said_in_percent_only_where_that_says_something(
    now: float, before: float, said: str
) -> None:
    days = {
        day: Figure(day, Status.NORMAL, float(now if day >= WEEK.start else before))
        for day in (*WEEK.days, *WEEK.back(7).days)
    }
    message = summary_message(week_of([SLOT], records({SLOT: {"kpi": days, "loud": LOUD}})))
    assert line_of(message, "kpi ").startswith(f"{said}; ")


def test_days_that_are_missing_are_said_where_they_matter() -> None:
    clicks = {day: each for day, each in steady(100).items() if day not in (FRIDAY, date(2026, 1, 1))}
    missing = summary_message(week_of([SLOT], records({SLOT: {"clicks": clicks}})))
    assert line_of(missing, f"{SLOT}: 1 KPI as usual (6 of 7 days)")
    message = summary_message(week_of([SLOT], records({SLOT: {"clicks": clicks, "loud": LOUD}})))
    assert "on 5 days both have" in line_of(message, "clicks ")


def test_new_and_gone_kpis_are_said_to_be() -> None:
    figures = steady(5)
    new = {day: each for day, each in figures.items() if day in WEEK.days}
    gone = {day: each for day, each in figures.items() if day not in WEEK.days}
    message = summary_message(week_of([SLOT], records({SLOT: {"old": figures, "new": new, "gone": gone}})))
    assert line_of(message, "gone ") == "gone no value: no value any more"
    assert line_of(message, "new ").startswith("new 36: new; as expected")


def test_three_kpis_are_told_in_full_and_the_others_counted() -> None:
    loud = {f"loud_{n}": changed(steady(100), WEEK.days, 2) for n in range(5)}
    quiet = {f"quiet_{n}": steady(100) for n in range(4)}
    lines = lines_of(summary_message(week_of([SLOT], records({SLOT: loud | quiet}))))
    assert f"{SLOT}: 5 of 9 KPIs out of the ordinary" in lines
    assert sum(line.startswith("loud_") for line in lines) == 3
    assert "2 others stand out too: loud_3, loud_4" in lines
    assert "4 others moved as usual" in lines


@pytest.mark.parametrize(("period", "days"), [(Period.DAILY, 28), (Period.WEEKLY, 90)])
def test_sparklines_show_the_days_until_the_period_ends_with_gaps_and_anomalies(
    period: Period, days: int
) -> None:
    clicks = changed(steady(100), [SUNDAY], 0.2, Status.ANOMALY)
    del clicks[FRIDAY]
    kept = records({SLOT: {f"kpi_{n}": clicks for n in range(9)}})
    message = summary_message(week_of([SLOT], kept, period=period, span=period.span(SUNDAY)))
    (chart,) = [part for part in message.parts if isinstance(part, Chart)]
    assert len(chart.lines) == 6
    line = chart.lines[0]
    assert (len(line.days), line.days[-1], len(line.values)) == (days, SUNDAY, days)
    assert line.values[-3] is None
    assert [mark.start for mark in line.marks if mark.kind == "anomaly"] == [SUNDAY]
    assert "kpi_0" in chart.alt


def test_a_missing_year_is_said_once_and_not_per_kpi() -> None:
    figures = {f"kpi_{n}": steady(100) for n in range(9)}
    young = lines_of(summary_message(week_of([SLOT], records({SLOT: figures}))))
    assert young.count("No figures of a year ago yet.") == 1
    assert not any("last year" in line for line in young)
    old = lines_of(summary_message(week_of([SLOT], records({SLOT: figures | {"old": steady(9, year=True)}}))))
    assert not any("year ago yet" in line for line in old)


def test_open_incidents_come_first_with_since_when_and_whose_they_are() -> None:
    counted = incident_phrases.COUNTED.say("en", what=f"{SLOT}: ctr 0.8 %, since 9 Jan (+1 more)", number=3)
    alerts = [
        alert(SLOT, FRIDAY),
        alert(SLOT, SUNDAY, AlertKind.REPEATED, incident=FRIDAY, headline=counted),
        alert(MAIL, SUNDAY, headline="no rows"),
    ]
    kept = records({SLOT: {"ctr": steady(1)}}, alerts=alerts)
    message = summary_message(week_of([KpiTable(SLOT, owner="@recsys"), MAIL], kept))
    assert message.parts[0] == Bullets(
        "Needs you",
        (
            f"{SLOT}: ctr 0.8 % (+1 more) · day 3, since 9 Jan · owner @recsys",
            f"{MAIL}: no rows · since 11 Jan",
        ),
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_since_when_an_incident_goes_on_is_said_once_also_over_new_year(language: Language) -> None:
    began, told_on = date(2025, 12, 30), date(2026, 1, 2)
    headline = alert_headline(
        checked(replace(judged("orders", 5, 24), since=began)),
        KpiTable(SLOT),
        [Out(judged("orders", 5, 24, since=began), (), 0)],
        4,
        language,
    )
    alerts = [
        alert(SLOT, began, headline="x"),
        alert(SLOT, told_on, AlertKind.REPEATED, incident=began, headline=headline),
    ]
    kept = records({SLOT: {"ctr": steady(1)}}, alerts=alerts)
    needs_you = summary_message(week_of([SLOT], kept), language).parts[0]
    assert isinstance(needs_you, Bullets)
    (line,) = needs_you.items
    assert "2025" in headline
    assert "2025" not in line
    assert line.count("30") == 1


def test_arrival_says_what_was_wrong_with_which_table() -> None:
    due = KpiTable(SLOT).due_at(FRIDAY)
    checks = [
        DayCheck(
            SLOT, FRIDAY, CheckState.CHECKED, was_late=True, settled_at=due + timedelta(hours=26, minutes=5)
        ),
        DayCheck(SLOT, SUNDAY, CheckState.MISSING),
        DayCheck(MAIL, SUNDAY, CheckState.BROKEN, findings=(Finding(FindingKind.COLUMN_DROPPED, "clicks"),)),
    ]
    lines = lines_of(summary_message(week_of([SLOT, MAIL], records({}, checks, {}))))
    assert f"{SLOT}: missing: 11 Jan; late: 9 Jan, at most 26 h 5 min after it was due" in lines
    assert f"{MAIL}: broken: 11 Jan; column clicks gone" in lines


def test_a_part_that_was_broken_keeps_its_name_and_how_many_there_were() -> None:
    findings = (
        Finding(FindingKind.SEGMENT_GONE, "mall=B, gender=m", {"usual": 24, "more": 6}),
        Finding(FindingKind.SEGMENT_GONE, "mall=C"),
        Finding(FindingKind.FEW_ROWS, "mall=A, gender=w", {"rows": 1}),
        Finding(FindingKind.MANY_ROWS, facts={"rows": 9}),
    )
    kept = records(checks=[DayCheck(MAIL, SUNDAY, CheckState.BROKEN, findings=findings)])
    said = "mall=B, gender=m and 6 more without rows; mall=C without rows; mall=A, gender=w: too few rows"
    english = lines_of(summary_message(week_of([MAIL], kept), "en"))
    assert f"{MAIL}: broken: 11 Jan; {said}; too many rows" in english
    japanese = "\n".join(lines_of(summary_message(week_of([MAIL], kept), "ja")))
    assert "mall=B, gender=m ほか6件の行がない" in japanese
    assert "mall=A, gender=w: 行数が少なすぎる" in japanese


def test_moderation_is_set_against_the_week_before() -> None:
    kept = records(moderation=Moderation(1200, 40, 2), moderation_before=Moderation(1000, 0, 0))
    message = summary_message(week_of([SLOT], kept))
    assert [part for part in message.parts if isinstance(part, Fields)] == [
        Fields(
            (
                ("New posts", "1,200 (last week 1,000)"),
                ("Taken down", "40 (last week 0)"),
                ("Restored", "2 (last week 0)"),
                ("Overturn rate", "5 %"),
            )
        )
    ]


def test_an_event_never_seen_before_is_announced_as_such_and_holidays_in_one_line() -> None:
    message = summary_message(
        week_of(
            [SLOT],
            records(),
            events=[
                EventDays("Mail day", date(2026, 1, 14), date(2026, 1, 14), is_first=False),
                EventDays("Spring sale", date(2026, 1, 16), date(2026, 1, 18), is_first=True),
            ],
            holidays=[(date(2026, 1, 12), "A"), (date(2026, 1, 13), "B")],
        )
    )
    (ahead,) = [
        part for part in message.parts if isinstance(part, Bullets) and part.title == "The next 7 days"
    ]
    assert ahead.items == (
        "14 Jan: Mail day",
        "16–18 Jan: Spring sale – for the first time: its effect is not known yet, expect alerts",
        "holidays: Mon 12 Jan A, Tue 13 Jan B",
    )


def test_tables_of_one_name_in_two_projects_are_told_apart() -> None:
    tables = ["one.crm.mail_daily", "two.crm.mail_daily", "one.crm.line_daily"]
    lines = lines_of(summary_message(week_of(tables, records())))
    assert "3 never checked yet: one.crm.mail_daily, two.crm.mail_daily, crm.line_daily" in lines


def worst(tables: int, kpis: int, *, is_loud: bool, language: Language = "en") -> Message:
    """A week in which everything that can be said has to be said, in as many words as there can be."""
    names = [
        f"a_long_project_name.a_long_dataset_name.a_rather_long_table_name_{n:03}" for n in range(tables)
    ]
    factor, status = (0.1, Status.ANOMALY) if is_loud else (1, Status.NORMAL)
    kpi = changed(steady(123_456_789.12, year=True), WEEK.days[::2], factor, status)
    figures = {name: {f"a_rather_long_kpi_name_{n:02}": kpi for n in range(kpis)} for name in names}
    if not is_loud:
        return summary_message(week_of(names, records(figures)), language)
    refused = {day: replace(each, status=Status.REFUSED, note="w " * 500) for day, each in steady(1).items()}
    figures = {name: {**each, "refused": refused} for name, each in figures.items()}
    finding = tuple(Finding(kind, "a_rather_long_column_name") for kind in FindingKind)
    days = WEEK.days
    checks = [
        DayCheck(name, day, CheckState.BROKEN, True, findings=finding) for name in names for day in days[:2]
    ]
    checks += [DayCheck(name, days[4], CheckState.FAILED, error="e" * 5000) for name in names]
    checks += [DayCheck(name, days[6], CheckState.WAITING) for name in names]
    alerts = [alert(name, SUNDAY, headline="h" * 1000, state=AlertState.UNSENT) for name in names]
    segment = {f"kpi (mall={'m' * 50}, gender={n})": [SUNDAY] for n in range(50)}
    kept = records(
        figures, checks, alerts=alerts, segments=dict.fromkeys(names, segment), moderation=Moderation(9, 9, 9)
    )
    events = [EventDays("an event " * 30, SUNDAY, SUNDAY, is_first=True) for _ in range(50)]
    return summary_message(
        week_of(
            names, kept, events=events, holidays=[(SUNDAY, "h" * 40)] * 9, misconfigured=["c" * 9000] * 50
        ),
        language,
    )


@pytest.mark.parametrize(
    ("tables", "kpis", "is_loud"),
    [(1, 1, True), (1, 100, True), (60, 12, True), (60, 12, False), (200, 3, True), (200, 2, False)],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_happens_the_message_fits_into_slack_unshortened(
    tables: int, kpis: int, is_loud: bool, language: Language
) -> None:
    message = worst(tables, kpis, is_loud=is_loud, language=language)
    files = {n: f"F{n}" for n, part in enumerate(message.parts) if isinstance(part, Chart)}
    found = blocks(message, files, language)
    check_blocks(found, lambda file: file in files.values())
    assert not [word for word in ("(shortened)", "（以下略）") if word in str(found)]
    for part in message.parts:
        if isinstance(part, Bullets):
            assert len(part.title) + sum(len(item) + 3 for item in part.items) < 3_000
    assert len(files) <= 3


def test_six_loud_tables_are_told_in_full_and_three_of_them_with_sparklines() -> None:
    loud = {"kpi": changed(steady(100), WEEK.days, 2)}
    figures = {f"a.loud_{n}": loud for n in range(7)} | {f"a.quiet_{n}": {"kpi": steady(1)} for n in range(2)}
    message = summary_message(week_of(figures, records(figures)))
    assert sum(isinstance(part, Chart) for part in message.parts) == 3
    assert sum(line.startswith("kpi 1,") for line in lines_of(message)) == 6
    (other,) = [part for part in message.parts if isinstance(part, Bullets) and part.title == "Other tables"]
    assert [item.split(":")[0] for item in other.items] == ["a.loud_6", "a.quiet_0", "a.quiet_1"]


def test_a_table_with_nothing_to_tell_is_one_line_with_what_moved_most() -> None:
    figures = {
        SLOT: {"clicks": LOUD, "orders": steady(9)},
        COSTS: {"cost": steady(100, year=True), "credits": steady(5, year=True)},
    }
    message = summary_message(week_of(figures, records(figures)))
    assert [line for line in lines_of(message) if COSTS in line] == [
        f"{COSTS}: 2 KPIs as usual; moved most: cost ▼ 1.3 % vs last week, ▲ 1.5 % vs last year"
    ]
    (chart,) = [part for part in message.parts if isinstance(part, Chart)]
    assert SLOT in chart.alt


def test_in_a_quiet_week_the_first_tables_still_have_their_pictures() -> None:
    figures = {f"a.quiet_{n}": {"kpi": steady(1)} for n in range(5)}
    message = summary_message(week_of(figures, records(figures)))
    assert sum(isinstance(part, Chart) for part in message.parts) == 3
    assert sum(line.startswith("a.quiet_") and "as usual" in line for line in lines_of(message)) == 5


def test_200_quiet_tables_are_one_line_and_none_is_forgotten() -> None:
    message = worst(200, 2, is_loud=False)
    (tables,) = [part for part in message.parts if isinstance(part, Bullets) and part.title == "Tables"]
    (line,) = tables.items
    assert "and 188 more (400 KPIs in 200 tables)" in line
    assert message.headline == "Week 2 of 2026 (5–11 Jan): 200 tables, nothing needs you"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_message_can_be_kept_and_sent_later(language: Language) -> None:
    kept = records({SLOT: {"ctr": steady(0.02, volume=9)}}, alerts=[alert(SLOT, SUNDAY)])
    message = summary_message(week_of([SLOT], kept, holidays=[(SUNDAY, "成人の日")]), language)
    assert from_json(to_json(message)) == message


def test_in_japanese_nothing_of_ours_is_left_in_english() -> None:
    checks = [DayCheck(SLOT, day, CheckState.CHECKED) for day in WEEK.days]
    ctr = changed(steady(0.02, volume=9, year=True), [SUNDAY], 0.4, Status.ANOMALY)
    kept = records(
        {SLOT: {"ctr": ctr}, COSTS: {"cost": steady(5)}},
        checks,
        alerts=[alert(SLOT, SUNDAY, headline="見出し")],
        moderation=Moderation(9, 9, 9),
    )
    message = summary_message(week_of([SLOT, COSTS, MAIL], kept), "ja")
    said = " ".join([message.headline, *lines_of(message)])
    words = set(re.findall(r"[A-Za-z][a-z_.A-Z]+", said)) - {"KPI"}
    assert words == {SLOT, COSTS, MAIL, "ctr", "cost"}
