"""Both languages can say everything, with the same facts; numbers agree with their nouns."""

import ast
import importlib
import pkgutil
import string
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from shared.alerts import phrases
from shared.alerts.phrases.arrival import FINDINGS, FindingWords
from shared.alerts.phrases.days import (
    date_in_words,
    day_in_words,
    days_in_words,
    short_date,
    short_month,
    span_in_words,
    weekday_in_words,
)
from shared.alerts.phrases.names import names_in_words, short_name
from shared.alerts.phrases.phrase import Count, Phrase
from shared.alerts.phrases.response import BRANCHES, CLUES
from shared.kpi.arrival.findings import FindingKind
from shared.kpi.suggestion import Branch, Clue

ROOT = Path(__file__).parents[3]
MODULES = [
    importlib.import_module(f"{phrases.__name__}.{each.name}")
    for each in pkgutil.iter_modules(phrases.__path__)
]


def phrases_in(found: object, name: str) -> Iterator[tuple[str, Phrase]]:
    if isinstance(found, Phrase):
        yield name, found
    elif isinstance(found, FindingWords):
        for each in ("told", "brief", "over"):
            yield f"{name}.{each}", getattr(found, each)
    elif isinstance(found, Mapping):
        for key, each in found.items():
            yield from phrases_in(each, f"{name}.{key}")


def every_phrase() -> Iterator[tuple[str, Phrase]]:
    for module in MODULES:
        for name, found in vars(module).items():
            yield from phrases_in(found, f"{module.__name__.rpartition('.')[2]}.{name}")


EVERY = dict(every_phrase())


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", EVERY)
def test_both_languages_say_the_same_facts(name: str) -> None:
    phrase = EVERY[name]
    assert phrase.en.strip()
    assert phrase.ja.strip()
    assert places(phrase.en) == places(phrase.ja)


@pytest.mark.parametrize("name", EVERY)
def test_english_numbers_bring_one_noun_and_many_and_japanese_ones_need_none(name: str) -> None:
    for _, fact, spec, _ in string.Formatter().parse(EVERY[name].en):
        if fact and spec:
            one, _, many = spec.partition("|")
            assert one
            assert many
            assert one != many
    assert not any(spec for _, _, spec, _ in string.Formatter().parse(EVERY[name].ja))
    assert not set("()?!") & set(EVERY[name].ja)  # half-width signs in Japanese look machine-made


def test_phrases_that_say_the_same_in_both_languages_stand_once() -> None:
    said: dict[Phrase, set[int]] = {}
    for name, phrase in EVERY.items():
        if len(phrase.en) > 12 and not name.startswith("arrival.FINDINGS"):  # whose kinds share words
            said.setdefault(phrase, set()).add(id(phrase))
    assert [phrase for phrase, found in said.items() if len(found) > 1] == []


def test_every_kind_of_finding_clue_and_branch_has_its_words() -> None:
    assert (set(FINDINGS), set(CLUES), set(BRANCHES)) == (set(FindingKind), set(Clue), set(Branch))


def says() -> Iterator[tuple[str, Phrase, set[str]]]:
    """Every place that says a phrase by its name: where, the phrase, and the facts it gives."""
    for path in sorted((ROOT / "shared/alerts").rglob("*.py")):
        dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        module = importlib.import_module(dotted)
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "say"
            ):
                phrase = named(module, node.func.value)
                if phrase is not None:
                    facts = {str(each.arg) for each in node.keywords}
                    yield f"{dotted}:{node.lineno}", phrase, facts


def named(module: ModuleType, value: ast.expr) -> Phrase | None:
    """What `phrases.NAME` or `NAME` means in a module; None for what is chosen at run time."""
    found: object = None
    if isinstance(value, ast.Name):
        found = vars(module).get(value.id)
    elif isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
        found = getattr(vars(module).get(value.value.id), value.attr, None)
    return found if isinstance(found, Phrase) else None


