"""Charts: a Chart drawn as a PNG. The only importer of matplotlib, and without its global state.

White paper with dark ink, so that it reads the same in a light and a dark window. Japanese needs no font
of the system: the one that comes with matplotlib-fontja is read from its file; importing that package
would change matplotlib's settings for everybody.
"""

import importlib.util
import io
import math
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager, get_font
from matplotlib.patches import Rectangle
from PIL import Image

from shared.alerts.message import Chart, ChartLine, Mark
from shared.alerts.numbers import Language, in_words
from shared.alerts.phrases import MONTHS, say

WIDTH, HEIGHT, DOTS = 900, 400, 100
COLORS = 128
INK, QUIET, RULE, PAPER = "#22252a", "#6b7078", "#e3e5e8", "#ffffff"
LINE, BAND, WRONG, EVENT, HOLIDAY, DRIFT = "#1f5fa8", "#c9dcf2", "#d0202e", "#f5d9a0", "#d5d8dd", "#f6cdd0"
TINT = {"event": EVENT, "holiday": HOLIDAY, "drift": DRIFT}
FEW_DAYS, MANY_DAYS = 14, 45
SPARKLINES_A_ROW, MOST_SPARKLINES = 3, 18
LABEL_DAYS = 6
"""Labels of events closer together than this would lie on one another: they go to another line."""
LABEL_ROWS = 2

type Value = float | None


def draw(chart: Chart, language: Language = "en") -> bytes:
    """`chart` as a PNG: one line at 900 x 400 dots, many as sparklines. ValueError if it has none."""
    if not chart.lines or not all(line.days for line in chart.lines):
        raise ValueError(f"chart {chart.alt!r}: expected at least one line with days, came none")
    if len(chart.lines) == 1:
        figure = _one_line(chart.lines[0], language)
    else:
        figure = _sparklines(chart.lines[:MOST_SPARKLINES], language)
    picture = io.BytesIO()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    dots = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    pixels = Image.frombuffer("RGBA", canvas.get_width_height(), dots)
    # A palette makes a third of the size, and what is uploaded is waited for.
    pixels.convert("RGB").quantize(COLORS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        picture, "png"
    )
    return picture.getvalue()


def _one_line(line: ChartLine, language: Language) -> Figure:
    figure = Figure(figsize=(WIDTH / DOTS, HEIGHT / DOTS), dpi=DOTS, facecolor=PAPER)
    axes = figure.add_axes((0.1, 0.11, 0.88, 0.7))
    _write(axes, 0.0, 1.16, _shorten(line.title, 48), 15, place=axes.transAxes, weight="bold")
    _lay_bare(axes)
    days = _numbers(line.days)
    axes.set_xlim(days[0] - 0.6, days[-1] + max(0.6, 0.01 * len(days)))
    low, high = _limits(line)
    axes.set_ylim(low, high)
    _mark_stretches(axes, line)
    _fill_band(axes, days, line)
    axes.plot(days, _gaps(line.values), color=LINE, linewidth=1.7, zorder=3)
    _dot_lonely_days(axes, days, line.values)
    _mark_days(axes, line)
    _date_axis(axes, line.days, language)
    _value_axis(axes, line, language)
    _legend(axes, line, language)
    return figure


def _lay_bare(axes: Axes) -> None:
    axes.set_facecolor(PAPER)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(RULE)
    axes.tick_params(length=0, pad=5)


def _fill_band(axes: Axes, days: Sequence[float], line: ChartLine) -> None:
    if line.lower and line.upper:
        lower, upper = _gaps(line.lower), _gaps(line.upper)
        axes.fill_between(days, lower, upper, color=BAND, linewidth=0, zorder=1)
    if line.expected:
        axes.plot(days, _gaps(line.expected), color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)), zorder=2)


def _dot_lonely_days(axes: Axes, days: Sequence[float], values: Sequence[Value]) -> None:
    """A day between two without a value has no line to be seen by."""
    around = [None, *values, None]
    for n, value in enumerate(values):
        if value is not None and around[n] is None and around[n + 2] is None:
            axes.plot([days[n]], [value], marker="o", markersize=2.5, color=LINE, zorder=3)


