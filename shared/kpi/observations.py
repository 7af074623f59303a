"""Observations: what a table's history says of each KPI, day by day."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean

import numpy as np

from shared.kpi.history import MOST_SEGMENTS, Cell, History, made_of, product_of, weights_of
from shared.kpi.series import WHOLE, Series
from shared.kpi.tables import Average, KpiTable, Ratio, Watched

LEAST_DAYS_OF_LIFE = 21
"""A younger segment can't be judged: it would only be said of each of its KPIs."""
ALIVE_DAYS = 56
ALIVE_SHARE = 0.5
"""A segment there on fewer of the days with rows, in the 56 days before, comes and goes."""
SHARE_DAYS = 0.99
"""A column that was within 0-1 on so many of its days is a share: one wrong load changes nothing about it."""
NO_CELL = Cell(None, 0)

type OfDay = Callable[[date], float | None]


@dataclass(frozen=True)
class _Kpi:
    """How a KPI is made of a segment's cells: its value and, of a ratio, its volume on a day."""

    name: str
    value: OfDay
    volume: OfDay | None
    is_additive: bool


def series_of(
    table: KpiTable,
    watched: Watched,
    history: History,
    muted: frozenset[str],
    muted_segments: frozenset[str] = frozenset(),
) -> tuple[tuple[Series, ...], tuple[str, ...]]:
    """The KPIs of `history` that are not muted, the whole table's first, and notes for operators, in English.
    Of `muted_segments` there is none.

    Columns are summed over a day's rows, except shares (FLOAT, always within 0-1), which are averaged, and a
    note says so. Ratios are sums by sums, with the denominators as volumes; averages are weighted as they are
    configured. A series goes from its segment's first day to `history.day`; a day without rows or value is
    NaN. Where the table has rows of a day and the segment has none, what is summed is 0: a segment that
    vanishes must be seen, and counting rows that are not there gives none. Ratios and averages of nothing
    are NaN. Segments are left out while they are younger than 3 weeks and when they come and go.
    """
    notes: list[str] = []
    shares = [name for name in watched.columns if name not in muted and _is_share(history, name)]
    several = [name for name in shares if _has_several(history, name)]
    notes += [_averaged(name) for name in several]
    unread = sorted(
        kpi
        for kpi, columns in made_of(watched).items()
        if kpi not in muted and any(name not in history.cells.get(WHOLE, {}) for name in columns)
    )
    if unread and history.days:
        notes.append(f"not read, because the table has no such numbers: {', '.join(unread)}")
    silent = muted | frozenset(unread)
    young, fleeting, series = 0, 0, list[Series]()
    for segment, cells in sorted(history.cells.items(), key=lambda each: each[0] != WHOLE):
        there = sorted(frozenset[date]().union(*cells.values()))
        if not there or segment in muted_segments:
            continue
        if segment != WHOLE:
            is_old = _days_of_life(history, there) >= LEAST_DAYS_OF_LIFE
            is_alive = _is_alive(history, there)
            young, fleeting = young + (not is_old and is_alive), fleeting + (not is_alive)
            if not (is_old and is_alive):
                continue
        days = _calendar(there[0], history.day)
        series += [
            _series(kpi, segment, days)
            for kpi in _kpis(watched, history, cells, frozenset(shares))
            if kpi.name not in silent
        ]
    if history.segments_left_out:
        notes.append(
            f"segments: expected at most {MOST_SEGMENTS} combinations of {', '.join(table.segments)}, "
            f"came {history.segments_left_out} more; the smallest are not watched"
        )
    if young:
        notes.append(f"segments: {young} not watched yet, with less than 3 weeks of days")
    if fleeting:
        notes.append(f"segments: {fleeting} not watched, because they come and go or are gone")
    return tuple(series), tuple(notes)


def _kpis(
    watched: Watched, history: History, cells: Mapping[str, Mapping[date, Cell]], shares: frozenset[str]
) -> Iterable[_Kpi]:
    def total(name: str) -> OfDay:
        return lambda day: cells.get(name, {}).get(day, NO_CELL).total

    def counted(name: str) -> OfDay:
        present = cells.get(name, {})
        return lambda day: present[day].total if day in present else 0.0 if day in history.days else None

    def filled(name: str) -> OfDay:
        return lambda day: cells.get(name, {}).get(day, NO_CELL).filled

    for name in watched.columns:
        if name in shares:
            yield _Kpi(name, _divided(total(name), filled(name)), None, is_additive=False)
        else:
            yield _Kpi(name, counted(name), None, is_additive=True)
    for name, kpi in watched.derived.items():
        match kpi:
            case Ratio(numerator, denominator):
                ratio = _divided(total(numerator), total(denominator))
                yield _Kpi(name, ratio, counted(denominator), is_additive=False)
            case Average(column, None):
                yield _Kpi(name, _divided(total(column), filled(column)), None, is_additive=False)
            case Average(column, str(weight)):
                mean = _divided(total(product_of(column, weight)), total(weights_of(column, weight)))
                yield _Kpi(name, mean, None, is_additive=False)


def _divided(above: OfDay, below: OfDay) -> OfDay:
    def quotient(day: date) -> float | None:
        numerator, denominator = above(day), below(day)
        return numerator / denominator if numerator is not None and denominator else None

    return quotient


def _series(kpi: _Kpi, segment: str, days: tuple[date, ...]) -> Series:
    def numbers(of_day: OfDay) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([of_day(day) for day in days], dtype=np.float64)  # None becomes NaN

    volumes = numbers(kpi.volume) if kpi.volume else None
    return Series(kpi.name, segment, days, numbers(kpi.value), volumes, kpi.is_additive)


def _calendar(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + timedelta(n) for n in range((last - first).days + 1))


def _is_share(history: History, column: str) -> bool:
    """Whether a column holds shares, by the days before the one in question (or that, if it is the first)."""
    if history.shape.type_of(column) != "FLOAT":
        return False
    cells = history.cells.get(WHOLE, {}).get(column, {})
    known = {day: cell for day, cell in cells.items() if cell.low is not None and cell.high is not None}
    earlier = [cell for day, cell in known.items() if day < history.day] or list(known.values())
    within = [_of(cell.low) >= 0 and _of(cell.high) <= 1 for cell in earlier]
    is_any = any(_of(cell.high) > 0 for cell in earlier)
    return is_any and fmean(within) >= SHARE_DAYS


def _of(value: float | None) -> float:
    return 0.0 if value is None else value


def _has_several(history: History, column: str) -> bool:
    return any(cell.filled > 1 for cell in history.cells[WHOLE][column].values())


def _averaged(name: str) -> str:
    return (
        f"{name}: averaged over the day's rows, because it is always within 0-1; where it is a ratio, say so "
        f"in kpis, such as {name}: clicks / impressions, to have it weighted"
    )


def _days_of_life(history: History, there: list[date]) -> int:
    """Days with rows of the table since the segment began."""
    return sum(there[0] <= day < history.day for day in history.days)


def _is_alive(history: History, there: list[date]) -> bool:
    """Whether the segment is there on most days, the day in question aside: it may have vanished just now."""
    recent = [day for day in sorted(history.days) if there[0] <= day < history.day][-ALIVE_DAYS:]
    return not recent or len(set(recent) & set(there)) >= ALIVE_SHARE * len(recent)
