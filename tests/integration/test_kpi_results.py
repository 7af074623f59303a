"""KPI results, checks of tables and people's responses against the BigQuery emulator."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from google.cloud import bigquery

from shared.gcp.check_table import CheckTable, findings_of
from shared.gcp.queries import read_row, read_rows
from shared.gcp.response_table import ResponseTable
from shared.gcp.result_table import ResultTable
from shared.kpi.arrival.findings import Arrival, ArrivalState, Finding, FindingKind
from shared.kpi.checks import CheckState, EarlierChecks, Kept, TableCheck
from shared.kpi.due import DayState
from shared.kpi.history import Column, Shape
from shared.kpi.judgement import Judgement, Status
from shared.kpi.responses import LONGEST_DAYS, Branch, Response, confirmed
from shared.kpi.results import check_id_of
from shared.kpi.shapes import shape_to_compare

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SHAPE = Shape((Column("day", "DATE"), Column("clicks", "INTEGER")), "day")


def on(number: int) -> date:
    return date(2026, 11, number)


def a_check(table: str, number: int, state: CheckState = CheckState.CHECKED, after: int = 0) -> TableCheck:
    """A check made so many minutes after `NOW`."""
    return TableCheck(table, on(number), state, NOW + timedelta(minutes=after), shape=SHAPE, rows=12)


def a_judgement(kpi: str, number: int, status: Status = Status.NORMAL, segment: str = "") -> Judgement:
    return Judgement(kpi, segment, on(number), status, value=1.5, score=0.5, detector="prophet")


def an_answer(table: str, first: int, last: int, branch: Branch = Branch.DATA, after: int = 0) -> Response:
    answered_at = NOW + timedelta(minutes=after)
    return Response(table, on(first), on(last), "", branch, "「再集計」", "me", answered_at)


class Latest:
    """What stands of results: what kpi_results_latest gives."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client, self._dataset = client, dataset

    def of(self, table: str) -> list[dict[str, Any]]:
        """The rows about a table, by day, KPI and segment."""
        sql = "SELECT * FROM kpi_results_latest WHERE table_name = @table ORDER BY day, kpi, segment"
        return [dict(row.items()) for row in read_rows(self._client, self._dataset, sql, table=table)]

    def count(self, table: str) -> int:
        """How many rows about a table are stored."""
        sql = "SELECT COUNT(*) AS n FROM kpi_results WHERE table_name = @table"
        row = read_row(self._client, self._dataset, sql, table=table)
        assert row is not None
        return int(row["n"])


@pytest.fixture
def latest(bigquery_api: bigquery.Client, dataset: str) -> Latest:
    return Latest(bigquery_api, dataset)


@pytest.fixture
def results(bigquery_api: bigquery.Client, dataset: str) -> ResultTable:
    return ResultTable(bigquery_api, dataset)


@pytest.fixture
def checks(bigquery_api: bigquery.Client, dataset: str) -> CheckTable:
    return CheckTable(bigquery_api, dataset)


@pytest.fixture
def responses(bigquery_api: bigquery.Client, dataset: str) -> ResponseTable:
    return ResponseTable(bigquery_api, dataset)


def test_a_judgement_is_kept_as_it_was_given(results: ResultTable, latest: Latest) -> None:
    given = Judgement(
        *("ctr", "mall=outlet, gender=女性", on(10), Status.DRIFT, 0.012, 1_000.0, 0.02, 0.015, 0.03, 1.7),
        direction="down",
        since=on(3),
        detector="prophet",
        note="a note",
    )
    check = replace(a_check("t.kept", 10), judgements=(given,), made_of={"ctr": "clicks / impressions"})
    assert latest.of("t.kept") == []
    results.append(check, "check-1")
    results.append(check, "check-1")  # the message came twice
    (row,) = latest.of("t.kept")
    assert row.pop("result_id")
    assert row == {
        "table_name": "t.kept",
        "day": on(10),
        "kpi": "ctr",
        "segment": "mall=outlet, gender=女性",
        "status": "drift",
        "value": 0.012,
        "volume": 1_000.0,
        "made_of": "clicks / impressions",
        "expected": 0.02,
        "lower": 0.015,
        "upper": 0.03,
        "score": 1.7,
        "direction": "down",
        "since": on(3),
        "detector": "prophet",
        "note": "a note",
        "checked_at": NOW,
        "check_id": "check-1",
    }


