"""Wording: one judgement or one arrival finding as a person would say it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from shared.alerts.numbers import Language, in_words, range_in_words
from shared.alerts.phrases import say, say_count, say_date
from shared.kpi.arrival.findings import Finding, FindingKind
from shared.kpi.judgement import Judgement, Status

DRIFT_DAYS = 14
MIN_DAYS_SINCE = 14
"""A low that was as low two weeks ago is not worth mentioning."""


@dataclass(frozen=True)
class Out:
    """One KPI that is told: the judgement that leads, and the segments it is out in as well."""

    lead: Judgement
    segments: tuple[str, ...]
    """Names of the segments it is out in; without the lead where that is a segment itself."""
    segments_judged: int


def is_share(judgement: Judgement) -> bool:
    """Whether the KPI is shown in percent: a ratio whose values all lie within 0 and 1."""
    if judgement.volume is None and (judgement.series is None or judgement.series.volumes is None):
        return False
    values = [judgement.value if judgement.value is not None else math.nan]
    if judgement.series is not None:
        values += judgement.series.values.tolist()
    known = [value for value in values if math.isfinite(value)]
    return bool(known) and all(0 <= value <= 1 for value in known)


def what_happened(judgement: Judgement, language: Language) -> str:
    """In words what is told of a KPI's day, without its name: "0.8 %, expected 1.9–2.4 %"."""
    if judgement.status is Status.DRIFT:
        return _drift(judgement, language)
    value = judgement.value
    if value is None or not math.isfinite(value):
        return say("value_alone", language, value="–")
    bounds = [bound for bound in (judgement.lower, judgement.upper) if bound is not None]
    finite = [bound for bound in bounds if math.isfinite(bound)]
    shown, *limits = in_words([value, *finite], is_share=is_share(judgement), language=language)
    kind = "zero" if value == 0 else "value"
    if not finite:
        return say(f"{kind}_alone", language, value=shown)
    return say(kind, language, value=shown, range=_range(judgement, limits, language))


def _range(judgement: Judgement, limits: list[str], language: Language) -> str:
    """The band in words; where it is open to one side, its other one."""
    if len(limits) == 1:
        is_lower = judgement.lower is not None and math.isfinite(judgement.lower)
        return (
            say("at_least", language, low=limits[0]) if is_lower else say("at_most", language, high=limits[0])
        )
    return range_in_words(limits[0], limits[1], language)


def _drift(judgement: Judgement, language: Language) -> str:
    began = judgement.since or judgement.day
    words = say(
        "falling" if judgement.direction == "down" else "rising",
        language,
        date=say_date(began, language, judgement.day),
    )
    share = drift_share(judgement)
    if share is None or (share < 0) != (judgement.direction == "down"):
        return words
    percent = in_words([round(abs(share), 2)], is_share=True, language=language)[0]
    told = "drift_below" if share < 0 else "drift_above"
    together = say(told, language, days=say_count("day", DRIFT_DAYS, language), percent=percent)
    return f"{words}: {together}"


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
    """ "lowest since 3 November", or empty where that says little. By the KPI's own history, of anomalies."""
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
        first = int(np.flatnonzero(known)[0])
        days = len(series.days) - first
        told = "lowest_ever" if is_low else "highest_ever"
        return say(told, language, days=say_count("day", days, language)) if days > MIN_DAYS_SINCE else ""
    last = series.days[int(as_far[-1])]
    if (series.day - last).days < MIN_DAYS_SINCE:
        return ""
    return say(
        "lowest_since" if is_low else "highest_since", language, date=say_date(last, language, series.day)
    )


def where_and_since(out: Out, language: Language) -> str:
    """Since when a KPI is out, and in which segments; empty where neither adds anything."""
    lead, words = out.lead, []
    if lead.status is Status.ANOMALY and lead.since is not None and lead.since < lead.day:
        words.append(say("since", language, date=say_date(lead.since, language, lead.day)))
    if out.segments_judged:
        words.append(_segments(out, language))
    return " · ".join(words)


def _segments(out: Out, language: Language) -> str:
    total, is_whole = out.segments_judged, not out.lead.segment
    count = len(out.segments) + (0 if is_whole else 1)
    if count == 0:
        return say("no_segment", language)
    if count == total and total > 1:
        return say("all_segments", language, n=total)
    if count == 1 and not is_whole:
        return say("one_segment", language, total=total)
    names = out.segments if is_whole else (out.lead.segment, *out.segments)
    return say("some_segments", language, n=count, total=total, names=" / ".join(names[:3]) + _more(names))


def _more(names: Sequence[str]) -> str:
    return " …" if len(names) > 3 else ""


def finding_in_words(finding: Finding, day: date, language: Language) -> str:
    """What is wrong with a table, in words; facts that are not known are left out."""
    facts, kind = finding.facts, finding.kind
    rows = facts.get("duplicates", facts.get("rows"))
    days = facts.get("days")
    phrase = kind.value
    if kind is FindingKind.STUCK and not isinstance(days, int | float):
        phrase = "stuck_alone"
    if kind is FindingKind.PARTIAL_DAY and {"last_at", "usual"} <= facts.keys():
        phrase = "partial_day_until"
    words = say(
        phrase,
        language,
        column=finding.column or "?",
        date=say_date(day, language, day),
        rows=say_count("row", int(rows), language) if isinstance(rows, int | float) else "?",
        last_at=facts.get("last_at", "?"),
        usual=facts.get("usual", "?"),
        before=facts.get("before", "?"),
        now=facts.get("now", "?"),
        days=say_count("day", int(days), language) if isinstance(days, int | float) else "?",
    )
    if usual := _usual(finding, language):
        words = say("usual", language, what=words, usual=usual)
    last = str(facts.get("last", ""))
    if kind is FindingKind.NO_ROWS and last and days != 1:
        words += say("and", language) + say("none_since", language, date=_iso_date(last, day, language))
    if kind is FindingKind.COLUMN_DROPPED and "renamed" in facts:
        words += say("and", language) + say("renamed", language, column=facts["renamed"])
    return words


def _iso_date(text: str, day: date, language: Language) -> str:
    try:
        return say_date(date.fromisoformat(text), language, day)
    except ValueError:
        return text


def _usual(finding: Finding, language: Language) -> str:
    """How many rows there usually are, where the finding says so."""
    if finding.kind not in (FindingKind.NO_ROWS, FindingKind.FEW_ROWS, FindingKind.MANY_ROWS):
        return ""
    limits = [finding.facts.get(name) for name in ("lowest", "highest")]
    numbers = [float(each) for each in limits if isinstance(each, int | float)]
    if len(numbers) == len(limits) and numbers[0] < numbers[1]:
        low, high = in_words([round(each) for each in numbers], is_share=False, language=language)
        return range_in_words(low, high, language)
    expected = finding.facts.get("expected", numbers[0] if numbers else None)
    if not isinstance(expected, int | float):
        return ""
    return in_words([round(float(expected))], is_share=False, language=language)[0]
