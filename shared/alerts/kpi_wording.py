"""KPI wording: one judgement as a person would say it."""

import math

import numpy as np

from shared.alerts.numbers import Language, in_words, range_in_words
from shared.alerts.phrases import kpi as phrases
from shared.alerts.phrases.days import day_in_words
from shared.kpi.judgement import Judgement, Status

DRIFT_DAYS = 14
MIN_DAYS_SINCE = 14
"""A low that was as low two weeks ago is not worth mentioning."""


def is_share(judgement: Judgement) -> bool:
    """Whether the KPI is shown in percent: a ratio whose values all lie within 0 and 1."""
    if judgement.volume is None and (judgement.series is None or judgement.series.volumes is None):
        return False
    known = _known_values(judgement)
    return bool(known) and all(0 <= value <= 1 for value in known)


def what_happened(judgement: Judgement, language: Language) -> str:
    """In words what is told of a KPI's day, without its name: "0.8 %, expected 1.9–2.4 %"."""
    if judgement.status is Status.DRIFT:
        return _drift(judgement, language)
    value = judgement.value
    if value is None or not math.isfinite(value):
        return phrases.NO_VALUE.say(language)
    lower, upper = _limits(judgement)
    finite = [bound for bound in (lower, upper) if bound is not None]
    shown, *limits = in_words([value, *finite], is_share=is_share(judgement), language=language)
    if not limits:
        return shown
    if lower is None:
        expected = phrases.AT_MOST.say(language, high=limits[0])
    elif upper is None:
        expected = phrases.AT_LEAST.say(language, low=limits[0])
    else:
        expected = range_in_words(limits[0], limits[1], language)
    return phrases.VALUE.say(language, value=shown, range=expected)


def _limits(judgement: Judgement) -> tuple[float | None, float | None]:
    """The band's ends, None where it is open. Of what is only ever counted whole, whole numbers: 22–26."""
    lower, upper = (
        bound if bound is not None and math.isfinite(bound) else None
        for bound in (judgement.lower, judgement.upper)
    )
    if is_share(judgement) or not all(value.is_integer() for value in _known_values(judgement)):
        return lower, upper
    least = None if lower is None else float(math.ceil(lower))
    most = None if upper is None else float(math.floor(upper))
    if least is not None and most is not None and least > most:  # no whole number was expected
        return lower, upper
    return least, most


def _known_values(judgement: Judgement) -> list[float]:
    values = [judgement.value if judgement.value is not None else math.nan]
    if judgement.series is not None:
        values += judgement.series.values.tolist()
    return [value for value in values if math.isfinite(value)]


def _drift(judgement: Judgement, language: Language) -> str:
    is_down = judgement.direction == "down"
    day = day_in_words(judgement.since or judgement.day, language, judgement.day)
    trend = (phrases.FALLING if is_down else phrases.RISING).say(language, day=day)
    share = drift_share(judgement)
    if share is None or (share < 0) != is_down:
        return trend
    percent = in_words([round(abs(share), 2)], is_share=True, language=language)[0]
    phrase = phrases.LATELY_BELOW if is_down else phrases.LATELY_ABOVE
    return phrase.say(language, trend=trend, days=DRIFT_DAYS, percent=percent)


def drift_share(judgement: Judgement) -> float | None:
    """How far the last 14 days together are from what was expected of them, as a share; None if unknown."""
    series, band = judgement.series, judgement.band
    if series is None or band is None:
        return None
    expected = dict(zip(band.days, band.expected.tolist(), strict=True))
    weights = series.volumes.tolist() if series.volumes is not None else [1.0] * len(series.days)
    rows = zip(series.days, series.values.tolist(), weights, strict=True)
    pairs = [
        (value * weight, expected.get(day, math.nan) * weight)
        for day, value, weight in list(rows)[-DRIFT_DAYS:]
    ]
    known = [(value, should) for value, should in pairs if math.isfinite(value) and math.isfinite(should)]
    total = sum(should for _, should in known)
    return sum(value for value, _ in known) / total - 1 if total > 0 else None


def how_rare(judgement: Judgement, language: Language) -> str:
    """ "lowest since 3 Nov", or empty where that says little. By the KPI's own history, of anomalies."""
    series, value = judgement.series, judgement.value
    if series is None or value is None or judgement.status is not Status.ANOMALY:
        return ""
    is_low = judgement.direction == "down"
    before = series.values[:-1]
    known = np.isfinite(before)
    if not known.any():
        return ""
    as_far = np.flatnonzero(known & ((before <= value) if is_low else (before >= value)))
    if len(as_far) == 0:
        days = len(series.days) - int(np.flatnonzero(known)[0])
        ever = phrases.LOWEST_EVER if is_low else phrases.HIGHEST_EVER
        return ever.say(language, days=days) if days > MIN_DAYS_SINCE else ""
    last = series.days[int(as_far[-1])]
    if (series.day - last).days < MIN_DAYS_SINCE:
        return ""
    since = phrases.LOWEST_SINCE if is_low else phrases.HIGHEST_SINCE
    return since.say(language, day=day_in_words(last, language, series.day))
