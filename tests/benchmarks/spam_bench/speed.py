"""Speed: words, judging one by one, first verdicts of fresh processes and memory, beside the naive pipeline.

The naive pipeline: bs4, NFKC, parseToNode of a tagger that is kept, in scikit-learn's Pipeline of
CountVectorizer and MultinomialNB (TF-IDF and logistic regression take a little longer). Both judge the same
posts alternately, in one process and one run, with models taught on the same posts. A first verdict is a
process of its own each time, which loads its model from disk (ours with its seal verified) and judges one
post; they take turns.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from operator import eq
from pathlib import Path
from statistics import median

import joblib
from rich.table import Table

from infra import dictionary
from shared.spam.labels import LabelledPost
from shared.spam.posts import Post
from tests.benchmarks import tokeniser
from tests.benchmarks.spam_bench.corpora import sample_days
from tests.benchmarks.spam_bench.judged_model import KEY, opened
from tests.benchmarks.spam_bench.peers import html_of, pipeline
from tests.benchmarks.spam_bench.targets import Board
from tests.taught_models import taught_files

PART = "speed"
HERE = Path(__file__).parent
TAUGHT, JUDGED, STARTS = 20_000, 3_000, 15
SHORT_TAUGHT, SHORT_JUDGED, SHORT_STARTS = 2_000, 500, 7
TOKENISED, TOKENISER_ROUNDS = 600, 12
IN_A_ROW = 20
"""Posts judged by one before it is the other's turn, so that CPU time is not lost in its own resolution."""


