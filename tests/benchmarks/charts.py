"""Charts, side by side with the plain way of drawing the same: pyplot, its legend, savefig.

Times are CPU time of this process, the best of ten rounds after one that warms up; only the ratio means
anything elsewhere. Fails when a chart takes more than 50 ms or 70 KB, or longer than the plain one.

    .venv/bin/python tests/benchmarks/charts.py
"""

import importlib
import io
import math
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from shared.alerts.charts.drawing import draw
from shared.alerts.charts.kpi_picture import HEIGHT, WIDTH
from shared.alerts.message import Chart, ChartLine, Mark

ROUNDS = 10
MOST_MILLISECONDS, MOST_BYTES, DOTS = 50.0, 70 * 1024, 100
LAST = date(2026, 1, 16)

type Made = tuple[float, int]
"""Milliseconds and bytes."""


def a_line(days: int, title: str = "orders", *, is_share: bool = False, has_gaps: bool = False) -> ChartLine:
    """A weekly rhythm with its band, a sale, New Year, some days outside and a bad last one."""
    level = 0.02 if is_share else 30_000.0
    dates = tuple(LAST - timedelta(days=back) for back in range(days - 1, -1, -1))
    expected = tuple(level * (1 + 0.3 * (day.weekday() >= 5)) for day in dates)
    values: list[float | None] = [each * (1 + 0.06 * math.sin(n * 2.4)) for n, each in enumerate(expected)]
    values[-1] = 0.4 * level
    outside = [day for n, day in enumerate(dates) if n % 40 == 7]
    if has_gaps:
        values = [None if n % 9 == 4 else each for n, each in enumerate(values)]
    return ChartLine(
        title,
        dates,
        tuple(values),
        expected,
        tuple(0.88 * each for each in expected),
        tuple(1.12 * each for each in expected),
        (
            Mark("event", LAST - timedelta(days=40), LAST - timedelta(days=30), "Winter sale"),
            *(Mark("holiday", date(2026, 1, n), date(2026, 1, n), "年末年始") for n in (1, 2, 3)),
            *(Mark("anomaly", day, day) for day in (*outside, LAST)),
            Mark("today", LAST, LAST),
        ),
        is_share,
    )


CHARTS = {
    "90 days": Chart("", (a_line(90),)),
    "90 days, Japanese": Chart("", (a_line(90, "商品枠 クリック率（本店）", is_share=True),)),
    "90 days with gaps": Chart("", (a_line(90, has_gaps=True),)),
    "30 days": Chart("", (a_line(30),)),
    "3 days": Chart("", (a_line(3),)),
    "10 years": Chart("", (a_line(3_650),)),
    "6 sparklines": Chart("", tuple(a_line(90, f"kpi {n}") for n in range(6))),
    "18 sparklines": Chart("", tuple(a_line(90, f"kpi {n}") for n in range(18))),
}


def drawn_plainly(chart: Chart) -> bytes:
    """The same figure as most would draw it."""
    pyplot: Any = importlib.import_module("matplotlib.pyplot")  # untyped; the other way must not need it

    rows = math.ceil(len(chart.lines) / 3)
    if len(chart.lines) == 1:
        figure, axes = pyplot.subplots(figsize=(WIDTH / DOTS, HEIGHT / DOTS), dpi=DOTS)
        panels = [axes]
    else:
        figure, grid = pyplot.subplots(rows, 3, figsize=(WIDTH / DOTS, 0.9 * rows + 0.2), dpi=DOTS)
        panels = list(grid.flat)
    for axes, line in zip(panels, chart.lines, strict=False):
        values = [math.nan if each is None else each for each in line.values]
        axes.fill_between(line.days, line.lower, line.upper, alpha=0.3, label="expected")
        axes.plot(line.days, line.expected, linestyle="--", linewidth=0.9)
        axes.plot(line.days, values, label="actual")
        if len(chart.lines) == 1:
            for mark in line.marks:
                if mark.kind in ("event", "holiday"):
                    axes.axvspan(mark.start, mark.end + timedelta(days=1), alpha=0.3)
                    axes.annotate(
                        mark.label if mark.label.isascii() else "New Year", (mark.start, max(values))
                    )
            axes.legend(loc="upper right")
        wrong = [n for n, day in enumerate(line.days) if Mark("anomaly", day, day) in line.marks]
        axes.scatter([line.days[n] for n in wrong], [values[n] for n in wrong], color="red")
        axes.set_title(line.title if line.title.isascii() else "click rate")
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    pyplot.close(figure)
    return picture.getvalue()


def timed(make: Callable[[Chart], bytes], chart: Chart) -> Made:
    """What it takes to make a chart."""
    size = len(make(chart))
    rounds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        make(chart)
        rounds.append(1_000 * (time.process_time() - begun))
    return min(rounds), size


def main() -> int:
    """Prints the table; 1 where something is beyond its limit."""
    table = Table("chart", "ms", "KB", "plain ms", "plain KB", "× plain", title="Charts")
    failed = []
    for name, chart in CHARTS.items():
        milliseconds, size = timed(draw, chart)
        plain_milliseconds, plain_size = timed(drawn_plainly, chart)
        if milliseconds > min(MOST_MILLISECONDS, plain_milliseconds) or size > MOST_BYTES:
            failed.append(name)
        table.add_row(
            name,
            f"{milliseconds:.1f}",
            f"{size / 1024:.0f}",
            f"{plain_milliseconds:.1f}",
            f"{plain_size / 1024:.0f}",
            f"{milliseconds / plain_milliseconds:.2f}",
        )
    console = Console()
    console.print(table)
    if failed:
        limits = f"{MOST_MILLISECONDS:.0f} ms, {MOST_BYTES // 1024} KB and the time of the plain one"
        console.print(f"charts: expected at most {limits}, beyond it: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
