"""A KPI's picture: its course, what was expected of it, and the day in question seen at once."""

from collections.abc import Callable

from shared.alerts.charts.lettering import Letters, drawable, runs
from shared.alerts.charts.marks import (
    BAND,
    DRIFT,
    LINE,
    WRONG,
    draw_band,
    draw_days,
    draw_line,
    draw_stripes,
    draw_value,
)
from shared.alerts.charts.paper import QUIET, Paper
from shared.alerts.charts.plot import SMALL, Plot, draw_grid, value_words
from shared.alerts.message import ChartLine
from shared.alerts.numbers import Language, in_words
from shared.alerts.phrases import kpi as phrases
from shared.alerts.phrases.phrase import Phrase

WIDTH, HEIGHT = 900, 400
LEFT, RIGHT, TOP, BOTTOM = 20, WIDTH - 14, 116, HEIGHT - 36
VALUE = Letters(16, is_bold=True)


def kpi_picture(line: ChartLine, language: Language) -> Paper:
    """`line` with its title, legend and axes."""
    paper = Paper(WIDTH, HEIGHT)
    # How wide the words to the left are depends on the values alone, not on where the plot begins.
    values = value_words(Plot(line, LEFT, TOP, RIGHT, BOTTOM), line, language)
    widest = max((SMALL.width(words) for _, words in values), default=0.0)
    plot = Plot(line, LEFT + widest + 8, TOP, RIGHT, BOTTOM)
    _title(paper, line.title)
    _legend(paper, line, language)
    draw_stripes(paper, plot, line.marks)
    draw_grid(paper, plot, values, language)
    draw_band(paper, plot, line)
    draw_line(paper, plot, line, 2.4)
    draw_value(paper, plot, line, _last_in_words(line, language), VALUE)
    draw_days(paper, plot, line, 14)
    return paper


def _title(paper: Paper, title: str) -> None:
    room, plain = WIDTH - 2 * LEFT, drawable(title)
    is_bold = all(font == "latin" for _, font in runs(plain))  # half a title in bold would look wrong
    large, small = Letters(18, is_bold), Letters(13, is_bold)
    letters = large if large.fitted(plain, room) == plain else small
    paper.words(LEFT, 32, letters.fitted(plain, room), letters)


def _last_in_words(line: ChartLine, language: Language) -> str:
    """The last value as the alert has it, whose decimals are those of the band."""
    last = [each[-1] for each in (line.values, line.lower, line.upper) if each]
    known = [each for each in last if each is not None]
    return in_words(known, is_share=line.is_share, language=language)[0] if known else ""


def _legend(paper: Paper, line: ChartLine, language: Language) -> None:
    """What the colours mean, in words, only of what is there."""
    kinds = {mark.kind for mark in line.marks}
    entries: list[tuple[Phrase, Callable[[float], object]]] = []
    entries.append((phrases.ACTUAL, lambda x: paper.line([(x, 52), (x + 16, 52)], LINE, 3)))
    if any(each is not None for each in line.lower):
        entries.append((phrases.EXPECTED, lambda x: paper.box(x, 45, x + 16, 59, BAND)))
    if "anomaly" in kinds:
        entries.append((phrases.OUTSIDE, lambda x: paper.dot(x + 8, 52, 12, WRONG)))
    if "drift" in kinds:
        entries.append((phrases.DRIFT, lambda x: paper.box(x, 45, x + 16, 59, DRIFT)))
    x = float(LEFT)
    for phrase, sample in entries:
        sample(x)
        x = paper.words(x + 22, 58, phrase.say(language), SMALL, QUIET) + 20
