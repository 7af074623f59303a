"""What the scheduler or a person asks a summary of."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from shared.errors import BadEvent
from shared.kpi.incidents import Alert, AlertKind, AlertState, alert_id_of
from shared.kpi.summary.comparison import Period, Span
from shared.kpi.summary.summarising import newest_period
from shared.kpi.tables import KpiTable

EXPECTED = '{"period": "daily" or "weekly", "date": "2026-01-12"}'


@dataclass(frozen=True)
class SummaryRequest:
    """A day's summary or a week's. `last`: its last day; None: of the newest whole one that is due."""

    period: Period = Period.DAILY
    last: date | None = None

    @classmethod
    def from_body(cls, body: bytes, today: date) -> "SummaryRequest":
        """What an HTTP body says, nothing being a daily summary. Raises BadEvent naming the field."""
        try:
            said = json.loads(body) if body.strip() else {}
        except (ValueError, RecursionError) as error:
            raise BadEvent(f"body: expected nothing or {EXPECTED}, came no JSON") from error
        if not isinstance(said, dict):
            raise BadEvent(f"body: expected nothing or {EXPECTED}, came {type(said).__name__}")
        if unknown := sorted(said.keys() - {"period", "date"}):
            raise BadEvent(f"{unknown[0]}: expected {EXPECTED}, came {unknown[0]!r:.100}", field=unknown[0])
        return cls(_period(said.get("period")), _last(said.get("date"), today))

    def span(self, tables: Iterable[KpiTable], now: datetime) -> Span:
        """The days it is about. Without any table the newest day that is over."""
        if self.last is not None:
            return self.period.span(self.last)
        yesterday = now.date() - timedelta(days=1)
        return newest_period(self.period, tables, now) or self.period.span(self.period.last_day(yesterday))

    def alert(self, span: Span, channel: str, now: datetime, told: Iterable[Alert]) -> Alert:
        """What is kept of this summary: as far as it got among `told`, or about to be sent to `channel`."""
        alert_id = alert_id_of("", span.end, AlertKind.SUMMARY, [self.period.value])
        found = next((each for each in told if each.alert_id == alert_id), None)
        if found:  # one that was refused is sent where the setting says by now
            return replace(found, channel=channel) if found.state is AlertState.REFUSED else found
        return Alert(
            alert_id=alert_id,
            table="",
            day=span.end,
            kind=AlertKind.SUMMARY,
            state=AlertState.SENDING,
            incident=span.end,
            subjects=frozenset({self.period.value}),
            headline="",
            channel=channel,
            thread="",
            recorded_at=now,
        )


def _period(said: Any) -> Period:
    if said is None:
        return Period.DAILY
    if said not in list(Period):
        raise BadEvent(f"period: expected daily or weekly, came {said!r:.100}", field="period")
    return Period(said)


def _last(said: Any, today: date) -> date | None:
    if said is None:
        return None
    try:
        last = date.fromisoformat(said)
    except (TypeError, ValueError) as error:
        raise BadEvent(
            f"date: expected a date such as 2026-01-12, came {said!r:.100}", field="date"
        ) from error
    if last > today:
        raise BadEvent(f"date: expected {today} at the latest, came {last}", field="date")
    return last
