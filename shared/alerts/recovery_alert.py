"""The alert that an incident is over, or one of its days repaired: what is back where it should be."""

from collections.abc import Iterator, Sequence

from shared.alerts.kpi_chart import kpi_chart
from shared.alerts.kpi_wording import what_happened
from shared.alerts.message import Mark, Message, Part, Severity, Text
from shared.alerts.numbers import Language
from shared.alerts.phrases import arrival as arrival_phrases
from shared.alerts.phrases import incident as phrases
from shared.alerts.phrases.days import date_in_words, day_in_words
from shared.alerts.phrases.names import names_in_words, short_name
from shared.alerts.response_guide import links
from shared.kpi.arrival.findings import FindingKind
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.series import WHOLE
from shared.kpi.subjects import FAILED
from shared.kpi.tables import KpiTable

MOST_KPIS = 3


def recovery_alert(
    check: TableCheck,
    table: KpiTable,
    recovered: frozenset[str],
    bad_days: int | None,
    marks: Sequence[Mark],
    language: Language,
    taken: frozenset[str] = frozenset(),
) -> Message:
    """That what was wrong is right again after `bad_days`; None where only this one day was repaired.

    Where some of it is `taken` as how the table is now, nothing is said to be over but what is right.
    """
    if taken:
        what = phrases.TAKEN.say(language, names=subjects_in_words(taken, check, language))
    elif bad_days is None:
        what = phrases.REPAIRED.say(language, day=day_in_words(check.day, language))
    else:
        what = phrases.RECOVERED.say(language, days=max(1, bad_days))
    return Message(
        headline=phrases.HEADLINE.say(language, table=short_name(table.table), what=what),
        severity=Severity.INFO if taken else Severity.RECOVERED,
        parts=(
            Text(date_in_words(check.day, language), is_small=True),
            *_kpis(check, recovered, marks, language),
            *links(table, language),
        ),
    )


def _kpis(
    check: TableCheck, recovered: frozenset[str], marks: Sequence[Mark], language: Language
) -> Iterator[Part]:
    """What is back, the whole table's KPIs first, and the first one's picture."""
    back = [each for each in check.judgements if each.name in recovered]
    shown = sorted(back, key=lambda each: each.segment != WHOLE)[:MOST_KPIS]
    for each in shown:
        yield Text(phrases.NAMED.say(language, kpi=each.name, what=what_happened(each, language)))
    if others := recovered - {each.name for each in shown}:
        names = subjects_in_words(others, check, language)
        yield Text(phrases.NORMAL_AGAIN.say(language, names=names), is_small=bool(shown))
    for each in shown[:1]:
        if chart := kpi_chart(each, marks, language):
            yield chart


def subjects_in_words(subjects: frozenset[str], check: TableCheck, language: Language) -> str:
    """What was wrong, by name: KPIs as they are, however they are called; findings by their kind."""
    kpis = {each.name for each in check.judgements}
    named = [each if each in kpis else _subject(each, language) for each in sorted(subjects)]
    return names_in_words(named, language)


def _subject(subject: str, language: Language) -> str:
    if subject == FAILED:
        return arrival_phrases.FAILED_OVER.say(language)
    kind, _, about = subject.partition(":")
    if kind == CheckState.MISSING:
        kind = FindingKind.NO_ROWS
    if kind not in set(FindingKind):
        return subject
    found = FindingKind(kind)
    over = arrival_phrases.FINDINGS[found].over.say(language, column=about)
    is_part = about and "{column}" not in arrival_phrases.FINDINGS[found].over.en
    return arrival_phrases.OF_PART.say(language, part=about, what=over) if is_part else over
