"""Series in CSV files: what `sekisho backtest` judges, and the days people know to be anomalous."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np

from infra.cli.csv_rows import Row, read_rows
from shared.errors import BadRow
from shared.kpi.backtest.walk import HISTORY_DAYS
from shared.kpi.series import Numbers

DATE, KPI = "date", "kpi"
YEARS = range(1900, 2201)
"""Of what is measured; 9999 stands for never, and no calendar goes on from there."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}([,. '’]\d{3})+([.,]\d+)?", re.ASCII)


@dataclass(frozen=True, eq=False)
class SeriesFile:
    """The KPIs of a file. `rows` are its rows by day; `days` are consecutive, with those it has no row of."""

    path: Path
    kpis: tuple[str, ...]
    rows: Mapping[date, Mapping[str, float | None]]

    @property
    def days(self) -> tuple[date, ...]:
        """From the first day to the last."""
        first, last = min(self.rows), max(self.rows)
        return tuple(first + timedelta(days=number) for number in range((last - first).days + 1))

    def values(self, kpi: str) -> Numbers:
        """One value per day, NaN where there is none."""
        cells = (self.rows.get(day, {}).get(kpi) for day in self.days)
        return np.array([math.nan if cell is None else cell for cell in cells])


@dataclass(frozen=True)
class Label:
    """A day known to be anomalous, of one KPI or, with an empty name, of all."""

    day: date
    kpi: str


def read_series(path: Path) -> SeriesFile:
    """The series of `date` and a column per KPI, in any order of rows. An empty cell is a missing value.

    Raises BadRow naming file, line and column, what was expected and what came.
    """
    rows: dict[date, dict[str, float | None]] = {}
    where: dict[date, str] = {}
    for row in read_rows(path, (DATE,)):
        if not rows:
            _check_names(row)
        day = _day(row)
        if day in rows:
            line = where[day].rpartition(", ")[2]
            row.refuse(DATE, f"each day once (it stands on {line} too; sum up segments first)")
        where[day] = row.where
        rows[day] = {name: _number(row, name) for name in row.values if name != DATE}
    if not rows:
        raise BadRow(f"{path}: expected a row per day, came a header and nothing below it")
    days = sorted(rows)
    for before, day in pairwise(days):
        if (day - before).days > HISTORY_DAYS:
            line = where[before].rpartition(", ")[2]
            raise BadRow(
                f"{where[day]}, column {DATE}: expected a day within {HISTORY_DAYS} days of the one before "
                f"({before}, {line}), because older ones are not looked at, came {day}"
            )
    return SeriesFile(path, tuple(rows[days[0]]), rows)


def read_labels(path: Path, kpis: Sequence[str]) -> list[Label]:
    """The days of `date[,kpi]` known to be anomalous; where no KPI is named, of all. Raises BadRow."""
    labels = []
    for row in read_rows(path, (DATE,)):
        kpi = row.values.get(KPI, "").strip()
        if kpi and kpi not in kpis:
            row.refuse(KPI, f"one of {', '.join(kpis)}, or nothing for all of them")
        labels.append(Label(_day(row), kpi))
    return labels


def _check_names(row: Row) -> None:
    names = list(row.values)
    header = row.where.rpartition(", ")[0]
    if names == [DATE]:
        raise BadRow(f"{header}, header: expected a column per KPI besides {DATE}, came none")
    if "" in names:
        number = names.index("") + 1
        raise BadRow(f"{header}, header: expected a name of every column, came none of column {number}")


def _day(row: Row) -> date:
    text = row.values[DATE].strip()
    if _DAY.fullmatch(text):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            row.refuse(DATE, "a day of the calendar")
        if day.year not in YEARS:
            row.refuse(DATE, f"a day of the years {YEARS[0]} to {YEARS[-1]}")
        return day
    return row.refuse(DATE, "a day as YYYY-MM-DD, such as 2026-11-22")


def _number(row: Row, name: str) -> float | None:
    text = row.values[name].strip()
    if not text:
        return None
    if _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    hint = ""
    if _GROUPED.fullmatch(text):
        hint = ", without separators between thousands and with a point for decimals"
    elif text.endswith("%"):
        hint = ", a share such as 0.12 rather than 12%"
    return row.refuse(name, f"a finite number{hint}, or nothing where there is no value")
