"""History: what a KPI table holds, by day, as one query reads it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from shared.kpi.tables import Watched

NUMBERS = frozenset({"INTEGER", "FLOAT", "NUMERIC", "BIGNUMERIC"})
"""Types a KPI can be made of."""
DAYS = frozenset({"DATE", "DATETIME", "TIMESTAMP"})
"""Types that say a row's day."""
NO_VALUE = "(none)"
"""How a segment spells a NULL."""
MOST_SEGMENTS = 50
"""Segments read of one table besides the whole: the largest."""


@dataclass(frozen=True)
class Column:
    """A column of the table: its name and BigQuery's type (INTEGER, FLOAT, NUMERIC, STRING, DATE …)."""

    name: str
    type: str


@dataclass(frozen=True)
class Shape:
    """The table's columns in their order, and the one that says a row's day."""

    columns: tuple[Column, ...]
    date_column: str

    def type_of(self, column: str) -> str | None:
        """The type of a column, None where there is no such column. BigQuery's names ignore case."""
        wanted = column.lower()
        return next((each.type for each in self.columns if each.name.lower() == wanted), None)


@dataclass(frozen=True)
class DayRows:
    """The rows of one day, before anything is made of them."""

    rows: int
    duplicates: int = 0
    """Rows beyond the first of each key."""
    last_at: datetime | None = None
    """The newest instant among the day's rows, where the date column has a time of day."""


@dataclass(frozen=True)
class Cell:
    """One column (or product of two) over the rows of one day and segment. None: every row is NULL."""

    total: float | None
    filled: int
    """Rows that are not NULL."""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class History:
    """Everything read of one table up to and with `day`. `cells` is by segment, column, then day.

    The segment "" is the whole table; others are spelt "mall=outlet, gender=women". Days without rows are
    absent. `segments_left_out` counts combinations beyond the cap, the smallest ones. `segment_rows` has the
    rows of every segment besides the whole by day, which `days` has of that.
    """

    shape: Shape
    day: date
    days: Mapping[date, DayRows]
    cells: Mapping[str, Mapping[str, Mapping[date, Cell]]] = field(default_factory=dict)
    segments_left_out: int = 0
    segment_rows: Mapping[str, Mapping[date, DayRows]] = field(default_factory=dict)


def segment_of(values: Mapping[str, str]) -> str:
    """How a segment is spelt, by its columns' values: "mall=outlet, gender=women"."""
    return ", ".join(f"{name}={_spelt(value)}" for name, value in values.items())


def _spelt(value: str) -> str:
    """A value that could be taken for two is set in quotes."""
    return '"' + value.replace('"', '""') + '"' if ", " in value or value.startswith('"') else value


def parts_of(segment: str, columns: Iterable[str]) -> tuple[str, ...]:
    """What a segment is made of, as it is spelt: ("mall=outlet", "gender=women")."""
    one = r'((?:{})=(?:"(?:[^"]|"")*"|(?:[^,]|,(?! ))*))'
    found = re.fullmatch(", ".join(one.format(re.escape(name)) for name in columns), segment, re.DOTALL)
    return found.groups() if found else (segment,)


def made_of(watched: Watched) -> dict[str, tuple[str, ...]]:
    """The columns each KPI is made of, by KPI, in the order they are watched in."""
    return {name: (name,) for name in watched.columns} | {
        name: formula.columns for name, formula in watched.derived.items()
    }


def product_of(column: str, weight: str) -> str:
    """Under what name `cells` hold column x weight, row by row."""
    return f"{column} * {weight}"


def weights_of(column: str, weight: str) -> str:
    """Under what name `cells` hold the weights of the rows where `column` has a value."""
    return f"{weight} where {column}"


def remembered(columns: tuple[Column, ...], previous: Shape | None) -> tuple[Column, ...]:
    """The columns a table should have: what it has, and what it lost or made useless since `previous`.

    By these it is decided what is watched, so that a KPI whose column was dropped or became text is found
    to be broken instead of being quietly watched no more.
    """
    if previous is None:
        return columns
    now = Shape(columns, previous.date_column)
    before = {each.name.lower(): each for each in previous.columns}

    def useful(each: Column) -> Column:
        was = before.get(each.name.lower(), each)
        is_spoilt = any(was.type in types and each.type not in types for types in (NUMBERS, DAYS))
        return was if is_spoilt else each

    lost = tuple(each for each in previous.columns if now.type_of(each.name) is None)
    return tuple(map(useful, columns)) + lost
