"""The charts of `sekisho backtest` as inline SVG: no script, no file besides the page."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from itertools import groupby
from typing import Any

from infra.cli.backtest_table import plain
from shared.kpi.backtest.alerts import DRIFT, Alert
from shared.kpi.backtest.scoring import Scored
from shared.kpi.backtest.verdicts import Verdict

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 960, 240, 64, 12, 12, 26
COLOURS = 6
"""How many the page's style names (.c0 to .c5); more detectors share them."""
MOST_UP = 2.0
"""A band is drawn to this many times the largest value that came: what it holds beyond is cut off."""
MONTHS = (1, 2, 3, 6, 12)
MOST_TICKS = 14
ROW = 30
LEVEL_COLOURS = {"0.95": "c0", "0.99": "c1"}


def kpi_chart(scored: Scored) -> str:
    """One KPI: what came, the band of each day, and what was told."""
    verdicts = [each.verdict for each in scored.course.days]
    low, high = _reach(verdicts)
    steps = _ticks(low, high)
    low, high = min(low, steps[0]), max(high, steps[-1])
    across = (WIDTH - LEFT - RIGHT) / max(len(verdicts) - 1, 1)

    def x(place: int) -> float:
        return LEFT + place * across

    def y(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg class="kpi" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(scored.track.kpi)}: what came and the band of each day">'
    ]
    for value in steps:
        parts.append(
            f'<path class="grid" d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}"/>'
            f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{_short(value)}</text>'
        )
    for place, label in _dates([one.day for one in verdicts]):
        parts.append(
            f'<path class="grid" d="M{x(place):.1f} {HEIGHT - BOTTOM}v4"/>'
            f'<text x="{x(place):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{label}</text>'
        )
    for place, one in enumerate(verdicts):
        if one.day in scored.track.labelled:
            parts.append(
                f'<rect class="known" x="{x(place) - max(across, 3) / 2:.1f}" y="{TOP}" '
                f'width="{max(across, 3):.1f}" height="{HEIGHT - TOP - BOTTOM}">'
                f"<title>{one.day}: known to be anomalous</title></rect>"
            )
    for run in _runs([one.is_judged for one in verdicts]):
        upper = [f"{x(place):.1f} {y(verdicts[place].upper):.1f}" for place in run]
        lower = [f"{x(place):.1f} {y(verdicts[place].lower):.1f}" for place in reversed(run)]
        parts.append(f'<path class="band" d="M{"L".join(upper + lower)}Z"/>')
        middle = "L".join(f"{x(place):.1f} {y(verdicts[place].expected):.1f}" for place in run)
        parts.append(f'<path class="expected" d="M{middle}"/>')
    for run in _runs([math.isfinite(one.value) for one in verdicts]):
        came = "L".join(f"{x(place):.1f} {y(verdicts[place].value):.1f}" for place in run)
        # A line of one point has no length: the round cap shows it.
        parts.append(f'<path class="came" d="M{came}{"h0" if len(run) == 1 else ""}"/>')
    for place, one in enumerate(verdicts):
        if not math.isfinite(one.value):
            parts.append(
                f'<text class="gap" x="{x(place):.1f}" y="{HEIGHT - BOTTOM - 3}" text-anchor="middle">×'
                f"<title>{one.day}: no value</title></text>"
            )
    first = scored.course.days[0].number
    for alert in scored.alerts:
        parts.append(_mark(alert, x(alert.walked.number - first), y(alert.verdict.value)))
    return "".join([*parts, "</svg>"])


def _mark(alert: Alert, x: float, y: float) -> str:
    one = alert.verdict
    told = one.drift or one
    title = (
        f"<title>{one.day:%a} {one.day}: {plain(one.value)}, expected {plain(told.expected)} "
        f"({plain(told.lower)} to {plain(told.upper)}){', drifting' if one.drift else ''}</title>"
    )
    if alert.kind == DRIFT:
        return f'<path class="drift" d="M{x:.1f} {y - 7:.1f}l6.5 11h-13z">{title}</path>'
    return f'<circle class="alarm" cx="{x:.1f}" cy="{y:.1f}" r="5">{title}</circle>'


