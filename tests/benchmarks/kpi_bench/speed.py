"""Speed: one day of one KPI of 1,095 days, beside textbook Prophet on the same series in the same rounds.

Textbook: `Prophet` with week, year, Japan's holidays and one event, `fit` and `predict`, CmdStan included.
Times on one core are processor time, the ratio of each round's two, and the median of the rounds; with two
processes it is the clock's, for that is what they are for. A daily check is all of one: yesterday's state
read, the day judged by band and drift rules, today's state written. Charts and the table's one query are not
of it, whose time is no KPI's own.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from statistics import median

from rich.table import Table

from shared.kpi.detection.one_thread import hold_to_one_thread
from shared.kpi.series import Series
from tests.benchmarks.kpi_bench import one_day
from tests.benchmarks.kpi_bench.processor import clock_seconds_of, seconds_of
from tests.benchmarks.kpi_bench.series import DAYS, sample_series, today, yesterday
from tests.benchmarks.kpi_bench.textbook import textbook, with_our_optimiser
from tests.benchmarks.spam_bench.targets import Board

PART = "speed"
ROUNDS, SHORT_ROUNDS = 21, 5
A_ROUND = 4
"""Series of ours in a round, which has one of the textbook's: ours are too short to be timed alone."""
SLOW = ("textbook fit + predict", "Prophet with our optimiser", "check that rebuilds")
"""Ways that have one series a round as well."""
PROCESSES = 2
TOGETHER_ROUNDS, SHORT_TOGETHER_ROUNDS = 7, 3
TOGETHER, ALONE = 60, 2
"""Series of a round by two processes of ours, and by one of the textbook's."""


def measure(board: Board, *, short: bool) -> None:
    """Prints the times and holds them against their targets."""
    hold_to_one_thread()
    series = sample_series(TOGETHER)
    rounds = SHORT_ROUNDS if short else ROUNDS
    _one_core(board, series, rounds)
    _two_processes(board, series, SHORT_TOGETHER_ROUNDS if short else TOGETHER_ROUNDS)


def _one_core(board: Board, series: Sequence[Series], rounds: int) -> None:
    board.step(f"yesterday's state of {rounds} KPIs")
    chosen = [series[number % len(series)] for number in range(rounds * A_ROUND)]
    states = {each.kpi: one_day.rebuilt(yesterday(each)) for each in chosen}
    ways: dict[str, Callable[[Series], object]] = {
        "textbook fit + predict": lambda one: textbook(today(one)),
        "Prophet with our optimiser": lambda one: with_our_optimiser(today(one)),
        "fit + predict": lambda one: one_day.fit_and_predict(today(one)),
        "daily check, state kept": lambda one: one_day.daily_check(today(one), states[one.kpi]),
        "check that rebuilds": lambda one: one_day.rebuilt(today(one)),
    }
    with board.advancing(f"{rounds} rounds on one core, all ways by turns", rounds) as advance:
        took: dict[str, list[float]] = {name: [] for name in ways}
        for way in ways.values():
            way(series[0])  # libraries and calendars are loaded once a process
        for number in range(rounds):
            turn = chosen[number * A_ROUND : (number + 1) * A_ROUND]
            for name, way in ways.items():
                some = turn[:1] if name in SLOW else turn
                seconds = [seconds_of(partial(way, one)) for one in some]
                took[name].append(sum(seconds) / len(seconds))
            advance(1)
    first, *_ = ways
    ratios = {
        name: median(ours / theirs for ours, theirs in zip(took[name], took[first], strict=True))
        for name in ways
    }
    size = median(map(len, states.values())) / 1024
    table = Table(title=f"one day at {DAYS:,} days, medians of {rounds} rounds", title_justify="left")
    for column in ("", "CPU ms", "× textbook"):
        table.add_column(column, justify="right" if column else "left")
    for name in ways:
        table.add_row(name, f"{median(took[name]) * 1e3:,.1f}", f"{ratios[name]:.3f}")
    board.console.print(table)
    board.console.print(f"  state kept of a KPI: {size:.1f} KB")
    kept = took["daily check, state kept"]
    board.console.print(
        f"  mean of the daily checks, with those KPIs whose day it is to be read anew: "
        f"{sum(kept) / len(kept) * 1e3:.1f} ms, {sum(kept) / sum(took[first]):.3f} of the textbook's",
        soft_wrap=True,
    )
    board.hold(
        PART,
        "fit + predict on one core: times faster than the textbook",
        1 / ratios["fit + predict"],
        least=12,
        form=".1f",
    )
    board.hold(
        PART,
        "daily check of a KPI, its state kept: share of a textbook fit + predict",
        ratios["daily check, state kept"],
        most=1 / 12,
        form=".4f",
    )


def _two_processes(board: Board, series: Sequence[Series], rounds: int) -> None:
    if (os.cpu_count() or 1) < PROCESSES:
        board.skip(f"speed: fit + predict by {PROCESSES} processes: this machine has one core")
        return
    ready = [today(each) for each in series]
    ratios = []
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        for _ in range(2):  # both load their libraries
            list(pool.map(one_day.fit_and_predict, ready[: 4 * PROCESSES]))
        with board.advancing(f"{rounds} rounds by {PROCESSES} processes, by turns", rounds) as advance:
            for number in range(rounds):
                some = [ready[(number * ALONE + place) % len(ready)] for place in range(ALONE)]
                theirs = clock_seconds_of(partial(_by_textbook, some))
                ours = clock_seconds_of(partial(_by_pool, pool, ready))
                ratios.append(theirs / ALONE / (ours / len(ready)))
                advance(1)
    board.hold(
        PART,
        f"fit + predict by {PROCESSES} processes: times as many in a second as the textbook in one",
        median(ratios),
        least=20,
        form=".1f",
    )


def _by_textbook(some: Sequence[Series]) -> None:
    for series in some:
        textbook(series)


def _by_pool(pool: Executor, some: Sequence[Series]) -> None:
    list(pool.map(one_day.fit_and_predict, some, chunksize=len(some) // PROCESSES // 3))
