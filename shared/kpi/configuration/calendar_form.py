"""The form of the calendar's file: its fields and their defaults."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from shared.kpi.calendar import NO_COUNTRY, is_country
from shared.kpi.configuration.problems import wrong
from shared.kpi.configuration.table_fields import EventName
from shared.kpi.configuration.table_form import left_out
from shared.kpi.events import MonthDay

FIRST_YEAR, LAST_YEAR = 2000, 2100
ANY_LEAP_YEAR = 2024
A_DAY = "a day as MM-DD of every year or YYYY-MM-DD"


def _day(value: Any) -> MonthDay | date:
    parts = value.split("-") if isinstance(value, str) else []
    if [len(part) for part in parts] not in ([2, 2], [4, 2, 2]) or not all(
        part.isascii() and part.isdigit() for part in parts
    ):
        raise wrong(A_DAY, value)
    numbers = [int(part) for part in parts]
    try:
        if len(numbers) == 2:
            date(ANY_LEAP_YEAR, *numbers)
            return MonthDay(*numbers)
        found = date(*numbers)
    except ValueError:
        raise wrong("a day that exists", value) from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise wrong(f"a year from {FIRST_YEAR} to {LAST_YEAR}", value)
    return found


def _country(value: Any) -> str:
    if not isinstance(value, str) or not (value == NO_COUNTRY or is_country(value)):
        is_small = isinstance(value, str) and is_country(value.upper())
        hint = f"; did you mean `{value.upper()}`?" if is_small else ""
        raise wrong("a country's two letters such as JP, or none", value, hint)
    return value


type Day = Annotated[MonthDay | date, PlainValidator(_day)]
type Days = Annotated[int, Field(ge=0, le=31)]


class CalendarFile(BaseModel):
    """The whole file; every field may be left out."""

    model_config = ConfigDict(strict=True, extra="forbid")

    country: Annotated[str, PlainValidator(_country)] = Field(
        "JP", title="a country's two letters such as JP"
    )
    bridge_days: bool = Field(default=True, title="true or false")
    closing_days: list[Any] = Field(default=[], title="a list of days such as [01-01, 2026-05-02]")
    events: list[Any] = Field(default=[], title="a list of events")


class SpanEntry(BaseModel):
    """One time something happens."""

    model_config = ConfigDict(strict=True, extra="forbid")

    start: Day = Field(title=A_DAY)
    end: Day = left_out(title=A_DAY)


class EventEntry(BaseModel):
    """An own event."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: EventName = Field(title="the event's name")
    start: Day = left_out(title=A_DAY)
    end: Day = left_out(title=A_DAY)
    dates: list[Any] = left_out(title="a list such as [{start: 2026-11-23, end: 2026-11-29}]", min_length=1)
    repeats: Literal["yearly", "none"] = left_out(title="yearly or none")
    lead_days: Days = Field(default=0, title="a whole number of days from 0 to 31")
    lag_days: Days = Field(default=0, title="a whole number of days from 0 to 31")
