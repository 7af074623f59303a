"""What a summary says of the watching itself: which days came late or broken, which were not checked."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from shared.alerts.finding_wording import finding_in_brief
from shared.alerts.message import Bullets, Part
from shared.alerts.numbers import Language
from shared.alerts.phrases import summary as phrases
from shared.alerts.phrases.days import days_in_words
from shared.alerts.phrases.names import names_in_words
from shared.alerts.phrases.phrase import Phrase
from shared.kpi.summary.contents import Arrivals, Summary, Unjudged

MOST_LINES, MOST_OF_A_KIND, MOST_KPIS = 6, 3, 4
LONGEST_LINE = 150
"""Characters of what others wrote: headlines, errors, names of events."""

type Names = Callable[[str], str]
type Section = tuple[list[Part], list[str]]
"""What there is to say, or the sentence that there is nothing."""


def arrival_section(summary: Summary, name: Names, language: Language) -> Section:
    """Which days came late, broken or not at all; or that all came in time, where that is known."""
    gaps = summary.gaps
    if not summary.arrivals:
        is_known = bool(summary.tables) and not (
            gaps.waiting or gaps.failed or gaps.never_checked or gaps.unchecked
        )
        return [], [phrases.ALL_ARRIVED.say(language)] if is_known else []
    lines = [f"{name(each.table)}: {_arrival(each, language)}" for each in summary.arrivals[:MOST_LINES]]
    lines += more(phrases.MORE_TABLES, len(summary.arrivals) - MOST_LINES, language)
    return [Bullets(phrases.ARRIVAL.say(language), tuple(lines))], []


def _arrival(arrivals: Arrivals, language: Language) -> str:
    said = []
    if arrivals.missing:
        said.append(phrases.MISSING.say(language, days=days_in_words(arrivals.missing, language)))
    if arrivals.broken:
        said.append(phrases.BROKEN.say(language, days=days_in_words(arrivals.broken, language)))
    if arrivals.late:
        delay = _delay(arrivals.longest_delay or timedelta(), language)
        said.append(phrases.LATE.say(language, days=days_in_words(arrivals.late, language), delay=delay))
    found = [finding_in_brief(each, language) for each in arrivals.findings]
    said += [names_in_words(found, language, MOST_KPIS)] if found else []
    return "; ".join(said) if language == "en" else "。".join(said)


def _delay(delay: timedelta, language: Language) -> str:
    minutes = max(round(delay.total_seconds() / 60), 0)
    return phrases.HOURS.say(language, hours=minutes // 60, minutes=minutes % 60)


def gap_section(summary: Summary, name: Names, language: Language) -> Section:
    """What was not checked and why, and which KPIs nothing is thought of; or that nothing is missing."""
    gaps = summary.gaps
    if not gaps:
        return [], [phrases.ALL_CHECKED.say(language)] if summary.tables else []
    misconfigured = [phrases.MISCONFIGURED.say(language, error=clip(each)) for each in gaps.misconfigured]
    failed = [
        phrases.FAILED.say(language, table=name(table), days=days_in_words(days, language), error=clip(error))
        for table, days, error in gaps.failed
    ]
    named = [
        (phrases.NOT_TOLD, [each.table for each in gaps.not_told]),
        (phrases.NEVER_CHECKED, gaps.never_checked),
        (phrases.UNWATCHED, gaps.unwatched),
    ]
    unchecked = [
        *_few(misconfigured, language),
        *_few(failed, language),
        *(_named(phrase, tables, name, language) for phrase, tables in named if tables),
        *_few(_on_days(phrases.UNCHECKED, gaps.unchecked, name, language), language),
        *_few(_on_days(phrases.WAITING, gaps.waiting, name, language), language),
    ]
    unjudged = [
        line
        for phrase, tables in (
            (phrases.MUTED, gaps.muted),
            (phrases.REFUSED, gaps.refused),
            (phrases.TOO_YOUNG, gaps.too_young),
        )
        for line in _few(_unjudged(phrase, tables, name, language), language)
    ]
    titled = ((phrases.GAPS, unchecked), (phrases.UNJUDGED, unjudged))
    return [Bullets(title.say(language), tuple(lines)) for title, lines in titled if lines], []


def _few(lines: Sequence[str], language: Language) -> list[str]:
    """The first lines of a kind; the others counted, so that no kind hides another."""
    return [*lines[:MOST_OF_A_KIND], *more(phrases.MORE_GAPS, len(lines) - MOST_OF_A_KIND, language)]


def _named(phrase: Phrase, tables: Sequence[str], name: Names, language: Language) -> str:
    names = names_in_words([name(each) for each in dict.fromkeys(tables)], language, MOST_KPIS)
    return phrase.say(language, number=len(tables), names=names)


def _on_days(
    phrase: Phrase, gaps: Iterable[tuple[str, Sequence[date]]], name: Names, language: Language
) -> list[str]:
    return [
        phrase.say(language, table=name(table), days=days_in_words(days, language)) for table, days in gaps
    ]


def _unjudged(phrase: Phrase, tables: Iterable[Unjudged], name: Names, language: Language) -> list[str]:
    return [
        phrase.say(
            language,
            table=name(each.table),
            kpis=len(each.kpis),
            names=names_in_words(each.kpis, language, MOST_KPIS),
            note=clip(each.note) or "?",
        )
        for each in tables
    ]


def more(phrase: Phrase, number: int, language: Language) -> list[str]:
    """How many more there are, where there are any."""
    return [phrase.say(language, more=number)] if number > 0 else []


def clip(text: str) -> str:
    """What others wrote, on one line and no longer than is read."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"
