"""Detection: is this observation where it should be, by its own history?

An old enough KPI is judged by Prophet, a young one by the same weekday of the last weeks, one that does not
move by a plain rule. The first two differ in their forecasts only: how wide the band is, and what counts as a
drift, follows from how far forecasts were off in the last weeks.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from shared.kpi.detection.calibration import point_probability
from shared.kpi.detection.closing import Closing, find_closing, was_open_last_year
from shared.kpi.detection.one_thread import hold_to_one_thread
from shared.kpi.detection.plain import PlainBand, plain_band, still_band
from shared.kpi.detection.same_weekday import same_weekday_ahead
from shared.kpi.detection.scales import choose_transform, kind_of
from shared.kpi.detection.sides import is_watched, side_of
from shared.kpi.detection.sight import FAR_OUT, SMALL_VOLUME, Sight
from shared.kpi.detection.transforms import Transform
from shared.kpi.judgement import Judgement, Status
from shared.kpi.kept import Kept
from shared.kpi.prophet.anchors import anchor_of
from shared.kpi.prophet.carrying import both_forecasts
from shared.kpi.prophet.features import calendar_columns
from shared.kpi.prophet.optimisers import optimiser
from shared.kpi.series import Numbers, Series
from shared.kpi.tables import Direction

if TYPE_CHECKING:
    from shared.kpi.calendar import Occasion

LEAST_DAYS = 21
PROPHET_FROM_DAYS = 56
"""Days with a value in the history."""
SETTLED_DAYS = 7
WHOLE_SHARE = 0.99
"""Of the days whose numerators are whole numbers, for a ratio to be one of counts."""


@dataclass(frozen=True)
class Context:
    """What is known besides the numbers.

    `occasions` cover the whole history and the day; `sensitivity` is the expected number of false alarms per
    KPI and year; `masked` days never train the band: confirmed incidents, broken data; on `accepted` days a
    person said the KPI is right as it is: a level it then came to is its own now. `levels` are those of the
    intervals that are asked for; `optimiser` fits, see prophet.optimisers.
    """

    occasions: "tuple[Occasion, ...]"
    direction: Direction
    sensitivity: float
    masked: frozenset[date]
    accepted: frozenset[date] = frozenset()
    levels: tuple[float, ...] = ()
    optimiser: str = "exact"


def judge_series(series: Series, context: Context) -> Judgement:
    """What is thought of the last day of `series`. The same input is judged the same for ever."""
    return judge_kept(series, context, None)[0]


def judge_kept(series: Series, context: Context, kept: Kept | None) -> tuple[Judgement, Kept | None]:
    """judge_series, with what the last judgement of this KPI left, and what to keep for the next.

    The judgement is the same with and without it, to the last bit: what was kept of other values, another
    calendar or version is made anew. It costs a fit for each day since. Judging a day again with another
    value of that day, and what judging it left, costs none. Where a day was not judged by Prophet, or had no
    value, what was kept stays.
    """
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
        return replace(blank, note=f"no value of this day: a finite number was expected, {came}"), kept
    if volume is not None and not volume > 0:
        return replace(blank, value=None, note="no value of this day: its denominator is 0 or missing"), kept
    learnt = values.copy()
    learnt[-1] = np.nan
    learnt[[day in context.masked for day in series.days]] = np.nan
    days_off = frozenset(each.day for each in context.occasions if each.is_day_off)
    closing = find_closing(learnt[:-1], series.days, days_off)
    plain = _plain_band(learnt[:-1], today, closing, context)
    learnt[:-1][closing.days] = np.nan
    count = int(np.isfinite(learnt).sum())
    if count < LEAST_DAYS and (plain is None or not closing.days.any()):
        note = f"{count} days with a value before this one, {LEAST_DAYS} are needed"
        return replace(blank, status=Status.TOO_LITTLE_HISTORY, note=note), kept
    if _is_impossible(series, learnt, today):
        note = "more than all of them: a share of counts that was never above 1"
        plain = PlainBand("share", 1.0, 0.0, 1.0, note)
        return _judge_plainly(blank, plain, today, Direction.BOTH), kept
    if today == 0 and closing.why:
        return replace(
            blank, status=Status.NORMAL, expected=0.0, lower=0.0, upper=0.0, note=closing.why
        ), kept
    if plain is not None:
        return _judge_plainly(blank, plain, today, context.direction), kept
    if _is_unmoved(learnt[:-1], today):
        note = f"the same value as on the {SETTLED_DAYS} days before"
        return replace(blank, status=Status.NORMAL, expected=today, lower=today, upper=today, note=note), kept
    try:
        return _judge_by_forecasts(blank, series, values, learnt, context, kept)
    except np.linalg.LinAlgError as error:
        note = f"the model can't be fitted to this history: {error}"
        return replace(blank, status=Status.REFUSED, note=note), kept


def _is_unmoved(history: Numbers, today: float) -> bool:
    """Whether a KPI that stands still stands where it stood: after a step no trend leads any further."""
    known = history[np.isfinite(history)]
    return today != 0 and len(known) >= SETTLED_DAYS and bool((known[-SETTLED_DAYS:] == today).all())


def _plain_band(history: Numbers, today: float, closing: Closing, context: Context) -> PlainBand | None:
    """The band by a plain rule; that of a closed day, where it was never open so far."""
    known = history[np.isfinite(history)]
    if closing.is_sure:
        return still_band(0.0, known)
    is_closed = len(known) >= SETTLED_DAYS and not known[-SETTLED_DAYS:].any()
    if is_closed and closing.days.any() and was_open_last_year(closing, history):
        return None  # it may open any day
    probability = point_probability(context.sensitivity)
    return plain_band(history, today, probability, closing.days, context.levels)


def _is_impossible(series: Series, learnt: Numbers, today: float) -> bool:
    """Whether a part is larger than its whole that never was."""
    if series.volumes is None or not today > 1:
        return False
    known = np.isfinite(learnt) & np.isfinite(series.volumes)
    numerators = learnt[known] * series.volumes[known]
    is_whole = np.abs(numerators - np.round(numerators)) <= 1e-6 * np.maximum(numerators, 1.0)
    return bool((learnt[known] <= 1).all()) and float(is_whole.mean()) >= WHOLE_SHARE


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
        intervals=band.intervals,
    )


def _judge_by_forecasts(
    blank: Judgement,
    series: Series,
    values: Numbers,
    learnt: Numbers,
    context: Context,
    kept: Kept | None,
) -> tuple[Judgement, Kept | None]:
    first = int(np.flatnonzero(np.isfinite(learnt))[0])
    start, anchor_day = anchor_of(series.name, series.days[first], series.day)
    begin = (start - series.days[0]).days
    anchor = (anchor_day - start).days
    days, values, learnt = series.days[begin:], values[begin:], learnt[begin:]
    transform = _transform(learnt, anchor, series)
    scaled = transform.forward(learnt)
    detector, forecasts, before = "same weekday", None, None
    if np.isfinite(learnt).sum() >= PROPHET_FROM_DAYS:
        calendar = calendar_columns(series.days[0], series.days[-1], context.occasions).since(begin)
        accepted = np.array([day in context.accepted for day in days])
        try:
            optimise = optimiser(context.optimiser)
            forecasts, before, kept = both_forecasts(scaled, calendar, accepted, anchor, kept, optimise)
            detector = "Prophet"
        except np.linalg.LinAlgError:  # as good as no noise, or columns nothing tells apart
            pass
    if forecasts is None or before is None:
        forecasts = before = same_weekday_ahead(scaled, days, context.occasions)
    sight = Sight(days, values, learnt, transform, forecasts, before, context.sensitivity)
    if sight.is_blind:
        note = "nothing can be expected of this day: too few days like it have a value"
        return replace(blank, status=Status.REFUSED, note=note), kept
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
    note = "; ".join(each for each in notes if each)
    return replace(judged, note=note, intervals=sight.intervals(context.levels)), kept


def _transform(learnt: Numbers, anchor: int, series: Series) -> Transform:
    """The scale, as it was chosen at the anchor; at once where the KPI is another kind of number by now."""
    is_rate = not series.is_additive or bool((learnt != np.round(learnt))[np.isfinite(learnt)].any())
    then = choose_transform(learnt[:anchor], is_rate)
    return then if then.kind is kind_of(learnt, is_rate) else choose_transform(learnt, is_rate)
