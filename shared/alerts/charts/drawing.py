"""Drawing: a Chart as a PNG, whatever days it has."""

from shared.alerts.charts.kpi_picture import kpi_picture
from shared.alerts.charts.sparklines import sparklines
from shared.alerts.message import Chart
from shared.alerts.numbers import Language


def draw(chart: Chart, language: Language = "en") -> bytes:
    """`chart` as a PNG: one line at 900 x 400 dots, many as sparklines. ValueError if it has none."""
    if not chart.lines or not all(line.days for line in chart.lines):
        raise ValueError(f"chart {chart.alt!r}: expected at least one line with days, came none")
    if len(chart.lines) == 1:
        return kpi_picture(chart.lines[0], language).png()
    return sparklines(chart.lines, language).png()
