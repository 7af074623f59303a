"""The headline of an alert: it makes sense alone, on a phone's locked screen."""

from datetime import date

from shared.alerts.finding_wording import SAYS_WHEN, finding_in_words, first_day
from shared.alerts.kpi_wording import what_happened
from shared.alerts.numbers import Language
from shared.alerts.outs import Out
from shared.alerts.phrases import arrival as arrival_phrases
from shared.alerts.phrases import incident as phrases
from shared.alerts.phrases.days import day_in_words
from shared.alerts.phrases.names import short_name
from shared.kpi.arrival.findings import Finding, FindingKind
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.judgement import Status
from shared.kpi.tables import KpiTable


def alert_headline(
    check: TableCheck, table: KpiTable, told: list[Out], day_number: int, language: Language
) -> str:
    """What is worst, of which table and since when; how much more there is.

    `day_number` is the incident's: it may have begun with something else, so that from its second day on a
    finding that does not know by itself since when it is there does not say it.
    """
    serious = serious_findings(check)
    if check.state is CheckState.FAILED:
        what = phrases.FAILED.say(language, day=day_in_words(check.day, language))
    elif serious:
        what = finding_in_words(serious[0], check.day, language)
        first = first_day(serious[0], check.day) or (check.day if day_number == 1 else None)
        if serious[0].kind not in SAYS_WHEN and first:
            what = _since(what, first, check.day, language)
    elif told:
        what = named_out(told[0], language)
        if told[0].lead.status is not Status.DRIFT:  # whose words say since when
            what = _since(what, told[0].since, check.day, language)
    else:
        what = arrival_phrases.FINDINGS[FindingKind.NO_ROWS].told.say(
            language, day=day_in_words(check.day, language)
        )
    if more := len(serious) + len(told) - 1 if serious or told else 0:
        what = phrases.MORE.say(language, what=what, more=more)
    if day_number > 1:
        what = phrases.COUNTED.say(language, what=what, number=day_number)
    return phrases.HEADLINE.say(language, table=short_name(table.table), what=what)


def _since(what: str, first: date, day: date, language: Language) -> str:
    return phrases.SINCE.say(language, what=what, day=day_in_words(first, language, day))


def named_out(out: Out, language: Language) -> str:
    """A KPI and what happened to it."""
    return phrases.NAMED.say(language, kpi=out.lead.name, what=what_happened(out.lead, language))


def serious_findings(check: TableCheck) -> list[Finding]:
    """What is wrong with the table's rows, and told at once."""
    return [each for each in check.arrival.findings if each.is_serious]
