"""The summary's tables: those with something to read in full, with sparklines; the others in a line each."""

from datetime import timedelta

from shared.alerts.message import Bullets, Chart, ChartLine, Mark, Part
from shared.alerts.numbers import Language
from shared.alerts.phrases import summary as phrases
from shared.alerts.phrases.days import day_in_words
from shared.alerts.phrases.names import names_in_words
from shared.alerts.summary_kpis import kpi_line, short_changes
from shared.alerts.summary_watch import Names
from shared.kpi.judgement import Status
from shared.kpi.summary.comparison import Period
from shared.kpi.summary.contents import Summary
from shared.kpi.summary.movements import Movement, TableMovements

KPIS_IN_FULL = 3
MOST_TABLES_IN_FULL = 6
MOST_CHARTS, LINES_A_CHART = 3, 6
MOST_SHORT, MOST_NAMES, MOST_LOUDER = 8, 12, 6
CHART_DAYS = {Period.DAILY: 28, Period.WEEKLY: 90}


def table_parts(
    summary: Summary, name: Names, language: Language, most: int = MOST_TABLES_IN_FULL
) -> list[Part]:
    """The tables, at most so many of them in full. In a quiet period the first still have sparklines."""
    ordered = sorted(
        summary.tables, key=lambda table: not table.is_loud
    )  # stable: what needs you stays first
    full = min(sum(table.is_loud for table in ordered), most)
    parts: list[Part] = []
    for table in ordered[:full]:
        parts.append(_in_full(table, summary, name, language))
        if len(parts) < 2 * MOST_CHARTS:
            parts.append(_chart(table, summary, name, language))
    rest = ordered[full:]
    lines = [
        _in_short(table, summary, name, language)
        for table in rest[:MOST_SHORT]
        if table.is_loud or len(rest) <= MOST_SHORT
    ]
    quiet = rest[len(lines) :]
    if quiet:
        names = names_in_words([name(table.table.table) for table in quiet], language, MOST_NAMES)
        kpis = sum(len(table.kpis) for table in quiet)
        lines.append(phrases.QUIET_TABLES.say(language, names=names, kpis=kpis, tables=len(quiet)))
    if lines:
        title = phrases.OTHER_TABLES if full else phrases.ALL_TABLES
        parts.append(Bullets(title.say(language), tuple(lines)))
    if not full:
        parts += [_chart(table, summary, name, language) for table in rest[:MOST_CHARTS]]
    return parts


def _in_full(table: TableMovements, summary: Summary, name: Names, language: Language) -> Bullets:
    shown, others = table.kpis[:KPIS_IN_FULL], table.kpis[KPIS_IN_FULL:]
    lines = [kpi_line(each, table, summary.period, language) for each in shown]
    louder = [each.kpi for each in others if each.stands_out]
    if louder:
        names = names_in_words(louder, language, MOST_LOUDER)
        lines.append(phrases.OTHERS_LOUD.say(language, loud=len(louder), names=names))
    if usual := len(others) - len(louder):
        lines.append(phrases.OTHERS.say(language, kpis=usual))
    if table.segments:
        named = [
            each.name
            if summary.period is Period.DAILY
            else phrases.PART_DAYS.say(language, name=each.name, days=each.days)
            for each in table.segments
        ]
        lines.append(phrases.PARTS.say(language, names=names_in_words(named, language, KPIS_IN_FULL)))
    return Bullets(_title(table, summary, name, language), tuple(lines))


def _title(table: TableMovements, summary: Summary, name: Names, language: Language) -> str:
    title = _tally(table, name, language)
    if summary.period is Period.WEEKLY and table.days < len(summary.span.days):
        return phrases.SOME_DAYS.say(language, title=title, days=table.days, whole=len(summary.span.days))
    if summary.period is Period.DAILY and table.span != summary.span:
        return phrases.OTHER_DAY.say(language, title=title, day=day_in_words(table.span.end, language))
    return title


def _tally(table: TableMovements, name: Names, language: Language) -> str:
    loud, kpis, called = table.standing_out, len(table.kpis), name(table.table.table)
    if not loud:
        return phrases.QUIET_TABLE.say(language, table=called, kpis=kpis)
    return phrases.LOUD_TABLE.say(language, table=called, loud=loud, kpis=kpis)


def _in_short(table: TableMovements, summary: Summary, name: Names, language: Language) -> str:
    said = _title(table, summary, name, language)
    first = next((each for each in table.kpis if each.week), None)
    if first is None:
        return said
    phrase = phrases.LOUDEST if first.stands_out else phrases.MOST_MOVED
    change = short_changes(first, summary.period, language)
    return phrase.say(language, said=said, kpi=first.kpi, change=change)


def _chart(table: TableMovements, summary: Summary, name: Names, language: Language) -> Chart:
    shown = table.kpis[:LINES_A_CHART]
    days = CHART_DAYS[summary.period]
    kpis = names_in_words([each.kpi for each in shown], language, LINES_A_CHART)
    alt = phrases.CHART.say(language, table=name(table.table.table), days=days, kpis=kpis)
    return Chart(alt, tuple(_line(each, table, days) for each in shown))


def _line(movement: Movement, table: TableMovements, days: int) -> ChartLine:
    end = table.span.end
    window = tuple(end - timedelta(days=back) for back in reversed(range(days)))
    figures = [movement.figures.get(day) for day in window]
    kinds = {Status.ANOMALY: "anomaly", Status.DRIFT: "drift"}
    marks = [
        Mark(kinds[each.status], each.day, each.day) for each in figures if each and each.status in kinds
    ]
    has_band = any(each and each.lower is not None for each in figures)
    return ChartLine(
        title=movement.kpi,
        days=window,
        values=tuple(each.value if each else None for each in figures),
        lower=tuple(each.lower if each else None for each in figures) if has_band else (),
        upper=tuple(each.upper if each else None for each in figures) if has_band else (),
        marks=(*marks, Mark("today", end, end)),
        is_share=movement.is_share,
    )
