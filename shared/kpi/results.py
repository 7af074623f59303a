"""Results: what is kept of every judgement, without its series and band."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from shared.keys import key_of
from shared.kpi.checks import TableCheck
from shared.kpi.judgement import Status


@dataclass(frozen=True)
class KpiResult:
    """What was thought of one KPI's observation of one day, as the judgement it was kept of has it."""

    table: str
    day: date
    kpi: str
    segment: str
    status: Status
    value: float | None
    volume: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    score: float
    direction: str
    since: date | None
    detector: str
    note: str
    checked_at: datetime
    check_id: str

    @property
    def name(self) -> str:
        """KPI and segment in one word."""
        return f"{self.kpi} ({self.segment})" if self.segment else self.kpi


def check_id_of(check: TableCheck) -> str:
    """The id of a check: of a table's day looked at in one moment."""
    parts = (check.table, check.day.isoformat(), check.checked_at.astimezone(UTC).isoformat())
    return key_of("check", *parts)
