"""The alert about one table's day: what happened, since when, the pictures, and what to do next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shared.alerts.kpi_chart import kpi_chart
from shared.alerts.message import Bullets, Link, Links, Mark, Message, Part, Severity, Text
from shared.alerts.numbers import Language
from shared.alerts.phrases import PHRASES, say, say_count, say_date, say_names, say_weekday
from shared.alerts.wording import Out, finding_in_words, how_rare, what_happened, where_and_since
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.incidents import AlertKind
from shared.kpi.judgement import Judgement
from shared.kpi.series import WHOLE
from shared.kpi.suggestion import Clue, suggest
from shared.kpi.tables import KpiTable

SEVERE_SCORE = 2.0
"""Twice as far out as it takes to be told at all."""
NEXT_TO = timedelta(days=1)


@dataclass(frozen=True)
class IncidentView:
    """What an alert has to know of its incident."""

    kind: AlertKind
    since: date
    day_number: int = 1
    recovered: frozenset[str] = frozenset()
    """Subjects that were wrong and no longer are: names of KPIs, kinds of arrival findings with column."""
    another_look: bool = False
    """The day was told of before, and is different now."""
    has_thread: bool = True
    """Of a later alert: whether the incident's first message is there to reply to."""

    @property
    def is_first(self) -> bool:
        """Whether nobody has seen a message of it yet: the whole is told, and the owner called."""
        return self.kind is AlertKind.RAISED or not self.has_thread


def alert_message(
    check: TableCheck,
    table: KpiTable,
    incident: IncidentView,
    language: Language,
    *,
    most_charts: int = 5,
    marks: Sequence[Mark] = (),
) -> Message:
    """The one message about a table's day.

    `marks` are the calendar's events and holidays (kinds event and holiday) around the 90 days before. An
    incident that goes on is told shorter, and calls nobody: its thread begins with the whole.
    """
    if incident.kind is AlertKind.RECOVERED or not check.is_alarming:
        return _recovered(check, table, incident, language, marks)
    told = _outs(check)
    arrival = [
        finding_in_words(each, check.day, language) for each in check.arrival.findings if each.is_serious
    ]
    what = _headline(check, told, arrival, language)
    if incident.day_number > 1:
        what = say("headline_day", language, what=what, n=incident.day_number)
    return Message(
        headline=say("headline", language, table=short_name(table.table), what=what),
        severity=_severity(check),
        parts=(
            Text(_when(check, incident, language), is_small=True),
            *_failure(check, language),
            *_arrival(check, arrival, language),
            *_kpis(told, marks, most_charts, language),
            *_back(incident, language),
            *_what_to_do(check, table, incident, marks, language, guide=incident.is_first),
        ),
        mention=(table.owner or "") if incident.is_first else "",
    )


def short_name(table: str) -> str:
    """dataset.table, which is enough on a phone."""
    return ".".join(table.split(".")[-2:])


def _outs(check: TableCheck) -> list[Out]:
    """What is told per KPI, most severe first: the whole where it is out, else the segment furthest out."""
    by_kpi: dict[str, list[Judgement]] = {}
    for each in check.alarming:
        by_kpi.setdefault(each.kpi, []).append(each)
    outs = []
    for kpi, (lead, *others) in by_kpi.items():
        judged = sum(each.kpi == kpi and each.segment != WHOLE for each in check.judgements)
        outs.append(Out(lead, tuple(each.segment for each in others), judged))
    return outs


def _headline(check: TableCheck, told: list[Out], arrival: list[str], language: Language) -> str:
    if check.state is CheckState.FAILED:
        return say("failed", language)
    things = [*arrival, *(f"{out.lead.name} {what_happened(out.lead, language)}" for out in told)]
    if not things:
        return say("no_rows", language, date=say_date(check.day, language, check.day))
    more = len(things) - 1
    return say("headline_more", language, what=things[0], n=more) if more else things[0]


def _severity(check: TableCheck) -> Severity:
    is_broken = check.state in (CheckState.MISSING, CheckState.FAILED) or any(
        each.is_serious for each in check.arrival.findings
    )
    is_severe = any(each.score >= SEVERE_SCORE or each.value == 0 for each in check.alarming)
    return Severity.CRITICAL if is_broken or is_severe else Severity.WARNING


def _when(check: TableCheck, incident: IncidentView, language: Language) -> str:
    words = [say_weekday(check.day, language)]
    if incident.day_number > 1:
        words.append(say("day_number", language, n=incident.day_number))
        words.append(say("since", language, date=say_date(incident.since, language, check.day)))
    if incident.another_look:
        words.append(say("another_look", language))
    return " · ".join(words)


def _failure(check: TableCheck, language: Language) -> Iterator[Part]:
    if check.state is CheckState.FAILED:
        yield Text(say("failed_because", language, error=check.error or "?"), is_strong=True)
        yield Text(say("failed_next", language))


