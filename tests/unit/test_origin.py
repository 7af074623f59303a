"""From what detectors read back to what an author wrote: never the wrong place, never an exception."""

import csv
import html as entities
import re
import sys
import unicodedata
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.sample.posts import SampleSizes, sample_posts
from shared.spam.html import LONGEST_TREE, MOST_TAGS, visible_text
from shared.spam.origin import Origin
from shared.spam.rewriting import Rewriting, normalising, undecorating
from shared.spam.sources import VisibleText
from shared.spam.text import normal_form, readable, without_decoration

DATA = Path(__file__).parents[3] / "shared/data/posts"
MANY_TAGS, LONG = "<br>" * (MOST_TAGS + 1), "<br>" + "あ" * LONGEST_TREE
WORD = re.compile(r"\w+")


def slices(html: str, word: str) -> list[str]:
    """What of `html` says the first `word` that is read of it."""
    origin = Origin(html)
    start = origin.text.index(word)
    return [html[first:after] for first, after in origin.spans(start, start + len(word))]


def says(parts: list[str], word: str) -> bool:
    """Whether slices of a post, each text without markup, say `word` when they are read by themselves."""
    read = without_decoration(normal_form(entities.unescape("".join(parts))))
    return word.replace("ς", "σ") in read.replace("ς", "σ")  # which sigma it is, the rest of the word says


@pytest.mark.parametrize(
    ("html", "word", "expected"),
    [
        ("副業", "副業", ["副業"]),
        ("<p>副業</p>", "副業", ["副業"]),
        ("稼<b>げ</b>る", "稼げる", ["稼", "げ", "る"]),
        ("稼<!-- げ -->げ<script>げ</script>る", "稼げる", ["稼", "げ", "る"]),
        ("稼<span hidden>稼げる</span>げる", "稼げる", ["稼", "げる"]),
        ("<p style=display:none>副業</p>副業", "副業", ["副業"]),
        ("&#x7a3c;げ&#12427;!", "稼げる", ["&#x7a3c;げ&#12427;"]),
        ("&#0031292;げる", "稼げる", ["&#0031292;げる"]),
        ("&copyright;", "©right;", ["&copyright;"]),
        ("R&amp;D &nbsp;x", "r&d", ["R&amp;D"]),
        ("a&fjlig;ord", "jo", ["&fjlig;o"]),
        ("&amp;amp;", "&amp;", ["&amp;amp;"]),
        ("1㌔ﾊﾞｲﾄ ﬁn", "キロ", ["㌔"]),
        ("1㌔ﾊﾞｲﾄ ﬁn", "ロバイ", ["㌔ﾊﾞｲ"]),
        ("1㌔ﾊﾞｲﾄ ﬁn", "i", ["ﬁ"]),
        ("ｶ<b>ﾞ</b>ｯﾂ", "ガッツ", ["ｶ", "ﾞ", "ｯﾂ"]),
        ("ＬＩＮＥ　ＩＤ", "line id", ["ＬＩＮＥ　ＩＤ"]),
        ("\u0130stanbul \u0130★", "istanbul i", ["\u0130stanbul \u0130"]),
        ("e\u0301te\u0301", "été", ["e\u0301te\u0301"]),
        ("\u1112\u1161\u11ab국", "한국", ["\u1112\u1161\u11ab국"]),
        ("不\u200b労\u2060所得", "不労所得", ["不\u200b労\u2060所得"]),
        ("\u200b副業\u200b", "副業", ["副業"]),
        ("稼\u0336げ\u0336る\u0336", "稼げる", ["稼\u0336げ\u0336る"]),
        ("★☆★副業━━━", "副業", ["副業"]),
        ("副★☆★業", "副 業", ["副★☆★業"]),
        ("3 < 5 <副業>", "<副業>", ["<副業>"]),
        ("<i>3<5", "3<5", ["3<5"]),
        ("<table>副業<tr><td>事務</table>", "副業", ["副業"]),
        ("<table><tr>事務<td>副業</table>", "副業", ["副業"]),
        ("<ruby>副<rp>(</rp><rt>ふく</rt>業<rt>x</rt></ruby>", "副業", ["副", "業"]),
        ("<ruby>副<rt>ふく</rt>業<rt>x副業</rt></ruby>事務", "x副業", ["x副業"]),
        ("<textarea>副業 3<5</textarea>", "業 3<5", ["業 3<5"]),
        ("&lt;<xmp>&amp;副業</xmp>稼げる<xmp>&amp;</xmp>", "稼げる", ["稼げる"]),
        ("<İstanbul<b>", "istanbul", ["İstanbul"]),
        ("副&#x1;業", "副業", ["副", "業"]),
        ("<a title='副業 > 副業' href=\"a>b\">副業</a>", "副業", ["副業"]),
        ("\U0002000b副業<b>\U0010fffd副業", "副業", ["副業"]),
        ("副\r\n業<b>", "副\n業", ["副", "業"]),
        ("副業\ud800<b>稼", "稼", ["稼"]),
    ],
)
def test_a_word_is_found_as_it_was_written(html: str, word: str, expected: list[str]) -> None:
    assert slices(html, word) == expected


