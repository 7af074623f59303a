"""The summary: what is kept of a day or a week of KPIs, and what of it is worth reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.kpi.arrival.findings import Finding
from shared.kpi.checks import CheckState
from shared.kpi.events import EventDays
from shared.kpi.incidents import Alert
from shared.kpi.summary.comparison import Figures, Period, Span
from shared.kpi.summary.movements import TableMovements


@dataclass(frozen=True)
class DayCheck:
    """One table's day as the newest check found it, and whether its rows were waited for."""

    table: str
    day: date
    state: CheckState
    was_late: bool = False
    """Some earlier check found nothing or only a part."""
    settled_at: datetime | None = None
    """When the first check that found it whole was made."""
    findings: tuple[Finding, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Moderation:
    """What the checkpoint for posts did over a period."""

    posts: int
    taken_down: int
    restored: int

    @property
    def overturn_rate(self) -> float | None:
        """Restored per taken down; None without takedowns."""
        return self.restored / self.taken_down if self.taken_down else None


@dataclass(frozen=True)
class Records:
    """Everything kept that a summary is made of."""

    figures: Mapping[str, Mapping[str, Figures]]
    """By table and KPI, of the whole table: the period, the 14 weeks before, and the weeks a year ago."""
    segments: Mapping[str, Mapping[str, Sequence[date]]]
    """By table and name ("ctr (mall=outlet)"): the days something was told of a segment."""
    checks: Sequence[DayCheck]
    first_checked: Mapping[str, date]
    """By table: the first of its last 100 days that was ever checked."""
    alerts: Sequence[Alert]
    moderation: Moderation | None = None
    moderation_before: Moderation | None = None


@dataclass(frozen=True)
class OpenIncident:
    """An incident nobody told the end of, on its n-th day."""

    table: str
    since: date
    day_number: int
    headline: str
    """What was told of it last."""
    told_number: int
    """Its day as that headline counts."""


@dataclass(frozen=True)
class Arrivals:
    """How one table's days came in, where not as they should."""

    table: str
    late: tuple[date, ...] = ()
    longest_delay: timedelta | None = None
    missing: tuple[date, ...] = ()
    broken: tuple[date, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Each kind and column once."""


@dataclass(frozen=True)
class Unjudged:
    """KPIs of one table that nothing is thought of, by why, and the note of the first."""

    table: str
    kpis: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Gaps:
    """What the watcher itself did not manage."""

    never_checked: tuple[str, ...] = ()
    unchecked: tuple[tuple[str, tuple[date, ...]], ...] = ()
    waiting: tuple[tuple[str, tuple[date, ...]], ...] = ()
    failed: tuple[tuple[str, tuple[date, ...], str], ...] = ()
    """With the newest error."""
    refused: tuple[Unjudged, ...] = ()
    too_young: tuple[Unjudged, ...] = ()
    muted: tuple[Unjudged, ...] = ()
    not_told: tuple[Alert, ...] = ()
    misconfigured: tuple[str, ...] = ()
    unwatched: tuple[str, ...] = ()
    """Tables no file names any more, with an incident that nobody will see the end of."""

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__dataclass_fields__)


@dataclass(frozen=True, eq=False)
class Summary:
    """A day or a week of KPIs. Tables with the most to read come first."""

    period: Period
    span: Span
    watched: tuple[str, ...]
    """Every table by its full name, whether anything is known of it or not."""
    tables: tuple[TableMovements, ...]
    incidents: tuple[OpenIncident, ...]
    recovered: tuple[str, ...]
    """Tables with an incident that ended in the period."""
    arrivals: tuple[Arrivals, ...]
    moderation: Moderation | None
    moderation_before: Moderation | None
    events: tuple[EventDays, ...]
    holidays: tuple[tuple[date, str], ...]
    gaps: Gaps

    @property
    def needing(self) -> tuple[str, ...]:
        """Tables somebody has to look at: those with an incident that goes on."""
        return tuple(each.table for each in self.incidents)

    @property
    def has_week_before(self) -> bool:
        """Whether any KPI could be set against the week before."""
        return any(kpi.week for table in self.tables for kpi in table.kpis)

    @property
    def has_year_before(self) -> bool:
        """Whether any KPI could be set against the year before."""
        return any(kpi.year for table in self.tables for kpi in table.kpis)
