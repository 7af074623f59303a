"""Deciding: which alert a check is worth, by what was told of the table before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.kpi.checks import TableCheck
from shared.kpi.incidents import PENDING, Alert, AlertKind, AlertState, Incident, alert_id_of, incidents_of
from shared.kpi.subjects import Fate, fate_of, subjects_of

UNSEEN_DAYS = 7
"""What nobody could look at for so long keeps no incident open."""
SAME_MOMENT = timedelta(hours=1)
"""Of two days that were told within it neither check knew of the other."""


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
    """Those it was about when it was told of last, and that were seen to be right now."""
    taken_subjects: frozenset[str] = frozenset()
    """Those it was about when it was told of last, and that are how the table is now."""
    channel: str = ""
    thread: str = ""
    """Where the incident's first message is; empty where it begins, or where that was not sent yet."""
    aloud: bool = False
    """A reply that all see: something new is wrong, or it is over. A first message is seen anyway."""
    another_look: bool = False
    """The day itself was told of before: something changed since, or it was repaired."""
    is_past: bool = False
    """Something newer was told of the table: whatever ends, ends for this day alone."""
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
    days nobody checked in between. A later day that is settled and not alarming ends it once all of what was
    wrong was seen to be right. What was not looked at stays open, without a word, for 7 days since it was
    told last; what is how the table is now ends at once: either ends the incident as taken, not as recovered.

    A day told of before is told again only where it is different now. A day older than what was told last
    ends and begins nothing newer: what is different goes into the thread of the incident the day belongs to.
    What a channel refused was never told.
    """
    now = subjects_of(check)
    if not now and not check.state.is_settled:
        return None
    everything = [each for each in past if each.table == check.table and each.kind is not AlertKind.SUMMARY]
    told = [each for each in everything if each.state is not AlertState.REFUSED]
    home = _home(told, check.day)
    is_last = home is not None and home.last.day <= check.day
    untold = _still_open(check, home.until(check.day) if home and not (home.is_over and is_last) else ())
    if untold and not now:
        return None  # a weekend without rows, a ratio of nothing: that it is over nobody has seen
    subjects = now | untold
    on_day = home.told_of(check.day) if home else None
    if home and on_day and on_day.subjects == subjects:
        if on_day.state not in PENDING:
            return None
        before = home.alerts[: home.alerts.index(on_day)]
        return _decision(on_day.kind, check, subjects, home, before, told, on_day.turn, on_day)
    if home is None or (home.is_over and is_last):
        home = home if subjects else _twin(check, home, told)
        if not subjects and home is None:
            return None
        kind = AlertKind.RAISED if subjects else AlertKind.RECOVERED
    elif subjects:
        kind = AlertKind.REPEATED
    elif is_last:
        kind = AlertKind.RECOVERED
    elif on_day:  # repaired, while a newer day is not, or was told to be over already
        kind = AlertKind.REPEATED
    else:
        return None
    before = home.until(check.day) if home else ()
    turn = max((each.turn + 1 for each in everything if each.day == check.day), default=0)
    return _decision(kind, check, subjects, home, before, told, turn)


def _home(told: Iterable[Alert], day: date) -> Incident | None:
    """The incident `day` belongs to or comes after: the newest that began by then."""
    return next((each for each in reversed(incidents_of(told)) if each.began <= day), None)


def _twin(check: TableCheck, home: Incident | None, told: Iterable[Alert]) -> Incident | None:
    """An older incident that was told at the same moment as `home`, and can end now as that did."""
    for each in incidents_of(told) if home else ():
        if home and each.began < home.began and each.last.day < check.day and not each.is_over:
            apart = abs(each.alerts[0].recorded_at - home.alerts[0].recorded_at)
            if apart <= SAME_MOMENT and not _still_open(check, each.alerts):
                return each
    return None


def _still_open(check: TableCheck, told: Sequence[Alert]) -> frozenset[str]:
    """Of what was told as wrong last that of which nobody knows whether it is, unless for too long."""
    if not told or check.day - told[-1].day >= timedelta(days=UNSEEN_DAYS):
        return frozenset()
    before = told[-1].subjects - subjects_of(check)
    return frozenset(each for each in before if _fate(each, check, told) is Fate.UNSEEN)


def _fate(subject: str, check: TableCheck, told: Sequence[Alert]) -> Fate:
    first = check.day
    for each in reversed(told):
        if subject not in each.subjects:
            break
        first = each.day
    return fate_of(subject, check, (check.day - first).days)


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
    recovered = frozenset(each for each in lost if _fate(each, check, before) is Fate.GOOD)
    if kind is AlertKind.RECOVERED and recovered != lost:
        kind = AlertKind.TAKEN
    channel, thread = home.place if home and not is_first else ("", "")
    is_past = any(each.day > check.day or each.incident > began for each in told)
    return Decision(
        alert_id=again.alert_id if again else alert_id_of(check.table, check.day, kind, subjects, turn),
        table=check.table,
        day=check.day,
        kind=kind,
        incident=began,
        day_number=(check.day - began).days + 1,
        subjects=subjects,
        new_subjects=new,
        recovered_subjects=recovered,
        taken_subjects=lost - recovered,
        channel=channel,
        thread=thread,
        aloud=not is_past if kind is AlertKind.RECOVERED else kind is AlertKind.REPEATED and bool(new),
        another_look=not is_first and any(each.day == check.day for each in before),
        is_past=is_past,
        due_again=again is not None,
        turn=turn,
    )
