"""Scale: daily checks of many KPIs by one pool of two processes, and how their cost grows.

KPIs come in tables of ten, as messages of Pub/Sub bring them: a table's state is one object. First every
state is rebuilt from three years of history, as on the first day or where states were lost; then each is
read, the day is judged, and it is written. Growth is that of processor time of all processes: the exponent of
the line through the sizes on double logarithmic paper. 1 is in proportion.
"""

import pickle
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import batched
from math import log
from multiprocessing import get_context
from statistics import linear_regression, median

from rich.table import Table

from shared.kpi.detection.one_thread import hold_to_one_thread
from shared.kpi.series import Series
from tests.benchmarks.kpi_bench import one_day
from tests.benchmarks.kpi_bench.series import DAYS, sample_series, today, yesterday
from tests.benchmarks.spam_bench.targets import Board

PART = "scale"
SIZES, SHORT_SIZES = (100, 300, 1_000), (30, 100, 300)
ROUNDS = 3
PROCESSES, A_TABLE = 2, 10
INSTANCE_PROCESSORS = 2
"""vCPU of an instance of check_kpi_table (infra/terraform/functions.tf)."""

type Done = tuple[bytes, float]
"""A table's state, and the seconds of a processor it took."""
_series: list[Series] = []
"""Every KPI: what is forked has it, so that no time goes into sending it."""


@dataclass(frozen=True)
class Cost:
    """What some KPIs took: the clock's seconds, and a processor's."""

    clock: float
    processor: float


def measure(board: Board, *, short: bool) -> None:
    """Prints times, projection and growth, and holds the growth against its target."""
    sizes = SHORT_SIZES if short else SIZES
    most = sizes[-1]
    hold_to_one_thread()
    board.step(f"{most:,} series of {DAYS:,} days")
    _series[:] = sample_series(most)
    tables = [tuple(numbers) for numbers in batched(range(most), A_TABLE, strict=False)]
    with ProcessPoolExecutor(PROCESSES, get_context("fork")) as pool:
        list(
            pool.map(_rebuild, [(one, b"") for one in tables[:PROCESSES]])
        )  # calendars are made once a process
        with board.advancing("states rebuilt, by size", sum(sizes)) as advance:
            rebuilds: dict[int, Cost] = {}
            states: dict[tuple[int, ...], bytes] = {}
            for size in sizes:
                rebuilds[size], found = _timed(
                    pool, _rebuild, [(one, b"") for one in tables[: size // A_TABLE]]
                )
                states |= dict(zip(tables, found, strict=False))
                advance(size)
        checks: dict[int, list[Cost]] = {size: [] for size in sizes}
        with board.advancing(f"daily checks by size, {ROUNDS} rounds", ROUNDS * sum(sizes)) as advance:
            for _ in range(ROUNDS):
                for size in sizes:
                    work = [(one, states[one]) for one in tables[: size // A_TABLE]]
                    cost, _ = _timed(pool, _check, work)
                    checks[size].append(cost)
                    advance(size)
    middle = {
        size: Cost(median(each.clock for each in some), median(each.processor for each in some))
        for size, some in checks.items()
    }
    board.console.print(_table(middle, rebuilds))
    kilobytes = sum(map(len, states.values())) / len(states) / 1024
    board.console.print(f"  state of a table of {A_TABLE} KPIs: {kilobytes:,.0f} KB")
    _project(board, middle[most].processor / most, rebuilds[most].processor / most)
    for what, costs in (("daily checks", middle), ("rebuilds", rebuilds)):
        board.hold(PART, f"{what}: exponent of cost by number of KPIs", _exponent(costs), most=1.1)


def _timed(
    pool: ProcessPoolExecutor,
    work: Callable[[tuple[tuple[int, ...], bytes]], Done],
    tables: Sequence[tuple[tuple[int, ...], bytes]],
) -> tuple[Cost, list[bytes]]:
    begun, own = time.perf_counter(), time.process_time()
    done = list(pool.map(work, tables))
    clock = time.perf_counter() - begun
    return Cost(clock, time.process_time() - own + sum(each for _, each in done)), [
        state for state, _ in done
    ]


def _rebuild(table: tuple[tuple[int, ...], bytes]) -> Done:
    begun = time.process_time()
    states = {number: one_day.rebuilt(yesterday(_series[number])) for number in table[0]}
    return pickle.dumps(states), time.process_time() - begun


def _check(table: tuple[tuple[int, ...], bytes]) -> Done:
    begun = time.process_time()
    kept = pickle.loads(table[1])  # noqa: S301 - our own, of this run
    states = {}
    for number in table[0]:
        judged, states[number] = one_day.daily_check(today(_series[number]), kept[number])
        assert judged.expected is not None, judged
    return pickle.dumps(states), time.process_time() - begun


def _table(checks: Mapping[int, Cost], rebuilds: Mapping[int, Cost]) -> Table:
    table = Table(
        title=f"KPIs of {DAYS:,} days by {PROCESSES} processes, checks: medians of {ROUNDS}",
        title_justify="left",
    )
    for column in ("KPIs", "daily checks s", "CPU s", "CPU ms a KPI", "rebuilds s", "CPU s", "CPU ms a KPI"):
        table.add_column(column, justify="right")
    for size, cost in checks.items():
        cells = [
            f"{number:,.1f}"
            for each in (cost, rebuilds[size])
            for number in (each.clock, each.processor, 1e3 * each.processor / size)
        ]
        table.add_row(f"{size:,}", *cells)
    return table


def _project(board: Board, check: float, rebuild: float) -> None:
    """What an instance would do with processors like this one's."""
    for what, seconds in (("checks", check), ("rebuilds", rebuild)):
        many = INSTANCE_PROCESSORS / seconds
        board.console.print(
            f"  projected: an instance of {INSTANCE_PROCESSORS} busy vCPU {what} {60 * many:,.0f} KPIs a "
            f"minute, 1,000 in {1_000 / many:,.0f} s; a table of {A_TABLE} by one of them takes "
            f"{A_TABLE * seconds:,.1f} s",
            soft_wrap=True,
        )


def _exponent(costs: Mapping[int, Cost]) -> float:
    sizes = [log(size) for size in costs]
    return linear_regression(sizes, [log(each.processor) for each in costs.values()]).slope
