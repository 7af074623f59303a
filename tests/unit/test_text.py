"""What a reader sees is what is judged: whatever hides, splits or inflates the text of a post."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.spam.html import LONGEST_TREE, MOST_TAGS, _of_plain_tags, _of_tree, visible_text
from shared.spam.text import DECORATION, normal_form, readable, without_decoration

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


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<!-->稼げる", "稼げる"),
        ("<!--->稼げる", "稼げる"),
        ("<!--x--!>稼げる", "稼げる"),
        ("<style-x>稼げる", "稼げる"),
        ("<template-a>稼げる</template-a>", "稼げる"),
        ("<iframe>x</iframe x>稼げる", "稼げる"),
        ("<style>x</style x>稼げる", "稼げる"),
        ("<STYLE\n>x</Style/>稼げる", "稼げる"),
        ("<style>x</style-x>y</style>稼げる", "稼げる"),
    ],
)
def test_what_a_browser_shows_is_never_taken_for_unseen(html: str, expected: str, filler: str) -> None:
    assert seen(html, filler) == expected


@pytest.mark.parametrize(
    "html",
    [
        "<b title='<!--'>稼げる</b><!-- -->",
        '<b title="><style>">稼げる<style></style>',
        '<b title = "><!--" id=\'"\'>稼げる<!-- -->',
        "</b <!-- >稼げる<!-- -->",
        "<!x <!-- >稼げる<!-- -->",
        "<textarea><style></textarea>稼げる<style></style>",
        "<!-- <b title=' -->稼げる<b title='<!--'>-->",
    ],
)
def test_what_only_looks_like_an_unseen_part_hides_nothing(html: str, filler: str) -> None:
    assert "稼げる" in seen(html, filler)


@pytest.mark.parametrize("opening", ["<!--", "<!-- x ", "<style>", "<script>", "<template>", "<iframe>"])
@pytest.mark.parametrize("name", list(FILLER)[1:])
def test_in_a_long_post_nothing_unclosed_swallows_the_rest(opening: str, name: str) -> None:
    assert seen(f"{opening}一<p>二{opening}<p>三", FILLER[name]).endswith("三")


def hidden(attribute: str, inside: str = "かくれ") -> str:
    return f"見<div {attribute}>{inside}</div>える"


@pytest.mark.parametrize(
    "attribute",
    [
        "hidden",
        "HIDDEN=''",
        "hidden=until-found",
        "style=display:none",
        "STYLE='color:red; Display : NONE ! Important;'",
        "style='display:none!important;display:block'",
        "style='display:block;display:none'",
        "style='dis&#112;lay:n&#x6f;ne'",
        "style='display:none/* ; */'",
        "style='font-family:\"a;b\";display:none'",
        "style='background:url(x;y);display:none'",
        "style=visibility:hidden",
        "style=visibility:collapse",
        "style=font-size:0",
        "style=font-size:0px",
        "style='font-size: .0em'",
        "style=font-size:0%",
        "style=opacity:0",
        "style=opacity:0.0",
        "style=opacity:0%",
        "style=height:0;overflow:hidden",
        "style='max-width:0px; overflow:hidden'",
    ],
)
def test_what_an_element_hides_is_not_read(attribute: str) -> None:
    assert seen(hidden(attribute)) == "見 える"
    assert seen(hidden(attribute, f"<p {attribute}>か<b {attribute}>く</b></p><i>れ</i>")) == "見 える"
    if "overflow" not in attribute:  # which means nothing without a box
        assert seen(f"稼<span {attribute}>x</span>げる") == "稼げる"


@pytest.mark.parametrize(
    "attribute",
    [
        "title=hidden",
        "class='hidden style'",
        "style=",
        "style",
        "style='color:red'",
        "style='display:none;display:block'",
        "style='display:none x'",
        "style='x-display:none'",
        "style='d\\69splay:block;display:none'",
        "style='--x:\";display:none;\"'",
        "style='--x:{;display:none;}'",
        "style='/*;display:none;*/'",
        "hidden style=display:block",
        "style=font-size:0.5em",
        "style=opacity:0.01",
        "style=height:0",
        "style='height:0;overflow:hidden;padding:9px'",
    ],
)
def test_what_a_style_does_not_hide_is_read(attribute: str) -> None:
    assert seen(hidden(attribute, "x")) == "見 x える"


@pytest.mark.parametrize(
    "html",
    [
        "<div style=visibility:hidden><p style=visibility:visible>稼げる</p>x</div>",
        "<div style=font-size:0>x<p style=font-size:16px>稼げる</p></div>",
        "<div style=font-size:0>x<font size=3>稼げる</font></div>",
        "<div style=font-size:0>x<p style=font:1em/1.5serif>稼げる</p></div>",
        "<div style=font-size:0>x<button>稼げる</button></div>",
        "<span style=height:0;overflow:hidden>稼げる</span>",
        "<svg hidden><g hidden><text>稼げる</text></g></svg>",
        "<details><summary>稼</summary>げる</details>",
        "<body hidden style=display:none>稼げる",
        "<p hidden>x</p>稼げる",
    ],
)
def test_what_shows_again_within_the_hidden_is_read(html: str) -> None:
    assert "".join(seen(html).split()) == "稼げる"


@pytest.mark.parametrize("inner", ["display:block", "font-size:2em", "visibility:inherit", "opacity:1"])
def test_what_cannot_show_again_is_not_read(inner: str) -> None:
    outer = {"font-size:2em": "font-size:0", "visibility:inherit": "visibility:hidden"}.get(
        inner, "display:none"
    )
    assert seen(f"<div style={outer}>x<p style={inner}>y</p></div>見える") == "見える"


def test_a_long_post_is_read_with_what_it_hides() -> None:
    assert seen(hidden("hidden"), FILLER["more tags than a tree is built of"]) == "見 かくれ える"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("稼<rt>かせ</rt>げる", "稼げる"),
        ("<ruby>副<rp>(</rp><rt>ふく</rt>業<rt><b>ギョウ</b></rt></ruby>で", "副業で"),
        ("稼<RT>x</RT>げる", "稼げる x"),
        ("<rt>LINEで<b>稼げる</b></rt>副業", "副業 LINEで稼げる"),
        ("稼<rt hidden>x</rt>げる", "稼げる"),
    ],
)
def test_a_reading_parts_no_word_and_hides_no_text(html: str, expected: str) -> None:
    assert seen(html) == expected


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
        "<!--" * 100_000 + "<style><script><iframe><template><title>" * 10_000,
        "<style></style" * 70_000,
        "<style></style >" * 70_000,
        "<!--x-->" * 125_000,
        "<a <!-- " * 125_000,
        "<a b=\"c='" * 100_000,
        "<a b='" + "=\"'" * 300_000,
        "<!x" * 300_000,
        "<div style=font-size:0>" * 4_000 + "稼ぐ",
        "<b hidden style=display:none><p>" * 2_400,
        "<p style='" + "/*" * 49_000 + "'>稼ぐ",
        "<p style='" + "((" * 49_000 + "'>稼ぐ",
        "<rt>x" * 4_900,
        "a" + "\u0336★" * 500_000,
        "a\u0336" * 500_000,
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
        ("稼\x00げ\x1bる", "稼げる"),
        ("稼\x0bげ\x85る", "稼げる"),
        ("一\f二\r三", "一 二\r三"),
        ("稼\ufff9げ\u2800る\U0001bca0", "稼げる"),
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


@pytest.mark.parametrize("mark", ["\u0332", "\u0336", "\u20dd", "\u3099", "\u0e34", "\ufe20", "\u0336\u0332"])
def test_a_mark_over_what_it_cannot_compose_with_is_decoration(mark: str) -> None:
    assert normal_form(mark.join("稼ぬル漢x1") + mark) == "稼ぬル漢x1"


@pytest.mark.parametrize("word", ["ที่นี่", "हिन्दी", "مُحَمَّد", "שָׁלוֹם", "tiếng việt", "がぱヴ"])
def test_scripts_that_need_their_marks_keep_them(word: str) -> None:
    assert normal_form(word) == unicodedata.normalize("NFKC", word)


def test_every_control_and_format_character_goes_but_white_space() -> None:
    unseen = {chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in ("Cc", "Cf")}
    assert {character for character in unseen if normal_form(f"稼{character}ぐ") != "稼ぐ"} == set("\t\n\r\f")


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


@given(st.text("ー〜~_a★か ", max_size=12))
def test_decorations_are_those_of_the_rule_whichever_way_they_are_looked_for(text: str) -> None:
    assert without_decoration(text) == re.sub(DECORATION, " ", text)


@pytest.mark.parametrize("opening", ["<br>" * 5_001, "字" * 100_001, "<p hidden>x</p>", ""])
@pytest.mark.parametrize("name", ["ſcript", "ſtyle", "ıframe", "İframe", "tıtle", "ſ", "ı"])
def test_only_ascii_letters_name_elements(opening: str, name: str) -> None:
    found = visible_text(f"{opening}今日は<{name} 稼げる副業>です</{name}>")
    assert found.endswith("です") and "今日は" in found


@pytest.mark.parametrize("opening", ["", "<p hidden>x</p>"])
@pytest.mark.parametrize("name", ["ſ", "ı", "副業"])
def test_what_begins_no_tag_is_shown(opening: str, name: str) -> None:
    assert visible_text(f"{opening}今日は<{name} 稼げる>です").endswith(f"今日は<{name} 稼げる>です")


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


PLAIN_PIECES = st.sampled_from(
    [f"<{slash}{tag}>" for tag in ("p", "div", "b", "a", "li", "ul", "span", "h2") for slash in ("", "/")]
    + [f"<{slash}{tag}>" for tag in ("table", "tbody", "tr", "td", "th") for slash in ("", "/")]
    + [
        "<br>",
        "<br/>",
        "<br />",
        '<a href="x">',
        "<td colspan=2>",
        '<p class="a b" id="c">',
        '<a title="x>y">',
    ]
    + [
        '<p style="color:red; font-size: 12px">',
        '<p style="font-size:0">',
        "<p hidden>",
        '<p b" c="d>">',
        "<P>",
    ]
    + [
        "副",
        "業 ",
        "\n",
        "&amp;",
        "&lt;",
        "&nbsp;",
        "&amp;lt;",
        "&am",
        "p;",
        "&copy;",
        ">",
        "<",
        "&#31292;",
        "&#33;",
        "&#38;",
        "&#32;",
        "&#150;",
        "&#55357;",
        "&#x7a3c;",
        "<副業>",
        "\r",
    ]
)


@settings(max_examples=2_000)
@given(st.lists(PLAIN_PIECES, max_size=12))
def test_plain_markup_reads_as_its_tree_does(pieces: list[str]) -> None:
    html = "".join(pieces)
    plain = _of_plain_tags(html)
    assert plain is None or plain == _of_tree(html)


def test_most_markup_is_read_without_a_tree() -> None:
    assert _of_plain_tags('<p class="a">副<b>業</b>&amp;</p><table><tr><td>1</td></tr></table>') is not None
    assert _of_plain_tags("&#31292;げる&nbsp;&#38;amp;") == "稼げる\xa0&amp;"
    assert _of_plain_tags("&#31292;げる&#32;") is None
    assert _of_plain_tags("&#31292;げる&nbsp;&amp;#33;") == "稼げる\xa0&#33;"


def test_every_number_that_is_read_without_a_tree_is_the_same_character_to_it() -> None:
    for number in range(0x10000):
        html = f"a&#{number};b"
        plain = _of_plain_tags(html)
        assert plain is None or plain == _of_tree(html)
    assert _of_plain_tags("&#31292;") == "稼"
