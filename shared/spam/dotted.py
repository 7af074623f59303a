"""Dotted: letters with the same sign between each two, where they hide a word and are no list or name.

Japanese is written without spaces: 誰でも稼・げ・る副業 has a word between the signs, and others around it.
So has レオナルド・ダ・ヴィンチ, and 犬・猫・鳥がいる hides no word. What can be told without knowing words:

    A letter between two signs stands alone. One at an end does where its script ends, too (も|稼, る|副), or
    where a particle begins or ends (か・せ・ぐ|なら); else it is the end of a longer piece of writing.
    Three alone are a masked word. So are two, if one is hiragana (稼・げ・ます: but for particles, no name
    and no list has that) or the sign is none that names and lists are written with (スマホバ★イ★ト).
    Amid other text, single kanji between ・ or / are listed, and whatever is between commas and waves.

What is read are the letters with signs between: 稼げま is as good as 稼げます.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

JAPANESE = "ぁ-ゖァ-ヺー々〆㐀-䶿一-鿿"
FOREIGN = rf"[^\W\d_{JAPANESE}]"
"""A letter of a script that parts words."""
NOT_WITHIN = rf"(?<![^\W{JAPANESE}])"
NOT_BEFORE_MORE = rf"(?![^\W{JAPANESE}])"
PARTICLES = "のとやもがをにはでへ"
SIGN = r"[.・･,、/|*_~★☆●○-]"
_RUN = (
    rf"(?:[{JAPANESE}]|{NOT_WITHIN}{FOREIGN})({SIGN})[^\W\d_]"
    rf"(?:\1[^\W\d_]){{0,39}}\1(?:[{JAPANESE}]|{FOREIGN}{NOT_BEFORE_MORE})"
)
FEWEST_ALONE = 3
_IN_PROSE = ",、~"
_IN_LISTS = "・･/"
_IN_NEITHER = ".★☆"
_END_A_WORD = "をがはで"
"""Behind a hiragana: no short word as it is listed (いも, かに, みかん) goes on so."""
_PART_WORDS = PARTICLES + "らばかよねなだ"
_AMID_A_WORD = "いきしちひみりぎじびえけせねべめれげぜおご"
"""Before a kanji: 使い方, 食べ物, お茶 are one word each."""
# What is told one by one: in this order (abc, アイウ, ドレミ) or in any (月・水・金, ○月○日○時).
_KANA = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん"
_ORDERS = (
    f"{_KANA} {_KANA.translate({ord(one): ord(one) + 0x60 for one in _KANA})} いろはにほへと"
    " abcdefghijklmnopqrstuvwxyz sml lms がぎぐげござじずぜぞ ばびぶべぼ イロハニホヘト ドレミファソラシド"
    " 一二三四五六七八九十 甲乙丙丁 松竹梅 衣食住 報連相"
).split()
_LISTED = frozenset(
    "月火水木金土日祝曜年時分東西南北春夏秋冬朝昼夕夜大中小上下左右前後男女県市町村区"
    "英数国理社高雇労健厚災保正契派紹業アパ韓独仏米台赤青黄緑白黒紺灰茶紫桃金銀"
)

type Span = tuple[int, int]


def dotted(text: str) -> Iterator[Span]:
    """Where the dotted words of `text` stand, signs included: from its beginning, start and end."""
    for run in re.finditer(_RUN, text):
        span = _hidden(text, *run.span())
        if span:
            yield span


def is_told_one_by_one(letters: str) -> bool:
    """Whether single `letters` are no word of theirs but an alphabet's, weekdays, the sides of the world."""
    return any(_follow(letters, order) for order in _ORDERS) or set(letters.strip(PARTICLES)) <= _LISTED


def _follow(letters: str, order: str) -> bool:
    """Whether they come as in `order`, but for one left out here and there (ア, ウ, エ)."""
    places = [order.find(one) for one in letters]
    return places[0] >= 0 and all(0 < later - earlier <= 2 for earlier, later in pairwise(places))


