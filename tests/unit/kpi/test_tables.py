"""The file of a KPI table: every option, and a message of its own for everything that can be wrong in it."""

import json
import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra.cli.check_config import schema_text
from shared.errors import ConfigError
from shared.kpi.configuration.table_file import json_schema, parse_table
from shared.kpi.tables import Average, Direction, KpiTable, Ratio
from shared.yaml_text import parse_yaml

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


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("date: day", "date_column", "day"),
        ("date: 日付", "date_column", "日付"),
        ("segments: [mall, gender, device]", "segments", ("mall", "gender", "device")),
        ("segments: [mall]", "segments", ("mall",)),
        ("key: [day, item_id]", "key", ("day", "item_id")),
        ('arrives_by: "09:30"', "arrives_by", time(9, 30)),
        ("arrives_by: 09:30", "arrives_by", time(9, 30)),
        ("arrives_by: 9:30", "arrives_by", time(9, 30)),
        ("arrives_by: 00:00", "arrives_by", time(0)),
        ("arrives_by: 23:59", "arrives_by", time(23, 59)),
        ("arrives_after_days: 0", "arrives_after_days", 0),
        ("arrives_after_days: 7", "arrives_after_days", 7),
        ("time_zone: America/Los_Angeles", "time_zone", ZoneInfo("America/Los_Angeles")),
        ("time_zone: UTC", "time_zone", ZoneInfo("UTC")),
        ("direction: both", "direction", Direction.BOTH),
        ("direction: up", "direction", Direction.UP),
        ("direction: down", "direction", Direction.DOWN),
        ("direction: {cost: up}", "directions", {"cost": Direction.UP}),
        ("dashboard: https://example.com/a?b=c#d", "dashboard", "https://example.com/a?b=c#d"),
        ("dashboard: http://localhost:8080/a", "dashboard", "http://localhost:8080/a"),
        ("dashboard: http://127.0.0.1/a", "dashboard", "http://127.0.0.1/a"),
        ('dashboard: "http://[::1]:80/a"', "dashboard", "http://[::1]:80/a"),
        ('channel: "#kpi-alerts"', "channel", "#kpi-alerts"),
        ('channel: "#推薦"', "channel", "#推薦"),
        ("channel: C0123456789", "channel", "C0123456789"),
        ('owner: "@recsys-duty"', "owner", "@recsys-duty"),
        ("owner: U0123456789", "owner", "U0123456789"),
        ("owner: S0123456789", "owner", "S0123456789"),
        ("owner: W0123456789", "owner", "W0123456789"),
        ("events: none", "events", ()),
        ("events: [winter sale, 初売り]", "events", ("winter sale", "初売り")),
        ("sensitivity: 0.1", "sensitivity", 0.1),
        ("sensitivity: 52", "sensitivity", 52.0),
        ("history_days: 56", "history_days", 56),
        ("history_days: 3660", "history_days", 3660),
    ],
)
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


COLUMN = "expected a column's name such as clicks, came"
COLUMNS = "expected a list of columns such as [clicks, orders], came"
FORMULA = "expected clicks / impressions, mean(clicks) or mean(clicks, weight)"
NAME = "expected dataset.table or project.dataset.table, came"
ONE = "expected one table, without wildcards (*) or decorators ($, @), came"
CLOCK = "expected a time of day from 00:00 to 23:59, came"
DAYS = "expected a whole number of days from 0 to 7, came"
HISTORY = "expected a whole number of days from 56 to 3660, came"
OFTEN = "expected a number from 0.1 to 52, came"
ZONE = "expected a time zone such as Asia/Tokyo, came"
LINK = "expected a link that starts with https:// (or http://localhost), came"
CHANNEL = 'expected a channel as "#kpi" in quotes (what follows a bare # is a comment), or its id, came'
OWNER = 'expected an owner as "@name" in quotes, or a Slack id (U…, W…, S…), came'
WAY = "expected both, up or down, came"
EVENT = "expected an event's name as infra/calendar.yaml has it, came"
KPIS = (
    "expected a list of columns, or a mapping of include, exclude and formu"
    "las such as ctr: clicks / impressions, came"
)
SEGMENTS = "expected a list of 1 to 3 columns such as [mall, gender], came"
KEY = "expected a list of columns such as [day, item_id], came"
WAYS = "expected both, up or down, or a mapping such as cost: up, came"
EVENTS = "expected none, or a list of events such as [winter sale], came"
EITHER = "expected a KPI either watched or excluded, came"
ONCE = "expected each name once, came"
NO_KPI = "expected a segment that is no KPI, came"
WATCHED = "expected the direction of a KPI that is watched, came"
DIFFERENT = "expected two different columns, came"
A_NAME = "expected a KPI's name such as ctr, came"

