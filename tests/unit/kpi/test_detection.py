"""What judge_series says of made-up KPIs whose truth is known."""

import math
import subprocess
import sys
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kpi.calendar import Occasion
from shared.kpi.detection.judging import Context, judge_series
from shared.kpi.judgement import Judgement, Status
from shared.kpi.series import Numbers, Series
from shared.kpi.tables import Direction

TODAY = date(2026, 11, 21)
WEEK = np.array([1.0, 1.05, 1.1, 1.0, 0.95, 0.8, 0.75])


def days_to(end: date, count: int) -> tuple[date, ...]:
    return tuple(end - timedelta(days=count - 1 - number) for number in range(count))


def deliveries(count: int, noise: float = 0.04, level: float = 10_000, seed: int = 3) -> Numbers:
    number = np.arange(count)
    season = 1 + 0.1 * np.sin(2 * np.pi * number / 365.25)
    random = np.random.default_rng(seed)
    return np.round(level * WEEK[number % 7] * season * np.exp(random.normal(0, noise, count)))


def judge(
    values: Numbers,
    *,
    occasions: tuple[Occasion, ...] = (),
    direction: Direction = Direction.BOTH,
    masked: frozenset[date] = frozenset(),
    volumes: Numbers | None = None,
    is_additive: bool = True,
    sensitivity: float = 6.0,
    end: date = TODAY,
) -> Judgement:
    values = np.asarray(values, dtype=np.float64)
    series = Series("kpi", "", days_to(end, len(values)), values, volumes, is_additive)
    return judge_series(series, Context(occasions, direction, sensitivity, masked))


def with_today(values: Numbers, factor: float) -> Numbers:
    changed = values.copy()
    changed[-1] *= factor
    return changed


def test_an_ordinary_day_is_normal_and_its_band_is_about_as_wide_as_the_noise() -> None:
    judged = judge(deliveries(900))
    assert (judged.status, judged.detector) == (Status.NORMAL, "Prophet")
    assert judged.lower is not None and judged.upper is not None and judged.expected is not None
    assert 0.06 < math.log(judged.upper / judged.expected) < 0.2
    assert judged.since is None and judged.score <= 1
    assert judged.series is not None and judged.band is not None
    assert judged.band.days == judged.series.days[-90:]
    assert judged.band.upper[-1] == judged.upper and np.isfinite(judged.band.expected).all()


@pytest.mark.parametrize(("factor", "side"), [(0.7, "down"), (1.5, "up"), (0.0, "down")])
def test_a_day_far_out_is_an_anomaly_on_its_side(factor: float, side: str) -> None:
    judged = judge(with_today(deliveries(900), factor))
    assert (judged.status, judged.direction, judged.since) == (Status.ANOMALY, side, TODAY)
    assert judged.score > 1


def test_only_the_watched_side_alarms_but_the_side_is_said() -> None:
    dropped = with_today(deliveries(900), 0.5)
    assert judge(dropped, direction=Direction.DOWN).status is Status.ANOMALY
    unwatched = judge(dropped, direction=Direction.UP)
    assert (unwatched.status, unwatched.direction) == (Status.NORMAL, "down")
    assert unwatched.score > 1


def test_more_false_alarms_allowed_is_a_narrower_band() -> None:
    values = deliveries(400)
    tops = [judge(values, sensitivity=each).upper for each in (1.0, 6.0, 24.0)]
    assert tops[0] is not None and tops[1] is not None and tops[2] is not None
    assert tops[0] > tops[1] > tops[2]


@pytest.mark.parametrize("sensitivity", [0.0, 1e-6, 365.0, 1e6])
def test_any_sensitivity_has_a_band(sensitivity: float) -> None:
    judged = judge(deliveries(400), sensitivity=sensitivity)
    assert judged.lower is not None and judged.upper is not None
    assert judged.lower < judged.upper and math.isfinite(judged.score)


