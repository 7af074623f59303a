"""What a reader sees of a post: HTML stripped, Unicode made one form, decorations dropped.

The order matters: tags first (entities become characters), then the characters nobody sees, then NFKC
(full-width and half-width become one), then the marks that compose with no letter, then the decorations.
"""

import html as entities
import re
import unicodedata
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

MOST_TAGS = 5_000
LONGEST_TREE = 100_000
"""Above this many "<", or characters of HTML, the tree builder, quadratic in the depth of elements and in the
attributes of one, gives way to a plain tag stripper: linear, and showing rather too much than too little,
also what an attribute hides, and readings where they stand."""
MOST_MARKS = 30
"""Symbols in a row after which combining marks are dropped: NFKC sorts them, in quadratic time."""

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
_LEADING_ZEROS = re.compile("&#0+(?=[0-9])")
_NO_CHARACTER = re.compile("&#[0-9]{8,};?")  # beyond Unicode; Python refuses to read a very long number
# Not <object> nor <noscript>: what stands in them is shown wherever they do not work.
_UNSEEN_ELEMENTS = ["script", "style", "template", "iframe", "rp"]

# Hidden by the `hidden` attribute or an inline style. Not looked into: style sheets, colours, positions.
_HIDING_STYLES = ("none", "collapse", "font-size", "opacity", "clip", "&")  # by "&", any may be written
_STYLE_ASIDE = re.compile(r"""/\*.*?(?:\*/|\Z)|"[^"]*"|'[^']*'|\([^()]*\)""", re.DOTALL)
_ODD_STYLE = re.compile(r"""["'\\(){}\[\]]""")
_ZERO = r"[+-]?(?:0+(?:\.0+)?|\.0+)"
_ZERO_OPACITY = re.compile(rf"{_ZERO}%?")
_ZERO_SIZE = re.compile(rf"{_ZERO}(?:%|[a-z]{{1,4}})?")
_RELATIVE_SIZE = re.compile(r"[+-]?[0-9.]+(?:%|em|ex|ch)|smaller|larger|inherit|unset")
_DRAWINGS = {"svg", "math"}
_OWN_FONT_SIZE = {"button", "input", "select", "textarea"}
_BOXES = {
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "footer",
    "form",
    "header",
    "main",
}
_BOXES |= {"nav", "ol", "p", "pre", "section", "ul", "li", "h1", "h2", "h3", "h4", "h5", "h6"}
_KANA_READING = re.compile(r"[\sぁ-ゖァ-ヺｦ-ﾟー・]{0,20}")

# Control and format characters (Cc and Cf) that are no white space, fillers, variation selectors, the blank
# of braille: all break words unseen.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_MANY_SYMBOLS = re.compile(rf"[^\w\s]{{{MOST_MARKS},}}")  # no combining mark is a letter, number or space
# Marks over ASCII, kana or kanji, where all that compose have composed: strokes, rings, piles. Other scripts
# need theirs. First the blocks that have any, because that is quickly said of most posts.
_BLOCK_OF_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u1fff\u20d0-\u20ff\u2c00-\u2dff\u302a-\u302f\u3099\u309a\ua000-\uabff\ufb00-\ufdff"
    "\ufe20-\ufe2f\U00010000-\U0001efff]"
)
_AFTER_LETTER = re.compile(r"(?<=[a-z0-9ぁ-ゖァ-ヺー々〆㐀-䶿一-鿿\U00020000-\U0003ffff])[^\w\s]+")

# The rule for decorations: a run of two or more characters that are neither letters, marks, numbers nor
# white space (★☆★, ━━━, !!!, 【◆), or three or more of a sign used as a rule (ーーー, ~~~, ___).
_DECORATION = re.compile(r"(?:[^\w\s]|_){2,}|[ー〜~]{3,}")


def visible_text(html: str) -> str:
    """The text a reader of `html` sees, one line per block; any string is taken, however broken."""
    html = _SURROGATE.sub("\ufffd", html)
    tags = html.count("<")
    if tags == 0 and "&" not in html:
        return html
    if tags > MOST_TAGS or len(html) > LONGEST_TREE:
        return _stripped(html)
    lines = _BLOCK_TAG.sub("\n<", _FORMATTING_TAG.sub(r"\1x-", html))
    # A post is a part of a page's body: only outside of one would <frameset> make all that follows unseen.
    tree = LexborHTMLParser(f"<body>{lines}")
    tree.strip_tags(_UNSEEN_ELEMENTS)
    if not tree.root:
        return ""
    readings = _take_out_unread(tree.root) if _may_be_unread(html.lower()) else ""
    return tree.root.text() + readings


def _stripped(html: str) -> str:
    lines = _BLOCK_TAG.sub("\n<", _without_unseen_parts(html))
    text = _LEADING_ZEROS.sub("&#", _ANY_TAG.sub("", lines))
    return entities.unescape(_NO_CHARACTER.sub("\ufffd", text))


def _may_be_unread(html: str) -> bool:
    """Whether lower-case `html` may hide a part of itself: to most posts nothing more need be done."""
    if "hidden" in html or "<rt" in html:
        return True
    return "style" in html and any(sign in html for sign in _HIDING_STYLES)


