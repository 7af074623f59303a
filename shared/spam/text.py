"""The text of a post in one form: Unicode normalised, unseen characters and decorations dropped.

The order matters: tags first (entities become characters), then the characters nobody sees, then NFKC
(full-width and half-width become one), then the marks that compose with no letter, then the decorations.
"""

import re
from unicodedata import category, combining, is_normalized, normalize

from shared.spam.html import visible_text, whole

MOST_MARKS = 30
"""Symbols in a row after which combining marks are dropped: NFKC sorts them, in quadratic time."""


# Patterns that most posts do not need are compiled when one does: their sets of characters take milliseconds.
# Control and format characters (Cc and Cf) that are no white space, fillers, variation selectors, the blank
# of braille: all break words unseen.
_UNSEEN = (
    "\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff9-\ufffb"
)
UNSEEN = (
    f"[{_UNSEEN}\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
MANY_SYMBOLS = rf"[^\w\s]{{{MOST_MARKS},}}"  # no combining mark is a letter, number or space
# Marks over ASCII, kana or kanji, where all that compose have composed: strokes, rings, piles. Other scripts
# need theirs. First the blocks that have any, because that is quickly said of most posts.
_BLOCKS = (
    "\u0300-\u036f\u0483-\u1fff\u20d0-\u20ff\u2c00-\u2dff\u302a-\u302f\u3099\u309a\ua000-\uabff\ufb00-\ufdff"
    "\ufe20-\ufe2f"
)
BLOCK_OF_MARKS = re.compile(f"[{_BLOCKS}\U00010000-\U0001efff]")
# What most posts have none of: characters nobody sees, halves of pairs, and combining marks. Those of 16 bits
# are looked for by themselves: a set with any beyond takes three times as long.
_ODD = re.compile(f"[{_UNSEEN}\f\ud800-\udfff{_BLOCKS}]")
_ODD_BEYOND = re.compile("[\U00010000-\U0001efff\U000e0000-\U000e0fff]")
_WITH_A_MARK = "\u0130"
"""İ: the only character of whose small letter is one with a mark."""
_USUAL = re.compile("[\xa0\u2460-\u2473\u3000\uff01-\uff5e]")
_USUAL_FORMS = {
    sign: normalize("NFKC", sign)
    for sign in map(chr, (0xA0, *range(0x2460, 0x2474), 0x3000, *range(0xFF01, 0xFF5F)))
}
AFTER_LETTER = r"(?<=[a-z0-9ぁ-ゖァ-ヺー々〆㐀-䶿一-鿿\U00020000-\U0003ffff])[^\w\s]+"

# The rule for decorations: a run of two or more characters that are neither letters, marks, numbers nor
# white space (★☆★, ━━━, !!!, 【◆), or three or more of a sign used as a rule (ーーー, ~~~, ___).
DECORATION = r"(?:[^\w\s]|_){2,}|[ー〜~]{3,}"
_SIGNS = re.compile(r"[^\w\s][^\w\s]+")  # said so, it is found faster
_WITH_A_BAR = ("ー〜", "〜ー", "ー~", "~ー")  # a bar is a letter; the other two are signs themselves


def normal_form(text: str) -> str:
    """`text` in NFKC and lower case, without the characters nobody sees."""
    if is_odd(text):
        seen = re.sub(UNSEEN, "", whole(text)).replace("\f", " ")
        text = re.sub(MANY_SYMBOLS, _without_marks, seen)
    else:
        # The usual characters NFKC has others for are exchanged first: then the rest often is in NFKC.
        is_normal = is_normalized("NFKC", text)
        if not is_normal:
            text = _USUAL.sub(_usual_form, text)
            is_normal = is_normalized("NFKC", text)
        if is_normal and _WITH_A_MARK not in text:
            return normalize("NFKC", text.lower())
    # Twice, because small letters may compose where capitals do not (J̌ → ǰ).
    text = normalize("NFKC", normalize("NFKC", text).lower())
    if BLOCK_OF_MARKS.search(text):
        # What stood behind a mark may compose now that it is gone.
        text = normalize("NFKC", re.sub(AFTER_LETTER, _without_marks, text))
    return text


def is_odd(text: str) -> bool:
    """Whether `text` may have characters nobody sees, combining marks or halves of pairs; most have none."""
    if _ODD.search(text):
        return True
    return len(text.encode("utf-16-le")) > 2 * len(text) and _ODD_BEYOND.search(text) is not None


def _usual_form(sign: re.Match[str]) -> str:
    return _USUAL_FORMS[sign[0]]


def _without_marks(symbols: re.Match[str]) -> str:
    return "".join(symbol for symbol in symbols[0] if not is_mark(symbol))


def is_mark(symbol: str) -> bool:
    """Whether `symbol` stands over or around the one before it."""
    return bool(combining(symbol)) or category(symbol) in ("Mn", "Me")


def without_decoration(text: str) -> str:
    """`text` with every run of decorative symbols replaced by a space."""
    return decoration_of(text).sub(" ", text)


def decoration_of(text: str) -> re.Pattern[str]:
    """What finds the decorations of `text`."""
    # Signs alone are sooner looked for than any decoration, and most posts have no other.
    if "_" in text or "ーー" in text:
        return re.compile(DECORATION)
    if ("〜" in text or "~" in text) and any(rule in text for rule in _WITH_A_BAR):
        return re.compile(DECORATION)
    return _SIGNS


def readable(html: str) -> str:
    """What detectors read of a title or body: visible text, normalised, decorations kept."""
    return normal_form(visible_text(html))