def _mark_stretches(axes: Axes, line: ChartLine) -> None:
    """Events, holidays and drifts as stripes behind the line, their names above it."""
    ends = [-math.inf] * LABEL_ROWS
    for mark in sorted(line.marks, key=lambda each: (each.start, each.end)):
        if mark.kind not in TINT:
            continue
        start, end = _number(mark.start) - 0.5, _number(mark.end) + 0.5
        axes.axvspan(start, end, color=TINT[mark.kind], alpha=0.75, linewidth=0, zorder=0)
        free = next((row for row in range(LABEL_ROWS) if start >= ends[row]), None)
        if mark.label and free is not None:
            size = LABEL_DAYS * max(1.0, _width(mark.label) / 9) * len(line.days) / 90
            first, last = axes.get_xlim()
            middle = min(max((start + end) / 2, first + size / 2), last - size / 2)
            ends[free] = middle + size / 2
            _write(axes, middle, 1.015 + 0.065 * free, mark.label, 10, color=QUIET, align="center")


def _mark_days(axes: Axes, line: ChartLine) -> None:
    """Days outside the band as red dots; the day in question larger, and on a line of its own."""
    values = dict(zip(line.days, line.values, strict=True))
    today = {mark.start for mark in line.marks if mark.kind == "today"}
    wrong = {day for mark in line.marks if mark.kind == "anomaly" for day in _days_of(mark)}
    for day in sorted(today):
        axes.axvline(_number(day), color=WRONG if day in wrong else QUIET, linewidth=0.8, zorder=1.5)
    for day in sorted(wrong | today):
        if (value := values.get(day)) is not None:
            color, size = WRONG if day in wrong else LINE, 8 if day in today else 4.5
            axes.plot(
                [_number(day)], [value], "o", markersize=size, color=color, zorder=4, mec=PAPER, mew=0.8
            )


def _legend(axes: Axes, line: ChartLine, language: Language) -> None:
    """What the colours mean, at the top right, only of what is there."""
    kinds = {mark.kind for mark in line.marks}
    entries = [("actual", LINE)]
    entries += [("expected", BAND)] if line.lower and any(each is not None for each in line.lower) else []
    entries += [("anomaly", WRONG)] if "anomaly" in kinds else []
    entries += [("drift", DRIFT)] if "drift" in kinds else []
    x = 1.0
    for phrase, color in reversed(entries):
        words = say(phrase, language)
        x -= 0.0107 * _width(words)
        _write(axes, x, 1.18, words, 11, color=QUIET, place=axes.transAxes)
        x -= 0.02
        swatch = Rectangle((x, 1.18), 0.014, 0.035, transform=axes.transAxes, color=color, clip_on=False)
        axes.add_patch(swatch)
        x -= 0.018


def _date_axis(axes: Axes, days: Sequence[date], language: Language) -> None:
    """Ticks on Mondays, or the firsts of months, or all days, whichever leaves room to read."""
    if len(days) <= FEW_DAYS:
        ticks = list(days)
    elif len(days) <= MANY_DAYS:
        ticks = [day for day in days if day.weekday() == 0]
    else:
        ticks = [day for day in days if day.day in (1, 15)]
    step = max(1, math.ceil(len(ticks) / FEW_DAYS))
    axes.set_xticks(_numbers(ticks[::step]), [_short_date(day, language) for day in ticks[::step]])
    _dress(axes.get_xticklabels())


def _value_axis(axes: Axes, line: ChartLine, language: Language) -> None:
    ticks = [tick for tick in axes.get_yticks() if axes.get_ylim()[0] <= tick <= axes.get_ylim()[1]]
    ticks = [float(f"{tick:.10g}") for tick in ticks]
    axes.set_yticks(ticks, in_words(ticks, is_share=line.is_share, language=language))
    axes.grid(axis="y", color=RULE, linewidth=0.7, zorder=0.5)
    axes.set_axisbelow(True)
    _dress(axes.get_yticklabels())


def _limits(line: ChartLine) -> tuple[float, float]:
    """From where to where the values go, with air around; from 0 where that is not far away."""
    every = [*line.values, *line.lower, *line.upper, *line.expected]
    known = [value for value in every if value is not None] or [0.0, 1.0]
    low, high = min(known), max(known)
    if low >= 0 and low < 0.6 * high:
        low = 0.0
    air = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return (low if low == 0 and high > 0 else low - air), high + air


