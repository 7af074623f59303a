"""A list of banned words looked through: what each is worth, which can go, and which are missing."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spam.detectors.banned_words import BannedWord, BannedWords, searched_text
from shared.spam.labels import Answer, LabelledPost, Source
from shared.spam.posts import Post
from shared.spam.tokens import Tokenizer
from shared.spam.word_choosing import FEWEST_POSTS
from shared.spam.word_health import Labels, WordHealth, longer_words_of, posts_of, word_healths
from shared.spam.word_suggestions import FEWEST_OF_A_KIND, Suggestions, suggest

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def labelled(texts: Sequence[tuple[str, bool]]) -> list[LabelledPost]:
    return [
        LabelledPost(
            Post(f"p-{day}", 1, NOW + timedelta(days=day), NOW + timedelta(days=day), "", text),
            Answer.VIOLATION if is_violation else Answer.OK,
            "",
            Source.QUEUE,
        )
        for day, (text, is_violation) in enumerate(texts)
    ]


def looked_through(
    words: Sequence[str],
    texts: Sequence[tuple[str, bool]],
    tokenizer: Tokenizer,
    base_rate: float | None = None,
) -> dict[str, WordHealth]:
    posts = labelled(texts)
    found = word_healths(
        [BannedWord(word) for word in words],
        posts,
        [searched_text(one.post) for one in posts],
        Labels.of(posts, base_rate),
        tokenizer,
    )
    return {one.word.pattern: one for one in found}


BAD, GOOD = True, False


def test_a_word_s_figures_are_those_of_the_posts_it_finds(tokenizer: Tokenizer) -> None:
    texts = [
        ("副業で稼ぐ", BAD),
        ("副業と本業", GOOD),
        ("<b>副</b>業", BAD),
        ("別の誘い", BAD),
        ("事務", GOOD),
    ]
    one = looked_through(["副業"], texts, tokenizer)["副業"]
    assert (one.figures.violations, one.figures.ordinary) == (2, 1)
    assert one.figures.recall == pytest.approx(2 / 3)
    assert one.figures.precision == pytest.approx(2 / 3), "at the file's own share it is the plain one"
    assert one.last_hit == NOW + timedelta(days=2)
    at_real_rate = looked_through(["副業"], texts, tokenizer, base_rate=0.05)["副業"].figures
    assert at_real_rate.precision == pytest.approx(0.05 * 2 / 3 / (0.05 * 2 / 3 + 0.95 / 2))
    assert at_real_rate.recall == one.figures.recall


def test_a_word_that_finds_nothing_has_no_precision_and_can_go(tokenizer: Tokenizer) -> None:
    one = looked_through(["情報商材"], [("副業", BAD), ("事務", GOOD)], tokenizer)["情報商材"]
    assert (one.figures.precision, one.figures.recall, one.figures.f1, one.last_hit) == (None, 0, None, None)
    assert one.can_go == "finds nothing"


def test_a_word_no_better_than_chance_can_go(tokenizer: Tokenizer) -> None:
    texts = [("お仕事の副業", BAD), ("お仕事", GOOD), ("事務", GOOD), ("在宅の副業", BAD)]
    found = looked_through(["仕事", "副業"], texts, tokenizer)
    assert found["仕事"].figures.precision == found["仕事"].figures.recall == 0.5
    assert found["仕事"].can_go == "finds no more violations than chance would"
    assert found["副業"].can_go == ""


def test_of_words_that_find_the_same_one_stays(tokenizer: Tokenizer) -> None:
    texts = [("権利収入の副業", BAD), ("副業と権利収入", BAD), ("事務", GOOD), ("入力", GOOD)]
    found = looked_through(["副業", "権利収入", "権利"], texts, tokenizer)
    assert sorted(one.can_go for one in found.values()) == ["", *["others find the violations it finds"] * 2]
    assert [one.only_it_finds for one in found.values()] == [0, 0, 0]


def test_what_a_word_alone_finds_keeps_it(tokenizer: Tokenizer) -> None:
    texts = [("権利収入の副業", BAD), ("副業", BAD), ("権利収入", BAD), ("事務", GOOD)]
    found = looked_through(["副業", "権利収入"], texts, tokenizer)
    assert {one.can_go for one in found.values()} == {""}
    assert [one.only_it_finds for one in found.values()] == [1, 1]


@given(texts=st.lists(st.tuples(st.text("abcd", max_size=4), st.booleans()), min_size=1, max_size=12))
def test_taking_away_all_that_can_go_loses_no_violation_a_useful_word_found(
    texts: list[tuple[str, bool]], tokenizer: Tokenizer
) -> None:
    found = looked_through(["a", "b", "c", "ab", "cd", "d"], texts, tokenizer)
    labels = Labels.of(labelled(texts), None)
    staying = useful = 0
    for one in found.values():
        staying |= 0 if one.can_go else one.found
        useful |= 0 if "chance" in one.can_go else one.found
    assert staying & labels.violations == useful & labels.violations


@pytest.mark.parametrize(
    ("pattern", "text", "longer"),
    [
        ("副業", "副業", []),
        ("副業", "副業で", []),
        ("副業", "副業務", ["業務"]),
        ("line", "online", ["online"]),
        ("line", "line で", []),
        ("line", "lineで", []),
        ("line", "onlineだがlineも", []),
        ("line", "online lines", ["online", "lines"]),
        ("line", "line2", []),
        ("check", "checking my c-check", []),
        ("稼げ", "稼げる", []),
        ("人", "友人の老人", ["友人", "老人"]),
        ("人", "人の友人", []),
        ("пир", "лампира", ["лампира"]),
        ("(副業|本業)", "本業", []),
    ],
)
def test_a_find_amid_a_longer_word_is_told_with_that_word(
    pattern: str, text: str, longer: list[str], tokenizer: Tokenizer
) -> None:
    assert longer_words_of(BannedWords([BannedWord(pattern)]), text, tokenizer) == {0: longer}


def test_a_word_that_is_not_there_is_within_nothing(tokenizer: Tokenizer) -> None:
    assert longer_words_of(BannedWords([BannedWord("副業")]), "事務", tokenizer) == {}
    assert longer_words_of(BannedWords([]), "副業", tokenizer) == {}


def test_longer_words_are_counted_and_the_commonest_named(tokenizer: Tokenizer) -> None:
    texts = [("online", GOOD)] * 3 + [("airline", BAD), ("line", BAD), ("online line", BAD)]
    one = looked_through(["line"], texts, tokenizer)["line"]
    assert (one.within_longer_words, one.longer_words) == (4, ("online", "airline"))


@given(st.sets(st.integers(0, 300)))
def test_a_set_of_posts_holds_just_them(places: set[int]) -> None:
    found = posts_of(places)
    assert {at for at in range(301) if found >> at & 1} == places
    assert found.bit_count() == len(places)


def suggestions(
    texts: Sequence[tuple[str, bool]], words: Sequence[str], tokenizer: Tokenizer, most: int = 20
) -> Suggestions:
    posts = labelled(texts)
    searched = [searched_text(one.post) for one in posts]
    listed = BannedWords([BannedWord(word) for word in words])
    found = posts_of(at for at, text in enumerate(searched) if listed.found_in(text))
    return suggest(listed, found, posts, searched, Labels.of(posts, None), tokenizer, most)


LURES = [("誰でも稼げます", BAD), ("データの入力", GOOD), ("みんなで稼げる", BAD), ("記事の執筆", GOOD)]


def test_a_telling_word_is_suggested_as_its_inflections_are_written(tokenizer: Tokenizer) -> None:
    found = suggestions(LURES * 20, [], tokenizer)
    assert [one.word.pattern for one in found.words] == ["稼げ"]
    assert (found.words[0].new_violations, found.words[0].new_ordinary) == (32, 0)
    assert found.words[0].weight > 3
    assert found.held_out == posts_of(range(64, 80))
    assert (found.after.violations, found.after.recall, found.after.precision) == (8, 1, 1)


def test_what_the_list_finds_already_is_not_suggested(tokenizer: Tokenizer) -> None:
    found = suggestions(LURES * 20, ["稼"], tokenizer)
    assert found.words == ()
    assert (found.after.violations, found.after.recall) == (8, 1)
    assert found.remark.endswith("none finds 5 that the list does not")


def test_a_word_that_adds_nothing_to_those_before_it_is_not_suggested(tokenizer: Tokenizer) -> None:
    texts = [("権利収入と不労所得", BAD), ("データの入力", GOOD)] * 30 + [("記事", GOOD)] * 20
    assert len(suggestions(texts, [], tokenizer).words) == 1


def test_no_more_words_are_suggested_than_asked_for(tokenizer: Tokenizer) -> None:
    texts = [("権利", BAD), ("友達", BAD), ("投資", BAD), ("入力", GOOD)] * 25
    assert len(suggestions(texts, [], tokenizer).words) == 3
    assert len(suggestions(texts, [], tokenizer, most=2).words) == 2
    none = suggestions(texts, [], tokenizer, most=0)
    assert (none.words, none.remark) == ((), "none was asked for")


def test_a_word_is_measured_by_all_it_matches_not_by_where_it_is_a_word(tokenizer: Tokenizer) -> None:
    """As a word it is in violations only; as the substring a list would use it is in half of the others."""
    texts = [("line it", BAD), ("online work", GOOD), ("free gift", BAD), ("data entry", GOOD)] * 20
    assert {one.word.pattern for one in suggestions(texts, [], tokenizer).words} == {"free"}


def test_rare_words_and_bare_numbers_are_not_suggested(tokenizer: Tokenizer) -> None:
    texts = [("誘い 213", BAD), ("入力", GOOD)] * 40
    assert [one.word.pattern for one in suggestions(texts, ["誘い"], tokenizer).words] == []
    rare = [("投資", BAD)] * (FEWEST_POSTS - 1) + [("別", BAD), ("入力", GOOD)] * 60
    found = suggestions(rare, [], tokenizer)
    assert found.words == ()
    assert found.remark == (
        "no word that the list does not find is 4.5 times as likely in violating posts, and in 5 of them"
    )


def test_too_few_posts_choose_no_words_and_that_is_told(tokenizer: Tokenizer) -> None:
    found = suggestions(LURES * 2, [], tokenizer)
    assert found.words == ()
    assert found.remark == f"expected {FEWEST_OF_A_KIND} of either kind to choose by, came 3 and 3"


FEW = [("勧誘", BAD), ("投資", BAD), *[("入力", GOOD)] * 6]


def test_a_list_that_is_never_wrong_is_still_given_words(tokenizer: Tokenizer) -> None:
    """Nothing is found to be surer than it: five finds, none of them wrong, are as sure as can be shown."""
    found = suggestions(FEW * 40, ["勧誘"], tokenizer)
    assert [one.word.pattern for one in found.words] == ["投資"]
    assert (found.after.precision, found.after.recall) == (1, 1)


def test_a_precise_list_is_given_words_that_are_a_little_less_so(tokenizer: Tokenizer) -> None:
    texts = [*FEW * 30, *[("投資", GOOD)] * 3, *FEW * 10]
    found = suggestions(texts, ["勧誘"], tokenizer)
    assert [(one.word.pattern, one.new_ordinary) for one in found.words] == [("投資", 3)]


def test_an_empty_list_is_given_the_surest_words_not_the_commonest(tokenizer: Tokenizer) -> None:
    """連絡 finds twice as many violations, but more than as many ordinary posts: no list is better for it."""
    lures = [("勧誘の連絡", BAD), ("投資の連絡", BAD), ("勧誘", BAD), ("投資", BAD)]
    texts = [*lures, *[("連絡", GOOD)] * 4, *[("入力", GOOD)] * 52] * 20
    found = suggestions(texts, [], tokenizer)
    assert sorted(one.word.pattern for one in found.words) == ["勧誘", "投資"]
    assert found.after.precision == 1


def test_why_no_word_is_suggested_is_told_with_the_nearest(tokenizer: Tokenizer) -> None:
    texts = [*[("勧誘", BAD), ("投資", BAD), ("投資", GOOD)] * 5, *[("入力", GOOD)] * 60] * 10
    found = suggestions(texts, ["勧誘"], tokenizer)
    assert found.words == ()
    assert found.remark == (
        "expected what a word newly finds to be 0.800 right, or more; the best, 投資, newly finds "
        "40 right and 40 wrong: 0.494, with one wrong more"
    )


def test_a_word_that_finds_what_the_list_finds_by_another_is_told_as_such(tokenizer: Tokenizer) -> None:
    texts = [("勧誘と投資", BAD), *[("入力", GOOD)] * 3] * 40
    found = suggestions(texts, ["勧誘"], tokenizer)
    assert found.words == ()
    assert found.remark.endswith("none finds 5 that the list does not")
