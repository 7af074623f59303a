"""HTML as its reader sees it, however broken, long or hostile; in time linear in its length."""

import re
from collections.abc import Callable

from shared.spam.plain_html import BLOCK_TAG, plain_markup, text_of

MOST_TAGS = 5_000
LONGEST_TREE = 100_000
"""Above this many "<", or characters of HTML, the tree builder, quadratic in the depth of elements and in the
attributes of one, gives way to a plain tag stripper: linear, and showing rather too much than too little,
also what an attribute hides, and readings where they stand."""

# What most posts need no part of, the tree builder and these patterns, is loaded when it is first needed.
# Only ASCII letters name elements: else ſ would be an s, and ı an i.
#
# What the tree builder would open again in every later paragraph while it is not closed (2,000 open <b> over
# 2,000 <p> are 4 million elements). As an unknown element it stays where it stands; the text is the same.
_FORMATTING_TAG = r"(?ai)(</?)(?=(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?:[\s/>]|\Z))"
_ANY_TAG = r"<[a-zA-Z/!?][^<>]*>"  # <副業> is no tag: it is shown
# Tags are matched only to be passed over: what looks like a comment in an attribute is none.
_MARKUP = (
    r"""(?ai)<(?:!--(?P<comment>-?>)?|(?P<element>script|style|template|iframe|textarea|title|xmp)(?=[\s/>])"""
    r"""|[!?][^>]*|[a-z/](?>[^>"'=]+|=\s*(?:"[^"]*"|'[^']*')?|["'])*)"""
)
_COMMENT = "!--"
_SHOWN_RAW = {"textarea", "title", "xmp"}  # no markup within, yet it is shown
_ENDS = {_COMMENT: "--!?>"} | {
    element: rf"(?ai)</{element}(?=[\s/>])"
    for element in ("script", "style", "template", "iframe", *_SHOWN_RAW)
}
_LEADING_ZEROS = "&#0+(?=[0-9])"
_NO_CHARACTER = "&#[0-9]{8,};?"  # beyond Unicode; Python refuses to read a very long number
# Not <object> nor <noscript>: what stands in them is shown wherever they do not work.
_UNSEEN_ELEMENTS = ["script", "style", "template", "iframe", "rp"]


def visible_text(html: str) -> str:
    """The text a reader of `html` sees, one line per block; any string is taken, however broken."""
    return whole(way_of_reading(html)(html))


def way_of_reading(html: str) -> Callable[[str], str]:
    """How the text of `html` is found: it is the text, a tree is built of it, or its tags are stripped."""
    if "<" not in html and "&" not in html:
        return str
    is_short = len(html) <= MOST_TAGS or (len(html) <= LONGEST_TREE and html.count("<") <= MOST_TAGS)
    return of_markup if is_short else _stripped


def of_markup(html: str) -> str:
    """The text of markup that is neither too long nor too deep for a tree."""
    plain = _of_plain_tags(html)
    return _of_tree(html) if plain is None else plain


def _of_plain_tags(html: str) -> str | None:
    """What the tree would give, found without one; None where markup is not plain."""
    plain = plain_markup(html)
    return None if plain is None else text_of(plain[0])


def _of_tree(html: str) -> str:
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - a tenth of the time to a first verdict

    from shared.spam.sight import may_be_unread, take_out_unread  # noqa: PLC0415 - as above

    html = whole(html)
    lines = re.sub(BLOCK_TAG, "\n<", re.sub(_FORMATTING_TAG, r"\1x-", html))
    # A post is a part of a page's body: only outside of one would <frameset> make all that follows unseen.
    tree = LexborHTMLParser(f"<body>{lines}")
    tree.strip_tags(_UNSEEN_ELEMENTS)
    if not tree.root:
        return ""
    readings = take_out_unread(tree.root) if may_be_unread(html.lower()) else ""
    return tree.root.text() + readings


def _stripped(html: str) -> str:
    from html import unescape  # noqa: PLC0415 - as above

    lines = re.sub(BLOCK_TAG, "\n<", _without_unseen_parts(whole(html)))
    text = re.sub(_LEADING_ZEROS, "&#", re.sub(_ANY_TAG, "", lines))
    return unescape(re.sub(_NO_CHARACTER, "\ufffd", text))


def _without_unseen_parts(html: str) -> str:
    """`html` without closed comments and elements nobody sees; of what is never closed nothing is lost.

    Once an end is found to be missing it is not looked for again: that keeps it linear.
    """
    kept = []
    missing = set()
    start = at = 0
    opening = re.compile(_MARKUP)
    while markup := opening.search(html, at):
        at = markup.end()
        part = _COMMENT if markup[0] == "<!--" else (markup["element"] or "").lower()
        if not part or part in missing:
            continue
        if not (end := re.compile(_ENDS[part]).search(html, at)):
            missing.add(part)
            continue
        if part not in _SHOWN_RAW:
            kept.append(html[start : markup.start()])
            start = end.end() if part == _COMMENT else end.start()
        at = end.end()
    return "".join(kept) + html[start:]


def whole(text: str) -> str:
    """`text` with halves of surrogate pairs replaced: no library takes them."""
    try:
        text.encode("utf-16-le")  # sooner said so than by looking for them
    except UnicodeEncodeError:
        return re.sub("[\ud800-\udfff]", "\ufffd", text)
    return text
