"""What a check keeps of days before: as the series has it, once, and never of a day somebody looked at."""

import math
from datetime import date, timedelta

import numpy as np
import pytest

from shared.kpi.checks import CheckState, EarlierChecks, Kept
from shared.kpi.judgement import Status
from shared.kpi.results import PAST_DAYS, past_of
from shared.kpi.series import Series
from shared.kpi.tables import Average, Ratio, Watched

DAY = date(2026, 1, 20)
TOMORROW = DAY + timedelta(days=1)
CTR = Ratio("clicks", "impressions")
NAN = math.nan


def before(back: int) -> date:
    return DAY - timedelta(days=back)


def series(
    kpi: str, *values: float, volumes: tuple[float, ...] | None = None, segment: str = "", summed: bool = True
) -> Series:
    """The last value is DAY's."""
    days = tuple(before(back) for back in range(len(values) - 1, -1, -1))
    weights = None if volumes is None else np.array(volumes)
    return Series(kpi, segment, days, np.array(values), weights, summed)


def watched(**derived: Ratio | Average) -> Watched:
    return Watched("day", ("clicks",), derived, ("mall",), ("day",))


def past(
    *found: Series, what: Watched | None = None, earlier: EarlierChecks | None = None, day: date = DAY
) -> tuple[dict[str, dict[date, float | None]], dict[str, Kept]]:
    """By KPI and day what is added, and what is kept then."""
    added, kept = past_of(found, what or watched(), earlier or EarlierChecks(), day)
    values: dict[str, dict[date, float | None]] = {}
    for each in added:
        assert each.day not in values.get(each.kpi, {}), "once"
        values.setdefault(each.kpi, {})[each.day] = each.value
    return values, dict(kept)


def test_a_first_check_keeps_every_day_with_a_value_but_its_own() -> None:
    values, kept = past(series("clicks", 3, NAN, 0, math.inf, 5, 8))
    assert values == {"clicks": {before(5): 3, before(3): 0, before(1): 5}}
    assert kept == {"clicks": Kept("sum", TOMORROW)}


def test_what_is_kept_alarms_nobody_and_has_the_volume_of_its_ratio() -> None:
    found = series("ctr", 0.125, NAN, 0.5, volumes=(8.0, 0.0, 4.0), summed=False)
    added, _ = past_of([found], watched(ctr=CTR), EarlierChecks(), DAY)
    assert [(one.kpi, one.segment, one.day, one.value, one.volume) for one in added] == [
        ("ctr", "", before(2), 0.125, 8.0)
    ]
    (one,) = added
    assert one.status is Status.HISTORY
    assert not one.status.is_alarming


@pytest.mark.parametrize("values", [(), (4.0,), (NAN, NAN, 4.0)])
def test_without_days_before_there_is_nothing_to_add(values: tuple[float, ...]) -> None:
    found = [series("clicks", *values)] if values else []
    assert past(*found)[0] == {}


def test_segments_are_not_kept() -> None:
    values, kept = past(series("clicks", 1, 2, segment="mall=a"))
    assert (values, kept) == ({}, {})


def test_no_more_days_are_kept_than_are_ever_looked_at() -> None:
    values, _ = past(series("clicks", *[1.0] * (PAST_DAYS + 5)))
    assert min(values["clicks"]) == before(PAST_DAYS)
    assert len(values["clicks"]) == PAST_DAYS
    assert PAST_DAYS >= 364 + 7 + 6, "a week a year ago, of a table whose rows come a few days late"


def test_a_day_that_stands_as_incomplete_or_wrong_is_left_out() -> None:
    states = {
        before(5): CheckState.WAITING,
        before(4): CheckState.MISSING,
        before(3): CheckState.BROKEN,
        before(2): CheckState.FAILED,
        before(1): CheckState.CHECKED,
    }
    values, _ = past(series("clicks", 6, 5, 4, 3, 2, 1, 0), earlier=EarlierChecks(states))
    assert values == {"clicks": {before(6): 6, before(2): 2, before(1): 1}}, "a check outranks the last"


def test_later_checks_add_only_days_since_the_last() -> None:
    kept = {"clicks": Kept("sum", before(3))}
    states = {before(4): CheckState.CHECKED, before(1): CheckState.WAITING}
    values, after = past(series("clicks", 6, 5, 4, 3, 2, 1, 0), earlier=EarlierChecks(states, kept=kept))
    assert values == {"clicks": {before(3): 3, before(2): 2}}
    assert after == {"clicks": Kept("sum", TOMORROW)}
    values, again = past(series("clicks", 6, 5, 0), earlier=EarlierChecks(states, kept=after))
    assert (values, again) == ({}, after)
    values, _ = past(series("clicks", 6, 5, 0), earlier=EarlierChecks(states, kept=after), day=TOMORROW)
    assert values == {}, "the day after, there is nothing to make up for"


