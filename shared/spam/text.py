"""The text of a post in one form: Unicode normalised, unseen characters and decorations dropped.

The order matters: tags first (entities become characters), then the characters nobody sees, then NFKC
(full-width and half-width become one), then the marks that compose with no letter, then the decorations.
"""

import re
import unicodedata

from shared.spam.html import visible_text, whole

MOST_MARKS = 30
"""Symbols in a row after which combining marks are dropped: NFKC sorts them, in quadratic time."""


# Control and format characters (Cc and Cf) that are no white space, fillers, variation selectors, the blank
# of braille: all break words unseen.
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
MANY_SYMBOLS = re.compile(rf"[^\w\s]{{{MOST_MARKS},}}")  # no combining mark is a letter, number or space
# Marks over ASCII, kana or kanji, where all that compose have composed: strokes, rings, piles. Other scripts
# need theirs. First the blocks that have any, because that is quickly said of most posts.
BLOCK_OF_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u1fff\u20d0-\u20ff\u2c00-\u2dff\u302a-\u302f\u3099\u309a\ua000-\uabff\ufb00-\ufdff"
    "\ufe20-\ufe2f\U00010000-\U0001efff]"
)
AFTER_LETTER = re.compile(r"(?<=[a-z0-9ぁ-ゖァ-ヺー々〆㐀-䶿一-鿿\U00020000-\U0003ffff])[^\w\s]+")

# The rule for decorations: a run of two or more characters that are neither letters, marks, numbers nor
# white space (★☆★, ━━━, !!!, 【◆), or three or more of a sign used as a rule (ーーー, ~~~, ___).
DECORATION = re.compile(r"(?:[^\w\s]|_){2,}|[ー〜~]{3,}")


def normal_form(text: str) -> str:
    """`text` in NFKC and lower case, without the characters nobody sees."""
    text = MANY_SYMBOLS.sub(_without_marks, UNSEEN.sub("", whole(text)).replace("\f", " "))
    # Twice, because small letters may compose where capitals do not (J̌ → ǰ).
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    if BLOCK_OF_MARKS.search(text):
        # What stood behind a mark may compose now that it is gone.
        text = unicodedata.normalize("NFKC", AFTER_LETTER.sub(_without_marks, text))
    return text


def _without_marks(symbols: re.Match[str]) -> str:
    return "".join(symbol for symbol in symbols[0] if not is_mark(symbol))


def is_mark(symbol: str) -> bool:
    """Whether `symbol` stands over or around the one before it."""
    return bool(unicodedata.combining(symbol)) or unicodedata.category(symbol) in ("Mn", "Me")


def without_decoration(text: str) -> str:
    """`text` with every run of decorative symbols replaced by a space."""
    return DECORATION.sub(" ", text)


def readable(html: str) -> str:
    """What detectors read of a title or body: visible text, normalised, decorations kept."""
    return normal_form(visible_text(html))
