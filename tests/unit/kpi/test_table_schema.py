"""The JSON Schema of a KPI table's file: current, and as strict as an editor can be."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.cli.check_config import schema_text
from shared.kpi.configuration.table_file import json_schema, parse_table
from shared.kpi.tables import KpiTable
from shared.yaml_text import parse_yaml
from tests.unit.table_files import RIGHT, WRONG, WRONG_TABLES

INFRA = Path(__file__).parents[3] / "infra"
SHIPPED = sorted((INFRA / "kpi_tables").iterdir())


def test_the_schema_in_the_repository_is_current() -> None:
    assert (INFRA / "kpi_tables.schema.json").read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_shipped_file_is_valid_and_names_its_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../kpi_tables.schema.json\n")
    assert parse_table(text, str(path)).table
    assert list(violations(parse_yaml(text, str(path)).entries, json_schema())) == []


def test_the_item_slot_is_watched_by_one_line() -> None:
    text = (INFRA / "kpi_tables" / "recsys_item_slot.yaml").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "table: recsys.item_slot_daily"
    ]


def test_the_schema_takes_every_option_and_knows_their_defaults() -> None:
    schema = json_schema()
    every = {line: parse_yaml(f"table: a.b\n{line}", "f").entries for line in _right_lines()}
    assert [line for line, entries in every.items() if list(violations(entries, schema))] == []
    defaults = {name: each["default"] for name, each in schema["properties"].items() if "default" in each}
    assert parse_table(json.dumps({"table": "a.b"} | defaults), "f") == KpiTable("a.b", "f")
    assert all(each["description"] for each in schema["properties"].values())


def test_the_schema_refuses_most_of_what_is_wrong() -> None:
    schema = json_schema()
    texts = [line for line, _ in WRONG_TABLES] + [f"table: a.b\n{lines}" for lines, *_ in WRONG]
    refused = [bool(list(violations(parse_yaml(text, "f").entries, schema))) for text in texts]
    assert sum(refused) / len(refused) > 0.7  # what needs two fields, or a list of time zones, it can't know


def _right_lines() -> list[str]:
    return [line for line, _, _ in RIGHT] + [
        "kpis: [clicks]",
        "kpis: {include: [clicks], exclude: [a], ctr: clicks / impressions, x: 'mean(a, b)'}",
    ]


def violations(value: Any, schema: dict[str, Any], root: dict[str, Any] | None = None) -> list[str]:
    """What a JSON Schema has against a value: the keywords this schema uses, and an error at any other."""
    root = root or schema
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")] | {
            name: each for name, each in schema.items() if name != "$ref"
        }
    kinds: dict[str, Any] = {
        "string": str,
        "array": list,
        "object": dict,
        "integer": int,
        "number": (int, float),
    }
    found: list[str] = []
    if "type" in schema and (not isinstance(value, kinds[schema["type"]]) or isinstance(value, bool)):
        return [f"{value!r} is no {schema['type']}"]
    for keyword, said in schema.items():
        match keyword:
            case "$schema" | "$defs" | "title" | "description" | "default" | "examples" | "type":
                continue
            case "pattern":
                wrong = re.search(said, value) is None
            case "enum":
                wrong = value not in said
            case "const":
                wrong = value != said
            case "minimum":
                wrong = not value >= said
            case "maximum":
                wrong = not value <= said
            case "minItems" | "minProperties":
                wrong = len(value) < said
            case "maxItems":
                wrong = len(value) > said
            case "required":
                wrong = any(name not in value for name in said)
            case "oneOf":
                wrong = sum(not violations(value, each, root) for each in said) != 1
            case "items":
                wrong = any(violations(each, said, root) for each in value)
            case "propertyNames":
                wrong = any(violations(each, said, root) for each in value)
            case "properties":
                wrong = any(
                    violations(value[name], each, root) for name, each in said.items() if name in value
                )
            case "additionalProperties":
                others = [each for name, each in value.items() if name not in schema.get("properties", {})]
                wrong = (
                    bool(others) if said is False else any(violations(each, said, root) for each in others)
                )
            case _:
                raise AssertionError(f"a keyword this test does not know: {keyword}")
        if wrong:
            found.append(f"{keyword}: {value!r}")
    return found
