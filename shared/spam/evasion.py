"""Evasion: words written so that a person reads them and a filter does not.

    稼 げ る   f r e e     spaced out: three letters or more, each alone
    副・業・可  c.a.s.h     dotted: three letters or more with a sign between each two (dotted.py)
    сash (Cyrillic с)     look-alikes: letters of another script within a word
    ア力ウント (kanji 力)
    fr3e       c@sh       digits and signs in place of letters

What was written is left as it is, and judged as it is; what a person reads in it is judged besides.
"""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from shared.spam.dotted import (
    FOREIGN,
    JAPANESE,
    NOT_BEFORE_MORE,
    NOT_WITHIN,
    PARTICLES,
    SIGN,
    dotted,
    is_told_one_by_one,
)

_JAPANESE = f"[{JAPANESE}]"
_SPACE = r"[ \t\u3000]{1,3}+"  # a browser shows several as one
_GAP = r"[ \t\u3000\n]{1,3}+"
# Most posts have none of these: what is quickly looked for is looked for first, and the rest compiled when
# a post needs it.
_APART = r"[ \t\u3000\n.・･,、/|*_~★☆●○-]"
_ONE_ALONE = re.compile(rf"{_APART}\w{_APART}")
# What is quickly told comes first: that one stands alone behind it is, of most letters, not so.
_THREE_ALONE = (
    rf"\w(?={_APART}{{1,3}}\w{_APART})(?:(?<={_JAPANESE})|(?<![^\W{JAPANESE}].))"
    rf"(?:({_GAP})|{SIGN})\w(?(1){_GAP}|{SIGN})\w"
)
# Japanese is not written with spaces: what stands between two is one word's letter, wherever the word began.
# Not so where it is the last of several kanji, or of several katakana: 募集 中 です, ビール 中 瓶.
# Yet a kanji that its hiragana follow begins a word: 月収稼 げ る.
_KANJI, _KATAKANA = "々〆㐀-䶿一-鿿", "ァ-ヺー"
_STEM = f"[{_KANJI}](?={_GAP}(?![{PARTICLES}])[ぁ-ゖ])"
_BEGINS = f"(?:[ぁ-ゖ]|(?<![{_KANJI}])[{_KANJI}]|{_STEM}|(?<![{_KATAKANA}])[{_KATAKANA}])"
_ENDS = f"(?:[ぁ-ゖ]|[{_KANJI}](?![{_KANJI}])|[{_KATAKANA}](?![{_KATAKANA}]))"
# Who writes with spaces after all sets particles apart (東京 と 大阪): two neighbours must be none.
_NO_PARTICLE = f"(?![{PARTICLES}]){_JAPANESE}"
_SPACED = (
    rf"(?=(?:{_JAPANESE}{_GAP}){{0,40}}{_NO_PARTICLE}{_GAP}{_NO_PARTICLE})"
    rf"{_BEGINS}(?:{_GAP}{_JAPANESE}){{1,39}}{_GAP}{_ENDS}"
    rf"|{NOT_WITHIN}{FOREIGN}(?:{_SPACE}{FOREIGN}){{2,40}}{NOT_BEFORE_MORE}"
)
# Letters that look like Latin ones, all in lower case, as text is when it comes here.
_CYRILLIC_AND_GREEK = "авсԁеһіјкӏмнорԛгѕтуѵԝхαβεηικνορτυχγ"
_LATIN = "abcdehijklmhopqrstyvwxabenikvoptuxy"
_AS_LATIN = str.maketrans(_CYRILLIC_AND_GREEK, _LATIN)
_MIXED = rf"[a-z][{_CYRILLIC_AND_GREEK}]|[{_CYRILLIC_AND_GREEK}][a-z]"
_WORD = r"\w+"
_AS_KATAKANA = str.maketrans("力口二八夕工卜", "カロニハタエト")
# 口コミ, what customers say, is written so.
_IN_KATAKANA = r"(?<=[ァ-ヺー].)(?!(?<=口)コミ)(?=[ァ-ヺー])"
_KANJI_IN_KATAKANA = f"[力口二八夕工卜]{_IN_KATAKANA}"
_KATAKANA_RUN = r"[ァ-ヺー][ァ-ヺー力口二八夕工卜]+"
_IN_LATIN = "(?<=[a-z].)(?=[a-z])"
_SIGN_IN_LATIN = f"[013457@$]{_IN_LATIN}"
# An address (user@example.com, log4j.org) is none.
_LEET = r"(?<![^\W_])[a-z]{1,40}+(?:[013457@$][a-z]{1,40}+){1,20}+(?![^\W_]|[.-][a-z0-9])"
_AS_LETTERS = str.maketrans("013457@$", "oleastas")
# What the last three kinds have: most texts are searched once, for all of them. Said so, it is found fastest.
_ANY_MASK = re.compile(
    f"[{_CYRILLIC_AND_GREEK}力口二八夕工卜013457@$]"
    f"(?:(?<=[{_CYRILLIC_AND_GREEK}])|(?<=[力口二八夕工卜]){_IN_KATAKANA}|(?<=[013457@$]){_IN_LATIN})"
)
MOST_FOUND = 100
"""Masked words looked into, of one text: a post of nothing else is suspicious enough."""


class Unmasked(NamedTuple):
    """What a person reads in a masked word, how it was masked, and where: characters `start` to `end`."""

    text: str
    kind: str
    start: int
    end: int


def unmasked(text: str) -> list[Unmasked]:
    """The masked words of `text` (in normal form), at most MOST_FOUND of a kind."""
    found: list[Unmasked] = []
    if _ONE_ALONE.search(text) and re.search(_THREE_ALONE, text):
        spaced = _each(_SPACED, text, "spaced", lambda one: "".join(one.split()))
        found += (one for one in spaced if not is_told_one_by_one(one.text))
        found += (
            Unmasked("".join(filter(str.isalpha, text[start:end])), "dotted", start, end)
            for start, end in islice(dotted(text), MOST_FOUND)
        )
    if not _ANY_MASK.search(text):
        return found
    if re.search(_MIXED, text):
        found += _each(_WORD, text, "lookalike", lambda one: one.translate(_AS_LATIN), _MIXED)
    found += _each(
        _KATAKANA_RUN, text, "lookalike", lambda one: one.translate(_AS_KATAKANA), _KANJI_IN_KATAKANA
    )
    if re.search(_SIGN_IN_LATIN, text):
        found += _each(_LEET, text, "leet", lambda one: one.translate(_AS_LETTERS))
    return found


def _each(
    pattern: str,
    text: str,
    kind: str,
    read: Callable[[str], str],
    holding: str | re.Pattern[str] | None = None,
) -> Iterator[Unmasked]:
    """What is read in the matches of `pattern`, of those alone that hold a match of `holding`."""
    found = (one for one in re.finditer(pattern, text) if holding is None or re.search(holding, one[0]))
    return (Unmasked(read(one[0]), kind, *one.span()) for one in islice(found, MOST_FOUND))
