"""The fields of a KPI table's file, one by one: what each may hold, and what it is told to be in an error."""

import re
import unicodedata
from datetime import time
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import PlainValidator, WithJsonSchema

from shared.kpi.configuration.problems import near, wrong
from shared.kpi.tables import Average, Direction, Ratio, folded

LONGEST_NAME = 300
MARKS = frozenset(" &%=+:'<>#|")
"""What BigQuery allows in a column's name besides letters, digits, marks, connectors and dashes."""
BARE = r"[^\W\d]\w*"
NAME = rf"({BARE}|`[^`]*`)"
"""In a formula: a name of letters, digits and _ as it is, any other in backticks."""
RATIO = rf" *{NAME} */ *{NAME} *"
MEAN = rf" *mean\( *{NAME} *(?:, *{NAME} *)?\) *"
LOOSE_NAME = r"([^`/,()]*[^`/,() ])"
LOOSE = rf" *{LOOSE_NAME} */ *{LOOSE_NAME} *| *mean\( *{LOOSE_NAME} *(?:, *{LOOSE_NAME} *)?\) *"
TABLE = (
    r"(?:(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+:)?[a-z][a-z0-9-]{0,28}[a-z0-9]\.)?"  # example.com:project.
    r"[A-Za-z0-9_]{1,1024}\.[\w-]{1,1024}"
)
ZONE = r"[A-Za-z][A-Za-z0-9_+/-]*"
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
LONGEST_URL = 3000
"""Characters; Slack takes no longer one for a button."""


def is_column(name: str) -> bool:
    """Whether BigQuery allows `name` for a column: 表示回数 and `cart adds` as well as clicks."""
    kinds = ("L", "M", "N", "Pc", "Pd")
    return 0 < len(name) <= LONGEST_NAME and name == name.strip() and all(
        each in MARKS or unicodedata.category(each).startswith(kinds) for each in name
    )  # fmt: skip


def _column(value: Any) -> str:
    """A column's name, composed as keyboards write it: か with its mark apart is the same name."""
    if isinstance(value, str) and "`" in value:
        raise wrong("a column's name without backticks, which only formulas need", value)
    if isinstance(value, dict):
        raise wrong(
            "a column's name such as clicks (a formula is a line of kpis itself, as include is)", value
        )
    name = unicodedata.normalize("NFC", value) if isinstance(value, str) else ""
    if not is_column(name):
        raise wrong("a column's name such as clicks", value)
    return name


