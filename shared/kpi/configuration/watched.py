"""Watched: a KPI table's configuration held against the columns it really has."""

from collections.abc import Iterable

from shared.errors import ConfigError
from shared.kpi.configuration.problems import near, told
from shared.kpi.history import Column, Shape
from shared.kpi.tables import Average, KpiTable, Ratio, Watched, folded
from shared.yaml_text import FieldPath

NUMERIC = frozenset({"INTEGER", "INT64", "FLOAT", "FLOAT64", "NUMERIC", "BIGNUMERIC"})
WHOLE_NUMBERS = frozenset({"INTEGER", "INT64"})
DAYS = frozenset({"DATE", "TIMESTAMP", "DATETIME"})
PARTS = frozenset({"STRING", "BOOL", "BOOLEAN", "INTEGER", "INT64", "DATE"})
"""Types whose values can name a segment."""
COMPARABLE = PARTS | DAYS | NUMERIC | {"BYTES", "TIME"}
"""Types whose values can tell rows apart."""


def resolve(
    table: KpiTable, shape: Shape, partition_column: str | None, missing_ok: frozenset[str] = frozenset()
) -> Watched:
    """What is watched of `table`, whose real columns are those of `shape` (its own date_column is not used).

    Columns in `missing_ok` are known to have been there: where one is gone now, that is no mistake of the
    configuration but of the data, and it is watched all the same. (Of columns that became text, give `shape`
    as history.remembered has it.) Raises ConfigError with a line for every other name that fits nothing.
    """
    return _Resolution(table, shape, partition_column, missing_ok).watched()


class _Resolution:
    """One table's configuration being held against its columns."""

    def __init__(
        self, table: KpiTable, shape: Shape, partition_column: str | None, missing_ok: frozenset[str]
    ) -> None:
        self._table = table
        self._columns = {folded(column.name): column for column in shape.columns}
        self._partition = folded(partition_column or "")
        self._known = {folded(name) for name in missing_ok}
        self._include: FieldPath = ("kpis", "include") if ("kpis", "include") in table.lines else ("kpis",)
        self._problems: dict[str, int] = {}

    def watched(self) -> Watched:
        table = self._table
        date = self._date()
        segments = self._named(("segments",), table.segments, PARTS, "a column of values to part by")
        if date.name in segments:
            self._add(("segments",), f"expected a segment that is not the day, came {date.name!r}")
        key = self._named(("key",), table.key or (), COMPARABLE, "a column whose values can be compared")
        derived = self._derived()
        taken = {date.name, *segments, *key}
        if table.include is None:
            left = {folded(name) for name in (*table.exclude, *table.derived)}
            columns = tuple(
                column.name
                for column in self._columns.values()
                if _type(column) in NUMERIC
                and not _is_id(column)
                and column.name not in taken
                and folded(column.name) not in left
            )
        else:
            columns = self._named(self._include, table.include, NUMERIC, "a column of numbers")
        self._check_directions((*columns, *table.derived))
        if not (columns or derived or self._problems):
            self._add(("kpis",), f"expected at least one column of numbers in {table.table}, came none")
        if self._problems:
            raise ConfigError("\n".join(sorted(self._problems, key=self._problems.__getitem__)))
        apart = [each.name for each in self._columns.values() if _tells_rows_apart(each)]
        rest = key or (*segments, *(name for name in apart if name not in columns))
        return Watched(date.name, columns, derived, segments, tuple(dict.fromkeys((date.name, *rest))))

    def _date(self) -> Column:
        named = self._table.date_column
        if named is not None:
            column = self._columns.get(folded(named))
            if column is None and folded(named) in self._known:
                return Column(named, "")
            if column is None:
                self._add(("date",), self._absent(named))
            elif _type(column) not in DAYS:
                self._add(
                    ("date",), f"expected a DATE, DATETIME or TIMESTAMP, came {column.name} {column.type}"
                )
            else:
                return column
            return Column("", "")
        partition = self._columns.get(self._partition)
        if partition is not None and _type(partition) in DAYS:
            return partition
        dates = [column for column in self._columns.values() if _type(column) == "DATE"]
        if len(dates) == 1:
            return dates[0]
        found = [f"{each.name} {each.type}" for each in self._columns.values() if _type(each) in DAYS]
        self._add(
            ("date",),
            f"expected the name of the column that says the day of {self._table.table}, came nothing; "
            + (f"candidates are {', '.join(found)}" if found else "it has no DATE, DATETIME or TIMESTAMP"),
        )
        return Column("", "")

    def _named(
        self, path: FieldPath, names: Iterable[str], types: frozenset[str], expected: str
    ) -> tuple[str, ...]:
        found = [self._column((*path, place), name, types, expected) for place, name in enumerate(names)]
        return tuple(name for name in found if name)

    def _derived(self) -> dict[str, Ratio | Average]:
        found: dict[str, Ratio | Average] = {}
        for kpi, formula in self._table.derived.items():
            path = ("kpis", kpi)
            names = [self._column(path, name, NUMERIC, "a column of numbers") for name in formula.columns]
            if all(names):
                found[kpi] = type(formula)(*names)
        return found

    def _column(self, path: FieldPath, name: str, types: frozenset[str], expected: str) -> str:
        """The table's spelling of a column; empty where it is not usable, which is noted."""
        column = self._columns.get(folded(name))
        if column is not None and _type(column) in types:
            return column.name
        if column is not None:
            self._add(path, f"expected {expected}, came {column.name} {column.type}")
        elif folded(name) in self._known:
            return name
        else:
            self._add(path, self._absent(name))
        return ""

    def _check_directions(self, kpis: tuple[str, ...]) -> None:
        known = {folded(kpi) for kpi in (*kpis, *(self._table.include or ()))} | self._known
        for kpi in self._table.directions:
            if folded(kpi) not in known:
                hint = near(kpi, kpis)
                self._add(("direction", kpi), f"expected a KPI that is watched, came {kpi!r}{hint}")

    def _absent(self, name: str) -> str:
        names = [column.name for column in self._columns.values()]
        hint = near(name, names) or f"; its columns are {', '.join(names[:30])}"
        return f"expected a column of {self._table.table}, came {name!r}{hint}"

    def _add(self, path: FieldPath, said: str) -> None:
        line, text = told(self._table.where or self._table.table, self._table.lines, path, said)
        self._problems[text] = line


def _type(column: Column) -> str:
    return column.type.upper()


def _is_id(column: Column) -> bool:
    name = folded(column.name)
    return name == "id" or name.endswith("_id")


def _tells_rows_apart(column: Column) -> bool:
    """Whether a column belongs to a key nobody named: text, and numbers that are only names."""
    return _type(column) == "STRING" or (_type(column) in WHOLE_NUMBERS and _is_id(column))
