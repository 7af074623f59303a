"""Outs: the KPIs an alert tells of, each once, with the parts of the table it is out in."""

from dataclasses import dataclass
from datetime import date

from shared.alerts.numbers import Language
from shared.alerts.phrases import kpi as phrases
from shared.alerts.phrases.days import day_in_words
from shared.alerts.phrases.names import AND_MORE
from shared.kpi.checks import TableCheck
from shared.kpi.judgement import Judgement, Status
from shared.kpi.series import WHOLE

MOST_PARTS = 3


@dataclass(frozen=True)
class Out:
    """One KPI that is told: the judgement that leads, and the segments it is out in as well."""

    lead: Judgement
    segments: tuple[str, ...]
    """Names of the segments it is out in; without the lead where that is a segment itself."""
    segments_judged: int
    dimensions: tuple[str, ...] = ()
    """The columns the table is divided by."""

    @property
    def since(self) -> date:
        """The first day of what is told."""
        return self.lead.since or self.lead.day


def outs_of(check: TableCheck, dimensions: tuple[str, ...] = ()) -> list[Out]:
    """What is told per KPI, most severe first: the whole where it is out, else the segment furthest out."""
    by_kpi: dict[str, list[Judgement]] = {}
    for each in check.alarming:
        by_kpi.setdefault(each.kpi, []).append(each)
    outs = []
    for kpi, (lead, *others) in by_kpi.items():
        judged = sum(each.kpi == kpi and each.segment != WHOLE for each in check.judgements)
        outs.append(Out(lead, tuple(each.segment for each in others), judged, dimensions))
    return outs


def where_and_since(out: Out, language: Language) -> str:
    """Since when a KPI is out, and in which parts of its table; empty where neither adds anything."""
    words = []
    if out.lead.status is Status.ANOMALY and out.since < out.lead.day:
        words.append(phrases.SINCE.say(language, day=day_in_words(out.since, language, out.lead.day)))
    if where := _where(out, language):
        words.append(where)
    return " · ".join(words)


def _where(out: Out, language: Language) -> str:
    parts = " × ".join(out.dimensions) or phrases.PART.say(language)
    total, is_whole = out.segments_judged, out.lead.segment == WHOLE
    names = out.segments if is_whole else (out.lead.segment, *out.segments)
    if not total:
        return ""
    if not names:
        return phrases.NOWHERE_ALONE.say(language, parts=parts)
    if len(names) == total:
        return phrases.EVERYWHERE.say(language, parts=parts, total=total) if total > 1 else ""
    if len(names) == 1 and not is_whole:
        return phrases.ONLY_HERE.say(language, others=total - 1)
    named = " / ".join(names[:MOST_PARTS])
    if len(names) > MOST_PARTS:
        named = AND_MORE.say(language, names=named, more=len(names) - MOST_PARTS)
    return phrases.SOMEWHERE.say(language, count=len(names), total=total, names=named)
