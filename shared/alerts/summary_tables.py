"""The summary's tables: the most notable KPIs in full, with sparklines; the others counted."""

from collections.abc import Callable
from datetime import timedelta

from shared.alerts import summary_phrases as phrases
from shared.alerts.message import Bullets, Chart, ChartLine, Mark, Part
from shared.alerts.numbers import Language, in_words
from shared.alerts.summary_phrases import days_in_words, names_in_words, span_in_words
from shared.kpi.judgement import Status
from shared.kpi.summary.comparison import MOST_NOTABLE, Comparison, Period
from shared.kpi.summary.contents import Summary
from shared.kpi.summary.movements import STANDS_OUT, Movement, Presence, TableMovements

KPIS_IN_FULL = 3
MOST_TABLES_IN_FULL, FEWEST_TABLES_IN_FULL = 6, 3
"""Tables with something to read are told in full; quiet ones only to make up the fewest."""
MOST_CHARTS, LINES_A_CHART = 3, 6
MOST_SHORT, MOST_NAMES, MOST_LOUDER = 8, 12, 6
CHART_DAYS = {Period.DAILY: 28, Period.WEEKLY: 90}
LARGE_CHANGE = 10.0
"""From eleven times on, percents say nothing."""


def table_parts(
    summary: Summary, name: Callable[[str], str], language: Language, most: int = MOST_TABLES_IN_FULL
) -> list[Part]:
    """The tables, at most so many of them in full."""
    loud = sum(table.is_loud for table in summary.tables)
    full = min(max(loud, FEWEST_TABLES_IN_FULL), most)
    ordered = sorted(
        summary.tables, key=lambda table: not table.is_loud
    )  # stable: what needs you stays first
    parts: list[Part] = []
    for number, table in enumerate(ordered[:full]):
        parts.append(_in_full(table, summary, name, language))
        if number < MOST_CHARTS:
            parts.append(_chart(table, summary, name, language))
    rest = ordered[full:]
    lines = [
        _in_short(table, summary, name, language)
        for table in rest[:MOST_SHORT]
        if table.is_loud or len(rest) <= MOST_SHORT
    ]
    quiet = rest[len(lines) :]
    if quiet:
        names = names_in_words([name(table.table.table) for table in quiet], MOST_NAMES, language)
        kpis = sum(len(table.kpis) for table in quiet)
        lines.append(phrases.QUIET_TABLES.say(language, names=names, kpis=kpis, tables=len(quiet)))
    if lines:
        parts.append(Bullets(phrases.OTHER_TABLES.say(language), tuple(lines)))
    return parts


def _in_full(
    table: TableMovements, summary: Summary, name: Callable[[str], str], language: Language
) -> Bullets:
    shown, others = table.kpis[:KPIS_IN_FULL], table.kpis[KPIS_IN_FULL:]
    lines = [_kpi(each, table, summary.period, language) for each in shown]
    louder = [each.kpi for each in others if each.stands_out]
    if louder:
        names = names_in_words(louder, MOST_LOUDER, language)
        lines.append(phrases.OTHERS_LOUD.say(language, loud=len(louder), names=names))
    if usual := len(others) - len(louder):
        lines.append(phrases.OTHERS.say(language, kpis=usual))
    if table.segments:
        named = [
            each.name
            if summary.period is Period.DAILY
            else phrases.SEGMENT_DAYS.say(language, name=each.name, days=each.days)
            for each in table.segments
        ]
        lines.append(phrases.SEGMENTS.say(language, names=names_in_words(named, KPIS_IN_FULL, language)))
    return Bullets(_title(table, summary, name, language), tuple(lines))


def _title(table: TableMovements, summary: Summary, name: Callable[[str], str], language: Language) -> str:
    title = _tally(table, name, language)
    if summary.period is Period.WEEKLY and table.days < len(summary.span.days):
        return phrases.SOME_DAYS.say(language, title=title, days=table.days, whole=len(summary.span.days))
    if summary.period is Period.DAILY and table.span != summary.span:
        day = span_in_words(table.span.start, table.span.end, language)
        return phrases.OTHER_DAY.say(language, title=title, day=day)
    return title


