"""Tables of the checkpoint, created from the same files Terraform uses: infra/schemas/."""

import json
import re
from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from string import Template
from typing import Any

from google.api_core.exceptions import Conflict, NotFound
from google.cloud import bigquery

from shared.errors import ConfigError
from shared.gcp.failures import translated

SCHEMAS = Path(__file__).parents[1] / "schemas"
REFERENCE = re.compile(r"\$\{dataset\}\.(\w+)")
OTHER_NAMES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN", "STRUCT": "RECORD"}


def create_tables(client: bigquery.Client, dataset: str, schemas: Path = SCHEMAS) -> list[str]:
    """Makes the dataset's tables and views as the files say; returns what it did, a line each.

    Safe to run again: what stands as the file says is left alone, columns the file gained are added when
    they may be empty, a view that reads differently is replaced. Any other difference is a ConfigError:
    this command never drops or rewrites data.
    """
    where = f"{client.project}.{dataset}"
    with translated(f"dataset {where}"):
        done = _create_dataset(client, where)
        for path in sorted(schemas.glob("*.json")):
            done += _create_table(client, f"{where}.{path.stem}", path)
        views = {path.stem: path for path in sorted(schemas.glob("*.sql"))}
        for name in _dependency_order(views):
            done += _create_view(client, where, views[name])
    return done


def _create_dataset(client: bigquery.Client, where: str) -> list[str]:
    try:
        client.get_dataset(where)
    except NotFound:
        client.create_dataset(where, exists_ok=True)
        return [f"created dataset {where}"]
    return []


def _create_table(client: bigquery.Client, name: str, path: Path) -> list[str]:
    wanted = _read_table(name, path)
    try:
        client.create_table(wanted)
    except Conflict:
        return _mend(client, client.get_table(name), wanted, path)
    return [f"created table {wanted.table_id}"]


def _read_table(name: str, path: Path) -> bigquery.Table:
    """The table a file describes."""
    try:
        described: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        table = bigquery.Table(name, [bigquery.SchemaField.from_api_repr(f) for f in described["fields"]])
        days = described.get("partition_expiration_days")
        table.time_partitioning = bigquery.TimePartitioning(
            type_=bigquery.TimePartitioningType.DAY,
            field=described["partition_field"],
            expiration_ms=days * 24 * 3600 * 1000 if days else None,
        )
        table.clustering_fields = described["clustering"]
        table.description = described["description"]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path}: expected a table's description, partition_field, clustering and fields, "
            f"came {type(error).__name__}: {error}"
        ) from error
    return table


def _mend(client: bigquery.Client, found: bigquery.Table, wanted: bigquery.Table, path: Path) -> list[str]:
    """Adds the columns `found` lacks. Raises ConfigError where it differs in any other way."""
    have, want = _columns(found.schema), _columns(wanted.schema)
    differences = [
        f"{what}: expected {expected}, came {came}"
        for what, expected, came in (
            ("kind", "TABLE", found.table_type),
            ("partitioned by", _partitioning(wanted), _partitioning(found)),
            ("clustered by", wanted.clustering_fields, found.clustering_fields),
            *((f"column {name}", want.get(name, "no such column"), shape) for name, shape in have.items()),
        )
        if expected != came
    ]
    added = [field for field in wanted.schema if field.name not in have]
    differences += [
        f"column {field.name}: expected {want[field.name]}, came no such column (only columns that may be "
        "empty can be added)"
        for field in added
        if field.mode == "REQUIRED"
    ]
    if differences:
        raise ConfigError(f"{found.full_table_id}: differs from {path.name}: {'; '.join(differences)}")
    if not added:
        return []
    found.schema = [*found.schema, *added]
    client.update_table(found, ["schema"])
    return [f"added to table {found.table_id}: {', '.join(field.name for field in added)}"]


def _columns(fields: Iterable[bigquery.SchemaField]) -> dict[str, str]:
    """Column name to its shape, spelt one way: REQUIRED STRING, REPEATED RECORD(name REQUIRED STRING)."""
    shapes = {}
    for field in fields:
        kind = OTHER_NAMES.get(field.field_type, field.field_type)
        inner = ", ".join(f"{name} {shape}" for name, shape in _columns(field.fields).items())
        shapes[field.name] = f"{field.mode} {kind}" + (f"({inner})" if inner else "")
    return shapes


def _partitioning(table: bigquery.Table) -> tuple[str, str | None, int | None] | None:
    days = table.time_partitioning
    return (days.type_, days.field, days.expiration_ms) if days else None


def _dependency_order(views: Mapping[str, Path]) -> list[str]:
    """The views' names, each after those it reads."""
    reads = {name: set(REFERENCE.findall(path.read_text(encoding="utf-8"))) for name, path in views.items()}
    return list(
        TopologicalSorter({name: sorted(read & views.keys()) for name, read in reads.items()}).static_order()
    )


def _create_view(client: bigquery.Client, where: str, path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    view = bigquery.Table(f"{where}.{path.stem}")
    view.view_query = Template(text).substitute(dataset=where)
    view.description = " ".join(
        line.removeprefix("--").strip()
        for line in text[: text.index("\n", text.rindex("\n--") + 1)].splitlines()
    )
    try:
        client.create_table(view)
    except Conflict:
        found = client.get_table(view.reference)
        if found.table_type != "VIEW":
            raise ConfigError(
                f"{found.full_table_id}: expected a view as in {path.name}, came a {found.table_type}"
            ) from None
        if found.view_query == view.view_query:
            return []
        # Not updated in place: the emulator would answer with the new text and go on with the old. A view
        # holds no data, so all that is lost is the moment between the two.
        client.delete_table(view)
        client.create_table(view)
        return [f"replaced view {view.table_id}"]
    return [f"created view {view.table_id}"]
