"""KPI detection beside textbook Prophet and what teams do without it, in one run: what it finds and costs.

Quality on real series with injected faults, speed of a fit and of a daily check, memory and import of the
function, and how cost grows with the KPIs. Every target is printed with what was measured; the run fails
where one is missed. Times are compared side by side, so that the machine and whatever else it does matter
little; only ratios mean anything elsewhere.

    make bench-kpi ARGS="--only quality --short"

`--short` does a part of the work and fails for nothing: too few days and KPIs for what the targets say.
"""

import argparse
import os
import sys
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads only hinder each other on matrices this small

from rich.console import Console

from tests.benchmarks.kpi_bench import memory, quality, scale, speed
from tests.benchmarks.spam_bench.targets import Board

PARTS: dict[str, Callable[..., None]] = {
    quality.PART: quality.measure,
    speed.PART: speed.measure,
    memory.PART: memory.measure,
    scale.PART: scale.measure,
}


def main() -> int:
    """Prints what was measured; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description="Measures KPI detection beside textbook Prophet.")
    parser.add_argument(
        "--only", choices=PARTS, action="append", help="this part; more than once for several"
    )
    parser.add_argument("--short", action="store_true", help="a part of the work; fails for nothing")
    told = parser.parse_args()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    console.print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}")
    board = Board(console)
    for name in told.only or PARTS:
        console.rule(name, align="left")
        PARTS[name](board, short=told.short)
    console.print(board.summary())
    for skipped in board.skipped:
        console.print(f"skipped: {skipped}", soft_wrap=True)
    for target in board.missed:
        console.print(
            f"bench-kpi: {target.part}: {target.what}: wanted {target.wanted}, came {target.came}",
            soft_wrap=True,
        )
    return 1 if board.missed and not told.short else 0


if __name__ == "__main__":
    sys.exit(main())
