"""Speed: words, judging one by one, first verdicts of fresh processes and memory, beside the naive pipeline.

The naive pipeline: bs4, NFKC, parseToNode of a tagger that is kept, in scikit-learn's Pipeline of
CountVectorizer and MultinomialNB, everything as it comes out of the box. TF-IDF and logistic regression are
printed beside it. Sekisho judges as its functions do: with the slim dictionary, all features, thresholds,
first looks as training learnt them, and in each post that is read in full the reasons, with their places
where it is not left alone, which no naive pipeline gives.

The condition is the issue's: both are taught on the same 100,000 posts, whose vocabulary grows as that of
real text (market.py), and judge the same posts that come after them, alternately, in one process and one run,
some first that are not counted. It matters: to judge one post MultinomialNB copies its whole table, so that
it takes the longer the more words it knows, and with 100,000 more than bs4 and MeCab together. What it takes
with a few thousand is printed too. A first verdict is a process of its own each time, which
loads its model from disk (ours with its seal verified) and judges one post; they take turns.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from operator import eq
from pathlib import Path
from statistics import median
from typing import NamedTuple

import joblib
from rich.table import Table
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline

from infra import dictionary
from shared.spam import at_once
from shared.spam.detectors.learnt import LearntDetector
from shared.spam.features import DEFAULT_FEATURES, Featurizer
from shared.spam.first_look import NOTE
from shared.spam.judging import Thresholds, judge
from shared.spam.labels import LabelledPost
from shared.spam.posts import Post
from shared.spam.seen import seen
from shared.spam.tokens import Tokenizer
from shared.spam.verdicts import Action, Mode, Verdict
from tests.benchmarks import tokeniser
from tests.benchmarks.spam_bench import naive
from tests.benchmarks.spam_bench.judged_model import KEY, NOW, detector_of
from tests.benchmarks.spam_bench.market import market_posts
from tests.benchmarks.spam_bench.peers import html_of, pipeline_of_words
from tests.benchmarks.spam_bench.targets import Board
from tests.taught_models import taught_files

PART = "speed"
HERE = Path(__file__).parent
TAUGHT, JUDGED, STARTS = 100_000, 3_000, 15
SHORT_TAUGHT, SHORT_JUDGED, SHORT_STARTS = 4_000, 600, 7
FEW, SPLIT = 2_000, 400
UNCOUNTED = 200
"""Posts judged before any is counted: what a first verdict takes is measured on its own."""
TOKENISED, TOKENISER_ROUNDS = 600, 12
IN_A_ROW = 100
"""Posts judged by one before it is the other's turn, as a sweep judges many: whoever begins does so with the
other's memory in the processor's caches, and a judge in service has nobody beside it."""


def measure(board: Board, *, short: bool) -> None:
    """Prints the times and memory and holds them against their targets."""
    _tokenise(board, TOKENISER_ROUNDS // 4 if short else TOKENISER_ROUNDS)
    if not dictionary.built():
        board.skip("judging with the slim dictionary: it is not built; the stock one is used")
    taught, judged = (SHORT_TAUGHT, SHORT_JUDGED) if short else (TAUGHT, JUDGED)
    labelled = market_posts(taught + UNCOUNTED + judged)
    board.step(f"teaching both on {taught:,} posts")
    with tempfile.TemporaryDirectory(prefix="sekisho-bench-") as name:
        folder, slim = Path(name), dictionary.built()
        packed = str(slim) if slim else None
        posts = [one.post for one in labelled[taught:]]
        _judge(board, _teach(folder, labelled[:taught], packed), packed, posts)
        _start(board, folder, packed, posts[0], SHORT_STARTS if short else STARTS)
        _weigh(board, folder, packed, posts[:500])


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


class _Taught(NamedTuple):
    ours: tuple[LearntDetector, Thresholds]
    pipeline: Pipeline
    others: Mapping[str, Pipeline]  # printed beside it


def _teach(folder: Path, labelled: Sequence[LabelledPost], dictionary: str | None) -> _Taught:
    """Teaches all, and stores ours and the naive one."""
    for file, content in taught_files(labelled, KEY).items():
        (folder / file).write_bytes(content)
    words, answers = (
        [naive.words(html_of(one.post)) for one in labelled],
        [one.is_violation for one in labelled],
    )
    made = pipeline_of_words(CountVectorizer(), MultinomialNB(), words, answers)
    joblib.dump(made, folder / "pipeline.joblib")
    # What either takes to judge depends on the words it knows, not on the posts: a part of them is enough.
    few = slice(0, FEW)
    others = {
        "naive, TF-IDF + logistic regression": pipeline_of_words(
            TfidfVectorizer(), LogisticRegression(max_iter=1000), words, answers, few
        ),
        f"naive, taught on {FEW:,} posts": pipeline_of_words(
            CountVectorizer(), MultinomialNB(), words[few], answers[few]
        ),
    }
    return _Taught(detector_of(folder, dictionary), made, others)


def _judge(board: Board, taught: _Taught, dictionary: str | None, posts: Sequence[Post]) -> None:
    counted = posts[UNCOUNTED:]
    length = sum(len(post.title) + len(post.body) for post in counted) / len(counted)
    known = len(taught.pipeline[0].vocabulary_)
    board.step(
        f"judging {len(counted):,} posts of {length:.0f} characters with their tags, by turns; the naive "
        f"pipeline knows {known:,} words"
    )
    detector, thresholds = taught.ours
    mine, other = "Sekisho", "naive pipeline"

    def judges_mine(post: Post) -> Verdict:
        return judge(post, detector, thresholds, Mode.AUTO, NOW)

    ways: dict[str, Callable[[Post], object]] = {
        mine: judges_mine,
        other: _judging(taught.pipeline),
        **{name: _judging(made) for name, made in taught.others.items()},
    }
    for judges in ways.values():
        for post in posts[:UNCOUNTED]:
            judges(post)
    took = _by_turns(ways, counted)
    mean = {name: sum(each) / len(each) for name, each in took.items()}
    p50, p99 = ({name: _at(each, share) for name, each in took.items()} for share in (0.5, 0.99))
    table = Table(title="judging one by one", title_justify="left")
    for column in ("", "posts/s of CPU", "p50 µs", "p99 µs", "throughput", "p50"):
        table.add_column(column, justify="right" if column else "left")
    for name in ways:
        ratios = f"{mean[name] / mean[mine]:.2f} x", f"{p50[name] / p50[mine]:.2f} x"
        rate = f"{1 / mean[name]:,.0f}"
        table.add_row(name, rate, f"{p50[name] * 1e6:,.0f}", f"{p99[name] * 1e6:,.0f}", *ratios)
    board.console.print(table)
    _split(board, judges_mine, taught.pipeline, dictionary, counted[:SPLIT])
    throughput = "judging one by one: throughput over the naive pipeline's"
    board.hold(PART, throughput, mean[other] / mean[mine], least=6, form=".2f")
    board.hold(PART, "judging one by one: p50 over the naive pipeline's", p50[mine] / p50[other], most=0.25)


def _judging(made: Pipeline) -> Callable[[Post], object]:
    return lambda post: made.predict_proba([html_of(post)])


def _split(
    board: Board,
    judges: Callable[[Post], Verdict],
    made: Pipeline,
    dictionary: str | None,
    posts: Sequence[Post],
) -> None:
    """Prints where the time of both goes: every step holds the one before it, and is told without it."""
    featurizer = Featurizer(DEFAULT_FEATURES, Tokenizer(dictionary)).with_sequences(at_once.characters)
    text, characters, words, verdict = "HTML and normal form", "characters", "words", "verdict"

    def with_characters(post: Post) -> object:
        as_seen = seen(post)
        return featurizer.at_first(as_seen.title, as_seen.body)

    ways: dict[tuple[str, str], Callable[[Post], object]] = {
        ("Sekisho", text): seen,
        ("Sekisho", characters): with_characters,
        ("Sekisho", verdict): judges,
        ("naive pipeline", text): lambda post: naive.text(html_of(post)),
        ("naive pipeline", words): lambda post: naive.words(html_of(post)),
        ("naive pipeline", verdict): _judging(made),
    }
    took = _by_turns(ways, posts)
    cpu = {name: sum(each) for name, each in took.items()}
    table = Table(title="where it goes, µs of CPU a post", title_justify="left")
    for column in ("", *dict.fromkeys(whose for whose, _ in ways)):
        table.add_column(column, justify="right" if column else "left")
    own: dict[tuple[str, str], str] = {}
    until = dict.fromkeys((whose for whose, _ in ways), 0.0)
    for (whose, step), seconds in cpu.items():
        own[whose, step] = f"{(seconds - until[whose]) / len(posts) * 1e6:,.0f}"
        until[whose] = seconds
    for step in (text, characters, words, verdict):
        table.add_row(step, *(own.get((whose, step), "") for whose in until))
    board.console.print(table)
    by_kind: dict[str, list[float]] = {}
    for post, seconds in zip(posts, took["Sekisho", verdict], strict=True):
        found = judges(post)
        kind = "left at first look" if found.note == NOTE else "read in full and left"
        kind = kind if found.action is Action.LEAVE else "read in full and explained"
        by_kind.setdefault(kind, []).append(seconds)
    for kind, each in sorted(by_kind.items()):
        share, mean = len(each) / len(posts), sum(each) / len(each)
        board.console.print(f"  {kind}: {share:.0%} of posts, {mean * 1e6:,.0f} µs each")


def _by_turns[Name](
    ways: Mapping[Name, Callable[[Post], object]], posts: Sequence[Post]
) -> dict[Name, list[float]]:
    """Seconds of CPU that each way takes for each post; never the clock's, which runs while others work."""
    took: dict[Name, list[float]] = {name: [] for name in ways}
    for start in range(0, len(posts), IN_A_ROW):
        for name in list(ways)[:: 1 if start // IN_A_ROW % 2 else -1]:
            for post in posts[start : start + IN_A_ROW]:
                began = time.thread_time()
                ways[name](post)
                took[name].append(time.thread_time() - began)
    return took


def _start(board: Board, folder: Path, dictionary: str | None, post: Post, rounds: int) -> None:
    board.step(f"first verdicts of {rounds} fresh processes each, by turns")
    packed = [dictionary] if dictionary else []
    scripts: dict[str, list[str | Path]] = {
        "Sekisho": [HERE / "first_verdict.py", folder, *packed],
        "naive pipeline": [HERE / "first_naive_verdict.py", folder],
    }
    seconds: dict[str, list[float]] = {name: [] for name in scripts}
    text = f"{post.title}\0{post.body}".encode()
    for turn in range(rounds + 1):
        for name, script in scripts.items():
            start = time.perf_counter()
            with subprocess.Popen(
                [sys.executable, *script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
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


def _weigh(board: Board, folder: Path, dictionary: str | None, posts: Sequence[Post]) -> None:
    board.step(f"memory of a process that has judged {len(posts)} posts")
    texts = "\0".join(f"{post.title}\0{post.body}" for post in posts).encode()
    taken = {}
    for what in (["clients"], [str(folder), *([dictionary] if dictionary else [])]):
        command: list[str | Path] = [sys.executable, HERE / "judge_memory.py", *what]
        done = subprocess.run(command, input=texts, capture_output=True, check=True)
        taken[what[0]] = [int(word) for word in done.stdout.split()]
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
