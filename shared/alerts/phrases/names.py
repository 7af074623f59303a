"""Names as far as anybody reads them: of tables, and in a row."""

from collections.abc import Sequence

from shared.alerts.numbers import Language
from shared.alerts.phrases.phrase import Phrase

LIST = Phrase(", ", "、")
AND_MORE = Phrase("{names} and {more} more", "{names}ほか{more}件")
MOST_NAMES = 8


def short_name(table: str) -> str:
    """dataset.table, which is enough on a phone."""
    return ".".join(table.split(".")[-2:])


def names_in_words(names: Sequence[str], language: Language, most: int = MOST_NAMES) -> str:
    """At most so many names, the rest counted."""
    named = LIST.say(language).join(names[:most])
    left = len(names) - most
    return AND_MORE.say(language, names=named, more=left) if left > 0 else named
