"""What a reader sees is what is judged: whatever hides, splits or inflates the text of a post."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spam.text import (
    LONGEST_TREE,
    MOST_TAGS,
    normal_form,
    readable,
    visible_text,
    without_decoration,
)

FILLER = {
    "a small post": "",
    "more tags than a tree is built of": "<br>" * (MOST_TAGS + 1),
    "more HTML than a tree is built of": "<br>" + "あ" * LONGEST_TREE,
}


@pytest.fixture(params=FILLER, ids=str)
def filler(request: pytest.FixtureRequest) -> str:
    """Something to put before a text, so that either way of reading HTML reads it."""
    return FILLER[request.param]


def seen(html: str, filler: str = "") -> str:
    """The visible text of `html` without the filler before it, white space made one."""
    return " ".join(visible_text(filler + html).split()).removeprefix("あ" * LONGEST_TREE).strip()


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("稼<b>げ</b>る", "稼げる"),
        ("稼<font color=red>げ</font><!-- x -->る", "稼げる"),
        ("稼<span\nclass='a'>げ</SPAN>る", "稼げる"),
        ("<p>一</p><p>二", "一 二"),
        ("一<br>二<BR/>三", "一 二 三"),
        ("<ul><li>一<li>二</ul>三", "一 二 三"),
        ("<table><tr><td>一<td>二</table>", "一 二"),
        ("見える<script>かくれ<b></script>", "見える"),
        ("見える<style>p{かくれ}</style>", "見える"),
        ("見える<!-- かくれ > --> 見える", "見える 見える"),
        ("見える<template>かくれ</template>", "見える"),
        ("見える<iframe>かくれ</iframe>", "見える"),
        ("<object>見える</object>", "見える"),
        ("&lt;b&gt; &amp; &#31179;&#x7A3C;&nbsp;&yen;", "<b> & 秋稼 ¥"),
        ("&#0031179;", "秋"),
        ("一</p></div></b></nonsense>", "一"),
        ("<frameset>稼げる<b>副業</b>", "稼げる副業"),
        ("<head>稼げる</head>副業", "稼げる副業"),
        ("<textarea>一</textarea>", "一"),
        ("3 < 5", "3 < 5"),
        ("<副業> <3>", "<副業> <3>"),
        ("", ""),
    ],
)
def test_the_text_of_html_is_what_a_reader_sees(html: str, expected: str, filler: str) -> None:
    assert seen(html, filler) == expected


def test_an_unclosed_tag_at_the_end_is_no_text() -> None:
    assert seen("一<p") == "一"


def test_plain_text_is_left_as_it_is() -> None:
    assert visible_text("a > b\n\n c") == "a > b\n\n c"


def test_a_post_of_many_tags_hides_nothing_by_them() -> None:
    assert seen("<br>" * (MOST_TAGS + 1) + "&#31292;げ<b>る</b>") == "稼げる"


@pytest.mark.parametrize(
    "html",
    [
        "<" * 1_000_000,
        "<div>" * 100_000 + "稼ぐ",
        "<b>" * 100_000 + "稼ぐ",
        "<p>" + "".join(f"<b id={number}>" for number in range(2_400)) + "<p>x" * 2_400,
        "<p>" + "".join(f"<a{number}>" for number in range(4_900)),
        "<p " + " ".join(f"a{number}" for number in range(150_000)) + ">稼ぐ",
        "<p " + " ".join(f"a{number}='>'" for number in range(100_000)) + ">稼ぐ",
        "<!--" * 200_000,
        "<script>" * 100_000,
        "<table><tr><td>" * 60_000,
        "</b>" * 200_000,
        "&" * 1_000_000,
        "&lt;" * 250_000,
        "&#" + "9" * 999_990,
        "<br>&#" + "9" * 999_990,
        '<a href="' + "x" * 10_000_000,
        "<p>あ</p>" * 300_000,
        "a" + "\u0315\u0300" * 500_000,
        "か" + "\u3099\u0323" * 500_000,
        "★☆" * 500_000,
        "ー" * 1_000_000,
        "\u200b" * 1_000_000,
        "ﷺ" * 200_000,
    ],
    ids=lambda html: f"{html[:14]!r}, {len(html):,} characters",
)
def test_no_post_keeps_the_judge_busy(html: str) -> None:
    """Each of these once took, or would take, minutes or gigabytes where any step were quadratic."""
    assert isinstance(without_decoration(readable(html)), str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＬＩＮＥ　ＩＤ１２３", "line id123"),
        ("ﾈｯﾄﾜｰｸﾋﾞｼﾞﾈｽ", "ネットワークビジネス"),
        ("㈱①㌔", "(株)1キロ"),
        ("稼\u200bげ\u2060る\ufeff", "稼げる"),
        ("稼\u00adげ\u202eる\ufe0f", "稼げる"),
        ("稼\U000e0041げる", "稼げる"),
        ("稼\x00げ\x1bる", "稼 げ る"),
        ("か\u3099", "が"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("J\u030c", "\u01f0"),
        ("a\ud800b", "a\ufffdb"),
        ("一\t二\n三", "一\t二\n三"),
    ],
)
def test_one_word_has_one_form_however_it_is_written(text: str, expected: str) -> None:
    assert normal_form(text) == expected


def test_marks_on_letters_stay_and_piles_of_them_go() -> None:
    assert normal_form("e\u0301") == "é"
    assert normal_form("がぎぐ") == "がぎぐ"
    assert normal_form("稼" + "\u0336" * 100 + "ぐ") == "稼ぐ"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("★", "★"),
        ("★☆", " "),
        ("稼★ぐ", "稼★ぐ"),
        ("稼★☆ぐ", "稼 ぐ"),
        ("!", "!"),
        ("!!", " "),
        ("★ ★", "★ ★"),
        ("━━━", " "),
        ("ー", "ー"),
        ("ーー", "ーー"),
        ("ーーー", " "),
        ("~~~", " "),
        ("〜〜〜", " "),
        ("ー~〜", " "),
        ("_", "_"),
        ("__", " "),
        ("a_b", "a_b"),
        ("コーヒー", "コーヒー"),
        ("12", "12"),
        ("あああ", "あああ"),
    ],
)
def test_a_decoration_is_two_symbols_in_a_row_or_three_signs_of_a_rule(text: str, expected: str) -> None:
    assert without_decoration(text) == expected


@given(st.text())
def test_any_text_at_all_is_read(text: str) -> None:
    read = readable(text)
    read.encode()  # no halves of surrogate pairs left
    without_decoration(read)


@given(
    st.lists(
        st.sampled_from(
            ["<", ">", "/", "!", "b", "<b>", "</b>", "<p>", "<a", "<!--", "-->", "'", "=", "&#x", "あ"]
        )
    )
)
def test_any_broken_html_is_read(pieces: list[str]) -> None:
    readable("".join(pieces))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normal_form(text)
    assert normal_form(once) == once


def test_normalising_is_final_for_every_character_there_is() -> None:
    once = normal_form("\n".join(chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF))
    assert normal_form(once) == once


@given(st.text(max_size=40))
def test_decorations_are_gone_at_once(text: str) -> None:
    assert without_decoration(without_decoration(text)) == without_decoration(text)


@given(st.text(st.characters(exclude_characters="<&", exclude_categories=["Cs"])))
def test_a_text_without_markup_is_its_own_visible_text(text: str) -> None:
    assert visible_text(text) == text


WORDS = st.lists(st.from_regex("[ぁ-んa-z0-9]{1,6}", fullmatch=True), min_size=1, max_size=6)


@given(WORDS, st.sampled_from(["b", "i", "span", "font", "a", "u", "x-y"]))
def test_inline_tags_never_split_a_text(words: list[str], tag: str) -> None:
    html = "".join(f"<{tag}>{word}</{tag}>" for word in words)
    assert visible_text(html) == "".join(words)


@given(WORDS, st.sampled_from(["p", "div", "li", "h1", "blockquote", "td", "section"]))
def test_blocks_always_part_a_text(words: list[str], tag: str) -> None:
    html = "".join(f"<{tag}>{word}</{tag}>" for word in words)
    assert re.split(r"\s+", visible_text(html).strip()) == words
