"""The benchmark of KPI tables prints its figures, and fails where a check, judgement or alert is missing."""

import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest
from rich.console import Console

from infra.local.emulators import ROOT
from tests.benchmarks.kpi_load.split import PARTS
from tests.benchmarks.kpi_load.tables import KPIS, Load
from tests.benchmarks.kpi_tables import Outcome, Run, judge

LOAD = Load("shop", 21, 100)
RUN = Run(begun=0.0, asked_seconds=0.0, answers=[], refused=[], peak_megabytes=[])
WELL = Outcome(
    Counter(checked=21),
    Counter(normal=19 * KPIS, anomaly=KPIS, drift=KPIS),
    errors=[],
    told={"bench.shop_0000", "bench.shop_0007", "bench.shop_0020"},
)


def test_three_tables_are_checked_end_to_end_and_the_parts_sum_to_the_whole() -> None:
    command = (sys.executable, "tests/benchmarks/kpi_tables.py", "--tables", "3", "--days", "400")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = {
        cells[0]: cells[1:]
        for line in done.stdout.splitlines()
        if len(cells := [cell.strip() for cell in re.split("[│┃]", line)[1:-1]]) > 1
    }
    for what in ("tables a second", "KPIs a second"):
        assert float(figures[what][0]) > 0
    assert len(re.findall(r"\d+", figures["peak memory of an instance"][0])) == 2
    seconds = [float(figures[part][1]) for part in PARTS]
    assert sum(seconds) == pytest.approx(float(figures["total"][1]), abs=0.01 * len(PARTS))
    assert figures["fit"][0] == "30"
    assert "1 of 1 put in" in done.stdout
    assert "checks failed: 0" in done.stdout


def test_all_checked_all_judged_and_all_anomalies_told_is_well() -> None:
    assert judge(Console(quiet=True), RUN, WELL, LOAD) == 0


@pytest.mark.parametrize(
    "outcome",
    [
        replace(WELL, states=Counter(checked=20, failed=1)),
        replace(WELL, states=Counter(checked=20)),
        replace(WELL, statuses=WELL.statuses - Counter(normal=1) + Counter(refused=1)),
        replace(WELL, told={"bench.shop_0000", "bench.shop_0007"}),
    ],
    ids=["a failed check", "a table not looked at", "a KPI not judged", "an anomaly not told"],
)
def test_what_is_missing_fails_the_benchmark(outcome: Outcome) -> None:
    assert judge(Console(quiet=True), RUN, outcome, LOAD) == 1
