"""Segments: which are gone and which are new.

A mall that closed or opened changes how many rows a table has. That is told of the mall: the rest of the
table is judged as ever.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from statistics import median

from shared.kpi.arrival.findings import Facts, Finding, FindingKind
from shared.kpi.arrival.row_counts import (
    ENOUGH_DAYS,
    LEVEL_DAYS,
    RECENT_DAYS,
)
from shared.kpi.history import DayRows, History, parts_of
from shared.kpi.tables import Watched

REGULAR_DAYS = 56
"""A segment that was there on every day of its weekdays for so long is missed on the first day without it."""
LONGEST_INCIDENT_DAYS = 14
"""But for one time as long as this that it was missing."""
MOST_NAMED = 5
"""Where more are gone at once the others are counted; where more are new they always are."""
DAY = timedelta(days=1)


def gone_segments(watched: Watched, history: History) -> list[Finding] | None:
    """Segments without rows on a day with rows that always had some, what is common to them told as one.

    Serious for a week. Later it is how the table is now; what is gone is still not judged. None where most
    of the table is gone, too much to name: then it is the table that is short of rows.
    """
    found = {
        segment: since
        for segment, days in history.segment_rows.items()
        if (since := _missed_since(days, history)) is not None
    }
    groups = _in_common(watched, history, found)
    there = [each for each, days in history.segment_rows.items() if history.day in days]
    if len(groups) > MOST_NAMED and len(found) > len(there):
        return None
    findings = [_gone(name, group, history, found) for name, group in groups]
    findings.sort(key=lambda each: -float(each.facts["usual"]))
    named, others = findings[:MOST_NAMED], findings[MOST_NAMED:]
    if others:
        rest = frozenset().union(named[-1].segments, *(each.segments for each in others))
        usual = sum(float(each.facts["usual"]) for each in findings[MOST_NAMED - 1 :])
        facts: Facts = {**named[-1].facts, "usual": round(usual), "more": len(others)}
        is_serious = any(each.is_serious for each in findings[MOST_NAMED - 1 :])
        named[-1] = replace(named[-1], facts=facts, segments=rest, is_serious=is_serious)
    return named


def new_segments(history: History) -> list[Finding]:
    """Segments whose first row ever is of the day, where segments hardly ever begin."""
    if history.segments_left_out or len([each for each in history.days if each < history.day]) < ENOUGH_DAYS:
        return []
    first = {segment: min(days) for segment, days in history.segment_rows.items() if days}
    recent = [segment for segment, day in first.items() if day > history.day - RECENT_DAYS * DAY]
    if len(recent) > MOST_NAMED:
        return []
    return [
        Finding(
            FindingKind.SEGMENT_NEW,
            segment,
            {"rows": history.segment_rows[segment][history.day].rows},
            is_serious=False,
            segments=frozenset({segment}),
        )
        for segment in sorted(recent)
        if first[segment] == history.day
    ]


def _missed_since(days: Mapping[date, DayRows], history: History) -> date | None:
    """The first day a segment has no rows and should have; None where it has rows of the day, or comes and
    goes."""
    earlier = [day for day in sorted(days) if day < history.day]
    if history.day in days or len(earlier) < ENOUGH_DAYS:
        return None
    last, first = earlier[-1], max(earlier[0], earlier[-1] - REGULAR_DAYS * DAY)
    before = [day for day in sorted(history.days) if first <= day <= last]
    weekdays = {
        day for day in range(7) if _is_usual([each in days for each in before if each.weekday() == day])
    }
    runs = [(is_there, len(list(run))) for is_there, run in groupby(
        day in days for day in before if day.weekday() in weekdays
    )]  # fmt: skip
    pauses = [length for is_there, length in runs if not is_there]
    if len(pauses) > 1 or sum(pauses) > LONGEST_INCIDENT_DAYS:
        return None
    missed = (day for day in sorted(history.days) if last < day <= history.day and day.weekday() in weekdays)
    return next(missed, None)


def _is_usual(was_there: list[bool]) -> bool:
    return bool(was_there) and 2 * sum(was_there) >= len(was_there)


def _in_common(
    watched: Watched, history: History, gone: Mapping[str, date]
) -> list[tuple[str, frozenset[str]]]:
    """Gone segments by what they share, as a mall where nothing of it is left; the others by themselves."""
    left, groups = set(gone), list[tuple[str, frozenset[str]]]()
    there = {
        part
        for segment, days in history.segment_rows.items()
        if history.day in days
        for part in parts_of(segment, watched.segments)
    }
    parts = {segment: parts_of(segment, watched.segments) for segment in gone}
    for part in dict.fromkeys(part for segment in sorted(gone) for part in parts[segment]):
        group = frozenset(segment for segment in left if part in parts[segment])
        if part not in there and len(group) > 1:
            groups.append((part, group))
            left -= group
    return groups + [(segment, frozenset({segment})) for segment in sorted(left)]


def _gone(name: str, group: frozenset[str], history: History, missed: Mapping[str, date]) -> Finding:
    since = min(missed[segment] for segment in group)
    usual = 0.0
    for segment in group:
        days = history.segment_rows[segment]
        usual += median([days[day].rows for day in sorted(days) if day < history.day][-RECENT_DAYS:])
    days_gone = (history.day - since).days + 1
    facts: Facts = {"rows": 0, "usual": round(usual), "since": since.isoformat(), "days": days_gone}
    is_serious = days_gone <= LEVEL_DAYS
    return Finding(FindingKind.SEGMENT_GONE, name, facts, is_serious=is_serious, segments=group)
