"""Training at 100,000 posts: the daily step beside its own full recount and the naive pipeline.

60 days of some 1,700 sample posts, as HTML. The step reads and counts the day that enters, takes away the
day that leaves, and makes weights: the stored counts of the days and of the window are in memory, as they
are once loaded. The recount does so from all posts; the two must agree to the last integer. The naive
pipeline reads all posts by bs4 and parseToNode and fits CountVectorizer + MultinomialNB. All CPU time. Words
are found as the function that trains finds them, with the slim dictionary of its archive where that can be
made; the naive pipeline has IPADIC as it is installed.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from math import log
from statistics import fmean, median

from rich.table import Table

from infra import dictionary
from shared.spam.labels import LabelledPost
from tests.benchmarks.spam_bench.corpora import sample_days
from tests.benchmarks.spam_bench.daily_step import Window
from tests.benchmarks.spam_bench.peers import html_of, pipeline
from tests.benchmarks.spam_bench.targets import Board

PART = "training"
POSTS_A_DAY, SHORT_POSTS_A_DAY = 1_700, 100
WINDOWS, WINDOW = (30, 60, 120), 60
STEPS = 7
"""A week of them, of which the mean is told: days differ in posts, and the naive pipeline reads them all."""
FLAT, STEEPEST = 0.35, 1.15
"""Exponents by which the step's cost may grow with the window's days, and with the new day's posts."""


def measure(board: Board, *, short: bool) -> None:
    """Prints the costs and holds them against their targets."""
    posts_a_day = SHORT_POSTS_A_DAY if short else POSTS_A_DAY
    longest = max(WINDOWS)
    board.step(f"writing {(longest + STEPS) * posts_a_day:,} sample posts")
    days = sample_days(longest + STEPS, posts_a_day)
    window = Window(_dictionary(board))
    counts = []
    with board.advancing("counting every day", len(days)) as advance:
        for day in days:
            counts.append(window.counted(day))
            advance(1)

    steps: dict[int, float] = {}
    for size in WINDOWS:
        board.step(f"the daily step in a window of {size} days")
        total, taken = window.total(counts[longest - size : longest]), list[float]()
        for place in range(STEPS):
            step = partial(window.step, total, days[longest + place], counts[longest - size + place])
            seconds, (total, _) = _timed(step)
            taken.append(seconds)
        steps[size] = fmean(taken)
    of_day: dict[int, float] = {}
    total = window.total(counts[longest - WINDOW : longest])
    for times in (1, 2, 4):
        entering = [one for day in days[longest : longest + times] for one in day]
        leaving = window.total(counts[longest - WINDOW : longest - WINDOW + times])
        step = partial(window.step, total, entering, leaving)
        of_day[len(entering)] = median(_timed(step)[0] for _ in range(3))

    last = days[longest + STEPS - WINDOW : longest + STEPS]
    posts = sum(map(len, last))
    board.step(f"the full recount of {posts:,} posts")
    recount, (recounted, _) = _timed(lambda: window.recount(last))
    stepped = window.total(counts[longest + STEPS - WINDOW : longest + STEPS])
    board.hold(PART, "counts equal to a full recount", float(stepped == recounted), least=1, form=".0f")
    naive = _naive(board, last)
    _tell(board, steps, of_day, recount, naive, posts)


def _dictionary(board: Board) -> str | None:
    try:
        return str(dictionary.build())
    except dictionary.CannotBuild as error:
        board.skip(f"training: the slim dictionary, so that words are found with the stock one: {error}")
        return None


def _naive(board: Board, days: Sequence[Sequence[LabelledPost]]) -> float:
    board.step("the naive pipeline on the same posts (a minute or two)")
    html, is_violation = [], []
    for day in days:
        html += [html_of(one.post) for one in day]
        is_violation += [one.is_violation for one in day]
    return _timed(lambda: pipeline(html, is_violation))[0]


def _tell(
    board: Board, steps: dict[int, float], of_day: dict[int, float], recount: float, naive: float, posts: int
) -> None:
    table = Table(title=f"training, {posts:,} posts in the window of {WINDOW} days", title_justify="left")
    table.add_column("")
    table.add_column("CPU s", justify="right")
    for size, taken in steps.items():
        table.add_row(f"daily step, window of {size} days", f"{taken:.3f}")
    for size, taken in of_day.items():
        table.add_row(f"daily step, {size:,} posts new", f"{taken:.3f}")
    table.add_row("full recount", f"{recount:.1f}")
    table.add_row("naive pipeline", f"{naive:.1f}")
    board.console.print(table)
    step = steps[WINDOW]
    board.hold(PART, "daily step: times faster than the full recount", recount / step, least=40, form=".1f")
    board.hold(PART, "daily step: times faster than the naive pipeline", naive / step, least=100, form=".1f")
    board.hold(
        PART, "daily step: exponent of its growth with the window", _exponent(steps), most=FLAT, form=".2f"
    )
    board.hold(
        PART,
        "daily step: exponent of its growth with the new day",
        _exponent(of_day),
        most=STEEPEST,
        form=".2f",
    )


def _exponent(seconds: dict[int, float]) -> float:
    """By which power of the work seconds grow, from the least to the most of it."""
    least, most = min(seconds), max(seconds)
    return log(seconds[most] / seconds[least]) / log(most / least)


def _timed[Found](work: Callable[[], Found]) -> tuple[float, Found]:
    start = time.process_time()
    found = work()
    return time.process_time() - start, found
