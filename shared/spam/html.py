"""HTML as its reader sees it, however broken, long or hostile; in time linear in its length."""

import html as entities
import re
from collections.abc import Callable

from selectolax.lexbor import LexborHTMLParser

from shared.spam.sight import may_be_unread, take_out_unread

MOST_TAGS = 5_000
LONGEST_TREE = 100_000
"""Above this many "<", or characters of HTML, the tree builder, quadratic in the depth of elements and in the
attributes of one, gives way to a plain tag stripper: linear, and showing rather too much than too little,
also what an attribute hides, and readings where they stand."""

_BLOCK_TAG = re.compile(
    r"<(?=/?(?:address|article|aside|blockquote|br|caption|dd|details|div|dl|dt|fieldset|figcaption|figure"
    r"|footer|form|h[1-6]|header|hr|li|main|nav|ol|option|p|pre|section|summary|table|td|tfoot|th|thead"
    r"|title|tr|ul)\b)",
    re.IGNORECASE,
)
# What the tree builder would open again in every later paragraph while it is not closed (2,000 open <b> over
# 2,000 <p> are 4 million elements). As an unknown element it stays where it stands; the text is the same.
_FORMATTING_TAG = re.compile(
    r"(</?)(?=(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?:[\s/>]|\Z))", re.IGNORECASE
)
_ANY_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*>")  # <副業> is no tag: it is shown
# Tags are matched only to be passed over: what looks like a comment in an attribute is none.
_MARKUP = re.compile(
    r"""<(?:!--(?P<comment>-?>)?|(?P<element>script|style|template|iframe|textarea|title|xmp)(?=[\s/>])"""
    r"""|[!?][^>]*|[a-z/](?>[^>"'=]+|=\s*(?:"[^"]*"|'[^']*')?|["'])*)""",
    re.IGNORECASE,
)
_COMMENT = "!--"
_SHOWN_RAW = {"textarea", "title", "xmp"}  # no markup within, yet it is shown
_ENDS = {_COMMENT: re.compile("--!?>")} | {
    element: re.compile(rf"</{element}(?=[\s/>])", re.IGNORECASE)
    for element in ("script", "style", "template", "iframe", *_SHOWN_RAW)
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_LEADING_ZEROS = re.compile("&#0+(?=[0-9])")
_NO_CHARACTER = re.compile("&#[0-9]{8,};?")  # beyond Unicode; Python refuses to read a very long number
# Not <object> nor <noscript>: what stands in them is shown wherever they do not work.
_UNSEEN_ELEMENTS = ["script", "style", "template", "iframe", "rp"]


def visible_text(html: str) -> str:
    """The text a reader of `html` sees, one line per block; any string is taken, however broken."""
    html = whole(html)
    return way_of_reading(html)(html)


def way_of_reading(html: str) -> Callable[[str], str]:
    """How the text of `html` is found: it is the text, a tree is built of it, or its tags are stripped."""
    tags = html.count("<")
    if tags == 0 and "&" not in html:
        return str
    return _stripped if tags > MOST_TAGS or len(html) > LONGEST_TREE else _of_tree


def _of_tree(html: str) -> str:
    lines = _BLOCK_TAG.sub("\n<", _FORMATTING_TAG.sub(r"\1x-", html))
    # A post is a part of a page's body: only outside of one would <frameset> make all that follows unseen.
    tree = LexborHTMLParser(f"<body>{lines}")
    tree.strip_tags(_UNSEEN_ELEMENTS)
    if not tree.root:
        return ""
    readings = take_out_unread(tree.root) if may_be_unread(html.lower()) else ""
    return tree.root.text() + readings


def _stripped(html: str) -> str:
    lines = _BLOCK_TAG.sub("\n<", _without_unseen_parts(html))
    text = _LEADING_ZEROS.sub("&#", _ANY_TAG.sub("", lines))
    return entities.unescape(_NO_CHARACTER.sub("\ufffd", text))


def _without_unseen_parts(html: str) -> str:
    """`html` without closed comments and elements nobody sees; of what is never closed nothing is lost.

    Once an end is found to be missing it is not looked for again: that keeps it linear.
    """
    kept = []
    missing = set()
    start = at = 0
    while markup := _MARKUP.search(html, at):
        at = markup.end()
        part = _COMMENT if markup[0] == "<!--" else (markup["element"] or "").lower()
        if not part or part in missing:
            continue
        if not (end := _ENDS[part].search(html, at)):
            missing.add(part)
            continue
        if part not in _SHOWN_RAW:
            kept.append(html[start : markup.start()])
            start = end.end() if part == _COMMENT else end.start()
        at = end.end()
    return "".join(kept) + html[start:]


def whole(text: str) -> str:
    """`text` with halves of surrogate pairs replaced: no library takes them."""
    return _SURROGATE.sub("\ufffd", text)
