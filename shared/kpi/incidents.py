"""Incidents: told once, repeated in a thread, taken back. What was told of tables, and what is going on."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from shared.keys import key_of


class AlertKind(StrEnum):
    """What an alert says."""

    RAISED = "raised"
    """An incident begins: a message of its own."""
    REPEATED = "repeated"
    """It goes on another day, or is different after another look: a reply in its thread."""
    RECOVERED = "recovered"
    """It is over, as was seen: a reply that all see."""
    TAKEN = "taken"
    """It is over: nobody saw it mended, what is left of it is how the table is now. A reply, without a word
    to anybody else."""
    SUMMARY = "summary"


class AlertState(StrEnum):
    """How far an alert got. `sending` may or may not have arrived."""

    SENDING = "sending"
    SENT = "sent"
    UNSENT = "unsent"
    """The channel was down: it goes out at the next run."""
    REFUSED = "refused"
    """The channel will never take it; somebody must mend the setting."""

    @property
    def rank(self) -> int:
        """How far along it is. Stored with every row: numbers may be added, never changed.

        What was tried again is no further than what failed before, until it arrived.
        """
        return _RANKS[self]


_RANKS = {AlertState.SENDING: 10, AlertState.UNSENT: 20, AlertState.REFUSED: 50, AlertState.SENT: 90}
ENDS = (AlertKind.RECOVERED, AlertKind.TAKEN)
"""What ends an incident."""
PENDING = (AlertState.SENDING, AlertState.UNSENT)
"""States of which nobody knows that the alert arrived: it is tried again."""


@dataclass(frozen=True)
class Alert:
    """One message about one table and day, and how far it got."""

    alert_id: str
    """Deterministic: the same for the same thing told."""
    table: str
    day: date
    kind: AlertKind
    state: AlertState
    incident: date
    """The day the incident began."""
    subjects: frozenset[str]
    """What was wrong that day: names of KPIs with segment, arrival finding kinds with column, "failed"."""
    headline: str
    channel: str
    thread: str
    recorded_at: datetime
    detail: str = ""
    """Why it was not sent."""
    turn: int = 0
    """Which telling of the day this is. The order of a day's alerts: clocks disagree."""

    @property
    def is_reply(self) -> bool:
        """Whether it belongs into the thread of its incident's first message."""
        return self.kind in (AlertKind.REPEATED, *ENDS)


@dataclass(frozen=True)
class Incident:
    """What was told of a table from its first bad day on, in order: by day, then turn. At least one alert."""

    alerts: tuple[Alert, ...]

    @property
    def table(self) -> str:
        """The table it is about."""
        return self.alerts[0].table

    @property
    def began(self) -> date:
        """Its first day."""
        return self.alerts[0].incident

    @property
    def last(self) -> Alert:
        """What was told of its newest day last."""
        return self.alerts[-1]

    @property
    def is_over(self) -> bool:
        """Whether its end was told, and nothing of a newer day after that."""
        return self.last.kind in ENDS

    @property
    def has_recovered(self) -> bool:
        """Whether it is over, and was seen to be right again."""
        return self.last.kind is AlertKind.RECOVERED

    @property
    def place(self) -> tuple[str, str]:
        """Channel and thread of its first message; both empty as long as nothing of it is known as sent."""
        sent = (each for each in self.alerts if each.state is AlertState.SENT and each.thread)
        return next(((each.channel, each.thread) for each in sent), ("", ""))

    def until(self, day: date) -> tuple[Alert, ...]:
        """What was told of `day` and the days before."""
        return tuple(each for each in self.alerts if each.day <= day)

    def told_of(self, day: date) -> Alert | None:
        """What was told of `day` last, None where nothing was."""
        return next((each for each in reversed(self.alerts) if each.day == day), None)


def alert_id_of(table: str, day: date, kind: AlertKind, subjects: Iterable[str], turn: int = 0) -> str:
    """The id of an alert: the same for the same thing told, however often it is decided."""
    parts = (table, day.isoformat(), kind.value, str(turn), *sorted(subjects))
    return key_of("alert", *parts)


def incidents_of(alerts: Iterable[Alert]) -> list[Incident]:
    """The incidents that `alerts` of one table tell of, the oldest first."""
    found: dict[date, list[Alert]] = {}
    for alert in sorted(alerts, key=lambda a: (a.day, a.turn, a.recorded_at, a.alert_id)):
        if alert.kind is AlertKind.SUMMARY or alert.state is AlertState.REFUSED:
            continue
        # An incident that ended and came again on one day is two; only the second can go on.
        if alert.kind is AlertKind.RAISED and _has_ended(found.get(alert.incident, ())):
            found[alert.incident] = []
        found.setdefault(alert.incident, []).append(alert)
    return [Incident(tuple(found[began])) for began in sorted(found)]


def open_incidents(alerts: Iterable[Alert]) -> list[Incident]:
    """What is going on by `alerts` of any tables: each table's newest incident unless over, oldest first."""
    by_table: dict[str, list[Alert]] = {}
    for alert in alerts:
        by_table.setdefault(alert.table, []).append(alert)
    newest = [found[-1] for each in by_table.values() if (found := incidents_of(each))]
    return sorted((each for each in newest if not each.is_over), key=lambda each: (each.began, each.table))


def no_longer_watched(alerts: Iterable[Alert], watched: Collection[str], since: date) -> list[Incident]:
    """What was going on of tables that no file names any more, and was told of on `since` or later.

    Such a table's file was deleted, or names another: nobody will ever see that it is over. It is worth a
    line when it stops, and none after that: it is closed.
    """
    gone = (each for each in open_incidents(alerts) if each.table not in watched)
    return [each for each in gone if each.last.day >= since]


def in_thread(alert: Alert, told: Iterable[Alert]) -> Alert:
    """`alert` as a reply to its incident's first message, where that is known as sent by what was `told`."""
    if not alert.is_reply or alert.thread:
        return alert
    incidents = incidents_of(each for each in told if each.table == alert.table)
    places = [each.place for each in incidents if each.began == alert.incident]
    channel, thread = places[-1] if places else ("", "")
    return replace(alert, channel=channel, thread=thread) if thread else alert


def _has_ended(alerts: Sequence[Alert]) -> bool:
    return bool(alerts) and alerts[-1].kind in ENDS
