"""Detection on real series with injected faults, against textbook Prophet on the same days in the same run.

Textbook: `Prophet(interval_width=0.99)` with the country's holidays, `fit`, `predict`, CmdStan. Ours:
judge_series as in production. False alarms are counted outside days that hindsight (four weeks on both sides)
calls anomalous. Faults of one day: -30 %, +50 %, 0; a level shift of -20 % (told by day 7) and a 14-day drift
to -30 % (told by day 14), by either rule. Ends with how many alarms came for how many were asked for, on
consecutive days and by all rules (a drift that goes on is one alarm: it is told in its thread), and the time
of one judgement. Both cores are used, about 4 minutes.

    .venv/bin/python tests/benchmarks/kpi_detection.py [DAYS_PER_SERIES=40] [FAULTS_PER_SERIES=5]
"""

import csv
import logging
import math
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads only hinder each other on matrices this small

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from shared.kpi.calendar import Calendar, Occasion
from shared.kpi.detection.judging import Context, judge_series
from shared.kpi.judgement import Judgement, Status
from shared.kpi.prophet.package import Prophet
from shared.kpi.series import Numbers, Series
from shared.kpi.tables import Direction

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "series"
COUNTRIES = {"web_visitors": "US", "power_demand_tokyo": "JP", "bike_rentals": "US", "wiki_page_log": "US"}
HISTORY = 1095
ASKED = (2, 6, 26)
STRETCH = 40
"""Consecutive days, the last, judged at each of these."""
FAULTS = {"drop": 0.7, "spike": 1.5, "zero": 0.0}


@dataclass
class Tally:
    """What was counted of one series."""

    name: str
    days: int = 0
    alarms: dict[str, int] = field(default_factory=dict)
    found: dict[str, list[bool]] = field(default_factory=dict)
    stretch: dict[int, list[Status]] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def find(self, what: str, is_found: bool) -> None:
        """Count whether a fault was found."""
        self.found.setdefault(what, []).append(is_found)


