"""The file of the calendar, infra/calendar.yaml: what may be written in it, and what it then means."""

from datetime import date
from itertools import pairwise
from typing import Any

from shared.errors import ConfigError
from shared.kpi.calendar import BUILT_IN_NAMES, CLOSING_DAY, Calendar
from shared.kpi.configuration.calendar_form import ANY_LEAP_YEAR, CalendarFile, EventEntry, SpanEntry
from shared.kpi.configuration.problems import Problems, near, told, validated
from shared.kpi.events import Event, MonthDay
from shared.kpi.tables import KpiTable
from shared.yaml_text import FieldPath, describe, parse_yaml

LONGEST_DAYS = 92
"""Of an event with its lead and lag. Each of its days is learnt by itself: a season can't be."""
type Span = tuple[MonthDay | date, MonthDay | date]


def parse_calendar(text: str, where: str) -> Calendar:
    """The calendar that the file's `text` says, read from `where`.

    Raises ConfigError with a line for every problem: file, line, field, what was expected, what came.
    """
    document = parse_yaml(text, where)
    problems = Problems(document)
    file = validated(document.entries, (), {(): CalendarFile}, CalendarFile, problems, {})
    events = [
        event
        for place, entry in enumerate(file.events if file else [])
        if (event := _event(entry, ("events", place), problems))
    ]
    closing = [
        event
        for place, entry in enumerate(file.closing_days if file else [])
        if (event := _closing_day(entry, ("closing_days", place), problems))
    ]
    _check_names(file.events if file else [], problems)
    problems.tell()
    assert file is not None  # noqa: S101 - without a file there are problems
    return Calendar(file.country, tuple(events), tuple(closing), file.bridge_days)


def check_events(table: KpiTable, calendar: Calendar) -> None:
    """Raises ConfigError naming every event of `table` that the calendar does not have."""
    known = [event.name for event in calendar.events]
    folded = {name.casefold() for name in known}
    wrong_ones = []
    for place, name in enumerate(table.events or ()):
        if name.casefold() not in folded:
            hint = near(name, known) or (f"; it has {', '.join(known)}" if known else "; it has none")
            said = f"expected an event of the calendar, came {describe(name)}{hint}"
            wrong_ones.append(told(table.where or table.table, table.lines, ("events", place), said))
    if wrong_ones:
        raise ConfigError("\n".join(text for _, text in wrong_ones))


def _event(entry: Any, at: FieldPath, problems: Problems) -> Event | None:
    found = validated(entry, at, {(): EventEntry}, EventEntry, problems, {"name": "?"})
    if found is None:
        return None
    if found.dates is not None or problems.at((*at, "dates")):
        return _dated(found, at, problems)
    if problems.at((*at, "start")) or problems.at((*at, "end")):
        return None
    if found.start is None:
        if not problems.at(at):  # else it may be there under a wrong name
            problems.add(at, "expected start (and end), or dates, came neither")
        return None
    span = _span(found.start, found.end, at, problems)
    if span is None or not _is_short(span, found.lead_days + found.lag_days, at, problems):
        return None
    start, end = span
    if isinstance(start, MonthDay) and found.repeats == "none":
        problems.add((*at, "start"), "expected a day with its year where nothing repeats, came MM-DD")
        return None
    lead, lag = found.lead_days, found.lag_days
    if found.repeats == "yearly" or isinstance(start, MonthDay):
        first_year = start.year if isinstance(start, date) else None
        return Event(found.name, (), (_yearly(start), _yearly(end)), first_year, lead, lag)
    assert isinstance(end, date)  # noqa: S101 - both are of one kind
    return Event(found.name, ((start, end),), None, None, lead, lag)


