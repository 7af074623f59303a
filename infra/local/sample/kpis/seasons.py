"""Seasons: how a marketplace's days differ before any chance comes in.

Growth, week and year, Japan's holidays, New Year and Obon, and the shop's own sale weeks, whose days are
those of infra/calendar.yaml.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays
import numpy as np
from numpy.typing import NDArray

type Numbers = NDArray[np.float64]

FIRST_DAY = date(2024, 1, 12)
ANCHOR_DAY = date(2026, 1, 12)
"""The newest day of the sample; it is checked on the morning after."""

TURN = date(2025, 4, 1)
"""From here on everything grows half as fast."""
NEW_YEAR = {(12, 29): 0.97, (12, 30): 0.88, (12, 31): 0.74, (1, 1): 0.70, (1, 2): 0.84, (1, 3): 0.93}
OBON = {(8, 13): 0.95, (8, 14): 0.92, (8, 15): 0.92, (8, 16): 0.95}
SUNDAY = 6


@dataclass(frozen=True)
class Sale:
    """One sale week: its days, and how strong it is among the sales."""

    name: str
    start: date
    end: date
    strength: float


@dataclass(frozen=True)
class Rhythm:
    """How one number swings. All are factors or, where small, shares: 0.1 is a tenth more.

    `week` is from Monday; `holiday` on public holidays, which otherwise pass like a Sunday; `quiet_days`
    is how much of New Year's and Obon's dip is felt; `sale` is the gain of a sale of strength 1.
    """

    week: tuple[float, float, float, float, float, float, float] = (1, 1, 1, 1, 1, 1, 1)
    yearly_growth: float = 0.0
    year_swing: float = 0.0
    holiday: float = 1.0
    quiet_days: float = 0.0
    sale: float = 0.0


def all_days(until: date) -> tuple[date, ...]:
    """Every day of the sample, the oldest first."""
    return tuple(FIRST_DAY + timedelta(days=number) for number in range((until - FIRST_DAY).days + 1))


def sales(year: int) -> Iterator[Sale]:
    """The sale weeks of a year, without black friday, whose days are named year by year."""
    yield Sale("winter sale", date(year, 1, 5), date(year, 1, 11), 1.0)
    yield Sale("spring sale", date(year, 3, 14), date(year, 3, 20), 0.6)
    yield Sale("summer sale", date(year, 6, 20), date(year, 6, 29), 0.9)
    yield Sale("autumn sale", date(year, 9, 12), date(year, 9, 18), 0.6)


BLACK_FRIDAYS = (
    Sale("black friday", date(2023, 11, 20), date(2023, 11, 26), 1.2),
    Sale("black friday", date(2024, 11, 25), date(2024, 12, 1), 1.2),
    Sale("black friday", date(2025, 11, 24), date(2025, 11, 30), 1.2),
)


@cache
def all_sales(last_year: int) -> tuple[Sale, ...]:
    """Every sale from the sample's first year to `last_year`, in order."""
    found = [sale for year in range(FIRST_DAY.year, last_year + 1) for sale in sales(year)]
    return tuple(sorted([*found, *BLACK_FRIDAYS], key=lambda sale: sale.start))


def season(rhythm: Rhythm, days: Sequence[date], seed: str) -> Numbers:
    """What `rhythm` makes of each day, around 1. `seed` names the number: no two sales are quite alike."""
    found = [_ordinary_day(rhythm, day) for day in days]
    return np.array(found) * np.exp(_sale_gains(rhythm, days, seed))


def _ordinary_day(rhythm: Rhythm, day: date) -> float:
    years = (min(day, TURN) - FIRST_DAY).days / 365.25 + max(0, (day - TURN).days) / 730.5
    phase = 2 * np.pi * day.timetuple().tm_yday / 365.25
    # Fashion sells best in spring and late in autumn.
    swing = rhythm.year_swing * (0.5 * np.cos(phase - 5.4) + np.cos(2 * phase - 3.5))
    level = float(np.exp(rhythm.yearly_growth * years + swing))
    quiet = (NEW_YEAR | OBON).get((day.month, day.day))
    if quiet is not None:
        melted = float(np.mean(rhythm.week))  # nobody knows which weekday it is
        return level * float(quiet**rhythm.quiet_days) * melted
    if is_holiday(day):
        return level * rhythm.week[SUNDAY] * rhythm.holiday
    return level * rhythm.week[day.weekday()]


def _sale_gains(rhythm: Rhythm, days: Sequence[date], seed: str) -> Numbers:
    """Logarithms. A sale begins and ends strongly, and takes a little from the two days either side."""
    gains = np.zeros(len(days))
    places = {day: place for place, day in enumerate(days)}
    for sale in all_sales(days[-1].year):
        random = np.random.default_rng(list(f"{seed} {sale.name} {sale.start}".encode()))
        gain = np.log1p(rhythm.sale * sale.strength) * random.normal(1.0, 0.06)
        for day, share in _course(sale):
            if day in places:
                gains[places[day]] += gain * share
    return gains


def _course(sale: Sale) -> Iterator[tuple[date, float]]:
    length = (sale.end - sale.start).days + 1
    for number in range(-2, length + 2):
        inside = 1.15 if number in (0, length - 1) else 0.95
        yield sale.start + timedelta(days=number), inside if 0 <= number < length else -0.12


@cache
def _holidays_of(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("JP", years=year))


def is_holiday(day: date) -> bool:
    """Whether it is one of Japan's public holidays."""
    return day in _holidays_of(day.year)