def test_a_mail_outage_stays_an_anomaly_for_a_week_and_says_since_when() -> None:
    for length in range(1, 8):
        values = deliveries(900)
        values[-length:] = 0
        judged = judge(values)
        assert judged.status is Status.ANOMALY
        assert judged.since == TODAY - timedelta(days=length - 1)


@pytest.mark.parametrize("later", [1, 2, 4, 8])
@pytest.mark.parametrize("length", [1, 3, 7])
def test_the_days_after_an_outage_are_normal(length: int, later: int) -> None:
    values = deliveries(900)
    values[-later - length : -later] = 0
    assert judge(values).status is Status.NORMAL


def test_a_level_that_lasts_is_what_the_kpi_is_now() -> None:
    told = []
    for length in (1, 7, 14, 90):
        values = deliveries(900)
        values[-length:] *= 2
        told.append(judge(values).status.is_alarming)
    assert told == [True, True, True, False]


def test_slowly_falling_deliveries_are_told_long_before_they_fell_by_30_percent_and_stay_told() -> None:
    told = []
    for length in (14, 21, 28, 35, 42):
        values = deliveries(1000)
        values[-length:] *= 0.993 ** np.arange(1, length + 1)
        judged = judge(values)
        told.append(judged.status.is_alarming and judged.direction == "down")
    assert told == [True] * 5


def test_a_drift_says_about_when_it_began() -> None:
    values = deliveries(1000)
    values[-42:] *= 0.993 ** np.arange(1, 43)
    judged = judge(values)
    assert judged.status is Status.DRIFT
    assert judged.since is not None
    assert abs((judged.since - (TODAY - timedelta(days=41))).days) <= 12
    assert judged.score > 1


def test_cost_creeping_up_is_told_before_it_is_30_percent_more() -> None:
    first = None
    for length in range(3, 29):
        values = deliveries(900, noise=0.03)
        values[-length:] *= 1.01 ** np.arange(1, length + 1)
        if judge(values, direction=Direction.UP).status.is_alarming:
            first = first or length
    assert first is not None and 1.01**first < 1.2


def test_a_drift_to_the_unwatched_side_is_not_told() -> None:
    values = deliveries(1000)
    values[-42:] *= 0.993 ** np.arange(1, 43)
    assert judge(values, direction=Direction.UP).status is Status.NORMAL


def sale_world(end: date, count: int, this_year: float, lift: float = 1.8, seed: int = 0) -> Numbers:
    """A sale from 15 November for a week every year, this year's level times `this_year`; New Year is low."""
    values = deliveries(count, seed=seed)
    for number, day in enumerate(days_to(end, count)):
        if date(day.year, 11, 15) <= day <= date(day.year, 11, 21):
            values[number] *= lift * (this_year if day.year == end.year else 1)
        values[number] *= {(12, 31): 0.7, (1, 1): 0.5, (1, 2): 0.6, (1, 3): 0.7}.get((day.month, day.day), 1)
    return values


def occasions(first: int, last: int) -> tuple[Occasion, ...]:
    found = []
    for year in range(first, last + 1):
        found.append(Occasion("sale", date(year, 11, 15), 0, 6, is_own=True))
        found.append(Occasion("year end", date(year, 12, 31), 0, 0, is_own=False))
        found.append(Occasion("new year", date(year, 1, 1), 0, 2, is_own=False))
    return tuple(found)


@pytest.mark.parametrize("this_year", [0.75, 1.0, 1.25])
@pytest.mark.parametrize("count", [500, 900])
def test_a_sale_week_seen_once_before_and_the_week_after_stay_silent(this_year: float, count: int) -> None:
    alarms = []
    for later in range(1, 14):
        end = date(2026, 11, 14) + timedelta(days=later)
        values = sale_world(end, count + later, this_year)
        judged = judge(values, occasions=occasions(2023, 2026), end=end)
        if judged.status.is_alarming:
            alarms.append((end, judged.status, judged.note))
    assert len(alarms) <= 1 and not [day for day, _, _ in alarms if day <= date(2026, 11, 21)]


