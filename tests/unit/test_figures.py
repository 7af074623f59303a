"""Figures are what they are called: by hand, by a plain second computation, and at the real base rate."""

import math
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.spam.figures import (
    Confusion,
    Scored,
    at,
    average_precision,
    best_f1,
    better_than_chance,
    calibration_error,
    confusion,
    curve,
    heaviest_wrong,
    recall_at,
    reliability,
    report,
    threshold_for,
    threshold_for_wrong,
)

BY_HAND = [
    Scored(0.9, True),
    Scored(0.8, False),
    Scored(0.7, True),
    Scored(0.7, False),
    Scored(0.1, False),
]

SCORED = st.lists(
    st.builds(Scored, st.integers(0, 8).map(lambda tenth: tenth / 10), st.booleans()), min_size=2, max_size=40
).filter(lambda rows: 0 < sum(row.is_violation for row in rows) < len(rows))
RATE = st.floats(0.001, 0.999)


def precision_and_recall(rows: list[Scored], base_rate: float, threshold: float) -> tuple[float, float]:
    """The plain way: shares of each kind flagged, weighted."""
    bad = [row.score >= threshold for row in rows if row.is_violation]
    good = [row.score >= threshold for row in rows if not row.is_violation]
    recall, false_alarms = sum(bad) / len(bad), sum(good) / len(good)
    flagged = base_rate * recall + (1 - base_rate) * false_alarms
    return base_rate * recall / flagged, recall


def test_the_curve_by_hand_at_the_share_of_the_rows() -> None:
    points = curve(BY_HAND, 0.4)
    assert [(one.threshold, one.right, one.wrong) for one in points] == [
        (0.9, 1, 0),
        (0.8, 1, 1),
        (0.7, 2, 2),
        (0.1, 2, 3),
    ]
    assert [one.precision for one in points] == pytest.approx([1, 1 / 2, 1 / 2, 2 / 5])
    assert [one.recall for one in points] == pytest.approx([1 / 2, 1 / 2, 1, 1])
    assert [one.f1 for one in points] == pytest.approx([2 / 3, 1 / 2, 2 / 3, 4 / 7])
    assert average_precision(points) == pytest.approx(0.5 * 1 + 0.5 * 0.5)
    assert best_f1(points).threshold == 0.9


def test_the_talks_filter_at_5_percent_violations() -> None:
    """Precision 0.913 at one in two is 0.36 at one in twenty: 807 of 1,000 found, 77 of 1,000 wrongly."""
    rows = [Scored(1.0, True)] * 807 + [Scored(0.0, True)] * 193
    rows += [Scored(1.0, False)] * 77 + [Scored(0.0, False)] * 923
    assert curve(rows, 0.5)[0].precision == pytest.approx(0.913, abs=0.0005)
    assert curve(rows, 0.05)[0].precision == pytest.approx(0.36, abs=0.006)
    assert curve(rows, 0.5)[0].f1 == pytest.approx(0.857, abs=0.0005)


@given(SCORED, RATE)
def test_every_point_is_what_a_plain_count_gives(rows: list[Scored], base_rate: float) -> None:
    points = curve(rows, base_rate)
    assert [one.threshold for one in points] == sorted({row.score for row in rows}, reverse=True)
    for point in points:
        precision, recall = precision_and_recall(rows, base_rate, point.threshold)
        assert point.precision == pytest.approx(precision)
        assert point.recall == pytest.approx(recall)
    assert points[-1].precision == pytest.approx(base_rate)
    assert points[-1].recall == 1


@given(SCORED, RATE, st.randoms(use_true_random=False))
def test_figures_do_not_depend_on_the_order_of_the_rows(
    rows: list[Scored], base_rate: float, random: Random
) -> None:
    shuffled = random.sample(rows, len(rows))
    assert report(shuffled, base_rate, 0.5) == report(rows, base_rate, 0.5)


@given(SCORED, RATE)
def test_average_precision_is_1_for_a_perfect_ranking_and_the_base_rate_for_none(
    rows: list[Scored], base_rate: float
) -> None:
    perfect = [Scored(1.0 if row.is_violation else 0.0, row.is_violation) for row in rows]
    assert average_precision(curve(perfect, base_rate)) == pytest.approx(1)
    flat = [Scored(0.5, row.is_violation) for row in rows]
    assert average_precision(curve(flat, base_rate)) == pytest.approx(base_rate)


@given(SCORED)
def test_better_than_chance_is_the_rank_tests_deviation(rows: list[Scored]) -> None:
    bad = [row.score for row in rows if row.is_violation]
    good = [row.score for row in rows if not row.is_violation]
    won = sum((one > other) + (one == other) / 2 for one in bad for other in good)
    pairs = len(bad) * len(good)
    expected = (won - pairs / 2) / math.sqrt(pairs * (len(rows) + 1) / 12)
    assert better_than_chance(curve(rows, 0.5)) == pytest.approx(expected, abs=1e-9)