def test_what_is_no_number_is_kept_as_none_and_hides_no_other(results: ResultTable, latest: Latest) -> None:
    strange = Judgement("inf", "", on(8), Status.REFUSED, float("inf"), None, np.float64("nan"), score=np.inf)
    plain = replace(a_judgement("plain", 8), value=float(np.float64(2.5)), score=float(np.float64(0.25)))
    results.append(replace(a_check("t.strange", 8), judgements=(strange, plain)), "check-1")
    found = {row["kpi"]: row for row in latest.of("t.strange")}
    assert (found["inf"]["value"], found["inf"]["expected"], found["inf"]["score"]) == (None, None, 0.0)
    assert (found["plain"]["value"], found["plain"]["score"]) == (2.5, 0.25)


def test_of_a_day_checked_again_only_the_newest_check_that_judged_counts(
    results: ResultTable, latest: Latest
) -> None:
    before = (a_judgement("clicks", 5, Status.ANOMALY), a_judgement("excluded", 5, Status.ANOMALY))
    newer = replace(a_check("t.again", 5, after=5), judgements=(a_judgement("clicks", 5),))
    results.append(newer, "check-2")
    results.append(replace(a_check("t.again", 5), judgements=before), "check-1")  # stored late
    results.append(a_check("t.again", 5, CheckState.MISSING, after=9), "check-3")  # judged nothing
    twin = replace(a_check("t.twin", 5), judgements=(a_judgement("clicks", 5),))
    results.append(twin, "check-b")
    results.append(replace(twin, judgements=(a_judgement("clicks", 5, Status.DRIFT),)), "check-a")
    found = [(row["kpi"], row["status"], row["check_id"]) for row in latest.of("t.again")]
    assert found == [("clicks", "normal", "check-2")]
    found = [(row["kpi"], row["status"], row["check_id"]) for row in latest.of("t.twin")]
    assert found == [("clicks", "normal", "check-b")]


def history(kpi: str, number: int, value: float = 7.0) -> Judgement:
    return Judgement(kpi, "", on(number), Status.HISTORY, value, 100.0)


def looking_back(
    table: str, number: int, *past: Judgement, made_of: str = "sum", after: int = 0
) -> TableCheck:
    """A check that saw `past` of days before."""
    made = {each.kpi: made_of for each in past}
    kept = {kpi: Kept(made_of, on(number + 1)) for kpi in made}
    return replace(a_check(table, number, after=after), made_of=made, past=past, kept=kept)


def test_the_past_is_kept_once_however_often_its_check_is_repeated(
    results: ResultTable, latest: Latest
) -> None:
    first = looking_back("t.past", 20, history("clicks", 1), history("ctr", 1, 0.02), history("clicks", 2))
    results.keep_past(first, "check-1")
    again = replace(first, checked_at=NOW + timedelta(minutes=5))  # died before it said so, and brought again
    results.keep_past(again, "check-2")
    results.keep_past(a_check("t.past", 21), "check-3")  # has nothing to add
    assert latest.count("t.past") == 3
    row, *_ = latest.of("t.past")
    assert {name: value for name, value in row.items() if value} == {
        "result_id": row["result_id"], "table_name": "t.past", "day": on(1), "kpi": "clicks",
        "status": "history", "value": 7.0, "made_of": "sum", "volume": 100.0,
        "checked_at": NOW, "check_id": "check-1",
    }  # fmt: skip


@pytest.mark.parametrize("past_first", [True, False])
def test_a_check_of_the_day_outranks_what_a_later_one_saw_of_it(
    results: ResultTable, latest: Latest, past_first: bool
) -> None:
    table = f"t.outranks_{past_first}".lower()
    told = (a_judgement("clicks", 9, Status.ANOMALY),)
    check = replace(a_check(table, 9), judgements=told, made_of={"clicks": "sum"})
    later = looking_back(table, 20, history("clicks", 9), history("new", 9), history("clicks", 8), after=60)
    if past_first:
        results.keep_past(later, "check-2")
    results.append(check, "check-1")
    if not past_first:
        results.keep_past(later, "check-2")
    found = [(row["day"].day, row["kpi"], row["status"]) for row in latest.of(table)]
    assert found == [(8, "clicks", "history"), (9, "clicks", "anomaly"), (9, "new", "history")]


