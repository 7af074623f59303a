"""Voices: how one author fills the slots of the phrases.

`{slot}` is any phrase of that slot, `{3..10}` a number, `{100..900/50}` one in steps, and
`{wage:300..2000/50}` an amount of money written in one of many notations.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from random import Random

from infra.local.sample.phrases import Slots


class Voice:
    """One author speaking in one post: fills slots at random, but keeps to what was said once."""

    def __init__(self, slots: Slots, same: frozenset[str], dice: Random) -> None:
        self.slots = slots
        self.same = same
        self.dice = dice
        self._kept: dict[str, str] = {}

    def pick[T](self, choices: Sequence[T]) -> T:
        """One of `choices` (faster than Random.choice, which this would call a million times)."""
        return choices[int(self.dice.random() * len(choices))]

    def say(self, sentence: str) -> str:
        """`sentence` with its slots filled."""
        return "".join([part if isinstance(part, str) else part(self) for part in _parts(sentence)])

    def say_one(self, sentences: Sequence[str]) -> str:
        """One of `sentences` with its slots filled."""
        return self.say(self.pick(sentences))

    def say_some(self, sentences: Sequence[str], count: int) -> list[str]:
        """`count` different ones of `sentences` (all, if there are fewer), in random order."""
        return [self.say(sentence) for sentence in self.dice.sample(sentences, min(count, len(sentences)))]

    def fill(self, slot: str) -> str:
        """A phrase for `slot`. A slot nobody wrote phrases for is a KeyError naming it."""
        kept = self._kept.get(slot)
        if kept is not None:
            return kept
        phrase = self.say_one(self.slots[slot])
        if slot in self.same:
            self._kept[slot] = phrase
        return phrase


_SLOT = re.compile(r"\{(wage:)?(?:(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)(?:/(\d+))?|([a-z_]+))\}")


@cache
def _parts(sentence: str) -> tuple[str | Callable[[Voice], str], ...]:
    parts: list[str | Callable[[Voice], str]] = []
    end = 0
    for found in _SLOT.finditer(sentence):
        wage, low, high, step, slot = found.groups()
        parts.append(sentence[end : found.start()])
        parts.append(_slot(slot) if slot else _number(low, high, int(step or 1), bool(wage)))
        end = found.end()
    parts.append(sentence[end:])
    return tuple(part for part in parts if part != "")


def _slot(name: str) -> Callable[[Voice], str]:
    return lambda voice: voice.fill(name)


def _number(low: str, high: str, step: int, wage: bool) -> Callable[[Voice], str]:
    if "." in low + high:
        least, most = float(low), float(high)
        return lambda voice: f"{least + (most - least) * voice.dice.random():.1f}"
    first, steps = int(low), (int(high) - int(low)) // step + 1
    write = write_wage if wage else lambda number, _: str(number)
    return lambda voice: write(first + step * int(steps * voice.dice.random()), voice.dice)


_FULL_WIDTH = str.maketrans("0123456789,", "０１２３４５６７８９，")


def write_wage(yen: int, dice: Random) -> str:
    """An amount of money as one author or another writes it: 15,000円, １５０００円, 1.5万円, ¥15,000 …"""
    way = dice.random()
    if way < 0.35:
        return f"{yen:,}円"
    if way < 0.6:
        return f"{yen}円"
    if way < 0.7:
        return f"{yen:,}円".translate(_FULL_WIDTH)
    if way < 0.75:
        return f"{yen}円".translate(_FULL_WIDTH)
    if way < 0.85 and yen >= 10_000 and yen % 1000 == 0:
        return f"{yen / 10_000:g}万円"
    if way < 0.92 and 1000 <= yen < 10_000 and yen % 1000 == 0:
        return f"{'一二三四五六七八九'[yen // 1000 - 1]}千円"
    return f"¥{yen:,}" if way < 0.95 else f"{yen:,}円(税込)"