def test_an_outage_during_a_sale_is_told() -> None:
    end = date(2026, 11, 17)
    values = sale_world(end, 900, 1.0)
    values[-1] = 0
    assert judge(values, occasions=occasions(2023, 2026), end=end).status is Status.ANOMALY


@pytest.mark.parametrize("count", [420, 800])
def test_new_year_seen_once_before_stays_silent(count: int) -> None:
    for later in range(10):
        end = date(2025, 12, 29) + timedelta(days=later)
        values = sale_world(end, count + later, 1.0)
        assert judge(values, occasions=occasions(2023, 2026), end=end).status is Status.NORMAL


def test_an_own_event_never_seen_before_widens_the_band_and_says_so() -> None:
    values = deliveries(900)
    event = Occasion("tv spot", TODAY, 0, 0, is_own=True)
    plain, widened = judge(values), judge(values, occasions=(event,))
    assert plain.upper is not None and widened.upper is not None
    assert plain.expected is not None and widened.expected is not None
    assert math.log(widened.upper / widened.expected) == pytest.approx(
        3 * math.log(plain.upper / plain.expected), rel=0.15
    )
    assert "first time of an own event" in widened.note


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_day_without_a_finite_value_is_missing(value: float) -> None:
    judged = judge(np.append(deliveries(400), value))
    assert (judged.status, judged.value) == (Status.MISSING, None)
    assert "finite" in judged.note


def test_missing_and_infinite_days_of_the_history_are_passed_over() -> None:
    values = deliveries(900)
    values[200:400] = np.nan
    values[500:510] = np.inf
    assert judge(values).status is Status.NORMAL
    assert judge(with_today(values, 0.6)).status is Status.ANOMALY


@pytest.mark.parametrize(
    ("known", "status", "detector"),
    [
        (0, Status.TOO_LITTLE_HISTORY, ""),
        (20, Status.TOO_LITTLE_HISTORY, ""),
        (21, Status.NORMAL, "same weekday"),
        (55, Status.NORMAL, "same weekday"),
        (56, Status.NORMAL, "Prophet"),
    ],
)
def test_the_detector_depends_on_the_days_with_a_value(known: int, status: Status, detector: str) -> None:
    judged = judge(deliveries(known + 1, noise=0.02, seed=1))
    assert (judged.status, judged.detector) == (status, detector)
    gaps = np.append(np.full(300, np.nan), deliveries(known + 1, noise=0.02, seed=1))
    assert judge(gaps).status is status


def test_a_young_kpi_that_halves_is_an_anomaly() -> None:
    judged = judge(with_today(deliveries(31), 0.5))
    assert (judged.status, judged.detector) == (Status.ANOMALY, "same weekday")


def test_a_launch_is_judged_from_where_it_lives() -> None:
    dead = np.zeros(300)
    assert judge(np.append(dead, deliveries(100))).status is Status.NORMAL
    assert judge(with_today(np.append(dead, deliveries(100)), 0.6)).status is Status.ANOMALY
    assert judge(np.append(dead, deliveries(5))).status is Status.TOO_LITTLE_HISTORY


@pytest.mark.parametrize("level", [7.0, 1e-12, 1e15, -3.5])
def test_a_constant_kpi_alarms_only_beyond_rounding(level: float) -> None:
    flat = np.full(400, level)
    assert judge(flat).status is Status.NORMAL
    assert judge(np.append(flat, level * (1 + 1e-12))).status is Status.NORMAL
    for changed in (level * 2, level / 2):
        assert judge(np.append(flat, changed)).status is Status.ANOMALY


def test_a_step_by_one_of_a_count_that_hardly_moves_is_no_news() -> None:
    stepped = np.append(np.full(400, 500.0), np.full(10, 501.0))
    assert judge(stepped).status is Status.NORMAL
    weekly = np.tile(np.arange(10.0, 17.0), 60)
    assert judge(weekly).status is Status.NORMAL
    off = judge(np.append(weekly, 14.0))
    assert off.status is Status.ANOMALY and 1 < off.score < 100


