"""What is found when a table's day is looked at: one finding per thing that is wrong, with its facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

type Facts = dict[str, str | int | float]


class ArrivalState(StrEnum):
    """Whether the day can be judged."""

    ARRIVED = "arrived"
    WAITING = "waiting"
    """The day is partial and its rows may still come: look again later, tell nobody yet."""
    MISSING = "missing"
    """No rows of the day, or no table at all, past `arrives_by`."""
    BROKEN = "broken"
    """Rows came, but not as they should: some or all KPIs are muted."""


class FindingKind(StrEnum):
    """What is wrong with a table."""

    TABLE_MISSING = "table_missing"
    NO_ROWS = "no_rows"
    PARTIAL_DAY = "partial_day"
    FEW_ROWS = "few_rows"
    MANY_ROWS = "many_rows"
    DUPLICATES = "duplicates"
    COLUMN_DROPPED = "column_dropped"
    COLUMN_RETYPED = "column_retyped"
    COLUMN_ADDED = "column_added"
    ALL_NULL = "all_null"
    STUCK = "stuck"
    """A KPI has the very same value day after day, which it never had."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, with its facts by name for whoever puts it into words."""

    kind: FindingKind
    column: str = ""
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    """rows, expected, lowest, highest, before, now, days …, as the kind needs"""
    mutes: frozenset[str] = frozenset()
    """KPIs that are not judged because of it."""
    is_serious: bool = True
    """Told at once. A column that was added is not: it is noted."""


@dataclass(frozen=True)
class Arrival:
    """What was found of one table and day."""

    state: ArrivalState
    findings: tuple[Finding, ...] = ()

    @property
    def muted(self) -> frozenset[str]:
        """KPIs that are not judged."""
        return frozenset().union(*(finding.mutes for finding in self.findings))