WRONG_TABLES = [
    ("table:", f"{NAME} nothing"),
    ("table: slot", f"{NAME} 'slot'"),
    ("table: 2024", f"{NAME} 2024"),
    ("table: [a.b]", f"{NAME} list"),
    ("table: a.b.c.d", f"{NAME} 'a.b.c.d'"),
    ("table: my_project.a.b", f"{NAME} 'my_project.a.b'"),
    ("table: my-project:a.b", f"{NAME} 'my-project:a.b'"),
    ("table: a.b c", f"{NAME} 'a.b c'"),
    ('table: "a.b\\n"', f"{NAME} 'a.b\\n'"),
    ('table: "a.b`; DROP TABLE x"', f"{NAME} 'a.b`; DROP TABLE x'"),
    ("table: a.b_*", f"{ONE} 'a.b_*'"),
    ("table: a.b$20260101", f"{ONE} 'a.b$20260101'"),
    ("table: a.b@-3600", f"{ONE} 'a.b@-3600'"),
]


@pytest.mark.parametrize(("line", "said"), WRONG_TABLES)
def test_a_wrong_table_is_told(line: str, said: str) -> None:
    assert problems(line) == [f"slot.yaml, line 1, field table: {said}"]


WRONG = [
    # the field, its lines from line 2 on, the line that is named, the field that is named, what is said
    ("segmnets: [mall]", 2, "segmnets", "expected a known field, came 'segmnets'; did you mean `segments`?"),
    ("Table: a.b", 2, "Table", "expected a known field, came 'Table'; did you mean `table`?"),
    ("date:", 2, "date", "expected a column's name such as clicks, came nothing"),
    ("date: 5", 2, "date", f"{COLUMN} 5"),
    ("date: a.b", 2, "date", f"{COLUMN} 'a.b'"),
    ("date: 2day", 2, "date", f"{COLUMN} '2day'"),
    ('date: "day\\t"', 2, "date", f"{COLUMN} 'day\\t'"),
    ("kpis: clicks", 2, "kpis", f"{KPIS} 'clicks'"),
    ("kpis:", 2, "kpis", f"{KPIS} nothing"),
    ("kpis: []", 2, "kpis", f"{KPIS} an empty list"),
    ("kpis: {}", 2, "kpis", f"{KPIS} an empty mapping"),
    ("kpis:\n  - clicks\n  - 6", 4, "kpis #2", f"{COLUMN} 6"),
    ("kpis:\n  - clicks\n  - clicks", 4, "kpis #2", f"{ONCE} 'clicks' again"),
    ("kpis:\n  - clicks\n  - Clicks", 4, "kpis #2", f"{ONCE} 'Clicks' besides 'clicks'"),
    ("kpis:\n  include: []", 3, "kpis.include",
     "expected at least one column where nothing is made of columns, came none"),
    ("kpis:\n  include: clicks", 3, "kpis.include", f"{COLUMNS} 'clicks'"),
    ("kpis:\n  include:\n  exclude: [a]", 3, "kpis.include", f"{COLUMNS} nothing"),
    ("kpis:\n  exclude: []", 3, "kpis.exclude", f"{COLUMNS} an empty list"),
    ("kpis:\n  include: [a]\n  exclude: [b, A]", 4, "kpis.exclude #2", f"{EITHER} 'A'"),
    ("kpis:\n  ctr: a / b\n  exclude: [ctr]", 4, "kpis.exclude #1", f"{EITHER} 'ctr'"),
    ("kpis:\n  inlcude: [a]", 3, "kpis.inlcude",
     f"{FORMULA} (a list belongs under include or exclude), came list; did you mean `include`?"),
    ("kpis:\n  ctr: clicks", 3, "kpis.ctr", f"{FORMULA}, came 'clicks'"),
    ("kpis:\n  ctr: a / b * 100", 3, "kpis.ctr", f"{FORMULA}, came 'a / b * 100'"),
    ("kpis:\n  ctr: a / 100", 3, "kpis.ctr", f"{FORMULA}, came 'a / 100'"),
    ("kpis:\n  ctr: MEAN(a)", 3, "kpis.ctr", f"{FORMULA}, came 'MEAN(a)'"),
    ("kpis:\n  ctr: mean(a, b, c)", 3, "kpis.ctr", f"{FORMULA}, came 'mean(a, b, c)'"),
    ("kpis:\n  ctr:", 3, "kpis.ctr", f"{FORMULA}, came nothing"),
    ("kpis:\n  ctr: 0.5", 3, "kpis.ctr", f"{FORMULA}, came 0.5"),
    ("kpis:\n  ctr: clicks / Clicks", 3, "kpis.ctr", f"{DIFFERENT} 'clicks / Clicks'"),
    ("kpis:\n  ctr: mean(a, a)", 3, "kpis.ctr", f"{DIFFERENT} 'mean(a, a)'"),
    ("kpis:\n  click rate: a / b", 3, "kpis.click rate", f"{A_NAME} 'click rate'"),
    ("kpis:\n  ctr: a / b\n  CTR: a / c", 4, "kpis.CTR", f"{ONCE} 'CTR' besides 'ctr'"),
    ("kpis:\n  include: [ctr]\n  ctr: a / b", 4, "kpis.ctr", f"{ONCE} 'ctr' again"),
    ("date: day\nkpis: [clicks, DAY]", 3, "kpis #2", "expected a KPI that is not the day, came 'DAY'"),
    ("date: day\nkpis:\n  x: day / b", 4, "kpis.x", "expected a KPI that is not the day, came 'day'"),
    ("segments: mall", 2, "segments", f"{SEGMENTS} 'mall'"),
    ("segments: []", 2, "segments", f"{SEGMENTS} an empty list"),
    ("segments: [a, b, c, d]", 2, "segments", f"{SEGMENTS} 4 entries"),
    ("segments:\n  - mall\n  - mall", 4, "segments #2", f"{ONCE} 'mall' again"),
    ("segments: [a-b]", 2, "segments #1", f"{COLUMN} 'a-b'"),
    ("kpis: [mall]\nsegments: [Mall]", 3, "segments #1", f"{NO_KPI} 'Mall'"),
    ("kpis: {x: a / mall}\nsegments: [mall]", 3, "segments #1", f"{NO_KPI} 'mall'"),
    ("date: day\nsegments: [day]", 3, "segments #1", "expected a segment that is not the day, came 'day'"),
    ("key: item_id", 2, "key", f"{KEY} 'item_id'"),
    ("key: []", 2, "key", f"{KEY} an empty list"),
    ("key: [a, A]", 2, "key #2", f"{ONCE} 'A' besides 'a'"),
    ("kpis: [a]\nkey: [a]", 3, "key #1", "expected a column of the key that is no KPI, came 'a'"),
    ("arrives_by: 540", 2, "arrives_by", f"{CLOCK} 540"),
    ("arrives_by: 24:00", 2, "arrives_by", f"{CLOCK} '24:00'"),
    ("arrives_by: 09:60", 2, "arrives_by", f"{CLOCK} '09:60'"),
    ("arrives_by: 9am", 2, "arrives_by", f"{CLOCK} '9am'"),
    ("arrives_by: 09:00:00", 2, "arrives_by", f"{CLOCK} '09:00:00'"),
    ("arrives_by: ０９:００", 2, "arrives_by", f"{CLOCK} '０９:００'"),
    ("arrives_by:", 2, "arrives_by", f"{CLOCK} nothing"),
    ("arrives_after_days: -1", 2, "arrives_after_days", f"{DAYS} -1"),
    ("arrives_after_days: 8", 2, "arrives_after_days", f"{DAYS} 8"),
    ("arrives_after_days: 1.0", 2, "arrives_after_days", f"{DAYS} 1.0"),
    ("arrives_after_days: '1'", 2, "arrives_after_days", f"{DAYS} '1'"),
    ("arrives_after_days: true", 2, "arrives_after_days", f"{DAYS} true"),
    ("time_zone: JST", 2, "time_zone", f"{ZONE} 'JST'"),
    ("time_zone: Asia", 2, "time_zone", f"{ZONE} 'Asia'"),  # a folder of zones
    ("time_zone: Asia/Tokio", 2, "time_zone", f"{ZONE} 'Asia/Tokio'; did you mean `Asia/Tokyo`?"),
    ("time_zone: ../etc/passwd", 2, "time_zone", f"{ZONE} '../etc/passwd'"),
    ("time_zone: /etc/localtime", 2, "time_zone", f"{ZONE} '/etc/localtime'"),
    ("time_zone: +09:00", 2, "time_zone", f"{ZONE} '+09:00'"),
    ("time_zone: 9", 2, "time_zone", f"{ZONE} 9"),
    ("direction: sideways", 2, "direction", f"{WAY} 'sideways'"),
    ("direction: Up", 2, "direction", f"{WAY} 'Up'"),
    ("direction: [up]", 2, "direction", f"{WAYS} list"),
    ("direction: {}", 2, "direction", f"{WAYS} an empty mapping"),
    ("direction:\n  cost: upp", 3, "direction.cost", f"{WAY} 'upp'"),
    ("direction:\n  cost: up\n  Cost: down", 4, "direction.Cost", f"{ONCE} 'Cost' besides 'cost'"),
    ("kpis:\n  include: [a]\n  ctr: a / b\ndirection:\n  cttr: up", 6, "direction.cttr",
     f"{WATCHED} 'cttr'; did you mean `ctr`?"),
    ("kpis:\n  exclude: [cost]\ndirection:\n  cost: up", 5, "direction.cost", f"{WATCHED} 'cost'"),
    ("dashboard: example.com/a", 2, "dashboard", f"{LINK} 'example.com/a'"),
    ("dashboard: http://example.com/a", 2, "dashboard", f"{LINK} 'http://example.com/a'"),
    ("dashboard: http://localhost.example.com/a", 2, "dashboard", f"{LINK} 'http://localhost.example.com/a'"),
    ("dashboard: javascript:alert(1)", 2, "dashboard", f"{LINK} 'javascript:alert(1)'"),
    ("dashboard: https://user:secret@example.com", 2, "dashboard",
     f"{LINK} 'https://user:secret@example.com'"),
    ("dashboard: https://", 2, "dashboard", f"{LINK} 'https://'"),
    ("dashboard: 'https://[::1'", 2, "dashboard", f"{LINK} 'https://[::1'"),
    ("dashboard: https://example.com:99999/", 2, "dashboard", f"{LINK} 'https://example.com:99999/'"),
    ('dashboard: "https://example.com/\\n"', 2, "dashboard", f"{LINK} 'https://example.com/\\n'"),
    ("dashboard: 5", 2, "dashboard", f"{LINK} 5"),
    (f"dashboard: https://a.b/{'x' * 3000}", 2, "dashboard",
     "expected a link of at most 3000 characters, came 'https://a.b/xxxxxxxx… of 3012'"),
    ("channel: #kpi", 2, "channel", f"{CHANNEL} nothing"),
    ("channel: kpi", 2, "channel", f"{CHANNEL} 'kpi'"),
    ('channel: "# kpi"', 2, "channel", f"{CHANNEL} '# kpi'"),
    ('channel: "#KPI"', 2, "channel", "expected a channel's name in small letters, came '#KPI'"),
    ("owner: taro", 2, "owner", f"{OWNER} 'taro'"),
    ("owner: C0123456789", 2, "owner", f"{OWNER} 'C0123456789'"),
    ('owner: "@a b"', 2, "owner", f"{OWNER} '@a b'"),
    ('owner: "<!channel>"', 2, "owner", f"{OWNER} '<!channel>'"),
    ("events: winter sale", 2, "events", f"{EVENTS} 'winter sale'"),
    ("events: []", 2, "events", f"{EVENTS} an empty list"),
    ("events: false", 2, "events", f"{EVENTS} false"),
    ("events:\n  - winter sale\n  - ' '", 4, "events #2", f"{EVENT} ' '"),
    ('events: ["winter\\nsale"]', 2, "events #1", f"{EVENT} 'winter\\nsale'"),
    ('events: ["\\ud800"]', 2, "events #1", f"{EVENT} '\\ud800'"),
    ("events: [a, A]", 2, "events #2", f"{ONCE} 'A' besides 'a'"),
    ("sensitivity: 0", 2, "sensitivity", f"{OFTEN} 0"),
    ("sensitivity: 53", 2, "sensitivity", f"{OFTEN} 53"),
    ("sensitivity: .nan", 2, "sensitivity", f"{OFTEN} nan"),
    ("sensitivity: .inf", 2, "sensitivity", f"{OFTEN} inf"),
    ("sensitivity: high", 2, "sensitivity", f"{OFTEN} 'high'"),
    ("sensitivity: true", 2, "sensitivity", f"{OFTEN} true"),
    ("history_days: 55", 2, "history_days", f"{HISTORY} 55"),
    ("history_days: 3661", 2, "history_days", f"{HISTORY} 3661"),
    ("history_days: 3 years", 2, "history_days", f"{HISTORY} '3 years'"),
]  # fmt: skip


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
        ("recsys.slot", "slot.yaml, line 1: expected a mapping (name: value), came str"),
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


# The schema for editors


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
    marks = test_every_option_is_understood.pytestmark
    return [line for line, _, _ in marks[0].args[1]] + [
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
