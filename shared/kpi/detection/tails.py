"""Tails: how often an error is how large, to either side, by the last weeks' own errors.

84 errors say how wide the middle is, but little of what comes twice a year. So all distributions are asked
that may be theirs: Student's t with its own scale to either side, and with thinner or thicker tails. Each
counts by how well it explains the errors (its posterior probability); what they say together is the measured
distribution: it covers what its level says, with nothing to set for a KPI.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln  # type: ignore[import-untyped]

from shared.kpi.chances import student_isf, student_sf
from shared.kpi.series import Numbers

STEP = 0.1
"""Of scales, on the logarithmic scale: finer than 84 errors can tell them apart."""
SCALES, LEANS = 7, 6
"""Scales and leanings tried in either direction: up to twice or half of what is expected."""
LIKELY_SCALE, LIKELY_LEAN = 0.35, 0.25
"""How far the logarithms of both usually are from none, before the errors say otherwise."""
LIKELY_HALF = 15.0
"""For so many errors it counts, before others are seen, that as many are above as below expectation."""
TAILS = np.array([3.0, 4.0, 5.0, 7.0, 12.0, 40.0])
LIKELY_TAILS = np.array([0.7, 1.2, 2.0, 2.2, 2.0, 1.5])
"""Degrees of freedom, and how often a KPI has such tails: from outages now and then to almost none."""
COVERED_TAIL, NORMAL_LIMIT = 0.025, 1.96
"""A scale of 1 has this share beyond this, whatever its tails."""
LEAST_SCALE = 1e-12
"""Of errors that are all 0."""
NEAREST, FARTHEST = -60, 60
"""The range of sizes that are tabulated, in steps around a scale of 1: 0.0025 to 400 times."""


@dataclass(frozen=True, eq=False)
class Tails:
    """Probabilities of errors beyond each of `sizes`, which rise: above and below what was expected."""

    sizes: Numbers
    above: Numbers
    below: Numbers

    def limits(self, probability: float) -> tuple[float, float]:
        """How far below and above expectation errors come to lie with this probability in all, half of it
        on either side: two positive numbers."""
        side = float(np.log(min(max(probability, 1e-9), 0.9) / 2))
        below, above = (self._size(side, beyond) for beyond in (self.below, self.above))
        return below, above

    def _size(self, logarithm: float, beyond: Numbers) -> float:
        return float(np.exp(np.interp(-logarithm, -np.log(beyond), np.log(self.sizes))))

    def beyond(self, size: float) -> float:
        """The probability of an error above `size`, which may be negative."""
        if size < 0:
            return 1 - _at(-size, self.sizes, self.below)
        return _at(size, self.sizes, self.above)


def tails_of(errors: Numbers, scale: float) -> Tails:
    """What the known `errors` (any number of them) say, whose scale is expected to be about `scale`."""
    table, scale = _table(), max(scale, LEAST_SCALE)
    sizes = np.abs(errors) / scale
    # By scale and tails: minus the logarithm of how well each error is explained.
    shares = sizes[:, None, None] / table.scales[:, None] / table.units
    costs = np.log1p(shares**2 / TAILS) * (TAILS + 1) / 2 + np.log(table.scales)[:, None] - table.peaks
    is_above = errors > 0
    above, below = costs[is_above].sum(axis=0), costs[~is_above].sum(axis=0)
    log = table.prior - above[table.up] - below[table.down]
    chances = np.exp(log - log.max())
    chances /= chances.sum()
    share = (float(is_above.sum()) + LIKELY_HALF) / (len(errors) + 2 * LIKELY_HALF)
    found = []
    for places, part in ((table.up, share), (table.down, 1 - share)):
        weights = np.zeros((len(table.scales), len(TAILS)))
        np.add.at(weights, places, chances)
        found.append(part * np.einsum("sgt,gt->s", table.beyond, weights))
    return Tails(table.sizes * scale, found[0], found[1])


def _at(size: float, sizes: Numbers, beyond: Numbers) -> float:
    return float(np.interp(np.log(max(size, sizes[0])), np.log(sizes), beyond))


@dataclass(frozen=True, eq=False)
class _Table:
    """What does not depend on the errors. `up` and `down`: the place of the scale of either side among
    `scales`, by scale and leaning; `beyond` is by size, scale and tails."""

    scales: Numbers
    units: Numbers
    up: NDArray[np.int_]
    down: NDArray[np.int_]
    prior: Numbers
    peaks: Numbers
    sizes: Numbers
    beyond: Numbers


@cache
def _table() -> _Table:
    reach = SCALES + LEANS
    scale, lean = np.arange(-SCALES, SCALES + 1)[:, None], np.arange(-LEANS, LEANS + 1)[None, :]
    up, down = scale + lean + reach, scale - lean + reach
    scales = np.exp(STEP * np.arange(-reach, reach + 1))
    units = NORMAL_LIMIT / student_isf(COVERED_TAIL, TAILS)
    prior = -((STEP * scale / LIKELY_SCALE) ** 2) / 2 - (STEP * lean / LIKELY_LEAN) ** 2 / 2
    prior = prior[..., None] + np.log(LIKELY_TAILS / LIKELY_TAILS.sum())
    peaks = gammaln((TAILS + 1) / 2) - gammaln(TAILS / 2) - np.log(TAILS * np.pi) / 2 - np.log(units)
    sizes = np.exp(STEP * np.arange(NEAREST, FARTHEST + 1))
    beyond = 2 * student_sf(sizes[:, None, None] / scales[:, None] / units, TAILS)
    return _Table(
        scales=scales,
        units=units,
        up=up,
        down=down,
        prior=prior,
        peaks=peaks,
        sizes=sizes,
        beyond=beyond,
    )
