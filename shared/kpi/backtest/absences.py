"""Absences: would a day that is not there be found? By the rules of arrival, as a check of the table does."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from shared.kpi.arrival.day import check_arrival
from shared.kpi.arrival.findings import Arrival, ArrivalState, FindingKind
from shared.kpi.history import Cell, Column, DayRows, History, Shape
from shared.kpi.series import WHOLE
from shared.kpi.tables import KpiTable, Watched

DATE = "date"


class Arrivals:
    """A file of series as a table whose days come one by one: `rows` has each row's values by KPI, None where
    the cell is empty."""

    def __init__(self, kpis: Sequence[str], rows: Mapping[date, Mapping[str, float | None]]) -> None:
        self._kpis = tuple(kpis)
        self._rows = rows
        columns = (Column(DATE, "DATE"), *(Column(kpi, "FLOAT") for kpi in kpis))
        self._shape = Shape(columns, DATE)
        self._watched = Watched(DATE, self._kpis, {}, (), (DATE,))
        self._table = KpiTable("backtest.series", date_column=DATE)

    def finds_no_row(self, day: date) -> bool:
        """Whether it would be told that `day` has no row, where it has none or, if it has one, had none."""
        history = History(self._shape, day, {each: DayRows(1) for each in self._before(day)})
        return self._check(history).state is ArrivalState.MISSING

    def finds_empty(self, day: date) -> frozenset[str]:
        """The KPIs of whose empty cells it would be told on `day`, which has a row."""
        days = [*self._before(day), day]
        cells = {kpi: {each: _cell(self._rows[each][kpi]) for each in days} for kpi in self._kpis}
        history = History(self._shape, day, {each: DayRows(1) for each in days}, {WHOLE: cells})
        found = self._check(history).findings
        return frozenset(each.column for each in found if each.kind is FindingKind.ALL_NULL)

    def _before(self, day: date) -> Collection[date]:
        first = day - timedelta(days=self._table.history_days)
        return [each for each in self._rows if first <= each < day]

    def _check(self, history: History) -> Arrival:
        due = self._table.due_at(history.day)
        return check_arrival(self._table, self._watched, history, None, due, due)


def _cell(value: float | None) -> Cell:
    return Cell(value, int(value is not None), value, value)
