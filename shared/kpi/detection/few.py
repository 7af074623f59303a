"""Few: KPIs that are often 0, and counts too small for a model of amounts, by how often each value comes.

Whether there is anything at all, and how much there is then, are two questions (a hurdle model): the share of
zeros by weekday, and of what is not zero a negative binomial distribution for counts, a logarithmic one for
amounts. A run of zeros is told when its probability is below the limit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.kpi.chances import negative_binomial_ppf, poisson_ppf
from shared.kpi.detection.tails import tails_of
from shared.kpi.forecasts import WEEK
from shared.kpi.series import Numbers

HALF_LIFE_DAYS = 120.0
"""A day so long ago counts half: what is rare grows too."""
SHRINK = 2.0
"""How many days a weekday has in common with all others."""
LEAST_SEEN = 8
"""Values that are not zero needed to say how large they usually are."""
WIDEST, NARROWEST = 1.0, 0.25
"""Of amounts, on the logarithmic scale."""
LEAST_TOP = 2.0
"""A count has to exceed this to be news."""


@dataclass(frozen=True)
class Few:
    """What is expected of a day. After an improbable run of zeros, `run` days with this one, 0 is outside."""

    expected: float
    lower: float
    upper: float
    run: int


def band_of_few(window: Numbers, today: float, probability: float, is_count: bool) -> Few:
    """The band of the day after `window` (consecutive days, NaN where there is no value, one at least)."""
    count = len(window)
    known = np.isfinite(window)
    weights = np.where(known, 0.5 ** (np.arange(count, 0, -1) / HALF_LIFE_DAYS), 0.0)
    weekdays = (np.arange(count + 1) - count) % WEEK
    zero = window == 0
    zeros = _by_weekday(zero.astype(np.float64), weights, weekdays)
    none = float(zeros[0])
    seen = np.flatnonzero(known & ~zero)
    positive, shares = window[seen], weights[seen]
    usual = _by_weekday(np.where(known & ~zero, window, 0.0), np.where(zero, 0.0, weights), weekdays)
    expected = (1 - none) * float(usual[0])
    tail = min(probability / 2 / max(1 - none, 1e-9), 1.0)
    lower = 0.0
    if is_count:
        middle, variance = _spread_of_counts(positive, shares, usual[weekdays[seen]], float(usual[0]))
        upper = max(_top_of_counts(middle, variance, tail), LEAST_TOP)
        if none < probability / 2:
            lower = _bottom_of_counts(middle, variance, (probability / 2 - none) / (1 - none))
    else:
        upper = _top_of_amounts(positive, tail)
    run, chance = _zeros_in_a_row(zero, known, zeros, weekdays)
    if today == 0 and chance < probability / 2:
        lower = max(lower, float(positive.min()) if len(positive) else 0.0)
    return Few(min(max(expected, lower), upper), lower, upper, run)


def _by_weekday(values: Numbers, weights: Numbers, weekdays: NDArray[np.int_]) -> Numbers:
    """Weighted means by weekday (0: the day's own), drawn towards that of all days."""
    total = float(weights.sum())
    overall = float(weights @ np.nan_to_num(values)) / total if total else 0.0
    found = np.empty(WEEK)
    for weekday in range(WEEK):
        part = weekdays[:-1] == weekday
        within = float(weights[part].sum())
        found[weekday] = float(weights[part] @ np.nan_to_num(values[part])) + SHRINK * overall
        found[weekday] /= within + SHRINK
    return found


def _spread_of_counts(
    positive: Numbers, shares: Numbers, means: Numbers, usual: float
) -> tuple[float, float]:
    """Mean and variance of what a day's count is above 1, on a day as large as `usual`.

    `means` are how large the days of each count's weekday usually are: that they differ is no dispersion.
    """
    mean = max(usual - 1, 0.05)
    total = float(shares.sum())
    if total <= 0:
        return mean, mean + mean**2
    variance = float(shares @ (positive - means) ** 2) / float(shares @ means) * (mean + 1)
    if len(positive) < LEAST_SEEN:
        variance = max(variance, mean + mean**2)
    return mean, max(variance, mean) * (1 + 1 / max(len(positive), 1))


def _top_of_counts(mean: float, variance: float, tail: float) -> float:
    if variance <= mean * (1 + 1e-9):
        return 1 + poisson_ppf(1 - tail, mean)
    return 1 + negative_binomial_ppf(1 - tail, mean**2 / (variance - mean), mean / variance)


def _bottom_of_counts(mean: float, variance: float, tail: float) -> float:
    if variance <= mean * (1 + 1e-9):
        return 1 + poisson_ppf(tail, mean)
    return 1 + negative_binomial_ppf(tail, mean**2 / (variance - mean), mean / variance)


def _top_of_amounts(positive: Numbers, tail: float) -> float:
    if not len(positive):
        return 0.0
    logs = np.log(positive)
    wide = max(float(np.std(logs)), NARROWEST) if len(positive) >= LEAST_SEEN else WIDEST
    middle = float(np.median(logs))
    return float(np.exp(middle + tails_of(logs - middle, wide).limits(2 * tail)[1]))


def _zeros_in_a_row(
    zero: NDArray[np.bool_], known: NDArray[np.bool_], zeros: Numbers, weekdays: NDArray[np.int_]
) -> tuple[int, float]:
    """How many zeros there are in a row if today is one, and the probability of that."""
    places = np.flatnonzero(known)
    ends = np.flatnonzero(~zero[places])
    row = places[int(ends[-1]) + 1 :] if len(ends) else places
    before, after = zero[places][:-1], zero[places][1:]
    # Zeros come in company: after one the next is as likely as it was so far.
    usual = float(zeros.mean())
    again = (float((before & after).sum()) + usual) / (float(before.sum()) + 1)
    chances = np.append(zeros[weekdays[row]], zeros[0])
    chances[1:] = np.maximum(chances[1:], again)
    return len(chances), float(np.prod(chances))
