"""A message: what is said, before any channel gives it a form. It can be kept as JSON and sent later."""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from shared.errors import SekishoError


class BadMessage(SekishoError):
    """Drop it: a message that can't be kept, or a kept one that can't be read."""


class Severity(StrEnum):
    """How much it matters; channels show it by a mark."""

    CRITICAL = "critical"
    WARNING = "warning"
    RECOVERED = "recovered"
    INFO = "info"


@dataclass(frozen=True)
class Text:
    """A paragraph, plain: channels escape it. `is_strong` sets it off, `is_small` is for asides."""

    text: str
    is_strong: bool = False
    is_small: bool = False


@dataclass(frozen=True)
class Fields:
    """Short pairs of name and value, shown side by side."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Bullets:
    """Lines of a list under a title, such as the branches of the response guide."""

    title: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Link:
    """Somewhere to go."""

    text: str
    url: str


@dataclass(frozen=True)
class Links:
    """Where to look further."""

    links: tuple[Link, ...]


@dataclass(frozen=True)
class Mark:
    """A stretch of days to be seen in a chart: an event, an anomaly, the day in question."""

    kind: str
    """event, holiday, anomaly, drift or today"""
    start: date
    end: date
    label: str = ""


@dataclass(frozen=True)
class ChartLine:
    """One KPI over days. Lists are of one length; None where there is no value."""

    title: str
    days: tuple[date, ...]
    values: tuple[float | None, ...]
    expected: tuple[float | None, ...] = ()
    lower: tuple[float | None, ...] = ()
    upper: tuple[float | None, ...] = ()
    marks: tuple[Mark, ...] = ()
    is_share: bool = False
    """Shown in percent."""


@dataclass(frozen=True)
class Chart:
    """A picture as data, drawn when it is sent. One line is a KPI's chart; many are sparklines."""

    alt: str
    """What it shows, for those who can't see it."""
    lines: tuple[ChartLine, ...]


type Part = Text | Fields | Bullets | Links | Chart


@dataclass(frozen=True)
class Message:
    """What is to be said. `headline` alone must make sense: it is what a phone shows."""

    headline: str
    severity: Severity
    parts: tuple[Part, ...] = field(default=())
    mention: str = ""
    """Who is called: an owner as the configuration names it, @name or a Slack id."""


def to_json(message: Message) -> str:
    """`message` as one line of JSON that `from_json` makes the same message of.

    Raises BadMessage where a number is NaN or infinite: JSON has none, a day without a value is None.
    """
    parts = [{"part": type(part).__name__, **asdict(part)} for part in message.parts]
    try:
        return json.dumps(
            {**asdict(message), "parts": parts}, ensure_ascii=False, allow_nan=False, default=date.isoformat
        )
    except ValueError as error:
        raise BadMessage(
            f"message {message.headline!r}: expected finite numbers or None, came {error}"
        ) from error


def from_json(text: str) -> Message:
    """The message kept as `text`. Raises BadMessage naming what is wrong where, also for an unknown part."""
    try:
        kept = json.loads(text)
    except ValueError as error:
        raise BadMessage(f"kept message: expected JSON, came {text[:40]!r}") from error
    if not isinstance(kept, dict) or not isinstance(kept.get("parts"), list):
        raise BadMessage(f"kept message: expected an object with a list of parts, came {text[:40]!r}")
    message: Message = _read(Message, {**kept, "parts": ()}, "message")
    return replace(message, parts=tuple(_part(each, n) for n, each in enumerate(kept["parts"])))


def _part(kept: Any, number: int) -> Part:
    name = kept.get("part") if isinstance(kept, dict) else None
    kind = {each.__name__: each for each in get_args(Part.__value__)}.get(str(name))
    if kind is None:
        raise BadMessage(f"kept message, part {number}: expected a kind of part known here, came {name!r}")
    part: Part = _read(kind, {key: value for key, value in kept.items() if key != "part"}, f"part {number}")
    return part


def _read(kind: Any, kept: Any, where: str) -> Any:
    try:
        return _reader(kind).validate_python(kept)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field_name = ".".join(str(place) for place in first["loc"]) or "whole"
        raise BadMessage(
            f"kept message, {where}, {field_name}: {first['msg']}, came {str(first['input'])[:40]!r}"
        ) from error


@cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    """What checks a kept part; made when first needed."""
    return TypeAdapter(kind)
