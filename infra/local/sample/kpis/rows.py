"""A sample table: columns with BigQuery's types, and rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from infra.local.sample.kpis.seasons import Numbers
from shared.kpi.history import Column

type Value = date | str | int | float
type Row = Mapping[str, Value]


@dataclass(frozen=True)
class SampleTable:
    """One table, `dataset.table`, partitioned by the day its rows are of; rows are in the order of days."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    partition_column: str = "day"

    def day_of(self, row: Row) -> date:
        """The day a row is of."""
        day = row[self.partition_column]
        if not isinstance(day, date):
            raise TypeError(f"{self.name}: expected a date in {self.partition_column}, came {day!r}")
        return day


def columns(**types: str) -> tuple[Column, ...]:
    """`day`, then columns by name and type, in their order."""
    return (Column("day", "DATE"), *(Column(name, type_) for name, type_ in types.items()))


def segment_rows(
    kinds: tuple[Column, ...], days: Sequence[date], labels: Mapping[str, str], numbers: Mapping[str, Numbers]
) -> list[Row]:
    """One row a day: its labels, and its numbers as their column's type takes them."""
    exact = {column.name for column in kinds if column.type in ("INTEGER", "NUMERIC")}
    series = {
        name: [int(value) if name in exact else float(value) for value in found]
        for name, found in numbers.items()
    }
    return [
        {"day": day, **labels, **{name: values[place] for name, values in series.items()}}
        for place, day in enumerate(days)
    ]


def table(name: str, kinds: tuple[Column, ...], *segments: Sequence[Row]) -> SampleTable:
    """A table of segments' rows, day after day."""
    return SampleTable(name, kinds, tuple(row for day in zip(*segments, strict=True) for row in day))