def test_of_a_kpi_made_otherwise_by_now_the_newest_past_counts(results: ResultTable, latest: Latest) -> None:
    results.keep_past(looking_back("t.made", 20, history("ctr", 1, 0.5), made_of="a / b"), "check-z")
    newer = looking_back("t.made", 20, history("ctr", 1, 0.25), made_of="a / c", after=60)
    results.keep_past(newer, "check-a")
    assert [row["value"] for row in latest.of("t.made")] == [0.25]


def test_what_a_kpi_was_under_another_definition_is_outranked_and_not_lost(
    results: ResultTable, latest: Latest
) -> None:
    def told(number: int, status: Status, made_of: str, kpi: str = "ctr") -> TableCheck:
        judged = (a_judgement(kpi, number, status), a_judgement(kpi, number, status, "mall=a"))
        return replace(a_check("t.redefined", number), judgements=judged, made_of={kpi: made_of})

    def stands() -> list[tuple[int, str, float]]:
        return [
            (row["day"].day, row["status"], row["value"])
            for row in latest.of("t.redefined")
            if not row["segment"]
        ]

    results.append(told(9, Status.ANOMALY, "a / b"), "check-1")
    muted = replace(told(10, Status.MUTED, "a / b"), made_of={})
    results.append(muted, "check-2")
    seen = (history("ctr", 9, 0.5), history("ctr", 10, 0.5))
    results.keep_past(looking_back("t.redefined", 20, *seen, made_of="a / c", after=60), "check-3")
    assert stands() == [(9, "anomaly", 1.5), (10, "muted", 1.5)], "no day was judged so"
    results.append(told(20, Status.NORMAL, "a / c"), "check-3")
    assert stands() == [(9, "history", 0.5), (10, "muted", 1.5), (20, "normal", 1.5)]
    assert latest.count("t.redefined") == 8, "nothing of what was told is lost"
    again = replace(told(20, Status.NORMAL, "a / b"), checked_at=NOW + timedelta(minutes=90))
    results.append(again, "check-4")
    assert stands() == [(9, "anomaly", 1.5), (10, "muted", 1.5), (20, "normal", 1.5)], "made as then again"


def test_a_kpi_that_is_made_as_before_again_gets_its_past_again_and_a_repeat_does_not(
    results: ResultTable, latest: Latest
) -> None:
    first = looking_back("t.again_as", 20, history("ctr", 1, 0.5), made_of="a / b")
    second = looking_back("t.again_as", 20, history("ctr", 1, 0.25), made_of="a / c", after=5)
    third = looking_back("t.again_as", 20, history("ctr", 1, 0.75), made_of="a / b", after=10)
    second = replace(second, kept_before=first.kept)
    third = replace(third, kept_before=second.kept)
    for number, each in enumerate((first, first, second, third, third)):
        results.keep_past(each, f"check-{number}")
    assert latest.count("t.again_as") == 3
    assert [(row["value"], row["made_of"]) for row in latest.of("t.again_as")] == [(0.75, "a / b")]