def _arrival(check: TableCheck, serious: list[str], language: Language) -> Iterator[Part]:
    findings = check.arrival.findings
    noted = [finding_in_words(each, check.day, language) for each in findings if not each.is_serious]
    if serious:
        yield Bullets(say("arrival_title", language), tuple(serious))
    if check.arrival.muted and check.state is not CheckState.MISSING:
        yield Text(say("muted", language, names=say_names(sorted(check.arrival.muted), language)))
    if noted:
        yield Text(say("and", language).join(noted), is_small=True)


def _kpis(told: list[Out], marks: Sequence[Mark], most: int, language: Language) -> Iterator[Part]:
    for out in told[:most]:
        rare = how_rare(out.lead, language)
        words = f"{out.lead.name} {what_happened(out.lead, language)}"
        yield Text(words + (say("and", language) + rare if rare else ""), is_strong=True)
        if aside := where_and_since(out, language):
            yield Text(aside, is_small=True)
        if chart := kpi_chart(out.lead, marks, language):
            yield chart
    left = [out.lead.name for out in told[most:]]
    if left:
        phrase = "one_more_kpi" if len(left) == 1 else "more_kpis"
        yield Text(say(phrase, language, n=len(left), names=say_names(left, language)))


def _back(incident: IncidentView, language: Language) -> Iterator[Part]:
    if incident.recovered:
        yield Text(say("normal_again", language, names=_subjects(incident.recovered, language)))


def _subjects(subjects: frozenset[str], language: Language) -> str:
    """What was wrong, by name: KPIs as they are, findings by their kind in words."""
    names = []
    for subject in sorted(subjects):
        kind, _, column = subject.partition(":")
        phrase = f"was_{kind}"
        names.append(say(phrase, language, column=column) if phrase in PHRASES else subject)
    return say_names(names, language)


def _what_to_do(
    check: TableCheck,
    table: KpiTable,
    incident: IncidentView,
    marks: Sequence[Mark],
    language: Language,
    *,
    guide: bool,
) -> Iterator[Part]:
    suggestion = suggest(check, day_number=incident.day_number, events=_events(marks, check.day))
    about = say_names(suggestion.about, language, most=3)
    if suggestion.clue in (Clue.ALL_ZERO, Clue.DELIVERIES_STOPPED):
        about = say("in_segment", language, segment=about) if about else ""
    clue = say(f"clue_{suggestion.clue}", language, about=about, n=incident.day_number)
    branch = say(f"branch_{suggestion.branch}", language)
    yield Text(say("first", language, branch=branch, clue=clue), is_strong=True)
    if guide:
        date_ = say_date(check.day, language, check.day)
        where = table.where or f"infra/kpi_tables ({table.table})"
        items = (
            say(f"guide_{each}", language, date=date_, where=where) for each in ("data", "model", "setting")
        )
        yield Bullets(say("guide_title", language), tuple(items))
    yield from _links(table, language)


def _links(table: KpiTable, language: Language) -> Iterator[Part]:
    if table.dashboard:
        yield Links((Link(say("dashboard", language), table.dashboard),))


def _events(marks: Sequence[Mark], day: date) -> list[str]:
    """Names of events and holidays on the day, or on the day before or after it."""
    near = [each for each in marks if each.start - NEXT_TO <= day <= each.end + NEXT_TO and each.label]
    return list(dict.fromkeys(each.label for each in near))


def _recovered(
    check: TableCheck, table: KpiTable, incident: IncidentView, language: Language, marks: Sequence[Mark]
) -> Message:
    """It is over, or one of its days was repaired: what is back where it should be, with a first picture."""
    back = [each for each in check.judgements if each.name in incident.recovered]
    whole_first = sorted(back, key=lambda each: each.segment != WHOLE)
    parts: list[Part] = [Text(say_weekday(check.day, language), is_small=True)]
    for each in whole_first[:3]:
        parts.append(Text(f"{each.name} {what_happened(each, language)}"))
    others = incident.recovered - {each.name for each in whole_first[:3]}
    if others:
        words = say("normal_again", language, names=_subjects(others, language))
        parts.append(Text(words, is_small=bool(whole_first)))
    parts += [chart for each in whole_first[:1] if (chart := kpi_chart(each, marks, language))]
    days = say_count("day", max(1, incident.day_number - 1), language)
    what = say("recovered", language, days=days)
    if incident.kind is not AlertKind.RECOVERED:
        what = say("repaired", language, date=say_date(check.day, language, check.day))
    return Message(
        headline=say("headline", language, table=short_name(table.table), what=what),
        severity=Severity.RECOVERED,
        parts=(*parts, *_links(table, language)),
    )
