"""The drift rules on errors whose truth is known."""

import math

import numpy as np
import pytest

from shared.kpi.detection.calibration import calibrate, point_probability
from shared.kpi.detection.drift import creep_limit, drift_limit, find_creep, find_drift
from shared.kpi.series import Numbers

ONES = np.ones(84)


def errors(seed: int, carry: float = 0.0, count: int = 84) -> Numbers:
    random = np.random.default_rng(seed)
    found = np.zeros(count)
    for number in range(count):
        found[number] = carry * found[number - 1] + random.normal(0, math.sqrt(1 - carry**2))
    return found


@pytest.mark.parametrize("carry", [0.0, 0.5, 0.8])
def test_errors_that_are_only_alike_from_day_to_day_are_rarely_a_drift(carry: float) -> None:
    limit = drift_limit(8.0)
    found = [find_drift(errors(seed, carry), ONES, 1.0) for seed in range(400)]
    told = [each for each in found if each is not None and abs(each.out) > limit]
    assert len(told) / 400 < 0.06


@pytest.mark.parametrize("side", [1, -1])
def test_a_shift_of_a_week_is_found_on_its_side_with_its_first_day(side: int) -> None:
    shifted = errors(1) * 0.7
    shifted[-7:] = side * 2.0
    shifted[-8] = -side * 0.1
    found = find_drift(shifted, ONES, 1.0)
    assert found is not None
    assert found.out * side > drift_limit(8.0)
    assert found.days == 7


def test_last_days_on_both_sides_are_no_drift() -> None:
    shifted = errors(1)
    shifted[-14:] = 3.0
    shifted[-2] = -0.1
    assert find_drift(shifted, ONES, 1.0) is None


def test_one_wild_day_makes_no_drift() -> None:
    wild = errors(4) * 0.5
    wild[-3:] = [0.1, 0.1, 0.1]
    wild[-5] = 50.0
    found = find_drift(wild, ONES, 1.0)
    assert found is None or abs(found.out) < drift_limit(8.0)


def test_days_little_was_known_of_weigh_little() -> None:
    shifted = errors(2)
    shifted[-7:] = 2.5
    sure = find_drift(shifted, ONES, 1.0)
    spreads = ONES.copy()
    spreads[-7:] = 4.0
    unsure = find_drift(shifted, spreads, 1.0)
    assert sure is not None and (unsure is None or abs(unsure.out) < abs(sure.out) / 2)


@pytest.mark.parametrize("count", [0, 1, 13, 33])
def test_too_few_errors_say_nothing(count: int) -> None:
    assert find_drift(errors(1, count=count), np.ones(count), 1.0) is None


def test_a_day_without_value_says_nothing_of_drift() -> None:
    missing = errors(1)
    missing[-1] = np.nan
    assert find_drift(missing, ONES, 1.0) is None
    assert find_creep(np.append(errors(1, count=250), np.nan), 1.0) is None


def test_a_creep_of_six_weeks_is_found_with_about_its_first_day() -> None:
    crept = errors(5, count=42 + 26 * 7)
    crept[-42:] -= 0.1 * np.arange(1, 43)
    found = find_creep(crept, 1.0)
    assert found is not None and found.out < -creep_limit(6.0)
    assert 35 <= found.days <= 42


def test_forecasts_that_are_always_far_off_make_no_creep() -> None:
    wandering = errors(6, carry=0.98, count=42 + 26 * 7) * 5
    wandering[-42:] = wandering[-84:-42]
    found = find_creep(wandering, 0.1)
    assert found is None or abs(found.out) < creep_limit(6.0)


def test_limits_fall_with_the_alarms_allowed() -> None:
    weeks = [drift_limit(each) for each in (0.1, 0.6, 2.4, 12)]
    days = [point_probability(each) for each in (0, 1, 6, 26, 365, 1e9)]
    assert weeks == sorted(weeks, reverse=True)
    assert days == sorted(days) and days[0] == 0 and days[-1] == 0.5


def test_the_measured_limits_cover_95_percent_of_what_comes_next() -> None:
    inside = []
    for seed in range(500):
        drawn = np.random.default_rng(seed).standard_t(5, 85) * 3
        calibration = calibrate(drawn[:-1], ONES, 3.0)
        off = drawn[-1] - calibration.carried(drawn[:-1], ONES)[-1]
        below, above = calibration.tails.limits(0.05)
        inside.append(-below <= off <= above)
    assert 0.925 <= float(np.mean(inside)) <= 0.975


def test_what_is_alike_from_day_to_day_is_carried_over() -> None:
    assert calibrate(errors(1, carry=0.7), ONES, 1.0).carry == pytest.approx(0.7, abs=0.2)
    assert calibrate(errors(1) * np.resize([1, -1], 84) + np.resize([2, -2], 84), ONES, 1.0).carry == 0


def test_a_week_of_outage_does_not_make_the_next_one_normal() -> None:
    before = errors(3)
    after = before.copy()
    after[-7:] = -60
    calm, shaken = calibrate(before, ONES, 1.0), calibrate(after, ONES, 1.0)
    assert shaken.noise < 2.7 * calm.noise
    assert shaken.carried(after, ONES)[-1] > -1


def test_without_errors_the_models_own_noise_counts() -> None:
    assert calibrate(np.full(84, np.nan), ONES, 0.3).noise == 0.3
