"""A KPI's chart as data: its last 90 days, what was expected, and what stands out."""

import math
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from shared.alerts.kpi_wording import is_share, what_happened
from shared.alerts.message import Chart, ChartLine, Mark
from shared.alerts.numbers import Language
from shared.alerts.phrases import kpi as phrases
from shared.alerts.phrases.days import date_in_words
from shared.kpi.judgement import Judgement, Status
from shared.kpi.series import Numbers

MOST_DAYS = 90


def kpi_chart(judgement: Judgement, marks: Sequence[Mark], language: Language) -> Chart | None:
    """The chart of a judged KPI with `marks` of its days (events, holidays); None without any history."""
    series = judgement.series
    if series is None or not any(math.isfinite(value) for value in series.values[-MOST_DAYS:].tolist()):
        return None
    days, values = series.days[-MOST_DAYS:], series.values[-MOST_DAYS:]
    band = judgement.band
    place = {day: n for n, day in enumerate(band.days)} if band is not None else {}

    def at_days(numbers: Numbers | None) -> tuple[float | None, ...]:
        if numbers is None:
            return ()
        return tuple(_number(numbers[place[day]]) if day in place else None for day in days)

    line = ChartLine(
        title=judgement.name,
        days=days,
        values=tuple(_number(value) for value in values),
        expected=at_days(band.expected if band else None),
        lower=at_days(band.lower if band else None),
        upper=at_days(band.upper if band else None),
        marks=(
            *_within(marks, days[0], days[-1]),
            *_drift(judgement, days[0]),
            *_anomalies(judgement),
            Mark("today", judgement.day, judgement.day),
        ),
        is_share=is_share(judgement),
    )
    alt = phrases.CHART.say(
        language,
        kpi=judgement.name,
        days=len(days),
        day=date_in_words(judgement.day, language),
        what=what_happened(judgement, language),
    )
    return Chart(alt, (line,))


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _within(marks: Sequence[Mark], first: date, last: date) -> Iterator[Mark]:
    for mark in marks:
        if mark.end >= first and mark.start <= last:
            yield Mark(mark.kind, max(mark.start, first), min(mark.end, last), mark.label)


def _drift(judgement: Judgement, first: date) -> Iterator[Mark]:
    if judgement.status is Status.DRIFT and judgement.since is not None:
        yield Mark("drift", max(judgement.since, first), judgement.day)


def _anomalies(judgement: Judgement) -> Iterator[Mark]:
    """Every stretch of days outside the band."""
    series, band = judgement.series, judgement.band
    if series is None or band is None:
        return
    values = dict(zip(series.days, series.values.tolist(), strict=True))
    outside = [
        day
        for day, low, high in zip(band.days, band.lower.tolist(), band.upper.tolist(), strict=True)
        if values.get(day, math.nan) < low or values.get(day, math.nan) > high
    ]
    if judgement.status is Status.ANOMALY and judgement.day not in outside:
        outside.append(judgement.day)
    stretch: list[Mark] = []
    for day in outside:
        if stretch and day - stretch[-1].end == timedelta(days=1):
            stretch[-1] = Mark("anomaly", stretch[-1].start, day)
        else:
            stretch.append(Mark("anomaly", day, day))
    yield from stretch
