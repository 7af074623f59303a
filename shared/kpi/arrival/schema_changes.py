"""Schema changes: how a table's columns differ from those of the check before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from shared.kpi.history import Column, Shape

WIDER = {
    "INTEGER": frozenset({"NUMERIC", "BIGNUMERIC", "FLOAT"}),
    "NUMERIC": frozenset({"BIGNUMERIC", "FLOAT"}),
    "BIGNUMERIC": frozenset({"FLOAT"}),
    "FLOAT": frozenset({"NUMERIC", "BIGNUMERIC"}),  # not wider, but it cuts off nothing that a KPI shows
}
ALIKE = 0.6
"""How similar two names are, 0-1, for one to be taken for the other's new name."""


@dataclass(frozen=True)
class Retyped:
    """A column that has another type than before."""

    name: str
    before: str
    now: str

    @property
    def is_wider(self) -> bool:
        """Whether every number keeps its value."""
        return self.now in WIDER.get(self.before, frozenset())


@dataclass(frozen=True)
class SchemaChanges:
    """What became of a table's columns. `renamed` guesses a dropped column's new name among the added."""

    dropped: tuple[Column, ...] = ()
    retyped: tuple[Retyped, ...] = ()
    added: tuple[Column, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)


def schema_changes(previous: Shape | None, now: Shape) -> SchemaChanges:
    """How `now` differs from `previous`; in nothing where nothing is known of before.

    Order does not count, nor does the case of a name: BigQuery ignores both.
    """
    if previous is None:
        return SchemaChanges()
    dropped = tuple(each for each in previous.columns if now.type_of(each.name) is None)
    added = tuple(each for each in now.columns if previous.type_of(each.name) is None)
    before = {each.name: previous.type_of(each.name) for each in now.columns}
    retyped = tuple(
        Retyped(each.name, was, each.type)
        for each in now.columns
        if (was := before[each.name]) is not None and was != each.type
    )
    return SchemaChanges(dropped, retyped, added, _renamed(previous, now, dropped, added))


def _renamed(
    previous: Shape, now: Shape, dropped: tuple[Column, ...], added: tuple[Column, ...]
) -> dict[str, str]:
    """The likeliest pairs first: names alike, or the same place in the table; each name once."""
    pairs = []
    for old in dropped:
        for new in added:
            likeness = SequenceMatcher(None, old.name.lower(), new.name.lower()).ratio()
            is_same_place = previous.columns.index(old) == now.columns.index(new)
            if old.type == new.type and (likeness >= ALIKE or is_same_place):
                pairs.append((likeness, old.name, new.name))
    renamed: dict[str, str] = {}
    for _, old_name, new_name in sorted(pairs, reverse=True):
        if old_name not in renamed and new_name not in renamed.values():
            renamed[old_name] = new_name
    return renamed
