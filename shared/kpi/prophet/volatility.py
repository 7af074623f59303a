"""Volatility: how much more than usual a KPI jumps about at this time of the year, by earlier years.

Electricity goes by the weather in winter, visits of a university by its examinations: the same weeks are
harder to foresee every year. Errors of the last weeks tell that only once it is over.
"""

import numpy as np
from numpy.typing import NDArray

from shared.kpi.series import Numbers

YEAR = 364
"""Days after which season and weekday are the same again."""
AROUND = 14
"""Days before and after that are looked at in every earlier year."""
LEAST_DAYS = 14
"""Of these, in one year, for that year to say anything."""
TYPICAL_YEARS = 1
"""How many years the rest of the history counts for: what was so once need not come back."""
CALMEST = 0.8
"""A season that was calm by chance must not make the band so narrow that healthy days are told."""
GROSS = 3.0
"""A day farther off than this many times the usual one counts as this far: an outage makes no season."""


def volatility(numbers: NDArray[np.int_], misses: Numbers, day: int) -> float:
    """How many times the usual size errors have around day number `day`, 1 where no earlier year says.

    `misses` are how far learnt days were from a fit, `numbers` those days' numbers, all below `day`.
    """
    sizes = np.abs(misses)
    usual = float(np.median(sizes)) / 0.6745 if len(sizes) else 0.0
    if not usual > 0:
        return 1.0
    squares = np.minimum(sizes / usual, GROSS) ** 2
    years, away = np.divmod(day - numbers + AROUND, YEAR)
    is_around = (years > 0) & (away <= 2 * AROUND)
    known = np.bincount(years[is_around])
    sums = np.bincount(years[is_around], squares[is_around])
    told = known >= LEAST_DAYS
    if not told.any():
        return 1.0
    typical = float(squares.mean())
    means = sums[told] / known[told]
    square = (float(means.sum()) + TYPICAL_YEARS * typical) / (len(means) + TYPICAL_YEARS)
    return max(float(np.sqrt(square / typical)), CALMEST)