def test_a_kpi_that_was_always_zero_alarms_only_upwards_and_beyond_a_minimum() -> None:
    zeros = np.zeros(400)
    assert judge(zeros).status is Status.NORMAL
    assert judge(np.append(zeros, 1)).status is Status.NORMAL
    assert judge(np.append(zeros, 50)).status is Status.ANOMALY
    assert judge(np.append(zeros, -50), direction=Direction.UP).status is Status.NORMAL


def test_counts_that_are_mostly_zero_do_not_alarm_on_ordinary_zeros() -> None:
    random = np.random.default_rng(5)
    alarms = 0
    for _ in range(200):
        alarms += judge(random.poisson(0.4, 200).astype(float)).status.is_alarming
    assert alarms <= 2
    assert judge(np.append(random.poisson(0.4, 400).astype(float), 15)).status is Status.ANOMALY


def test_a_run_of_zeros_longer_than_any_before_is_told_of_a_count_that_is_often_zero() -> None:
    random = np.random.default_rng(5)
    values = np.append(random.poisson(1.0, 400).astype(float), np.zeros(14))
    judged = judge(values)
    assert (judged.status, judged.direction) == (Status.ANOMALY, "down")
    assert "in a row" in judged.note


def test_a_shop_closed_on_sundays_is_not_mostly_zero() -> None:
    values = deliveries(500)
    closed = np.array([day.weekday() == 6 for day in days_to(TODAY, 500)])
    values[closed] = 0
    assert judge(values).status is Status.NORMAL
    assert judge(with_today(values, 0.0)).status is Status.ANOMALY
    sunday = values[: -((TODAY.weekday() + 1) % 7)]
    assert judge(sunday, end=date(2026, 11, 15)).status is Status.NORMAL


@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1.0, 1e15, 1e250])
def test_the_unit_of_a_kpi_does_not_matter(unit: float) -> None:
    random = np.random.default_rng(9)
    values = np.exp(random.normal(5, 0.1, 400))
    here, there = judge(values), judge(values * unit)
    assert here.status is there.status
    assert there.score == pytest.approx(here.score, rel=1e-3)
    assert judge(with_today(values, 0.3) * unit).status is Status.ANOMALY


def test_ten_years_are_judged() -> None:
    assert judge(deliveries(3650)).status is Status.NORMAL
    assert judge(with_today(deliveries(3650), 0.7)).status is Status.ANOMALY


def test_profits_below_zero_are_judged_on_their_own_scale() -> None:
    values = np.random.default_rng(2).normal(0, 100, 400)
    judged = judge(np.append(values, 900))
    assert (judged.status, judged.direction) == (Status.ANOMALY, "up")
    assert judged.lower is not None and judged.lower < 0


@pytest.mark.parametrize("seed", range(4))
def test_one_refund_day_below_zero_changes_nothing_about_the_band(seed: int) -> None:
    values = deliveries(500, seed=seed)
    plain = judge(values)
    values[-40] = -300
    judged = judge(values)
    assert judged.lower == pytest.approx(plain.lower, rel=0.05)
    assert judged.upper == pytest.approx(plain.upper, rel=0.05)
    values[-1] = -300
    refunds = judge(values)
    assert (refunds.status, refunds.direction) == (Status.ANOMALY, "down")


@pytest.mark.parametrize(("rate", "volume"), [(0.03, 20), (0.6, 400), (0.97, 400), (0.97, 20)])
@pytest.mark.parametrize("direction", list(Direction))
def test_more_clicks_than_impressions_are_an_anomaly_whatever_is_watched(
    rate: float, volume: int, direction: Direction
) -> None:
    random = np.random.default_rng(volume)
    volumes = np.full(300, float(volume))
    values = random.binomial(volume, rate, 300) / volumes
    values[-1] = 1.3
    judged = judge(values, volumes=volumes, is_additive=False, direction=direction)
    assert (judged.status, judged.direction) == (Status.ANOMALY, "up")
    assert "never above 1" in judged.note
    values[100] = 1.2
    before = judge(values, volumes=volumes, is_additive=False, direction=direction)
    assert "never above 1" not in before.note


