"""MeCab's lines: what it is to write of each morpheme, and what finds the content words in that.

Every line begins with a line break, as the patterns do: that is found faster than a line's start. No morpheme
holds one, nor a tab: MeCab skips both. Where places are wanted, too, the bytes of the text that the morpheme
goes from and up to stand behind it: that takes MeCab a twentieth longer.
"""

import re

KEPT_PARTS_OF_SPEECH = ("名詞", "動詞", "形容詞", "副詞")
"""Nouns (which in IPADIC hold the adjectival nouns: 名詞,形容動詞語幹), verbs, adjectives, adverbs."""

KEPT_IDS = r"(?:1[0-2]|3[1-9]|[45][0-9]|6[0-7])"
"""Their numbers, as a pattern: adjectives 10-12, verbs 31-33, adverbs 34-35, nouns 36-67 (pos-id.def)."""

_HOLDS_A_LETTER = r"(?>(?=\w)|(?=[^\w\t\n]++\w))"
PLACE = r"\t%ps\t%pe"
"""What the forms below end with where places are wanted."""
_PLACE_READ = r"\t([0-9]++\t[0-9]++)"


class ById:
    """IPADIC as it is: numbers and columns are known, and no word it keeps lacks a base form."""

    known, unknown = r"\n%h\t%f[6]", r"\n%h\t%m"
    _begins, _word = rf"\n{KEPT_IDS}\t{_HOLDS_A_LETTER}", r"[^\t\n]++"

    def __init__(self) -> None:
        self._words = re.compile(f"{self._begins}({self._word})")

    def words(self, lines: str) -> list[str]:
        """The content words in their base form, of lines without places."""
        return self._words.findall(lines)

    def placed_words(self, lines: str) -> list[str]:
        """The same of lines with places."""
        return self._words.findall(lines)

    def places(self, lines: str) -> list[str]:
        """Where each of them stands: the byte it goes from, a tab, and the one it goes up to."""
        return re.findall(self._begins + self._word + _PLACE_READ, lines)


class Slim(ById):
    """A slim dictionary: known words were chosen when it was made, unknown ones go by their number."""

    known, unknown = r"\n%H", r"\n %h\t%m"  # no base form begins with a space
    _begins, _word = rf"\n(?: {KEPT_IDS}\t{_HOLDS_A_LETTER})?+", r"[^ \t\n][^\t\n]*+"
    _all_but_the_word = rf"\n (?:{KEPT_IDS}\t{_HOLDS_A_LETTER}|[^\n]*+)"

    def words(self, lines: str) -> list[str]:
        """The content words in their base form, of lines without places: a line is a word, or empty."""
        if "\n " in lines:
            lines = re.sub(self._all_but_the_word, "\n", lines)
        return list(filter(None, lines.split("\n")))


class ByName:
    """Any dictionaries, by the names in IPADIC's columns; one column alone is a base form, as in a slim one.

    Numbers are only as good as the pos-id.def a dictionary was compiled with: a user dictionary compiled
    against PyPI's IPADIC, which has none, numbers all its words alike.
    """

    known = unknown = r"\n%H\t%m"

    def __init__(self) -> None:
        names, between = "|".join(KEPT_PARTS_OF_SPEECH), r"[^,\t\n]*+," * 5
        self._pattern = (
            rf'\n(?:(?:{names}),{between}("[^"\t\n]*+"|[^,\t\n]*+)[^\t\n]*+'
            rf"|([^,\t\n]++)|(?:{names}),[^\t\n]*+)\t{_HOLDS_A_LETTER}([^\t\n]++)"
        )

    def words(self, lines: str) -> list[str]:
        """The content words in their base form; one without, or whose base form is `*`, as it is written."""
        return [
            surface if base == "*" else base.strip('"') or only_column or surface
            for base, only_column, surface in re.findall(self._pattern, lines)
        ]

    placed_words = words

    def places(self, lines: str) -> list[str]:
        """Where each of them stands: the byte it goes from, a tab, and the one it goes up to."""
        return [found[-1] for found in re.findall(self._pattern + _PLACE_READ, lines)]
