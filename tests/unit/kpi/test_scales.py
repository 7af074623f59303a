"""Which scale is chosen for which KPI, and that the choice neither flaps nor hides an outage."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kpi.detection.judging import Context, judge_kept
from shared.kpi.detection.scales import LEAST_DAYS, ROOT, choose_transform
from shared.kpi.detection.transforms import Kind, Transform
from shared.kpi.prophet.anchors import anchor_of
from shared.kpi.series import Numbers, Series
from shared.kpi.tables import Direction

FIRST = date(2025, 1, 1)
SEEDS = range(4)


def made(kind: str, seed: int, count: int = 700) -> Numbers:
    """Counts of about 3,000 a day, with a week and a year, and noise of this kind."""
    random = np.random.default_rng(seed)
    number = np.arange(count)
    log = 0.15 * np.sin(2 * np.pi * number / 7) + 0.4 * np.sin(2 * np.pi * number / 365)
    usual = 3000 * np.exp(log)
    if kind == "as a share":
        values = usual * np.exp(random.normal(0, 0.15, count))
    elif kind == "as a share, in bursts":
        values = usual * np.exp(0.1 * random.standard_t(4, count))
    elif kind == "as an amount":
        values = usual + random.normal(0, 450, count)
    elif kind == "as of counts":
        values = random.poisson(usual / 50)
    elif kind == "by the weather":
        values = usual * np.exp(random.normal(0, 0.1, count))
        values *= np.where(random.random(count) < 0.25, 1 - 0.9 * random.beta(2, 2, count), 1)
    else:
        raise KeyError(kind)
    return np.maximum(np.round(values), 0.0)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("kind", "is_root"),
    [
        ("as a share", False),
        ("as a share, in bursts", False),
        ("as an amount", True),
        ("as of counts", True),
        ("by the weather", True),
    ],
)
def test_the_scale_is_the_one_on_which_noise_is_alike(kind: str, is_root: bool, seed: int) -> None:
    values = made(kind, seed)
    chosen = choose_transform(values, is_rate=False)
    assert (chosen.power > 0) is is_root
    assert choose_transform(values.copy(), is_rate=False) == chosen


@pytest.mark.parametrize("kind", ["as a share", "as an amount", "by the weather"])
def test_the_unit_of_an_amount_says_nothing(kind: str) -> None:
    values = made(kind, 1) + 0.5  # no counts, to which a half is added
    chosen = choose_transform(values, is_rate=False)
    assert {choose_transform(values * unit, is_rate=False).power for unit in (1e-6, 1e6)} == {chosen.power}


def test_an_outage_now_and_then_changes_no_scale() -> None:
    for kind, is_root in (("as a share", False), ("as an amount", True)):
        values = made(kind, 2)
        values[100:107] = 0
        values[300:600:50] *= 0.05
        values[400:410] = np.nan
        assert (choose_transform(values, is_rate=False).power > 0) is is_root


def test_without_evidence_amounts_are_read_on_the_logarithmic_scale() -> None:
    for values in (made("as an amount", 0)[:LEAST_DAYS], np.full(400, 7.0), np.tile([5.0, 5, 5, 9], 90)):
        assert choose_transform(values, is_rate=False).power == 0
    values = made("as an amount", 0)
    values[7:-7] = np.nan  # no day has its like
    assert choose_transform(values, is_rate=False).power == 0


@given(
    st.lists(st.floats(0, 1e9), min_size=1),
    st.floats(-1e6, 1e6),
    st.sampled_from([0.0, ROOT]),
    st.sampled_from([0.0, 0.5]),
)
def test_on_no_scale_anything_comes_back_below_zero(
    values: list[float], scaled: float, power: float, offset: float
) -> None:
    transform = Transform(
        Kind.POWER, offset=offset or (0.0 if power else 1.0), unit=300.0, shift=8.0, power=power
    )
    assert transform.back(np.array([scaled]))[0] >= 0
    there = transform.back(transform.forward(np.array(values)))
    assert there == pytest.approx(values, rel=1e-6, abs=1e-6)


def judged_on(values: Numbers, count: int) -> tuple[Series, Context]:
    days = tuple(FIRST + timedelta(days=number) for number in range(count))
    return Series("orders", "", days, values[:count]), Context((), Direction.BOTH, 6.0, frozenset())


def test_the_scale_stands_from_anchor_to_anchor() -> None:
    # Noise that turns from one kind to another: some day between two anchors another scale is likelier.
    values = np.append(made("as a share", 3, 420), made("by the weather", 3, 700)[420:])
    anchors = {count: anchor_of("orders", FIRST, FIRST + timedelta(days=count)) for count in range(430, 700)}
    begin = (anchors[430][0] - FIRST).days
    powers = {count: choose_transform(values[begin:count], is_rate=False).power for count in anchors}
    turn = next(
        each
        for each in range(431, 700)
        if powers[each] != powers[each - 1] and anchors[each] == anchors[each - 1]
    )
    before, after = (judged_on(values, count) for count in (turn, turn + 1))
    _, kept = judge_kept(*before, None)
    judgement, left = judge_kept(*after, kept)
    assert kept is not None and left is not None and left.past == kept.past
    anew, _ = judge_kept(*after, None)
    assert (judgement.lower, judgement.upper) == (anew.lower, anew.upper)


@pytest.mark.parametrize("kind", ["as a share", "as of counts", "by the weather"])
def test_a_band_is_never_below_zero_and_a_zero_always_outside(kind: str) -> None:
    values = made(kind, 6)
    values[-1] = 0
    judgement, _ = judge_kept(*judged_on(values, len(values)), None)
    assert judgement.band is not None and float(judgement.band.lower.min()) >= 0
    assert judgement.lower is not None and judgement.lower > 0
