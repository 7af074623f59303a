"""A whole judgement of a day by its forecasts: what was asked for comes, on errors whose truth is known."""

from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest

from shared.kpi.detection.sight import Sight
from shared.kpi.detection.transforms import Kind, Transform
from shared.kpi.forecasts import Forecasts
from shared.kpi.judgement import Judgement, Status
from shared.kpi.series import Numbers
from shared.kpi.tables import Direction

LENGTH, FIRST = 560, 270
NOISE = 0.1
LOG = Transform(Kind.POWER, offset=1.0)


def errors(kind: str, seed: int) -> Numbers:
    random = np.random.default_rng(seed)
    if kind == "alike":
        found = np.zeros(LENGTH)
        for day in range(1, LENGTH):
            found[day] = 0.6 * found[day - 1] + 0.8 * random.normal()
        return found
    if kind == "heavy":
        return np.asarray(random.standard_t(4, LENGTH) / np.sqrt(2))
    return random.normal(0, 1, LENGTH)


def sight(values: Numbers, end: int, noise: float, sensitivity: float) -> Sight:
    """Of the last of `end` days, by forecasts that expect e^8 of each."""
    values = values[max(0, end - 300) : end]
    count = len(values)
    forecasts = Forecasts.none(count)
    forecasts.expected[-91:], forecasts.noise[-91:], forecasts.far[:] = 8.0, noise, 8.0
    learnt = values.copy()
    learnt[-1] = np.nan
    days = tuple(date(2026, 1, 1) + timedelta(days=number) for number in range(count))
    return Sight(days, values, learnt, LOG, forecasts, forecasts, sensitivity)


def judge(seen: Sight) -> Judgement:
    blank = Judgement("kpi", "", seen.days[-1], Status.NORMAL, value=float(seen.values[-1]))
    return seen.judge(blank, Direction.BOTH, is_small=False)


def looked_at(kind: str, seed: int, sensitivity: float) -> list[tuple[float, Sight]]:
    values = LOG.back(8.0 + NOISE * errors(kind, seed))
    ends = range(FIRST, LENGTH)
    return [(float(values[end - 1]), sight(values, end, NOISE, sensitivity)) for end in ends]


@cache
def alarms(kind: str, sensitivity: float, seeds: int) -> tuple[float, float]:
    """Anomalies a year, and drifts that began."""
    by_day = begun = 0
    for seed in range(seeds):
        before = Status.NORMAL
        for _, seen in looked_at(kind, seed, sensitivity):
            status = judge(seen).status
            by_day += status is Status.ANOMALY
            begun += status is Status.DRIFT and not before.is_alarming
            before = status
    years = seeds * (LENGTH - FIRST) / 365
    return by_day / years, begun / years


@pytest.mark.parametrize("kind", ["normal", "alike", "heavy"])
def test_about_as_many_alarms_come_as_are_asked_for(kind: str) -> None:
    assert 13 <= sum(alarms(kind, 26.0, 3)) <= 36
    assert 1 <= sum(alarms(kind, 6.0, 6)) <= 10


def test_fewer_alarms_asked_for_are_fewer_that_come() -> None:
    assert sum(alarms("heavy", 2.0, 6)) < sum(alarms("heavy", 6.0, 6)) < sum(alarms("heavy", 26.0, 3))


@pytest.mark.parametrize("kind", ["normal", "alike", "heavy"])
def test_intervals_cover_what_they_say_whatever_the_sensitivity(kind: str) -> None:
    inside = np.zeros(2)
    count = 0
    for seed in range(4):
        for value, seen in looked_at(kind, seed, 2.0):
            intervals = seen.intervals((0.95, 0.99))
            assert [each.level for each in intervals] == [0.95, 0.99]
            inside += [each.lower <= value <= each.upper for each in intervals]
            count += 1
    assert 0.935 <= inside[0] / count <= 0.968
    assert 0.98 <= inside[1] / count <= 0.997


def test_the_interval_of_the_days_own_probability_is_its_band() -> None:
    _, seen = looked_at("heavy", 3, 6.0)[-1]
    judged = judge(seen)
    (interval,) = seen.intervals((1 - 6 / 365,))
    assert (interval.lower, interval.upper) == pytest.approx((judged.lower, judged.upper))


@pytest.mark.parametrize("noise", [0.06, 0.1, 0.13, 0.16, 0.25])
def test_as_many_drops_are_seen_as_the_note_says(noise: float) -> None:
    said, seen_drops = [], []
    for seed in range(4):
        values = LOG.back(8.0 + noise * errors("normal", seed))
        for end in range(FIRST, LENGTH, 3):
            seen = sight(values, end, noise, 6.0)
            note = seen.noise_note(Direction.BOTH)
            said.append(int(note.split(" of 10")[0].split()[-1]) if note else 10)
            seen_drops.append(0.7 * values[end - 1] < seen.band().lower[-1])
    share = 10 * float(np.mean(seen_drops))
    assert float(np.mean(said)) == pytest.approx(share, abs=1.2)
    assert (min(said) == 10) == (share > 9)
