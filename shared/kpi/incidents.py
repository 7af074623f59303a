"""Incidents: told once, repeated in a thread, taken back. Decides which alert a check is worth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from shared.keys import key_of
from shared.kpi.arrival.findings import Finding, FindingKind
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.judgement import Status

FAILED = "failed"
"""The subject of a check that could not be done."""


class AlertKind(StrEnum):
    """What an alert says."""

    RAISED = "raised"
    """An incident begins: a message of its own."""
    REPEATED = "repeated"
    """It goes on another day, or is different after another look: a reply in its thread."""
    RECOVERED = "recovered"
    """It is over: a reply that all see."""
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
        return self.kind in (AlertKind.REPEATED, AlertKind.RECOVERED)


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
        """Whether a recovery was told, and nothing of a newer day after that."""
        return self.last.kind is AlertKind.RECOVERED

    @property
    def place(self) -> tuple[str, str]:
        """Channel and thread of its first message; both empty as long as nothing of it is known as sent."""
        sent = (each for each in self.alerts if each.state is AlertState.SENT and each.thread)
        return next(((each.channel, each.thread) for each in sent), ("", ""))

    def told_of(self, day: date) -> Alert | None:
        """What was told of `day` last, None where nothing was."""
        return next((each for each in reversed(self.alerts) if each.day == day), None)


@dataclass(frozen=True)
class Decision:
    """The alert a check is worth."""

    alert_id: str
    table: str
    day: date
    kind: AlertKind
    incident: date
    """The day the incident began."""
    day_number: int
    """1 on the incident's first day; days nobody checked count."""
    subjects: frozenset[str]
    """What is wrong now. Of a repeat none, where an older day of the incident was repaired."""
    new_subjects: frozenset[str] = frozenset()
    """Those the incident was not about until now."""
    recovered_subjects: frozenset[str] = frozenset()
    """Those it was about when it was told of last, and is no longer."""
    channel: str = ""
    thread: str = ""
    """Where the incident's first message is; empty where it begins, or where that was not sent yet."""
    aloud: bool = False
    """A reply that all see: something new is wrong, or it is over. A first message is seen anyway."""
    another_look: bool = False
    """The day itself was told of before: something changed since, or it was repaired."""
    due_again: bool = False
    """The same was decided before, under the same id, but it is not known to have arrived."""
    turn: int = 0

    def as_alert(self, headline: str, channel: str, recorded_at: datetime) -> Alert:
        """The alert to be sent: into the incident's thread, or to `channel` where it has none yet."""
        return Alert(
            alert_id=self.alert_id,
            table=self.table,
            day=self.day,
            kind=self.kind,
            state=AlertState.UNSENT if self.due_again else AlertState.SENDING,
            incident=self.incident,
            subjects=self.subjects,
            headline=headline,
            channel=self.channel or channel,
            thread=self.thread,
            recorded_at=recorded_at,
            turn=self.turn,
        )


def decide(check: TableCheck, past: Iterable[Alert]) -> Decision | None:
    """The alert `check` is worth after the table's `past` ones, at their furthest; None: nothing to tell.

    An alarming day with no incident going on raises one; any later alarming day repeats it, however many
    days nobody checked in between; a later day that is settled and not alarming ends it, if what was wrong
    was looked at on it. A day told of before
    is told again only where it is different now. A day older than what was told last ends and begins nothing
    newer: what is different goes into the thread of the incident the day belongs to. What a channel refused
    was never told.
    """
    now = subjects_of(check)
    if not now and not check.state.is_settled:
        return None
    everything = [each for each in past if each.table == check.table and each.kind is not AlertKind.SUMMARY]
    told = [each for each in everything if each.state is not AlertState.REFUSED]
    home = _home(told, check.day)
    untold = _not_looked_at(check, home)
    if untold and not now:
        return None  # a weekend without rows, a ratio of nothing: that it is over nobody has seen
    subjects = now | untold
    on_day = home.told_of(check.day) if home else None
    if home and on_day and on_day.subjects == subjects:
        if on_day.state not in PENDING:
            return None
        before = home.alerts[: home.alerts.index(on_day)]
        return _decision(on_day.kind, check, subjects, home, before, told, on_day.turn, on_day)
    is_last = home is not None and home.last.day <= check.day
    if home is None or (home.is_over and is_last):
        if not subjects:
            return None
        kind = AlertKind.RAISED
    elif subjects:
        kind = AlertKind.REPEATED
    elif is_last:
        kind = AlertKind.RECOVERED
    elif on_day:  # repaired, while a newer day is not, or was told to be over already
        kind = AlertKind.REPEATED
    else:
        return None
    before = tuple(each for each in home.alerts if each.day <= check.day) if home else ()
    turn = max((each.turn + 1 for each in everything if each.day == check.day), default=0)
    return _decision(kind, check, subjects, home, before, told, turn)


