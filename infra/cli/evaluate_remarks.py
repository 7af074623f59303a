"""Why some rounds of `sekisho evaluate` flagged nothing: too few posts, or scores that tell too little."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from infra.cli.evaluate_table import percent
from shared.spam.arena.choosing import Choice
from shared.spam.arena.contest import Outcome

ONE_KIND = (
    "{rounds} had nothing to choose a threshold on: it takes violations and ordinary posts that are no "
    "copies of others, came {violations} and {ordinary}."
)
TOO_FEW = (
    "{rounds} had too few posts: a threshold would have been chosen on {ordinary} ordinary posts and "
    "{violations} violations, but one more wrong post than was seen is reckoned with, and with it precision "
    "{precision:g} at {rate} takes at least {needed} {kind}, more where not all violations are found."
)
TOO_WEAK = (
    "{rounds} had posts enough: {came} {kind}, where {needed} do for a detector that finds every violation. "
    "But no score reached precision {precision:g} among {ordinary} ordinary posts, one more wrong one than "
    "was seen reckoned with: the detector does not tell the kinds apart well enough here. {reached}"
)


def remarks(outcomes: Mapping[str, Outcome], rows: Mapping[str, Any]) -> list[str]:
    """A remark on every detector that found no threshold in some of its rounds."""
    return [
        f"{name}: {_remark(lacking, len(one.choices), rows)}"
        for name, one in outcomes.items()
        if (lacking := [choice for choice in one.choices if choice.score is None])
    ]


def _remark(lacking: Sequence[Choice], rounds: int, rows: Mapping[str, Any]) -> str:
    told = [f"{len(lacking)} of {rounds} rounds found no threshold and flagged nothing."]
    by_cause: dict[str, list[Choice]] = {}
    for one in lacking:
        by_cause.setdefault(_cause(one), []).append(one)
    for cause in (ONE_KIND, TOO_FEW, TOO_WEAK):
        if some := by_cause.get(cause):
            is_given = some[0].is_rate_given
            sentence = cause.format(
                rounds="It" if len(lacking) == 1 else "They" if some == lacking else f"{len(some)} of them",
                came=_span(one.came for one in some),
                kind=_kind(some[0]),
                needed=_span(one.needed for one in some),
                violations=_span(one.violations for one in some),
                ordinary=_span(one.ordinary for one in some),
                precision=rows["min_precision"],
                rate=f"{percent(rows['base_rate'])} violations" if is_given else "the posts' own rate",
                reached=_reached(some),
            )
            told.append(sentence)
    return " ".join(told)


def _cause(choice: Choice) -> str:
    if not (choice.violations and choice.ordinary):
        return ONE_KIND
    return TOO_WEAK if choice.has_enough else TOO_FEW


def _kind(choice: Choice) -> str:
    return "ordinary posts" if choice.is_rate_given else "violations"


def _reached(choices: Sequence[Choice]) -> str:
    """How far the scores went without what is reckoned besides."""
    best = max(choices, key=lambda one: one.reached)
    if not best.reached:
        return "Without that one none did either."
    return (
        f"Without that one it was reached for {best.reached * best.violations:,.0f} of {best.violations:,} "
        "violations at most."
    )


def _span(counts: Iterable[int]) -> str:
    """The least and the most of `counts`."""
    few, *more = sorted(set(counts))
    return f"{few:,} to {more[-1]:,}" if more else f"{few:,}"