def test_whoever_says_a_phrase_gives_it_just_its_facts() -> None:
    found = list(says())
    assert len(found) > 60
    assert [
        (where, facts ^ places(phrase.en)) for where, phrase, facts in found if facts != places(phrase.en)
    ] == []


@pytest.mark.parametrize(
    ("number", "spec", "said"),
    [
        (1, "table|tables", "1 table"),
        (0, "table|tables", "0 tables"),
        (2, "row is|rows are", "2 rows are"),
        (1234, "", "1,234"),
        (2, "more", "2 more"),
    ],
)
def test_a_number_brings_its_noun(number: int, spec: str, said: str) -> None:
    assert format(Count(number), spec) == said


def test_a_fact_nobody_has_is_a_question_mark_and_one_that_was_forgotten_an_error() -> None:
    phrase = Phrase("only {rows:row|rows}", "{rows}行しかありません")
    assert (phrase.say("en", rows=None), phrase.say("ja", rows=None)) == ("only ? rows", "?行しかありません")
    with pytest.raises(KeyError, match="rows"):
        phrase.say("en")


def test_a_day_says_its_year_only_where_it_is_another() -> None:
    day = date(2025, 12, 2)
    assert day_in_words(day, "en", date(2025, 12, 30)) == day_in_words(day, "en") == "2 Dec"
    assert day_in_words(day, "en", date(2026, 1, 1)) == "2 Dec 2025"
    assert day_in_words(day, "ja", date(2025, 1, 1)) == day_in_words(day, "ja") == "12月2日"
    assert day_in_words(day, "ja", date(2026, 1, 1)) == "2025年12月2日"


def test_days_are_said_as_long_as_their_place_needs() -> None:
    day = date(2025, 12, 2)
    assert (weekday_in_words(day, "en"), weekday_in_words(day, "ja")) == ("Tue 2 Dec", "12月2日（火）")
    assert (date_in_words(day, "en"), date_in_words(day, "ja")) == ("Tue 2 Dec 2025", "2025年12月2日（火）")
    assert (short_date(day, "en"), short_date(day, "ja")) == ("2 Dec", "12/2")
    assert (short_month(day, "en"), short_month(day, "ja")) == ("Dec 2025", "2025/12")


@pytest.mark.parametrize(
    ("start", "end", "english", "japanese"),
    [
        (date(2026, 1, 9), date(2026, 1, 9), "9 Jan", "1月9日"),
        (date(2026, 1, 9), date(2026, 1, 11), "9–11 Jan", "1月9日〜11日"),
        (date(2025, 12, 29), date(2026, 1, 4), "29 Dec – 4 Jan", "12月29日〜1月4日"),
        (date(2025, 1, 30), date(2026, 1, 2), "30 Jan – 2 Jan", "1月30日〜1月2日"),
    ],
)
def test_spans_are_said_shortly(start: date, end: date, english: str, japanese: str) -> None:
    assert span_in_words(start, end, "en") == english
    assert span_in_words(start, end, "ja") == japanese


def test_days_are_said_as_runs_and_many_are_counted() -> None:
    days = [date(2026, 1, n) for n in (5, 6, 7, 9)]
    assert days_in_words(days, "en") == "5–7 Jan, 9 Jan"
    every_other = [date(2026, 1, n) for n in range(1, 15, 2)]
    assert days_in_words(every_other, "en") == "1 Jan, 3 Jan, 5 Jan, 7 Jan and 3 more"
    assert days_in_words([], "en") == ""


def test_long_lists_of_names_are_counted() -> None:
    assert names_in_words(["a", "b"], "en", most=2) == "a, b"
    assert names_in_words(["a", "b", "c"], "en", most=2) == "a, b and 1 more"
    assert names_in_words(["a", "b", "c"], "ja", most=2) == "a、bほか1件"
    assert names_in_words([], "ja") == ""


def test_a_table_is_called_by_its_dataset_and_name() -> None:
    assert [short_name(each) for each in ("p.d.t", "d.t", "t")] == ["d.t", "d.t", "t"]
