"""Movements: how a table's KPIs moved over a period, and which of them are worth reading."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.kpi.judgement import Status
from shared.kpi.summary.comparison import (
    WEEK_DAYS,
    YEAR_DAYS,
    Comparison,
    Figures,
    Measure,
    Span,
    compare,
    notability,
    total,
    usual_difference,
)
from shared.kpi.tables import KpiTable

STANDS_OUT = 3.0
"""Times the median change from week to week: about two standard deviations of it."""


class Presence(StrEnum):
    """Whether a KPI has values at all."""

    STEADY = "steady"
    NEW = "new"
    """Its table was there before, it was not."""
    GONE = "gone"
    """It had values the week before and has none now, while other KPIs of its table have."""


@dataclass(frozen=True, eq=False)
class Movement:
    """One KPI of a whole table over the period."""

    kpi: str
    measure: Measure
    is_share: bool
    """A ratio within 0-1, shown in percent."""
    value: float | None
    days: int
    """Days of the period that have a value."""
    week: Comparison | None
    year: Comparison | None
    notability: float
    outside: tuple[date, ...]
    """Days it was not where it was expected."""
    judged_days: int
    is_alarming: bool
    drifting_since: date | None
    presence: Presence
    figures: Figures

    @property
    def stands_out(self) -> bool:
        """Whether somebody should read it."""
        return self.is_alarming or self.presence is not Presence.STEADY or self.notability >= STANDS_OUT


@dataclass(frozen=True)
class Segment:
    """One KPI of one segment that was told of, and on how many days of the period."""

    name: str
    days: int


@dataclass(frozen=True, eq=False)
class TableMovements:
    """One table over the period: its KPIs, those most worth reading first."""

    table: KpiTable
    span: Span
    days: int
    """Days of the period any KPI has a value of."""
    kpis: tuple[Movement, ...]
    segments: tuple[Segment, ...] = ()

    @property
    def loudness(self) -> float:
        """How much its loudest KPI stands out; a table with something to read comes before one without."""
        return max((_urgency(each) for each in self.kpis), default=0.0) + (100.0 if self.segments else 0.0)

    @property
    def standing_out(self) -> int:
        """How many KPIs somebody should read."""
        return sum(each.stands_out for each in self.kpis)

    @property
    def is_loud(self) -> bool:
        """Whether anything here is not as always."""
        return bool(self.standing_out or self.segments)


def move(
    table: KpiTable, span: Span, kpis: Mapping[str, Figures], segments: Iterable[Segment] = ()
) -> TableMovements | None:
    """How `table` moved over `span`; None where no day of it has a value."""
    filled = {day for figures in kpis.values() for day, each in figures.items() if each.value is not None}
    days = sum(day in filled for day in span.days)
    if not days:
        return None
    is_older = any(day < span.start for day in filled)
    found = [_movement(table, kpi, figures, span, is_older) for kpi, figures in kpis.items()]
    ranked = sorted((each for each in found if each), key=lambda each: (-_urgency(each), each.kpi))
    loudest = sorted(segments, key=lambda each: (-each.days, each.name))
    return TableMovements(table, span, days, tuple(ranked), tuple(loudest))


def measure_of(table: KpiTable, kpi: str, figures: Figures) -> Measure:
    """How this KPI's days make a period.

    Ratios and averages are told by the table's file or by their volume; a column that holds a rate only by
    its values: all within 0-1, and not all whole.
    """
    values = [each.value for each in figures.values() if each.value is not None]
    has_volume = any(each.volume is not None for each in figures.values())
    looks_like_rate = all(0 <= value <= 1 for value in values) and any(value % 1 for value in values)
    return Measure.MEAN if kpi in table.derived or has_volume or looks_like_rate else Measure.SUM


def _movement(table: KpiTable, kpi: str, figures: Figures, span: Span, is_older: bool) -> Movement | None:
    """None for a KPI that has no value now and had none the week before."""
    measure = measure_of(table, kpi, figures)
    week = [figures[day] for day in span.days if day in figures]
    before = [figures[day] for day in span.back(WEEK_DAYS).days if day in figures]
    value = total(week, measure)
    if value is None and total(before, measure) is None:
        return None
    is_new = is_older and not any(
        each.value is not None and day < span.start for day, each in figures.items()
    )
    against_week = compare(figures, span, WEEK_DAYS, measure)
    return Movement(
        kpi=kpi,
        measure=measure,
        is_share=measure is Measure.MEAN
        and all(0 <= each.value <= 1 for each in figures.values() if each.value),
        value=value,
        days=sum(each.value is not None for each in week),
        week=against_week,
        year=compare(figures, span, YEAR_DAYS, measure),
        notability=notability(against_week, usual_difference(figures, span, measure)),
        outside=tuple(each.day for each in week if each.is_outside),
        judged_days=sum(each.is_judged for each in week),
        is_alarming=any(each.status.is_alarming for each in week),
        drifting_since=min(
            (each.since or each.day for each in week if each.status is Status.DRIFT), default=None
        ),
        presence=Presence.GONE if value is None else Presence.NEW if is_new else Presence.STEADY,
        figures=figures,
    )


def _urgency(movement: Movement) -> float:
    """What was told of comes first, then what came or went, then by how far it moved."""
    return (
        movement.notability
        + 200.0 * movement.is_alarming
        + 100.0 * (movement.presence is not Presence.STEADY)
    )