def read(name: str) -> dict[str, tuple[tuple[date, ...], Numbers]]:
    """The KPIs of a file on consecutive days."""
    with (FOLDER / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    first, last = (date.fromisoformat(rows[place]["date"]) for place in (0, -1))
    days = tuple(first + timedelta(days=number) for number in range((last - first).days + 1))
    found = {}
    for kpi in rows[0]:
        if kpi != "date":
            known = {date.fromisoformat(row["date"]): float(row[kpi]) for row in rows if row[kpi]}
            found[kpi] = (days, np.array([known.get(day, math.nan) for day in days]))
    return found


def anomalous(values: Numbers) -> Numbers:
    """Days that are out by hindsight: against the same weekday of four weeks before and after."""
    logs = np.log(values + 0.05 * np.nanmedian(values))
    around = [np.roll(logs, 7 * week) for week in (-4, -3, -2, -1, 1, 2, 3, 4)]
    off = np.abs(logs - np.nanmedian(around, axis=0))
    return np.asarray(off > 5 * 1.4826 * np.nanmedian(off))


def judge(
    days: tuple[date, ...], values: Numbers, occasions: tuple[Occasion, ...], asked: float = 6.0
) -> Judgement:
    """One judgement as in production."""
    series = Series("kpi", "", days[-HISTORY - 1 :], values[-HISTORY - 1 :])
    return judge_series(series, Context(occasions, Direction.BOTH, asked, frozenset()))


def textbook(days: tuple[date, ...], values: Numbers, country: str) -> tuple[float, float]:
    """The 99 % interval of the last day the way tutorials do it."""
    frame = pd.DataFrame({"ds": pd.to_datetime(days[-HISTORY - 1 :]), "y": values[-HISTORY - 1 :]})
    model = Prophet(interval_width=0.99)
    model.add_country_holidays(country)
    model.fit(frame.iloc[:-1])
    row = model.predict(frame[["ds"]].iloc[-1:]).iloc[0]
    assert model.stan_backend is not None
    model.stan_backend.cleanup()
    return float(row["yhat_lower"]), float(row["yhat_upper"])


def tally(job: tuple[str, str, int, int]) -> Tally:
    """All counts of one series."""
    name, kpi, sampled, faults = job
    logging.getLogger("cmdstanpy").disabled = True
    days, values = read(name)[kpi]
    occasions = Calendar(country=COUNTRIES[name]).occasions(days[0], days[-1])
    result = Tally(f"{name}.{kpi}")
    odd = anomalous(values)
    random = np.random.default_rng(7)
    known = np.flatnonzero(np.isfinite(values))
    known = known[known >= min(400, len(values) - 150)]
    for number in sorted(random.choice(known, sampled, replace=False)):
        past, seen = days[: number + 1], values[: number + 1].copy()
        began = time.perf_counter()
        judged = judge(past, seen, occasions)
        result.seconds.setdefault("ours", []).append(time.perf_counter() - began)
        began = time.perf_counter()
        low, high = textbook(past, seen, COUNTRIES[name])
        result.seconds.setdefault("textbook", []).append(time.perf_counter() - began)
        if judged.lower is None or judged.upper is None or judged.expected is None:
            continue
        if not odd[number]:
            result.days += 1
            alarms = {
                "ours: day": judged.status is Status.ANOMALY,
                "ours: drift": judged.status is Status.DRIFT,
                "textbook": not low <= seen[-1] <= high,
            }
            for what, is_on in alarms.items():
                result.alarms[what] = result.alarms.get(what, 0) + is_on
        for what, factor in FAULTS.items():
            faulty = seen[-1] * factor
            result.find(f"ours {what}", not judged.lower <= faulty <= judged.upper)
            result.find(f"textbook {what}", not low <= faulty <= high)
    for asked in ASKED:
        ends = [
            end
            for end in range(len(values) - STRETCH, len(values))
            if not (odd[end] or math.isnan(values[end]))
        ]
        looks = [judge(days[: end + 1], values[: end + 1], occasions, asked) for end in ends]
        result.stretch[asked] = [each.status for each in looks]
    for number in random.choice(known[known < len(values) - 14], faults, replace=False):
        for what, length in (("shift", 7), ("drift", 14)):
            changed = values.copy()
            share = np.full(length, 0.2) if what == "shift" else 0.3 * np.arange(1, length + 1) / length
            changed[number : number + length] *= 1 - share
            ends = list(range(number + 1, number + length + 1))
            falls = (judge(days[:end], changed[:end], occasions) for end in ends)
            result.find(what, any(each.status.is_alarming and each.direction == "down" for each in falls))
    return result


def begins(statuses: list[Status]) -> int:
    """How many drifts began on a day nothing was told before."""
    pairs = zip([Status.NORMAL, *statuses], statuses, strict=False)
    return sum(now is Status.DRIFT and not before.is_alarming for before, now in pairs)


def main() -> None:
    sampled, faults = (int(each) for each in (sys.argv[1:3] if len(sys.argv) > 2 else ("40", "5")))
    jobs = [(name, kpi, sampled, faults) for name in COUNTRIES for kpi in read(name)]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        tempfile.tempdir = folder  # inherited: CmdStan leaves files
        tallies = list(pool.map(tally, jobs))
    console = Console(width=120)
    days = sum(each.days for each in tallies)

    def per_week(what: str) -> float:
        return 7 * sum(each.alarms.get(what, 0) for each in tallies) / days

    def share(what: str) -> float:
        found = [is_found for each in tallies for is_found in each.found.get(what, [])]
        return float(np.mean(found)) if found else math.nan

    table = Table("", "false alarms per KPI-week", "drop", "spike", "zero", "mean", title="One day")
    for who, rate in (("ours", per_week("ours: day")), ("textbook", per_week("textbook"))):
        shares = [share(f"{who} {what}") for what in FAULTS]
        table.add_row(who, f"{rate:.3f}", *(f"{each:.0%}" for each in (*shares, float(np.mean(shares)))))
    console.print(table)
    console.print(
        f"shift of -20 % by day 7: {share('shift'):.0%}, drift to -30 % by day 14: {share('drift'):.0%}, "
        f"days told as drift: {per_week('ours: drift'):.3f} per KPI-week"
    )
    for asked in ASKED:
        stretches = [each.stretch[asked] for each in tallies]
        years = sum(len(each) for each in stretches) / 365
        by_band = sum(each.count(Status.ANOMALY) for each in stretches) / years
        drifting = sum(each.count(Status.DRIFT) for each in stretches) / years
        begun = sum(begins(each) for each in stretches) / years
        console.print(
            f"asked for {asked} a year, came {by_band + begun:.1f} on {365 * years:.0f} days in a row: "
            f"{by_band:.1f} by the day's band, {begun:.1f} drifts that began ({drifting:.1f} days of them)"
        )
    medians = {
        who: float(np.median(np.concatenate([each.seconds[who] for each in tallies])))
        for who in ("ours", "textbook")
    }
    console.print(
        f"one judgement {medians['ours'] * 1e3:.0f} ms, "
        f"textbook fit + predict {medians['textbook'] * 1e3:.0f} ms, "
        f"{medians['textbook'] / medians['ours']:.1f} times; {days} days, {time.perf_counter() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