def _hidden(text: str, start: int, end: int) -> Span | None:
    """Where the word stands that hides in a run from `start` to `end`, if there is one."""
    # What goes on behind U.S.A. or in front of it is no part of it.
    if _is_no_part(text[start], text[start + 2], _touches(text, start)[0]):
        start += 2
    if _is_no_part(text[end - 1], text[end - 3], _touches(text, end)[1]):
        end -= 2
    letters, sign = text[start:end:2], text[start + 1]
    if len(letters) < FEWEST_ALONE or is_told_one_by_one(letters):
        return None
    scripts = set(map(_script, letters))
    if scripts == {""}:
        return (start, end) if _hides_foreign(text, start, end) else None
    if sign in _IN_PROSE or (sign in _IN_LISTS and scripts <= {"kanji", ""}):
        start, end = start + 2 * _touches(text, start)[0], end - 2 * _touches(text, end)[1]
        return (start, end) if len(text[start:end:2]) >= FEWEST_ALONE else None
    return (start, end) if _hides_japanese(text, start, end) else None


def _is_no_part(last: str, beside: str, touches: bool) -> bool:
    return bool(_script(last)) and not _script(beside) and (touches or last in PARTICLES)


def _hides_foreign(text: str, start: int, end: int) -> bool:
    sign, is_short = text[start + 1], len(text[start:end:2]) == FEWEST_ALONE
    if sign == ".":
        is_abbreviation = is_short and re.match(r"\.(?![a-z0-9])", text[end : end + 2])  # U.S.A.
        return not is_abbreviation
    is_amid_text = _touches(text, start)[0] or _touches(text, end)[1]
    return not (is_short and is_amid_text and sign in _IN_LISTS + _IN_PROSE)


def _hides_japanese(text: str, start: int, end: int) -> bool:
    letters = text[start:end:2]
    is_hiragana = [_script(one) == "hiragana" and one not in PARTICLES for one in letters]
    is_no_list = any(is_hiragana[1:-1]) or text[start + 1] not in _IN_LISTS
    begins = not _touches(text, start)[0] or _begins(text[start - 1], letters[0], is_no_list)
    ends = not _touches(text, end)[1] or _ends(letters[-1], text[end], is_no_list)
    alone = slice(not begins, len(letters) - (not ends))
    is_odd = any(is_hiragana[alone]) or text[start + 1] in _IN_NEITHER
    return len(letters[alone]) >= FEWEST_ALONE - is_odd


def _touches(text: str, at: int) -> tuple[bool, bool]:
    """Whether a letter or number stands directly before the place `at`, and behind it."""
    return text[max(0, at - 1) : at].isalnum(), text[at : at + 1].isalnum()


def _begins(before: str, letter: str, is_no_list: bool) -> bool:
    """Whether a word may begin between the two."""
    scripts = _script(before), _script(letter)
    if scripts == ("hiragana", "kanji"):
        return before not in _AMID_A_WORD
    if scripts == ("hiragana", "hiragana"):
        return is_no_list and before in _PART_WORDS
    return scripts[0] != scripts[1] and scripts != ("kanji", "hiragana")


def _ends(letter: str, behind: str, is_no_list: bool) -> bool:
    """Whether a word may end between the two."""
    scripts = _script(letter), _script(behind)
    if scripts == ("hiragana", "hiragana"):
        return behind in _END_A_WORD or (is_no_list and behind in _PART_WORDS)
    if scripts == ("kanji", "hiragana"):
        return behind in _PART_WORDS
    if scripts == ("hiragana", "kanji"):
        return letter not in "おご"
    return scripts[0] != scripts[1]


def _script(letter: str) -> str:
    if "ぁ" <= letter <= "ゖ":
        return "hiragana"
    if "ァ" <= letter <= "ヺ" or letter == "ー":
        return "katakana"
    return "kanji" if re.match(f"[{JAPANESE}]", letter) else ""
