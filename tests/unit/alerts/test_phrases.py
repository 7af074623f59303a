"""Both languages can say everything, with the same facts."""

import string
from datetime import date

import pytest

from shared.alerts.phrases import PHRASES, say_count, say_date, say_names, say_weekday
from shared.kpi.arrival.findings import FindingKind
from shared.kpi.suggestion import Branch, Clue


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("phrase", PHRASES)
def test_every_phrase_is_there_in_both_languages_with_the_same_facts(phrase: str) -> None:
    said = PHRASES[phrase]
    assert set(said) == {"en", "ja"}
    assert all(text.strip() for text in said.values())
    assert places(said["en"]) == places(said["ja"])


def test_every_kind_of_finding_clue_and_branch_has_its_phrase() -> None:
    needed = {each.value for each in FindingKind} | {f"was_{each}" for each in FindingKind}
    needed |= {f"clue_{each}" for each in Clue} | {f"branch_{each}" for each in Branch}
    assert needed <= PHRASES.keys()


def test_a_date_says_its_year_only_where_it_is_another() -> None:
    day = date(2025, 12, 2)
    assert say_date(day, "en", date(2025, 12, 30)) == "2 December"
    assert say_date(day, "en", date(2026, 1, 1)) == "2 December 2025"
    assert say_date(day, "ja", date(2025, 1, 1)) == "12月2日"
    assert say_date(day, "ja") == "2025年12月2日"
    assert say_weekday(day, "en") == "Tuesday 2 December 2025"
    assert say_weekday(day, "ja") == "2025年12月2日（火）"


def test_one_is_not_many() -> None:
    assert [say_count("day", n, "en") for n in (0, 1, 2)] == ["0 days", "1 day", "2 days"]
    assert say_count("row", 1_234, "ja") == "1,234行"


def test_long_lists_of_names_are_counted() -> None:
    assert say_names(["a", "b"], "en", most=2) == "a, b"
    assert say_names(["a", "b", "c"], "en", most=2) == "a, b and 1 more"
    assert say_names([], "ja") == ""
