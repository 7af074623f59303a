"""Marks: what a chart shows besides its line: the band, events and holidays, and the days outside."""

import math
from collections.abc import Sequence
from datetime import date, timedelta

from shared.alerts.charts.lettering import Letters
from shared.alerts.charts.paper import QUIET, WHITE, Paper
from shared.alerts.charts.plot import Plot
from shared.alerts.message import ChartLine, Mark

LINE, BAND, WRONG = "#1f5fa8", "#c9dcf2", "#d0202e"
EVENT, HOLIDAY, DRIFT = "#f5d9a0", "#d5d8dd", "#f6cdd0"
TINT = {"drift": DRIFT, "event": EVENT, "holiday": HOLIDAY}
"""Kinds that are stripes behind the line, the most telling first: their names are written first."""
NAMES = Letters(12)
ROWS, ROW_HEIGHT, WIDEST_NAME, EDGE = 2, 21, 230, 8
DASHED_DOTS = 4
DAY = timedelta(days=1)


def draw_stripes(paper: Paper, plot: Plot, marks: Sequence[Mark]) -> None:
    """Events, holidays and drifts as stripes behind the line, their names above as far as there is room."""
    stripes = _joined([mark for mark in marks if mark.kind in TINT])
    for mark in stripes:
        left, right = plot.x(mark.start, -0.5), plot.x(mark.end, 0.5)
        paper.box(max(left, plot.left), plot.top, min(right, plot.right), plot.bottom, TINT[mark.kind], 0.75)
    for mark in sorted(stripes, key=lambda each: (list(TINT).index(each.kind), -each.end.toordinal())):
        words = NAMES.fitted(mark.label, WIDEST_NAME)
        half = NAMES.width(words) / 2
        middle = (plot.x(mark.start) + plot.x(mark.end)) / 2
        middle = min(max(middle, plot.left + half), paper.width - half - EDGE)
        rows = [plot.top - 6 - ROW_HEIGHT * row for row in range(ROWS)]
        free = next((y for y in rows if paper.has_room(middle, y, words, NAMES)), None)
        if words and free is not None:
            paper.words(middle, free, words, NAMES, QUIET, "center")


def _joined(marks: Sequence[Mark]) -> list[Mark]:
    """Days in a row of one kind and name are one stretch: New Year's holidays are six."""
    found: list[Mark] = []
    for mark in sorted(marks, key=lambda each: (each.kind, each.label, each.start)):
        last = found[-1] if found else None
        if last and (last.kind, last.label) == (mark.kind, mark.label) and mark.start - last.end <= DAY:
            found[-1] = Mark(mark.kind, last.start, max(last.end, mark.end), mark.label)
        else:
            found.append(mark)
    return found


def draw_band(paper: Paper, plot: Plot, line: ChartLine) -> None:
    """What was expected: the band, and its middle dashed where the days stand far enough apart to see it."""
    if line.lower and line.upper:
        pairs = list(zip(line.lower, line.upper, strict=True))
        lower = plot.stretches([low if high is not None else None for low, high in pairs])
        upper = plot.stretches([high if low is not None else None for low, high in pairs])
        for below, above in zip(lower, upper, strict=True):
            if len(below) == 1:  # a day alone has no width of its own
                (x, low), (_, high) = below[0], above[0]
                paper.box(x - 2, high, x + 2, low, BAND)
            else:
                paper.area([*above, *reversed(below)], BAND)
    if line.expected and plot.dots_a_day >= DASHED_DOTS:
        for run in plot.stretches(line.expected):
            paper.line(run, QUIET, 1.2, (5, 4))


def draw_line(paper: Paper, plot: Plot, line: ChartLine, width: float) -> None:
    """The values; a day between two without a value has no line to be seen by, and is a dot."""
    for run in plot.stretches(line.values):
        paper.line(run, LINE, width)
        if len(run) == 1:
            paper.dot(*run[0], width + 2, LINE)


def draw_days(paper: Paper, plot: Plot, line: ChartLine, size: float) -> None:
    """Days outside the band as red dots; the day in question larger, and on a line of its own."""
    values = dict(zip(line.days, line.values, strict=True))
    wrong, today = days_of(line, "anomaly"), days_of(line, "today")
    for day in sorted(today & values.keys()):
        x = plot.x(day)
        paper.line([(x, plot.top), (x, plot.bottom)], WRONG if day in wrong else QUIET, 1)
    for day in sorted(wrong | today, key=lambda each: (each in today, each)):
        if (value := values.get(day)) is not None:
            is_today = day in today
            color = WRONG if day in wrong else LINE
            paper.dot(plot.x(day), plot.y(value), size if is_today else 0.55 * size, color)


def draw_value(paper: Paper, plot: Plot, line: ChartLine, words: str, letters: Letters) -> None:
    """The value of the day in question in words, left of its dot, on paper of its own."""
    day, value = line.days[-1], line.values[-1]
    if value is None or day not in days_of(line, "today"):
        return
    color = WRONG if day in days_of(line, "anomaly") else LINE
    right, wide = plot.x(day) - 14, letters.width(words)
    reach = math.ceil((wide + 22) / plot.dots_a_day)
    beside = [plot.y(each) for each in line.values[-1 - reach : -1] if each is not None]
    at = min(max(plot.y(value), plot.top + 13), plot.bottom - 13)
    free = [y for y in (at, at + 26, at - 26) if all(abs(y - each) > 17 for each in beside)]
    middle = free[0] if free and plot.top < free[0] < plot.bottom else at
    paper.box(right - wide - 4, middle - 13, right + 4, middle + 12, WHITE, 0.8)
    paper.words(right, middle + 7, words, letters, color, "right")


def days_of(line: ChartLine, kind: str) -> set[date]:
    """Every day of the marks of a kind."""
    return {
        mark.start + n * DAY
        for mark in line.marks
        if mark.kind == kind
        for n in range((mark.end - mark.start).days + 1)
    }
