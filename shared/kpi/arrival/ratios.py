"""Ratios that can't be: more clicks than impressions, where there never were."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import takewhile
from statistics import fmean

from shared.kpi.arrival.findings import Facts, Finding, FindingKind
from shared.kpi.history import Cell, History
from shared.kpi.series import WHOLE
from shared.kpi.tables import Ratio, Watched

ENOUGH_DAYS = 28
"""Of so many days with a value it is known whether the ratio is a share: within 0-1."""
SHARE_DAYS = 0.99
"""On so many of its days at least: one wrong load is no reason not to tell the next."""
LONGEST_DAYS = 28
"""What has been above 1 for longer is how it is now."""
FURTHER = 1.1
"""A share that always was close to 1, as of visits with late orders, may pass it by a little."""
CHANCE = 1e-4
"""And where it is made of a few, by chance: once in 10,000 days is no fault of the data."""


def impossible_ratios(watched: Watched, history: History) -> Iterator[Finding]:
    """Ratios of counts that are above 1 by more than chance, and more than a tenth above whatever they were,
    always within 0-1.

    Only where both columns are whole numbers: of money, as cost / clicks, 1 is a number like any other. The
    numbers are wrong then, not the people: the ratio is not judged, and what it is made of is looked into.
    """
    whole = history.cells.get(WHOLE, {})
    for name, kpi in watched.derived.items():
        if not isinstance(kpi, Ratio) or any(
            history.shape.type_of(each) != "INTEGER" for each in kpi.columns
        ):
            continue
        values = _values(whole.get(kpi.numerator, {}), whole.get(kpi.denominator, {}), history.day)
        newest_first = [values[day] for day in sorted(values, reverse=True)]
        days = len(list(takewhile(lambda value: value > 1, newest_first)))
        before = newest_first[days:]
        if history.day not in values or not 0 < days <= LONGEST_DAYS or len(before) < ENOUGH_DAYS:
            continue
        within = [value for value in before if 0 <= value <= 1]
        if len(within) < SHARE_DAYS * len(before):
            continue
        volume = whole[kpi.denominator][history.day].total or 0.0
        from shared.kpi.chances import poisson_sf  # noqa: PLC0415 - few tables get here, and scipy loads slowly

        by_chance = poisson_sf(values[history.day] * volume - 1, volume * fmean(within))
        if values[history.day] > FURTHER * max(within) and by_chance < CHANCE:
            facts: Facts = {"value": values[history.day], "highest": max(within), "days": days}
            yield Finding(FindingKind.IMPOSSIBLE_RATIO, name, facts, frozenset({name}))


def _values(above: Mapping[date, Cell], below: Mapping[date, Cell], until: date) -> dict[date, float]:
    """The ratio of each day that has one."""
    return {
        day: total / of
        for day, cell in above.items()
        if day <= until
        and (total := cell.total) is not None
        and (of := below[day].total if day in below else None)
    }
