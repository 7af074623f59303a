"""Summarising: what of everything kept is worth reading of a day or a week."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from shared.kpi.calendar import Calendar
from shared.kpi.checks import CheckState
from shared.kpi.events import EventDays
from shared.kpi.incidents import Alert, AlertKind, AlertState, incidents_of, no_longer_watched
from shared.kpi.judgement import Status
from shared.kpi.summary.comparison import Figure, Period, Span
from shared.kpi.summary.contents import Arrivals, DayCheck, Gaps, OpenIncident, Records, Summary, Unjudged
from shared.kpi.summary.movements import Segment, move
from shared.kpi.tables import KpiTable

AHEAD_DAYS = 7
"""How far a summary looks ahead for events and holidays."""
NOT_TOLD = (AlertState.UNSENT, AlertState.REFUSED)


def newest_period(period: Period, tables: Iterable[KpiTable], now: datetime) -> Span | None:
    """The newest period whose days are due: of most tables, where they differ. None without tables."""
    due = Counter(table.newest_due_day(now) for table in tables)
    if not due:
        return None
    newest = max(due, key=lambda day: (due[day], day))
    return period.span(period.last_day(newest))


def coming(calendar: Calendar, span: Span) -> tuple[tuple[EventDays, ...], tuple[tuple[date, str], ...]]:
    """The own events that start in the 7 days after `span`, and the public holidays in them by name."""
    first, last = span.end + timedelta(days=1), span.end + timedelta(days=AHEAD_DAYS)
    events = tuple(each for each in calendar.events_between(first, last) if each.start >= first)
    holidays = tuple((each.day, each.name) for each in calendar.occasions(first, last, ()))
    return events, holidays


def summarise(
    period: Period,
    span: Span,
    tables: Sequence[KpiTable],
    records: Records,
    now: datetime,
    calendar: Calendar,
    misconfigured: Sequence[str] = (),
) -> Summary:
    """What there is to say of `span` about `tables`, at `now`."""
    spans = {table.table: due_span(period, span, table, now) for table in tables}
    moved = [
        move(table, due, records.figures.get(table.table, {}), _segments(records, table.table, due))
        for table in tables
        if (due := spans[table.table])
    ]
    incidents, recovered = _incidents(records.alerts, span, spans)
    events, holidays = coming(calendar, span)
    urgent = {each.table for each in incidents}
    found = sorted(
        (each for each in moved if each),
        key=lambda each: (each.table.table not in urgent, -each.loudness, each.table.table),
    )
    return Summary(
        period=period,
        span=span,
        watched=tuple(spans),
        tables=tuple(found),
        incidents=incidents,
        recovered=recovered,
        arrivals=_arrivals(tables, spans, records.checks),
        moderation=records.moderation,
        moderation_before=records.moderation_before,
        events=events,
        holidays=holidays,
        gaps=_gaps(period, span, spans, records, misconfigured),
    )


def due_span(period: Period, span: Span, table: KpiTable, now: datetime) -> Span | None:
    """The part of `span` that is due of `table`, whose rows may come later than other tables' do.

    Of a day that is not due yet, the newest one that is. None where nothing of a week is due.
    """
    end = min(span.end, table.newest_due_day(now))
    if period is Period.DAILY:
        return Span(end, end)
    return Span(span.start, end) if end >= span.start else None


def reach(period: Period, span: Span, tables: Iterable[KpiTable], now: datetime) -> Span:
    """`span` and the earlier days that stand for it where a table's rows come days later."""
    starts = [due.start for table in tables if (due := due_span(period, span, table, now))]
    return Span(min([span.start, *starts]), span.end)


def _segments(records: Records, table: str, span: Span) -> list[Segment]:
    counted = (
        Segment(name, sum(span.start <= day <= span.end for day in days))
        for name, days in records.segments.get(table, {}).items()
    )
    return [each for each in counted if each.days]


def _incidents(
    alerts: Sequence[Alert], span: Span, spans: Mapping[str, Span | None]
) -> tuple[tuple[OpenIncident, ...], tuple[str, ...]]:
    """What goes on at the end of the period, the oldest first, and which tables' incidents ended in it."""
    going_on, recovered = [], []
    by_then = [each for each in alerts if each.day <= span.end and each.kind is not AlertKind.SUMMARY]
    for table, due in spans.items():
        incidents = incidents_of(each for each in by_then if each.table == table)
        if any(each.has_recovered and each.last.day >= span.start for each in incidents):
            recovered.append(table)
        if not incidents or incidents[-1].is_over:
            continue
        newest = incidents[-1]
        told = next((each for each in reversed(newest.alerts) if each.subjects), newest.last)
        end = max((due or span).end, newest.last.day)
        going_on.append(
            OpenIncident(
                table=table,
                since=newest.began,
                day_number=(end - newest.began).days + 1,
                told_number=(told.day - newest.began).days + 1,
                headline=told.headline,
            )
        )
    going_on.sort(key=lambda each: (each.since, each.table))
    return tuple(going_on), tuple(recovered)


