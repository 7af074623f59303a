"""What posts cost training: read on one machine, or tokenised and counted in BigQuery.

Reads sample posts as training and as tokenize_posts do. From that, and from what infra/costs.py knows of
prices and marketplaces, it reckons a run of train_spam_model and a month of BigQuery at several sizes.
`python tests/benchmarks/tokenizing.py [--posts N]`; docs/training.md shows one run.
"""

import argparse
import json
import re
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from infra import costs
from infra.local.sample.posts import SampleSizes, sample_posts
from shared.spam.evidence import TrainingRules, example
from shared.spam.features import DEFAULT_FEATURES, Featurizer
from shared.spam.labels import Answer, LabelledPost, Source
from shared.spam.posts import Post
from shared.spam.tokenizing import Batch, tokenized
from shared.spam.tokens import Tokenizer

BATCH, DAYS, MB = 25, 30, 1e6
SIZES = (10_000, 100_000, 1_000_000)
TERRAFORM = Path(__file__).parents[2] / "infra/terraform/functions.tf"


def main() -> None:
    """Measure, and print what it comes to."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--posts", type=int, default=1_000, help="how many sample posts are read; 1,000")
    number = asked.parse_args().posts
    sizes = SampleSizes(days=1, posts_per_day=number, violation_share=0.1)
    posts = sample_posts(sizes, datetime.now(UTC)).posts
    featurizer = Featurizer(DEFAULT_FEATURES, Tokenizer())
    batches = [posts[start : start + BATCH] for start in range(0, len(posts), BATCH)]
    tokenized(Batch([("warm", "up")], DEFAULT_FEATURES), featurizer)
    begun, ids, replied = time.process_time(), 0, 0
    for batch in batches:
        replies = tokenized(Batch([(one.title, one.body) for one in batch], DEFAULT_FEATURES), featurizer).ids
        ids += sum(len(reply or ()) for reply in replies)
        replied += len(json.dumps({"replies": replies}))
    seconds = (time.process_time() - begun) / len(posts)
    characters = sum(len(post.title) + len(post.body) for post in posts)
    print(
        f"{len(posts):,} sample posts of {characters / len(posts):.0f} characters: {1e3 * seconds:.2f} ms of "
        f"a core, {ids / len(posts):.0f} ids, {replied / len(posts) / 1e3:.1f} kB of reply each"
    )
    reckon(seconds, ids / len(posts), held_bytes(posts[:500], featurizer))


def held_bytes(posts: Sequence[Post], featurizer: Featurizer) -> float:
    """Memory of one post that examines the filter: its text, its ids, its words."""
    tracemalloc.start()
    copies = [replace(post, title=f"{post.title} ", body=f"{post.body} ") for post in posts]
    kept = [example(LabelledPost(post, Answer.OK, "", Source.QUEUE), featurizer) for post in copies]
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / len(kept)


def reckon(seconds: float, ids: float, held: float) -> None:
    """Prints both ways at every size."""
    of, rules = costs.Habits(), TrainingRules()
    entry = TERRAFORM.read_text("utf-8").partition("train_spam_model = {")[2]
    memory, timeout = (float(re.findall(rf'{name}\s+= "?(\d+)', entry)[0]) for name in ("memory", "timeout"))
    table = [("posts a day", [f"{size:,}" for size in SIZES])]
    rows: dict[str, list[str]] = {}
    for size in SIZES:
        answered = size * of.answered
        examining = answered * of.window_days * rules.held_out_share
        run = (answered + examining) * seconds
        scanned = DAYS * of.window_days * (size * of.post_bytes + answered * (8 * ids + of.key_bytes))
        worked = DAYS * answered * 2 * seconds * (costs.VCPU_SECOND + 0.5 * costs.GIB_SECOND)
        stored = of.kept_days * answered * 8 * ids / costs.GB * costs.STORED_GB
        for name, value in {
            "answered by people, a day": f"{answered:,.0f}",
            "one machine: reading, s of a core": f"{run:,.0f}",
            "  of the function's time": f"{run / timeout:.0%}",
            "one machine: examining posts, MB": f"{examining * held / MB:,.0f}",
            "  of the function's memory": f"{examining * held / (memory * 1024**3):.0%}",
            "BigQuery: function, $ a month": f"{worked:,.2f}",
            "BigQuery: fill and count, $ a month": f"{scanned / costs.TB * costs.SCANNED_TB:,.2f}",
            "BigQuery: storage of ids, $ a month": f"{stored:,.2f}",
        }.items():
            rows.setdefault(name, []).append(value)
    for name, values in [*table, *rows.items()]:
        print(f"{name:<38}" + "".join(f"{value:>14}" for value in values))


if __name__ == "__main__":
    main()
