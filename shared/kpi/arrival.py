"""Arrival: did the day's rows come, in time, whole, and in the shape they always had?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from shared.errors import ConfigError
from shared.kpi.duplicates import is_more_than_usual
from shared.kpi.history import DAYS, Cell, History, Shape, made_of
from shared.kpi.row_counts import ends_early, is_due, plausible_rows
from shared.kpi.sameness import days_empty, days_stuck
from shared.kpi.schema_changes import schema_changes
from shared.kpi.series import WHOLE
from shared.kpi.tables import KpiTable, Watched
from shared.kpi.watched import resolve

type Facts = dict[str, str | int | float]


class ArrivalState(StrEnum):
    """Whether the day can be judged."""

    ARRIVED = "arrived"
    WAITING = "waiting"
    """The day is partial and its rows may still come: look again later, tell nobody yet."""
    MISSING = "missing"
    """No rows of the day, or no table at all, past `arrives_by`."""
    BROKEN = "broken"
    """Rows came, but not as they should: some or all KPIs are muted."""


class FindingKind(StrEnum):
    """What is wrong with a table."""

    TABLE_MISSING = "table_missing"
    NO_ROWS = "no_rows"
    PARTIAL_DAY = "partial_day"
    FEW_ROWS = "few_rows"
    MANY_ROWS = "many_rows"
    DUPLICATES = "duplicates"
    COLUMN_DROPPED = "column_dropped"
    COLUMN_RETYPED = "column_retyped"
    COLUMN_ADDED = "column_added"
    ALL_NULL = "all_null"
    STUCK = "stuck"
    """A KPI has the very same value day after day, which it never had."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, with its facts by name for whoever puts it into words."""

    kind: FindingKind
    column: str = ""
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    """rows, expected, lowest, highest, before, now, days …, as the kind needs"""
    mutes: frozenset[str] = frozenset()
    """KPIs that are not judged because of it."""
    is_serious: bool = True
    """Told at once. A column that was added is not: it is noted."""


@dataclass(frozen=True)
class Arrival:
    """What was found of one table and day."""

    state: ArrivalState
    findings: tuple[Finding, ...] = ()

    @property
    def muted(self) -> frozenset[str]:
        """KPIs that are not judged."""
        return frozenset().union(*(finding.mutes for finding in self.findings))


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
    changes = tuple(_changed_columns(table, watched, previous, history.shape))
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
    missing, wrong = _rows_of_the_day(table, history, every_kpi)
    if missing and now < waits_until:
        return _waiting(missing)
    return _arrived((*missing, *wrong, *changes, *_dead_columns(watched, history)))


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
    table: KpiTable, history: History, every_kpi: frozenset[str]
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
    facts: Facts = {"rows": rows.rows}
    if plausible:
        facts |= {"expected": plausible.expected, "lowest": plausible.lowest, "highest": plausible.highest}
    endings = {each: found.last_at for each, found in history.days.items() if found.last_at}
    if early := ends_early(endings, day, table.time_zone):
        facts |= {"last_at": f"{early.last_at:%H:%M}", "usual": f"{early.usual:%H:%M}"}
        missing.append(Finding(FindingKind.PARTIAL_DAY, facts=facts, mutes=every_kpi))
    elif plausible and rows.rows - surplus < plausible.lowest:
        missing.append(Finding(FindingKind.FEW_ROWS, facts=facts, mutes=every_kpi))
    elif plausible and rows.rows - surplus > plausible.highest:
        wrong.append(Finding(FindingKind.MANY_ROWS, facts=facts, mutes=every_kpi))
    return missing, wrong


def _changed_columns(
    table: KpiTable, watched: Watched, previous: Shape | None, now: Shape
) -> Iterator[Finding]:
    """What became of the columns. It is serious where KPIs, days, segments or keys are made of them."""
    if previous is None:
        return
    before = _as_before(table, watched, previous, now)
    used = {name.lower() for name in (before.date_column, *before.segments, *before.key)}
    changes = schema_changes(previous, now)
    for column in changes.dropped:
        muted = _made_with(before, column.name)
        facts = {"before": column.type}
        if column.name in changes.renamed:
            facts["renamed"] = changes.renamed[column.name]
        is_serious = bool(muted) or column.name.lower() in used
        yield Finding(FindingKind.COLUMN_DROPPED, column.name, facts, muted, is_serious)
    for each in changes.retyped:
        muted = frozenset() if each.is_wider else _made_with(before, each.name)
        is_serious = not each.is_wider and (bool(muted) or each.name.lower() in used)
        facts = {"before": each.before, "now": each.now}
        yield Finding(FindingKind.COLUMN_RETYPED, each.name, facts, muted, is_serious)
    for column in changes.added:
        yield Finding(FindingKind.COLUMN_ADDED, column.name, {"now": column.type}, is_serious=False)


def _as_before(table: KpiTable, watched: Watched, previous: Shape, now: Shape) -> Watched:
    """What was watched when the table had its previous shape: a column that is gone may have been a KPI."""
    names = frozenset(each.name for each in now.columns)
    try:
        return resolve(table, previous, previous.date_column, names)
    except ConfigError:  # the configuration was changed since, too
        return watched


def _made_with(watched: Watched, column: str) -> frozenset[str]:
    """The KPIs that fall with a column: all of them with the one that says the day."""
    name = column.lower()
    if name == watched.date_column.lower():
        return frozenset(watched.kpis)
    return frozenset(
        kpi for kpi, columns in made_of(watched).items() if name in [each.lower() for each in columns]
    )


def _dead_columns(watched: Watched, history: History) -> Iterator[Finding]:
    """KPI columns that have no value any more, or always the same."""
    whole = history.cells.get(WHOLE, {})
    for column in dict.fromkeys(name for columns in made_of(watched).values() for name in columns):
        cells: Mapping[date, Cell] = whole.get(column, {})
        muted = _made_with(watched, column)
        if days := days_empty(cells, history.day):
            facts: Facts = {"rows": history.days[history.day].rows, "days": days}
            yield Finding(FindingKind.ALL_NULL, column, facts, muted)
        elif days := days_stuck(cells, history.day):
            facts = {"days": days, "value": cells[history.day].total or 0.0}
            yield Finding(FindingKind.STUCK, column, facts, muted)
