"""Chances are those of scipy.stats, to the count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from shared.kpi.chances import negative_binomial_ppf, poisson_ppf, poisson_sf, student_isf, student_sf

MEANS = st.floats(0.01, 5_000.0)
SHARES = st.floats(1e-6, 1 - 1e-6)


@given(share=SHARES, mean=MEANS)
def test_a_poisson_count_is_the_smallest_with_the_share(share: float, mean: float) -> None:
    count = poisson_ppf(share, mean)
    assert stats.poisson.cdf(count, mean) >= share * (1 - 1e-9)
    assert count == 0 or stats.poisson.cdf(count - 1, mean) < share * (1 + 1e-9)


@given(share=SHARES, mean=st.floats(0.05, 2_000.0), more=st.floats(1.01, 20.0))
def test_a_count_more_dispersed_is_the_smallest_with_the_share(
    share: float, mean: float, more: float
) -> None:
    successes, probability = mean / (more - 1), 1 / more
    count = negative_binomial_ppf(share, successes, probability)
    assert stats.nbinom.cdf(count, successes, probability) >= share * (1 - 1e-9)
    assert count == 0 or stats.nbinom.cdf(count - 1, successes, probability) < share * (1 + 1e-9)


@given(count=st.floats(-2.0, 10_000.0), mean=MEANS)
def test_more_than_a_count_is_as_likely_as_scipy_says(count: float, mean: float) -> None:
    expected = float(stats.poisson.sf(count, mean))
    assert poisson_sf(count, mean) == pytest.approx(expected, rel=1e-9, abs=1e-300)


@given(size=st.floats(-50.0, 50.0), freedom=st.floats(1.0, 200.0))
def test_students_tail_is_the_same_both_ways(size: float, freedom: float) -> None:
    tail = float(student_sf(np.array([size]), freedom)[0])
    assert tail == pytest.approx(float(stats.t.sf(size, freedom)), rel=1e-9)
    if 1e-6 < tail < 1 - 1e-6:
        assert float(student_isf(tail, freedom)) == pytest.approx(size, rel=1e-6, abs=1e-6)