@pytest.mark.parametrize("filler", [MANY_TAGS, LONG], ids=["many tags", "long"])
def test_a_word_is_found_in_a_post_too_large_for_a_tree(filler: str) -> None:
    assert slices(f"{filler}<script>副業</script>副<b>&#26989;</b>", "副業") == ["副", "&#26989;"]


@pytest.mark.parametrize("html", ["<b>副業</b>", "副業", "", "<p>", "&amp;"])
def test_what_is_no_place_in_the_text_comes_from_nowhere(html: str) -> None:
    origin = Origin(html)
    for start, end in [(-1, 1), (0, 0), (1, 0), (0, len(origin.text) + 1), (9, 10)]:
        assert origin.spans(start, end) == []


def test_a_line_s_end_made_of_a_tag_is_in_no_place() -> None:
    html = "<p>副業</p><p>事務</p>"
    origin = Origin(html)
    assert [html[a:b] for a, b in origin.spans(0, len(origin.text))] == ["副業", "事務"]


PIECES = st.sampled_from(
    [
        *(
            "副業",
            "稼げる",
            "ＬＩＮＥ",
            "ｶﾞ",
            "㌔",
            "ﬁ",
            "か\u3099",
            "e\u0301",
            "\u0130",
            "Σ",
            "İstanbul",
            "J\u030c",
        ),
        *(
            "\u200b",
            "\ufeff",
            "\u0336",
            "★",
            "☆★",
            "ーーー",
            "・",
            " ",
            "\n",
            "\r\n",
            "\f",
            "\0",
            "　",
            "\ud800",
        ),
        *("<b>", "</b>", "<p>", "</p>", "<br>", "<", ">", "&", "<!-- 副業 -->", "<!--", "-->", "<副業>"),
        *(
            "<script>副業</script>",
            "<style>",
            "<div hidden>",
            "<p style=display:none>",
            "</div>",
            "<rt>",
            "</rt>",
        ),
        *(
            "<table>",
            "<tr>",
            "<td>",
            "</table>",
            "<textarea>",
            "</textarea>",
            "<xmp>",
            "<title>",
            "<svg>",
            "<![",
        ),
        *(
            "&#x7a3c;",
            "&#12427;",
            "&amp;",
            "&lt",
            "&copyright",
            "&#0;",
            "&#32;",
            "&#9999999999;",
            "&#x1;",
            "&nbsp;",
        ),
        *(
            '"',
            "'",
            "=",
            "/",
            "<a href='",
            '<a title="副業>',
            "\U00020000",
            "\U0010ffff",
            "\U000f0000",
            "ह",
            "ि",
        ),
    ]
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_every_place_says_the_word_it_is_the_place_of(html: str) -> None:
    origin = Origin(html)
    assert origin.text == without_decoration(readable(html))
    for word in WORD.finditer(origin.text):
        spans = origin.spans(*word.span())
        assert all(0 <= first < after <= len(html) for first, after in spans)
        if spans:
            assert says([html[first:after] for first, after in spans], word[0])


@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_any_text_at_all_has_an_origin(html: str, start: int, end: int) -> None:
    for first, after in Origin(html).spans(start, end):
        assert 0 <= first < after <= len(html)


@given(st.lists(st.from_regex("[ぁ-んa-z0-9]{1,6}", fullmatch=True), min_size=1, max_size=6), st.data())
def test_a_word_that_tags_cut_up_is_found_whole(words: list[str], data: st.DataObject) -> None:
    tag = data.draw(st.sampled_from(["b", "font", "x-y", "a"]))
    hidden = data.draw(st.sampled_from(["", "<!-- x -->", "<i hidden>x</i>", "<script>x</script>"]))
    html = "".join(f"<{tag}>{word}</{tag}>{hidden}" for word in words)
    assert slices(html, "".join(words)) == words


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_the_steps_of_normalising_lead_to_the_normal_form(text: str) -> None:
    assert normalising(text).text == normal_form(text)
    assert undecorating(text).text == without_decoration(text)


def test_the_steps_of_normalising_know_every_character_there_is() -> None:
    unassigned = ("Cn", "Co", "Cs")
    every = [one for one in map(chr, range(0x110000)) if unicodedata.category(one) not in unassigned]
    for between in ("", "か", "a\u0301", "ᄒ"):
        text = between.join(every)
        assert normalising(text).text == normal_form(text)
    changing = [one for one in every if one.lower() != one or not unicodedata.is_normalized("NFKC", one)]
    assert len(changing) > 5_000
    for one in changing:  # each by itself, so that none takes the others the longer way with it
        assert normalising(f"か{one}").text == normal_form(f"か{one}")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_what_stands_before_another_came_from_before_it(text: str) -> None:
    rewriting = normalising(text)
    places = [rewriting.before(at, at + 1) for at in range(len(rewriting.text))]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(one[0] <= other[0] and one[1] <= other[1] for one, other in pairwise(places))


def test_a_rewriting_moves_places_either_way() -> None:
    rewriting = Rewriting("0123456789")
    rewriting.change([(1, 2, ""), (3, 5, "abc"), (8, 9, "z")])
    assert rewriting.text == "02abc567z9"
    assert [rewriting.before(at, at + 1) for at in range(10)] == [
        *((0, 1), (2, 3), (3, 5), (3, 5), (3, 5), (5, 6), (6, 7), (7, 8), (8, 9), (9, 10)),
    ]
    assert rewriting.before(0, 2) == (0, 3)
    assert rewriting.after(0, 10) == (0, 10)
    assert rewriting.after(4, 7) == (2, 7)
    assert rewriting.after(9, 99) == (9, 10)
    start, end = rewriting.after(1, 2)
    assert start == end, "it is gone"


@given(st.lists(PIECES, max_size=25).map("".join))
def test_visible_text_is_the_same_with_its_sources(html: str) -> None:
    found = VisibleText(html)
    assert found.text == visible_text(html)
    assert len(found.text) == len(found.sources(0, len(found.text)))


@given(st.lists(PIECES, max_size=25).map("".join))
def test_a_run_says_what_its_characters_say_one_by_one(html: str) -> None:
    found = VisibleText(html)
    for start in range(len(found.text)):
        for end in range(start + 1, min(start + 8, len(found.text)) + 1):
            if run := found.run(start, end):
                each = [(at, at + 1) for at in range(*run)]
                assert found.sources(start, end) == each


def test_next_to_entities_and_comments_runs_are_seen_without_looking_for_all_sources() -> None:
    html = "<p>a &amp; b&nbsp;稼げる</p><!-- x --><b>副業</b> R&D 在宅"
    text = VisibleText(html).text
    for word in ("稼げる", "副業", "R", "在宅"):
        start = text.index(word)
        found = VisibleText(html).run(start, start + len(word))
        assert found and html[slice(*found)] == word
    assert VisibleText(html).run(text.index("&"), text.index("&") + 1) is None


@pytest.mark.parametrize("name", ["job_scams_en", "youtube_en", "sms_en"])
def test_every_word_of_real_posts_has_its_place(name: str) -> None:
    path = DATA / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here: the data is not part of the project")
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8", newline="") as file:
        bodies = [row["body"] for row in csv.DictReader(file)][:200]
    check_all(bodies)


def test_every_word_of_sample_posts_has_its_place_whatever_tricks_are_played() -> None:
    posts = sample_posts(SampleSizes(days=3, posts_per_day=80), datetime(2026, 11, 22, tzinfo=UTC)).posts
    check_all([text for post in posts for text in (post.title, post.body)])


def check_all(originals: list[str]) -> None:
    words = 0
    for html in originals:
        origin = Origin(html)
        for word in WORD.finditer(origin.text):
            parts = [html[start:end] for start, end in origin.spans(*word.span())]
            assert parts, f"{word[0]} has no place"
            assert says(parts, word[0])
            assert all("<b" not in part for part in parts)
            words += 1
    assert words > 100


@pytest.mark.parametrize(
    "html",
    [
        "<" * 200_000,
        "<!--" * 50_000,
        "<p>" + "あ" * 199_000,
        "<b>稼</b>" * 20_000,
        "<br>" * 50_000,
        "<a b=\"c='" * 20_000,
        "&" * 200_000,
        "&#" + "9" * 199_000 + "<br>",
        "&amp;" * 40_000,
        "a" + "\u0315\u0300" * 100_000,
        "か\u3099\u0323" * 60_000,
        "\u0903" * 199_000 + "<b>",
        "\u0130" * 200_000,
        "ﷺ" * 200_000,
        "★☆a" * 60_000,
        "<rt>x" * 4_900,
        "\u200b" * 200_000,
    ],
    ids=lambda html: f"{html[:14]!r}, {len(html):,} characters",
)
def test_no_post_keeps_the_one_who_explains_busy(html: str) -> None:
    """Were any step quadratic, one of these would take minutes."""
    origin = Origin(html)
    for first, after in origin.spans(0, len(origin.text)):
        assert 0 <= first < after <= len(html)


@given(
    st.lists(
        st.sampled_from(
            [
                *("副", "業", "a", " ", "\n", "\t", "\xa0", "&nbsp;", "&lt;", "&amp;", "&#39;", "&#12354;"),
                *(
                    "<b>",
                    "</b>",
                    "<br>",
                    "<p>",
                    "</p>",
                    '<span style="color: red">',
                    "</span>",
                    "<i class=x>",
                ),
                *("<table>", "<tr>", "<td>", "</td>", "</tr>", "</table>", "<li>"),
            ]
        ),
        max_size=10,
    )
)
def test_sources_of_plain_markup_are_those_its_tree_tells(pieces: list[str]) -> None:
    html = "".join(pieces) + "."
    plain, by_tree = VisibleText(html), VisibleText(f"{html}<var>")  # no plain tag
    assert plain.text == by_tree.text
    assert plain.sources(0, len(plain.text)) == by_tree.sources(0, len(by_tree.text))
