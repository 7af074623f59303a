"""Plain HTML is read without a tree, yet comes to the same text; what is not clear is left to the tree."""

from html.entities import html5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.spam import plain_html
from shared.spam.html import _of_plain_tags, _of_tree, visible_text, whole
from shared.spam.plain_html import plain_markup
from shared.spam.plain_sources import plain_sources
from shared.spam.sources import VisibleText, _of_two_readings

TAGS = [
    *("<p>", "</p>", "<b>", "</b>", "<br>", "<br/>", "<BR />", "<div class='a b'>", "</DIV>", "<hr>", "<li>"),
    *('<a href="x?a=1&b=2">', "<a href=x/>", '<img\nsrc="y"\n/>', '<a title="x>y">', "<p b=>", "<center>"),
    *('<p STYLE="Color:#FF0000; margin:0 auto">', "<p style='color:red'>", '<p style="display:none">'),
    *("<p hidden>", '<p style="width:0;overflow:hidden">', '<p style="font-size:0">', "<pre>", "<select>"),
    *(
        "<textarea>",
        "</textarea>",
        "<svg>",
        "</svg>",
        "<template>",
        "<rt>",
        "<副業>",
        "</副業>",
        "</>",
        "<o:p>",
    ),
]
TABLES = [
    *("<table>", "<TABLE border=1>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<th colspan=2>", "</th>"),
    *("<tbody>", "</tbody>", "<thead>", "<tfoot>", "<caption>", " \n", "x", "<!-- x -->", "<style>x</style>"),
]
UNSEEN = [
    *("<!-- x -->", "<!---->", "<!-->", "<!--->", "<!--", "-->", "--!>", "--", "-", ">", "!", "<!>", "<!x>"),
    *(
        "<!--<b>--><!-- > -- - ->x-->",
        "<!--[if gte mso 9]><xml><w:View>x</w:View></xml><![endif]-->",
        "<?x?>",
    ),
    *(
        "<![if !x]>",
        "<!-x>",
        "<!",
        "<?",
        "<!doctype html>",
        "<![CDATA[x]]>",
        "<style>",
        "</style>",
        "</STYLE >",
    ),
    *(
        "<style type='text/css'>a>b{}</style>",
        "<Style></stylex></style>",
        "<script>",
        "</script>",
        "<script/>",
    ),
    *("<script>if(a<b)x('</p>')</script>", "<script><!-- x --></script>", "<script src='a>b'></script>"),
]
SIGNS = [
    *(
        "副",
        "業 ",
        " ",
        "\n",
        "\t",
        "\f",
        "\xa0",
        "a",
        "1",
        "<",
        "<3",
        "< ",
        "<<",
        "=>",
        "=",
        "'",
        '"',
        "/",
        ";",
    ),
    *("&", "& ", "&&", "Q&A", "&3", "&a", "&#", "&#x", "&#;", "&amp;", "&amp", "amp;", "&lt", "lt;", "&nbsp"),
    *("&nbsp;", "&NBSP;", "&copy", "&copyright;", "&raquo;", "&unknown;", "&notit;", "&fjlig;", "&NewLine;"),
    *("&#31292;", "&#x7a3c", "&#0031292;", "&#38;", "#38;", "&#32;", "&#13;", "&#1;", "&#150;", "&#128512;"),
    *("&#xD800;", "&#1114112;", "&#99999999999;", "\r", "\0", "\ud800", "<p", "<pText", "<p☆", "</d", "<l"),
]
PIECES = (TAGS + TABLES + UNSEEN + SIGNS, TABLES, ["a", " ", "<b>", *UNSEEN], ["a", "<b>", *SIGNS])
HTML = st.one_of([st.lists(st.sampled_from(pieces), max_size=10).map("".join) for pieces in PIECES])


@settings(max_examples=3_000)
@given(HTML)
def test_whatever_is_read_without_a_tree_is_what_the_tree_gives(html: str) -> None:
    plain = _of_plain_tags(html)
    assert plain is None or whole(plain) == _of_tree(html)


@settings(max_examples=1_000)
@given(HTML)
def test_the_places_in_plain_html_are_those_two_readings_tell_or_more(html: str) -> None:
    visible = VisibleText(html)
    told = zip(*_of_two_readings(visible._html, _of_tree, visible.text), strict=True)
    for character, found, known in zip(
        visible.text, visible.sources(0, len(visible.text)), told, strict=True
    ):
        assert found == known or (known == (-1, -1) and visible._html[slice(*found)] == character)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("", ""),
        ("<!-- 下書き -->稼<!----><!-- <b> > -- -->げる", "稼げる"),
        ("<!--[if gte mso 9]><xml><w:View>x</w:View></xml><![endif]-->稼げる", "稼げる"),
        ("<style type='text/css'>p > b {}</style>稼<SCRIPT>if (a < b) x('</p>')</SCRIPT>げる", "稼げる"),
        ("稼>b>げ<br>", "稼>b>げ\n"),
        ("3 < 5 <3 <副業> => <>", "3 < 5 <3 <副業> => <>"),
        (
            "Q&A & R&D &unknown; &#x7a3c;&raquo;&nbsp&ampx &copyright;",
            "Q&A & R&D &unknown; 稼»\xa0&x ©right;",
        ),
        ('稼<a href="?a=1&b=2">げ</a>る', "稼げる"),
        ('<SPAN STYLE="Color:#FF0000">稼げる</SPAN>', "稼げる"),
        ("<table>\n<!-- x --><tr> <td>稼</td>\n</tr></table>", "\n\n\n \n稼\n\n\n\n"),
        ("稼げる<p", "稼げる\n"),
        ('稼げる<span style="font', "稼げる"),
    ],
)
def test_plain_html_is_read_without_a_tree(html: str, expected: str) -> None:
    assert _of_plain_tags(html) == expected == _of_tree(html)


