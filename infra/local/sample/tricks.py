"""Tricks: words that are split by tags, written half-width or as entities, or hidden from word lists."""

import html
import re
from collections.abc import Callable
from random import Random
from unicodedata import normalize

_WORD = re.compile(r"[一-龥]{2,}|[ァ-ヶー]{3,}|[A-Za-z]{3,}")
_HALF_WIDTH = str.maketrans(
    {
        full: half
        for half in (chr(code) + mark for code in range(0xFF66, 0xFF9E) for mark in ("", "ﾞ", "ﾟ"))
        if len(full := normalize("NFKC", half)) == 1
    }
)
_WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})

_TRICKS: tuple[Callable[[str], str], ...] = (
    lambda word: word[:1] + "<b></b>" + word[1:],
    lambda word: f"<strong>{word}</strong>",
    lambda word: f'{word[:1]}<span style="color:red">{word[1:]}</span>',
    lambda word: word.translate(_HALF_WIDTH),
    lambda word: word.translate(_WIDE),
    lambda word: "".join(f"&#{ord(letter)};" for letter in word),
)
_HIDING_TRICKS: tuple[Callable[[str], str], ...] = (
    *_TRICKS,
    " ".join,
    "\u200b".join,
    "・".join,
    lambda word: word[:1] + "\u2060<!-- -->" + word[1:],
)


def play_trick(text: str, dice: Random, hide: bool) -> str:
    """`text` as HTML with one of its words played a trick on.

    `hide` allows those tricks, too, that only a violator has a reason for.
    """
    words = list(_WORD.finditer(text))
    if not words:
        return html.escape(text, quote=False)
    word = dice.choice(words)
    trick = dice.choice(_HIDING_TRICKS if hide else _TRICKS)
    before, after = (html.escape(part, quote=False) for part in (text[: word.start()], text[word.end() :]))
    return before + trick(word.group()) + after
