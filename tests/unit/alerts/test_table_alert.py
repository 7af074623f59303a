"""The one message about a table's day says what a person on duty needs, and no more."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from shared.alerts.message import Bullets, Chart, Links, Mark, Message, Severity, Text
from shared.alerts.numbers import Language
from shared.alerts.table_alert import IncidentView, alert_message
from shared.kpi.arrival.findings import Arrival, ArrivalState, Finding, FindingKind
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.incidents import AlertKind
from shared.kpi.judgement import Status
from tests.alerting import DAY, RAISED, TABLE, checked, judged, normal

CTR = judged("ctr", 0.008, 0.0215, is_share=True, score=3.0)


def told(
    check: TableCheck, incident: IncidentView = RAISED, language: Language = "en", **more: object
) -> Message:
    return alert_message(check, TABLE, incident, language, **more)  # type: ignore[arg-type]


def words(message: Message) -> list[str]:
    return [part.text for part in message.parts if isinstance(part, Text)]


def charts(message: Message) -> list[Chart]:
    return [part for part in message.parts if isinstance(part, Chart)]


def broken(*findings: Finding) -> Arrival:
    return Arrival(ArrivalState.BROKEN, findings)


def test_the_headline_alone_makes_sense() -> None:
    assert told(checked(CTR)).headline == "recsys.item_slot_daily: ctr 0.8 %, expected 1.9–2.4 %"
    assert told(checked(CTR), language="ja").headline == "recsys.item_slot_daily: ctr 0.8%（想定 1.9〜2.4%）"


def test_the_most_severe_kpi_leads_and_the_others_are_counted() -> None:
    check = checked(judged("orders", 300, 400, score=1.1), CTR, judged("clicks", 10, 100, score=2.0))
    message = told(check)
    assert message.headline.endswith("ctr 0.8 %, expected 1.9–2.4 % (+2 more)")
    assert [chart.lines[0].title for chart in charts(message)] == ["ctr", "clicks", "orders"]


def test_beyond_the_most_charts_kpis_are_counted_by_name() -> None:
    message = told(checked(*(judged(f"kpi{n}", 10, 100, score=9 - n) for n in range(6))), most_charts=2)
    assert len(charts(message)) == 2
    assert "and 4 more KPIs: kpi2, kpi3, kpi4, kpi5" in words(message)
    one = told(checked(*(judged(f"kpi{n}", 10, 100) for n in range(2))), most_charts=1)
    assert "and 1 more KPI: kpi1" in words(one)
    assert charts(told(checked(CTR), most_charts=0)) == []


def test_how_rare_it_is_comes_from_the_kpis_own_past() -> None:
    past = [100.0] * 60
    past[-40] = 40.0
    rare = words(told(checked(judged("orders", 50, 100, past=past))))
    assert "orders 50, expected 90–110, lowest since 7 December 2025" in rare
    past[-3] = 40.0
    common = words(told(checked(judged("orders", 50, 100, past=past))))
    assert "orders 50, expected 90–110" in common
    never = words(told(checked(judged("orders", 150, 100))))
    assert "orders 150, expected 90–110, highest in 400 days of history" in never


def test_nothing_is_said_of_how_rare_without_a_past() -> None:
    bare = replace(judged("orders", 50, 100), series=None, band=None)
    message = told(checked(bare))
    assert "orders 50, expected 90–110" in words(message)
    assert charts(message) == []


def test_zero_is_said_as_zero() -> None:
    message = told(checked(judged("orders", 0, 100), normal("clicks")))
    assert "orders is 0, expected 90–110" in message.headline
    assert message.severity is Severity.CRITICAL


def test_a_band_open_to_one_side_is_said_so() -> None:
    below = replace(judged("orders", 50, 100), upper=None)
    above = replace(judged("orders", 150, 100), lower=float("-inf"))
    assert "orders 50, expected at least 90" in told(checked(below)).headline
    assert "orders 150, expected at most 110" in told(checked(above)).headline


def test_a_drift_is_told_by_its_fortnight() -> None:
    drift = judged("deliveries", 80, 100, Status.DRIFT, since=date(2025, 12, 30), past=[82.0] * 13)
    message = told(checked(drift))
    said = "deliveries falling since 30 December 2025: 14 days together 18 % below what was expected"
    assert said in words(message)
    assert Mark("drift", date(2025, 12, 30), DAY) in charts(message)[0].lines[0].marks
    assert (
        "12月30日から下落傾向: 直近14日の通算で想定を18%下回る"
        in told(checked(drift), language="ja").headline
    )


def test_a_drift_without_its_numbers_is_told_without_them() -> None:
    drift = replace(judged("cost", 130, 100, Status.DRIFT, since=date(2026, 1, 2)), band=None)
    assert told(checked(drift)).headline.endswith("cost rising since 2 January")


def test_a_kpi_out_everywhere_is_told_once() -> None:
    parts = [judged("ctr", 0.008, 0.02, segment=f"mall={m}", is_share=True) for m in "abc"]
    message = told(checked(CTR, *parts))
    assert len(charts(message)) == 1
    assert "in all 3 segments" in words(message)


@pytest.mark.parametrize(
    ("out", "said"),
    [
        (["", "mall=a"], "in 1 of 3 segments: mall=a"),
        ([""], "no single segment stands out"),
        (["mall=b"], "in this one of 3 segments only"),
        (["mall=a", "mall=b"], "in 2 of 3 segments: mall=a / mall=b"),
    ],
)
def test_where_a_kpi_is_out_is_said(out: list[str], said: str) -> None:
    judgements = [
        judged("orders", 50, 100, segment=segment) if segment in out else normal("orders", segment=segment)
        for segment in ("", "mall=a", "mall=b", "mall=c")
    ]
    message = told(checked(*judgements))
    assert said in words(message)
    assert len(charts(message)) == 1


def test_since_when_is_said_where_it_did_not_begin_today() -> None:
    assert "since 14 January" in words(told(checked(judged("orders", 50, 100, since=date(2026, 1, 14)))))
    assert not [
        text for text in words(told(checked(judged("orders", 50, 100, since=DAY)))) if "since" in text
    ]


def test_the_chart_shows_ninety_days_the_band_and_what_stands_out() -> None:
    past = [100.0] * 30
    past[10] = 200.0
    sale = Mark("event", DAY - timedelta(days=200), DAY - timedelta(days=80), "Winter sale")
    gone = Mark("event", DAY - timedelta(days=200), DAY - timedelta(days=100), "Old sale")
    [chart] = charts(told(checked(judged("orders", 50, 100, past=past)), marks=(sale, gone)))
    [line] = chart.lines
    assert (len(line.days), line.days[-1], line.values[-1]) == (90, DAY, 50.0)
    assert [line.lower[0], line.expected[0], line.upper[0]] == pytest.approx([90.0, 100.0, 110.0])
    assert set(line.marks) == {
        Mark("event", line.days[0], sale.end, "Winter sale"),
        Mark("anomaly", DAY - timedelta(days=20), DAY - timedelta(days=20)),
        Mark("anomaly", DAY, DAY),
        Mark("today", DAY, DAY),
    }
    assert "orders" in chart.alt


def test_days_without_a_value_are_gaps_in_the_chart() -> None:
    nan = float("nan")
    [chart] = charts(told(checked(judged("orders", 50, 100, past=[nan, nan]))))
    assert chart.lines[0].values[-3:] == (None, None, 50.0)


def test_a_table_that_did_not_come_is_told_in_words() -> None:
    facts: dict[str, str | int | float] = {"rows": 0, "expected": 6, "last": "2026-01-13", "days": 3}
    arrival = Arrival(
        ArrivalState.MISSING, (Finding(FindingKind.NO_ROWS, facts=facts, mutes=frozenset({"a"})),)
    )
    message = told(checked(state=CheckState.MISSING, arrival=arrival))
    said = "no rows for 16 January (usually 6), the last came for 13 January"
    assert message.headline == f"recsys.item_slot_daily: {said}"
    assert message.severity is Severity.CRITICAL
    assert not [text for text in words(message) if "Not judged" in text]


@pytest.mark.parametrize(
    ("finding", "en", "ja"),
    [
        (Finding(FindingKind.TABLE_MISSING), "the table is not there", "テーブルがありません"),
        (Finding(FindingKind.NO_ROWS), "no rows for 16 January", "1月16日の行がありません"),
        (
            Finding(FindingKind.FEW_ROWS, facts={"rows": 5, "expected": 6, "lowest": 6, "highest": 6}),
            "only 5 rows (usually 6)",
            "5行しかありません（通常6行）",
        ),
        (
            Finding(FindingKind.MANY_ROWS, facts={"rows": 12, "lowest": 5.6, "highest": 7}),
            "as many as 12 rows (usually 6–7)",
            "12行もあります（通常6〜7行）",
        ),
        (Finding(FindingKind.FEW_ROWS, facts={"rows": 1}), "only 1 row", "1行しかありません"),
        (
            Finding(FindingKind.PARTIAL_DAY, facts={"rows": 3, "last_at": "14:05", "usual": "23:59"}),
            "16 January is not complete: 3 rows until 14:05, usually until 23:59",
            "1月16日分がまだ揃っていません（14:05まで3行、通常は23:59まで）",
        ),
        (
            Finding(FindingKind.DUPLICATES, facts={"duplicates": 4, "rows": 10}),
            "4 rows are duplicates",
            "4行が重複しています",
        ),
        (
            Finding(FindingKind.COLUMN_DROPPED, "revenue", {"before": "INTEGER", "renamed": "sales"}),
            "column revenue is gone, maybe sales now",
            "列 revenue がなくなりました、sales に改名された可能性",
        ),
        (
            Finding(FindingKind.COLUMN_RETYPED, "clicks", {"before": "INTEGER", "now": "STRING"}),
            "column clicks is STRING now, was INTEGER",
            "列 clicks の型が INTEGER から STRING に変わりました",
        ),
        (Finding(FindingKind.ALL_NULL, "clicks"), "clicks is NULL in every row", "clicks が全行NULLです"),
        (
            Finding(FindingKind.STUCK, "clicks", {"days": 5, "value": 1.0}),
            "clicks never changes: the same for 5 days",
            "clicks が5日間まったく同じ値です",
        ),
        (
            Finding(FindingKind.STUCK, "clicks"),
            "clicks never changes any more",
            "clicks の値がまったく変わりません",
        ),
    ],
)
def test_what_is_wrong_with_a_table_is_said_in_words(finding: Finding, en: str, ja: str) -> None:
    check = checked(state=CheckState.BROKEN, arrival=broken(finding))
    for language, said in (("en", en), ("ja", ja)):
        message = told(check, language=language)  # type: ignore[arg-type]
        assert message.headline == f"recsys.item_slot_daily: {said}"
        assert next(part.items for part in message.parts if isinstance(part, Bullets)) == (said,)


def test_muted_kpis_are_named_and_the_others_still_told() -> None:
    finding = Finding(FindingKind.COLUMN_DROPPED, "revenue", mutes=frozenset({"revenue", "aov"}))
    message = told(checked(judged("clicks", 10, 100), state=CheckState.BROKEN, arrival=broken(finding)))
    assert "Not judged until it is repaired: aov, revenue" in words(message)
    assert message.headline.endswith("column revenue is gone (+1 more)")
    assert len(charts(message)) == 1


def test_a_new_column_is_mentioned_and_raises_nothing() -> None:
    finding = Finding(FindingKind.COLUMN_ADDED, "x", {"now": "INTEGER"}, is_serious=False)
    message = told(checked(CTR, arrival=Arrival(ArrivalState.ARRIVED, (finding,))))
    assert "column x is new" in words(message)
    assert message.headline.endswith("expected 1.9–2.4 %")


def test_a_failed_check_says_why_and_what_happens_next() -> None:
    message = told(checked(state=CheckState.FAILED, error="expected access, came 403"))
    assert message.headline == "recsys.item_slot_daily: the check failed"
    assert "Nothing is known about this day: expected access, came 403" in words(message)
    assert any("tries again" in text for text in words(message))


def test_the_first_message_calls_the_owner_and_gives_the_guide_with_its_three_branches() -> None:
    message = told(checked(CTR))
    assert message.mention == "U0HANA1234"
    [guide] = [part for part in message.parts if isinstance(part, Bullets)]
    assert [item.split(":")[0] for item in guide.items] == ["Data", "Model", "Setting"]
    assert "infra/kpi_tables/item_slot.yaml" in guide.items[2]
    [links] = [part for part in message.parts if isinstance(part, Links)]
    assert links.links[0].url == TABLE.dashboard


def test_a_table_without_dashboard_and_owner_is_told_all_the_same() -> None:
    message = alert_message(checked(CTR), replace(TABLE, dashboard=None, owner=None, where=""), RAISED, "en")
    assert message.mention == ""
    assert not [part for part in message.parts if isinstance(part, Links)]


def test_a_repeat_is_shorter_and_calls_nobody() -> None:
    again = IncidentView(AlertKind.REPEATED, date(2026, 1, 14), 3, frozenset({"orders", "few_rows"}))
    message = told(checked(CTR), again)
    assert message.headline.endswith("(day 3)")
    assert "Friday 16 January 2026 · day 3 · since 14 January" in words(message)
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
    assert message.headline == "recsys.item_slot_daily: 16 January is as it should be now"
    assert message.severity is Severity.RECOVERED


def test_a_day_looked_at_again_says_so() -> None:
    again = IncidentView(AlertKind.REPEATED, DAY, 1, another_look=True)
    assert "Friday 16 January 2026 · checked again" in words(told(checked(CTR), again))


def test_what_is_hardly_outside_is_a_warning_and_far_outside_critical() -> None:
    assert told(checked(judged("orders", 89, 100, score=1.1))).severity is Severity.WARNING
    assert told(checked(judged("orders", 50, 100, score=2.0))).severity is Severity.CRITICAL


def test_an_event_next_to_the_day_is_named_first() -> None:
    sale = Mark("event", DAY + timedelta(days=1), DAY + timedelta(days=5), "Winter sale")
    message = told(checked(judged("orders", 150, 100)), marks=(sale,))
    assert any(text.startswith("Look here first (model): Winter sale") for text in words(message))
    far = replace(sale, start=DAY + timedelta(days=2))
    assert not any("Winter sale" in text for text in words(told(checked(CTR), marks=(far,))))
