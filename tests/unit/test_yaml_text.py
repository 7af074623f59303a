"""Configuration's YAML: plain values, each name once, every field's line, and none of YAML's surprises."""

import math
from typing import Any

import pytest

from shared.errors import ConfigError
from shared.yaml_text import LONGEST, describe, parse_yaml


def test_every_field_has_its_line() -> None:
    text = """# a comment
table: recsys.slot

kpis:
  include:
    - clicks
    - orders
  ctr: clicks / impressions
segments: [mall,
  gender]
"""
    document = parse_yaml(text, "slot.yaml")
    assert document.where == "slot.yaml"
    assert document.entries == {
        "table": "recsys.slot",
        "kpis": {"include": ["clicks", "orders"], "ctr": "clicks / impressions"},
        "segments": ["mall", "gender"],
    }
    assert document.line_of(("table",)) == 2
    assert document.line_of(("kpis",)) == 4
    assert document.line_of(("kpis", "include", 1)) == 7
    assert document.line_of(("kpis", "ctr")) == 8
    assert document.line_of(("segments", 1)) == 10
    # what is not there is where it would stand
    assert document.line_of(("kpis", "cvr", "more")) == 4
    assert document.line_of(("channel",)) == 1


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    document = parse_yaml("\ufeffa: 1\r\nb: 2\r\n", "f")
    assert document.entries == {"a": 1, "b": 2}
    assert document.line_of(("b",)) == 2


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("09:00", "09:00"),  # 540 to YAML 1.1
        ("9:30", "9:30"),
        ("1:30:00", "1:30:00"),
        ("2026-11-22", "2026-11-22"),  # a date to YAML 1.1
        ("2026-11-22T09:00:00Z", "2026-11-22T09:00:00Z"),
        ("01-05", "01-05"),
        ("no", "no"),  # Norway, or a KPI; false to YAML 1.1
        ("on", "on"),
        ("y", "y"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("0o17", "0o17"),
        ("=", "="),
        ("'6'", "6"),
        ('"true"', "true"),
        ("'~'", "~"),
        ("# only a comment", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("6", 6),
        ("-6", -6),
        ("007", 7),
        ("6.", 6.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1e999", math.inf),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("!!str 6", "6"),
        ("!!int '6'", 6),
        ("上限", "上限"),
        ("", None),
    ],
)
def test_a_value_is_what_it_looks_like(written: str, meant: Any) -> None:
    value = parse_yaml(f"a: {written}\n", "f").entries["a"]
    assert value == meant
    assert type(value) is type(meant)


def test_not_a_number_is_a_float() -> None:
    assert math.isnan(parse_yaml("a: .nan", "f").entries["a"])


@pytest.mark.parametrize("name", ["no", "true", "null", "6", "09:00", "<<", "~"])
def test_a_name_is_its_text(name: str) -> None:
    assert parse_yaml(f"{name}: x", "f").entries == {name: "x"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "f, line 1: expected a mapping (name: value), came nothing"),
        ("# nothing\n", "f, line 1: expected a mapping (name: value), came nothing"),
        ("- a", "f, line 1: expected a mapping (name: value), came list"),
        ("just text", "f, line 1: expected a mapping (name: value), came the text 'just text'"),
        ("table:a.b", "f, line 1: expected a mapping (name: value), came the text 'table:a.b', in which no"),
        ("table：　a.b", "f, line 1: expected a mapping (name: value), came the text 'table：\\u3000"),
        ("a: 1\nb: 2\na: 3", "f, line 3: expected each name once, came 'a' again"),
        ("a: 1\n'a': 3", "f, line 2: expected each name once, came 'a' again"),
        ("x:\n  b: 1\n  b: 2", "f, line 3: expected each name once, came 'b' again"),
        ("x: {b: 1, b: 2}", "f, line 1: expected each name once, came 'b' again"),
        ("? [a, b]\n: 1", "f, line 1: expected a name, came a list or mapping in its place"),
        ("a: 1\nb: &x 2", "f, line 2: expected every value written out, came an anchor or alias"),
        ("a: [*x]", "f, line 1: expected every value written out, came an anchor or alias"),
        ("a: !!python/name:os.system x", "f, line 1: expected YAML of plain values, came the tag !!python"),
        ("a: !!python/object/apply:os.getcwd []", "f, line 1: expected YAML of plain values, came the tag"),
        ("a: !!set {x}", "f, line 1: expected YAML of plain values, came the tag !!set"),
        ("a: !!binary aGk=", "f, line 1: expected YAML of plain values, came the tag !!binary"),
        ("a: !secret x", "f, line 1: expected YAML of plain values, came the tag !secret"),
        ("a: !!int x", "f, line 1: expected a number, came 'x'"),
        ("a: !!bool maybe", "f, line 1: expected true or false, came 'maybe'"),
        ("a: " + "9" * 5000, "f, line 1: expected a number, came '999"),
        ("a: 1\n---\nb: 2", "f, line 2: expected one document of YAML, came another document"),
        ("a:\n\tb: 1", "f, line 2: expected spaces at the start, came a tab"),
        ("a: 1\nowner: @team", "f, line 2: expected quotes around a value that starts with @, came none"),
        ("a: `x`", "f, line 1: expected quotes around a value that starts with `, came none"),
        ("a: b: c", "f, line 1: expected quotes around a text with a colon in it, or one name: value"),
        ("a: [1, 2\nb: 1\n", "f, line 2: expected ',' or ']' of what begins in line 1, came ':'"),
        ("b: 1\na: [1, 2\n", "f, line 3: expected ',' or ']' of what begins in line 2, came the end"),
        ("b: 1\na: 'open\n", "f, line 3: expected the closing quote of what begins in line 2, came the end"),
        ("a: 1\nb [x]\nc: 1", "f, line 3: expected a colon and a space after the name of what"),
        ("a:\n  b: 1\n c: 2", "f, line 3: expected every name or - of one mapping or list to begin in the"),
        ("- a\nb: c", "f, line 2: expected every name or - of one mapping or list to begin in the"),
        ("a: 1\nb: \x00", "f, line 2: expected YAML of printable text, came character 0x0"),
        ("a: 1\nb: \x1b[31m", "f, line 2: expected YAML of printable text, came character 0x1b"),
        ("[" * 5000, "f: expected YAML, came lists or mappings nested too deeply"),
        ("a: " + "x" * LONGEST, f"f: expected at most {LONGEST:,} characters, came {LONGEST + 3:,}"),
    ],
    ids=range(36),
)  # fmt: skip
def test_what_can_not_be_used_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_yaml(text, "f")
    assert str(raised.value).startswith(told)
    assert "\n" not in str(raised.value)


def test_aliases_can_not_multiply() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, after in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(ConfigError, match="line 1: expected every value written out"):
        parse_yaml(bomb, "f")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "nothing"),
        (True, "true"),
        (6, "6"),
        (0.5, "0.5"),
        ("a\nb", r"'a\nb'"),
        ("x" * 100, repr("x" * 60 + "…")),
        ([1], "list"),
        ([], "an empty list"),
        ({"a": 1}, "mapping"),
        ({}, "an empty mapping"),
    ],
)
def test_a_value_is_told_in_one_short_line(value: Any, told: str) -> None:
    assert describe(value) == told
