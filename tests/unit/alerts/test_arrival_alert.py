"""An alert about a table whose rows are not as they should be names what is wrong, in both languages."""

from datetime import date

import pytest

from shared.alerts.message import Bullets, Severity
from shared.alerts.table_alert import IncidentView
from shared.kpi.arrival.findings import Arrival, ArrivalState, Finding, FindingKind
from shared.kpi.checks import CheckState
from shared.kpi.incidents import AlertKind
from shared.kpi.judgement import Judgement
from tests.alerting import CTR, broken, charts, checked, judged, told, words


def test_a_table_that_did_not_come_is_told_in_words() -> None:
    facts: dict[str, str | int | float] = {"rows": 0, "expected": 6, "last": "2026-01-13", "days": 3}
    arrival = Arrival(
        ArrivalState.MISSING, (Finding(FindingKind.NO_ROWS, facts=facts, mutes=frozenset({"a"})),)
    )
    message = told(checked(state=CheckState.MISSING, arrival=arrival))
    said = "no rows for 16 Jan (usually 6), the last came for 13 Jan"
    assert message.headline == f"recsys.item_slot_daily: {said}"
    assert message.severity is Severity.CRITICAL
    assert not [text for text in words(message) if "Not judged" in text]


@pytest.mark.parametrize(
    ("finding", "en", "ja"),
    [
        (Finding(FindingKind.TABLE_MISSING), "the table is not there", "テーブルがありません"),
        (Finding(FindingKind.NO_ROWS), "no rows for 16 Jan", "1月16日分の行がありません"),
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
            Finding(
                FindingKind.FEW_ROWS,
                facts={"rows": 211_000, "expected": 632_481.5, "lowest": 572_633, "highest": 1_889_688},
            ),
            "only 211,000 rows (usually about 630,000)",
            "211,000行しかありません（通常約630,000行）",
        ),
        (
            Finding(FindingKind.MANY_ROWS, facts={"rows": 99, "expected": 43.0, "lowest": 2, "highest": 60}),
            "as many as 99 rows (usually about 43)",
            "99行もあります（通常約43行）",
        ),
        (
            Finding(FindingKind.PARTIAL_DAY, facts={"rows": 3, "last_at": "14:05", "usual": "23:59"}),
            "16 Jan is not complete: 3 rows until 14:05, usually until 23:59",
            "1月16日分がまだ揃っていません（14:05まで3行、通常は23:59まで）",
        ),
        (
            Finding(FindingKind.DUPLICATES, facts={"duplicates": 4, "rows": 10}),
            "4 rows are there twice",
            "重複した行が4行あります",
        ),
        (
            Finding(FindingKind.COLUMN_DROPPED, "revenue", {"before": "INTEGER", "renamed": "sales"}),
            "column revenue is gone, perhaps sales now",
            "列 revenue がなくなりました。sales に改名された可能性があります",
        ),
        (
            Finding(FindingKind.COLUMN_RETYPED, "clicks", {"before": "INTEGER", "now": "STRING"}),
            "column clicks is STRING now, was INTEGER",
            "列 clicks の型が INTEGER から STRING に変わりました",
        ),
        (
            Finding(FindingKind.DUPLICATES, facts={"duplicates": 1, "rows": 10}),
            "1 row is there twice",
            "重複した行が1行あります",
        ),
        (Finding(FindingKind.DUPLICATES), "? rows are there twice", "重複した行が?行あります"),
        (
            Finding(FindingKind.FEW_ROWS, "mall=B", {"rows": 1, "lowest": 20, "highest": 28}),
            "mall=B: only 1 row (usually 20–28)",
            "mall=B: 1行しかありません（通常20〜28行）",
        ),
        (
            Finding(
                FindingKind.SEGMENT_GONE,
                "mall=B",
                {"rows": 0, "usual": 24, "since": "2026-01-10", "days": 7},
            ),
            "mall=B has had no rows since 10 Jan; it had 24 a day",
            "mall=B の行が1月10日からありません（通常は1日24行）",
        ),
        (
            Finding(
                FindingKind.SEGMENT_GONE,
                "mall=B",
                {"rows": 0, "usual": 96, "since": "2025-12-30", "days": 7, "more": 3},
            ),
            "mall=B and 3 more have had no rows since 30 Dec 2025; together they had 96 a day",
            "mall=B ほか3件の行が2025年12月30日からありません（通常は合わせて1日96行）",
        ),
        (
            Finding(FindingKind.IMPOSSIBLE_RATIO, "ctr", {"value": 1.3512, "highest": 0.04, "days": 1}),
            "ctr is 1.35, but such a share can't be above 1 (at most 0.04 until now)",
            "ctr が 1.35 です。1を超えるはずのない比率です（これまで最大 0.04）",
        ),
        (
            Finding(FindingKind.SEGMENT_NEW, "mall=C", {"rows": 1}),
            "mall=C is new: 1 row",
            "mall=C が新しく現れました（1行）",
        ),
        (
            Finding(FindingKind.ALL_NULL, "clicks"),
            "clicks is empty (NULL) in every row",
            "clicks が全行で空（NULL）です",
        ),
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
        assert message.headline.startswith(f"recsys.item_slot_daily: {said}")
        assert next(part.items for part in message.parts if isinstance(part, Bullets)) == (said,)


def test_muted_kpis_are_named_and_the_others_still_told() -> None:
    finding = Finding(FindingKind.COLUMN_DROPPED, "revenue", mutes=frozenset({"revenue", "aov"}))
    message = told(checked(judged("clicks", 10, 100), state=CheckState.BROKEN, arrival=broken(finding)))
    assert "Not judged until it is repaired: aov, revenue" in words(message)
    assert message.headline.endswith("column revenue is gone, since 16 Jan (+1 more)")
    assert len(charts(message)) == 1


def test_a_new_column_is_mentioned_and_raises_nothing() -> None:
    finding = Finding(FindingKind.COLUMN_ADDED, "x", {"now": "INTEGER"}, is_serious=False)
    message = told(checked(CTR, arrival=Arrival(ArrivalState.ARRIVED, (finding,))))
    assert "column x is new" in words(message)
    assert message.headline.endswith("expected 1.9–2.4 %, since 16 Jan")


def test_a_failed_check_says_why_and_what_happens_next() -> None:
    message = told(checked(state=CheckState.FAILED, error="expected access, came 403"))
    assert message.headline == "recsys.item_slot_daily: 16 Jan could not be checked"
    assert "Nothing is known about this day: expected access, came 403" in words(message)
    assert any("tries again" in text for text in words(message))
    assert not [part for part in message.parts if isinstance(part, Bullets)]  # no number to have opinions on


def test_a_finding_on_a_later_day_does_not_claim_to_be_as_old_as_its_incident() -> None:
    gone = broken(Finding(FindingKind.COLUMN_DROPPED, "revenue"))
    today = told(checked(arrival=gone)).headline
    assert today == "recsys.item_slot_daily: column revenue is gone, since 16 Jan"
    later = told(checked(arrival=gone), IncidentView(AlertKind.REPEATED, date(2026, 1, 14), 3)).headline
    assert later == "recsys.item_slot_daily: column revenue is gone (day 3)"


def test_a_part_that_is_gone_says_by_itself_since_when() -> None:
    gone = Finding(FindingKind.SEGMENT_GONE, "mall=B", {"usual": 24, "since": "2026-01-10", "days": 7})
    said = told(checked(arrival=broken(gone)), IncidentView(AlertKind.RAISED, date(2026, 1, 10))).headline
    assert said == "recsys.item_slot_daily: mall=B has had no rows since 10 Jan; it had 24 a day"


@pytest.mark.parametrize("kind", [FindingKind.STUCK, FindingKind.ALL_NULL, FindingKind.IMPOSSIBLE_RATIO])
@pytest.mark.parametrize(("days", "since"), [(1, "16 Jan"), (3, "14 Jan"), (20, "28 Dec 2025")])
def test_what_knows_its_days_says_since_when_it_is_there(kind: FindingKind, days: int, since: str) -> None:
    finding = Finding(kind, "clicks", {"days": days, "value": 1.0, "highest": 0.5, "rows": 4})
    assert told(checked(arrival=broken(finding))).headline.endswith(f", since {since}")
    later = IncidentView(AlertKind.REPEATED, date(2026, 1, 15), 2)
    assert told(checked(arrival=broken(finding)), later).headline.endswith(f", since {since} (day 2)")


def gone(*segments: str, more: int = 0) -> Finding:
    facts: dict[str, str | int | float] = {"usual": 24, "since": "2026-01-10", "more": more}
    return Finding(FindingKind.SEGMENT_GONE, segments[0], facts, segments=frozenset(segments))


@pytest.mark.parametrize(
    ("findings", "kpi", "clue"),
    [
        ([gone("mall=A")], None, "only mall=A is affected: look at what feeds it."),
        ([gone("mall=A")], judged("clicks", 10, 100), "look at what feeds mall=A."),
        ([gone("mall=A", more=2)], None, "look at what feeds mall=A."),
        ([gone("mall=A"), gone("mall=B")], None, "look at what feeds mall=A, mall=B."),
        (
            [gone(f"mall={each}, gender=m") for each in "ABCDE"],
            None,
            "look at what feeds mall=A, gender=m; mall=B, gender=m; mall=C, gender=m and 2 more.",
        ),
    ],
)
def test_only_is_said_of_what_is_alone(findings: list[Finding], kpi: Judgement | None, clue: str) -> None:
    check = checked(*([kpi] if kpi else []), state=CheckState.BROKEN, arrival=broken(*findings))
    assert f"Look here first (data): {clue}" in words(told(check))
