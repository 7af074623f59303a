"""A process that says how much memory it takes: Google's clients alone, or with the judge beside them.

    judge_memory.py clients | judge_memory.py FOLDER [DICTIONARY] < posts (title, a NUL, body, a NUL, …)

The clients are those functions/judge_post imports.
"""

import re
import sys
from pathlib import Path

import google.cloud.bigquery
import google.cloud.pubsub_v1
import google.cloud.storage  # noqa: F401 - their memory is the measure


def memory() -> tuple[int, int]:
    """What the process takes now and took at its peak, kB."""
    status = Path("/proc/self/status").read_text()
    now, peak = (int(re.findall(rf"{name}:\s+(\d+) kB", status)[0]) for name in ("VmRSS", "VmHWM"))
    return now, peak


def with_the_judge(folder: Path, dictionary: str | None, texts: list[str]) -> tuple[int, int, int]:
    """The same with a judge that has judged every post and is ready for more, and how many there were."""
    from tests.benchmarks.spam_bench.judged_model import opened, post_of  # noqa: PLC0415 - the clients come first

    judge = opened(folder, dictionary)
    judged = sum(
        judge(post_of(*pair)).score is not None for pair in zip(texts[::2], texts[1::2], strict=True)
    )
    return *memory(), judged


if __name__ == "__main__":
    if sys.argv[1] == "clients":
        taken = *memory(), 0
    else:
        taken = with_the_judge(
            Path(sys.argv[1]), next(iter(sys.argv[2:]), None), sys.stdin.buffer.read().decode().split("\0")
        )
    sys.stdout.write(" ".join(map(str, taken)) + "\n")
