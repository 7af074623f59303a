"""The hourly run over HTTP: every table whose day is due is asked for, once, whatever else is wrong."""

import json
import secrets
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.functions.kpi_stage import Watch
from tests.functions.stage import Served

TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture(scope="module")
def asker(shared_watch: Watch) -> Served:
    return shared_watch.crew.start("check_kpis", **shared_watch.environment)


def due(watch: Watch, hour: int) -> dict[str, str]:
    """The morning after the newest day with rows, at this hour."""
    return {"now": datetime.combine(watch.today + timedelta(days=1), time(hour), TOKYO).isoformat()}


@pytest.mark.smoke("check_kpis")
def test_a_table_is_asked_for_once_its_rows_should_be_there(watch: Watch, asker: Served) -> None:
    early, late = asker.post(due(watch, 8)), asker.post(due(watch, 10))
    assert (early.status_code, late.status_code) == (200, 200), early.text + late.text
    assert (late.json()["watched"], late.json()["tables"]) == (1, [watch.table])
    assert late.json()["days"] >= early.json()["days"]


def test_a_check_is_logged_under_the_trace_of_the_run_that_asked_for_it(watch: Watch) -> None:
    watch.load(watch.rows())
    trace_id = secrets.token_hex(16)
    said = json.dumps({"table": watch.table, "date": watch.today.isoformat()}).encode()
    asked = watch.push(said, attributes={"traceparent": f"00-{trace_id}-{'7' * 16}-01"})
    assert asked.status_code < 300, asked.text
    lines = [json.loads(line) for line in watch.checker.log.read_text().splitlines() if trace_id in line]
    assert [line["table"] for line in lines] == [watch.table] * len(lines)
    assert len([line for line in lines if "state" in line]) == 1, "one check"


def test_a_file_that_can_not_be_read_is_asked_for_beside_the_others(watch: Watch, asker: Served) -> None:
    wrong = watch.folder / "wrong.yaml"
    wrong.write_text("table: [", "utf-8")
    told = asker.post(due(watch, 10)).json()
    assert told["broken_files"] == [str(wrong)]
    assert told["tables"] == sorted([watch.table, str(wrong)])


def test_a_question_that_can_not_be_meant_is_400_and_asks_for_nothing(watch: Watch, asker: Served) -> None:
    answer = asker.post({"now": "yesterday"})
    assert (answer.status_code, answer.json()["field"]) == (400, "now")