def test_a_ranking_upside_down_is_as_far_below_chance() -> None:
    up = [Scored(float(number), number >= 20) for number in range(40)]
    down = [Scored(-row.score, row.is_violation) for row in up]
    assert better_than_chance(curve(up, 0.5)) == pytest.approx(-better_than_chance(curve(down, 0.5)))


def test_of_two_points_with_the_best_f1_the_higher_threshold_is_given() -> None:
    assert best_f1(curve(BY_HAND, 0.4)).threshold == 0.9


@given(SCORED, RATE, st.floats(0.05, 0.99))
def test_a_threshold_holds_its_precision_even_with_one_more_wrong_post(
    rows: list[Scored], base_rate: float, precision: float
) -> None:
    points = curve(rows, base_rate)
    threshold = threshold_for(points, base_rate, precision)
    good = sum(not row.is_violation for row in rows)

    def cautious(score: float) -> float:
        found = sum(row.is_violation and row.score >= score for row in rows) / (len(rows) - good)
        wrong = (sum(not row.is_violation and row.score >= score for row in rows) + 1) / good
        return base_rate * found / (base_rate * found + (1 - base_rate) * wrong)

    enough = [row.score for row in rows if cautious(row.score) >= precision]
    assume(all(abs(cautious(row.score) - precision) > 1e-9 for row in rows))
    assert threshold == min(enough, default=None)
    if threshold is not None:
        assert precision_and_recall(rows, base_rate, threshold)[0] >= precision


def test_a_handful_of_lucky_posts_buys_no_threshold() -> None:
    rows = [Scored(0.9, True)] * 8 + [Scored(0.1, True)] * 92 + [Scored(0.1, False)] * 100
    assert threshold_for(curve(rows, 0.5), 0.5, 0.90) is None
    rows = [Scored(0.9, True)] * 9 + [Scored(0.1, True)] * 91 + [Scored(0.1, False)] * 100
    assert threshold_for(curve(rows, 0.5), 0.5, 0.90) == 0.9


def test_the_rarer_violations_are_the_higher_the_threshold() -> None:
    rows = [Scored((number + 30) / 130, True) for number in range(101)]
    rows += [Scored(number / 130, False) for number in range(101)]
    thresholds = [threshold_for(curve(rows, rate), rate, 0.8) for rate in (0.8, 0.5, 0.3)]
    assert None not in thresholds
    assert thresholds == sorted(set(thresholds))  # type: ignore[type-var]
    assert threshold_for(curve(rows, 0.001), 0.001, 0.8) is None


@pytest.mark.parametrize(
    ("threshold", "expected"), [(None, None), (0.95, None), (0.9, 0.9), (0.85, 0.9), (0.7, 0.7), (0.0, 0.1)]
)
def test_a_threshold_between_two_scores_stands_for_the_higher(
    threshold: float | None, expected: float | None
) -> None:
    found = at(curve(BY_HAND, 0.4), threshold)
    assert (found.threshold if found else None) == expected


def test_a_report_without_a_threshold_finds_nothing_and_says_so() -> None:
    found = report(BY_HAND, 0.4, None)
    assert (found["threshold"], found["precision"], found["recall"], found["f1"]) == (None, None, 0.0, 0.0)
    assert (found["violations"], found["ordinary"], found["base_rate"]) == (2, 3, 0.4)


def test_a_report_at_a_threshold() -> None:
    found = report(BY_HAND, 0.4, 0.7)
    assert (found["precision"], found["recall"], found["f1"]) == (0.5, 1.0, 0.6667)
    assert (found["average_precision"], found["best_f1"], found["best_f1_threshold"]) == (0.75, 0.6667, 0.9)


def test_a_threshold_reckons_with_one_more_of_the_wrong_posts_that_stand_for_most() -> None:
    right = [Scored(0.9, True) for _ in range(90)]
    wrong = [Scored(0.1, False, 1.0) for _ in range(300)] + [Scored(0.1, False, 20.0) for _ in range(40)]
    scored = [*right, *wrong]
    points = curve(scored, 0.1)
    heaviest = heaviest_wrong(scored, 0.1)
    assert heaviest == pytest.approx(0.9 * 20 / 1_100)
    assert threshold_for(points, 0.1, 0.9) == 0.9
    assert threshold_for(points, 0.1, 0.9, heaviest) is None, "40 posts can't promise so much"


@pytest.mark.parametrize("ordinary", [9, 37, 100, 900])
def test_posts_that_just_suffice_buy_a_threshold(ordinary: int) -> None:
    for right, threshold in ((9, 0.9), (8, None)):
        rows = [Scored(0.9, True)] * right + [Scored(0.1, False)] * ordinary
        rate = right / (right + ordinary)
        assert threshold_for(curve(rows, rate), rate, 0.9) == threshold


def test_recall_at_a_precision_is_the_most_that_holds_it() -> None:
    points = curve(BY_HAND, 0.4)
    assert [recall_at(points, one) for one in (1.0, 0.6, 0.5, 0.3)] == [0.5, 0.5, 1.0, 1.0]
    assert recall_at(curve([Scored(0.9, False), Scored(0.1, True)], 0.5), 0.9) == 0.0