@pytest.mark.parametrize(
    "html",
    [
        "<!-->稼げる-->",
        "<!--->稼げる-->",
        "<!-- x --!>稼げる-->",
        "<!-- 稼げる",
        "<style>x</STYLE >稼げる</style>",
        "<script><!-- <script> </script>稼げる",
        "<script>稼げる",
        "<table>稼げる<tr><td>x</table>",
        "<table><tr><!-- x -->稼げる<td>x</table>",
        "<table><tr><b><td>x</table>",
        "<table><tr>\u3000<td>x</table>",
        '<b title="><!--">稼げる<!-- -->',
        "<p <!-- >稼げる<!-- -->",
        "<textarea><!-- x --></textarea>",
        '<p style="display:none">稼げる',
        "<p HIDDEN>稼げる",
        f'<p title="{"x" * 300}">稼げる',
        "&#32;",
        "a\rb<p>",
        "a\0b<p>",
    ],
)
def test_what_is_not_clear_is_left_to_the_tree(html: str) -> None:
    assert _of_plain_tags(html) is None


@pytest.mark.parametrize("name", sorted(filter(None, plain_html._READ_AS)))
@pytest.mark.parametrize("form", ["<{}>", "</{}>", "<{} class=x>", "<{}/>", '<{} style="color:red" >'])
def test_every_plain_tag_is_read_as_the_tree_reads_it(name: str, form: str) -> None:
    for case in (name, name.upper()):
        for html in (
            "稼{}げ{}る",
            "<p><b>稼<i>{}げる</b></i>{}",
            "<table><tr>{}<td>稼{}げる</td></tr></table>",
        ):
            text = html.format(*[form.format(case)] * 2)
            plain = _of_plain_tags(text)
            assert plain == _of_tree(text) or (
                plain is None and ("<table>" in text or name in plain_html._TABLES)
            )


def test_every_name_of_a_character_is_read_as_the_tree_reads_it() -> None:
    for name in html5:
        for html in (f"a&{name}b<b>", f"a&{name}<b>;</b>", f"&{name}=&{name}"):
            plain = _of_plain_tags(html)
            assert plain is None or plain == _of_tree(html)
    assert _of_plain_tags("&hellip;<b>") == "…"


def test_tags_are_remembered_but_never_too_many_of_them() -> None:
    numbers = range(2 * plain_html._REMEMBERED)
    for html in (
        "".join(f"<p id={number}>x" for number in numbers),
        "".join(f"&#{33333 + n};" for n in numbers),
    ):
        assert plain_markup(html) is not None
        assert len(visible_text(f"<td>{html}")) == len(_of_tree(f"<td>{html}"))
    remembering = (plain_html._kind_of, plain_html._outside_of_tables, plain_html._character_of)
    assert all(len(remembered) <= plain_html._REMEMBERED for remembered in remembering)


@pytest.mark.parametrize(
    "html",
    [
        "<!--" * 250_000,
        "<!-- x " * 100_000 + "-->",
        "<!-- x -->" * 100_000,
        "<!--" + "-" * 1_000_000,
        "<!--" + "->" * 500_000 + "-->",
        "<script>" * 125_000,
        "<script>" * 125_000 + "<!-- </script>",
        "<script></script" * 60_000,
        "<style></style>" * 60_000,
        "<script a='" * 100_000,
        "<!x" * 300_000,
        "<" * 1_000_000,
        ">" * 1_000_000,
        "<3" * 500_000,
        "&" * 1_000_000,
        "&a" * 500_000,
        "&" + "a" * 1_000_000,
        "&#" + "9" * 1_000_000,
        "a < b & c > " * 80_000,
        "<p " * 300_000,
        "<p " + "a" * 1_000_000,
        "<table>" + "<tr><!>" * 100_000,
        "<table>" + "<tr>" + "<!>" * 300_000,
        "<tr> " * 200_000,
        "<p>x " * 200_000,
        " " * 1_000_000 + "<p>",
    ],
    ids=lambda html: f"{html[:14]!r}, {len(html):,} characters",
)
def test_no_html_takes_more_than_linear_time_to_read_plainly_or_to_find_that_it_is_not(html: str) -> None:
    """Were any step quadratic, one of these would take minutes."""
    if plain := plain_markup(html):
        starts, _ = plain_sources(html, *plain)
        assert len(starts) == len(plain_html.text_of(plain[0]))


def test_a_few_odd_signs_are_put_plainly_and_very_many_are_left_to_the_tree() -> None:
    most = plain_html._MOST_CHANGES
    assert _of_plain_tags("<b>" + "a < " * most) == "a < " * most
    assert _of_plain_tags("<b>" + "a < " * (most + 1)) is None


def test_nothing_is_looked_for_that_is_not_asked_for() -> None:
    visible = VisibleText("<p>稼げる<!-- x -->&amp; a</p>")
    assert visible.text == "\n稼げる& a\n"
    assert "_found" not in vars(visible)
    assert visible.sources(2, 6) == [(4, 5), (5, 6), (16, 21), (21, 22)]
    assert visible.sources(0, 1) == visible.sources(7, 99) == [(-1, -1)]
    assert visible.sources(3, 3) == []
