"""The list of banned words: what it finds, what it may ask for, and how a wrong line is told."""

from datetime import UTC, datetime

import pytest

from shared.errors import ConfigError
from shared.spam.detectors.banned_words import (
    ANY_HIT,
    BannedWord,
    BannedWords,
    frequent_in_violations,
    read_banned_words,
)
from shared.spam.judging import Thresholds, judge
from shared.spam.labels import UNCLASSIFIED
from shared.spam.posts import Post
from shared.spam.verdicts import Action, Mode

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def post(body: str, title: str = "") -> Post:
    return Post("p-1", 1, NOW, NOW, title, body)


def hits(patterns: list[str], body: str, title: str = "") -> list[str]:
    found = BannedWords([BannedWord(pattern) for pattern in patterns]).judge(post(body, title))
    return [reason.token for reason in found.reasons]


@pytest.mark.parametrize(
    ("pattern", "body"),
    [
        ("副業", "<p>副<b>業</b></p>"),
        ("line", "ＬＩＮＥで"),
        ("ＬＩＮＥ", "Lineで"),
        ("ＬＩＮＥ　ＩＤ", "line id"),
        ("ＬＩＮＥ(ＩＤ|で)", "LINE で LINEで"),
        ("稼げる！", "稼げる!今だけ"),
        ("（株）", "㈱セキショ"),
        ("[Ａ-Ｃ]級", "B級"),
        ("ﾈｯﾄﾜｰｸ", "ネットワーク"),
        ("日給[0-9]+万", "日給１０万"),
        ("[【].*[】]", "【急募】"),
        (r"\d{3}-\d{4}", "電話 123-4567"),
        (r"\S稼\W", "★稼!"),
        ("不労所得", "不\u200b労所得"),
        ("🍣", "🍣"),
        ("副業", "<副業>"),
    ],
)
def test_a_word_is_found_however_list_and_post_write_it(pattern: str, body: str) -> None:
    assert hits([pattern], body) == [pattern]


def test_title_and_body_are_searched_apart() -> None:
    assert hits(["副業"], "", "副業") == ["副業"]
    assert hits(["副業"], "業", "副") == []


@pytest.mark.parametrize("body", ["", "事務の仕事", "<a 副業>", "★☆", "\ud800", "<" * 10])
def test_a_post_without_a_listed_word_scores_nothing(body: str) -> None:
    found = BannedWords([BannedWord("副業")]).judge(post(body))
    assert (found.score, found.reasons, found.violation_class) == (0.0, (), UNCLASSIFIED)


def test_an_empty_list_finds_nothing() -> None:
    assert BannedWords([]).judge(post("副業")).score == 0


def test_each_hit_halves_the_distance_to_1_and_the_commonest_class_is_named() -> None:
    words = [BannedWord("副業", "lure"), BannedWord("稼", "lure"), BannedWord("紹介", "pyramid")]
    found = BannedWords(words).judge(post("紹介する副業で稼ぐ"))
    assert (found.score, found.violation_class) == (0.875, "lure")


def test_a_hundred_hits_stay_below_certainty_and_give_ten_reasons() -> None:
    found = BannedWords([BannedWord("副業")] * 100).judge(post("副業"))
    assert found.score < 1
    assert len(found.reasons) == 10


@pytest.mark.parametrize("thresholds", [ANY_HIT, Thresholds(review=0.1, take_down=0.2)])
def test_banned_words_never_ask_for_more_than_a_review(thresholds: Thresholds) -> None:
    detector = BannedWords([BannedWord(word) for word in ("副業", "稼", "円")])
    verdict = judge(post("副業で稼ぐ 千円"), detector, thresholds, Mode.AUTO, NOW)
    assert verdict.action is Action.REVIEW


def test_any_hit_is_reviewed_and_none_is_left() -> None:
    detector = BannedWords([BannedWord("副業")])
    assert judge(post("副業"), detector, ANY_HIT, Mode.AUTO, NOW).action is Action.REVIEW
    assert judge(post("事務"), detector, ANY_HIT, Mode.AUTO, NOW).action is Action.LEAVE


