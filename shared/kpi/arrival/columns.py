"""The columns: which are gone, new or of another type, and which hold nothing any more."""

from collections.abc import Iterator, Mapping
from datetime import date

from shared.errors import ConfigError
from shared.kpi.arrival.findings import Facts, Finding, FindingKind
from shared.kpi.arrival.sameness import days_empty, days_stuck
from shared.kpi.arrival.schema_changes import schema_changes
from shared.kpi.configuration.watched import resolve
from shared.kpi.history import Cell, History, Shape, made_of
from shared.kpi.series import WHOLE
from shared.kpi.tables import KpiTable, Watched


def changed_columns(
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


def dead_columns(watched: Watched, history: History) -> Iterator[Finding]:
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
