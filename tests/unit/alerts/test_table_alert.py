"""The one message about a table's day says what a person on duty needs, and no more."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from infra.local.slack.block_rules import check_blocks
from shared.alerts.block_kit import blocks
from shared.alerts.message import Bullets, Chart, Links, Mark, Severity, Text
from shared.alerts.numbers import Language
from shared.alerts.table_alert import alert_message
from shared.kpi.arrival.findings import Arrival, ArrivalState, Finding, FindingKind
from shared.kpi.checks import TableCheck
from shared.kpi.judgement import Status
from tests.alerting import CTR, DAY, RAISED, TABLE, charts, checked, judged, normal, told, words


def test_the_headline_alone_makes_sense() -> None:
    """Which KPI of which table, how far from what was expected, and since when."""
    said = told(checked(replace(CTR, since=date(2026, 1, 14)))).headline
    assert said == "recsys.item_slot_daily: ctr 0.8 %, expected 1.9–2.4 %, since 14 Jan"
    today = told(checked(CTR)).headline
    assert today == "recsys.item_slot_daily: ctr 0.8 %, expected 1.9–2.4 %, since 16 Jan"
    japanese = told(checked(CTR), language="ja").headline
    assert japanese == "recsys.item_slot_daily: ctr 0.8%（想定 1.9〜2.4%） – 1月16日から"


def test_the_most_severe_kpi_leads_and_the_others_are_counted() -> None:
    check = checked(judged("orders", 300, 400, score=1.1), CTR, judged("clicks", 10, 100, score=2.0))
    message = told(check)
    assert message.headline.endswith("ctr 0.8 %, expected 1.9–2.4 %, since 16 Jan (+2 more)")
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
    assert "orders 50, expected 90–110, lowest since 7 Dec 2025" in rare
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
    assert "orders 0, expected 90–110" in message.headline
    assert message.severity is Severity.CRITICAL


def test_a_band_open_to_one_side_is_said_so() -> None:
    below = replace(judged("orders", 50, 100), upper=None)
    above = replace(judged("orders", 150, 100), lower=float("-inf"))
    assert "orders 50, expected at least 90" in told(checked(below)).headline
    assert "orders 150, expected at most 110" in told(checked(above)).headline


def test_a_drift_is_told_by_its_fortnight() -> None:
    drift = judged("deliveries", 80, 100, Status.DRIFT, since=date(2025, 12, 30), past=[82.0] * 13)
    message = told(checked(drift))
    said = "deliveries falling since 30 Dec 2025: the last 14 days together are 18 % below expected"
    assert said in words(message)
    assert Mark("drift", date(2025, 12, 30), DAY) in charts(message)[0].lines[0].marks
    assert told(checked(drift)).headline == f"recsys.item_slot_daily: {said}"
    japanese = told(checked(drift), language="ja").headline
    assert "12月30日から下落傾向（直近14日間の通算で想定より18%低い）" in japanese


def test_a_drift_without_its_numbers_is_told_without_them() -> None:
    drift = replace(judged("cost", 130, 100, Status.DRIFT, since=date(2026, 1, 2)), band=None)
    assert told(checked(drift)).headline.endswith("cost rising since 2 Jan")


def test_a_kpi_out_everywhere_is_told_once() -> None:
    parts = [judged("ctr", 0.008, 0.02, segment=f"mall={m}", is_share=True) for m in "abc"]
    message = told(checked(CTR, *parts))
    assert len(charts(message)) == 1
    assert "in every part (3)" in words(message)
    named = replace(TABLE, segments=("mall", "gender"))
    assert "in every mall × gender (3)" in words(alert_message(checked(CTR, *parts), named, RAISED, "en"))


@pytest.mark.parametrize(
    ("out", "said"),
    [
        (["", "mall=a"], "in 1 of 3: mall=a"),
        ([""], "no single part stands out"),
        (["mall=b"], "only here, not in the 2 others"),
        (["mall=a", "mall=b"], "in 2 of 3: mall=a / mall=b"),
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
    assert "since 14 Jan" in words(told(checked(judged("orders", 50, 100, since=date(2026, 1, 14)))))
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


def test_what_is_hardly_outside_is_a_warning_and_far_outside_critical() -> None:
    assert told(checked(judged("orders", 89, 100, score=1.1))).severity is Severity.WARNING
    assert told(checked(judged("orders", 50, 100, score=2.0))).severity is Severity.CRITICAL


def test_an_event_next_to_the_day_is_named_first() -> None:
    sale = Mark("event", DAY + timedelta(days=1), DAY + timedelta(days=5), "Winter sale")
    message = told(checked(judged("orders", 150, 100)), marks=(sale,))
    assert any(text.startswith("Look here first (model): Winter sale") for text in words(message))
    far = replace(sale, start=DAY + timedelta(days=2))
    assert not any("Winter sale" in text for text in words(told(checked(CTR), marks=(far,))))


def test_what_is_only_ever_counted_whole_is_expected_whole() -> None:
    """Nobody expects 21.6 orders; with 22 all is well, with 21 it is not."""
    few = judged("orders", 5, 24)
    assert "orders 5, expected 22–26" in told(checked(few)).headline
    narrow = replace(few, lower=21.2, upper=21.8)
    assert "orders 5.0, expected 21.2–21.8" in told(checked(narrow)).headline
    average = judged("basket", 5, 24, past=[23.5])
    assert "basket 5.0, expected 21.6–26.4" in told(checked(average)).headline


@pytest.mark.parametrize("language", ["en", "ja"])
def test_where_to_look_first_stands_before_the_pictures(language: Language) -> None:
    parts = told(checked(CTR, judged("orders", 5, 24)), language=language).parts
    first = [n for n, each in enumerate(parts) if isinstance(each, Text) and "（データ）" in each.text]
    first += [n for n, each in enumerate(parts) if isinstance(each, Text) and "(data)" in each.text]
    pictures = [n for n, each in enumerate(parts) if isinstance(each, Chart)]
    assert first == [1]
    assert first[0] < pictures[0]


def test_the_guide_says_what_to_type() -> None:
    message = told(checked(CTR))
    [guide] = [part for part in message.parts if isinstance(part, Bullets)]
    assert "sekisho check proj.recsys.item_slot_daily 2026-01-16" in guide.items[0]
    assert any("sekisho respond proj.recsys.item_slot_daily 2026-01-16" in text for text in words(message))


def test_no_jargon_reaches_the_reader() -> None:
    """A marketing person knows malls, not segments; weeks, not bands."""
    parts = [judged("ctr", 0.008, 0.02, segment=f"mall={m}", is_share=True) for m in "abc"]
    check = checked(CTR, *parts, normal("orders"), judged("orders", 5, 24, segment="mall=b"))
    message = told(check)
    said = " ".join([message.headline, *words(message)]).lower()
    assert not [word for word in ("segment", "band", "regressor", "residual", "null") if word in said]


def many_parts(kpis: int, parts: int) -> TableCheck:
    names = [f"mall=a_rather_long_mall_name_{n:03}, gender=unknown" for n in range(parts)]
    return checked(
        *(
            judged(f"a_rather_long_kpi_name_{n:02}", 5, 240, segment=segment, score=9)
            for n in range(kpis)
            for segment in names
        )
    )


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(("kpis", "parts"), [(1, 200), (2, 100), (50, 4), (200, 1)])
def test_an_alert_of_200_parts_fits_into_slack_with_all_it_has_to_say(
    kpis: int, parts: int, language: Language
) -> None:
    findings = tuple(
        Finding(kind, f"mall=a_rather_long_mall_name_{n}", {"rows": 1, "usual": 24, "since": "2026-01-10"})
        for kind in FindingKind
        for n in range(3)
    )
    check = replace(many_parts(kpis, parts), arrival=Arrival(ArrivalState.BROKEN, findings))
    message = told(check, language=language)
    files = {n: f"F{n}" for n, part in enumerate(message.parts) if isinstance(part, Chart)}
    made = blocks(message, files, language)
    check_blocks(made, lambda file: file in files.values())
    assert len(files) == min(5, kpis)
    assert not [word for word in ("(shortened)", "（以下略）") if word in str(made)]
    assert TABLE.dashboard is not None
    assert "dash.example.com" in str(made[-1])