def _tally(table: TableMovements, name: Callable[[str], str], language: Language) -> str:
    loud, kpis, called = table.standing_out, len(table.kpis), name(table.table.table)
    if not loud:
        return phrases.QUIET_TABLE.say(language, table=called, kpis=kpis)
    return phrases.LOUD_TABLE.say(language, table=called, loud=loud, kpis=kpis)


def _in_short(table: TableMovements, summary: Summary, name: Callable[[str], str], language: Language) -> str:
    said = _title(table, summary, name, language)
    first = next((each for each in table.kpis if each.week), None)
    if first is None or first.week is None:
        return said
    against = phrases.VS_WEEK[summary.period.value].say(language)
    moved = phrases.SHORT_CHANGE.say(language, moved=_change(first, first.week, language)[0], against=against)
    phrase = phrases.LOUDEST if first.stands_out else phrases.MOST_MOVED
    return phrase.say(language, said=said, kpi=first.kpi, change=moved)


def _kpi(movement: Movement, table: TableMovements, period: Period, language: Language) -> str:
    """One KPI in full: its figure, its changes, and whether that was to be expected."""
    said = []
    for comparison, against in (
        (movement.week, phrases.VS_WEEK[period.value]),
        (movement.year, phrases.VS_YEAR[period.value]),
    ):
        if comparison:
            moved, before = _change(movement, comparison, language)
            line = phrases.CHANGE.say(language, moved=moved, against=against.say(language), before=before)
            is_whole = comparison.days == movement.days
            said.append(line if is_whole else phrases.ON_DAYS.say(language, said=line, days=comparison.days))
    if movement.presence is Presence.GONE:
        said = [phrases.GONE_KPI.say(language)]
    else:
        said += [phrases.NEW_KPI.say(language)] if movement.presence is Presence.NEW else []
        if STANDS_OUT <= movement.notability < MOST_NOTABLE:
            said.append(phrases.USUAL.say(language, times=f"{movement.notability:.0f}"))
        said.append(_expectation(movement, table, language))
    return f"{movement.kpi} {_figure(movement, language)}: {phrases.CLAUSES.say(language).join(said)}"


def _expectation(movement: Movement, table: TableMovements, language: Language) -> str:
    said = []
    if movement.outside:
        is_one_day = table.span.start == table.span.end
        days = days_in_words(movement.outside, language)
        said.append(
            phrases.OUTSIDE.say(language) if is_one_day else phrases.OUTSIDE_ON.say(language, days=days)
        )
    if movement.drifting_since:
        day = span_in_words(movement.drifting_since, movement.drifting_since, language)
        said.append(phrases.DRIFTING.say(language, day=day))
    if not said:
        said.append((phrases.AS_EXPECTED if movement.judged_days else phrases.NOT_JUDGED).say(language))
    return phrases.LIST.say(language).join(said)


def _figure(movement: Movement, language: Language) -> str:
    if movement.value is None:
        return "–"
    values = [movement.value] + ([movement.week.before] if movement.week else [])
    return in_words(values, is_share=movement.is_share, language=language)[0]


def _change(movement: Movement, comparison: Comparison, language: Language) -> tuple[str, str]:
    """How it moved and the earlier figure, in words: ▲ 5.0 %. The arrow alone where a share says nothing."""
    figures = [comparison.now, comparison.before]
    before = in_words(figures, is_share=movement.is_share, language=language)[1]
    if comparison.difference == 0:
        return "→", before
    arrow, change = "▲" if comparison.difference > 0 else "▼", comparison.change
    if change is None:
        return arrow, before
    if change >= LARGE_CHANGE:
        times = phrases.TIMES.say(language, times=f"{comparison.now / comparison.before:,.0f}")
        return f"{arrow} {times}", before
    return f"{arrow} {100 * abs(change):,.1f}{' %' if language == 'en' else '%'}", before


def _chart(table: TableMovements, summary: Summary, name: Callable[[str], str], language: Language) -> Chart:
    shown = table.kpis[:LINES_A_CHART]
    days = CHART_DAYS[summary.period]
    kpis = names_in_words([each.kpi for each in shown], LINES_A_CHART, language)
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
