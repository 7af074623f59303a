"""Numbers as people read them: 1,234,567 or 12.3 M, 0.8 %; a value and its band always alike."""

import math
from collections.abc import Sequence
from typing import Literal

type Language = Literal["en", "ja"]

_SCALES: dict[Language, tuple[tuple[float, str], ...]] = {
    "en": ((1e12, " T"), (1e9, " B"), (1e7, " M")),
    "ja": ((1e12, "兆"), (1e8, "億"), (1e7, "万")),
}
"""From where on a number is shortened; below ten millions it is written out. 万 alone divides by less."""
_UNITS = {" T": 1e12, " B": 1e9, " M": 1e6, "兆": 1e12, "億": 1e8, "万": 1e4}
_MOST_DECIMALS = 8


def in_words(values: Sequence[float], *, is_share: bool, language: Language) -> list[str]:
    """`values`, finite and of one KPI, each as text: with one unit and as many decimals as they need.

    Different numbers stay different as far as 8 decimals go: nobody reads "2 %, expected 2-3 %".
    """
    largest = max((abs(value) for value in values), default=0.0)
    unit = "" if is_share else next((name for at, name in _SCALES[language] if largest >= at), "")
    divisor = 0.01 if is_share else _UNITS.get(unit, 1.0)
    scaled = [value / divisor for value in values]
    decimals = _decimals(scaled, is_share=is_share)
    end = (" %" if language == "en" else "%") if is_share else unit
    return [f"{_zero(value, decimals):,.{decimals}f}{end}" for value in scaled]


def _decimals(scaled: Sequence[float], *, is_share: bool) -> int:
    largest = max((abs(value) for value in scaled), default=0.0)
    if all(value == round(value) for value in scaled) or largest >= 100:
        decimals = 0
    else:
        decimals = 1 if largest >= 1 or largest == 0 else 1 - math.floor(math.log10(largest))
    if is_share and largest:
        decimals = max(decimals, 1 if any(value != round(value) for value in scaled) else 0)
    apart = len(set(scaled))
    while decimals < _MOST_DECIMALS and len({round(value, decimals) for value in scaled}) < apart:
        decimals += 1
    return min(decimals, _MOST_DECIMALS)


def _zero(value: float, decimals: int) -> float:
    """`value`, or a plain 0 where it would be shown as -0."""
    return value if round(value, decimals) else 0.0


def range_in_words(low: str, high: str, language: Language) -> str:
    """ "1.9 %" and "2.4 %" as one: the unit is said once, at the end."""
    unit = low.lstrip("-0123456789.,")
    start = low.removesuffix(unit) if unit and high.endswith(unit) else low
    return f"{start}{'〜' if language == 'ja' else '–'}{high}"
