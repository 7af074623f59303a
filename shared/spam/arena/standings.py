"""Standings: what a contender's marks come to, in the figures `sekisho evaluate` prints and writes."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from statistics import median
from typing import Any

from shared.spam import figures
from shared.spam.arena.contest import Mark, Outcome
from shared.spam.labels import LabelledPost

PRECISIONS = (0.90, 0.95, 0.99)


@dataclass(frozen=True)
class Part:
    """The examined posts of one violation class or one week, and what became of them."""

    name: str
    counts: figures.Confusion


def standing(outcome: Outcome, posts: Sequence[LabelledPost], base_rate: float) -> dict[str, Any]:
    """One detector's entry of the JSON (docs/evaluate.md), all at `base_rate`.

    Curves are over raw scores, pooled over the rounds; what was flagged is so by its own round's threshold.
    """
    points = curve_of(outcome.marks, posts, base_rate)
    flags = [figures.Scored(float(mark.is_flagged), is_bad(mark, posts)) for mark in outcome.marks]
    flagged = figures.at(figures.curve(flags, base_rate), 1.0)
    thresholds = [one.threshold for one in outcome.choices if one.threshold is not None]
    return {
        "average_precision": round(figures.average_precision(points), 4),
        "recall_at_precision": {f"{one:.2f}": round(figures.recall_at(points, one), 4) for one in PRECISIONS},
        "threshold": round(median(thresholds), 6) if thresholds else None,
        "thresholds_found": {
            "rounds": len(outcome.choices),
            "found": len(thresholds),
            "violations": [one.violations for one in outcome.choices],
            "ordinary": [one.ordinary for one in outcome.choices],
        },
        "precision": round(flagged.precision, 4) if flagged else None,
        "recall": round(flagged.recall, 4) if flagged else 0.0,
        "f1": round(flagged.f1, 4) if flagged else 0.0,
        "best_f1": round(figures.best_f1(points).f1, 4),
        "calibration_error": round(figures.calibration_error(bins_of(outcome.marks, posts, base_rate)), 4),
        "train_seconds": round(outcome.train_seconds, 4),
        "judge_microseconds": {
            "p50": round(_quantile(outcome.judge_seconds, 0.50) * 1e6, 1),
            "p99": round(_quantile(outcome.judge_seconds, 0.99) * 1e6, 1),
        },
        "model_bytes": outcome.model_bytes,
    }


def curve_of(marks: Sequence[Mark], posts: Sequence[LabelledPost], base_rate: float) -> list[figures.Point]:
    """The precision-recall curve of all marks."""
    return figures.curve([figures.Scored(mark.score, is_bad(mark, posts)) for mark in marks], base_rate)


def bins_of(marks: Sequence[Mark], posts: Sequence[LabelledPost], base_rate: float) -> list[figures.Bin]:
    """What was said and what was true, in ten bins of probability."""
    return figures.reliability(
        [figures.Scored(mark.probability, is_bad(mark, posts)) for mark in marks], base_rate
    )


def balanced(marks: Sequence[Mark], posts: Sequence[LabelledPost], of_each: int) -> figures.Confusion:
    """The talk's protocol: `of_each` violating and as many ordinary posts, or as many as both kinds have.

    Which posts are drawn depends on their ids alone, so that all detectors meet the same.
    """
    drawn = sorted(marks, key=lambda mark: _draw(posts[mark.place].post.post_id))
    violating = [mark for mark in drawn if is_bad(mark, posts)]
    ordinary = [mark for mark in drawn if not is_bad(mark, posts)]
    some = min(of_each, len(violating), len(ordinary))
    return _counted(violating[:some] + ordinary[:some], posts)


def by_class(marks: Sequence[Mark], posts: Sequence[LabelledPost]) -> list[Part]:
    """The violations of each class: how many were found."""
    violating = [mark for mark in marks if is_bad(mark, posts)]
    return _parts(violating, posts, lambda one: one.violation_class)


def by_week(marks: Sequence[Mark], posts: Sequence[LabelledPost]) -> list[Part]:
    """The posts of each week (ISO 8601, UTC)."""
    return _parts(marks, posts, lambda one: f"{one.post.posted_at.astimezone(UTC):%G-W%V}")


def is_bad(mark: Mark, posts: Sequence[LabelledPost]) -> bool:
    """Whether people call the marked post a violation."""
    return posts[mark.place].is_violation


def _parts(
    marks: Sequence[Mark], posts: Sequence[LabelledPost], name_of: Callable[[LabelledPost], str]
) -> list[Part]:
    held: dict[str, list[Mark]] = {}
    for mark in marks:
        held.setdefault(name_of(posts[mark.place]), []).append(mark)
    return [Part(name, _counted(part, posts)) for name, part in sorted(held.items())]


def _counted(marks: Sequence[Mark], posts: Sequence[LabelledPost]) -> figures.Confusion:
    return figures.confusion([(mark.is_flagged, is_bad(mark, posts)) for mark in marks])


def _quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def _draw(post_id: str) -> bytes:
    return hashlib.sha256(f"balanced {post_id}".encode()).digest()
