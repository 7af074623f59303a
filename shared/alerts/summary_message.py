"""A summary as a message: what needs somebody first, what moved next, what is as always in one line."""

from collections import Counter
from collections.abc import Callable, Iterable

from shared.alerts import summary_phrases as phrases
from shared.alerts.message import Bullets, Chart, Fields, Links, Message, Part, Severity, Text
from shared.alerts.numbers import Language, in_words
from shared.alerts.phrases import say
from shared.alerts.summary_phrases import Phrase, day_in_words, names_in_words, span_in_words
from shared.alerts.summary_tables import MOST_TABLES_IN_FULL, table_parts
from shared.alerts.summary_watch import MOST_LINES, Names, Section, arrival_section, clip, gap_section, more
from shared.alerts.table_alert import short_name
from shared.kpi.summary.comparison import Period
from shared.kpi.summary.contents import Moderation, OpenIncident, Summary

MOST_NAMES = 3
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
        headline=_headline(summary, name, language),
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


def table_names(summary: Summary) -> Names:
    """How tables are called: as in their alerts, in full where two would be called the same."""
    short = Counter(short_name(table) for table in summary.watched)

    def name(table: str) -> str:
        return short_name(table) if short[short_name(table)] <= 1 else table

    return name


def _headline(summary: Summary, name: Names, language: Language) -> str:
    start, end = summary.span.start, summary.span.end
    if summary.period is Period.DAILY:
        period = phrases.DAY.say(language, day=day_in_words(end, language), year=str(end.year))
    else:
        week = start.isocalendar()
        phrase = phrases.WEEK if summary.span.is_calendar_week else phrases.OTHER_WEEK
        days = span_in_words(start, end, language)
        year = str(week.year if summary.span.is_calendar_week else end.year)
        period = phrase.say(language, week=str(week.week), year=year, days=days)
    if not summary.watched:
        return phrases.NO_TABLES.say(language, period=period)
    urgent = list(dict.fromkeys(name(each.table) for each in summary.incidents))
    loud = sum(table.standing_out for table in summary.tables)
    gaps = summary.gaps
    untold = {*gaps.never_checked, *(each[0] for each in (*gaps.unchecked, *gaps.waiting, *gaps.failed))}
    said = [phrases.TABLES.say(language, tables=len(summary.watched))]
    said += [(phrases.NEED_YOU if urgent else phrases.NOTHING_NEEDS_YOU).say(language, tables=len(urgent))]
    said += [phrases.STAND_OUT.say(language, kpis=loud)] if loud and not urgent else []
    said += [phrases.NOT_ALL_CHECKED.say(language, tables=len(untold))] if untold else []
    headline = phrases.HEADLINE.say(language, period=period, said=phrases.LIST.say(language).join(said))
    if not urgent:
        return headline
    # Last, so that a screen too small cuts names and not numbers.
    return phrases.NAMED.say(language, said=headline, names=names_in_words(urgent, MOST_NAMES, language))


def _incidents(summary: Summary, name: Names, language: Language) -> Section:
    parts: list[Part] = []
    if summary.incidents:
        lines = [_incident(each, summary, name, language) for each in summary.incidents[:MOST_LINES]]
        if left := summary.incidents[MOST_LINES:]:
            names = names_in_words([name(each.table) for each in left], MOST_LINES, language)
            lines.append(phrases.MORE_OPEN.say(language, more=len(left), names=names))
        parts.append(Bullets(phrases.OPEN.say(language), tuple(lines)))
    if summary.recovered:
        names = names_in_words([name(each) for each in summary.recovered], MOST_LINES, language)
        parts.append(Text(phrases.RECOVERED.say(language, names=names)))
    return parts, []


def _incident(incident: OpenIncident, summary: Summary, name: Names, language: Language) -> str:
    table = name(incident.table)
    counted = say("headline_day", language, what="", n=incident.told_number)  # the alert says it as well
    headline = clip(incident.headline.removesuffix(counted))
    if table not in headline:
        headline = f"{table}: {headline}"
    since = span_in_words(incident.since, incident.since, language)
    phrase = phrases.OPEN_ITEM if incident.day_number > 1 else phrases.NEW_ITEM
    said = phrase.say(language, headline=headline, number=incident.day_number, day=since)
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
        named = [f"{day_in_words(day, language)} {name}" for day, name in summary.holidays]
        lines.append(phrases.HOLIDAYS.say(language, names=names_in_words(named, MOST_LINES, language)))
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