@pytest.mark.parametrize("many", [1, 3, 7, 11, 49])
def test_nine_right_of_ten_are_a_precision_of_090(many: int) -> None:
    rows = [Scored(1.0, True)] * (9 * many) + [Scored(1.0, False)] * many + [Scored(0.0, False)] * 5
    assert recall_at(curve(rows, 9 * many / len(rows)), 0.90) == 1.0


@given(SCORED, RATE, st.floats(0.05, 1.0))
def test_recall_at_a_precision_is_what_a_plain_search_finds(
    rows: list[Scored], base_rate: float, precision: float
) -> None:
    found = [precision_and_recall(rows, base_rate, row.score) for row in rows]
    assume(all(abs(held - precision) > 1e-6 for held, _ in found))
    expected = max((recall for held, recall in found if held >= precision), default=0.0)
    assert recall_at(curve(rows, base_rate), precision) == pytest.approx(expected)


def test_reliability_by_hand() -> None:
    rows = [Scored(0.95, True), Scored(0.9, True), Scored(1.0, False), Scored(0.05, False), Scored(0.0, True)]
    low, high = reliability(rows, 0.6)
    assert (low.share, low.said, low.true) == pytest.approx((0.4, 0.025, 0.5))
    assert (high.share, high.said, high.true) == pytest.approx((0.6, 0.95, 2 / 3))
    assert calibration_error([low, high]) == pytest.approx(0.4 * 0.475 + 0.6 * (0.95 - 2 / 3))


@given(SCORED, RATE, st.integers(1, 20))
def test_bins_hold_the_whole_and_say_what_it_holds(rows: list[Scored], base_rate: float, bins: int) -> None:
    found = reliability(rows, base_rate, bins)
    assert len(found) <= bins
    assert math.fsum(one.share for one in found) == pytest.approx(1)
    assert math.fsum(one.share * one.true for one in found) == pytest.approx(base_rate)
    assert 0 <= calibration_error(found) <= 1
    if bins == 1:
        whole = math.fsum(one.share * one.said for one in found)
        assert calibration_error(found) == pytest.approx(abs(whole - base_rate), abs=1e-9)


def test_whoever_says_what_is_true_has_no_calibration_error() -> None:
    rows = [Scored(0.25, number < 10) for number in range(40)] + [
        Scored(0.75, number < 30) for number in range(40)
    ]
    assert calibration_error(reliability(rows, 0.5)) == pytest.approx(0)
    assert calibration_error(reliability(rows, 0.1)) > 0.2, "said at another base rate"


def test_the_talks_table() -> None:
    flagged = [(True, True)] * 807 + [(False, True)] * 193 + [(True, False)] * 77 + [(False, False)] * 923
    counts = confusion(flagged)
    assert counts == Confusion(found=807, missed=193, wrong=77, left=923)
    assert counts.precision == pytest.approx(0.913, abs=0.0005)
    assert counts.recall == 0.807
    assert counts.f1 == pytest.approx(0.857, abs=0.0005)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (confusion([]), (None, None, 0.0)),
        (confusion([(False, True)]), (None, 0.0, 0.0)),
        (confusion([(True, False)]), (0.0, None, 0.0)),
        (confusion([(True, True)]), (1.0, 1.0, 1.0)),
    ],
)
def test_what_there_is_none_of_has_no_share(
    counts: Confusion, expected: tuple[float | None, float | None, float]
) -> None:
    assert (counts.precision, counts.recall, counts.f1) == expected


# So many wrong ones and no more


def flagged_wrongly(rows: list[Scored], base_rate: float, threshold: float) -> float:
    ordinary = [row.score >= threshold for row in rows if not row.is_violation]
    return (1 - base_rate) * sum(ordinary) / len(ordinary)


@given(SCORED, RATE, st.floats(0, 1), st.floats(0, 0.2))
def test_the_threshold_for_wrong_ones_is_the_lowest_that_keeps_them_few(
    rows: list[Scored], base_rate: float, most: float, one_more: float
) -> None:
    threshold = threshold_for_wrong(curve(rows, base_rate), base_rate, most, one_more)
    good = [
        row.score for row in rows if flagged_wrongly(rows, base_rate, row.score) + one_more <= most - 1e-9
    ]
    bad = [row.score for row in rows if flagged_wrongly(rows, base_rate, row.score) + one_more > most + 1e-9]
    if threshold is None:
        assert good == []
    else:
        assert all(threshold <= score for score in good)
        assert all(threshold > score for score in bad)


def test_a_share_that_not_even_one_wrong_post_fits_in_takes_nothing() -> None:
    points = curve(BY_HAND, 0.4)
    assert threshold_for_wrong(points, 0.4, 0.19, 0.2) is None
    assert threshold_for_wrong(points, 0.4, 0.2, 0.2) == 0.9
    assert threshold_for_wrong(points, 0.4, 0.4 + 1e-9, 0.2) == 0.8
    assert threshold_for_wrong(points, 0.4, 1.0, 0.2) == 0.1
