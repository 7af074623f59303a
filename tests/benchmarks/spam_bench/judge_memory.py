"""A process that says how much memory it takes: Google's clients alone, or with the judge beside them.

    judge_memory.py clients | judge_memory.py FOLDER < posts (title, a NUL, body, a NUL, …)

The clients are those functions/judge_post imports.
"""

import re
import sys
from pathlib import Path

import google.cloud.bigquery
import google.cloud.pubsub_v1
import google.cloud.storage  # noqa: F401 - their memory is the measure


def judge_all(folder: Path, texts: list[str]) -> int:
    """Judges every post; how many there were."""
    from tests.benchmarks.spam_bench.judged_model import opened, post_of  # noqa: PLC0415 - the clients come first

    judge = opened(folder)
    return sum(judge(post_of(*pair)).score is not None for pair in zip(texts[::2], texts[1::2], strict=True))


if __name__ == "__main__":
    judged = 0
    if sys.argv[1] != "clients":
        judged = judge_all(Path(sys.argv[1]), sys.stdin.buffer.read().decode().split("\0"))
    status = Path("/proc/self/status").read_text()
    now, peak = (int(re.findall(rf"{name}:\s+(\d+) kB", status)[0]) for name in ("VmRSS", "VmHWM"))
    sys.stdout.write(f"{now} {peak} {judged}\n")
