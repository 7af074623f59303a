"""Names as far as anybody reads them: of tables, and in a row."""

from collections.abc import Sequence

from shared.alerts.numbers import Language
from shared.alerts.phrases.phrase import Phrase

LIST = Phrase(", ", "、")
LIST_OF_LISTS = Phrase("; ", "; ")
"""Between names that have commas themselves: mall=0, gender=m."""
AND_MORE = Phrase("{names} and {more} more", "{names}ほか{more}件")
MOST_NAMES = 8


def short_name(table: str) -> str:
    """dataset.table, which is enough on a phone."""
    return ".".join(table.split(".")[-2:])


def in_a_row(names: Sequence[str], language: Language) -> str:
    """All names, so that it can be seen where one ends."""
    comma = any(mark in name for name in names for mark in (",", "、"))
    return (LIST_OF_LISTS if comma and len(names) > 1 else LIST).say(language).join(names)


def names_in_words(names: Sequence[str], language: Language, most: int = MOST_NAMES) -> str:
    """At most so many names, the rest counted."""
    named = in_a_row(names[:most], language)
    left = len(names) - most
    return AND_MORE.say(language, names=named, more=left) if left > 0 else named
