"""Prophet's posterior mode, solved exactly: additive features on a linear trend with changepoints.

The minus log posterior of prophet.stan, with y and t scaled as Prophet does, is

    T log s + |y - Z p|² / 2s² + 2 s² + k²/50 + m²/50 + Σ beta²/2sd² + Σ |delta|/tau

where Z p = k t + m + X beta + Σ delta (t - changepoint)+. Given s it is a ridge regression with an L1 penalty
on delta: a convex problem that an active-set search solves exactly, in the normal equations, whose size does
not depend on the number of days. Given the rest, s² solves 4u² + Tu - RSS = 0. A few rounds of both.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv, dpotrf, dtrtrs  # type: ignore[import-untyped]

from shared.kpi.kept import Mode
from shared.kpi.series import Numbers

TREND_PRIOR = 5.0
"""Prior standard deviation of the slope and the offset, as in prophet.stan."""
SIGMA_PRIOR = 0.5
CHANGEPOINT_PRIOR = 0.05
LEAST_SIGMA = 1e-7
"""Below this share of the largest value, noise is rounding of the computer."""
ROUNDS = 60
PRECISION = 1e-7
LEAP = 2
"""Every so many rounds the noise leaps to where its steps lead: without noise they are many and small."""
LONGEST_LEAP = 3.0


@dataclass(frozen=True, eq=False)
class NormalEquations:
    """A regression by its sums: `gram` = Z'Z, `moment` = Z'y, `square` = y'y over `count` observations.

    The first columns are ridge parameters (precision `ridge` each), the last `changepoints` ones are delta.
    """

    gram: Numbers
    moment: Numbers
    square: float
    count: int
    ridge: Numbers

    @property
    def ridges(self) -> int:
        """How many parameters have a normal prior."""
        return len(self.ridge)


def objective(equations: NormalEquations, mode: Mode, tau: float = CHANGEPOINT_PRIOR) -> float:
    """The minus log posterior without its constants: what Stan minimises."""
    return (
        equations.count * float(np.log(mode.sigma))
        + _residual_square(equations, mode.parameters) / (2 * mode.sigma**2)
        + mode.sigma**2 / (2 * SIGMA_PRIOR**2)
        + 0.5 * float(equations.ridge @ mode.ridge**2)
        + float(np.abs(mode.delta).sum()) / tau
    )


def posterior_mode(
    equations: NormalEquations, start: Mode | None = None, tau: float = CHANGEPOINT_PRIOR
) -> Mode:
    """The mode. `start` (a mode nearby, of as many changepoints) saves time and changes nothing else.

    Raises LinAlgError where the equations have no solution.
    """
    ridges = equations.ridges
    delta = np.zeros(len(equations.moment) - ridges)
    sigma = float(np.sqrt(max(equations.square / max(equations.count, 1), LEAST_SIGMA**2))) / 10
    if start is not None:
        sigma = start.sigma
        delta = start.delta if len(start.delta) == len(delta) else delta
    sides = np.column_stack([equations.gram[:ridges, ridges:], equations.moment[:ridges]])
    sides = np.asfortranarray(sides)
    mode = Mode(np.zeros(ridges), delta, sigma)
    steps: list[float] = []
    for _ in range(ROUNDS):
        mode = _coefficients(equations, sides, mode, tau)
        sigma = _noise(_residual_square(equations, mode.parameters), equations.count)
        steps.append(float(np.log(sigma / mode.sigma)))
        mode = Mode(mode.ridge, mode.delta, sigma)
        left = _leap(*steps[-2:]) if len(steps) > 1 else 0.0
        is_there = abs(steps[-1]) <= PRECISION or 0 < abs(left) <= PRECISION
        if is_there or (len(steps) > 1 and sigma <= LEAST_SIGMA):
            break
        if len(steps) % LEAP == 0:
            mode = replace(mode, sigma=max(sigma * float(np.exp(left)), LEAST_SIGMA))
    return mode


def _leap(before: float, last: float) -> float:
    """How far steps that shrink by a constant share still lead (Aitken's extrapolation)."""
    share = last / before if before else 0.0
    return float(np.clip(last * share / (1 - share), -LONGEST_LEAP, LONGEST_LEAP)) if 0 < share < 1 else 0.0


def triangle(positive: Numbers) -> Numbers:
    """The lower triangular factor of a symmetric matrix, which is overwritten. Raises LinAlgError where it is
    not positive definite."""
    factor, wrong = dpotrf(positive.T, lower=1, clean=0, overwrite_a=1)
    if wrong:
        raise np.linalg.LinAlgError(f"not positive definite at row {wrong} of {len(positive)}")
    return np.asarray(factor)


def solved(factor: Numbers, sides: Numbers, *, transposed: bool = False) -> Numbers:
    """The solution of a triangular system, lower or transposed."""
    found, _ = dtrtrs(factor, sides, lower=1, trans=int(transposed))
    return np.asarray(found)


ROUNDING = 1e-10


def leverage(equations: NormalEquations, mode: Mode, row: Numbers) -> float:
    """Variance of the predicted mean at `row` in units of the noise's: how little is known of it there.

    Changepoints that are not in use are certain not to be.
    """
    count = equations.ridges
    used = np.concatenate([np.arange(count), count + np.flatnonzero(mode.delta)])
    precision = equations.gram[used[:, None], used]
    diagonal = np.einsum("ii->i", precision)
    diagonal[:count] += equations.ridge * mode.sigma**2
    # On a young history columns say the same: rounding must not make of them what can't be solved.
    diagonal += ROUNDING * float(diagonal.sum()) / len(precision)
    part = solved(triangle(precision), row[used])
    return float(part @ part)


def _coefficients(equations: NormalEquations, sides: Numbers, mode: Mode, tau: float) -> Mode:
    """The best coefficients given the noise: ridge parameters eliminated, then the changepoints searched.

    `sides` are the right sides of the ridge parameters' equations, in Fortran's order.
    """
    ridges = equations.ridges
    variance = mode.sigma**2
    block = equations.gram[:ridges, :ridges].copy()
    np.einsum("ii->i", block)[:] += variance * equations.ridge
    factor = triangle(block)
    solution = solved(factor, sides)
    cross, right = solution[:, :-1], solution[:, -1]
    inner = equations.gram[ridges:, ridges:] - cross.T @ cross
    target = equations.moment[ridges:] - cross.T @ right
    delta = sparse_mode(inner, target, variance / tau, mode.delta)
    ridge = solved(factor, right - cross @ delta, transposed=True)
    return Mode(ridge, delta, mode.sigma)


STEPS = 3
"""Steps per changepoint before the search takes what it has."""
GAIN = 1e-13
"""A step that makes this share of the objective is rounding: where the data hardly tell changepoints apart,
the search would go round and round among points that are equally good."""


def sparse_mode(inner: Numbers, target: Numbers, penalty: float, start: Numbers) -> Numbers:
    """The x that minimises x'Ax/2 - b'x + penalty |x|₁: feature-sign search (Lee et al. 2006)."""
    x = start.copy()
    signs = np.sign(x)
    tolerance = 1e-10 * penalty + 1e-12 * float(np.abs(target).max(initial=0.0))
    best = np.inf
    for _ in range(STEPS * len(x) + STEPS):
        active = np.flatnonzero(signs)
        if len(active):
            x, value = _step(inner, target, penalty, x, signs, active)
            signs = np.sign(x)
            if best - value <= GAIN * abs(value):
                break
            best = value
        slope = inner @ x - target
        used = signs != 0
        if used.any() and np.abs(slope + penalty * signs)[used].max() > 1e-7 * penalty + tolerance:
            continue  # a sign changed on the way: the step was cut short
        unused = np.where(used, 0.0, np.abs(slope))
        most = int(unused.argmax()) if len(unused) else 0
        if not len(unused) or unused[most] <= penalty * (1 + 1e-9) + tolerance:
            break
        signs[most] = -np.sign(slope[most])
    return x


def _step(
    inner: Numbers, target: Numbers, penalty: float, x: Numbers, signs: Numbers, active: NDArray[np.int_]
) -> tuple[Numbers, float]:
    """From x towards the best point with these signs, stopping where the objective is least on the way; and
    the objective there."""
    part = inner[active[:, None], active]
    right = target[active] - penalty * signs[active]
    _, goal, wrong = dposv(part, right, lower=1)
    if wrong:  # two changepoints that the data can't tell apart
        goal = np.linalg.lstsq(part, right, rcond=None)[0]
    now = x[active]
    found = x.copy()
    crossings = [1.0]
    if np.any(np.sign(goal) != signs[active]):
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = now / (now - goal)
        crossings += [float(each) for each in shares if 0 < each < 1]
    best = np.inf
    for share in crossings:
        point = now + share * (goal - now)
        point[np.abs(point) < 1e-14 * (1 + np.abs(now))] = 0.0
        value = float(point @ part @ point / 2 - target[active] @ point + penalty * np.abs(point).sum())
        if value < best:
            best, found[active] = value, point
    return found, best


def _noise(residual_square: float, count: int) -> float:
    """The noise that fits these residuals best, by its prior: 4u² + Tu - RSS = 0 with u = sigma²."""
    square = 2 * residual_square / (count + float(np.sqrt(count**2 + 4 * residual_square / SIGMA_PRIOR**2)))
    return max(float(np.sqrt(square)), LEAST_SIGMA)


def _residual_square(equations: NormalEquations, parameters: Numbers) -> float:
    fitted = equations.gram @ parameters
    return max(equations.square - float(parameters @ (2 * equations.moment - fitted)), 0.0)
