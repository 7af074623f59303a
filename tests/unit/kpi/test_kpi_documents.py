"""docs/kpi-tables.md: its examples work, its defaults are true, and it leaves no option out."""

import math
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from shared.gcp import kpi_series
from shared.kpi.arrival import row_counts, sameness
from shared.kpi.checking import PATIENCE
from shared.kpi.configuration.calendar_file import LONGEST_DAYS, parse_calendar
from shared.kpi.configuration.calendar_form import CalendarFile, EventEntry
from shared.kpi.configuration.table_file import json_schema, parse_table
from shared.kpi.configuration.table_form import KpiChoice, TableFile
from shared.kpi.configuration.watched import resolve
from shared.kpi.history import MOST_SEGMENTS, Cell, Column, DayRows, History, Shape
from shared.kpi.observations import LEAST_DAYS_OF_LIFE, series_of
from shared.kpi.shapes import ACCEPTED_AFTER

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
    assert len(TABLES) >= 4
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


def test_the_limits_that_are_written_are_those_that_hold() -> None:
    limits = json_schema()["properties"]
    said = {name: meaning for name, _, _, meaning in ROWS}
    assert f"up to {limits['segments']['maxItems']} columns" in said["segments"]
    assert f"in {kpi_series.RECENT_DAYS} days, the first {MOST_SEGMENTS}" in said["segments"]
    days, sensitivity, history = (limits[n] for n in ("arrives_after_days", "sensitivity", "history_days"))
    assert f"{days['minimum']} (the same) to {days['maximum']}" in said["arrives_after_days"]
    assert f"{sensitivity['minimum']} to {sensitivity['maximum']:g}" in said["sensitivity"]
    assert f"{history['minimum']} to {history['maximum']} days" in said["history_days"]
    assert f"`{sensitivity['default']}`" == OPTIONS["sensitivity"][0]
    assert f"may take {LONGEST_DAYS} days with lead and lag" in PAGE


def test_what_is_written_of_arrival_is_what_is_done() -> None:
    page = " ".join(PAGE.split())
    assert f"its own history, of at least {row_counts.ENOUGH_DAYS} days" in page
    assert f"are waited for {PATIENCE.total_seconds() / 3600:g} hours after `arrives_by`" in page
    assert f"told by its name, for {row_counts.LEVEL_DAYS} days" in page
    assert f"or {ACCEPTED_AFTER.days} days are over" in page
    assert f"one value for {sameness.STUCK_DAYS} days" in page
    assert LEAST_DAYS_OF_LIFE == 21  # "three weeks"
    assert math.exp(row_counts.LEAST_LACK) == pytest.approx(2)  # "from half
    assert math.exp(row_counts.LEAST_SURPLUS) == pytest.approx(3)  # to three times"


def test_a_column_is_summed_or_averaged_as_it_is_written() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(3)]
    cells = {
        "clicks": {day: Cell(10, 2, 4, 6) for day in days},
        "coverage": {day: Cell(1.2, 2, 0.5, 0.7) for day in days},
    }
    shape = Shape((Column("day", "DATE"), Column("clicks", "FLOAT"), Column("coverage", "FLOAT")), "day")
    history = History(shape, days[-1], dict.fromkeys(days, DayRows(2)), {"": cells})
    table = parse_table("table: a.b", "docs")
    series, _ = series_of(table, resolve(table, shape, None), history, frozenset())
    assert {each.kpi: each.values.tolist() for each in series} == {"clicks": [10] * 3, "coverage": [0.6] * 3}