def test_a_check_is_kept_with_what_it_found(
    bigquery_api: bigquery.Client, dataset: str, checks: CheckTable
) -> None:
    findings = (
        Finding(
            FindingKind.FEW_ROWS, facts={"rows": 12, "expected": 1.5, "ratio": float("nan"), "since": "昨日"}
        ),
        Finding(FindingKind.COLUMN_ADDED, "views", mutes=frozenset({"b", "a"}), is_serious=False),
    )
    check = replace(
        a_check("t.found", 12, CheckState.BROKEN),
        arrival=Arrival(ArrivalState.BROKEN, findings),
        judgements=(a_judgement("a", 12, Status.MUTED), a_judgement("b", 12, Status.MUTED)),
        notes=("3 segments left out",),
    )
    checks.append(check, "check-1", 1.23456)
    checks.append(check, "check-1", 1.23456)
    failed = replace(a_check("t.found", 13, CheckState.FAILED), shape=None, error="x" * 9_000)
    checks.append(failed, "check-2", 0.0)
    rows = read_rows(
        bigquery_api,
        dataset,
        "SELECT check_id, state, row_count, TO_JSON_STRING(findings) AS findings_text, "
        "JSON_VALUE(shape, '$.date_column') AS date_column, TO_JSON_STRING(kpis) AS kpis_text, "
        "LENGTH(error) AS error_length, notes, seconds, checked_at FROM table_checks_latest "
        "WHERE table_name = 't.found' ORDER BY day",
    )
    found, other = rows
    kept = findings_of(found["findings_text"])
    assert kept[0].facts == {"rows": 12, "expected": 1.5, "ratio": "nan", "since": "昨日"}
    assert kept[1] == findings[1]
    assert (found["state"], found["row_count"], found["date_column"]) == ("broken", 12, "day")
    assert (found["kpis_text"], found["notes"]) == ('{"muted":2}', ["3 segments left out"])
    assert (found["seconds"], found["checked_at"]) == (1.235, NOW)
    assert (other["date_column"], other["error_length"], other["notes"]) == (None, 5_000, [])


def test_a_day_stands_where_its_newest_check_left_it(checks: CheckTable) -> None:
    assert checks.latest(on(20), on(21)) == {}
    checks.append(a_check("t.stands", 20, CheckState.CHECKED, after=60), "check-2", 1.0)
    checks.append(a_check("t.stands", 20, CheckState.MISSING), "check-1", 1.0)
    checks.append(a_check("t.stands", 21, CheckState.BROKEN), "check-3", 1.0)
    checks.append(a_check("t.stands", 22, CheckState.MISSING), "check-4", 1.0)
    checks.append(a_check("t.other", 21, CheckState.MISSING), "check-5", 1.0)
    assert checks.latest(on(20), on(21)) == {
        ("t.stands", on(20)): DayState(CheckState.CHECKED, NOW + timedelta(minutes=60)),
        ("t.stands", on(21)): DayState(CheckState.BROKEN, NOW),
        ("t.other", on(21)): DayState(CheckState.MISSING, NOW),
    }
    states = {on(20): CheckState.CHECKED, on(21): CheckState.BROKEN, on(22): CheckState.MISSING}
    assert checks.earlier("t.stands", on(1), on(21)).states == states
    assert checks.earlier("t.stands", on(1), on(21)).broken_days == {on(21), on(22)}
    assert checks.earlier("t.never", on(1), on(30)) == EarlierChecks()


def test_how_far_the_past_is_kept_is_what_the_newest_check_says_that_looked_at_it(checks: CheckTable) -> None:
    kept = {"ctr": Kept("clicks / impressions", on(15)), "費用": Kept("sum", on(15))}
    newest = {"ctr": Kept("clicks / views", on(15))}
    checks.append(replace(a_check("t.far", 15), kept=kept), "check-1", 1.0)
    assert checks.earlier("t.far", on(1), on(16)).kept == kept
    checks.append(replace(a_check("t.far", 10, after=9), kept=newest), "check-2", 1.0)
    checks.append(a_check("t.far", 10, CheckState.FAILED, after=10), "check-3", 1.0)
    checks.append(a_check("t.far", 16, CheckState.MISSING, after=11), "check-4", 1.0)
    assert checks.earlier("t.far", on(1), on(16)).kept == newest
    old_day = on(1) - timedelta(days=300)  # what is kept is known however old the day that is checked again
    assert checks.earlier("t.far", old_day, old_day).kept == newest
    assert checks.earlier("t.far", old_day, old_day).shapes == {}


def test_a_dropped_column_is_compared_with_until_people_accept_it(
    checks: CheckTable, responses: ResponseTable
) -> None:
    def compared_with(number: int) -> Shape | None:
        seen = checks.earlier("t.shape", on(1), on(number)).shapes
        return shape_to_compare(seen, responses.responses("t.shape", on(1), on(30)), on(number))

    assert checks.earlier("t.shape", on(1), on(10)).shapes == {}
    dropped = Shape(SHAPE.columns[:1], "day")
    checks.append(a_check("t.shape", 10), "check-1", 1.0)
    unseen = replace(a_check("t.shape", 10, CheckState.FAILED, after=5), shape=None)
    checks.append(unseen, "check-2", 1.0)
    checks.append(replace(a_check("t.shape", 11, CheckState.BROKEN), shape=dropped), "check-3", 1.0)
    assert compared_with(11) == SHAPE
    assert compared_with(12) == SHAPE
    responses.append(an_answer("t.shape", 11, 11, Branch.SETTING))
    assert compared_with(12) == dropped


