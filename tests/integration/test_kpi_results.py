"""KPI results, checks of tables and people's responses against the BigQuery emulator."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from google.cloud import bigquery

from shared.gcp.check_table import CheckTable, findings_of
from shared.gcp.queries import read_row, read_rows
from shared.gcp.response_table import ResponseTable
from shared.gcp.result_table import ResultTable
from shared.kpi.arrival.findings import Arrival, ArrivalState, Finding, FindingKind
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.due import DayState
from shared.kpi.history import Column, Shape
from shared.kpi.judgement import Judgement, Status
from shared.kpi.responses import LONGEST_DAYS, Branch, Response
from shared.kpi.results import KpiResult, check_id_of

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


@pytest.fixture
def results(bigquery_api: bigquery.Client, dataset: str) -> ResultTable:
    return ResultTable(bigquery_api, dataset)


@pytest.fixture
def checks(bigquery_api: bigquery.Client, dataset: str) -> CheckTable:
    return CheckTable(bigquery_api, dataset)


@pytest.fixture
def responses(bigquery_api: bigquery.Client, dataset: str) -> ResponseTable:
    return ResponseTable(bigquery_api, dataset)


def test_a_judgement_is_kept_as_it_was_given(results: ResultTable) -> None:
    given = Judgement(
        *("ctr", "mall=outlet, gender=女性", on(10), Status.DRIFT, 0.012, 1_000.0, 0.02, 0.015, 0.03, 1.7),
        direction="down",
        since=on(3),
        detector="prophet",
        note="a note",
    )
    check = replace(a_check("t.kept", 10), judgements=(given,))
    assert results.results_between(on(10), on(10)) == []
    results.append(check, "check-1")
    results.append(check, "check-1")  # the message came twice
    assert results.results_between(on(10), on(10)) == [
        KpiResult(
            table="t.kept",
            day=on(10),
            kpi="ctr",
            segment="mall=outlet, gender=女性",
            status=Status.DRIFT,
            value=0.012,
            volume=1_000.0,
            expected=0.02,
            lower=0.015,
            upper=0.03,
            score=1.7,
            direction="down",
            since=on(3),
            detector="prophet",
            note="a note",
            checked_at=NOW,
            check_id="check-1",
        )
    ]
    assert results.results_between(on(9), on(9)) == []


def test_what_is_no_number_is_kept_as_none_and_hides_no_other(results: ResultTable) -> None:
    strange = Judgement("inf", "", on(8), Status.REFUSED, float("inf"), None, np.float64("nan"), score=np.inf)
    plain = replace(a_judgement("plain", 8), value=float(np.float64(2.5)), score=float(np.float64(0.25)))
    results.append(replace(a_check("t.strange", 8), judgements=(strange, plain)), "check-1")
    found = {each.kpi: each for each in results.results_between(on(8), on(8))}
    assert (found["inf"].value, found["inf"].expected, found["inf"].score) == (None, None, 0.0)
    assert (found["plain"].value, found["plain"].score) == (2.5, 0.25)


def test_of_a_day_checked_again_only_the_newest_check_that_judged_counts(
    bigquery_api: bigquery.Client, dataset: str, results: ResultTable
) -> None:
    before = (a_judgement("clicks", 5, Status.ANOMALY), a_judgement("excluded", 5, Status.ANOMALY))
    newer = replace(a_check("t.again", 5, after=5), judgements=(a_judgement("clicks", 5),))
    results.append(newer, "check-2")
    results.append(replace(a_check("t.again", 5), judgements=before), "check-1")  # stored late
    results.append(a_check("t.again", 5, CheckState.MISSING, after=9), "check-3")  # judged nothing
    twin = replace(a_check("t.twin", 5), judgements=(a_judgement("clicks", 5),))
    results.append(twin, "check-b")
    results.append(replace(twin, judgements=(a_judgement("clicks", 5, Status.DRIFT),)), "check-a")
    found = [(each.table, each.name, each.status) for each in results.results_between(on(5), on(5))]
    assert found == [("t.again", "clicks", Status.NORMAL), ("t.twin", "clicks", Status.NORMAL)]
    latest = read_rows(
        bigquery_api,
        dataset,
        "SELECT table_name, kpi, check_id FROM kpi_results_latest WHERE day = '2026-11-05'",
    )
    assert sorted((row["table_name"], row["kpi"], row["check_id"]) for row in latest) == [
        ("t.again", "clicks", "check-2"),
        ("t.twin", "clicks", "check-b"),
    ]


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
    assert checks.broken_days("t.stands", on(1), on(21)) == {on(21)}
    assert checks.broken_days("t.stands", on(20), on(30)) == {on(21), on(22)}
    assert checks.broken_days("t.never", on(1), on(30)) == frozenset()


def test_a_dropped_column_is_compared_with_until_people_accept_it(
    checks: CheckTable, responses: ResponseTable
) -> None:
    assert checks.previous_shape("t.shape", on(10)) is None
    dropped = Shape(SHAPE.columns[:1], "day")
    checks.append(a_check("t.shape", 10), "check-1", 1.0)
    unseen = replace(a_check("t.shape", 10, CheckState.FAILED, after=5), shape=None)
    checks.append(unseen, "check-2", 1.0)
    checks.append(replace(a_check("t.shape", 11, CheckState.BROKEN), shape=dropped), "check-3", 1.0)
    assert checks.previous_shape("t.shape", on(11)) == SHAPE
    assert checks.previous_shape("t.shape", on(12)) == SHAPE
    responses.append(an_answer("t.shape", 11, 11, Branch.SETTING))
    assert checks.previous_shape("t.shape", on(12)) == dropped
    assert checks.previous_shape("t.unseen", on(12)) is None


def test_confirmed_days_are_those_people_last_called_an_incident(
    bigquery_api: bigquery.Client, dataset: str, responses: ResponseTable
) -> None:
    assert responses.confirmed_days("t.said", on(1), on(30)) == {}
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
    assert responses.confirmed_days("t.said", on(1), on(30)) == {"": {on(10), on(11)}, "clicks": {on(20)}}
    assert responses.confirmed_days("t.said", on(11), on(11)) == {"": {on(11)}}
    assert responses.confirmed_days("t.long", on(10), on(30)) == {"": {on(10)}}
    assert responses.confirmed_days("t.long", on(11), on(30)) == {}
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