def test_cost_per_click_above_one_is_not_impossible() -> None:
    random = np.random.default_rng(8)
    values = 0.7 * np.exp(random.normal(0, 0.1, 300))
    values[-1] = 1.05
    judged = judge(np.minimum(values, 1.05), volumes=np.full(300, 777.0), is_additive=False)
    assert "never above 1" not in judged.note


def ctr(count: int, volume: int = 20_000, seed: int = 4) -> tuple[Numbers, Numbers]:
    random = np.random.default_rng(seed)
    rate = 0.03 * np.exp(random.normal(0, 0.03, count))
    volumes = np.full(count, volume)
    return random.binomial(volumes, rate) / volumes, volumes.astype(float)


def test_a_ratio_is_judged_within_0_and_1() -> None:
    values, volumes = ctr(500)
    judged = judge(values, volumes=volumes, is_additive=False)
    assert judged.status is Status.NORMAL and judged.band is not None
    assert (judged.band.lower >= 0).all() and (judged.band.upper <= 1).all()
    values[-1] = 0.015
    assert judge(values, volumes=volumes, is_additive=False).status is Status.ANOMALY


def test_a_ratio_of_a_small_volume_needs_more_to_be_told() -> None:
    values, volumes = ctr(500)
    values[-1] = 0.018
    assert judge(values, volumes=volumes, is_additive=False).status is Status.ANOMALY
    volumes[-1] = 150
    small = judge(values, volumes=volumes, is_additive=False)
    assert small.status is Status.NORMAL and "volume" in small.note


def test_a_ratio_of_almost_nothing_is_told_only_when_far_out() -> None:
    values, volumes = ctr(500)
    volumes[-1], values[-1] = 20, 0.0
    few = judge(values, volumes=volumes, is_additive=False)
    assert few.status is Status.NORMAL and "says little" in few.note
    volumes[-1], values[-1] = 29, 1.0
    assert judge(values, volumes=volumes, is_additive=False).status is Status.ANOMALY


@pytest.mark.parametrize("volume", [0.0, math.nan])
def test_a_ratio_without_volume_is_missing(volume: float) -> None:
    values, volumes = ctr(100)
    volumes[-1] = volume
    judged = judge(values, volumes=volumes, is_additive=False)
    assert (judged.status, judged.value) == (Status.MISSING, None)


def test_masked_days_influence_nothing() -> None:
    values, other = deliveries(400), deliveries(400)
    hidden = [100, 250, 399 - 10]
    other[hidden] = [0, 1e9, 3]
    masked = frozenset(days_to(TODAY, 400)[number] for number in hidden)
    here, there = judge(values, masked=masked), judge(other, masked=masked)
    assert (here.lower, here.upper, here.score) == (there.lower, there.upper, there.score)
    assert judge(other).upper != there.upper


def test_the_tested_day_does_not_train_its_own_band() -> None:
    values = deliveries(400)
    here, there = judge(values), judge(with_today(values, 3))
    assert (here.lower, here.expected, here.upper) == (there.lower, there.expected, there.upper)


def test_what_a_noisy_kpi_can_not_show_is_said() -> None:
    assert judge(deliveries(400, noise=0.03)).note == ""
    noisy = judge(deliveries(400, noise=0.3)).note
    assert "a 30 % drop would be seen in" in noisy and "of 10 cases" in noisy


def test_anomaly_wins_over_drift_and_mentions_it() -> None:
    values = deliveries(900)
    values[-10:] *= np.linspace(0.97, 0.6, 10)
    values[-1] *= 0.7
    judged = judge(values)
    assert judged.status is Status.ANOMALY and "drifting down since" in judged.note


