"""Limits moved after the fact: the same counts as if each limit had been the detector's own."""

import numpy as np
import pytest

from shared.kpi.backtest.limits import Distances

DISTANCES = Distances(
    np.array([0.1, 0.4, 0.9, 1.2]),
    {
        "drop": np.array([0.5, 1.5, 0.8, 3.0]),
        "spike": np.array([2.0, 2.0, 0.2, 0.2]),
        "zero": np.array([1e6, 9.0, 9.0, 9.0]),
    },
)


def test_a_day_is_told_beyond_the_limit_and_not_on_it() -> None:
    assert DISTANCES.at(1.0).false_alarms_per_week == 7 * 1 / 4
    assert DISTANCES.at(1.2).false_alarms_per_week == 0
    assert DISTANCES.at(0.4).false_alarms_per_week == 7 * 2 / 4
    assert DISTANCES.at(1.0).detected == pytest.approx((0.5 + 0.5 + 1.0) / 3)
    assert DISTANCES.at(2.0).detected == pytest.approx((0.25 + 0 + 1.0) / 3)


@pytest.mark.parametrize("wanted", [0.05, 0.3, 0.5, 2 / 3, 0.75, 0.9])
def test_the_widest_limit_that_finds_as_much_is_found(wanted: float) -> None:
    limit = DISTANCES.limit_for(wanted)
    assert DISTANCES.detected(limit) >= wanted
    wider = np.nextafter(np.nextafter(limit, np.inf), np.inf)
    assert DISTANCES.detected(float(wider)) < wanted


def test_what_cannot_be_found_has_no_limit_but_the_narrowest() -> None:
    nothing = Distances(np.array([0.5]), {fault: np.array([0.0]) for fault in ("drop", "spike", "zero")})
    assert nothing.limit_for(0.5) == 0.0
    assert nothing.at_detection(0.5).detected == 0.0


def test_all_is_found_by_a_limit_below_all_faults() -> None:
    moved = DISTANCES.at_detection(1.0)
    assert moved.detected == 1.0
    assert moved.false_alarms_per_week == 7 * 3 / 4


def test_kpis_are_pooled_day_by_day() -> None:
    pooled = Distances.pooled([DISTANCES, DISTANCES])
    assert pooled.at(1.0) == DISTANCES.at(1.0)
    assert len(pooled.ordinary) == 8


def test_without_days_or_faults_there_is_nothing_to_move() -> None:
    none = Distances(np.array([]), {fault: np.array([]) for fault in ("drop", "spike", "zero")})
    assert not none.is_whole
    assert DISTANCES.is_whole
