"""Numbers are written as people read them, a value and its band alike."""

import pytest

from shared.alerts.numbers import Language, in_words, range_in_words


@pytest.mark.parametrize(
    ("values", "is_share", "language", "words"),
    [
        ([0.008, 0.019, 0.024], True, "en", ["0.8 %", "1.9 %", "2.4 %"]),
        ([0.008, 0.019, 0.024], True, "ja", ["0.8%", "1.9%", "2.4%"]),
        ([0.0004, 0.0011], True, "en", ["0.04 %", "0.11 %"]),
        ([0.0, 1.0], True, "en", ["0 %", "100 %"]),
        ([1_234_567], False, "en", ["1,234,567"]),
        ([12_345_678, 31_000_000], False, "en", ["12.3 M", "31.0 M"]),
        ([12_345_678, 31_000_000], False, "ja", ["1,235万", "3,100万"]),
        ([1.23e9], False, "ja", ["12.3億"]),
        ([5, 6], False, "en", ["5", "6"]),
        ([0.31, 0.42], False, "en", ["0.31", "0.42"]),
        ([120.0, 120.4, 200.0], False, "en", ["120.0", "120.4", "200.0"]),
        ([-0.0001, 50.0], False, "en", ["0.0", "50.0"]),
        ([-1234.0], False, "en", ["-1,234"]),
        ([0.0], False, "en", ["0"]),
        ([], False, "en", []),
    ],
)
def test_numbers_in_words(values: list[float], is_share: bool, language: Language, words: list[str]) -> None:
    assert in_words(values, is_share=is_share, language=language) == words


def test_a_value_just_outside_its_band_does_not_look_like_inside() -> None:
    value, low, high = in_words([0.01896, 0.01899, 0.024], is_share=True, language="en")
    assert value != low != high


def test_a_range_says_its_unit_once() -> None:
    assert range_in_words("1.9 %", "2.4 %", "en") == "1.9–2.4 %"
    assert range_in_words("1,235万", "3,100万", "ja") == "1,235〜3,100万"
    assert range_in_words("-5", "7", "en") == "-5–7"
