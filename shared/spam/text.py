"""What a reader sees of a post: HTML stripped, Unicode made one form, decorations dropped.

The order matters: tags first (entities become characters), then NFKC (full-width and half-width become
one), then the characters nobody sees, then the decorations.
"""

import re
import unicodedata

from selectolax.lexbor import LexborHTMLParser

MOST_TAGS = 5_000
"""Above this many "<" the tree builder, quadratic in open elements, gives way to a linear tag stripper."""

_BLOCK_TAG = re.compile(
    r"<(?=/?(?:address|article|aside|blockquote|br|caption|dd|details|div|dl|dt|fieldset|figcaption|figure"
    r"|footer|form|h[1-6]|header|hr|li|main|nav|ol|option|p|pre|section|summary|table|td|tfoot|th|thead"
    r"|title|tr|ul)\b)",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<[^<>]*>")
_UNSEEN_ELEMENTS = ["script", "style", "noscript", "template", "iframe", "object"]

# Zero-width and bidirectional marks, soft hyphen, fillers, variation selectors: all break words unseen.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")

# The rule for decorations: a run of two or more characters that are neither letters, marks, numbers nor
# white space (★☆★, ━━━, !!!, 【◆), or three or more of a sign used as a rule (ーーー, ~~~, ___).
_DECORATION = re.compile(r"(?:[^\w\s]|_){2,}|[ー〜~]{3,}")


def visible_text(html: str) -> str:
    """The text a reader of `html` sees, one line per block; any string is taken, however broken."""
    html = _SURROGATE.sub("\ufffd", html)
    tags = html.count("<")
    if tags == 0 and "&" not in html:
        return html
    lines = _BLOCK_TAG.sub("\n<", html)
    if tags > MOST_TAGS:
        return _ANY_TAG.sub("", lines)
    tree = LexborHTMLParser(lines)
    tree.strip_tags(_UNSEEN_ELEMENTS)
    return tree.root.text() if tree.root else ""


def normal_form(text: str) -> str:
    """`text` in NFKC and lower case, without the characters nobody sees."""
    text = _SURROGATE.sub("\ufffd", text)
    text = _CONTROL.sub(" ", _UNSEEN.sub("", text))
    return unicodedata.normalize("NFKC", text).lower()


def without_decoration(text: str) -> str:
    """`text` with every run of decorative symbols replaced by a space."""
    return _DECORATION.sub(" ", text)


def readable(html: str) -> str:
    """What detectors read of a title or body: visible text, normalised, decorations kept."""
    return normal_form(visible_text(html))