def coverage_chart(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """By detector, the share of days its bands covered, beside what they said they would."""
    levels = list(next(iter(entries.values()))["coverage"])
    shares = [share for one in entries.values() for share in one["coverage"].values() if share is not None]
    floor = max(0.0, math.floor(10 * min([0.9, *shares])) / 10)
    left, width, top = 170, 560, 26
    height = top + ROW * len(entries) + 34

    def x(share: float) -> float:
        return float(left + (share - floor) / (1 - floor) * (width - left - 24))

    parts = [f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="coverage: said and measured">']
    bottom = top + ROW * len(entries)
    step = 0.1 if floor < 0.8 else 0.05 if floor < 0.9 else 0.02
    for count in range(round((1 - floor) / step) + 1):
        share = floor + count * step
        parts.append(
            f'<path class="grid" d="M{x(share):.1f} {top}V{bottom}"/>'
            f'<text x="{x(share):.1f}" y="{bottom + 18}" text-anchor="middle">{share:.0%}</text>'
        )
    for level in levels:
        colour = LEVEL_COLOURS[level]
        parts.append(f'<path class="said {colour}" d="M{x(float(level)):.1f} {top - 6}V{bottom}"/>')
    for row, (name, one) in enumerate(entries.items()):
        middle = top + ROW * (row + 0.5)
        parts.append(
            f'<text class="name" x="{left - 10}" y="{middle + 4:.1f}" text-anchor="end">{escape(name)}</text>'
        )
        for level, share in one["coverage"].items():
            if share is not None:
                parts.append(
                    f'<path class="line {LEVEL_COLOURS[level]}" '
                    f'd="M{x(float(level)):.1f} {middle:.1f}H{x(share):.1f}"/>'
                    f'<circle class="{LEVEL_COLOURS[level]}" cx="{x(share):.1f}" cy="{middle:.1f}" r="6">'
                    f"<title>{escape(name)}: said {float(level):.0%}, measured {share:.1%}</title></circle>"
                )
    return "".join([*parts, "</svg>"])


def curve_chart(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """By detector, what is found over the false alarms it costs, at every limit; the dot is its own limit."""
    size, left, top, bottom = 360, 52, 10, 42
    width, height = left + size + 14, top + size * 0.75 + bottom
    most = 1.0

    def place(moved: Mapping[str, float]) -> tuple[float, float]:
        across = min(moved["false_alarms_per_week"] / most, 1.0)
        return left + across * size, top + (1 - moved["detected"]) * size * 0.75

    parts = [f'<svg viewBox="0 0 {width} {height:g}" role="img" aria-label="faults found over false alarms">']
    for quarter in range(5):
        x, y = left + quarter / 4 * size, top + (1 - quarter / 4) * size * 0.75
        parts.append(
            f'<path class="grid" d="M{x:g} {top}v{size * 0.75:g}M{left} {y:g}h{size}"/>'
            f'<text x="{x:g}" y="{height - 24:g}" text-anchor="middle">{quarter / 4 * most:g}</text>'
            f'<text x="{left - 6}" y="{y + 4:g}" text-anchor="end">{quarter / 4:.0%}</text>'
        )
    parts.append(
        f'<text x="{left + size / 2:g}" y="{height - 4:g}" text-anchor="middle">'
        "false alarms per KPI and week</text>"
    )
    for number, (name, one) in enumerate(entries.items()):
        corners = [each for each in one.get("limits", ()) if each["false_alarms_per_week"] <= most]
        if not corners:
            continue
        colour = f"c{number % COLOURS}"
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in map(place, corners))
        parts.append(f'<path class="line {colour}" d="M{path}"><title>{escape(name)}</title></path>')
        for each in corners:
            if each["limit"] == 1.0:
                x, y = place(each)
                parts.append(f'<circle class="{colour}" cx="{x:.1f}" cy="{y:.1f}" r="6"/>')
    return "".join([*parts, "</svg>"])


def _reach(verdicts: Sequence[Verdict]) -> tuple[float, float]:
    """From where to where a chart goes: all that came, and of the bands what is not out of all proportion."""
    came = [one.value for one in verdicts if math.isfinite(one.value)] or [0.0]
    size = max(abs(one) for one in came) or 1.0
    edges = [edge for one in verdicts if one.is_judged for edge in (one.lower, one.upper)]
    edges = [min(max(edge, -MOST_UP * size), MOST_UP * size) for edge in edges]
    low, high = min([*came, *edges]), max([*came, *edges])
    if low >= 0 and low < 0.5 * high:
        low = 0.0  # else half of the height would be left for what is below
    if high - low <= 1e-9 * size:
        low, high = low - 0.5 * size, high + 0.5 * size
    return low, high


def _ticks(low: float, high: float) -> list[float]:
    """About five round numbers from `low` to `high`."""
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [number * step for number in range(first, last + 1)]


def _dates(days: Sequence[date]) -> Iterator[tuple[int, str]]:
    """Places on the axis and what stands there: Mondays of a short time, else firsts of months."""
    months = (days[-1] - days[0]).days / 30
    if months <= 6:
        mondays = [place for place, day in enumerate(days) if day.weekday() == 0]
        for place in mondays[:: 1 + len(mondays) // MOST_TICKS]:
            yield place, f"{days[place].day} {days[place]:%b}"
        return
    every = next((each for each in MONTHS if months / each <= MOST_TICKS), 12)
    for place, day in enumerate(days):
        if day.day == 1 and (day.month - 1) % every == 0:
            yield place, f"{day:%b %Y}" if day.month == 1 or place < 31 * every else f"{day:%b}"


def _runs(is_on: Sequence[bool]) -> Iterator[list[int]]:
    """The places of each unbroken run."""
    for flag, run in groupby(range(len(is_on)), key=is_on.__getitem__):
        if flag:
            yield list(run)


def _short(value: float) -> str:
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 10 * size or (abs(value) >= size and value % size == 0):
            return f"{value / size:g}{letter}"
    return f"{value:,.10g}"
