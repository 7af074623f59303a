"""Rows by segment: whether the day's rows are wrong in some segments only, or in the table."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from shared.kpi.arrival.findings import Facts, Finding, FindingKind
from shared.kpi.arrival.row_counts import ENOUGH_DAYS, LONG_DAYS, Plausible, fixed_rows, plausible_rows
from shared.kpi.history import History

MOST_NAMED = 5
"""Where it is wrong in more, it is wrong in the table."""
SLIGHTLY = 0.2
"""A list that is shorter by no more than this is short now and then where one was before."""
OFTEN = 2
"""More than that is what happens where it happened so often."""
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def wrong_segments(
    history: History, plausible: Plausible | None, gone: Iterable[Finding], is_doubled: bool
) -> list[Finding] | None:
    """The segments whose number of rows is wrong, fewer than the others; None where it is the table's.

    Where every segment has a fixed number of rows each must have just that, unless one of them was off by as
    much before, for a day: lists are one short now and then. Where the table's number is right, rows are in
    the wrong segments, however many these are. Else it is only looked for where the table, whose rows
    `plausible` says, has too many or too few: without the segments that are gone and with those that are
    younger than 14 days. Rows that are there twice are left out if `is_doubled`.
    """

    def counted(segment: str) -> int:
        rows = history.segment_rows[segment][history.day]
        return rows.rows - rows.duplicates * is_doubled

    there = {
        segment: {day: found.rows for day, found in days.items()}
        for segment, days in history.segment_rows.items()
        if history.day in days
    }
    old = [each for each in sorted(there) if sum(day < history.day for day in there[each]) >= ENOUGH_DAYS]
    is_fixed = bool(old) and all(fixed_rows(there[each], history.day) for each in old)
    whole = history.days[history.day]
    rows = whole.rows - whole.duplicates * is_doubled
    rows += round(sum(float(each.facts.get("usual", 0)) for each in gone))
    rows -= sum(counted(each) for each in there if each not in old)
    is_right = plausible is None or plausible.takes(rows)
    if is_fixed and plausible and 2 * rows < plausible.expected:
        return None  # not so many segments are closed at once, though each was before
    if is_right and (not is_fixed or history.segments_left_out):
        return []
    limits = {each: found for each in old if (found := plausible_rows(there[each], history.day))}
    odd = [each for each in old if each in limits and not limits[each].takes(counted(each))]
    if is_fixed and odd:
        before = [share for each in old for share in _off_before(there[each], history.day)]
        odd = [each for each in odd if not _is_as_before(counted(each), limits[each], before)]
    is_most = 2 * len(odd) > len(limits) or len(odd) > MOST_NAMED
    if (is_most and not (is_fixed and is_right and plausible)) or not (odd or is_fixed):
        return None
    odd.sort(key=lambda each: -abs(counted(each) - limits[each].expected))
    findings = [_wrong(each, counted(each), limits[each]) for each in odd[:MOST_NAMED]]
    if odd[MOST_NAMED:]:  # these are not judged either
        findings[-1] = replace(findings[-1], segments=findings[-1].segments | set(odd[MOST_NAMED:]))
    return findings


def _off_before(rows: Mapping[date, int], until: date) -> Iterator[float]:
    """By what share a segment of fixed size was off for one day: from what it had a week and two before."""

    def off(day: date) -> float:
        usual = rows.get(day - WEEK)
        is_usual = day in rows and usual and usual == rows.get(day - 2 * WEEK)
        return (rows[day] - usual) / usual if is_usual and usual else 0.0

    for day in rows:
        if until - LONG_DAYS * DAY <= day < until and off(day) and not off(day - DAY) and not off(day + DAY):
            yield off(day)


def _is_as_before(rows: int, limits: Plausible, before: list[float]) -> bool:
    share = rows / limits.expected - 1
    alike = [each for each in before if each * share > 0 and abs(each) >= abs(share) * (1 - 1e-9)]
    return len(alike) >= (1 if abs(share) <= SLIGHTLY else OFTEN)


def _wrong(segment: str, rows: int, limits: Plausible) -> Finding:
    kind = FindingKind.FEW_ROWS if rows < limits.lowest else FindingKind.MANY_ROWS
    facts: Facts = {"rows": rows, **limits.facts}
    return Finding(kind, segment, facts, segments=frozenset({segment}))
