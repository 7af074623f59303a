"""Faults put into real series, and the series themselves, which hold few."""

import csv
import math
from datetime import date, timedelta

import numpy as np
import pytest

from shared.kpi.calendar import Calendar
from shared.kpi.detection.judging import Context, judge_series
from shared.kpi.judgement import Judgement, Status
from shared.kpi.series import Numbers, Series
from shared.kpi.tables import Direction
from tests.real_series import series_file

QUIET = [("power_demand_tokyo", "demand_10mwh", "JP"), ("web_visitors", "unique_visits", "US")]


def read(name: str, kpi: str) -> tuple[tuple[date, ...], Numbers]:
    with series_file(name).open(newline="") as file:
        known = {date.fromisoformat(row["date"]): float(row[kpi]) for row in csv.DictReader(file) if row[kpi]}
    first, last = min(known), max(known)
    days = tuple(first + timedelta(days=number) for number in range((last - first).days + 1))
    return days, np.array([known.get(day, math.nan) for day in days])


def judge(days: tuple[date, ...], values: Numbers, country: str, factor: float = 1.0) -> Judgement:
    changed = values.copy()
    changed[-1] *= factor
    occasions = Calendar(country=country).occasions(days[0], days[-1])
    context = Context(tuple(occasions), Direction.BOTH, 6.0, frozenset())
    return judge_series(Series("kpi", "", days, changed), context)


@pytest.mark.parametrize(("name", "kpi", "country"), QUIET)
def test_one_day_faults_are_found_and_ordinary_days_pass(name: str, kpi: str, country: str) -> None:
    days, values = read(name, kpi)
    sampled = np.random.default_rng(1).choice(np.arange(600, len(values)), 60, replace=False)
    judged = [judge(days[: end + 1], values[: end + 1], country) for end in sampled]
    assert sum(each.status is Status.ANOMALY for each in judged) <= 4
    found = dict.fromkeys((0.0, 0.7, 1.5), 0)
    for each, end in zip(judged, sampled, strict=True):
        for factor in found:
            assert each.lower is not None and each.upper is not None
            found[factor] += not each.lower <= values[end] * factor <= each.upper
    assert found[0.0] == 60
    assert found[0.7] >= 48 and found[1.5] >= 48


def test_a_fault_of_the_day_is_the_anomaly_its_band_says_it_is() -> None:
    days, values = read("power_demand_tokyo", "demand_10mwh")
    judged = judge(days, values, "JP", factor=0.6)
    assert (judged.status, judged.direction) == (Status.ANOMALY, "down")


def test_new_year_in_tokyo_is_silent_in_its_third_year() -> None:
    days, values = read("power_demand_tokyo", "demand_10mwh")
    ends = [number for number, day in enumerate(days) if date(2018, 12, 28) <= day <= date(2019, 1, 8)]
    judged = [judge(days[: end + 1], values[: end + 1], "JP") for end in ends]
    assert sum(each.status is Status.ANOMALY for each in judged) <= 1


def test_missing_days_of_a_real_series_are_missing_and_harm_nothing() -> None:
    days, values = read("wiki_page_log", "log_views")
    gaps = np.flatnonzero(np.isnan(values))
    gap = int(gaps[gaps > 400][0])
    assert judge(days[: gap + 1], values[: gap + 1], "US").status is Status.MISSING
    end = int(np.flatnonzero(np.isfinite(values[gap:]))[0]) + gap
    assert judge(days[: end + 1], values[: end + 1], "US").detector == "Prophet"


def test_a_raw_table_of_one_month_is_judged_by_the_same_weekday() -> None:
    with series_file("ads_funnel_30d_raw").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Campaign Name"].startswith("Control")]
    days = tuple(date.fromisoformat(row["ds"]) for row in rows)
    for kpi in ("Spend [USD]", "Impressions", "Purchase"):
        values = np.array([float(row[kpi] or "nan") for row in rows])
        judged = judge(days, values, "US")
        assert judged.detector == "same weekday"
        assert judge(days, values, "US", factor=5.0).status is Status.ANOMALY