def _dated(found: EventEntry, at: FieldPath, problems: Problems) -> Event | None:
    """An event whose every time is written out."""
    for name in ("start", "end", "repeats"):
        if getattr(found, name) is not None:
            problems.add((*at, name), f"expected nothing besides dates, came {name}")
    spans: list[tuple[tuple[date, date], FieldPath]] = []
    for place, entry in enumerate(found.dates or []):
        path = (*at, "dates", place)
        item = validated(entry, path, {(): SpanEntry}, SpanEntry, problems, {"start": "2000-01-01"})
        if item is None or problems.at(path):
            continue
        span = _span(item.start, item.end, path, problems)
        if span is None or not _is_short(span, found.lead_days + found.lag_days, path, problems):
            continue
        start, end = span
        if isinstance(start, MonthDay) or isinstance(end, MonthDay):
            problems.add((*path, "start"), "expected a day with its year within dates, came MM-DD")
        else:
            spans.append(((start, end), path))
    spans.sort(key=lambda each: each[0])
    for (before, _), (after, path) in pairwise(spans):
        if after[0] <= before[1]:
            problems.add(
                path, f"expected times that don't overlap, came {after[0]}, within {before[0]} to {before[1]}"
            )
    return Event(found.name, tuple(span for span, _ in spans), None, None, found.lead_days, found.lag_days)


def _closing_day(entry: Any, at: FieldPath, problems: Problems) -> Event | None:
    given = entry if isinstance(entry, dict) else {"start": entry}
    item = validated(given, at, {(): SpanEntry}, SpanEntry, problems, {"start": "2000-01-01"})
    if item is None or problems.at(at):
        return None
    span = _span(item.start, item.end, at, problems)
    if span is None or not _is_short(span, 0, at, problems):
        return None
    start, end = span
    if isinstance(start, MonthDay):
        return Event(CLOSING_DAY, (), (start, _yearly(end)))
    assert isinstance(end, date)  # noqa: S101 - both are of one kind
    return Event(CLOSING_DAY, ((start, end),))


def _span(
    start: MonthDay | date, end: MonthDay | date | None, at: FieldPath, problems: Problems
) -> Span | None:
    """Start and end of one time, the end being the start where nothing is said."""
    if end is None:
        return start, start
    if isinstance(start, MonthDay) != isinstance(end, MonthDay):
        problems.add(
            (*at, "end"), "expected start and end both as MM-DD or both with a year, came one of each"
        )
        return None
    if isinstance(start, date) and isinstance(end, date) and end < start:
        problems.add((*at, "end"), f"expected a day not before {start}, came {end}")
        return None
    return start, end


def _is_short(span: Span, around: int, at: FieldPath, problems: Problems) -> bool:
    start, end = _yearly(span[0]), _yearly(span[1])
    years = (span[0].year, span[1].year) if isinstance(span[0], date) and isinstance(span[1], date) else None
    first, last = years or (ANY_LEAP_YEAR - 1, ANY_LEAP_YEAR - (start <= end))
    days = (end.of(last) - start.of(first)).days + 1 + around
    if days > LONGEST_DAYS:
        problems.add(at, f"expected at most {LONGEST_DAYS} days with lead and lag, came {days}")
    return days <= LONGEST_DAYS


def _yearly(day: MonthDay | date) -> MonthDay:
    return day if isinstance(day, MonthDay) else MonthDay(day.month, day.day)


def _check_names(entries: list[Any], problems: Problems) -> None:
    taken = {name.casefold() for name in BUILT_IN_NAMES}
    seen: set[str] = set()
    for place, entry in enumerate(entries):
        name = entry.get("name") if isinstance(entry, dict) else None
        path = ("events", place, "name")
        if not isinstance(name, str) or problems.at(path):
            continue
        folded = name.strip().casefold()
        if folded in taken or folded == "none":
            problems.add(
                path, f"expected a name of its own, came {describe(name)}, which has a meaning already"
            )
        elif folded in seen:
            problems.add(
                path, f"expected each name once (several times go under dates), came {describe(name)} again"
            )
        seen.add(folded)
