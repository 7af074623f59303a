"""Phrases: what sample posts are put together from, as written in ordinary.toml and violating.toml."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SAME_THROUGHOUT = ("company_line", "trade", "company", "surname", "region", "message", "manual")
"""Slots every author fills once and keeps to through the whole post."""

Slots = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Job:
    """One category of ordinary work: what its posts say of it."""

    name: str
    slots: Slots
    same: frozenset[str]
    titles: Sequence[str]
    intros: Sequence[str]
    tasks: Sequence[str]
    tempting_titles: Sequence[str]
    tempting_intros: Sequence[str]


@dataclass(frozen=True)
class Wave:
    """Wordings of one season: first seen `rises` days before the sample's end, waning from `fades` on."""

    rises: float
    fades: float
    titles: Sequence[str]
    lures: Sequence[str]


@dataclass(frozen=True)
class Violation:
    """One violation class: what its authors write, and which ordinary jobs they pretend to offer."""

    name: str
    slots: Slots
    share: tuple[float, float]
    covers: Sequence[str]
    titles: Sequence[str]
    blatant: Sequence[str]
    lures: Sequence[str]
    waves: Sequence[Wave]


@dataclass(frozen=True)
class Phrases:
    """All the material: the slots everybody uses, the jobs, the violation classes."""

    slots: Slots
    jobs: Mapping[str, Job]
    violations: Mapping[str, Violation]


@cache
def read_phrases() -> Phrases:
    """The material of this package, read once."""
    ordinary, violating = (_read(name) for name in ("ordinary.toml", "violating.toml"))
    shared: dict[str, list[str]] = ordinary["slots"]
    return Phrases(
        slots=shared,
        jobs={
            name: Job(
                name=name,
                slots={**shared, **facts["slots"], "job": [facts["job"]]},
                same=frozenset((*SAME_THROUGHOUT, *facts["same"])),
                titles=facts["titles"],
                intros=facts["intros"],
                tasks=facts["tasks"],
                tempting_titles=facts.get("tempting_titles", ()),
                tempting_intros=facts.get("tempting_intros", ()),
            )
            for name, facts in ordinary["categories"].items()
        },
        violations={
            name: Violation(
                name=name,
                slots={**shared, **violating["slots"], **facts.get("slots", {})},
                share=(facts["share"][0], facts["share"][1]),
                covers=facts["covers"],
                titles=facts["titles"],
                blatant=facts["blatant"],
                lures=facts["lures"],
                waves=[
                    Wave(wave.get("rises", float("inf")), wave.get("fades", 0), wave["titles"], wave["lures"])
                    for wave in facts["waves"]
                ],
            )
            for name, facts in violating["classes"].items()
        },
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
