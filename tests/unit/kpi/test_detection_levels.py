"""A shift that lasted, or that a person accepted, is the KPI's level: its band is as narrow as before."""

import math
from datetime import date, timedelta

import numpy as np
import pytest

from shared.kpi.detection.judging import Context, judge_series
from shared.kpi.judgement import Judgement, Status
from shared.kpi.series import Numbers, Series
from shared.kpi.tables import Direction

END = date(2026, 11, 21)
WEEK = np.array([1.0, 1.05, 1.1, 1.0, 0.95, 0.8, 0.75])


def visits(seed: int, count: int, noise: float = 0.05) -> Numbers:
    random = np.random.default_rng([seed, count])
    season = 1 + 0.1 * np.sin(2 * np.pi * np.arange(count) / 365.25)
    return np.round(10_000 * WEEK[np.arange(count) % 7] * season * np.exp(random.normal(0, noise, count)))


def judge(values: Numbers, accepted: frozenset[date] = frozenset()) -> Judgement:
    days = tuple(END - timedelta(days=len(values) - 1 - number) for number in range(len(values)))
    context = Context((), Direction.BOTH, 6.0, frozenset(), accepted)
    return judge_series(Series("visits", "", days, values), context)


def width(judged: Judgement) -> float:
    assert judged.band is not None and judged.upper is not None and judged.lower is not None
    return math.log(float(judged.band.upper[-1]) / max(float(judged.band.lower[-1]), 1.0))


@pytest.mark.parametrize("count", [300, 900])
@pytest.mark.parametrize("factor", [0.6, 1.8])
def test_four_weeks_after_a_shift_the_band_is_about_as_wide_as_before(count: int, factor: float) -> None:
    wider = []
    for seed in range(4):
        values = visits(seed, count)
        before = width(judge(values))
        values[-28:] *= factor
        judged = judge(values, accepted=frozenset({END - timedelta(days=26)}))
        assert judged.expected == pytest.approx(float(values[-8]), rel=0.25)
        wider.append(width(judged) / before)
    assert float(np.median(wider)) < 1.35


@pytest.mark.parametrize("seed", range(3))
def test_an_accepted_level_is_told_no_more_and_one_nobody_accepted_is(seed: int) -> None:
    values = visits(seed, 600)
    values[-10:] *= 0.7
    assert judge(values).status.is_alarming
    assert judge(values, accepted=frozenset({END - timedelta(days=8)})).status is Status.NORMAL
    values[-1] *= 0.6
    assert judge(values, accepted=frozenset({END - timedelta(days=8)})).status is Status.ANOMALY


@pytest.mark.parametrize("seed", range(3))
def test_one_day_far_out_is_no_level(seed: int) -> None:
    values = visits(seed, 500)
    plain = judge(values)
    values[-25] *= 5
    judged = judge(values)
    assert judged.expected == pytest.approx(plain.expected, rel=0.05)
    assert judged.status is plain.status
