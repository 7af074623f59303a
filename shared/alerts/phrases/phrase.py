"""A phrase: one thing to say in both languages, with the places its facts go to."""

from dataclasses import dataclass
from typing import override

from shared.alerts.numbers import Language


class Count(int):
    """A number that brings its noun: `{n:table|tables}` is "1 table", "7 tables"; `{n}` is "1,234"."""

    @override
    def __format__(self, spec: str) -> str:
        return _with_noun(f"{int(self):,}", spec, is_one=self == 1)


class Unknown:
    """A fact nobody has: "?" in its place, with the noun of many."""

    @override
    def __format__(self, spec: str) -> str:
        return _with_noun("?", spec, is_one=False)


def _with_noun(number: str, spec: str, *, is_one: bool) -> str:
    one, _, many = spec.partition("|")
    return f"{number} {one if is_one else many or one}" if spec else number


@dataclass(frozen=True)
class Phrase:
    """One thing to say. Phrases are names of a module: the type checker finds a mistyped one."""

    en: str
    ja: str

    def say(self, language: Language, **facts: str | int | None) -> str:
        """The phrase in `language`; whole numbers among the facts are counts, None is not known.

        KeyError where a fact is missing; facts without a place are left out.
        """
        text = self.ja if language == "ja" else self.en
        return text.format(**{name: _fact(fact) for name, fact in facts.items()})


def _fact(fact: str | int | None) -> str | Count | Unknown:
    if isinstance(fact, int):
        return Count(fact)
    return Unknown() if fact is None else fact
