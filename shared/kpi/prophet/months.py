"""Months: what comes back on the same day of each month, such as payday, learnt from the KPI itself.

No calendar has it, and Prophet's week and year can't follow it. Of the days of a month that may matter, those
that were off their surroundings consistently over the last months become occasions of the model.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shared.kpi.kept import Month
from shared.kpi.prophet.features import CalendarColumns
from shared.kpi.prophet.history import History
from shared.kpi.prophet.refit import Refit
from shared.kpi.series import Numbers

LEAST_MONTHS = 4
MOST_MONTHS = 13
LOOK_BACK = (MOST_MONTHS + 1) * 31
"""Days."""
SURROUNDING = 10
"""Days on either side whose middle a day is compared with: a level or a season is not of the month."""
CLIP = 4.0
"""One wild day counts as this many times the noise."""
LIMIT = 4.8
"""How far out, in standard deviations, the days of a rule are together: some 60 rules are tried on up to ten
stretches of months, of errors with heavy tails."""
LEAST_EFFECT = 1.2
"""Times the noise; what is smaller alarms nobody."""
SAME_SIDE = 0.8
"""The share of the days of a rule that must be on its side, by at least a small part of the noise."""
CLEARLY = 0.25
MOST_RULES = 6
PAYDAYS = (5, 10, 15, 20, 25, 31)
"""Days on which money is due, moved where nobody works; 31 is the last."""
KEPT_MONTHS = 16

type Days = NDArray[np.int_]


@dataclass(frozen=True, eq=False)
class MonthRule:
    """A rule of the month: its name, and the numbers of the days it names, with the month of each."""

    name: str
    days: Days
    months: Days


def with_months(calendar: CalendarColumns, rules: Iterable[Month]) -> CalendarColumns:
    """`calendar` with an occasion for each of `rules`."""
    for name, since in rules:
        days = _days_of(name, calendar.first, len(calendar.columns), calendar.days_off)
        column = np.zeros(len(calendar.columns))
        column[[day for day, _ in days if day >= since]] = 1.0
        calendar = calendar.joined(name, column)
    return calendar


def find_months(values: Numbers, calendar: CalendarColumns) -> tuple[Month, ...]:
    """The rules of the month that `values` keep.

    `values` has a transformed value per day of `calendar`, NaN where a day is not to be learnt from.
    """
    known = np.isfinite(values)
    if not known.any() or int(np.ptp(np.flatnonzero(known))) < LEAST_MONTHS * 28:
        return ()
    history = History(values, calendar)
    history.learn_until(len(values))
    left = _off_surroundings(Refit(history).misses(values))
    recent = left[-MOST_MONTHS * 31 :]
    noise = 1.4826 * float(np.nanmedian(np.abs(recent)))
    if not noise > 0:
        return ()
    clipped = np.clip(left / noise, -CLIP, CLIP)
    rules = month_rules(calendar.first, len(values), calendar.days_off)
    # An occasion of its own explains its day, whatever the month.
    clipped[((calendar.occasion >= 0) & (calendar.columns != 0)).any(axis=1)] = np.nan
    kept: list[Month] = []
    for _ in range(MOST_RULES):
        size = float(np.sqrt(np.nanmean(clipped[-MOST_MONTHS * 31 :] ** 2)))
        found = max((_kept(rule, clipped, size) for rule in rules), key=lambda each: each[0])
        out, since, rule = found
        if not out > LIMIT:
            break
        chosen = rule.days[rule.days >= since]
        kept.append((rule.name, since))
        clipped[chosen] -= np.nanmean(clipped[chosen])
    return tuple(kept)


def _kept(rule: MonthRule, errors: Numbers, noise: float) -> tuple[float, int, MonthRule]:
    """How far out the days of a rule are together over the stretch of last months where they are most, and
    the first day of that; 0 where they are not consistently."""
    days = rule.days[np.isfinite(errors[rule.days])]
    months = rule.months[np.isfinite(errors[rule.days])]
    blank = (0.0, 0, rule)
    if not len(days):
        return blank
    ages = months[-1] - months
    is_recent = ages < MOST_MONTHS
    days, ages = days[is_recent][::-1], ages[is_recent][::-1]
    counts = np.arange(1, len(days) + 1)
    off = errors[days]
    sums = np.cumsum(off)
    means = sums / counts
    same = np.maximum(np.cumsum(off > CLEARLY * noise), np.cumsum(off < -CLEARLY * noise))
    ends_month = np.append(ages[1:] != ages[:-1], True)
    fits = ends_month & (ages >= LEAST_MONTHS - 1) & (np.abs(means) >= LEAST_EFFECT * noise)
    fits &= same >= SAME_SIDE * counts
    if not fits.any():
        return blank
    out = np.where(fits, np.abs(sums) / np.sqrt(counts) / noise, 0.0)
    best = int(out.argmax())
    is_all = best == len(days) - 1
    return float(out[best]), 0 if is_all else int(days[best]), rule


def _off_surroundings(misses: Numbers) -> Numbers:
    """How far each of the last months' days is off the middle of those around it, NaN before."""
    padded = np.pad(misses, SURROUNDING, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * SURROUNDING + 1)[-LOOK_BACK:]
    known = np.isfinite(misses[-LOOK_BACK:])
    inside = np.sort(around[known], axis=1)  # what is not known comes last
    counts = np.isfinite(inside).sum(axis=1)
    places = np.arange(len(counts))
    middle = (inside[places, (counts - 1) // 2] + inside[places, counts // 2]) / 2
    off = np.full(len(misses), np.nan)
    last = off[-LOOK_BACK:]
    last[known] = misses[-LOOK_BACK:][known] - middle
    return off


@lru_cache(maxsize=KEPT_MONTHS)  # the KPIs of a table have the same days
def month_rules(first: date, count: int, days_off: frozenset[date]) -> tuple[MonthRule, ...]:
    """The rules that may matter, as days numbered from `first` on."""
    rules = []
    for name in _rules(days_off):
        inside = _days_of(name, first, count, days_off)
        if inside:
            days, numbers = np.array(inside).T
            rules.append(MonthRule(name, days, numbers))
    return tuple(rules)


@lru_cache(maxsize=KEPT_MONTHS * 64)
def _days_of(name: str, first: date, count: int, days_off: frozenset[date]) -> tuple[tuple[int, int], ...]:
    """The days a rule names, numbered from `first` on, with the number of the month of each."""
    month, last = (first.replace(day=1) - timedelta(days=1)).replace(day=1), first + timedelta(days=count)
    rule, number = _rules(days_off)[name], 0
    found: set[tuple[int, int]] = set()
    while True:
        found |= {((day - first).days, number) for day in rule(month)}
        if month > last:
            break
        month, number = (month + timedelta(days=31)).replace(day=1), number + 1
    return tuple((day, number) for day, number in sorted(found) if 0 <= day < count)


type Rule = Callable[[date], Iterator[date]]
"""The days a rule names in the month of a date."""


@lru_cache(maxsize=4)
def _rules(days_off: frozenset[date]) -> dict[str, Rule]:
    """By name."""

    def works(day: date) -> bool:
        return day.weekday() < 5 and day not in days_off

    def before(day: date) -> date:
        while not works(day):
            day -= timedelta(days=1)
        return day

    def after(day: date) -> date:
        while not works(day):
            day += timedelta(days=1)
        return day

    def on(number: int, moved: Callable[[date], date] | None = None) -> Rule:
        def days(month: date) -> Iterator[date]:
            length = monthrange(month.year, month.month)[1]
            if number <= length or moved:
                day = month.replace(day=min(number, length))
                yield moved(day) if moved else day

        return days

    def from_end(number: int) -> Rule:
        def days(month: date) -> Iterator[date]:
            yield month.replace(day=monthrange(month.year, month.month)[1] - number)

        return days

    def fives(moved: Callable[[date], date]) -> Rule:
        return lambda month: (day for number in (*PAYDAYS[:-1], 30) for day in on(number, moved)(month))

    named: dict[str, Rule] = {f"day {number} of the month": on(number) for number in range(1, 32)}
    named |= {"last day of the month": from_end(0), "last day of the month but one": from_end(1)}
    for number in PAYDAYS:
        what = "the last day" if number == 31 else f"day {number}"
        named[f"{what} of the month or the working day before"] = on(number, before)
        named[f"{what} of the month or the working day after"] = on(number, after)
    named["first working day of the month"] = on(1, after)
    named["5 and 0 days"] = fives(lambda day: day)
    named["5 and 0 days or the working day before"] = fives(before)
    return named
