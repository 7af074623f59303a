"""Whether the fields of a KPI table's file make sense together, each being right by itself."""

from collections.abc import Sequence
from typing import Any

from shared.kpi.configuration.problems import Problems, near
from shared.kpi.configuration.table_fields import is_column
from shared.kpi.configuration.table_form import TableFile
from shared.kpi.tables import folded
from shared.yaml_text import FieldPath, describe

type Placed = list[tuple[FieldPath, str]]


def hold_together(file: TableFile, entries: dict[str, Any], problems: Problems) -> None:
    """Notes what is right by itself and wrong beside the rest. BigQuery's names differ in more than case."""
    included = _placed(file.include, ("kpis",) if isinstance(file.kpis, list) else ("kpis", "include"))
    excluded = _placed(file.exclude, ("kpis", "exclude"))
    segments, key = _placed(file.segments, ("segments",)), _placed(file.key, ("key",))
    made: Placed = [(("kpis", name), name) for name in file.derived]
    used: Placed = [(path, column) for path, name in made for column in file.derived[name].columns]
    date: Placed = [] if file.date is None else [(("date",), file.date)]
    events = _placed(file.events if isinstance(file.events, list) else None, ("events",))
    directions: Placed = [(("direction", name), name) for name in file.directions]
    if entries.get("kpis") == {}:
        problems.add(("kpis",), f"expected {TableFile.model_fields['kpis'].title}, came an empty mapping")
    if entries.get("kpis") == {"include": []}:
        problems.add(
            ("kpis", "include"), "expected at least one column where nothing is made of columns, came none"
        )
    for path, name in made:
        if not is_column(name):
            problems.add(path, f"expected a KPI's name such as ctr, came {describe(name)}")
    for names in (included + made, excluded, segments, key, events, directions):
        _each_once(names, problems)
    _apart(excluded, included + made, "a KPI either watched or excluded", problems)
    _apart(segments, included + made + used, "a segment that is no KPI", problems)
    _apart(key, included + made + used, "a column of the key that is no KPI", problems)
    _apart(included + used, date, "a KPI that is not the day", problems)
    _apart(segments, date, "a segment that is not the day", problems)
    _apart(directions, excluded, "the direction of a KPI that is watched", problems)
    known = {folded(name) for _, name in included + made}
    for path, name in directions if file.include is not None and not problems.at(("kpis",)) else []:
        if folded(name) not in known:
            hint = near(name, [each for _, each in included + made])
            problems.add(path, f"expected the direction of a KPI that is watched, came {name!r}{hint}")


def _placed(names: Sequence[str] | None, path: FieldPath) -> Placed:
    return [((*path, index), name) for index, name in enumerate(names or ())]


def _each_once(names: Placed, problems: Problems) -> None:
    seen: dict[str, str] = {}
    for path, name in names:
        before = seen.get(folded(name))
        seen[folded(name)] = name
        if before is not None:
            again = "again" if before == name else f"besides {before!r}"
            problems.add(path, f"expected each name once, came {name!r} {again}")


def _apart(names: Placed, others: Placed, expected: str, problems: Problems) -> None:
    taken = {folded(name) for _, name in others}
    for path, name in names:
        if folded(name) in taken:
            problems.add(path, f"expected {expected}, came {name!r}")