def test_confirmed_days_are_those_people_last_called_an_incident(
    bigquery_api: bigquery.Client, dataset: str, responses: ResponseTable
) -> None:
    def confirmed_days(table: str, first: int, last: int) -> dict[str, frozenset[date]]:
        return confirmed(responses.responses(table, on(first), on(last)), on(first), on(last))

    assert confirmed_days("t.said", 1, 30) == {}
    said = an_answer("t.said", 10, 12)
    responses.append(said)
    responses.append(said)
    responses.append(an_answer("t.said", 12, 12, Branch.MODEL, after=1))
    responses.append(replace(an_answer("t.said", 20, 20), kpi="clicks"))
    responses.append(an_answer("t.said", 21, 21, Branch.SETTING))
    responses.append(an_answer("t.else", 15, 15))
    longest = on(10) - timedelta(days=LONGEST_DAYS - 1)
    responses.append(replace(an_answer("t.long", 10, 10), first=longest))
    assert responses.responses("t.said", on(10), on(10)) == [said]
    assert confirmed_days("t.said", 1, 30) == {"": {on(10), on(11)}, "clicks": {on(20)}}
    assert confirmed_days("t.said", 11, 11) == {"": {on(11)}}
    assert confirmed_days("t.long", 10, 30) == {"": {on(10)}}
    assert confirmed_days("t.long", 11, 30) == {}
    view = "SELECT kpi, day FROM confirmed_incidents WHERE table_name = 't.said' ORDER BY day"
    shown = [(row["kpi"], row["day"]) for row in read_rows(bigquery_api, dataset, view)]
    assert shown == [("", on(10)), ("", on(11)), ("clicks", on(20))]
    view = "SELECT COUNT(*) AS n FROM alert_responses_latest WHERE table_name = 't.said'"
    row = read_row(bigquery_api, dataset, view)
    assert row is not None
    assert row["n"] == 4


def test_respond_keeps_a_person_s_answer_and_warns_of_a_table_nobody_checks(
    bigquery_api: bigquery.Client,
    dataset: str,
    bigquery_emulator: str,
    checks: CheckTable,
    responses: ResponseTable,
) -> None:
    now = datetime.now(UTC)
    day, today = now.date() - timedelta(days=3), now.date()
    check = replace(a_check("t.answered", 1), day=day)
    checks.append(check, check_id_of(check), 1.0)

    def respond(*arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "infra.cli.main", "respond", *arguments],
            env=dict(os.environ)
            | {
                "GOOGLE_CLOUD_PROJECT": bigquery_api.project,
                "SEKISHO_DATASET": dataset,
                "BIGQUERY_EMULATOR_HOST": bigquery_emulator,
            },
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    code, out, told = respond(
        *("t.answered", str(day), "--until", str(today), "--kpi", "clicks"),
        *("--branch", "data", "--note", "bots", "--by", "hanako"),
    )
    assert (code, told) == (0, "")
    assert out == (
        f"clicks of t.answered, {day} to {today} (4 days): a confirmed incident; no band is trained on it.\n"
    )
    (kept,) = responses.responses("t.answered", day, day)
    assert (kept.first, kept.last, kept.kpi, kept.branch) == (day, today, "clicks", Branch.DATA)
    assert (kept.note, kept.responder) == ("bots", "hanako")
    assert now <= kept.responded_at <= datetime.now(UTC)

    code, out, told = respond("t.answerd", str(day), "--branch", "setting")
    assert code == 0
    assert told == "note: t.answerd was not checked in the last 90 days; did you mean t.answered?\n"
    assert out.startswith(f"t.answerd, {day}: nothing wrong with the data (setting)")

    tomorrow = today + timedelta(days=2)
    code, out, told = respond("t.answered", str(tomorrow), "--branch", "data")
    assert (code, out) == (1, "")
    assert told.startswith("error: DATE: expected ")
