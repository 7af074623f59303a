"""Tests that share servers, or look at each other's logs, are run by one worker."""

from pathlib import Path

import pytest

from tests.conftest import servers_of

FUNCTIONS = Path(__file__).parents[1] / "functions"


def test_all_who_use_the_trained_cloud_run_with_those_who_read_its_logs() -> None:
    files = [path for path in FUNCTIONS.glob("test_*.py") if "cloud: LocalCloud" in path.read_text("utf-8")]
    groups = {servers_of(f"tests/functions/{path.name}::test_it") for path in files if "kpi" not in path.name}
    assert len(files) > 5
    assert groups <= {"post functions", "KPI functions"}
    assert servers_of("tests/functions/test_logs.py::test_no_post_text_is_in_any_log") == "post functions"


@pytest.mark.parametrize(
    "nodeid",
    ["tests/unit/kpi/test_tables.py::test_it[a/b::c]", "tests/functions/test_kpi_scenarios.py::test_it[a]"],
)
def test_every_other_file_is_handed_out_by_itself(nodeid: str) -> None:
    assert servers_of(nodeid) == nodeid.partition("::")[0]
