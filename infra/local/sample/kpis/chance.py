"""Chance: what makes one day differ from the next although nothing happened."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from infra.local.sample.kpis.seasons import Numbers, Rhythm, season

MEMORY = 0.4
"""How much of a day's deviation is still there on the next."""
TAIL = 5
"""Degrees of freedom of the daily shock: four standard deviations out are about once in two years."""
LARGEST = 5.0
"""A shock of more standard deviations would be an incident, and a healthy table has none."""


def deviations(seed: str, count: int, spread: float) -> Numbers:
    """What chance does to each day, as logarithms: with memory, heavy-tailed; `spread` is their deviation."""
    random = np.random.default_rng(list(seed.encode()))
    last = spread * random.standard_normal()
    shocks = random.standard_t(TAIL, count) * np.sqrt((TAIL - 2) / TAIL)
    found = np.empty(count)
    for number, shock in enumerate(shocks.clip(-LARGEST, LARGEST)):
        last = MEMORY * last + spread * np.sqrt(1 - MEMORY**2) * shock
        found[number] = last
    return found


def volumes(
    seed: str, days: Sequence[date], base: float, rhythm: Rhythm, spread: float, shared: Numbers | float = 0.0
) -> Numbers:
    """Whole numbers around `base`. `shared` are deviations several numbers have in common."""
    chance = deviations(seed, len(days), spread) + shared
    return np.rint(base * season(rhythm, days, seed) * np.exp(chance))


def parts(
    seed: str, days: Sequence[date], wholes: Numbers, rate: float, rhythm: Rhythm, spread: float
) -> Numbers:
    """How many of `wholes` do something: binomial, at a `rate` that has seasons and deviations of its own."""
    rates = rate * season(rhythm, days, seed) * np.exp(deviations(seed, len(days), spread))
    random = np.random.default_rng(list(f"{seed} parts".encode()))
    return random.binomial(wholes.astype(np.int64), np.clip(rates, 0, 1)).astype(np.float64)


def shares(
    seed: str, days: Sequence[date], level: float, spread: float, rhythm: Rhythm | None = None
) -> Numbers:
    """Numbers between 0 and 1 around `level`: seasons and deviations move the odds."""
    odds = level / (1 - level) * np.exp(deviations(seed, len(days), spread))
    odds = odds * season(rhythm or Rhythm(), days, seed)
    return np.round(odds / (1 + odds), 6)
