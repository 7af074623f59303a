"""docs/kpi-tables.md: its examples work, its defaults are true, and it leaves no option out."""

import re
from pathlib import Path

import pytest

from shared.kpi.configuration.calendar_file import parse_calendar
from shared.kpi.configuration.calendar_form import CalendarFile, EventEntry
from shared.kpi.configuration.table_file import json_schema, parse_table
from shared.kpi.configuration.table_form import KpiChoice, TableFile

PAGE = (Path(__file__).parents[3] / "docs" / "kpi-tables.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
TABLES = [text for text in EXAMPLES if "table:" in text]
CALENDARS = [text for text in EXAMPLES if "table:" not in text]
ROWS = re.findall(r"^\| `(\w+)` \| (.*?) \| `(.*?)` \| (.*) \|$", PAGE, re.MULTILINE)
OPTIONS = {name: (default, example) for name, default, example, _ in ROWS if name in TableFile.model_fields}
OF_EVENTS = {
    name: (default, example) for name, default, example, _ in ROWS if name in EventEntry.model_fields
}


def test_every_example_is_a_right_file() -> None:
    assert len(TABLES) >= 3
    assert len(CALENDARS) == 1
    for text in TABLES:
        assert parse_table(text, "docs/kpi-tables.md").table
    for text in CALENDARS:
        assert parse_calendar(text, "docs/kpi-tables.md").events


def test_no_option_is_left_out_and_none_is_invented() -> None:
    assert list(OPTIONS) == list(TableFile.model_fields)
    assert set(OF_EVENTS) == set(EventEntry.model_fields)
    assert len(ROWS) == len(OPTIONS) + len(OF_EVENTS)
    for name in (*KpiChoice.model_fields, *CalendarFile.model_fields):
        assert f"{name}:" in PAGE


@pytest.mark.parametrize("name", TableFile.model_fields)
def test_an_options_example_is_right_and_its_default_is_true(name: str) -> None:
    default, example = OPTIONS[name]
    assert example.startswith(f"{name}: ")
    before = "" if name == "table" else "table: a.b\n"
    assert parse_table(before + example, "docs") != parse_table("table: a.b", "docs")
    known = json_schema()["properties"][name].get("default")
    assert default.startswith("`") == (known is not None)
    if known is not None:
        assert default == f"`{known}`"


@pytest.mark.parametrize("name", EventEntry.model_fields)
def test_an_events_option_has_an_example_that_is_right(name: str) -> None:
    lines = {"name": "name: sale", "start": "start: 01-03", name: OF_EVENTS[name][1]}
    if name == "dates":
        del lines["start"]
    text = "events:\n  - " + "\n    ".join(lines.values())
    assert parse_calendar(text, "docs").events
