"""Levels: shifts that lasted. From then on the KPI is where it is, and its past is read as if it always was.

Prophet's trend bends slowly, and not at all in the last fifth of a history: for months it would expect the
old level, and the band be as wide as that is wrong.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve  # type: ignore[import-untyped]

from shared.kpi.kept import Shift
from shared.kpi.prophet.features import CalendarColumns
from shared.kpi.prophet.history import History
from shared.kpi.prophet.outages import find_lonely, outages_by, without
from shared.kpi.prophet.refit import Refit
from shared.kpi.prophet.rolling import LEAST_DAYS
from shared.kpi.series import Numbers

LASTED_DAYS = 21
"""Days with a value since: no outage is taken for a level."""
ACCEPTED_DAYS = 3
"""Where a person said that the KPI is right as it is."""
TOLD_WITHIN = 15
"""Days within which somebody was told of it and answered."""
LOOK_BACK = 400
"""Days. Older shifts the trend has bent to."""
YEARS_FROM_DAYS = 730
YOUNG_DAYS = 150
MOST_LEVELS = 3
LIMIT, ACCEPTED_LIMIT = 4.5, 3.0
"""How far out a shift must be, in standard deviations of its size."""
LEAST_SHIFT = 2.0
"""Times the noise of a day: bands hardly widen by what is smaller."""
RAMP_DAYS = 60
ALONE = 1e-4
"""The least share of a column that is taken for its own: of one that others explain nothing follows."""
CLIP = 3.0
MOST_ALIKE = 0.9


def lifted(values: Numbers, shifts: Iterable[Shift]) -> Numbers:
    """`values` as if the KPI had always been on the level it came to by `shifts`."""
    return values + lift_of(len(values), shifts)


def lift_of(count: int, shifts: Iterable[Shift]) -> Numbers:
    """What each of `count` days is to be lifted by."""
    lift = np.zeros(count)
    for day, size in shifts:
        lift[:day] += size
    return lift


def find_shifts(
    values: Numbers, calendar: CalendarColumns, accepted: NDArray[np.bool_] | None = None
) -> tuple[Shift, ...]:
    """The shifts that lasted, in the order they were found.

    `values` has a transformed value per day of `calendar`, NaN where a day is not to be learnt from. With
    `accepted`, which marks days a person said are right: shifts of that day or shortly before count only,
    however young they are.
    """
    values = without(values, find_lonely(values, calendar))
    refit = _refit(values, calendar)
    if refit is None:
        return ()
    outages = outages_by(refit, values)
    cleaned = without(values, outages)
    if len(outages):
        refit = _refit(cleaned, calendar)
    found: list[Shift] = []
    while refit is not None and len(found) < MOST_LEVELS:
        shift = _shift(refit, lifted(cleaned, found), accepted)
        if shift is None:
            break
        found.append(shift)
        refit = _refit(lifted(cleaned, found), calendar)
    return tuple(found)


def _refit(values: Numbers, calendar: CalendarColumns) -> Refit | None:
    history = History(values, calendar)
    return Refit(history) if history.learn_until(len(values)) >= LEAST_DAYS + ACCEPTED_DAYS else None


def _shift(refit: Refit, values: Numbers, accepted: NDArray[np.bool_] | None) -> Shift | None:
    """The shift that explains most of what a fit leaves over, None where none is certain."""
    numbers, rows, misses, precision = _design(refit, values)
    count = len(numbers)
    factor = cho_factor(precision, lower=True)
    # A fit keeps changepoints small: what that leaves over is theirs, and no shift.
    misses = misses - rows @ cho_solve(factor, rows.T @ misses)
    # A column that is 1 from a day on: its products with all others are sums from the end. Of one that rises
    # by 1 a day from a day on they are the sums of those after it.
    steps = _sums(np.column_stack([rows, misses]))
    ramps = _sums(steps) - steps
    lengths = np.arange(count, 0.0, -1.0)
    explained, own = _beyond(steps[:, :-1], lengths, factor)
    _, own_of_ramps = _beyond(ramps[:, :-1], (lengths - 1) * lengths * (2 * lengths - 1) / 6, factor)
    sizes = steps[:, -1] / own
    lasted = np.arange(count, 0, -1)
    may = (np.arange(count) >= LEAST_DAYS) & (numbers >= len(values) - LOOK_BACK)
    if accepted is None:
        may &= lasted >= LASTED_DAYS
    else:
        told = np.convolve(accepted[::-1], np.ones(TOLD_WITHIN))[: len(values)][::-1] > 0
        may &= (lasted >= ACCEPTED_DAYS) & told[numbers]
    if not may.any():
        return None
    gains = np.where(may, sizes**2 * own, 0.0)
    best = int(gains.argmax())
    near = may & (numbers >= numbers[best] - RAMP_DAYS)
    if float((ramps[near, -1] ** 2 / own_of_ramps[near]).max()) > gains[best]:
        return None  # it is still on its way
    after = (np.arange(count) >= best).astype(np.float64)
    left = misses - sizes[best] * (after - rows @ explained[:, best])
    noise = 1.4826 * float(np.median(np.abs(left)))
    noise = max(noise, float(np.sqrt(np.mean(np.clip(left, -CLIP * noise, CLIP * noise) ** 2))))
    clipped = np.clip(left, -CLIP * noise, CLIP * noise)
    square = float(clipped @ clipped)
    alike = float(np.clip(clipped[1:] @ clipped[:-1] / square, 0, MOST_ALIKE)) if square else 0.0
    out = np.sqrt(gains[best] * (1 - alike) / (1 + alike))
    limit = LIMIT if accepted is None else ACCEPTED_LIMIT
    if not (out > limit * noise and abs(sizes[best]) > LEAST_SHIFT * noise):
        return None
    return int(numbers[best]), float(sizes[best])


def _sums(columns: Numbers) -> Numbers:
    """Sums from each row to the end."""
    return np.asarray(np.cumsum(columns[::-1], axis=0)[::-1])


def _beyond(products: Numbers, squares: Numbers, factor: tuple[Numbers, bool]) -> tuple[Numbers, Numbers]:
    """What the other columns explain of columns, by their products, and the square that is left of each."""
    explained = cho_solve(factor, products.T)
    left = squares - np.einsum("dp,pd->d", products, explained)
    return explained, np.maximum(left, ALONE * np.maximum(squares, 1.0))


def _design(refit: Refit, values: Numbers) -> tuple[NDArray[np.int_], Numbers, Numbers, Numbers]:
    """What explains a KPI besides a shift: days, regression rows, what they leave over, and their precision.

    Of a young history the week and a straight line: its year's curve can't be told from a shift.
    """
    history = refit.history
    calendar, numbers = history.calendar, history.numbers
    used = np.concatenate([np.ones(refit.equations.ridges, dtype=bool), refit.mode.delta != 0])
    if numbers[-1] - numbers[0] >= YEARS_FROM_DAYS:
        rows = refit.rows[numbers][:, used]
        penalty = np.zeros(rows.shape[1])
        penalty[: refit.equations.ridges] = refit.equations.ridge * refit.noise**2
        precision = rows.T @ rows + np.diag(penalty)
        misses = refit.misses(values)[numbers]
    else:
        numbers = numbers[-YOUNG_DAYS:]
        week = (calendar.occasion < 0) & ~calendar.is_yearly
        rows = np.column_stack([history.every[numbers, :2], calendar.columns[np.ix_(numbers, week)]])
        precision = rows.T @ rows
        known = values[numbers] - refit.occasions()[numbers]
        misses = known - rows @ np.linalg.lstsq(rows, known, rcond=None)[0]
    precision[np.diag_indices_from(precision)] *= 1 + 1e-9
    return numbers, rows, misses, precision
