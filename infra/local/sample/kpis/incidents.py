"""Incidents: what can go wrong with a table. Each gives the table as it is with the incident in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from infra.local.sample.kpis.rows import Row, SampleTable, Value
from shared.kpi.history import Column

type Choice = Callable[[Row], bool]


def multiplied(table: SampleTable, day: date, factors: Mapping[str, float]) -> SampleTable:
    """On `day` some columns are a multiple of what they were: bots, or nothing at all."""
    return _rewritten(table, lambda row: table.day_of(row) == day, lambda _day: factors)


def drifting(
    table: SampleTable, since: date, a_day: float, columns: Sequence[str], **labels: str
) -> SampleTable:
    """From `since` on columns move by the share `a_day` more each day, in rows with these `labels`."""

    def is_hit(row: Row) -> bool:
        return table.day_of(row) >= since and labels.items() <= row.items()

    def factors(day: date) -> Mapping[str, float]:
        return dict.fromkeys(columns, (1 + a_day) ** ((day - since).days + 1))

    return _rewritten(table, is_hit, factors)


def not_built(table: SampleTable, day: date) -> SampleTable:
    """`day` has no rows."""
    return replace(table, rows=tuple(row for row in table.rows if table.day_of(row) != day))


def without_column(table: SampleTable, column: str) -> SampleTable:
    """The table was built again without `column`."""
    _type_of(table, column)
    return replace(
        table,
        columns=tuple(each for each in table.columns if each.name != column),
        rows=tuple({name: value for name, value in row.items() if name != column} for row in table.rows),
    )


def retyped_to_text(table: SampleTable, column: str) -> SampleTable:
    """The table was built again with `column` as text."""
    _type_of(table, column)
    return replace(
        table,
        columns=tuple(Column(each.name, "STRING") if each.name == column else each for each in table.columns),
        rows=tuple({**row, column: str(row[column])} for row in table.rows),
    )


def _rewritten(
    table: SampleTable, is_hit: Choice, factors: Callable[[date], Mapping[str, float]]
) -> SampleTable:
    def rewrite(row: Row) -> Row:
        changes = factors(table.day_of(row))
        return {**row, **{name: _times(row[name], factor) for name, factor in changes.items()}}

    return replace(table, rows=tuple(rewrite(row) if is_hit(row) else row for row in table.rows))


def _times(value: Value, factor: float) -> Value:
    if isinstance(value, int):
        return round(value * factor)
    if isinstance(value, float):
        return round(value * factor, 2)
    raise TypeError(f"expected a number to multiply, came {value!r}")


def _type_of(table: SampleTable, column: str) -> str:
    for each in table.columns:
        if each.name == column:
            return each.type
    raise KeyError(f"{table.name}: expected a column {column}, came {[each.name for each in table.columns]}")
