"""Detection: is this observation where it should be, by its own history?

An old enough KPI is judged by Prophet, a young one by the same weekday of the last weeks, one that does not
move by a plain rule. The first two differ in their forecasts only: how wide the band is, and what counts as a
drift, follows from how far forecasts were off in the last weeks.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from shared.kpi.detection.one_thread import hold_to_one_thread
from shared.kpi.detection.plain import PlainBand, plain_band
from shared.kpi.detection.same_weekday import same_weekday_ahead
from shared.kpi.detection.sight import (
    BAND_DAYS,
    DAYS_PER_YEAR,
    FAR_OUT,
    POINT_SHARE,
    SMALL_VOLUME,
    Sight,
    is_watched,
    side_of,
)
from shared.kpi.detection.transforms import choose_transform
from shared.kpi.judgement import Judgement, Status
from shared.kpi.prophet.features import calendar_columns
from shared.kpi.prophet.rolling import forecasts_of
from shared.kpi.series import Numbers, Series
from shared.kpi.tables import Direction

if TYPE_CHECKING:
    from shared.kpi.calendar import Occasion

LEAST_DAYS = 21
PROPHET_FROM_DAYS = 56
"""Days with a value in the history."""
SETTLED_DAYS = 7
LAUNCH_DAYS = 14
LAUNCH_ZEROS = 0.05
"""Zeros for this long are the time before the launch, if there are at most this many afterwards."""


@dataclass(frozen=True)
class Context:
    """What is known besides the numbers.

    `occasions` cover the whole history and the day; `sensitivity` is the expected number of false alarms per
    KPI and year; `masked` days never train the band: confirmed incidents, broken data.
    """

    occasions: "tuple[Occasion, ...]"
    direction: Direction
    sensitivity: float
    masked: frozenset[date]


def judge_series(series: Series, context: Context) -> Judgement:
    """What is thought of the last day of `series`. The same input is judged the same for ever."""
    hold_to_one_thread()
    values = np.where(np.isfinite(series.values), series.values, np.nan).astype(np.float64)
    today = float(values[-1])
    volume = None if series.volumes is None else float(series.volumes[-1])
    blank = Judgement(
        series.kpi,
        series.segment,
        series.day,
        Status.MISSING,
        value=None if np.isnan(today) else today,
        volume=volume,
        series=series,
    )
    if np.isnan(today):
        came = "none came" if np.isnan(series.values[-1]) else f"{series.values[-1]} came"
        return replace(blank, note=f"no value of this day: a finite number was expected, {came}")
    if volume is not None and not volume > 0:
        return replace(blank, value=None, note="no value of this day: its denominator is 0 or missing")
    learnt = _learnt(series, values, context.masked)
    count = int(np.isfinite(learnt).sum())
    if count < LEAST_DAYS:
        note = f"{count} days with a value before this one, {LEAST_DAYS} are needed"
        return replace(blank, status=Status.TOO_LITTLE_HISTORY, note=note)
    probability = POINT_SHARE * context.sensitivity / DAYS_PER_YEAR
    plain = plain_band(learnt[:-1], today, probability)
    if plain is not None:
        return _judge_plainly(blank, plain, today, context.direction)
    if _is_unmoved(learnt[:-1], today):
        note = f"the same value as on the {SETTLED_DAYS} days before"
        return replace(blank, status=Status.NORMAL, expected=today, lower=today, upper=today, note=note)
    try:
        return _judge_by_forecasts(blank, series, values, learnt, context)
    except np.linalg.LinAlgError as error:
        note = f"the model can't be fitted to this history: {error}"
        return replace(blank, status=Status.REFUSED, note=note)


def _is_unmoved(history: Numbers, today: float) -> bool:
    """Whether a KPI that stands still stands where it stood: after a step no trend leads any further."""
    known = history[np.isfinite(history)]
    return today != 0 and len(known) >= SETTLED_DAYS and bool((known[-SETTLED_DAYS:] == today).all())


def _learnt(series: Series, values: Numbers, masked: frozenset[date]) -> Numbers:
    """The values a band may be learnt from: not the day's own, not masked ones, not those before a launch."""
    learnt = values.copy()
    learnt[-1] = np.nan
    if masked:
        learnt[[day in masked for day in series.days]] = np.nan
    alive = np.flatnonzero(np.isfinite(learnt) & (learnt != 0))
    if len(alive) and alive[0] >= LAUNCH_DAYS:
        since = learnt[alive[0] :]
        if float((since[np.isfinite(since)] == 0).mean()) <= LAUNCH_ZEROS:
            learnt[: alive[0]] = np.nan
    return learnt


def _judge_plainly(blank: Judgement, band: PlainBand, today: float, watched: Direction) -> Judgement:
    side = side_of(today - band.expected)
    room = abs((band.upper if side == "up" else band.lower) - band.expected)
    score = abs(today - band.expected) / room if room else FAR_OUT
    is_out = not band.lower <= today <= band.upper
    if not is_out and (side != "up" or not room):
        score = 0.0  # nothing is told of an ordinary zero, however near the edge of the band 0 is
    is_told = is_out and is_watched(side, watched)
    return replace(
        blank,
        status=Status.ANOMALY if is_told else Status.NORMAL,
        expected=band.expected,
        lower=band.lower,
        upper=band.upper,
        score=score,
        direction=side,
        since=blank.day if is_told else None,
        detector=f"plain rule: {band.rule}",
        note=band.note,
    )


def _judge_by_forecasts(
    blank: Judgement, series: Series, values: Numbers, learnt: Numbers, context: Context
) -> Judgement:
    begin = int(np.flatnonzero(np.isfinite(learnt))[0])
    days, values, learnt = series.days[begin:], values[begin:], learnt[begin:]
    is_rate = not series.is_additive or bool((learnt != np.round(learnt))[np.isfinite(learnt)].any())
    transform = choose_transform(learnt, is_rate)
    scaled = transform.forward(learnt)
    if np.isfinite(learnt).sum() >= PROPHET_FROM_DAYS:
        detector = "Prophet"
        calendar = calendar_columns(series.days[0], series.days[-1], context.occasions).since(begin)
        try:
            forecasts = forecasts_of(scaled, calendar, BAND_DAYS)
        except np.linalg.LinAlgError:  # as good as no noise, or columns nothing tells apart
            detector = "same weekday"
            forecasts = same_weekday_ahead(scaled, days, context.occasions)
    else:
        detector = "same weekday"
        forecasts = same_weekday_ahead(scaled, days, context.occasions)
    sight = Sight(days, values, learnt, transform, forecasts, context.sensitivity)
    if sight.is_blind:
        note = "nothing can be expected of this day: too few days like it have a value"
        return replace(blank, status=Status.REFUSED, note=note)
    notes = []
    if forecasts.is_new_own[-1]:
        notes.append("first time of an own event: band 3 times as wide")
    elif forecasts.is_new[-1]:
        notes.append("first such holiday in the history: band twice as wide")
    is_small = False
    if series.volumes is not None:
        volume = float(series.volumes[-1])
        wider = sight.widen_by_volume(series.volumes[begin:])
        if wider > 1.1:
            notes.append(f"band {wider:.1f} times as wide, the volume being only {volume:.0f}")
        is_small = volume < SMALL_VOLUME
        if is_small:
            notes.append(f"a volume of {volume:.0f} says little: told only when far out")
    judged = sight.judge(replace(blank, detector=detector), context.direction, is_small)
    notes += [judged.note, sight.noise_note(context.direction)]
    return replace(judged, note="; ".join(each for each in notes if each))
