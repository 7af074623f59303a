"""A process that opens a stored model and judges the post on its standard input (title, a NUL, body).

first_verdict.py FOLDER [DICTIONARY]
"""

import sys
from pathlib import Path

from tests.benchmarks.spam_bench.judged_model import opened, post_of

if __name__ == "__main__":
    verdict = opened(Path(sys.argv[1]), *sys.argv[2:])(post_of(*sys.stdin.buffer.read().decode().split("\0")))
    sys.stdout.write(f"{verdict.score}\n")
    sys.stdout.flush()
