"""A process that judges as a worker does, and says how much memory it held, in KB: loaded, and at its peak.

worker.py KPIS: of so many the state is rebuilt, and one daily check made with it.
"""

import re
import sys
from pathlib import Path

from tests.benchmarks.kpi_bench.one_day import daily_check, rebuilt
from tests.benchmarks.kpi_bench.series import sample_series, today, yesterday


def held(name: str) -> int:
    """A line of what the kernel says of this process, in KB."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1])


def main(count: int) -> None:
    loaded = held("VmRSS")
    for series in sample_series(count):
        judged, _ = daily_check(today(series), rebuilt(yesterday(series)))
        assert judged.expected is not None, judged
    sys.stdout.write(f"{loaded} {held('VmHWM')}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
