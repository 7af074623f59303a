"""Scales: the one on which a KPI's ups and downs are alike, chosen from its values.

Shares are read on the logit scale. Amounts are read on the logarithmic one, where a fall to half is as far as
a rise to double; unless that makes bad days far worse than good ones are good, as of what hangs on the
weather, or small days noisier than large ones, as of counts: then on that of cube roots.
"""

import numpy as np

from shared.kpi.detection.transforms import Kind, Transform, are_counts, is_signed, is_within_one
from shared.kpi.series import Numbers

SOFTENED_BY = 0.05
"""Share of the median added before taking logarithms, so that a zero is far out but not infinitely."""
LEAST_COUNT_ADDED = 0.5
"""Of counts at least this is added: one more or less of a few is no news."""
LEVEL = 8.0
"""Where the median comes to lie. Prophet scales by the largest value, so its priors would otherwise depend on
the unit (yen or dollars). Counts of a few thousand lie about here, of which the priors were measured."""
ROOT = 1 / 3
"""The power of the root. On its scale a zero is as far out as on the logarithmic one; on the square root's it
can pass for noise. KPIs that are fit for another root do nearly as well on this."""
LIKELIER = 4.0
"""By how much the root must be likelier than the logarithm, as a logarithm: some fifty times."""
LEAST_DAYS = 28
WEEKS = (-3, -2, -1, 1, 2, 3)
"""A day's like: the same weekday of these weeks around it."""
LEAST_LIKE = 3
TAILS = 5.0
"""Degrees of freedom: an outage now and then decides nothing."""
ROUNDS = 8


def kind_of(values: Numbers, is_rate: bool) -> Kind:
    """The kind of scale of a KPI with these values. `is_rate`: values within 0-1 are a share of something."""
    known = values[np.isfinite(values)]
    if not len(known) or is_signed(known) or float(known.max()) <= 0:
        return Kind.NONE
    if is_rate and is_within_one(known):
        return Kind.LOGIT if ((known > 0) & (known < 1)).any() else Kind.NONE  # only 0 and 1
    return Kind.POWER


def choose_transform(values: Numbers, is_rate: bool) -> Transform:
    """The scale for a KPI with this history: consecutive days, NaN where one has no value."""
    kind = kind_of(values, is_rate)
    known = values[np.isfinite(values)]
    if kind is Kind.NONE:
        return Transform(kind, unit=float(np.abs(known).max(initial=0.0)) or 1.0)
    known = np.maximum(known, 0.0)
    if kind is Kind.LOGIT:
        sides = np.minimum(known, 1 - known)
        plain = Transform(kind, offset=SOFTENED_BY * float(np.median(sides[sides > 0])))
        middle = float(np.median(plain.forward(known)))
        return Transform(kind, plain.offset, shift=float(np.sign(middle) or 1.0) * LEVEL - middle)
    return _of_amounts(values, known)


def _of_amounts(values: Numbers, known: Numbers) -> Transform:
    median = float(np.median(known)) or float(known[known > 0].mean())
    least = LEAST_COUNT_ADDED if are_counts(known) else 0.0
    offset = max(SOFTENED_BY * median, least)
    logarithm = Transform(Kind.POWER, offset, median + offset, LEVEL)
    root = Transform(Kind.POWER, least, median + least, LEVEL, ROOT)  # of 0 it is none too low as it is
    like = _like(values)
    # Of a zero it is not asked how likely it is: it is an outage, or a day off.
    used = np.isfinite(like) & (values > 0)
    values, like = values[used], like[used]
    if len(values) < LEAST_DAYS:
        return logarithm
    gained = _likelihood(root, values, like) - _likelihood(logarithm, values, like)
    return root if gained > LIKELIER else logarithm


def _likelihood(transform: Transform, values: Numbers, like: Numbers) -> float:
    """How likely `values` are, as a logarithm, if on this scale all are off their `like` by one law of chance
    (the profile likelihood of Box and Cox, 1964, with Student's t); NaN where most are not off at all."""
    errors = transform.forward(values) - transform.forward(like)
    scale = _scale(errors)
    slopes = (transform.power - 1) * np.log((values + transform.offset) / transform.unit)
    bends = (TAILS + 1) / 2 * np.log1p((errors / scale) ** 2 / TAILS)
    return float((slopes - bends).sum()) - len(errors) * float(np.log(scale * transform.unit))


def _like(values: Numbers) -> Numbers:
    """What each day should have been like: the median of its like, NaN where they are too few."""
    reach = 7 * max(WEEKS)
    wide = np.pad(np.maximum(values, 0.0), reach, constant_values=np.nan)
    around = np.sort([wide[reach + 7 * week :][: len(values)] for week in WEEKS], axis=0)  # NaN comes last
    count = np.isfinite(around).sum(axis=0)
    middle = np.maximum([count - 1, count], 0) // 2  # the same place twice where they are odd
    found = around[np.minimum(middle, len(WEEKS) - 1), np.arange(len(values))].mean(axis=0)
    return np.where(count >= LEAST_LIKE, found, np.nan)


def _scale(errors: Numbers) -> float:
    """The likeliest scale of errors with such tails; NaN where most of them are none."""
    squares = errors**2
    square = float(np.median(squares)) or np.nan
    for _ in range(ROUNDS):
        square = float(np.mean((TAILS + 1) * squares / (TAILS + squares / square)))
    return float(np.sqrt(square))
