"""The summary's headline: of which days it is, and how much of it needs somebody."""

from collections import Counter

from shared.alerts.numbers import Language
from shared.alerts.phrases import summary as phrases
from shared.alerts.phrases.days import date_in_words, span_in_words
from shared.alerts.phrases.names import LIST, names_in_words, short_name
from shared.alerts.summary_watch import Names
from shared.kpi.summary.comparison import Period
from shared.kpi.summary.contents import Summary

MOST_NAMES = 3


def headline(summary: Summary, name: Names, language: Language) -> str:
    """It makes sense alone: it is what a phone shows."""
    period = _period(summary, language)
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
    whole = phrases.SAID_OF.say(language, whom=period, said=LIST.say(language).join(said))
    if not urgent:
        return whole
    # Last, so that a screen too small cuts names and not numbers.
    return phrases.SAID_OF.say(language, whom=whole, said=names_in_words(urgent, language, MOST_NAMES))


def _period(summary: Summary, language: Language) -> str:
    start, end = summary.span.start, summary.span.end
    if summary.period is Period.DAILY:
        return date_in_words(end, language)
    week, days = start.isocalendar(), span_in_words(start, end, language)
    if summary.span.is_calendar_week:
        return phrases.WEEK.say(language, week=week.week, year=str(week.year), days=days)
    return phrases.OTHER_WEEK.say(language, year=str(end.year), days=days)


def table_names(summary: Summary) -> Names:
    """How tables are called: as in their alerts, in full where two would be called the same."""
    short = Counter(short_name(table) for table in summary.watched)

    def name(table: str) -> str:
        return short_name(table) if short[short_name(table)] <= 1 else table

    return name
