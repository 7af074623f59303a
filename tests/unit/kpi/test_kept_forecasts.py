"""What is kept changes no judgement: with it, without it, and whatever was changed in between."""

import csv
import json
import logging
import math
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kpi.calendar import Calendar, Occasion
from shared.kpi.detection.judging import Context, judge_kept
from shared.kpi.judgement import Judgement
from shared.kpi.kept import FORMAT, BadKept, Kept
from shared.kpi.prophet.anchors import anchor_of
from shared.kpi.prophet.posterior import posterior_mode
from shared.kpi.series import Numbers, Series
from shared.kpi.tables import Direction
from tests.real_series import series_file

CALENDAR = Calendar("JP")
LAST = date(2026, 11, 5)


def asked(
    values: Numbers, end: int, window: int, name: str = "orders", **known: Any
) -> tuple[Series, Context]:
    """The series up to day number `end`, as a query of the last `window` days reads it."""
    first = LAST - timedelta(days=len(values) - 1)
    begin = max(end + 1 - window, 0)
    days = tuple(first + timedelta(days=number) for number in range(begin, end + 1))
    occasions = CALENDAR.occasions(days[0], days[-1] + timedelta(days=10)) + known.pop("sales", ())
    context = Context(occasions, Direction.BOTH, 6.0, known.pop("masked", frozenset()), **known)
    return Series(name, "", days, values[begin : end + 1]), context


def through_storage(kept: Kept | None) -> Kept | None:
    return None if kept is None else Kept.from_plain(json.loads(json.dumps(kept.to_plain())))


def told(judgement: Judgement) -> list[object]:
    """Everything a judgement says, to the last bit."""
    band = judgement.band
    arrays = [] if band is None else [each.tobytes() for each in (band.expected, band.lower, band.upper)]
    return [repr(replace(judgement, band=None, series=None)), *arrays]


def same(series: Series, context: Context, kept: Kept | None) -> Kept | None:
    """Judge with what was kept and without: it must come to the same, and leave the same."""
    with_it, left = judge_kept(series, context, through_storage(kept))
    without, other = judge_kept(series, context, None)
    assert told(with_it) == told(without)
    if other is not None:
        assert left is not None
        assert json.dumps(left.to_plain()) == json.dumps(other.to_plain())
    return left


