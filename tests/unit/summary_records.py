"""Kept records of made-up tables, for the tests of the summary."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from shared.kpi.calendar import Calendar
from shared.kpi.checks import CheckState
from shared.kpi.events import EventDays
from shared.kpi.incidents import Alert, AlertKind, AlertState
from shared.kpi.judgement import Status
from shared.kpi.summary.comparison import Figure, Period, Span
from shared.kpi.summary.contents import DayCheck, Moderation, Records, Summary
from shared.kpi.summary.summarising import summarise
from shared.kpi.tables import KpiTable

SUNDAY = date(2026, 1, 11)
WEEK = Span(date(2026, 1, 5), SUNDAY)
NOW = datetime(2026, 1, 12, 1, 0, tzinfo=UTC)
"""Monday 10:00 in Tokyo: Sunday's rows were due an hour ago."""


def records(
    figures: Mapping[str, Mapping[str, Mapping[date, Figure]]] | None = None,
    checks: Iterable[DayCheck] | None = None,
    first_checked: Mapping[str, date] | None = None,
    alerts: Iterable[Alert] = (),
    segments: Mapping[str, Mapping[str, list[date]]] | None = None,
    moderation: Moderation | None = None,
    moderation_before: Moderation | None = None,
) -> Records:
    """Records of tables that were checked every day, unless told otherwise."""
    figures = figures or {}
    usual = [DayCheck(table, day, CheckState.CHECKED) for table in figures for day in WEEK.days]
    return Records(
        figures=figures,
        segments=segments or {},
        checks=usual if checks is None else list(checks),
        first_checked=dict.fromkeys(figures, date(2025, 10, 1)) if first_checked is None else first_checked,
        alerts=list(alerts),
        moderation=moderation,
        moderation_before=moderation_before,
    )


def steady(
    level: float, days: int = 110, *, end: date = SUNDAY, volume: float | None = None, year: bool = False
) -> dict[date, Figure]:
    """A KPI with its weekly rhythm and a ripple of a few percent from week to week."""
    found = {}
    for back in [*range(days), *(range(364, 371) if year else ())]:
        day = end - timedelta(days=back)
        ripple = 1 + 0.02 * math.sin(back // 7 * 2.4) + 0.1 * (day.weekday() >= 5)
        value = level * ripple
        found[day] = Figure(day, Status.NORMAL, value, volume, 0.8 * value, 1.2 * value)
    return found


def changed(
    figures: Mapping[date, Figure], days: Iterable[date], factor: float, status: Status = Status.NORMAL
) -> dict[date, Figure]:
    """The same, with the values of `days` times `factor`, and so judged."""
    found = dict(figures)
    for day in days:
        was = figures[day]
        assert was.value is not None
        found[day] = Figure(
            day, status, was.value * factor, was.volume, was.lower, was.upper, since=min(days, default=None)
        )
    return found


def alert(
    table: str,
    day: date,
    kind: AlertKind = AlertKind.RAISED,
    *,
    incident: date | None = None,
    state: AlertState = AlertState.SENT,
    headline: str = "",
) -> Alert:
    """One alert of a table's day."""
    return Alert(
        alert_id=f"{table}-{day}-{kind}",
        table=table,
        day=day,
        kind=kind,
        state=state,
        incident=incident or day,
        subjects=frozenset() if kind is AlertKind.RECOVERED else frozenset({"ctr"}),
        headline=headline or f"{table}: ctr 0.8 %, expected 1.9–2.4 %",
        channel="C1",
        thread="1.1",
        recorded_at=datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=1),
    )


def week_of(
    tables: Iterable[KpiTable | str],
    kept: Records,
    *,
    period: Period = Period.WEEKLY,
    span: Span = WEEK,
    now: datetime = NOW,
    events: Iterable[EventDays] = (),
    holidays: Iterable[tuple[date, str]] = (),
    misconfigured: Iterable[str] = (),
) -> Summary:
    """The summary of the week, of tables with default settings where only named."""
    watched = [each if isinstance(each, KpiTable) else KpiTable(each) for each in tables]
    found = summarise(period, span, watched, kept, now, Calendar(country="none"), list(misconfigured))
    return replace(found, events=tuple(events), holidays=tuple(holidays))
