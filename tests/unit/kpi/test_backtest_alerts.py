"""Alerts of a backtest: what is told is told once, and nothing that was said goes missing."""

from dataclasses import replace
from datetime import date, timedelta
from math import nan

import pytest

from shared.kpi.backtest.alerts import DAY, DRIFT, alerts_of
from shared.kpi.backtest.verdicts import ToldDrift, Verdict
from shared.kpi.backtest.walk import Walked
from shared.kpi.judgement import Status

FIRST = date(2026, 3, 1)
SAID = {
    ".": (Status.NORMAL, ""),
    "d": (Status.DRIFT, "down"),
    "u": (Status.DRIFT, "up"),
    "A": (Status.ANOMALY, "down"),
    "U": (Status.ANOMALY, "up"),
    "-": (Status.MISSING, ""),
}


def walked(said: str) -> list[Walked]:
    days = []
    for number, letter in enumerate(said):
        status, direction = SAID[letter]
        day = FIRST + timedelta(days=number)
        drift = ToldDrift(120.0, 100.0, 140.0, 1.3, FIRST) if status is Status.DRIFT else None
        verdict = Verdict(day, 80.0, status, 90.0, 70.0, 110.0, 0.5, direction, ((75, 105), (70, 110)), drift)
        if status is Status.MISSING:
            verdict = Verdict(day, nan, status)
        days.append(Walked(number, verdict, {}))
    return days


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", ""),
        ("....", ""),
        (".A.A", "1A 3A"),
        ("AAA", "0A 1A 2A"),
        ("ddd", "0d"),
        (".dd.dd", "1d 4d"),
        ("dd-dd", "0d"),
        ("dAd", "0d 1A"),
        ("Addd", "0A"),
        ("Uddd", "0A 1d"),
        ("dduu", "0d 2d"),
    ],
)
def test_each_day_out_of_its_band_and_the_first_of_each_drift_is_told(said: str, told: str) -> None:
    found = [f"{each.walked.number}{'A' if each.kind == DAY else 'd'}" for each in alerts_of(walked(said))]
    assert " ".join(found) == told


def test_a_drift_is_told_again_in_another_stretch_of_days() -> None:
    days = walked("ddd.")
    later = [replace(each, number=each.number + 90) for each in days]
    assert [each.walked.number for each in alerts_of([*days, *later])] == [0, 90]


def test_a_drift_is_told_against_what_was_expected_before_it_began() -> None:
    (alert,) = alerts_of(walked("d"))
    assert alert.kind == DRIFT
    entry = alert.entry()
    assert [entry[key] for key in ("actual", "expected", "lower", "upper", "score")] == [
        80,
        120,
        100,
        140,
        1.3,
    ]
    assert entry["since"] == "2026-03-01"


def test_a_day_is_told_against_its_own_band() -> None:
    (alert,) = alerts_of(walked("A"))
    assert alert.entry() == {
        "date": "2026-03-01",
        "kind": "day",
        "direction": "down",
        "actual": 80.0,
        "expected": 90.0,
        "lower": 70.0,
        "upper": 110.0,
        "score": 0.5,
    }