def test_the_list_is_read_with_classes_and_without_comments() -> None:
    text = "# 見出し\n副業\n\n[affiliate_lure]\n  稼げる  \n# [x]\n"
    text += "[paid_reviews]\r\n(高評価|星5)\n[あいう]え\n[0-9]+円\n"
    assert read_banned_words(text, "list") == [
        BannedWord("副業", UNCLASSIFIED),
        BannedWord("稼げる", "affiliate_lure"),
        BannedWord("(高評価|星5)", "paid_reviews"),
        BannedWord("[あいう]え", "paid_reviews"),
        BannedWord("[0-9]+円", "paid_reviews"),
    ]


@pytest.mark.parametrize("header", ["[あいう]", "[Paid_Reviews]", "[paid reviews]", "[]", "[a-z]", "[^x]"])
def test_a_class_that_can_not_be_one_is_not_taken_for_a_pattern(header: str) -> None:
    """As a set of characters it would flag nearly every post."""
    with pytest.raises(ConfigError, match=r"words\.txt, line 2: expected a class"):
        read_banned_words(f"副業\n{header}\n稼げる", "words.txt")


@pytest.mark.parametrize("pattern", ["(", "a)", "[a", "a{2000}", "(?=a)", r"(a)\1", "*", r"\q", "a**"])
def test_a_pattern_re2_refuses_is_told_with_file_and_line(pattern: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read_banned_words(f"# comment\n副業\n\n{pattern}\n", "gs://b/words.txt")
    assert str(raised.value).startswith("gs://b/words.txt, line 4: expected an RE2 pattern, came ")
    with pytest.raises(ConfigError, match="banned word 2"):
        BannedWords([BannedWord("副業"), BannedWord(pattern)])


@pytest.mark.parametrize("pattern", ["a*", "(副業|)", ".*", "^", "\u200b", "()", "x?"])
def test_a_pattern_every_post_matches_is_refused(pattern: str) -> None:
    with pytest.raises(ConfigError, match="line 1: expected a pattern that not every post matches"):
        read_banned_words(pattern, "list")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*)+x", "(a?){100}a{100}c", "([a-z]+)*[0-9]"])
def test_no_pattern_hangs_on_a_long_text(pattern: str) -> None:
    assert hits([pattern, "aaa"], "a" * 500_000 + "!")[-1] == "aaa"


def test_two_thousand_words_are_all_still_found() -> None:
    """A set that outgrows RE2's memory would silently match nothing."""
    words = [f"(禁句{number:04d}番|語{number:04d})[0-9]{{0,5}}" for number in range(2_000)]
    everything = "。".join(f"禁句{number:04d}番7" for number in range(2_000))
    detector = BannedWords([BannedWord(word) for word in words])
    for number in (0, 1, 999, 1_999):
        assert [one.token for one in detector.judge(post(f"あ語{number:04d}い")).reasons] == [words[number]]
    assert detector.judge(post(everything)).score == pytest.approx(1)
    assert detector.judge(post("事務の仕事" * 20_000)).score == 0


def test_the_version_names_the_list() -> None:
    one, same, other = (
        BannedWords([BannedWord(*entry)]).version for entry in (("副業", "a"), ("副業", "a"), ("副業", "b"))
    )
    assert one == same
    assert one != other


def test_the_words_an_operator_would_list_are_frequent_in_violations_and_rare_elsewhere() -> None:
    posts = (
        [(["稼ぐ", "仕事", "a+b"], True)] * 40 + [(["事務", "仕事"], False)] * 60 + [(["珍しい"], True)] * 2
    )
    listed = [entry.pattern for entry in frequent_in_violations(posts, most=2)]
    assert sorted(listed) == sorted(["稼ぐ", r"a\+b"])
    assert hits(listed, "a+bで稼ぐ") == listed
    assert frequent_in_violations([]) == []


@pytest.mark.parametrize(("violations", "ordinary"), [(40, 60), (60, 40), (500, 20), (20, 500)])
def test_words_as_frequent_in_ordinary_posts_are_not_listed(violations: int, ordinary: int) -> None:
    posts = [(["der", "die", "gewinn"], True)] * violations + [(["der", "die", "arbeit"], False)] * ordinary
    assert [entry.pattern for entry in frequent_in_violations(posts)] == ["gewinn"]
    nothing_tells = [(["der"], True)] * violations + [(["der"], False)] * ordinary
    assert frequent_in_violations(nothing_tells) == []
