"""The demo's KPIs: two years of tables, and for each incident of the talk exactly what has to be said."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.cloud import LocalCloud
from infra.local.kpi_demo import KpiDemo, sample_files
from infra.local.sample.kpis.scenarios import DAY_BEFORE, SCENARIOS, Scenario, Told
from infra.local.sample.kpis.seasons import ANCHOR_DAY

SERVICES = ("bigquery", "storage", "pubsub", "slack", "check_kpis", "check_kpi_table", "send_summary")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KpiDemo]:
    """The whole demo, on a cloud of its own: its tables have the names the shipped files watch."""
    files = sample_files(tmp_path_factory.mktemp("kpi_tables"))
    watched = {"SEKISHO_KPI_TABLES": str(files)}
    with LocalCloud(tmp_path_factory.mktemp("kpi_cloud"), only=SERVICES, overrides=watched) as cloud:
        demo = KpiDemo(cloud)
        demo.load()
        demo.replay()
        demo.check(DAY_BEFORE)
        demo.change_shapes()
        demo.check(ANCHOR_DAY)
        yield demo


@pytest.fixture(scope="module")
def told(played: KpiDemo) -> dict[str, Told]:
    return {each.scenario.name: each for each in played.told()}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[each.name for each in SCENARIOS])
def test_what_has_to_be_said_is_said_and_traps_stay_silent(scenario: Scenario, told: dict[str, Told]) -> None:
    found = told[scenario.name]
    said = found.alert.headline if found.alert else "nothing"
    assert found.came_right, f"{scenario.title}: on {found.alert and found.alert.day} said {said}"


def test_the_summary_of_the_week_is_sent(played: KpiDemo) -> None:
    assert played.summarize()["state"] == "sent"


def test_no_check_failed(played: KpiDemo) -> None:
    log = Path(played.cloud.root / "logs/check_kpi_table.log").read_text("utf-8")
    assert '"state": "failed"' not in log
    assert "Traceback" not in log
