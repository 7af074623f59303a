"""The file of a KPI table: every option, and a message of its own for everything that can be wrong in it."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from shared.errors import ConfigError
from shared.kpi.configuration.table_file import parse_table
from shared.kpi.tables import Average, Direction, KpiTable, Ratio
from tests.unit.table_files import FORMULA, NAME, RIGHT, WRONG, WRONG_TABLES

INFRA = Path(__file__).parents[3] / "infra"
SHIPPED = sorted((INFRA / "kpi_tables").iterdir())


def parsed(*lines: str) -> KpiTable:
    return parse_table("\n".join(("table: recsys.slot", *lines)), "slot.yaml")


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        parse_table(text, "slot.yaml")
    return str(raised.value).split("\n")


def test_one_line_is_enough_and_every_default_is_the_nouns_own() -> None:
    assert parse_table("table: recsys.item_slot_daily", "f") == KpiTable("recsys.item_slot_daily", "f")


@pytest.mark.parametrize(
    "name",
    [
        "recsys.item_slot_daily",
        "my-project.recsys.item_slot_daily",
        "example.com:my-project.recsys.item_slot_daily",
        "recsys.item-slot",
        "recsys.日次",
        "R2.2024",
    ],
)
def test_a_table_is_named_as_bigquery_does(name: str) -> None:
    assert parse_table(f"table: {name}", "f").table == name


def test_kpis_may_be_a_list() -> None:
    assert parsed("kpis: [clicks, orders]").include == ("clicks", "orders")


def test_kpis_may_be_included_excluded_and_made() -> None:
    table = parsed(
        "kpis:",
        "  include: [clicks, orders]",
        "  exclude: [revenue]",
        "  ctr: clicks / impressions",
        "  tight: clicks/impressions",
        "  diversity: mean(diversity)",
        "  weighed: mean( diversity , impressions )",
    )
    assert table.include == ("clicks", "orders")
    assert table.exclude == ("revenue",)
    assert table.derived == {
        "ctr": Ratio("clicks", "impressions"),
        "tight": Ratio("clicks", "impressions"),
        "diversity": Average("diversity"),
        "weighed": Average("diversity", "impressions"),
    }


def test_without_include_every_number_is_watched_besides_what_is_made() -> None:
    table = parsed("kpis: {ctr: clicks / impressions}")
    assert (table.include, table.exclude) == (None, ())
    assert parsed("kpis: {exclude: [clicks]}").include is None
    # nothing but what is made
    assert parsed("kpis: {include: [], ctr: clicks / impressions}").include == ()


def test_a_kpi_may_have_any_name_yaml_has_another_idea_of() -> None:
    assert parsed("kpis: {no: clicks / impressions, on: mean(y)}").derived == {
        "no": Ratio("clicks", "impressions"),
        "on": Average("y"),
    }


def test_columns_may_have_any_name_that_bigquery_allows() -> None:
    table = parsed(
        "date: 2nd day",
        "kpis:",
        "  include: [cart adds, クリック数, select, 50% off, r&d, a-b]",
        "  exclude: [前日比 (なし)]".replace(" (なし)", "=なし"),
        "  クリック率: クリック数 / 表示回数",
        '  cart rate: "`cart adds` / `page views`"',
        "  half: '`cart adds`/views'",
        '  score: "mean( `match score` , `page views` )"',
        "  よみ: かきのたね / か\u3099くふ",
        "segments: [モール, sales channel]",
        "key: [2nd day, item code]",
        "direction: {cart rate: down, cart adds: up}",
    )
    assert table.date_column == "2nd day"
    assert table.include == ("cart adds", "クリック数", "select", "50% off", "r&d", "a-b")
    assert table.exclude == ("前日比=なし",)
    assert table.derived == {
        "クリック率": Ratio("クリック数", "表示回数"),
        "cart rate": Ratio("cart adds", "page views"),
        "half": Ratio("cart adds", "views"),
        "score": Average("match score", "page views"),
        "よみ": Ratio("かきのたね", "がくふ"),
    }
    assert table.segments == ("モール", "sales channel")
    assert table.direction_of("cart adds") is Direction.UP


@pytest.mark.parametrize(("line", "field", "value"), RIGHT)
def test_every_option_is_understood(line: str, field: str, value: Any) -> None:
    assert getattr(parsed(line), field) == value


def test_a_kpi_goes_its_own_way_where_the_file_says_so() -> None:
    table = parsed("direction: {cost: up, Orders: down}")
    assert table.direction_of("cost") is Direction.UP
    assert table.direction_of("orders") is Direction.DOWN  # BigQuery's names ignore case
    assert table.direction_of("clicks") is Direction.BOTH
    assert parsed("direction: up").direction_of("clicks") is Direction.UP


def test_rows_are_due_when_the_file_says() -> None:
    table = parsed("arrives_by: 06:00", "arrives_after_days: 2", "time_zone: America/New_York")
    assert table.due_at(date(2026, 3, 6)) == datetime(2026, 3, 8, 10, tzinfo=UTC)  # clocks changed at 2
    assert table.newest_due_day(datetime(2026, 3, 8, 10, tzinfo=UTC)) == date(2026, 3, 6)
    assert table.newest_due_day(datetime(2026, 3, 8, 9, 59, tzinfo=UTC)) == date(2026, 3, 5)


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Asia/Tokyo", "Pacific/Apia"])
@pytest.mark.parametrize("hour", ["00:00", "01:30", "02:30", "23:59"])
def test_a_day_becomes_due_once_and_in_its_order_whatever_clocks_do(zone: str, hour: str) -> None:
    table = parsed(f"arrives_by: {hour}", f"time_zone: {zone}")
    for start in (datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC)):
        moments = [start + timedelta(minutes=10 * n) for n in range(6 * 24 * 30)]
        newest = [table.newest_due_day(moment) for moment in moments]
        steps = {(after - before).days for before, after in pairwise(newest)}
        assert steps == {0, 1}
        for moment, day in zip(moments, newest, strict=True):
            assert table.due_at(day) <= moment < table.due_at(day + timedelta(days=1))


@pytest.mark.parametrize(("line", "said"), WRONG_TABLES)
def test_a_wrong_table_is_told(line: str, said: str) -> None:
    assert problems(line) == [f"slot.yaml, line 1, field table: {said}"]


@pytest.mark.parametrize(("lines", "line", "field", "said"), WRONG, ids=range(len(WRONG)))
def test_whatever_is_wrong_is_told_with_its_line_and_field(
    lines: str, line: int, field: str, said: str
) -> None:
    assert problems(f"table: a.b\n{lines}\n") == [f"slot.yaml, line {line}, field {field}: {said}"]


def test_a_formula_with_a_comma_needs_quotes_in_braces_and_the_message_says_so() -> None:
    told = problems("table: a.b\nkpis: {x: mean(a, b)}\n")
    assert told[0] == f"slot.yaml, line 2, field kpis.x: {FORMULA} (in quotes within {{…}}), came 'mean(a'"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "slot.yaml, line 1: expected a mapping (name: value), came nothing"),
        ("recsys.slot", "slot.yaml, line 1: expected a mapping (name: value), came the text 'recsys.slot'"),
        ("table: a.b\ntable: a.c", "slot.yaml, line 2: expected each name once, came 'table' again"),
        ("kpis: [a]", "slot.yaml, line 1, field table: " + NAME + " nothing"),
    ],
)
def test_a_file_without_a_table_is_told(text: str, told: str) -> None:
    assert problems(text) == [told]


def test_every_problem_is_told_at_once_in_the_files_order() -> None:
    text = """segmnets: [mall]