def measure(board: Board, *, short: bool) -> None:
    """Prints the times and memory and holds them against their targets."""
    _tokenise(board, TOKENISER_ROUNDS // 4 if short else TOKENISER_ROUNDS)
    taught, judged = (SHORT_TAUGHT, SHORT_JUDGED) if short else (TAUGHT, JUDGED)
    labelled = [one for day in sample_days(20, (taught + judged) // 20) for one in day]
    board.step(f"training both on {taught:,} sample posts")
    with tempfile.TemporaryDirectory(prefix="sekisho-bench-") as name:
        folder = Path(name)
        naive = _store(folder, labelled[:taught])
        posts = [one.post for one in labelled[taught:]]
        _judge(board, opened(folder), naive, posts)
        _start(board, folder, posts[0], SHORT_STARTS if short else STARTS)
        _weigh(board, folder, posts[:500])


def _tokenise(board: Board, rounds: int) -> None:
    """The words of a post, by the stock dictionary and the slim one; tokeniser.py says how."""
    if not tokeniser.DATA.exists():
        board.skip(f"tokeniser: {tokeniser.DATA} is not there: real data is not part of the project")
        return
    names = ["plain", *tokeniser.ASKED]
    try:
        dictionary.build()
    except dictionary.CannotBuild as error:
        board.skip(f"tokeniser: the slim dictionary: {error}")
        names.remove("slim")
    posts = tokeniser.joined(tokeniser.DATA, TOKENISED)
    board.step(f"the words of {len(posts)} posts, {rounds} rounds of every way by turns")
    ways = {name: tokeniser.way(name) for name in names}
    took = tokeniser.microseconds(ways, posts, rounds)
    read = {
        name: [list(filter(tokeniser.has_letter, words(post))) for post in posts]
        for name, words in ways.items()
    }
    for name, asked in tokeniser.ASKED.items():
        if name not in names:
            continue
        ratio = took["plain"] / took[name]
        board.hold(
            PART, f"words, {name} dictionary: times faster than parseToNode", ratio, least=asked, form=".2f"
        )
        alike = sum(map(eq, read[name], read["plain"])) / len(posts)
        what = f"words, {name} dictionary: posts read alike"
        board.hold(PART, what, alike, least=tokeniser.IDENTICAL, form=".2%")


def _store(folder: Path, labelled: Sequence[LabelledPost]) -> Callable[[Post], float]:
    """Teaches both and stores both; gives the naive one's judge."""
    for file, content in taught_files(labelled, KEY).items():
        (folder / file).write_bytes(content)
    naive = pipeline([html_of(one.post) for one in labelled], [one.is_violation for one in labelled])
    joblib.dump(naive, folder / "pipeline.joblib")
    return lambda post: float(naive.predict_proba([html_of(post)])[0][1])


def _judge(
    board: Board, ours: Callable[[Post], object], naive: Callable[[Post], object], posts: Sequence[Post]
) -> None:
    visible = sum(len(post.title) + len(post.body) for post in posts) / len(posts)
    board.step(f"judging {len(posts):,} posts of {visible:.0f} characters with their tags, by turns")
    ways = {"Sekisho": ours, "naive pipeline": naive}
    each: dict[str, list[float]] = {name: [] for name in ways}
    cpu = dict.fromkeys(ways, 0.0)
    for start in range(0, len(posts), IN_A_ROW):
        row = posts[start : start + IN_A_ROW]
        for name, judge in ways.items() if start // IN_A_ROW % 2 else reversed(ways.items()):
            began = time.process_time()
            for post in row:
                at = time.perf_counter()
                judge(post)
                each[name].append(time.perf_counter() - at)
            cpu[name] += time.process_time() - began
    table = Table(title="judging one by one", title_justify="left")
    for column in ("", "posts/s of CPU", "p50 µs", "p99 µs"):
        table.add_column(column, justify="right" if column else "left")
    for name in ways:
        rate, p50, p99 = len(posts) / cpu[name], _at(each[name], 0.5), _at(each[name], 0.99)
        table.add_row(name, f"{rate:,.0f}", f"{p50 * 1e6:,.0f}", f"{p99 * 1e6:,.0f}")
    board.console.print(table)
    mine, other = ways
    board.hold(
        PART,
        "judging one by one: throughput over the naive pipeline's",
        cpu[other] / cpu[mine],
        least=6,
        form=".2f",
    )
    p50 = _at(each[mine], 0.5) / _at(each[other], 0.5)
    board.hold(PART, "judging one by one: p50 over the naive pipeline's", p50, most=0.25)


def _start(board: Board, folder: Path, post: Post, rounds: int) -> None:
    board.step(f"first verdicts of {rounds} fresh processes each, by turns")
    scripts = {"Sekisho": "first_verdict.py", "naive pipeline": "first_naive_verdict.py"}
    seconds: dict[str, list[float]] = {name: [] for name in scripts}
    text = f"{post.title}\0{post.body}".encode()
    for turn in range(rounds + 1):
        for name, script in scripts.items():
            start = time.perf_counter()
            with subprocess.Popen(
                [sys.executable, HERE / script, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            ) as process:
                assert process.stdin
                assert process.stdout
                process.stdin.write(text)
                process.stdin.close()
                assert 0 <= float(process.stdout.readline()) <= 1
                taken = time.perf_counter() - start
            if turn:  # the first of each reads files from disk and compiles
                seconds[name].append(taken)
    ours, naive = (median(each) for each in seconds.values())
    board.console.print(
        f"  process start to first verdict: {ours * 1e3:,.0f} ms, naive pipeline {naive * 1e3:,.0f} ms "
        f"(medians of {rounds})"
    )
    board.hold(
        PART,
        "process start to first verdict: times faster than the naive pipeline",
        naive / ours,
        least=20,
        form=".1f",
    )


def _weigh(board: Board, folder: Path, posts: Sequence[Post]) -> None:
    board.step(f"memory of a process that has judged {len(posts)} posts")
    texts = "\0".join(f"{post.title}\0{post.body}" for post in posts).encode()
    taken = {}
    for what in ("clients", str(folder)):
        done = subprocess.run(
            [sys.executable, HERE / "judge_memory.py", what], input=texts, capture_output=True, check=True
        )
        taken[what] = [int(word) for word in done.stdout.split()]
    (now, peak, _), (judge_now, judge_peak, judged) = taken.values()
    assert judged == len(posts)
    board.console.print(
        f"  Google's clients alone {now / 1024:.0f} MB, with the judge {judge_now / 1024:.0f} MB "
        f"(at their peak {peak / 1024:.0f} and {judge_peak / 1024:.0f} MB)"
    )
    more = max(judge_now - now, judge_peak - peak) / 1024
    board.hold(PART, "memory of the judge above Google's clients, MB", more, most=60, form=".1f")


def _at(seconds: Sequence[float], share: float) -> float:
    return sorted(seconds)[int(len(seconds) * share)]
