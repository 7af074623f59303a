"""Finding wording: what is wrong with a table's rows as a person would say it."""

import math
from datetime import date, timedelta

from shared.alerts.numbers import Language, in_words, range_in_words
from shared.alerts.phrases import arrival as phrases
from shared.alerts.phrases.days import day_in_words
from shared.alerts.phrases.phrase import Phrase
from shared.kpi.arrival.findings import Finding, FindingKind

SAYS_WHEN = frozenset({FindingKind.NO_ROWS, FindingKind.PARTIAL_DAY, FindingKind.SEGMENT_GONE})
"""Kinds whose words name the day by themselves."""
KNOWS_DAYS = frozenset({FindingKind.ALL_NULL, FindingKind.STUCK, FindingKind.IMPOSSIBLE_RATIO})
"""Kinds that know for how many days they have been there."""
ROUNDED_FROM = 100
"""A usual number of rows this large is said with two digits."""
COUNTED = frozenset({FindingKind.FEW_ROWS, FindingKind.MANY_ROWS})
"""Kinds that are about a part of the table where they name one."""


def finding_in_words(finding: Finding, day: date, language: Language) -> str:
    """What is wrong with a table's `day`, in words; what is not known is left out, or a question mark."""
    facts, kind = finding.facts, finding.kind
    words = _phrase(finding).say(
        language,
        column=finding.column or "?",
        day=day_in_words(day, language, day),
        rows=_whole(facts.get("duplicates", facts.get("rows"))),
        days=_whole(facts.get("days")),
        last_at=str(facts.get("last_at", "?")),
        since=_iso_day(str(facts.get("since", "?")), day, language),
        usual=_as_it_is(facts.get("usual")),
        value=_as_it_is(facts.get("value")),
        highest=_as_it_is(facts.get("highest")),
        more=_whole(facts.get("more")),
        before=str(facts.get("before", "?")),
        now=str(facts.get("now", "?")),
    )
    if finding.column and finding.kind in COUNTED:
        words = phrases.OF_PART.say(language, part=finding.column, what=words)
    if usual := _usual(finding, language):
        words = phrases.USUALLY.say(language, what=words, usual=usual)
    last = str(facts.get("last", ""))
    if kind is FindingKind.NO_ROWS and last and facts.get("days") != 1:
        words = phrases.NONE_SINCE.say(language, what=words, last=_iso_day(last, day, language))
    if kind is FindingKind.COLUMN_DROPPED and "renamed" in facts:
        words = phrases.RENAMED.say(language, what=words, column=str(facts["renamed"]))
    return words


def finding_in_brief(finding: Finding, language: Language) -> str:
    """What was wrong, without its numbers; of a part of the table by its name."""
    kind, more = finding.kind, _whole(finding.facts.get("more"))
    phrase = phrases.FINDINGS[kind].brief
    if kind is FindingKind.SEGMENT_GONE and more:
        phrase = phrases.GONE_TOGETHER_BRIEF
    words = phrase.say(language, column=finding.column or "?", more=more)
    if finding.column and kind in COUNTED:
        words = phrases.OF_PART.say(language, part=finding.column, what=words)
    return words


def first_day(finding: Finding, day: date) -> date | None:
    """Since when a finding is there on `day`, where it knows for how many days."""
    days = _whole(finding.facts.get("days"))
    return day - timedelta(days=days - 1) if finding.kind in KNOWS_DAYS and days and days > 0 else None


def _phrase(finding: Finding) -> Phrase:
    if finding.kind is FindingKind.STUCK and _whole(finding.facts.get("days")) is None:
        return phrases.STUCK_ALONE
    if finding.kind is FindingKind.PARTIAL_DAY and {"last_at", "usual"} <= finding.facts.keys():
        return phrases.PARTIAL_UNTIL
    if finding.kind is FindingKind.SEGMENT_GONE and finding.facts.get("more"):
        return phrases.GONE_TOGETHER
    return phrases.FINDINGS[finding.kind].told


def _whole(fact: str | float | None) -> int | None:
    return int(fact) if isinstance(fact, int | float) else None


def _as_it_is(fact: str | float | None) -> str | int | None:
    """A number that is whole as a count, others with three digits."""
    if isinstance(fact, float):
        return int(fact) if fact.is_integer() else f"{fact:.3g}"
    return fact


def _iso_day(text: str, day: date, language: Language) -> str:
    try:
        return day_in_words(date.fromisoformat(text), language, day)
    except ValueError:
        return text


def _usual(finding: Finding, language: Language) -> str:
    """How many rows there usually are, where the finding says so."""
    if finding.kind not in (FindingKind.NO_ROWS, FindingKind.FEW_ROWS, FindingKind.MANY_ROWS):
        return ""
    limits = [finding.facts.get(name) for name in ("lowest", "highest")]
    numbers = [float(each) for each in limits if isinstance(each, int | float)]
    is_fixed = len(numbers) == len(limits) and numbers[0] == numbers[1]
    expected = finding.facts.get("expected")
    if isinstance(expected, int | float) and math.isfinite(expected):
        is_exact = is_fixed or (not numbers and expected < ROUNDED_FROM)
        number = float(expected) if is_exact else _rounded(float(expected))
        said = in_words([round(number)], is_share=False, language=language)[0]
        return said if is_exact else phrases.ABOUT.say(language, number=said)
    if len(numbers) < len(limits):  # one end alone says little, but is all there is
        return (
            in_words([round(each) for each in numbers], is_share=False, language=language)[0]
            if numbers
            else ""
        )
    low, high = in_words([round(each) for each in numbers], is_share=False, language=language)
    return low if low == high else range_in_words(low, high, language)


def _rounded(number: float) -> float:
    """To two digits: 630,000. Small ones stay as they are."""
    if abs(number) < ROUNDED_FROM:
        return number
    return round(number, 1 - math.floor(math.log10(abs(number))))
