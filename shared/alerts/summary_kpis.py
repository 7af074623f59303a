"""One KPI in a summary: its figure, how it moved since the week and the year before, and if it should."""

from shared.alerts.numbers import Language, in_words
from shared.alerts.phrases import summary as phrases
from shared.alerts.phrases.days import day_in_words, days_in_words
from shared.alerts.phrases.kpi import NO_VALUE
from shared.alerts.phrases.names import LIST
from shared.alerts.phrases.phrase import Phrase
from shared.kpi.summary.comparison import MOST_NOTABLE, Comparison, Period
from shared.kpi.summary.movements import STANDS_OUT, Movement, Presence, TableMovements

LARGE_CHANGE = 10.0
"""From eleven times on, percents say nothing."""


def kpi_line(movement: Movement, table: TableMovements, period: Period, language: Language) -> str:
    """One KPI in full: its figure, its changes, and whether that was to be expected."""
    said = []
    for comparison, against in _comparisons(movement, period):
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


def short_changes(movement: Movement, period: Period, language: Language) -> str:
    """How a KPI moved against the week and the year before, without the figures."""
    said = [
        phrases.SHORT_CHANGE.say(
            language, moved=_change(movement, comparison, language)[0], against=against.say(language)
        )
        for comparison, against in _comparisons(movement, period)
    ]
    return LIST.say(language).join(said)


def _comparisons(movement: Movement, period: Period) -> list[tuple[Comparison, Phrase]]:
    both = (
        (movement.week, phrases.VS_WEEK[period.value]),
        (movement.year, phrases.VS_YEAR[period.value]),
    )
    return [(comparison, against) for comparison, against in both if comparison]


def _expectation(movement: Movement, table: TableMovements, language: Language) -> str:
    said = []
    if movement.outside:
        is_one_day = table.span.start == table.span.end
        days = days_in_words(movement.outside, language)
        said.append(
            phrases.OUTSIDE.say(language) if is_one_day else phrases.OUTSIDE_ON.say(language, days=days)
        )
    if movement.drifting_since:
        day = day_in_words(movement.drifting_since, language, table.span.end)
        said.append(phrases.DRIFTING.say(language, day=day))
    if not said:
        said.append((phrases.AS_EXPECTED if movement.judged_days else phrases.NOT_JUDGED).say(language))
    return LIST.say(language).join(said)


def _figure(movement: Movement, language: Language) -> str:
    if movement.value is None:
        return NO_VALUE.say(language)
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