def _arrivals(
    tables: Iterable[KpiTable], spans: Mapping[str, Span | None], checks: Iterable[DayCheck]
) -> tuple[Arrivals, ...]:
    by_table = _by_table(checks, spans)
    found = []
    for table in tables:
        mine = by_table.get(table.table, [])
        late = [each for each in mine if each.was_late and each.settled_at]
        delays = [each.settled_at - table.due_at(each.day) for each in late if each.settled_at]
        findings = {(each.kind, each.column): each for check in mine for each in check.findings}
        arrivals = Arrivals(
            table=table.table,
            late=tuple(each.day for each in late),
            longest_delay=max(delays, default=None),
            missing=_days(mine, lambda each: each.state is CheckState.MISSING),
            broken=_days(mine, lambda each: each.state is CheckState.BROKEN),
            findings=tuple(findings.values()),
        )
        if arrivals != Arrivals(table.table):
            found.append(arrivals)
    return tuple(sorted(found, key=lambda a: (-len(a.missing), -len(a.broken), -len(a.late), a.table)))


def _gaps(
    period: Period,
    span: Span,
    spans: Mapping[str, Span | None],
    records: Records,
    misconfigured: Sequence[str],
) -> Gaps:
    by_table = _by_table(records.checks, spans)
    unchecked, waiting, failed = [], [], []
    for name, due in spans.items():
        mine = by_table.get(name, [])
        first = records.first_checked.get(name)
        seen = {each.day for each in mine}
        # Days before a table's first check belong to nobody: it was not configured yet.
        missed = tuple(day for day in due.days if day not in seen and day >= first) if due and first else ()
        still = _days(mine, lambda each: each.state is CheckState.WAITING)
        errors = [each for each in mine if each.state is CheckState.FAILED]
        unchecked += [(name, missed)] if missed else []
        waiting += [(name, still)] if still else []
        failed += [(name, tuple(each.day for each in errors), errors[-1].error)] if errors else []
    is_weekly = period is Period.WEEKLY
    # A file that can't be read names no table: its table is watched all the same.
    lost = [] if misconfigured else no_longer_watched(records.alerts, spans, span.start - timedelta(days=1))
    return Gaps(
        never_checked=tuple(name for name, due in spans.items() if due and name not in records.first_checked),
        unchecked=tuple(unchecked),
        waiting=tuple(waiting),
        failed=tuple(failed),
        # These stay as they are for weeks: said once a week, they are read.
        refused=_unjudged(Status.REFUSED, spans, records) if is_weekly else (),
        too_young=_unjudged(Status.TOO_LITTLE_HISTORY, spans, records) if is_weekly else (),
        muted=_unjudged(Status.MUTED, spans, records),
        not_told=tuple(
            each for each in records.alerts if each.state in NOT_TOLD and each.kind is not AlertKind.SUMMARY
        ),
        misconfigured=tuple(misconfigured),
        unwatched=tuple(dict.fromkeys(each.table for each in lost)),
    )


def _unjudged(status: Status, spans: Mapping[str, Span | None], records: Records) -> tuple[Unjudged, ...]:
    """KPIs whose newest figure of the period is of `status`."""
    found = []
    for table, span in spans.items():
        newest = {
            kpi: next((figures[day] for day in reversed(span.days) if _is_checked(figures.get(day))), None)
            for kpi, figures in records.figures.get(table, {}).items()
            if span
        }
        named = {kpi: figure for kpi, figure in sorted(newest.items()) if figure and figure.status is status}
        if named:
            found.append(Unjudged(table, tuple(named), next(iter(named.values())).note))
    return tuple(found)


def _is_checked(figure: Figure | None) -> bool:
    return figure is not None and figure.status is not Status.HISTORY


def _by_table(checks: Iterable[DayCheck], spans: Mapping[str, Span | None]) -> dict[str, list[DayCheck]]:
    """The checks of each table's own part of the period, the oldest day first."""
    found: dict[str, list[DayCheck]] = {}
    for check in sorted(checks, key=lambda each: each.day):
        span = spans.get(check.table)
        if span and span.start <= check.day <= span.end:
            found.setdefault(check.table, []).append(check)
    return found


def _days(checks: Iterable[DayCheck], is_so: Callable[[DayCheck], bool]) -> tuple[date, ...]:
    return tuple(each.day for each in checks if is_so(each))
