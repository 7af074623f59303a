"""Arrival: did the day's rows come, in time, whole, and in the shape they always had?"""

from dataclasses import replace
from datetime import datetime

from shared.kpi.arrival.columns import changed_columns, dead_columns
from shared.kpi.arrival.day_endings import ends_early
from shared.kpi.arrival.duplicates import is_more_than_usual
from shared.kpi.arrival.findings import Arrival, ArrivalState, Facts, Finding, FindingKind
from shared.kpi.arrival.ratios import impossible_ratios
from shared.kpi.arrival.row_counts import is_due, plausible_rows
from shared.kpi.arrival.segment_rows import wrong_segments
from shared.kpi.arrival.segments import gone_segments, new_segments
from shared.kpi.history import DAYS, History, Shape
from shared.kpi.tables import KpiTable, Watched


def check_arrival(
    table: KpiTable,
    watched: Watched | None,
    history: History | None,
    previous: Shape | None,
    now: datetime,
    waits_until: datetime,
) -> Arrival:
    """Whether `history.day` came in time, whole, and in the shape the table had.

    `history` is None where there is no such table, `watched` where nobody knows what it should hold either.
    `previous` is the shape to compare with, None on a first check. Before the day is due, and while a day
    that is too small or ends too early may still fill up (`now` before `waits_until`), it is waited for:
    the findings say what for, none is serious. Otherwise any serious finding breaks the day. A day is
    judged by the days before it alone; with fewer than 14 nothing is said of its size.
    """
    every_kpi = frozenset(watched.kpis if watched else ())
    if history is None or watched is None:
        return Arrival(ArrivalState.MISSING, (Finding(FindingKind.TABLE_MISSING, mutes=every_kpi),))
    changes = tuple(changed_columns(table, watched, previous, history.shape))
    if history.shape.type_of(watched.date_column) not in DAYS:
        no_day = Finding(FindingKind.COLUMN_DROPPED, watched.date_column, mutes=every_kpi)
        is_told = any(each.column == watched.date_column for each in changes)
        return _arrived(changes if is_told else (no_day, *changes))
    if history.day not in history.days:
        if not is_due(history.days, history.day):
            return _arrived(changes)
        absent = _no_rows(history, every_kpi)
        if now < table.due_at(history.day):
            return _waiting([absent])
        return Arrival(ArrivalState.MISSING, (absent, *changes))
    missing, wrong = _rows_of_the_day(table, watched, history, every_kpi)
    if any(each.is_serious for each in missing) and now < waits_until:
        return _waiting(missing)
    dead = dead_columns(watched, history)
    return _arrived((*missing, *wrong, *changes, *dead, *impossible_ratios(watched, history)))


def _arrived(findings: tuple[Finding, ...]) -> Arrival:
    is_broken = any(each.is_serious for each in findings)
    return Arrival(ArrivalState.BROKEN if is_broken else ArrivalState.ARRIVED, findings)


def _waiting(findings: list[Finding]) -> Arrival:
    return Arrival(ArrivalState.WAITING, tuple(replace(each, is_serious=False) for each in findings))


def _no_rows(history: History, every_kpi: frozenset[str]) -> Finding:
    counts = {day: rows.rows for day, rows in history.days.items()}
    facts: Facts = {"rows": 0}
    if plausible := plausible_rows(counts, history.day):
        facts["expected"] = plausible.expected
    if history.days:
        last = max(history.days)
        facts |= {"last": last.isoformat(), "days": (history.day - last).days}
    return Finding(FindingKind.NO_ROWS, facts=facts, mutes=every_kpi)


def _rows_of_the_day(
    table: KpiTable, watched: Watched, history: History, every_kpi: frozenset[str]
) -> tuple[list[Finding], list[Finding]]:
    """What more rows would mend, and what they would not."""
    day, rows = history.day, history.days[history.day]
    missing, wrong = list[Finding](), list[Finding]()
    duplicates = {each: (found.duplicates, found.rows) for each, found in history.days.items()}
    surplus = rows.duplicates if is_more_than_usual(duplicates, day) else 0
    if surplus:
        doubled = {"duplicates": surplus, "rows": rows.rows}
        wrong.append(Finding(FindingKind.DUPLICATES, facts=doubled, mutes=every_kpi))
    plausible = plausible_rows({each: found.rows for each, found in history.days.items()}, day)
    facts: Facts = {"rows": rows.rows, **(plausible.facts if plausible else {})}
    endings = {each: found.last_at for each, found in history.days.items() if found.last_at}
    if early := ends_early(endings, day, table.time_zone):
        facts |= {"last_at": f"{early.last_at:%H:%M}", "usual": f"{early.usual:%H:%M}"}
        return [Finding(FindingKind.PARTIAL_DAY, facts=facts, mutes=every_kpi)], wrong
    gone = gone_segments(watched, history)
    odd = wrong_segments(history, plausible, gone, bool(surplus)) if gone is not None else None
    counted = rows.rows - surplus
    if gone is None or (odd is None and plausible and counted < plausible.lowest):
        missing.append(Finding(FindingKind.FEW_ROWS, facts=facts, mutes=every_kpi))
    elif odd is None and plausible and counted > plausible.highest:
        wrong.append(Finding(FindingKind.MANY_ROWS, facts=facts, mutes=every_kpi))
    for each in (*(gone or ()), *(odd or ())):
        (wrong if each.kind is FindingKind.MANY_ROWS else missing).append(each)
    return missing, [*wrong, *new_segments(history)]