def test_a_day_long_ago_that_is_checked_again_adds_nothing_and_forgets_nothing() -> None:
    kept = {"clicks": Kept("sum", before(1)), "ctr": Kept("clicks / impressions", before(1))}
    old = Series("clicks", "", tuple(before(30 - n) for n in range(3)), np.array([1.0, 2, 3]))
    values, after = past(old, what=watched(ctr=CTR), earlier=EarlierChecks(kept=kept), day=before(28))
    assert (values, after) == ({}, kept)


def test_a_kpi_first_seen_by_a_check_of_a_day_long_ago_lacks_no_day_afterwards() -> None:
    states = dict.fromkeys((before(back) for back in range(1, 30)), CheckState.CHECKED)
    whole = series("cvr", *range(60), summed=False)
    old = Series("cvr", "", whole.days[:-10], whole.values[:-10], None, is_additive=False)
    what = watched(cvr=Ratio("orders", "clicks"))
    first, kept = past(old, what=what, earlier=EarlierChecks(states), day=before(10))
    then, _ = past(whole, what=what, earlier=EarlierChecks(states, kept=kept))
    assert first["cvr"].keys() == {before(back) for back in range(11, 60)}
    assert then["cvr"].keys() == {before(back) for back in range(1, 10)}


def test_a_kpi_that_was_taken_out_and_put_back_lacks_no_day_afterwards() -> None:
    states = dict.fromkeys((before(back) for back in range(1, 40)), CheckState.CHECKED)
    found = series("cvr", *range(60), summed=False)
    what = watched(cvr=Ratio("orders", "clicks"))
    kept = {"cvr": Kept("orders / clicks", before(29))}
    values, after = past(found, what=what, earlier=EarlierChecks(states, kept=kept))
    assert values["cvr"].keys() == {before(back) for back in range(1, 30)}
    assert after == {"cvr": Kept("orders / clicks", TOMORROW)}


def test_a_day_that_was_checked_again_without_a_kpi_is_made_up_for_when_it_is_put_back() -> None:
    kept = {"cvr": Kept("orders / clicks", before(3))}
    old = Series("clicks", "", (before(9), before(8)), np.array([1.0, 2]))
    _, without = past(old, earlier=EarlierChecks(kept=kept), day=before(8))
    assert without["cvr"] == Kept("orders / clicks", before(8))
    found = series("cvr", *range(20), summed=False)
    values, _ = past(found, what=watched(cvr=Ratio("orders", "clicks")), earlier=EarlierChecks(kept=without))
    assert values["cvr"].keys() == {before(back) for back in range(1, 9)}


def test_a_kpi_that_is_muted_today_keeps_its_past() -> None:
    kept = {"clicks": Kept("sum", before(2)), "ctr": Kept("clicks / impressions", before(2))}
    _, after = past(series("clicks", 1, 2), what=watched(ctr=CTR), earlier=EarlierChecks(kept=kept))
    assert after["ctr"] == kept["ctr"]


def test_a_new_kpi_and_one_made_otherwise_get_their_whole_past() -> None:
    states = {before(1): CheckState.CHECKED}
    kept = {"clicks": Kept("sum", DAY), "ctr": Kept("clicks / impressions", DAY)}
    found = (
        series("clicks", 1, 2, 3),
        series("ctr", 0.25, 0.5, 0.75, summed=False),
        series("cvr", 0.125, 0.5, 0.25, summed=False),
    )
    what = watched(ctr=Ratio("clicks", "views"), cvr=Ratio("orders", "clicks"))
    values, after = past(*found, what=what, earlier=EarlierChecks(states, kept=kept))
    assert values == {
        "ctr": {before(2): 0.25, before(1): 0.5},
        "cvr": {before(2): 0.125, before(1): 0.5},
    }
    assert after["ctr"] == Kept("clicks / views", TOMORROW)
    assert after["cvr"] == Kept("orders / clicks", TOMORROW)


@pytest.mark.parametrize(
    ("made", "other"),
    [
        (Average("price", "sold"), Average("price", "shown")),
        (Average("price", "sold"), Average("price", None)),
        (Ratio("price", "sold"), Average("price", "sold")),
        (Average("price", None), Average("cost", None)),
    ],
)
def test_every_other_way_to_make_a_kpi_is_noticed(made: Ratio | Average, other: Ratio | Average) -> None:
    found = series("price", 1, 2, 3, summed=False)
    _, kept = past(found, what=watched(price=made))
    assert past(found, what=watched(price=made), earlier=EarlierChecks(kept=kept))[0] == {}
    assert past(found, what=watched(price=other), earlier=EarlierChecks(kept=kept))[0] != {}


def test_a_column_that_is_averaged_by_now_gets_its_past_anew() -> None:
    _, kept = past(series("coverage", 1, 2, 3))
    values, _ = past(series("coverage", 0.5, 0.25, 0.125, summed=False), earlier=EarlierChecks(kept=kept))
    assert values == {"coverage": {before(2): 0.5, before(1): 0.25}}
