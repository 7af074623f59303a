"""Rows by segment: whether the day's rows are wrong in some segments only, or in the table."""

from collections.abc import Iterable

from shared.kpi.arrival.findings import Facts, Finding, FindingKind
from shared.kpi.arrival.row_counts import ENOUGH_DAYS, Plausible, fixed_rows, plausible_rows
from shared.kpi.history import History

MOST_NAMED = 5
"""Where it is wrong in more, it is wrong in the table."""


def wrong_segments(
    history: History, plausible: Plausible | None, gone: Iterable[Finding], is_doubled: bool
) -> list[Finding] | None:
    """The segments whose number of rows is wrong, fewer than the others; None where it is the table's.

    Where every segment has a fixed number of rows each must have just that. Else it is only looked for where
    the table, whose rows `plausible` says, has too many or too few: without the segments that are gone and
    with those that are younger than 14 days. Rows that are there twice are left out if `is_doubled`.
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
    if not is_fixed or history.segments_left_out:
        whole = history.days[history.day]
        rows = whole.rows - whole.duplicates * is_doubled
        rows += round(sum(float(each.facts["usual"]) for each in gone))
        rows -= sum(counted(each) for each in there if each not in old)
        if plausible is None or plausible.takes(rows):
            return []
    limits = {each: found for each in old if (found := plausible_rows(there[each], history.day))}
    odd = [each for each in old if each in limits and not limits[each].takes(counted(each))]
    if 2 * len(odd) > len(limits) or len(odd) > MOST_NAMED or not (odd or is_fixed):
        return None
    return [_wrong(each, counted(each), limits[each]) for each in odd]


def _wrong(segment: str, rows: int, limits: Plausible) -> Finding:
    kind = FindingKind.FEW_ROWS if rows < limits.lowest else FindingKind.MANY_ROWS
    facts: Facts = {"rows": rows, **limits.facts}
    return Finding(kind, segment, facts, segments=frozenset({segment}))
