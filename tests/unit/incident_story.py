"""A table's story for tests of incidents: days that are checked, and what was told of them so far."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from shared.kpi.arrival.findings import Arrival, ArrivalState, Finding, FindingKind
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.deciding import Decision, decide
from shared.kpi.history import Column, Shape
from shared.kpi.incidents import (
    Alert,
    AlertKind,
    AlertState,
)
from shared.kpi.judgement import Judgement, Status

TABLE = "recsys.item_slot_daily"
KPIS = ("ctr", "clicks", "orders", "orders_of_men")
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
RAISED, REPEATED, RECOVERED = AlertKind.RAISED, AlertKind.REPEATED, AlertKind.RECOVERED
TAKEN = AlertKind.TAKEN
DAY = timedelta(days=1)
GONE = Finding(FindingKind.SEGMENT_GONE, "mall=B", {"usual": 24}, segments=frozenset({"mall=B, gender=m"}))


def on(number: int) -> date:
    return date(2026, 11, number)


def a_check(number: int, *anomalies: str, state: CheckState = CheckState.CHECKED) -> TableCheck:
    """A day with rows, KPIs that are wrong, and others that are as they should be."""
    judgements = [Judgement(kpi, "", on(number), Status.ANOMALY, score=1.5) for kpi in anomalies]
    normal = [Judgement(kpi, "", on(number), Status.NORMAL) for kpi in KPIS if kpi not in anomalies]
    arrivals = {CheckState.WAITING: ArrivalState.WAITING, CheckState.MISSING: ArrivalState.MISSING}
    arrival = Arrival(arrivals.get(state, ArrivalState.ARRIVED))
    if state not in (CheckState.CHECKED, CheckState.BROKEN):
        return TableCheck(TABLE, on(number), state, NOW, arrival, tuple(judgements))
    return TableCheck(TABLE, on(number), state, NOW, arrival, (*judgements, *normal), rows=100)


def found(
    number: int, *findings: Finding, judgements: Sequence[Judgement] = (), columns: Sequence[str] = ("day",)
) -> TableCheck:
    """A day of whose rows something is to be said."""
    is_broken = any(each.is_serious for each in findings)
    check = a_check(number, state=CheckState.BROKEN if is_broken else CheckState.CHECKED)
    arrival = Arrival(ArrivalState.BROKEN if is_broken else ArrivalState.ARRIVED, findings)
    shape = Shape(tuple(Column(name, "INTEGER") for name in columns), "day")
    others = tuple(each for each in check.judgements if each.name not in {it.name for it in judgements})
    return replace(check, arrival=arrival, shape=shape, judgements=(*judgements, *others))


class Told:
    """What was told of the table so far: decides on checks, and sends what it decides."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []
        self.looks = 0

    def look(
        self, number: int, *anomalies: str, state: CheckState = CheckState.CHECKED, arrived: str = "sent"
    ) -> Decision | None:
        """Checks a day and tells what it is worth; `arrived` is how far that gets."""
        return self.see(a_check(number, *anomalies, state=state), arrived)

    def see(self, check: TableCheck, arrived: str = "sent") -> Decision | None:
        """Tells what a check is worth."""
        self.looks += 1
        decision = decide(check, self.shuffled())
        if decision is not None:
            known = [each for each in self.alerts if each.alert_id != decision.alert_id]
            alert = replace(
                decision.as_alert("headline", "#kpi", NOW + self.looks * DAY), state=AlertState(arrived)
            )
            if alert.state is AlertState.SENT:
                alert = replace(alert, thread=alert.thread or f"ts-{len(known)}")
            self.alerts = [*known, alert]
        return decision

    def shuffled(self) -> list[Alert]:
        """The alerts in no order: nothing may depend on it."""
        return random.Random(len(self.alerts)).sample(self.alerts, len(self.alerts))


def told_kind(decision: Decision | None) -> tuple[AlertKind, bool] | None:
    return None if decision is None else (decision.kind, decision.aloud)
