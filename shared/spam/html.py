"""HTML as its reader sees it, however broken, long or hostile; in time linear in its length."""

import re
from collections.abc import Callable
from functools import lru_cache

MOST_TAGS = 5_000
LONGEST_TREE = 100_000
"""Above this many "<", or characters of HTML, the tree builder, quadratic in the depth of elements and in the
attributes of one, gives way to a plain tag stripper: linear, and showing rather too much than too little,
also what an attribute hides, and readings where they stand."""

# What most posts need no part of, the tree builder and these patterns, is loaded when it is first needed.
_BLOCK_TAG = (
    r"(?i)<(?=/?(?:address|article|aside|blockquote|br|caption|dd|details|div|dl|dt|fieldset|figcaption|figure"
    r"|footer|form|h[1-6]|header|hr|li|main|nav|ol|option|p|pre|section|summary|table|td|tfoot|th|thead"
    r"|title|tr|ul)\b)"
)
# What the tree builder would open again in every later paragraph while it is not closed (2,000 open <b> over
# 2,000 <p> are 4 million elements). As an unknown element it stays where it stands; the text is the same.
_FORMATTING_TAG = r"(?i)(</?)(?=(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?:[\s/>]|\Z))"
_ANY_TAG = r"<[a-zA-Z/!?][^<>]*>"  # <副業> is no tag: it is shown
# Tags are matched only to be passed over: what looks like a comment in an attribute is none.
_MARKUP = (
    r"""(?i)<(?:!--(?P<comment>-?>)?|(?P<element>script|style|template|iframe|textarea|title|xmp)(?=[\s/>])"""
    r"""|[!?][^>]*|[a-z/](?>[^>"'=]+|=\s*(?:"[^"]*"|'[^']*')?|["'])*)"""
)
_COMMENT = "!--"
_SHOWN_RAW = {"textarea", "title", "xmp"}  # no markup within, yet it is shown
_ENDS = {_COMMENT: "--!?>"} | {
    element: rf"(?i)</{element}(?=[\s/>])"
    for element in ("script", "style", "template", "iframe", *_SHOWN_RAW)
}
_LEADING_ZEROS = "&#0+(?=[0-9])"
_NO_CHARACTER = "&#[0-9]{8,};?"  # beyond Unicode; Python refuses to read a very long number
# What each plain tag is read as: blocks begin a line. Nothing that stands in them is hidden or moved.
_LINES = ("br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "ul")
_INLINE = ("a", "b", "em", "font", "i", "img", "s", "small", "span", "strong", "u")
_TABLES = ("table", "tbody", "td", "th", "thead", "tr")
_PLAIN_TAGS = {
    f"{slash}{name}": "" if name in (*_INLINE, "tbody") else "\n"
    for name in (*_LINES, *_TABLES, *_INLINE, "br/", "hr/")
    for slash in ("", "/")
}
_OF_TABLES = {f"{slash}{name}" for name in _TABLES for slash in ("", "/")}
_AROUND_CELLS = _OF_TABLES - {"td", "th", "/table"}
_PLAIN_STYLE = (
    r"(?:color|background-color|font-weight|line-height|text-align|text-decoration): ?[#a-z0-9.]+"
    r"|font-size: ?[1-9][0-9.]*(?:px|pt|r?em|%)"
)
_PLAIN_ATTRIBUTES = re.compile(
    rf"""(?: *(?:style="(?:(?:{_PLAIN_STYLE})(?:; ?|(?=")))*\""""
    r"""|(?!hidden|style)[a-z-]+(?:="[^"]*"|=[^\s"'`=<>]+)?))*+ */?"""
)
_LONGEST_PLAIN, _REMEMBERED = 300, 1_000
"""Characters of a plain tag with attributes, and how many such tags are remembered: posts repeat them."""
_USUAL_ENTITIES = {"&nbsp;": "\xa0", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&"}
# Numbers of characters that mean nothing to HTML, neither "&" nor white space, and are no halves of pairs.
USUAL_ENTITY = re.compile(
    "|".join(_USUAL_ENTITIES)
    + "|&#(?:3[3-79]|[4-9][0-9]|1[01][0-9]|12[0-6]|1[6-9][0-9]|[2-9][0-9]{2}"
    + "|[1-9][0-9]{3}|[1-4][0-9]{4}|5[0-4][0-9]{3});"
)
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
    return _stripped if tags > MOST_TAGS or len(html) > LONGEST_TREE else of_markup


def of_markup(html: str) -> str:
    """The text of markup that is neither too long nor too deep for a tree."""
    plain = _of_plain_tags(html)
    return _of_tree(html) if plain is None else plain


def _of_plain_tags(html: str) -> str | None:
    """What the tree would give, found without one; None where markup is not as plain as most posts' is."""
    parts = plain_parts(html)
    return None if parts is None else text_of(parts)


def text_of(parts: list[str]) -> str:
    """The visible text of `plain_parts`."""
    text = "".join(parts)
    return USUAL_ENTITY.sub(_said, text) if "&" in text else text


def plain_parts(html: str) -> list[str] | None:
    """The text before the first tag of `html`, and what each is read as and the text behind it, in turn.

    None where markup is not as plain as most posts' is. Tags that neither hide nor move what stands in them
    may come in any order: their text stays where it is. Only what stands in a table but in no cell would be
    moved, and a tag's end may be hidden in an attribute. Entities are left as they are, all USUAL_ENTITY.
    """
    if "\0" in html or "\r" in html or ("&" in html and len(USUAL_ENTITY.findall(html)) < html.count("&")):
        return None
    parts = html.split("<")
    found = [parts[0]]
    between_cells = False
    for part in parts[1:]:
        tag, end, text = part.partition(">")
        if (before := _PLAIN_TAGS.get(tag)) is None:
            if len(tag) > _LONGEST_PLAIN or (before := _plain_tag(tag)) is None:
                return None
            tag = tag.partition(" ")[0]
        if between_cells and tag not in _OF_TABLES:
            return None
        between_cells = tag in _AROUND_CELLS
        if not end or (between_cells and text):
            return None
        found.append(before)
        found.append(text)
    return found


@lru_cache(maxsize=_REMEMBERED)
def _plain_tag(tag: str) -> str | None:
    """What a plain tag with attributes is read as."""
    name, _, attributes = tag.partition(" ")
    return _PLAIN_TAGS.get(name) if _PLAIN_ATTRIBUTES.fullmatch(attributes) else None


def _said(entity: re.Match[str]) -> str:
    """The character that a USUAL_ENTITY stands for."""
    return _USUAL_ENTITIES.get(entity[0]) or chr(int(entity[0][2:-1]))


def _of_tree(html: str) -> str:
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - a tenth of the time to a first verdict

    from shared.spam.sight import may_be_unread, take_out_unread  # noqa: PLC0415 - as above

    lines = re.sub(_BLOCK_TAG, "\n<", re.sub(_FORMATTING_TAG, r"\1x-", html))
    # A post is a part of a page's body: only outside of one would <frameset> make all that follows unseen.
    tree = LexborHTMLParser(f"<body>{lines}")
    tree.strip_tags(_UNSEEN_ELEMENTS)
    if not tree.root:
        return ""
    readings = take_out_unread(tree.root) if may_be_unread(html.lower()) else ""
    return tree.root.text() + readings


def _stripped(html: str) -> str:
    from html import unescape  # noqa: PLC0415 - as above

    lines = re.sub(_BLOCK_TAG, "\n<", _without_unseen_parts(html))
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
