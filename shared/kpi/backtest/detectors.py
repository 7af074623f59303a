"""The detectors a backtest compares, each as it looks at one day. A new one is a line in DETECTORS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np

from shared.kpi.backtest.baselines import BASELINES, Baseline
from shared.kpi.backtest.verdicts import LEVELS, ToldDrift, Verdict, by_band, distance_of
from shared.kpi.calendar import NO_COUNTRY
from shared.kpi.detection.calibration import point_probability
from shared.kpi.detection.judging import LEAST_DAYS, Context, judge_kept
from shared.kpi.judgement import Status
from shared.kpi.kept import Kept
from shared.kpi.prophet.textbook import textbook_forecast
from shared.kpi.series import Numbers, Series

PROPHET, TEXTBOOK = "prophet", "prophet_textbook"
DEFAULT = PROPHET
NO_DRIFT = 1e-6
"""False alarms a year: asked for so few, no drift is told, and what is expected is the day's own."""


class Look(Protocol):
    """One day as a detector sees it."""

    @property
    def verdict(self) -> Verdict:
        """What it says of the value that came."""

    @property
    def kept(self) -> object:
        """What it keeps for the next day of the same series."""

    def of(self, value: float) -> Verdict:
        """What it would say of another value, all days before being the same."""


class Detector(Protocol):
    """What judges the last day of a series from the days before it."""

    def look(self, series: Series, context: Context, country: str, kept: object) -> Look:
        """Look at the last day; `kept` is what the look at the day before left, None where there was none."""


@dataclass(frozen=True)
class BandLook:
    """A day by a detector whose band is all it has."""

    verdict: Verdict
    kept: object = None

    def of(self, value: float) -> Verdict:
        """Against the same band."""
        here = self.verdict
        if not here.is_judged:
            return replace(here, value=value)
        return by_band(here.day, value, here.expected, (here.lower, here.upper), here.intervals)


@dataclass(frozen=True)
class BaselineDetector:
    """A baseline, from so many days on as the detectors need that are compared with it."""

    baseline: Baseline

    def look(self, series: Series, context: Context, country: str, kept: object) -> BandLook:  # noqa: ARG002
        """By the days before that are not masked."""
        learnt = learnt_of(series, context)
        blank = blank_of(series, learnt)
        if blank is not None:
            return BandLook(blank)
        verdict = self.baseline.judge(series, learnt)
        return BandLook(verdict or refused(series, "nothing is known of this weekday"))


class Textbook:
    """Prophet as its documentation shows it: what is outside its 99 % interval is told."""

    def look(self, series: Series, context: Context, country: str, kept: object) -> BandLook:  # noqa: ARG002
        """Fit and predict."""
        learnt = learnt_of(series, context)
        blank = blank_of(series, learnt)
        if blank is not None:
            return BandLook(blank)
        holidays = None if country == NO_COUNTRY else country
        try:
            expected, intervals = textbook_forecast(series.days, learnt, holidays, LEVELS)
        except (ValueError, RuntimeError) as error:
            return BandLook(refused(series, f"Prophet can't be fitted: {error}"[:200]))
        value = float(series.values[-1])
        return BandLook(by_band(series.day, value, expected, intervals[LEVELS.index(0.99)], intervals))


def learnt_of(series: Series, context: Context) -> Numbers:
    """The days before the last, NaN where masked."""
    history = np.where(np.isfinite(series.values), series.values, np.nan)[:-1]
    history[[day in context.masked for day in series.days[:-1]]] = np.nan
    return history


def blank_of(series: Series, learnt: Numbers) -> Verdict | None:
    """The verdict on a day that can't be judged; None: it can."""
    value = float(series.values[-1])
    if not np.isfinite(value):
        return Verdict(series.day, value, Status.MISSING)
    count = int(np.isfinite(learnt).sum())
    if count < LEAST_DAYS:
        note = f"{count} days with a value before this one, {LEAST_DAYS} are needed"
        return Verdict(series.day, value, Status.TOO_LITTLE_HISTORY, note=note)
    return None


def refused(series: Series, why: str) -> Verdict:
    """The verdict of a detector that can't judge this day."""
    return Verdict(series.day, float(series.values[-1]), Status.REFUSED, note=why)


@dataclass(frozen=True)
class ProphetLook:
    """A day as production judges it; another value of the day needs no other fit."""

    series: Series
    context: Context
    verdict: Verdict
    kept: Kept | None

    def of(self, value: float) -> Verdict:
        """Judge the day again, as if `value` had come."""
        values = self.series.values.copy()
        values[-1] = value
        return _judged(replace(self.series, values=values), self.context, self.kept)[0]


class ProphetDetector:
    """The detector of production."""

    def look(self, series: Series, context: Context, country: str, kept: object) -> ProphetLook:  # noqa: ARG002
        """Judge the day; what is kept goes on from the day before."""
        verdict, left = _judged(series, context, kept if isinstance(kept, Kept) else None)
        return ProphetLook(series, context, verdict, left)


def _judged(series: Series, context: Context, kept: Kept | None) -> tuple[Verdict, Kept | None]:
    """The verdict of production, with the day's own band also where a drift is told."""
    try:
        return _verdict(series, context, kept)
    except Exception as error:  # as a check of the table does: one day that can't be judged hides no other
        return refused(series, f"expected a judgement, came {type(error).__name__}: {error}"[:200]), kept


def _verdict(series: Series, context: Context, kept: Kept | None) -> tuple[Verdict, Kept | None]:
    own_level = 1 - point_probability(context.sensitivity)
    judged, left = judge_kept(series, replace(context, levels=(*LEVELS, own_level)), kept)
    value = float(series.values[-1])
    verdict = Verdict(series.day, value, judged.status, direction=judged.direction, note=judged.note)
    if judged.expected is None or judged.lower is None or judged.upper is None:
        return verdict, left
    expected, lower, upper, distance, drift = judged.expected, judged.lower, judged.upper, judged.score, None
    edges = [(each.lower, each.upper) for each in judged.intervals]
    if judged.status is Status.DRIFT and judged.since is not None:
        drift = ToldDrift(expected, lower, upper, distance, judged.since)
        quiet, left = judge_kept(series, replace(context, sensitivity=NO_DRIFT), left)
        lower, upper = edges[-1]
        expected = (lower + upper) / 2 if quiet.expected is None else quiet.expected
        distance = distance_of(value, expected, (lower, upper))
    found = replace(
        verdict,
        expected=expected,
        lower=lower,
        upper=upper,
        distance=distance,
        intervals=tuple(edges[:-1]),
        drift=drift,
    )
    return found, left


DETECTORS: Mapping[str, Callable[[], Detector]] = {
    PROPHET: ProphetDetector,
    TEXTBOOK: Textbook,
    **{name: partial(BaselineDetector, baseline) for name, baseline in BASELINES.items()},
}
