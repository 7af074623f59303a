"""Checks: what came of looking at one table's day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from shared.kpi.arrival.findings import Arrival, ArrivalState
from shared.kpi.history import Shape
from shared.kpi.judgement import Judgement, Status

if TYPE_CHECKING:  # needs numpy, which functions that only ask what was checked do not carry
    from shared.kpi.kept import Kept as KeptForecasts
    from shared.kpi.kept import KpiKey


class CheckState(StrEnum):
    """Where a table's day stands after a check."""

    CHECKED = "checked"
    """It arrived and was judged: the day is settled."""
    WAITING = "waiting"
    MISSING = "missing"
    BROKEN = "broken"
    FAILED = "failed"
    """The check itself could not be done: wrong configuration, no access, an error of ours."""

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing more to look at by ourselves."""
        return self is CheckState.CHECKED


@dataclass(frozen=True)
class Kept:
    """How far one KPI's past is kept: of every day before `until` there is a result, if it has a value."""

    made_of: str
    """How its values were made, such as clicks / impressions."""
    until: date

    def __str__(self) -> str:
        return f"{self.made_of} until {self.until}"


@dataclass(frozen=True)
class EarlierChecks:
    """What earlier checks of one table left."""

    states: Mapping[date, CheckState] = field(default_factory=dict)
    """Where each day stands that was ever checked."""
    shapes: Mapping[date, Shape] = field(default_factory=dict)
    """The columns as they were seen in the checks of days nearby."""
    kept: Mapping[str, Kept] = field(default_factory=dict)
    """By KPI."""

    @property
    def broken_days(self) -> frozenset[date]:
        """The days that stand as missing or broken."""
        wrong = (CheckState.MISSING, CheckState.BROKEN)
        return frozenset(day for day, state in self.states.items() if state in wrong)

    def days_but(self, *states: CheckState) -> frozenset[date]:
        """The days that stand as anything but one of `states`."""
        return frozenset(day for day, state in self.states.items() if state not in states)


@dataclass(frozen=True, eq=False)
class TableCheck:
    """One check of one table's day. `error` says why a check failed."""

    table: str
    day: date
    state: CheckState
    checked_at: datetime
    arrival: Arrival = Arrival(ArrivalState.ARRIVED)  # noqa: RUF009 - frozen
    judgements: tuple[Judgement, ...] = ()
    shape: Shape | None = None
    rows: int = 0
    error: str = ""
    notes: tuple[str, ...] = ()
    """In English, for operators: segments left out, columns averaged …"""
    made_of: Mapping[str, str] = field(default_factory=dict)
    """How the values of each KPI are made; nothing of one that has none today, because it is muted."""
    past: tuple[Judgement, ...] = ()
    """Of days before that nobody checked so: what they were, to be kept for comparisons."""
    kept: Mapping[str, Kept] = field(default_factory=dict)
    """How far each KPI's past is kept once `past` is; empty where this check did not look."""
    kept_before: Mapping[str, Kept] = field(default_factory=dict)
    """How far it was kept before."""
    forecasts: "Mapping[KpiKey, KeptForecasts]" = field(default_factory=dict)
    """What forecasts of each KPI and segment came to, for the next check to carry on from."""

    @property
    def alarming(self) -> tuple[Judgement, ...]:
        """The judgements somebody is told of, most severe first."""
        found = [each for each in self.judgements if each.status.is_alarming]
        return tuple(sorted(found, key=lambda each: (each.segment != "", -each.score, each.name)))

    @property
    def is_alarming(self) -> bool:
        """Whether somebody is told of this day."""
        if self.state in (CheckState.MISSING, CheckState.FAILED):
            return True
        return bool(self.alarming) or any(finding.is_serious for finding in self.arrival.findings)

    def count(self, status: Status) -> int:
        """How many KPIs are so."""
        return sum(each.status is status for each in self.judgements)
