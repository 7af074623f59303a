"""What a reader sees of a post: HTML stripped, Unicode made one form, decorations dropped.

The order matters: tags first (entities become characters), then NFKC (full-width and half-width become
one), then the characters nobody sees, then the decorations.
"""

import html as entities
import re
import unicodedata

from selectolax.lexbor import LexborHTMLParser

MOST_TAGS = 5_000
LONGEST_TREE = 100_000
"""Above this many "<", or characters of HTML, the tree builder, quadratic in the depth of elements and in the
attributes of one, gives way to a plain tag stripper: linear, and showing rather too much than too little."""
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
_UNSEEN_PART = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|template|iframe)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL
)
_LEADING_ZEROS = re.compile("&#0+(?=[0-9])")
_NO_CHARACTER = re.compile("&#[0-9]{8,};?")  # beyond Unicode; Python refuses to read a very long number
# Not <object> nor <noscript>: what stands in them is shown wherever they do not work.
_UNSEEN_ELEMENTS = ["script", "style", "template", "iframe"]

# Zero-width and bidirectional marks, soft hyphen, fillers, variation selectors: all break words unseen.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MANY_SYMBOLS = re.compile(rf"[^\w\s]{{{MOST_MARKS},}}")  # no combining mark is a letter, number or space

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
    return tree.root.text() if tree.root else ""


def _stripped(html: str) -> str:
    lines = _BLOCK_TAG.sub("\n<", _UNSEEN_PART.sub("", html))
    text = _LEADING_ZEROS.sub("&#", _ANY_TAG.sub("", lines))
    return entities.unescape(_NO_CHARACTER.sub("\ufffd", text))


def normal_form(text: str) -> str:
    """`text` in NFKC and lower case, without the characters nobody sees."""
    text = _SURROGATE.sub("\ufffd", text)
    text = _CONTROL.sub(" ", _UNSEEN.sub("", text))
    text = _MANY_SYMBOLS.sub(_without_marks, text)
    # Twice, because small letters may compose where capitals do not (J̌ → ǰ).
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())


def _without_marks(symbols: re.Match[str]) -> str:
    return "".join(symbol for symbol in symbols[0] if not unicodedata.combining(symbol))


def without_decoration(text: str) -> str:
    """`text` with every run of decorative symbols replaced by a space."""
    return _DECORATION.sub(" ", text)


def readable(html: str) -> str:
    """What detectors read of a title or body: visible text, normalised, decorations kept."""
    return normal_form(visible_text(html))
