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
"""Of these, all years together, to say anything."""
TYPICAL_WEIGHT = 20
"""How many days the rest of the history counts for: a few days of one year are chance."""
GROSS = 3.0
"""A day farther off than this many times the usual one counts as this far: an outage makes no season."""


def volatility(numbers: NDArray[np.int_], misses: Numbers, day: int) -> float:
    """How many times the usual size errors have around day number `day`, 1 where no earlier year says.

    `misses` are how far learnt days were from a fit, `numbers` those days' numbers, all below `day`.
    """
    sizes = np.abs(misses)
    usual = float(np.median(sizes)) / 0.6745 if len(sizes) else 0.0
    away = (day - numbers + AROUND) % YEAR  # from the first of the days around, a year before or several
    is_around = (away <= 2 * AROUND) & (numbers < day - AROUND)
    count = int(is_around.sum())
    if count < LEAST_DAYS or not usual > 0:
        return 1.0
    squares = np.minimum(sizes / usual, GROSS) ** 2
    typical = float(squares.mean())
    square = (float(squares[is_around].sum()) + TYPICAL_WEIGHT * typical) / (count + TYPICAL_WEIGHT)
    return float(np.sqrt(square / typical))