kpis:
  include: [clicks, clicks, 5]
  exclude: [orders, Orders]
  ctr: clicks
segments: [mall, mall]
arrives_by: noon
direction: {a: up, A: sideways}
owner: nobody
sensitivity: 0
"""
    told = [re.sub(r": expected.*", "", line) for line in problems(text)]
    assert told == [
        "slot.yaml, line 1, field table",
        "slot.yaml, line 1, field segmnets",
        "slot.yaml, line 3, field kpis.include #3",
        "slot.yaml, line 4, field kpis.exclude #2",
        "slot.yaml, line 5, field kpis.ctr",
        "slot.yaml, line 6, field segments #2",
        "slot.yaml, line 7, field arrives_by",
        "slot.yaml, line 8, field direction.A",
        "slot.yaml, line 9, field owner",
        "slot.yaml, line 10, field sensitivity",
    ]


@pytest.mark.parametrize("name", ["<list>", "<mapping>", "[key]", "model_config", "", "a.b", "#1"])
def test_no_name_confuses_the_reader_of_names(name: str) -> None:
    said = f"slot.yaml, line 2, field {name or "''"}: expected a known field, came {name!r}; "
    told = problems(f"table: a.b\n{json.dumps(name)}: 1\n")
    assert [line.startswith(said) for line in told] == [True]
    assert problems(f"table: a.b\nkpis: {{{json.dumps(name)}: 1}}\n")[0].startswith(
        "slot.yaml, line 2, field kpis"
    )


def test_a_name_can_not_forge_a_line_of_the_message() -> None:
    assert len(problems('table: a.b\n"x\\nslot.yaml, line 9": 1')) == 1
