"""Loading: what it costs to verify a model before a byte of it is read.

The peers load the same weights unverified: as the dictionary a pickled model usually is, and as the arrays
that Sekisho uses, pickled as they are. Every round does all three, one after the other; the medians are
compared. Refusals are tests: tests/unit/test_hostile_models.py.
"""

import pickle
import time
from collections.abc import Callable
from statistics import median

from shared.spam.model import unseal
from tests.benchmarks.spam_bench.corpora import sample_days
from tests.benchmarks.spam_bench.judged_model import KEY, dictionaries, plain_arrays
from tests.benchmarks.spam_bench.targets import Board
from tests.taught_models import MANIFEST, WEIGHTS, taught_files

PART = "loading"
ROUNDS, POSTS, SHORT_POSTS = 41, 20_000, 2_000


def measure(board: Board, *, short: bool) -> None:
    """Prints the times and holds the ratio against its target."""
    posts = SHORT_POSTS if short else POSTS
    board.step(f"training on {posts:,} sample posts")
    files = taught_files([one for day in sample_days(20, posts // 20) for one in day], KEY)
    weights, manifest = files[WEIGHTS], files[MANIFEST]
    plain = pickle.dumps(dictionaries(unseal(weights, manifest, KEY, "bench").filter), protocol=5)
    arrays = pickle.dumps(plain_arrays(unseal(weights, manifest, KEY, "bench").filter), protocol=5)
    ways: dict[str, Callable[[], object]] = {
        "verify + restricted load": lambda: unseal(weights, manifest, KEY, "bench"),
        "plain pickle.loads of dictionaries": lambda: pickle.loads(plain),  # noqa: S301 - our own
        "plain pickle.loads of arrays": lambda: pickle.loads(arrays),  # noqa: S301 - our own
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, load in ways.items():
            start = time.process_time()
            load()
            seconds[name].append(time.process_time() - start)
    ours, dictionary, same = (median(each) for each in seconds.values())
    for name, each in seconds.items():
        board.console.print(f"  {name}: {median(each) * 1e3:.2f} ms CPU (median of {ROUNDS})")
    board.console.print(
        f"  {len(weights) / 1e6:.1f} MB stored, {len(plain) / 1e6:.1f} MB as dictionaries; "
        f"{ours / same:.1f}x plain loads of arrays, which nothing verifies"
    )
    board.hold(
        PART, "verify + restricted load over plain pickle.loads", ours / dictionary, most=1.1, form=".2f"
    )
