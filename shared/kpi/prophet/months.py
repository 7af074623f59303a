"""Months: what comes back on the same day of each month, such as payday, learnt from the KPI itself.

No calendar has it, and Prophet's week and year can't follow it. Of the days of a month that may matter, those
that were off their surroundings consistently over the last months become occasions of the model.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shared.kpi.prophet.features import CalendarColumns
from shared.kpi.prophet.history import History
from shared.kpi.prophet.refit import Refit
from shared.kpi.series import Numbers

LEAST_MONTHS = 4
MOST_MONTHS = 13
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


def with_months(values: Numbers, calendar: CalendarColumns) -> CalendarColumns:
    """`calendar` with an occasion for each rule of the month that `values` keep; itself where they keep none.

    `values` has a transformed value per day, NaN where a day is not to be learnt from.
    """
    known = np.isfinite(values)
    if not known.any() or int(np.ptp(np.flatnonzero(known))) < LEAST_MONTHS * 28:
        return calendar
    history = History(values, calendar)
    history.learn_until(len(values))
    left = _off_surroundings(Refit(history).misses(values))
    recent = left[-MOST_MONTHS * 31 :]
    noise = 1.4826 * float(np.nanmedian(np.abs(recent)))
    if not noise > 0:
        return calendar
    clipped = np.clip(left / noise, -CLIP, CLIP)
    rules = month_rules(calendar.first, len(values), calendar.days_off)
    # An occasion of its own explains its day, whatever the month.
    clipped[((calendar.occasion >= 0) & (calendar.columns != 0)).any(axis=1)] = np.nan
    for _ in range(MOST_RULES):
        size = float(np.sqrt(np.nanmean(clipped[-MOST_MONTHS * 31 :] ** 2)))
        found = max((_kept(rule, clipped, size) for rule in rules), key=lambda each: each[0])
        out, since, rule = found
        if not out > LIMIT:
            break
        chosen = rule.days[rule.days >= since]
        column = np.zeros(len(values))
        column[chosen] = 1.0
        calendar = calendar.joined(rule.name, column)
        clipped[chosen] -= np.nanmean(clipped[chosen])
    return calendar


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
    padded = np.pad(misses, SURROUNDING, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * SURROUNDING + 1)
    known = np.isfinite(misses)
    middle = np.full(len(misses), np.nan)
    middle[known] = np.nanmedian(around[known], axis=1)
    return np.asarray(misses - middle)


@lru_cache(maxsize=KEPT_MONTHS)  # the KPIs of a table have the same days
def month_rules(first: date, count: int, days_off: frozenset[date]) -> tuple[MonthRule, ...]:
    """The rules that may matter, as days numbered from `first` on."""

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

    def on(number: int, moved: Callable[[date], date] | None = None) -> Callable[[date], Iterator[date]]:
        def days(month: date) -> Iterator[date]:
            length = monthrange(month.year, month.month)[1]
            if number <= length or moved:
                day = month.replace(day=min(number, length))
                yield moved(day) if moved else day

        return days

    def from_end(number: int) -> Callable[[date], Iterator[date]]:
        def days(month: date) -> Iterator[date]:
            yield month.replace(day=monthrange(month.year, month.month)[1] - number)

        return days

    def fives(moved: Callable[[date], date]) -> Callable[[date], Iterator[date]]:
        return lambda month: (day for number in (*PAYDAYS[:-1], 30) for day in on(number, moved)(month))

    named = {f"day {number} of the month": on(number) for number in range(1, 32)}
    named |= {"last day of the month": from_end(0), "last day of the month but one": from_end(1)}
    for number in PAYDAYS:
        what = "the last day" if number == 31 else f"day {number}"
        named[f"{what} of the month or the working day before"] = on(number, before)
        named[f"{what} of the month or the working day after"] = on(number, after)
    named["first working day of the month"] = on(1, after)
    named["5 and 0 days"] = fives(lambda day: day)
    named["5 and 0 days or the working day before"] = fives(before)
    start = first.replace(day=1) - timedelta(days=1)
    months = [start.replace(day=1)]
    while months[-1] <= first + timedelta(days=count):
        months.append((months[-1] + timedelta(days=31)).replace(day=1))
    rules = []
    for name, days_of in named.items():
        places = sorted(
            {((day - first).days, number) for number, month in enumerate(months) for day in days_of(month)}
        )
        inside = [(place, number) for place, number in places if 0 <= place < count]
        if inside:
            days, numbers = np.array(inside).T
            rules.append(MonthRule(name, days, numbers))
    return tuple(rules)
