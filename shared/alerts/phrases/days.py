"""Days as they are said: 14 Jan, Fri 16 Jan 2026, 9–11 Jan; 1月14日, 2026年1月16日（金）."""

from collections.abc import Sequence
from datetime import date, timedelta

from shared.alerts.numbers import Language
from shared.alerts.phrases.names import AND_MORE, LIST

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS: dict[Language, Sequence[str]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "ja": "月火水木金土日",
}
MOST_RUNS = 4


def day_in_words(day: date, language: Language, near: date | None = None) -> str:
    """14 Jan, 1月14日; with its year where `near` is of another one."""
    has_year = near is not None and near.year != day.year
    if language == "ja":
        return f"{f'{day.year}年' if has_year else ''}{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]}{f' {day.year}' if has_year else ''}"


def weekday_in_words(day: date, language: Language) -> str:
    """Fri 16 Jan, 1月16日（金）."""
    weekday, said = WEEKDAYS[language][day.weekday()], day_in_words(day, language)
    return f"{said}（{weekday}）" if language == "ja" else f"{weekday} {said}"


def date_in_words(day: date, language: Language) -> str:
    """Fri 16 Jan 2026, 2026年1月16日（金）."""
    said = weekday_in_words(day, language)
    return f"{day.year}年{said}" if language == "ja" else f"{said} {day.year}"


def short_date(day: date, language: Language) -> str:
    """As it stands below a chart: 14 Jan, 1/14."""
    return f"{day.month}/{day.day}" if language == "ja" else day_in_words(day, language)


def short_month(day: date, language: Language) -> str:
    """As it stands below a chart of years: Jan 2026, 2026/1."""
    return f"{day.year}/{day.month}" if language == "ja" else f"{MONTHS[day.month - 1]} {day.year}"


def days_in_words(days: Sequence[date], language: Language) -> str:
    """Days as runs: 9–11 Jan, 13 Jan; 1月9日〜11日、13日. At most 4 runs, the rest counted."""
    runs: list[tuple[date, date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][1] <= timedelta(days=1):
            runs[-1] = runs[-1][0], day
        else:
            runs.append((day, day))
    named = LIST.say(language).join(span_in_words(*run, language) for run in runs[:MOST_RUNS])
    left = sum((end - start).days + 1 for start, end in runs[MOST_RUNS:])
    return AND_MORE.say(language, names=named, more=left) if left else named


def span_in_words(start: date, end: date, language: Language) -> str:
    """9–11 Jan, 29 Dec – 4 Jan; 1月9日〜11日, 12月29日〜1月4日."""
    first, last = day_in_words(start, language), day_in_words(end, language)
    if start == end:
        return last
    if (start.year, start.month) != (end.year, end.month):
        return f"{first}〜{last}" if language == "ja" else f"{first} – {last}"
    return f"{first}〜{end.day}日" if language == "ja" else f"{start.day}–{last}"
