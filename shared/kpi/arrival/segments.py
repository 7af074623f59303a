"""Segments: which are gone and which are new.

A mall that closed or opened changes how many rows a table has. That is told of the mall: the rest of the
table is judged as ever.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from shared.kpi.arrival.absences import Absence, absence
from shared.kpi.arrival.findings import Facts, Finding, FindingKind
from shared.kpi.arrival.row_counts import ENOUGH_DAYS, LEVEL_DAYS, RECENT_DAYS
from shared.kpi.arrival.turnover import usual_ends, usual_rows
from shared.kpi.history import NO_VALUE, History, parts_of
from shared.kpi.tables import Watched

MOST_NAMED = 5
"""Where more are gone at once the others are counted; where more are new they always are."""
DAY = timedelta(days=1)


def gone_segments(watched: Watched, history: History) -> list[Finding] | None:
    """Segments without rows on a day with rows that always had some, what is common to them told as one.

    Serious for a week, but where segments always end, as campaigns do. Later it is how the table is now; what
    is gone is still not judged. None where most of the table is gone, too much to name: then it is the table
    that is short of rows. Where nothing is there that was known, the rows came under other values: that is
    told as one, or as a column that is empty.
    """
    found = {
        segment: missed
        for segment, days in history.segment_rows.items()
        if history.day not in days and (missed := absence(
            {day: rows.rows for day, rows in days.items()},
            history.days, history.day, len(history.segment_rows),
        ))
    }  # fmt: skip
    groups = _in_common(watched, history, found)
    there = [each for each, days in history.segment_rows.items() if history.day in days]
    known = [each for each in there if len(history.segment_rows[each]) > ENOUGH_DAYS]
    if known and len(groups) > MOST_NAMED and len(found) > len(there):
        return None
    ending = usual_ends(history, found)
    findings = [_gone(name, group, history, found, ending) for name, group in groups]
    findings.sort(key=lambda each: -float(each.facts["usual"]))
    if found and not known and any(each.is_serious for each in findings):
        return list(_emptied(watched, history, found)) or _named(findings, 1)
    return _named(findings, MOST_NAMED)


def _named(findings: list[Finding], most: int) -> list[Finding]:
    """So many by name; the last of them stands for the rest as well."""
    named, others = findings[:most], findings[most:]
    if others:
        rest = frozenset().union(named[-1].segments, *(each.segments for each in others))
        usual = sum(float(each.facts["usual"]) for each in findings[most - 1 :])
        facts: Facts = {**named[-1].facts, "usual": round(usual), "more": len(others)}
        is_serious = any(each.is_serious for each in findings[most - 1 :])
        named[-1] = replace(named[-1], facts=facts, segments=rest, is_serious=is_serious)
    return named


def _emptied(watched: Watched, history: History, gone: Mapping[str, Absence]) -> Iterator[Finding]:
    """Segment columns that are NULL in every row of the day."""
    there = [each for each, days in history.segment_rows.items() if history.day in days]
    values = [parts_of(each, watched.segments) for each in there]
    days = (history.day - min(each.since for each in gone.values())).days + 1
    facts: Facts = {"rows": history.days[history.day].rows, "days": days}
    for name in watched.segments:
        if all(f"{name}={NO_VALUE}" in parts for parts in values):
            yield Finding(FindingKind.ALL_NULL, name, facts, segments=frozenset(gone))


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


def _in_common(
    watched: Watched, history: History, gone: Mapping[str, Absence]
) -> list[tuple[str, frozenset[str]]]:
    """Gone segments by the most they share, as a mall where nothing of it is left; the others by
    themselves."""
    left, groups = set(gone), list[tuple[str, frozenset[str]]]()
    there = {
        part
        for segment, days in history.segment_rows.items()
        if history.day in days
        for part in parts_of(segment, watched.segments)
    }
    parts = {segment: parts_of(segment, watched.segments) for segment in sorted(gone)}
    usual = {segment: usual_rows(history, segment) for segment in gone}
    shared = dict.fromkeys(part for each in parts.values() for part in each if part not in there)
    while shared:
        groups_of = {part: frozenset(each for each in left if part in parts[each]) for part in shared}
        part = max(shared, key=lambda each: sum(usual[segment] for segment in groups_of[each]))
        del shared[part]
        if len(groups_of[part]) > 1:
            groups.append((part, groups_of[part]))
            left -= groups_of[part]
    return groups + [(segment, frozenset({segment})) for segment in sorted(left)]


def _gone(
    name: str,
    group: frozenset[str],
    history: History,
    missed: Mapping[str, Absence],
    ending: frozenset[str],
) -> Finding:
    since = min(missed[segment].since for segment in group)
    facts: Facts = {
        "rows": 0,
        "usual": round(sum(usual_rows(history, segment) for segment in group)),
        "since": since.isoformat(),
        "days": (history.day - since).days + 1,
    }
    is_news = any(history.day - missed[segment].told < LEVEL_DAYS * DAY for segment in group)
    is_serious = is_news and not group <= ending
    return Finding(FindingKind.SEGMENT_GONE, name, facts, is_serious=is_serious, segments=group)
