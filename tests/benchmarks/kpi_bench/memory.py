"""Memory and import: what a worker that judges holds, and what check_kpi_table loads when it starts.

The textbook's import set is what a function with the same work needs that draws and stores as tutorials do:
prophet with its plots, pandas, pyplot, Google's clients, Slack's, and functions-framework. Each import is a
process of its own; they take turns, and what is compared is processor time. Libraries are those of this
environment: it has the BigQuery client's optional ones too, for both alike.
"""

import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median

from rich.table import Table

from tests.benchmarks.kpi_bench.processor import seconds_of
from tests.benchmarks.spam_bench.targets import Board

PART = "memory"
ROOT = Path(__file__).resolve().parents[3]
WORKER = Path(__file__).with_name("worker.py")
JUDGED, SHORT_JUDGED = 120, 24
ROUNDS, SHORT_ROUNDS = 9, 3
TEXTBOOK = (
    "import pandas, matplotlib.pyplot, prophet, prophet.plot\n"
    "import google.cloud.bigquery, google.cloud.storage, slack_sdk, functions_framework\n"
)
OURS = "import functions.check_kpi_table.main\n"
CLIENTS = "import google.cloud.bigquery, google.cloud.storage, slack_sdk, functions_framework\n"


def measure(board: Board, *, short: bool) -> None:
    """Prints both and holds them against their targets."""
    judged = SHORT_JUDGED if short else JUDGED
    board.step(f"memory of a process that rebuilds and checks {judged} KPIs")
    peak = _peak(board, judged)
    board.hold(PART, "peak memory of a worker, MB", peak, most=160, form=".0f")
    _imports(board, SHORT_ROUNDS if short else ROUNDS)


def _peak(board: Board, judged: int) -> float:
    done = _run([str(WORKER), str(judged)])
    loaded, peak = (int(word) / 1024 for word in done.split())
    board.console.print(f"  {loaded:.0f} MB loaded, {peak:.0f} MB at its peak")
    return peak


def _imports(board: Board, rounds: int) -> None:
    ways = {"check_kpi_table": OURS, "textbook": TEXTBOOK, "the clients of both": CLIENTS, "nothing": "pass"}
    took: dict[str, list[float]] = {name: [] for name in ways}
    with board.advancing(f"imports, {rounds} fresh processes each, by turns", rounds) as advance:
        for number in range(rounds + 1):
            for name, code in ways.items():
                seconds = seconds_of(partial(_run, ("-c", code)))
                if number:  # the first of each reads files from disk and compiles
                    took[name].append(seconds)
            advance(int(number > 0))
    table = Table(title=f"imports, medians of {rounds} fresh processes", title_justify="left")
    for column in ("", "CPU ms"):
        table.add_column(column, justify="right" if column else "left")
    for name, each in took.items():
        table.add_row(name, f"{median(each) * 1e3:,.0f}")
    board.console.print(table)
    ratio = median(
        ours / theirs for ours, theirs in zip(took["check_kpi_table"], took["textbook"], strict=True)
    )
    board.hold(PART, "import of check_kpi_table over the textbook's set", ratio, most=0.65)


def _run(arguments: Sequence[str]) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


ENVIRONMENT = {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
