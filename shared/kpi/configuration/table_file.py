"""The file of a KPI table, infra/kpi_tables/*.yaml: what may be written in it, and what it then means."""

from collections.abc import Iterator
from typing import Any
from unicodedata import normalize

from shared.kpi.configuration.problems import Problems, validated
from shared.kpi.configuration.table_form import KpiChoice, TableFile
from shared.kpi.configuration.table_sense import hold_together
from shared.kpi.tables import Direction, KpiTable
from shared.yaml_text import Document, parse_yaml


def parse_table(text: str, where: str) -> KpiTable:
    """The KPI table that the file's `text` says, read from `where`.

    Raises ConfigError with a line for every problem: file, line, field, what was expected, what came.
    """
    document = parse_yaml(text, where)
    problems = Problems(document)
    file = validated(
        document.entries, (), {(): TableFile, ("kpis",): KpiChoice}, TableFile, problems, {"table": "a.b"}
    )
    if file is not None:
        hold_together(file, document.entries, problems)
    problems.tell()
    assert file is not None  # noqa: S101 - without a file there are problems
    return _table(file, document)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a KPI table's file, for editors. It is a little laxer than parse_table."""
    schema = TableFile.model_json_schema()
    for entry in _mappings(schema):
        if entry.get("default", "") is None:
            del entry["default"]
    return {"$schema": "http://json-schema.org/draft-07/schema#"} | schema | {"title": "Sekisho KPI table"}


def _table(file: TableFile, document: Document) -> KpiTable:
    return KpiTable(
        table=file.table,
        where=document.where,
        date_column=file.date,
        include=None if file.include is None else tuple(file.include),
        exclude=tuple(file.exclude),
        derived={normalize("NFC", name): formula for name, formula in file.derived.items()},
        segments=tuple(file.segments or ()),
        key=tuple(file.key) if file.key else None,
        arrives_by=file.arrives_by,
        arrives_after_days=file.arrives_after_days,
        time_zone=file.time_zone,
        direction=file.direction if isinstance(file.direction, Direction) else Direction.BOTH,
        directions=file.directions,
        dashboard=file.dashboard,
        channel=file.channel,
        owner=file.owner,
        events=None if file.events is None else () if file.events == "none" else tuple(file.events),
        sensitivity=float(file.sensitivity),
        history_days=file.history_days,
        lines=document.lines,
    )


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a JSON value, the outer before the inner."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _mappings(inner)
