"""Shapes over time: which one a table is held against, while a changed one is not accepted yet."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta

from shared.kpi.history import Shape
from shared.kpi.responses import Response, is_accepted

ACCEPTED_AFTER = timedelta(days=7)
"""A change nobody mended for so long is how the table is now."""


def shape_to_compare(seen: Mapping[date, Shape], responses: Collection[Response], day: date) -> Shape | None:
    """The shape a check of `day` compares with, of those `seen` by day; None where there is none yet.

    The newest in which no column was dropped or retyped, or whose changes are accepted: by people's
    `responses`, or by 7 days in which nothing more changed. So a dropped column is told every day until it is
    back or accepted. What was seen on `day` itself counts only where people accepted it. Later days count as
    others do: whatever the day that is checked, its table is looked at as it is now.
    """
    kept: Shape | None = None
    newest: Shape | None = None
    known: frozenset[str] = frozenset()
    began: date | None = None
    for seen_on in sorted(seen):
        if began and seen_on - began >= ACCEPTED_AFTER:
            kept, known, began = newest, frozenset(), None
        shape = seen[seen_on]
        changes = _changes(kept, shape) if kept else frozenset()
        accepted = all(is_accepted(responses, seen_on, column) for column in changes)
        if seen_on == day and not (kept and changes and accepted):
            continue
        newest = shape
        if accepted:
            kept, known, began = shape, frozenset(), None
        elif began is None or not changes <= known:
            known, began = known | changes, seen_on
    is_old = began is not None and max(day, *seen) - began >= ACCEPTED_AFTER
    return newest if is_old else kept


def _changes(before: Shape, after: Shape) -> frozenset[str]:
    """The columns that are gone, or of another type."""
    return frozenset(each.name for each in before.columns if after.type_of(each.name) != each.type)