def _not_looked_at(check: TableCheck, home: Incident | None) -> frozenset[str]:
    """The KPIs the incident was about when it was told of last that could not be judged now: still wrong,
    as far as anybody knows."""
    if home is None or home.is_over:
        return frozenset()
    before = [each for each in home.alerts if each.day <= check.day]
    judged = {each.name: each.status for each in check.judgements}
    silent = {each.kpi for each in check.judgements if each.status is Status.MUTED}
    kinds = {kind.value for kind in FindingKind} | {FAILED, CheckState.MISSING.value}

    def is_open(name: str) -> bool:
        if name.partition(":")[0] in kinds:
            return False
        if name in judged:
            return judged[name] not in (Status.NORMAL, Status.ANOMALY, Status.DRIFT)
        # Of a day that was looked at, a KPI without any judgement is no longer watched.
        return check.state is not CheckState.CHECKED or name.partition(" (")[0] in silent

    return frozenset(name for name in (before[-1].subjects if before else ()) if is_open(name))


def subjects_of(check: TableCheck) -> frozenset[str]:
    """What somebody is told is wrong; empty exactly where the check is not alarming."""
    if check.state is CheckState.FAILED:
        return frozenset({FAILED})
    found = {subject_of(finding) for finding in check.arrival.findings if finding.is_serious}
    found |= {judgement.name for judgement in check.alarming}
    if check.state is CheckState.MISSING and not found:
        found = {check.state.value}
    return frozenset(found)


def subject_of(finding: Finding) -> str:
    """An arrival finding in one word: its kind, with the column where there is one."""
    return f"{finding.kind}:{finding.column}" if finding.column else finding.kind.value


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
        if alert.kind is AlertKind.RAISED and _has_recovered(found.get(alert.incident, ())):
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


def in_thread(alert: Alert, told: Iterable[Alert]) -> Alert:
    """`alert` as a reply to its incident's first message, where that is known as sent by what was `told`."""
    if not alert.is_reply or alert.thread:
        return alert
    incidents = incidents_of(each for each in told if each.table == alert.table)
    places = [each.place for each in incidents if each.began == alert.incident]
    channel, thread = places[-1] if places else ("", "")
    return replace(alert, channel=channel, thread=thread) if thread else alert


def _has_recovered(alerts: Sequence[Alert]) -> bool:
    return bool(alerts) and alerts[-1].kind is AlertKind.RECOVERED


def _home(told: Iterable[Alert], day: date) -> Incident | None:
    """The incident `day` belongs to or comes after: the newest that began by then."""
    return next((each for each in reversed(incidents_of(told)) if each.began <= day), None)


def _decision(
    kind: AlertKind,
    check: TableCheck,
    subjects: frozenset[str],
    home: Incident | None,
    before: Sequence[Alert],
    told: Iterable[Alert],
    turn: int,
    again: Alert | None = None,
) -> Decision:
    is_first = kind is AlertKind.RAISED or home is None
    began = check.day if is_first or home is None else home.began
    others = [each for each in home.alerts if each is not again] if home else []
    new = subjects if is_first else subjects.difference(*(each.subjects for each in others))
    lost = frozenset[str]() if is_first or not before else before[-1].subjects - subjects
    channel, thread = home.place if home and not is_first else ("", "")
    is_newest = all(each.day <= check.day for each in told)
    return Decision(
        alert_id=again.alert_id if again else alert_id_of(check.table, check.day, kind, subjects, turn),
        table=check.table,
        day=check.day,
        kind=kind,
        incident=began,
        day_number=(check.day - began).days + 1,
        subjects=subjects,
        new_subjects=new,
        recovered_subjects=lost,
        channel=channel,
        thread=thread,
        aloud=is_newest if kind is AlertKind.RECOVERED else kind is AlertKind.REPEATED and bool(new),
        another_look=not is_first and any(each.day == check.day for each in before),
        due_again=again is not None,
        turn=turn,
    )