@settings(max_examples=40, deadline=None)
@given(
    count=st.sampled_from([1, 22, 40, 57, 100, 380]),
    shape=st.sampled_from(["counts", "rates", "signed", "spikes", "steps"]),
    missing=st.floats(0, 0.9),
    last=st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)),
    seed=st.integers(0, 2**20),
)
def test_any_series_is_judged_the_same_twice_and_within_its_bounds(
    count: int, shape: str, missing: float, last: float | None, seed: int
) -> None:
    random = np.random.default_rng(seed)
    values = {
        "counts": random.poisson(random.integers(1, 200), count).astype(float),
        "rates": random.beta(2, 30, count),
        "signed": random.normal(0, 1e3, count),
        "spikes": np.where(random.random(count) < 0.1, 1e6, 1.0),
        "steps": np.repeat(random.integers(0, 5, count // 10 + 1), 10)[:count].astype(float),
    }[shape]
    values[random.random(count) < missing] = np.nan
    if last is not None:
        values[-1] = last
    first, second = judge(values), judge(values.copy())
    assert (first.status, first.score, first.lower, first.upper, first.note) == (
        second.status,
        second.score,
        second.lower,
        second.upper,
        second.note,
    )
    assert first.score >= 0
    if first.expected is not None and first.lower is not None and first.upper is not None:
        assert first.lower <= first.expected <= first.upper
    if first.band is not None:
        known = np.isfinite(first.band.expected)
        assert (first.band.lower[known] <= first.band.expected[known]).all()
        assert (first.band.upper[known] >= first.band.expected[known]).all()
        if shape in ("counts", "rates", "spikes", "steps"):
            assert (first.band.lower[known] >= 0).all()


def test_importing_detection_prints_nothing_and_loads_no_chart_library() -> None:
    code = (
        "import sys, shared.kpi.detection.judging; "
        "print(sorted({'matplotlib', 'cmdstanpy', 'plotly'} & {*sys.modules}))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("[]\n", "")


def test_a_drift_the_forecasts_went_along_with_is_not_told_to_be_over() -> None:
    chance = np.random.default_rng(5)
    count, fall_begins = 500, 450
    days = tuple(date(2024, 9, 1) + timedelta(days=n) for n in range(count))
    steady = 100_000 * chance.normal(1, 0.03, count)
    fall = np.where(np.arange(count) >= fall_begins, 0.992 ** (np.arange(count) - fall_begins), 1.0)

    def judged(values: np.ndarray, until: int) -> Judgement:
        series = Series("deliveries", "", days[:until], values[:until])
        return judge_series(series, Context((), Direction.BOTH, 6.0, frozenset()))

    told = [judged(steady * fall, until) for until in range(fall_begins + 20, count - 8, 4)]
    assert [each.status for each in told] == [Status.DRIFT] * len(told)
    assert told[-1].expected is not None
    assert told[-1].expected > 93_000, "what was expected before it began, not what came of it"
    mended = np.where(np.arange(count) >= count - 10, steady, steady * fall)
    assert judged(mended, count).status is not Status.DRIFT, "half of the way is made good"


@pytest.mark.parametrize("noise", [0.02, 0.05, 0.1])
@pytest.mark.parametrize("count", [57, 70, 100, 120, 150])
def test_a_young_kpi_is_expected_where_it_is_and_a_gross_drop_is_told(count: int, noise: float) -> None:
    for seed in range(3):
        chance = np.random.default_rng([count, seed])
        days = tuple(date(2026, 3, 2) + timedelta(days=n) for n in range(count))
        week = np.array([1.3 if day.weekday() >= 5 else 1.0 for day in days])
        usual = 1000 * week * np.exp(np.linspace(0, 0.1, count))
        values = np.round(usual * np.exp(chance.normal(0, noise, count)))
        context = Context((), Direction.BOTH, 6.0, frozenset())
        judged = judge_series(Series("clicks", "", days, values), context)
        assert judged.expected == pytest.approx(usual[-1], rel=0.3)
        values[-1] *= 0.4
        assert judge_series(Series("clicks", "", days, values), context).status is Status.ANOMALY
