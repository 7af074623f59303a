"""Sparklines: a small picture per line: its course, its last value, and red where that is out of order."""

import math
from collections.abc import Sequence

from shared.alerts.charts.lettering import Letters
from shared.alerts.charts.marks import WRONG, days_of, draw_band, draw_days, draw_line
from shared.alerts.charts.paper import INK, Paper
from shared.alerts.charts.plot import Plot
from shared.alerts.message import ChartLine
from shared.alerts.numbers import Language, in_words

WIDTH, ROW_HEIGHT, MARGIN, GAP = 900, 90, 16, 26
A_ROW, MOST = 3, 18
TITLE, VALUE = Letters(12, is_bold=True), Letters(12)


def sparklines(lines: Sequence[ChartLine], language: Language) -> Paper:
    """The first 18 of `lines`, three in a row."""
    shown = lines[:MOST]
    paper = Paper(WIDTH, ROW_HEIGHT * math.ceil(len(shown) / A_ROW) + 20)
    wide = (WIDTH - 2 * MARGIN - (A_ROW - 1) * GAP) / A_ROW
    for number, line in enumerate(shown):
        row, column = divmod(number, A_ROW)
        left, top = MARGIN + column * (wide + GAP), 10 + row * ROW_HEIGHT
        _one(paper, line, left, top, left + wide, language)
    return paper


def _one(paper: Paper, line: ChartLine, left: float, top: float, right: float, language: Language) -> None:
    plot = Plot(line, left, top + 28, right - 5, top + ROW_HEIGHT - 16)
    draw_band(paper, plot, line)
    draw_line(paper, plot, line, 1.8)
    draw_days(paper, plot, line, 8)
    last = next((value for value in reversed(line.values) if value is not None), None)
    words = "–" if last is None else in_words([last], is_share=line.is_share, language=language)[0]
    is_wrong = line.days[-1] in days_of(line, "anomaly")
    paper.words(right, top + 16, words, VALUE, WRONG if is_wrong else INK, "right")
    room = right - left - VALUE.width(words) - 10
    paper.words(left, top + 16, TITLE.fitted(line.title, room), TITLE, INK)
