"""The alert about one table's day: what happened, since when, the pictures, and what to do next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

from shared.alerts.alert_headline import alert_headline, named_out, serious_findings
from shared.alerts.finding_wording import finding_in_words
from shared.alerts.kpi_chart import kpi_chart
from shared.alerts.kpi_wording import how_rare
from shared.alerts.message import Bullets, Mark, Message, Part, Severity, Text
from shared.alerts.numbers import Language
from shared.alerts.outs import Out, outs_of, where_and_since
from shared.alerts.phrases import arrival as arrival_phrases
from shared.alerts.phrases import incident as phrases
from shared.alerts.phrases import kpi as kpi_phrases
from shared.alerts.phrases.days import date_in_words, day_in_words
from shared.alerts.phrases.names import LIST, in_a_row, names_in_words
from shared.alerts.recovery_alert import recovery_alert, subjects_in_words
from shared.alerts.response_guide import first_look, guide, links
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.deciding import Decision
from shared.kpi.incidents import ENDS, AlertKind
from shared.kpi.tables import KpiTable

SEVERE_SCORE = 2.0
"""Twice as far out as it takes to be told at all."""


@dataclass(frozen=True)
class IncidentView:
    """What an alert has to know of its incident."""

    kind: AlertKind
    since: date
    day_number: int = 1
    recovered: frozenset[str] = frozenset()
    """Subjects that were wrong and are seen to be right: names of KPIs, kinds of findings with column."""
    another_look: bool = False
    """The day was told of before, and is different now."""
    has_thread: bool = True
    """Of a later alert: whether the incident's first message is there to reply to."""
    taken: frozenset[str] = frozenset()
    """Subjects that were wrong, and are how the table is now."""
    is_past: bool = False
    """Something newer was told of the table: what is right again is so for this day alone."""

    @classmethod
    def of(cls, decision: Decision) -> Self:
        """What the alert that was decided on has to know."""
        return cls(
            kind=decision.kind,
            since=decision.incident,
            day_number=decision.day_number,
            recovered=decision.recovered_subjects,
            another_look=decision.another_look,
            has_thread=bool(decision.thread),
            taken=decision.taken_subjects,
            is_past=decision.is_past,
        )

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
    if incident.kind in ENDS or not check.is_alarming:
        is_over = incident.kind is AlertKind.RECOVERED and not incident.is_past
        bad_days = incident.day_number - 1 if is_over else None
        return recovery_alert(
            check, table, incident.recovered, bad_days, marks, language, taken=incident.taken
        )
    told = outs_of(check, table.segments)
    is_whole_story = incident.is_first and check.state is not CheckState.FAILED
    return Message(
        headline=alert_headline(check, table, told, incident.day_number, language),
        severity=_severity(check),
        parts=(
            Text(_when(check, incident, language), is_small=True),
            *_failure(check, language),
            # Before the pictures: on a phone they are a long way.
            first_look(check, marks, language, day_number=incident.day_number),
            *_arrival(check, language),
            *_kpis(told, marks, most_charts, language),
            *_back(check, incident, language),
            *(guide(check, table, language) if is_whole_story else ()),
            *links(table, language),
        ),
        mention=(table.owner or "") if incident.is_first else "",
    )


def _severity(check: TableCheck) -> Severity:
    is_broken = check.state in (CheckState.MISSING, CheckState.FAILED) or bool(serious_findings(check))
    is_severe = any(each.score >= SEVERE_SCORE or each.value == 0 for each in check.alarming)
    return Severity.CRITICAL if is_broken or is_severe else Severity.WARNING


def _when(check: TableCheck, incident: IncidentView, language: Language) -> str:
    words = [date_in_words(check.day, language)]
    if incident.day_number > 1:
        words.append(phrases.DAY_NUMBER.say(language, number=incident.day_number))
        since = day_in_words(incident.since, language, check.day)
        words.append(kpi_phrases.SINCE.say(language, day=since))
    if incident.another_look:
        words.append(phrases.ANOTHER_LOOK.say(language))
    return " · ".join(words)


def _failure(check: TableCheck, language: Language) -> Iterator[Part]:
    if check.state is CheckState.FAILED:
        yield Text(phrases.FAILED_BECAUSE.say(language, error=check.error or "?"), is_strong=True)
        yield Text(phrases.FAILED_NEXT.say(language))


def _arrival(check: TableCheck, language: Language) -> Iterator[Part]:
    serious = [finding_in_words(each, check.day, language) for each in serious_findings(check)]
    noted = [
        finding_in_words(each, check.day, language) for each in check.arrival.findings if not each.is_serious
    ]
    if serious:
        yield Bullets(arrival_phrases.TITLE.say(language), tuple(serious))
    if check.arrival.muted and check.state is not CheckState.MISSING:
        muted = names_in_words(sorted(check.arrival.muted), language)
        yield Text(arrival_phrases.MUTED.say(language, names=muted))
    if noted:
        yield Text(in_a_row(noted, language), is_small=True)


def _kpis(told: list[Out], marks: Sequence[Mark], most: int, language: Language) -> Iterator[Part]:
    for out in told[:most]:
        said = [named_out(out, language), *filter(None, [how_rare(out.lead, language)])]
        yield Text(LIST.say(language).join(said), is_strong=True)
        if aside := where_and_since(out, language):
            yield Text(aside, is_small=True)
        if chart := kpi_chart(out.lead, marks, language):
            yield chart
    if left := [out.lead.name for out in told[most:]]:
        names = names_in_words(left, language)
        yield Text(kpi_phrases.MORE_KPIS.say(language, more=len(left), names=names))


def _back(check: TableCheck, incident: IncidentView, language: Language) -> Iterator[Part]:
    if incident.recovered:
        names = subjects_in_words(incident.recovered, check, language)
        yield Text(phrases.NORMAL_AGAIN.say(language, names=names))
    if incident.taken:
        names = subjects_in_words(incident.taken, check, language)
        yield Text(phrases.TAKEN.say(language, names=names), is_small=True)
