"""Lettering: words measured and set in two fonts, without any of the system's.

Latin letters are in the font that comes with matplotlib; Japanese is in the one of matplotlib-fontja, read
from its file: importing that package would change matplotlib's settings for everybody.
"""

import importlib.util
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from matplotlib import get_data_path
from matplotlib.font_manager import FontProperties, get_font

DOTS_AN_INCH = 100
MOST_KNOWN = 4_096


@dataclass(frozen=True)
class Letters:
    """Letters of a size in points. Japanese is never bold: its font has none."""

    size: float
    is_bold: bool = False

    def width(self, words: str) -> float:
        """How many dots wide `words` are, which the fonts have signs for."""
        return sum(_advance(sign, self.is_bold) for sign in words) * self.size

    def fitted(self, words: str, room: float) -> str:
        """`words`, shortened in the middle to `room` dots: names differ at their ends as often as not."""
        plain = drawable(words)
        if self.width(plain) <= room:
            return plain
        kept = len(plain)
        while kept > 1:
            kept -= 1
            short = f"{plain[: kept - kept // 2]}…{plain[len(plain) - kept // 2 :]}"
            if self.width(short) <= room:
                return short
        return "…"


@cache
def _files() -> tuple[Path, Path, Path]:
    """Plain Latin, bold Latin, Japanese."""
    found = importlib.util.find_spec("matplotlib_fontja")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("expected the package matplotlib-fontja, which carries the Japanese font")
    latin = Path(get_data_path()) / "fonts/ttf"
    japanese = Path(found.origin).parent / "fonts/ipaexg.ttf"
    return latin / "DejaVuSans.ttf", latin / "DejaVuSans-Bold.ttf", japanese


def drawable(words: str) -> str:
    """`words` on one line: what can't be seen left out, a dot for what no font has (emoji, control signs).

    A letter and its mark become one sign: names from a Mac have them apart. A sign that only its plain form
    is drawn of, such as a mathematical letter, becomes that.
    """
    seen = "".join(sign for sign in words if not _is_invisible(sign))
    return "".join(map(_drawn, " ".join(unicodedata.normalize("NFC", seen).split())))


def _is_invisible(sign: str) -> bool:
    """Joiners, marks of direction, variants of a form, colours of skin: no font here draws what they mean."""
    return (
        unicodedata.category(sign) == "Cf"
        or "\ufe00" <= sign <= "\ufe0f"
        or "\U0001f3fb" <= sign <= "\U0001f3ff"
        or "\U000e0100" <= sign <= "\U000e01ef"
    )


@lru_cache(maxsize=MOST_KNOWN)
def _drawn(sign: str) -> str:
    """A sign, or the plain form it is another of, or a dot."""
    if _font_of(sign):
        return sign
    plain = unicodedata.normalize("NFKC", sign)
    return plain if all(map(_font_of, plain)) else "·"


def runs(words: str) -> Iterator[tuple[str, str]]:
    """`words` cut where the font changes, with "latin" or "japanese"."""
    for font, signs in groupby(words, key=_font_of):
        yield "".join(signs), font


@lru_cache(maxsize=MOST_KNOWN)
def properties(font: str, letters: Letters) -> FontProperties:
    """As the renderer wants to be told of a font."""
    plain, bold, japanese = _files()
    file = japanese if font == "japanese" else bold if letters.is_bold else plain
    return FontProperties(fname=file, size=letters.size)


@lru_cache(maxsize=MOST_KNOWN)
def _font_of(sign: str) -> str:
    """latin, japanese, or empty where neither font has it."""
    plain, _, japanese = _files()
    if get_font(plain).get_char_index(ord(sign)):
        return "latin"
    return "japanese" if get_font(japanese).get_char_index(ord(sign)) else ""


@lru_cache(maxsize=MOST_KNOWN)
def _advance(sign: str, is_bold: bool) -> float:
    """How many dots wide a sign is per point of size."""
    plain, bold, japanese = _files()
    font = get_font(japanese if _font_of(sign) == "japanese" else bold if is_bold else plain)
    font.set_size(100.0, DOTS_AN_INCH)
    return font.load_char(ord(sign)).linearHoriAdvance / 65_536 / 100.0
