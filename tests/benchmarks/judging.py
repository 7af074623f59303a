"""Judging and training, side by side with the plain way of doing it, on the same posts in the same run.

The plain way: the standard library's HTML parser, NFKC, `parseToNode` of a tagger kept, parts of speech
compared by name: what most tutorials show. Times are CPU time of this process, best of three rounds; only the
ratios mean anything elsewhere. Fails when Sekisho's way is slower than the plain one.

    .venv/bin/python tests/benchmarks/judging.py [POSTS.csv]
"""

import sys
import time
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import ipadic
import MeCab
from rich.console import Console
from rich.table import Table

from infra.local.sample.posts import SampleSizes, sample_posts
from infra.local.sample.reviewers import sample_reviews
from shared.spam.detectors.bayes import BayesDetector
from shared.spam.evidence import Evidence, TrainingRules, example
from shared.spam.features import DEFAULT_FEATURES, Featurizer
from shared.spam.judging import Thresholds, judge
from shared.spam.labels import LabelledPost
from shared.spam.posts import Post
from shared.spam.text import readable, without_decoration
from shared.spam.tokens import Tokenizer
from shared.spam.training import train
from shared.spam.verdicts import Mode

ROUNDS = 3
NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEPT = ("名詞", "動詞", "形容詞", "副詞")


class PlainText(HTMLParser):
    """Text outside script and style."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._unseen += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def plain_words(post: Post, tagger: MeCab.Tagger) -> list[str]:
    """Content words in base form, the plain way."""
    parser = PlainText()
    parser.feed(f"{post.title} {post.body}")
    node = tagger.parseToNode(unicodedata.normalize("NFKC", "".join(parser.parts)).lower())
    words = []
    while node:
        feature = node.feature.split(",")
        if feature[0] in KEPT:
            words.append(feature[6] if len(feature) > 6 and feature[6] != "*" else node.surface)
        node = node.next
    return words


def sekisho_words(post: Post, tokenizer: Tokenizer) -> list[str]:
    """Content words in base form, Sekisho's way."""
    return [
        *tokenizer.words(without_decoration(readable(post.title))),
        *tokenizer.words(without_decoration(readable(post.body))),
    ]


def seconds(work: Callable[[Post], object], posts: Sequence[Post]) -> float:
    """CPU seconds for all posts, the best of three rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        for post in posts:
            work(post)
        best = min(best, time.process_time() - start)
    return best


def labelled_posts(path: Path | None) -> list[LabelledPost]:
    """Posts of a CSV, or 15,000 sample posts with their reviewers' answers."""
    if path:
        from infra.cli.posts_csv import read_labelled  # noqa: PLC0415

        return read_labelled(path)
    sample = sample_posts(SampleSizes(days=75, posts_per_day=200), NOW)
    by_key = {post.key: post for post in sample.posts}
    return [
        LabelledPost(by_key[label.post_id, label.revision], label.answer, label.violation_class, label.source)
        for label in sorted(
            sample_reviews(sample, NOW), key=lambda one: by_key[one.post_id, one.revision].revised_at
        )
    ]


def main() -> int:
    """Prints the tables; 1 when Sekisho's way is the slower one."""
    labelled = labelled_posts(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    posts = [one.post for one in labelled[:4_000]]
    tokenizer = Tokenizer()
    tagger = MeCab.Tagger(f'-r /dev/null -d "{ipadic.DICDIR}"')
    tagger.parse("")
    plain = seconds(lambda post: plain_words(post, tagger), posts)
    ours = seconds(lambda post: sekisho_words(post, tokenizer), posts)

    featurizer = Featurizer(DEFAULT_FEATURES, tokenizer)
    start = time.process_time()
    evidence = Evidence([example(one, featurizer) for one in labelled])
    trained = train(evidence, featurizer, TrainingRules(), None)
    training = time.process_time() - start
    detector = BayesDetector(trained.final, "benchmark", featurizer)
    thresholds = Thresholds.from_json(trained.passport["thresholds"])
    each = []
    for post in posts:
        start = time.perf_counter()
        judge(post, detector, thresholds, Mode.AUTO, NOW)
        each.append(time.perf_counter() - start)
    each.sort()

    characters = sum(len(post.title) + len(post.body) for post in posts) / len(posts)
    table = Table(title=f"{len(posts):,} posts of {characters:.0f} characters", title_justify="left")
    for column in ("what", "plain way", "Sekisho", "ratio"):
        table.add_column(column, justify="left" if column == "what" else "right")
    table.add_row(
        "words of a post, µs CPU",
        f"{plain / len(posts) * 1e6:.0f}",
        f"{ours / len(posts) * 1e6:.0f}",
        f"{plain / ours:.2f}",
    )
    p50, p99 = each[len(each) // 2], each[len(each) * 99 // 100]
    table.add_row("judge a post, µs p50 / p99", "", f"{p50 * 1e6:.0f} / {p99 * 1e6:.0f}", "")
    table.add_row(f"train on {len(labelled):,} posts, posts/s", "", f"{len(labelled) / training:,.0f}", "")
    Console(highlight=False).print(table)
    if ours > plain:
        print("judging: Sekisho's words take longer than the plain way's")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
