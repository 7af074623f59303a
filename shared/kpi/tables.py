"""KPI tables: what is watched of one BigQuery table, as its file in infra/kpi_tables/ says."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")


def folded(name: str) -> str:
    """A column's name as names are compared: BigQuery's ignore case, and か is か however it is composed."""
    return unicodedata.normalize("NFC", name).casefold()


class Direction(StrEnum):
    """Which way out of the band is worth an alert."""

    BOTH = "both"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class Ratio:
    """A KPI that is a ratio of two columns' sums, such as clicks / impressions."""

    numerator: str
    denominator: str

    @property
    def columns(self) -> tuple[str, ...]:
        """What it is made of."""
        return (self.numerator, self.denominator)


@dataclass(frozen=True)
class Average:
    """A KPI that is the mean of a column over the day's rows, weighted by another column or not."""

    column: str
    weight: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """What it is made of."""
        return (self.column, self.weight) if self.weight else (self.column,)


@dataclass(frozen=True)
class KpiTable:
    """One watched table. Only `table` has to be said; every default is meant to be good as it is."""

    table: str
    """dataset.table or project.dataset.table"""
    where: str = ""
    """The file this was read from."""
    date_column: str | None = None
    """`date` in the file: the column that says a row's day; None: the partition's, else the only DATE."""
    include: tuple[str, ...] | None = None
    """The columns that are KPIs; None: every numeric one."""
    exclude: tuple[str, ...] = ()
    derived: Mapping[str, Ratio | Average] = field(default_factory=dict)
    """KPIs made of columns, by name."""
    segments: tuple[str, ...] = ()
    """The columns whose combinations of values are watched besides the whole."""
    key: tuple[str, ...] | None = None
    """The columns that tell rows apart; None: the date and all columns of text."""
    arrives_by: time = time(9)
    arrives_after_days: int = 1
    """A day's rows are due this many days later, at `arrives_by`."""
    time_zone: ZoneInfo = TOKYO
    direction: Direction = Direction.BOTH
    directions: Mapping[str, Direction] = field(default_factory=dict)
    """By KPI, where it differs from `direction`."""
    dashboard: str | None = None
    channel: str | None = None
    owner: str | None = None
    events: tuple[str, ...] | None = None
    """Names of own events that move these KPIs; None: all of the calendar, (): none."""
    sensitivity: float = 6.0
    """Expected false alarms per KPI and year."""
    history_days: int = 1095
    lines: Mapping[tuple[str | int, ...], int] = field(default_factory=dict, compare=False, repr=False)
    """The line of each field in the file, by path: for errors found when it is held against other things."""

    def direction_of(self, kpi: str) -> Direction:
        """Which way out of its band `kpi` is worth an alert."""
        by_name = {folded(name): way for name, way in self.directions.items()}
        return by_name.get(folded(kpi), self.direction)

    def due_at(self, day: date) -> datetime:
        """The moment (UTC) the rows of `day` must be there."""
        at = datetime.combine(day + timedelta(days=self.arrives_after_days), self.arrives_by, self.time_zone)
        return at.astimezone(UTC)

    def newest_due_day(self, now: datetime) -> date:
        """The newest day whose rows must be there at `now`."""
        today = now.astimezone(self.time_zone).date()
        day = today - timedelta(days=self.arrives_after_days)
        return day if self.due_at(day) <= now else day - timedelta(days=1)


@dataclass(frozen=True)
class Watched:
    """What is watched of a table whose columns are known: nothing is left open. What the table should have.

    Names are spelt as the table spells its columns.
    """

    date_column: str
    columns: tuple[str, ...]
    """The columns that are KPIs, in the table's order or in that of `include`."""
    derived: Mapping[str, Ratio | Average]
    """KPIs made of columns, by name."""
    segments: tuple[str, ...]
    key: tuple[str, ...]
    """The columns that tell rows apart, the day first."""

    @property
    def kpis(self) -> tuple[str, ...]:
        """The names of all KPIs."""
        return (*self.columns, *self.derived)
