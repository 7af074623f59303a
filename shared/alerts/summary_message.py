"""A summary as a message: what needs somebody first, what moved next, what is as always in one line."""

from collections.abc import Callable, Iterable
from datetime import date

from shared.alerts.message import Bullets, Chart, Fields, Links, Message, Part, Severity, Text
from shared.alerts.numbers import Language, in_words
from shared.alerts.phrases import incident as incident_phrases
from shared.alerts.phrases import summary as phrases
from shared.alerts.phrases.days import day_in_words, span_in_words, weekday_in_words
from shared.alerts.phrases.names import names_in_words
from shared.alerts.phrases.phrase import Phrase
from shared.alerts.summary_headline import headline, table_names
from shared.alerts.summary_tables import MOST_TABLES_IN_FULL, table_parts
from shared.alerts.summary_watch import MOST_LINES, Names, Section, arrival_section, clip, gap_section, more
from shared.kpi.summary.contents import Moderation, OpenIncident, Summary

LONGEST_TEXT, CHARACTERS_A_PART = 11_000, 130
"""Slack takes some 13,000 characters, of which every part costs some whatever it says."""


def summary_message(summary: Summary, language: Language = "en") -> Message:
    """What is said of `summary` in `language`. Where it gets long, fewer tables are told in full."""
    name = table_names(summary)
    before = [section(summary, name, language) for section in (_incidents, arrival_section)]
    after = [section(summary, name, language) for section in (_moderation, _ahead, gap_section)]
    quiet = [sentence for _, sentences in (*before, *after) for sentence in sentences]
    closing = [Text(" ".join(quiet) if language == "en" else "".join(quiet))] if quiet else []
    if once := _said_once(summary, language):
        closing.append(Text(once, is_small=True))
    around = [part for parts, _ in (*before, *after) for part in parts] + closing
    tables: list[Part] = []
    for most in range(MOST_TABLES_IN_FULL, 0, -1):
        tables = table_parts(summary, name, language, most)
        if _length([*around, *tables]) <= LONGEST_TEXT:
            break
    opening = [part for parts, _ in before for part in parts]
    ending = [part for parts, _ in after for part in parts]
    is_urgent = bool(summary.incidents or summary.gaps.failed or summary.gaps.misconfigured)
    return Message(
        headline=headline(summary, name, language),
        severity=Severity.WARNING if is_urgent else Severity.INFO,
        parts=(*opening, *tables, *ending, *closing),
    )


def _length(parts: Iterable[Part]) -> int:
    """About what the parts count for in Slack."""
    found = 0
    for part in parts:
        found += CHARACTERS_A_PART
        match part:
            case Text():
                found += len(part.text)
            case Bullets():
                found += len(part.title) + sum(len(item) + 3 for item in part.items)
            case Fields():
                found += sum(len(name) + len(value) + 3 for name, value in part.pairs)
            case Chart():
                found += len(part.alt)
            case Links():
                found += sum(len(link.text) + len(link.url) for link in part.links)
    return found


def _incidents(summary: Summary, name: Names, language: Language) -> Section:
    parts: list[Part] = []
    if summary.incidents:
        lines = [_incident(each, summary, name, language) for each in summary.incidents[:MOST_LINES]]
        if left := summary.incidents[MOST_LINES:]:
            names = names_in_words([name(each.table) for each in left], language, MOST_LINES)
            lines.append(phrases.MORE_OPEN.say(language, more=len(left), names=names))
        parts.append(Bullets(phrases.OPEN.say(language), tuple(lines)))
    if summary.recovered:
        names = names_in_words([name(each) for each in summary.recovered], language, MOST_LINES)
        parts.append(Text(phrases.RECOVERED.say(language, names=names)))
    return parts, []


def _incident(incident: OpenIncident, summary: Summary, name: Names, language: Language) -> str:
    """One that goes on. Since when and on which day are the incident's, not its last alert's."""
    table, since = name(incident.table), day_in_words(incident.since, language)
    told = incident.headline
    told = told.removesuffix(incident_phrases.COUNTED.say(language, what="", number=incident.told_number))
    for day in (day_in_words(incident.since, language, date(incident.since.year + 1, 1, 1)), since):
        told = told.replace(incident_phrases.SINCE.say(language, what="", day=day), "")
    told = clip(told)
    if table not in told:
        told = incident_phrases.HEADLINE.say(language, table=table, what=told)
    phrase = phrases.OPEN_ITEM if incident.day_number > 1 else phrases.NEW_ITEM
    said = phrase.say(language, headline=told, number=incident.day_number, day=since)
    owner = next((each.table.owner for each in summary.tables if each.table.table == incident.table), None)
    return phrases.OWNED.say(language, said=said, owner=owner) if owner else said


def _moderation(summary: Summary, _name: Names, language: Language) -> Section:
    now, before = summary.moderation, summary.moderation_before
    if now is None:
        return [], []
    if not (now.posts or now.taken_down or now.restored):
        return [], [phrases.NO_POSTS.say(language)]
    rows: list[tuple[Phrase, Callable[[Moderation], float | None], bool]] = [
        (phrases.POSTS, lambda each: each.posts, False),
        (phrases.TAKEN_DOWN, lambda each: each.taken_down, False),
        (phrases.RESTORED, lambda each: each.restored, False),
        (phrases.OVERTURN_RATE, lambda each: each.overturn_rate, True),
    ]
    pairs = []
    for title, figure, is_share in rows:
        figures = [figure(now), figure(before) if before else None]
        filled = [each for each in figures if each is not None]
        words = iter(in_words(filled, is_share=is_share, language=language))
        value, earlier = (next(words) if each is not None else "–" for each in figures)
        if earlier != "–":
            value = phrases.BEFORE[summary.period.value].say(language, value=value, before=earlier)
        if filled:
            pairs.append((title.say(language), value))
    return [Text(phrases.MODERATION.say(language), is_strong=True), Fields(tuple(pairs))], []


def _ahead(summary: Summary, _name: Names, language: Language) -> Section:
    lines = []
    for event in summary.events[:MOST_LINES]:
        said = phrases.FIRST_EVENT if event.is_first else phrases.EVENT
        days = span_in_words(event.start, event.end, language)
        lines.append(said.say(language, days=days, name=clip(event.name)))
    lines += more(phrases.MORE_EVENTS, len(summary.events) - MOST_LINES, language)
    if summary.holidays:
        named = [f"{weekday_in_words(day, language)} {name}" for day, name in summary.holidays]
        lines.append(phrases.HOLIDAYS.say(language, names=names_in_words(named, language, MOST_LINES)))
    if not lines:
        return [], [phrases.NOTHING_AHEAD.say(language)]
    return [Bullets(phrases.AHEAD.say(language), tuple(lines))], []


def _said_once(summary: Summary, language: Language) -> str:
    """What would otherwise stand behind every KPI."""
    if not summary.tables:
        return phrases.NO_FIGURES.say(language) if summary.watched else ""
    said = [] if summary.has_week_before else [phrases.NO_WEEK_YET]
    said += [] if summary.has_year_before else [phrases.NO_YEAR_YET]
    return " ".join(each.say(language) for each in said)
