"""The filter beside its peers, in one run: quality, speed, training, and what stored models do.

Peers run for real: scikit-learn's CountVectorizer + MultinomialNB and TF-IDF + LogisticRegression,
bogofilter, and for speed the pipeline most tutorials show (bs4, parseToNode, scikit-learn). Every target is
printed with what was measured; the run fails where one is missed. Times are compared side by side, so that
the machine and whatever else it does matter little; only ratios mean anything elsewhere.

    make bench-spam ARGS="--only quality --short"

`--short` does a part of the work and fails for nothing: too few posts for what the targets say.
"""

import os
import sys
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads only hinder each other on matrices this small

from tests.benchmarks.spam_bench import loading, quality, speed, training
from tests.benchmarks.spam_bench.targets import run_parts

PARTS: dict[str, Callable[..., None]] = {
    quality.PART: quality.measure,
    speed.PART: speed.measure,
    training.PART: training.measure,
    loading.PART: loading.measure,
}


if __name__ == "__main__":
    sys.exit(run_parts("bench-spam", "Measures the filter beside its peers.", PARTS))
