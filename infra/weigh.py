"""Weigh: what a cold start of each function costs, held below limits.

`python -m infra.weigh [FUNCTION…]` packs each function and starts it from its archive with its own pins, five
times, each in a fresh process. It prints the size of both, the seconds of a processor that its import takes
after that of functions-framework, which every function has, and the memory the process holds then. Not the
clock's seconds: those are longer on a busy machine. Exit code 1 where a limit is passed.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.environments import installed_bytes, python_with_pins, unpacked
from infra.package import function_names

STARTS = 5

START = """
import json, sys, time
import functions_framework
framework = time.process_time()
functions_framework.create_app(target=sys.argv[1], source="main.py")
ended = time.process_time()
held = next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1]
print(json.dumps({"seconds": ended - framework, "memory_mb": int(held) / 1e3}))
"""


@dataclass(frozen=True)
class Weight:
    """What a function weighs before its first request."""

    archive_kb: float
    installed_mb: float
    import_seconds: float
    memory_mb: float


LIMITS = {
    # Functions that tokenise carry the slim dictionary, 26 MB.
    # Posts arrive at any moment: these start in front of somebody who waits.
    "receive_new_post": Weight(archive_kb=150, installed_mb=110, import_seconds=1.2, memory_mb=110),
    "record_review": Weight(archive_kb=250, installed_mb=110, import_seconds=1.2, memory_mb=120),
    "judge_post": Weight(archive_kb=27_000, installed_mb=270, import_seconds=1.2, memory_mb=150),
    "judge_new_posts": Weight(archive_kb=27_000, installed_mb=270, import_seconds=1.2, memory_mb=150),
    "train_spam_model": Weight(archive_kb=27_000, installed_mb=290, import_seconds=1.2, memory_mb=150),
    "tokenize_posts": Weight(archive_kb=27_000, installed_mb=130, import_seconds=1.2, memory_mb=70),
    "check_kpis": Weight(archive_kb=400, installed_mb=130, import_seconds=1.2, memory_mb=150),
    # scipy, pandas, Prophet's compiled Stan model and matplotlib.
    "check_kpi_table": Weight(archive_kb=800, installed_mb=600, import_seconds=2.5, memory_mb=250),
    # matplotlib, loaded with the first chart.
    "send_summary": Weight(archive_kb=700, installed_mb=330, import_seconds=1.5, memory_mb=160),
}
"""What each may weigh at most: about a third above what it did when this was written."""


def weigh(function: str) -> Weight:
    """The function's weight; of the times the median, of the memory the most."""
    python = python_with_pins(function)
    with tempfile.TemporaryDirectory(prefix="sekisho-weigh-") as folder:
        home = unpacked(function, Path(folder))
        (archive,) = home.glob("archive/*.zip")
        _start(python, home, function)  # the cloud's build compiles our own source too
        starts = [_start(python, home, function) for _ in range(STARTS)]
        return Weight(
            archive_kb=archive.stat().st_size / 1e3,
            installed_mb=installed_bytes(python) / 1e6,
            import_seconds=statistics.median(seconds for seconds, _ in starts),
            memory_mb=max(memory for _, memory in starts),
        )


def too_heavy(function: str, weight: Weight) -> Iterator[str]:
    """The limits `weight` passes, in words."""
    limits, found = asdict(LIMITS[function]), asdict(weight)
    for what, most in limits.items():
        if found[what] > most:
            yield f"{function}: expected {what} of at most {most:g}, came {found[what]:.4g}"


def _start(python: Path, home: Path, function: str) -> tuple[float, float]:
    """Seconds to import the function and megabytes held then, of one process that knows nothing else."""
    command = [str(python), "-P", "-c", START, function]
    done = subprocess.run(
        command, cwd=home, env={"PATH": os.defpath}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"weigh: {function} does not start from its archive:\n{done.stderr.strip()}")
    found = json.loads(done.stdout.splitlines()[-1])
    return found["seconds"], found["memory_mb"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table; exit with 1 where a limit is passed."""
    known = function_names()
    asked = argparse.ArgumentParser(prog="python -m infra.weigh", description=__doc__.splitlines()[0])
    asked.add_argument("functions", nargs="*", metavar="FUNCTION", help=f"of {', '.join(known)}; all of them")
    functions = asked.parse_args(arguments).functions or known
    if unknown := set(functions) - set(known):
        asked.error(f"expected functions among {', '.join(known)}, came {min(unknown)!r}")
    titles = ("archive KB", "installed MB", "import CPU s", "memory MB")
    print(f"{'function':<18}" + "".join(f"{title:>16}" for title in titles) + "  (of at most)")
    heavy: list[str] = []
    for function in functions:
        weight, most = weigh(function), LIMITS[function]
        print(
            f"{function:<18}"
            f"{weight.archive_kb:>10.0f} /{most.archive_kb:>4.0f}"
            f"{weight.installed_mb:>10.0f} /{most.installed_mb:>4.0f}"
            f"{weight.import_seconds:>10.2f} /{most.import_seconds:>4.1f}"
            f"{weight.memory_mb:>10.0f} /{most.memory_mb:>4.0f}"
        )
        heavy += too_heavy(function, weight)
    if heavy:
        raise SystemExit("weigh: " + "\nweigh: ".join(heavy))


if __name__ == "__main__":
    main()