def _matching(value: Any, pattern: str, expected: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise wrong(expected, value)
    return value


def _table_name(value: Any) -> str:
    if isinstance(value, str) and re.search(r"[*$@]", value):
        raise wrong("one table, without wildcards (*) or decorators ($, @)", value)
    return _matching(value, TABLE, "dataset.table or project.dataset.table")


def _formula(value: Any) -> Ratio | Average:
    expected = "clicks / impressions, mean(clicks) or mean(clicks, weight)"
    if isinstance(value, list):
        raise wrong(f"{expected} (a list belongs under include or exclude)", value)
    if not isinstance(value, str):
        raise wrong(expected, value)
    value = unicodedata.normalize("NFC", value)
    found = re.fullmatch(RATIO, value) or re.fullmatch(MEAN, value)
    if not found:
        is_cut = value.count("(") > value.count(")")  # {x: mean(a, b)} is {"x": "mean(a", "b)": null} to YAML
        if is_cut:
            raise wrong(f"{expected} (in quotes within {{…}})", value)
        raise wrong(_with_backticks(value) or expected, value, _meant(value))
    first, second = (
        name and _column(name[1:-1] if name.startswith("`") else name) for name in found.groups()
    )
    if second is not None and folded(first) == folded(second):
        raise wrong("two different columns", value)
    return Average(first, second) if re.fullmatch(MEAN, value) else Ratio(first, second)


def _with_backticks(formula: str) -> str:
    """The formula as it should be written, where all it lacks is backticks; else nothing."""
    found = re.fullmatch(LOOSE, formula)
    names = [name for name in found.groups() if name] if found else []
    if not names or not all(is_column(name) and not name.isdigit() for name in names):
        return ""
    spelt = [name if re.fullmatch(BARE, name) else f"`{name}`" for name in names]
    right = f"mean({', '.join(spelt)})" if "(" in formula else " / ".join(spelt)
    return f"backticks around names with more than letters, digits and _: {right}"


def _meant(formula: str) -> str:
    """A question whether the formula was meant that other signs, or SQL, say."""
    plain = unicodedata.normalize("NFKC", formula).replace("÷", "/")
    plain = re.sub(r"(?i)\bsum\(([^()]*)\)", r"\1", plain)
    is_right = plain != formula and (re.fullmatch(RATIO, plain) or re.fullmatch(MEAN, plain))
    return f"; did you mean `{plain.strip()}`?" if is_right else ""


def _clock(value: Any) -> time:
    expected = "a time of day from 00:00 to 23:59"
    hour, minute = _matching(value, r"[0-9]{1,2}:[0-9]{2}", expected).split(":")
    if int(hour) > 23 or int(minute) > 59:
        raise wrong(expected, value)
    return time(int(hour), int(minute))


def _zone(value: Any) -> ZoneInfo:
    try:
        return ZoneInfo(_matching(value, ZONE, "a time zone such as Asia/Tokyo"))
    except (OSError, ValueError, KeyError):  # a folder of zones, no zone's file, nothing of that name
        hint = _near_zone(value) if isinstance(value, str) else ""
        raise wrong("a time zone such as Asia/Tokyo", value, hint) from None


def _near_zone(value: str) -> str:
    """Zones of places only: of the others, most are old names that differ in three letters."""
    zones = [name for name in available_timezones() if name.count("/") and not name.startswith("Etc/")]
    if "/" in value:
        return near(value, zones)
    places = {name.rpartition("/")[2].casefold(): name for name in sorted(zones, reverse=True)}
    found = places.get(value.strip().replace(" ", "_").casefold())
    return f"; did you mean `{found}`?" if found else ""


def _url(value: Any) -> str:
    expected = "a link that starts with https:// (or http://localhost)"
    if not isinstance(value, str) or not value.isprintable() or set(value) & set(' \\<>"'):
        raise wrong(expected, value)
    try:
        parts = urlsplit(value)
        is_right = bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        raise wrong(expected, value) from None
    is_local = parts.scheme == "http" and parts.hostname in LOCAL_HOSTS
    if not is_right or not (parts.scheme == "https" or is_local):
        raise wrong(expected, value)
    if len(value) > LONGEST_URL:
        raise wrong(f"a link of at most {LONGEST_URL} characters", f"{value[:20]}… of {len(value)}")
    return value


def _channel(value: Any) -> str:
    expected = """a channel as "#kpi" in quotes (what follows a bare # is a comment), or its id"""
    name = _matching(value, r"#[\w-]{1,80}|[CGD][A-Z0-9]{5,20}", expected)
    if name.startswith("#") and name != name.lower():
        raise wrong("a channel's name in small letters", value)
    return name


def _owner(value: Any) -> str:
    return _matching(
        value,
        r"@[\w.-]{1,80}|[USW][A-Z0-9]{5,20}",
        """an owner as "@name" in quotes, or a Slack id (U…, W…, S…)""",
    )


def _event(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > 100:
        raise wrong("an event's name as infra/calendar.yaml has it", value)
    return value.strip()


def _no_events(value: Any) -> str:
    if value != "none":
        hint = "; did you mean `none`?" if str(value).casefold() in ("no", "none", "off", "false") else ""
        raise wrong("none, or a list of events such as [winter sale]", value, hint)
    return "none"


def _direction(value: Any) -> Direction:
    if not isinstance(value, str) or value not in list(Direction):
        raise wrong("both, up or down", value)
    return Direction(value)


def _text_schema(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern})$", "examples": list(examples)})


NO_NAME = r"!\"$()*,./;?@\[\\\]^`{}~"
ANY_COLUMN = rf"[^\s{NO_NAME}]([^\t\r\n{NO_NAME}]*[^\s{NO_NAME}])?"
"""Laxer than is_column: \\w knows no Japanese in an editor."""
ANY_NAME = rf"([^\s\d{NO_NAME}&%=+:'<>#|-][^\s{NO_NAME}&%=+:'<>#|-]*|`{ANY_COLUMN}`)"
FORMULA = rf" *{ANY_NAME} */ *{ANY_NAME} *| *mean\( *{ANY_NAME} *(, *{ANY_NAME} *)?\) *"
type Column = Annotated[str, PlainValidator(_column), _text_schema(ANY_COLUMN, "clicks")]
type TableName = Annotated[
    str,
    PlainValidator(_table_name),
    _text_schema(r"([a-z0-9.:-]+\.)?[A-Za-z0-9_]+\.[^\s.*$@]+", "recsys.item_slot_daily"),
]
type Formula = Annotated[
    Ratio | Average,
    PlainValidator(_formula),
    _text_schema(FORMULA, "clicks / impressions", "mean(diversity)", "mean(diversity, impressions)"),
]
type Clock = Annotated[time, PlainValidator(_clock), _text_schema("([01]?[0-9]|2[0-3]):[0-5][0-9]", "09:00")]
type Zone = Annotated[ZoneInfo, PlainValidator(_zone), _text_schema(ZONE, "Asia/Tokyo")]
type OneDirection = Annotated[
    Direction, PlainValidator(_direction), WithJsonSchema({"enum": [each.value for each in Direction]})
]
type Dashboard = Annotated[str, PlainValidator(_url), _text_schema(r"https?://\S+")]
type Channel = Annotated[
    str, PlainValidator(_channel), _text_schema(r"#[^\sA-Z]{1,80}|[CGD][A-Z0-9]{5,20}", "#kpi")
]
type Owner = Annotated[str, PlainValidator(_owner), _text_schema(r"@\S{1,80}|[USW][A-Z0-9]{5,20}", "@name")]
type EventName = Annotated[str, PlainValidator(_event), _text_schema(r".*\S.*", "winter sale")]
type NoEvents = Annotated[
    str, PlainValidator(_no_events), WithJsonSchema({"type": "string", "const": "none"})
]
