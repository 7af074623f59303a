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
    IMPOSSIBLE_RATIO = "impossible_ratio"
    """More came of something than there was of it: a share is above 1, which it never was."""
    SEGMENT_GONE = "segment_gone"
    SEGMENT_NEW = "segment_new"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, with its facts by name for whoever puts it into words."""

    kind: FindingKind
    column: str = ""
    """The column it is about, or the ratio, or the segment or what is common to several: mall=outlet."""
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    """rows, expected, lowest, highest, before, now, days …, as the kind needs"""
    mutes: frozenset[str] = frozenset()
    """KPIs that are not judged because of it."""
    is_serious: bool = True
    """Told at once. A column that was added is not: it is noted."""
    segments: frozenset[str] = frozenset()
    """The segments it is about, where it is not the table's: these are not judged because of it."""


@dataclass(frozen=True)
class Arrival:
    """What was found of one table and day."""

    state: ArrivalState
    findings: tuple[Finding, ...] = ()

    @property
    def muted(self) -> frozenset[str]:
        """KPIs that are not judged."""
        return frozenset().union(*(finding.mutes for finding in self.findings))

    @property
    def muted_segments(self) -> frozenset[str]:
        """Segments that are not judged."""
        return frozenset().union(
            *(each.segments for each in self.findings if each.kind is not FindingKind.SEGMENT_NEW)
        )
