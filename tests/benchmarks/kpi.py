"""KPI detection beside textbook Prophet and what teams do without it, in one run: what it finds and costs.

Quality on real series with injected faults, speed of a fit and of a daily check, memory and import of the
function, and how cost grows with the KPIs. Every target is printed with what was measured; the run fails
where one is missed. Times are compared side by side, so that the machine and whatever else it does matter
little; only ratios mean anything elsewhere.

    make bench-kpi ARGS="--only quality --short"

`--short` does a part of the work and fails for nothing: too few days and KPIs for what the targets say.
"""

import os
import sys
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads only hinder each other on matrices this small

from tests.benchmarks.kpi_bench import memory, quality, scale, speed
from tests.benchmarks.spam_bench.targets import run_parts

PARTS: dict[str, Callable[..., None]] = {
    quality.PART: quality.measure,
    speed.PART: speed.measure,
    memory.PART: memory.measure,
    scale.PART: scale.measure,
}


if __name__ == "__main__":
    sys.exit(run_parts("bench-kpi", "Measures KPI detection beside textbook Prophet.", PARTS))
