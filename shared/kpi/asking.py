"""Asking for checks: what the scheduler or a person says, and the message that asks for one table's day."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from shared.errors import BadEvent

LONGEST_NAME = 1_000
MOST_DAYS = 31


@dataclass(frozen=True)
class CheckRequest:
    """Check days of one table, the oldest first; none: its newest due one.

    `config` is where its file is, if the asker knows. Days of one table go together, so that what is told of
    the second knows what was told of the first.
    """

    table: str
    days: tuple[date, ...] = ()
    config: str = ""

    def to_message(self) -> bytes:
        """The request as a Pub/Sub message holds it."""
        said = {"table": self.table, "config": self.config, "dates": [day.isoformat() for day in self.days]}
        return json.dumps({name: value for name, value in said.items() if value}).encode()

    @classmethod
    def from_message(cls, data: bytes, today: date) -> "CheckRequest":
        """The request in `data`, with `date` or `dates`. Raises BadEvent naming the field.

        Days after `today` are not over yet.
        """
        return cls._of(_entries(data, {"table", "date", "dates", "config"}), today)

    @classmethod
    def _of(cls, said: dict[str, Any], today: date) -> "CheckRequest":
        days = said.get("dates", [])
        if not isinstance(days, list) or len(days) > MOST_DAYS:
            raise BadEvent(
                f"dates: expected a list of at most {MOST_DAYS} dates, came {days!r:.200}", "dates"
            )
        if said.get("date") is not None:
            days = [said["date"], *days]
        wanted = {_day(day, today) for day in days}
        config = _text(said, "config") if "config" in said else ""
        return cls(_text(said, "table"), tuple(sorted(wanted)), config)


@dataclass(frozen=True)
class Asked:
    """What the hourly run is asked: every due table as of a moment, or one table whatever is due."""

    as_of: datetime
    request: CheckRequest | None = None

    @classmethod
    def from_body(cls, body: bytes, now: datetime) -> "Asked":
        """What an HTTP body says. Raises BadEvent naming the field.

        Nothing: as of `now`. {"now": "2026-01-13T09:30:00+09:00"}: as of then. {"table": …, "date": …} or
        with "dates": that.
        """
        said = _entries(body, {"now", "table", "date", "dates"}) if body.strip() else {}
        if "table" in said or "date" in said or "dates" in said:
            if "now" in said:
                raise BadEvent("now: expected either now or a table, came both", field="now")
            return cls(now, CheckRequest._of(said, now.date() + timedelta(days=1)))
        return cls(_moment(said["now"], now) if "now" in said else now)


def _entries(data: bytes, known: set[str]) -> dict[str, Any]:
    fields = ", ".join(sorted(known))
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadEvent(f"body: expected JSON with {fields}, came no JSON") from error
    if not isinstance(said, dict):
        raise BadEvent(f"body: expected an object with {fields}, came {type(said).__name__}")
    if unknown := sorted(said.keys() - known):
        raise BadEvent(f"{unknown[0]}: expected only {fields}, came {unknown[0]!r}", field=unknown[0])
    return said


def _text(said: dict[str, Any], field: str) -> str:
    value = said.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        raise BadEvent(f"{field}: expected text such as recsys.item_slot_daily, came {value!r:.200}", field)
    return value


def _day(value: Any, latest: date) -> date:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise BadEvent(f"date: expected a date such as 2026-01-12, came {value!r:.200}", "date") from error
    if day > latest:
        raise BadEvent(f"date: expected {latest} at the latest, came {day}", "date")
    return day


def _moment(value: Any, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise BadEvent(
            f"now: expected a time such as 2026-01-13T09:30:00+09:00, came {value!r:.200}", "now"
        ) from error
    if moment.tzinfo is None:
        raise BadEvent(f"now: expected a time with its offset from UTC, such as +09:00, came {value}", "now")
    if moment > now:
        raise BadEvent(f"now: expected {now.isoformat()} at the latest, came {value}", "now")
    return moment
