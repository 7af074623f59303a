"""The response guide: where to look first, by the evidence, then the three branches and where to go."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from shared.alerts.message import Bullets, Link, Links, Mark, Part, Text
from shared.alerts.numbers import Language
from shared.alerts.phrases import response as phrases
from shared.alerts.phrases.days import day_in_words
from shared.alerts.phrases.names import names_in_words
from shared.kpi.checks import TableCheck
from shared.kpi.suggestion import Clue, suggest
from shared.kpi.tables import KpiTable

NEXT_TO = timedelta(days=1)
MOST_NAMES = 3
WHOLE_OR_PART = (Clue.ALL_ZERO, Clue.DELIVERIES_STOPPED)
"""Clues that are about a part of the table only where they name one."""


def first_look(check: TableCheck, marks: Sequence[Mark], language: Language, *, day_number: int) -> Text:
    """The branch and the place to look at first, as the check's evidence has it."""
    suggestion = suggest(check, day_number=day_number, events=_events(check, marks))
    about = names_in_words(suggestion.about, language, MOST_NAMES)
    if about and suggestion.clue in WHOLE_OR_PART:
        about = phrases.IN_PART.say(language, part=about)
    is_alone = suggestion.clue is not Clue.ONE_SEGMENT or _is_all(suggestion.about, check)
    phrase = phrases.CLUES[suggestion.clue] if is_alone else phrases.AFFECTED
    clue = phrase.say(language, about=about, number=day_number)
    branch = phrases.BRANCHES[suggestion.branch].say(language)
    return Text(phrases.FIRST.say(language, branch=branch, clue=clue), is_strong=True)


def _is_all(about: Sequence[str], check: TableCheck) -> bool:
    """Whether one segment is all the alert has to tell of."""
    findings = [each for each in check.arrival.findings if each.is_serious]
    parts = {*about}.union(*(each.segments for each in findings))
    others = [each for each in findings if each.column not in about or each.facts.get("more")]
    return len(about) == 1 and not others and all(each.segment in parts for each in check.alarming)


def _events(check: TableCheck, marks: Sequence[Mark]) -> list[str]:
    """Names of events and holidays on the day, or on the day before or after it."""
    day = check.day
    near = [each for each in marks if each.start - NEXT_TO <= day <= each.end + NEXT_TO and each.label]
    return list(dict.fromkeys(each.label for each in near))


def guide(check: TableCheck, table: KpiTable, language: Language) -> Iterator[Part]:
    """The three branches, each with what is to be done, and how to note what it was."""
    date, where = check.day.isoformat(), table.where or f"infra/kpi_tables ({table.table})"
    day = day_in_words(check.day, language)
    items = (
        phrases.GUIDE_DATA.say(language, day=day, table=table.table, date=date),
        phrases.GUIDE_MODEL.say(language),
        phrases.GUIDE_SETTING.say(language, where=where),
    )
    yield Bullets(phrases.GUIDE.say(language), items)
    yield Text(phrases.NOTE_IT.say(language, table=table.table, date=date), is_small=True)


def links(table: KpiTable, language: Language) -> Iterator[Part]:
    """The dashboard, where the table has one."""
    if table.dashboard:
        yield Links((Link(phrases.DASHBOARD.say(language), table.dashboard),))