def made_up(seed: int, count: int) -> Numbers:
    random = np.random.default_rng(seed)
    week = np.array([1.0, 1.05, 1.1, 1.0, 0.95, 0.8, 0.75])[np.arange(count) % 7]
    noise = random.choice([0.01, 0.05, 0.2])
    values = np.round(
        1000 * week * np.exp(random.normal(0, noise, count) + random.normal(0, 0.01, count).cumsum())
    )
    values[random.random(count) < random.choice([0, 0.02, 0.3])] = np.nan
    if random.random() < 0.5:
        values[int(random.integers(count // 2, count)) :] *= 1.5
    if random.random() < 0.5:
        values[random.integers(0, count, 3)] *= 0.05
    return values


CHANGES = st.sampled_from(
    ["nothing", "skipped", "late value", "old value", "masked", "accepted", "event", "renamed"]
)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**20),
    count=st.sampled_from([60, 100, 150, 430, 700]),
    window=st.sampled_from([140, 500, 1096]),
    steps=st.lists(st.tuples(CHANGES, st.integers(1, 40)), min_size=3, max_size=6),
)
def test_whatever_changes_between_two_days_the_judgement_is_as_without_memory(
    seed: int, count: int, window: int, steps: list[tuple[str, int]]
) -> None:
    values = made_up(seed, count + 30)
    known: dict[str, Any] = {"masked": frozenset(), "accepted": frozenset()}
    first = LAST - timedelta(days=len(values) - 1)
    kept: Kept | None = None
    end, name = count, "orders"
    for change, back in steps:
        end += 3 if change == "skipped" else 1
        day = max(end - back, 0)
        if change == "late value":
            values[end - 2] = 700.0
        elif change == "old value":
            values[day] = np.nan if math.isfinite(values[day]) else 900.0
        elif change in ("masked", "accepted"):
            known[change] |= {first + timedelta(days=day)}
        elif change == "event":
            known["sales"] = (Occasion("sale", first + timedelta(days=day), -1, 2, is_own=True),)
        elif change == "renamed":
            name = f"orders of {back}"
        series, context = asked(values, end, window, name, **known)
        kept = same(series, context, kept)


@pytest.mark.parametrize("window", [700, 1096])
@pytest.mark.parametrize("name", ["power_demand_tokyo", "wiki_page_log"])
def test_a_real_series_is_judged_day_by_day_as_without_memory(name: str, window: int) -> None:
    with series_file(name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    kpi = next(each for each in rows[0] if each != "date")
    known = {date.fromisoformat(row["date"]): float(row[kpi]) for row in rows if row[kpi]}
    first, last = min(known), max(known)
    values = np.array([known.get(first + timedelta(n), math.nan) for n in range((last - first).days + 1)])
    kept: Kept | None = None
    for end in range(len(values) - 30, len(values), 2 if window == 700 else 5):
        kept = same(*asked(values, end, window), kept)


def steady(seed: int, count: int) -> Numbers:
    return 1000 * np.exp(np.random.default_rng(seed).normal(0, 0.05, count))


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with every fit."""
    fits: list[int] = []

    def fitted(*given: Any) -> Any:
        fits.append(1)
        return posterior_mode(*given)

    monkeypatch.setattr("shared.kpi.prophet.refit.posterior_mode", fitted)
    return fits


def test_a_day_costs_a_few_fits_and_the_same_day_with_another_value_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = steady(4, 800)
    fits = counted(monkeypatch)
    kept = same(*asked(values, 760, 1096), None)
    costs = []
    for end in range(761, 790):
        del fits[:]
        kept = judge_kept(*asked(values, end, 1096), kept)[1]
        costs.append(len(fits))
        del fits[:]
        other = values.copy()
        other[end] *= 0.5
        again, left = judge_kept(*asked(other, end, 1096), kept)
        assert not fits and again.value == other[end]
        assert left is not None and kept is not None
        assert left.to_plain() == kept.to_plain(), "the day's own value is not known before it"
    assert sorted(costs)[len(costs) // 2] == 2, "one of the day, one from six weeks before"
    assert sum(cost > 90 for cost in costs) <= 2, "an anchor comes every four weeks"


@pytest.mark.parametrize(
    "damage",
    [
        lambda plain: plain | {"format": 0},
        lambda plain: plain | {"anchor": plain["anchor"] + 1},
        lambda plain: (
            plain | {"before": plain["before"] | {"expected": plain["before"]["expected"][4:] + "AAAA"}}
        ),
        lambda plain: plain | {"band": 3},
        dict.fromkeys,
        lambda plain: dict(list(plain.items())[:-3]),
    ],
)
def test_what_was_damaged_or_made_by_another_version_is_refused(damage: Any) -> None:
    kept = judge_kept(*asked(made_up(5, 500), 499, 1096), None)[1]
    assert kept is not None
    plain = json.loads(json.dumps(kept.to_plain()))
    assert Kept.from_plain(plain).to_plain() == plain
    with pytest.raises(BadKept):
        Kept.from_plain(damage(plain))


def test_another_kpis_memory_is_not_used_and_told(caplog: pytest.LogCaptureFixture) -> None:
    series, context = asked(steady(7, 500), 499, 1096)
    theirs = judge_kept(*asked(steady(6, 500), 498, 1096), None)[1]
    with caplog.at_level(logging.INFO, logger="shared.kpi.prophet.carrying"):
        same(series, context, theirs)
    assert [each.message for each in caplog.records] == ["forecasts made anew"]
    assert caplog.records[0].__dict__["facts"]["why"] == "other values before the anchor"


def test_anchors_come_every_four_weeks_and_not_for_all_kpis_on_one_day() -> None:
    first = LAST - timedelta(days=1095)
    days = [LAST + timedelta(days=number) for number in range(56)]
    anchors = {anchor_of("orders", first, day)[1] for day in days}
    assert {(b - a).days for a, b in zip(sorted(anchors), sorted(anchors)[1:], strict=False)} == {28}
    assert len({anchor_of(f"kpi {number}", first, LAST)[1] for number in range(100)}) > 20
    for day in days:
        start, anchor = anchor_of("orders", day - timedelta(days=1095), day)
        assert day - timedelta(days=1095) <= start < day - timedelta(days=1066) and anchor <= day
    young = LAST - timedelta(days=70)
    assert anchor_of("orders", young, LAST) == (young, LAST)


def test_a_format_is_one_way_to_come_to_forecasts() -> None:
    """Where this fails, forecasts have changed: what is kept of the old ones must not be carried on. Raise
    FORMAT in shared/kpi/kept.py, and put the new numbers here."""
    kept = judge_kept(*asked(steady(8, 800), 799, 1096), None)[1]
    assert kept is not None
    came_to = (
        FORMAT,
        round(float(np.log(kept.before.expected).sum()), 4),
        round(float(kept.before.noise.sum()), 4),
        round(float(kept.before.volatility.sum()), 4),
    )
    assert came_to == (4, 245.498, 5.5431, 119.2133)