class _Sight(NamedTuple):
    """How a reader sees what stands in an element."""

    gone: bool = False  # with all that is in it; the next two an inner element can take back
    invisible: bool = False
    tiny: bool = False
    is_reading: bool = False
    is_drawing: bool = False

    def within(self, element: LexborNode) -> "_Sight":
        """How what stands in `element` is seen, when `element` itself is seen like this."""
        tag, attributes = element.tag, element.attributes
        if tag in ("html", "body"):  # the platform's, whatever a post writes on them
            return self
        style = _declarations(attributes.get("style") or "")
        gone, invisible, tiny = self.gone, self.invisible, self.tiny
        is_drawing = self.is_drawing or tag in _DRAWINGS
        # A display of its own outdoes the attribute, which means nothing in a drawing.
        hidden = "none" if "hidden" in attributes and not is_drawing else ""
        gone |= style.get("display", hidden) == "none" or bool(
            _ZERO_OPACITY.fullmatch(style.get("opacity", ""))
        )
        gone |= _is_closed_box(tag or "", style)
        if "visibility" in style and style["visibility"] not in ("inherit", "unset"):
            invisible = style["visibility"] in ("hidden", "collapse")
        if "font-size" in style:
            size = style["font-size"]
            tiny = bool(_ZERO_SIZE.fullmatch(size)) or (tiny and bool(_RELATIVE_SIZE.fullmatch(size)))
        elif tag in _OWN_FONT_SIZE or "font" in style or (tag == "x-font" and "size" in attributes):
            tiny = False
        return _Sight(gone, invisible, tiny, self.is_reading or tag == "rt", is_drawing)


def _take_out_unread(root: LexborNode) -> str:
    """Take hidden text and the readings of words out of the tree; the readings that are no kana, as lines.

    What is shown in the place of a reading is read, only not amid the word it stands over.
    """
    if all(_Sight().within(element) == _Sight() for element in root.css("[hidden],[style],rt")):
        return ""
    sights: dict[int, _Sight] = {}
    unread: list[LexborNode] = []
    readings: list[str] = []
    for node in root.traverse(include_text=True):
        above = sights.get(node.parent.mem_id, _Sight()) if node.parent else _Sight()
        if node.is_element_node:
            sights[node.mem_id] = above.within(node)
            readings.append("\n" if node.tag == "rt" else "")
        elif above.gone or above.invisible or above.tiny:
            unread.append(node)
        elif above.is_reading:
            unread.append(node)
            readings.append(node.text())
    for node in unread:
        node.decompose()
    lines = "".join(readings).split("\n")
    return "".join(f"\n{line}" for line in lines if not _KANA_READING.fullmatch(line))


def _declarations(style: str) -> dict[str, str]:
    """What an inline style declares; nothing if it is too odd to be sure what a browser makes of it."""
    style = _STYLE_ASIDE.sub(lambda aside: " " if aside[0].startswith("/*") else "x", style.lower())
    if _ODD_STYLE.search(style):
        return {}
    declared: dict[str, str] = {}
    important: dict[str, str] = {}
    for declaration in style.split(";"):
        name, _, value = declaration.partition(":")
        value, mark, rest = value.partition("!")
        if not mark:
            declared[name.strip()] = value.strip()
        elif rest.strip() == "important":
            important[name.strip()] = value.strip()
    return declared | important


def _is_closed_box(tag: str, style: dict[str, str]) -> bool:
    """Whether an element is cut down to no width or no height; padding and least sizes open it again."""
    return (
        style.get("overflow") in ("hidden", "clip")
        and (tag in _BOXES or style.get("display") in ("block", "inline-block"))
        and any(
            _ZERO_SIZE.fullmatch(style.get(side, ""))
            for side in ("width", "height", "max-width", "max-height")
        )
        and not any(name.startswith(("padding", "min-")) for name in style)
    )


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


def normal_form(text: str) -> str:
    """`text` in NFKC and lower case, without the characters nobody sees."""
    text = _SURROGATE.sub("\ufffd", text)
    text = _MANY_SYMBOLS.sub(_without_marks, _UNSEEN.sub("", text).replace("\f", " "))
    # Twice, because small letters may compose where capitals do not (J̌ → ǰ).
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    if _BLOCK_OF_MARKS.search(text):
        # What stood behind a mark may compose now that it is gone.
        text = unicodedata.normalize("NFKC", _AFTER_LETTER.sub(_without_marks, text))
    return text


def _without_marks(symbols: re.Match[str]) -> str:
    return "".join(
        symbol
        for symbol in symbols[0]
        if not unicodedata.combining(symbol) and unicodedata.category(symbol) not in ("Mn", "Me")
    )


def without_decoration(text: str) -> str:
    """`text` with every run of decorative symbols replaced by a space."""
    return _DECORATION.sub(" ", text)


def readable(html: str) -> str:
    """What detectors read of a title or body: visible text, normalised, decorations kept."""
    return normal_form(visible_text(html))
