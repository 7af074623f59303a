"""Chances: the distributions bands are made of, without scipy.stats, whose import takes longer than a check.

Each is named as in scipy.stats and gives the same: sf is the probability beyond, isf its inverse, ppf the
smallest value that has at least so much up to it.
"""

import numpy as np
from scipy.special import (  # type: ignore[import-untyped]
    betainc,
    nbdtrik,
    pdtr,
    pdtrc,
    pdtrik,
    stdtr,
    stdtrit,
)

from shared.kpi.series import Numbers


def student_sf(sizes: Numbers, freedom: Numbers | float) -> Numbers:
    """The share of Student's t beyond `sizes`."""
    return np.asarray(stdtr(freedom, -sizes))


def student_isf(tail: float, freedom: Numbers | float) -> Numbers:
    """What Student's t has the share `tail` beyond."""
    return np.asarray(-stdtrit(freedom, tail))


def poisson_sf(count: float, mean: float) -> float:
    """The probability of more than `count` of what comes `mean` times."""
    return float(pdtrc(np.floor(count), mean)) if count >= 0 else 1.0


def poisson_ppf(share: float, mean: float) -> float:
    """The smallest count that has `share` up to it."""
    count = float(np.ceil(pdtrik(share, mean)))
    before = max(count - 1, 0.0)
    return before if pdtr(before, mean) >= share else count


def negative_binomial_ppf(share: float, successes: float, probability: float) -> float:
    """The same of failures before so many successes, which need not be whole."""
    count = float(np.ceil(nbdtrik(share, successes, probability)))
    before = max(count - 1, 0.0)
    return before if betainc(successes, before + 1, probability) >= share else count