def _sparklines(lines: Sequence[ChartLine], language: Language) -> Figure:
    """A small picture per line: its course, its last value, and red where that is out of order."""
    rows = math.ceil(len(lines) / SPARKLINES_A_ROW)
    height = 90 * rows + 20
    figure = Figure(figsize=(WIDTH / DOTS, height / DOTS), dpi=DOTS, facecolor=PAPER)
    for n, line in enumerate(lines):
        row, column = divmod(n, SPARKLINES_A_ROW)
        left, bottom = 0.02 + column * 0.327, 1 - (10 + 90 * (row + 1)) / height
        axes = figure.add_axes((left, bottom + 14 / height, 0.3, 44 / height))
        axes.axis("off")
        days = _numbers(line.days)
        axes.set_xlim(days[0] - 0.5, days[-1] + 0.5)
        axes.set_ylim(*_limits(line))
        _fill_band(axes, days, line)
        axes.plot(days, _gaps(line.values), color=LINE, linewidth=1.4, zorder=3)
        _mark_days(axes, line)
        _write(axes, 0.0, 1.18, _shorten(line.title, 30), 9, place=axes.transAxes, weight="bold")
        last = next((value for value in reversed(line.values) if value is not None), None)
        if last is not None:
            words = in_words([last], is_share=line.is_share, language=language)[0]
            _write(axes, 1.0, 1.18, words, 9, place=axes.transAxes, align="right")
    return figure


def _write(
    axes: Axes,
    x: float,
    y: float,
    words: str,
    size: float,
    *,
    color: str = INK,
    align: str = "left",
    weight: str = "normal",
    place: object = None,
) -> None:
    """Text of others' making: no formula, no line break, no sign that the fonts don't have."""
    where = place if place is not None else axes.get_xaxis_transform()
    text = axes.text(
        x, y, _drawable(words), transform=where, ha=align, va="bottom", color=color, clip_on=False
    )
    text.set_parse_math(False)
    is_latin = all(get_font(_font_files()[0]).get_char_index(ord(sign)) for sign in text.get_text())
    families = _families()[:1] if is_latin else _families()
    weight = weight if is_latin else "normal"  # the Japanese font has no bold
    text.set_fontproperties(FontProperties(family=families, size=size, weight=weight))


def _dress(labels: Sequence[object]) -> None:
    for label in labels:
        label.set_fontproperties(FontProperties(family=_families(), size=11))  # type: ignore[attr-defined]
        label.set_color(QUIET)  # type: ignore[attr-defined]


@cache
def _font_files() -> tuple[str, ...]:
    """Where the fonts are: matplotlib's own for Latin letters, matplotlib-fontja's for Japanese."""
    found = importlib.util.find_spec("matplotlib_fontja")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("expected the package matplotlib-fontja, which carries the Japanese font")
    return (fontManager.findfont("DejaVu Sans"), str(Path(found.origin).parent / "fonts/ipaexg.ttf"))


@cache
def _families() -> list[str]:
    """The fonts by name, in the order they are tried for each sign."""
    japanese = _font_files()[1]
    fontManager.addfont(japanese)
    return ["DejaVu Sans", get_font(japanese).family_name]


def _drawable(words: str) -> str:
    """`words` without what no font has (emoji, control characters)."""
    fonts = [get_font(path) for path in _font_files()]
    flat = " ".join(words.split())
    return "".join(sign if any(font.get_char_index(ord(sign)) for font in fonts) else "·" for sign in flat)


def _shorten(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _width(words: str) -> float:
    """About how many Latin letters wide: a Japanese one counts as two."""
    return sum(2.0 if ord(sign) > 0x2E80 else 1.0 for sign in words)


def _short_date(day: date, language: Language) -> str:
    month = MONTHS[day.month - 1][:3] if language == "en" else str(day.month)
    return say("month_day", language, day=day.day, month=month)


def _days_of(mark: Mark) -> Iterator[date]:
    for n in range((mark.end - mark.start).days + 1):
        yield mark.start + timedelta(days=n)


def _numbers(days: Sequence[date]) -> list[float]:
    return [_number(day) for day in days]


def _number(day: date) -> float:
    return float(date2num(day))  # type: ignore[no-untyped-call]


def _gaps(values: Sequence[Value]) -> list[float]:
    return [math.nan if value is None else value for value in values]
