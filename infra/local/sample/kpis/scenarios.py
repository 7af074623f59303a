"""Scenarios: the incidents of the demo, which days are checked, and what must be said of them, or nothing."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from infra.local.sample.kpis.incidents import (
    drifting,
    multiplied,
    not_built,
    retyped_to_text,
    without_column,
)
from infra.local.sample.kpis.rows import SampleTable
from infra.local.sample.kpis.seasons import ANCHOR_DAY
from shared.kpi.arrival.findings import FindingKind
from shared.kpi.incidents import Alert, AlertState

type Directions = Mapping[tuple[str, date, str], str]
"""By table, day and KPI (with its segment): on which side it was found of what was expected."""

DAY_BEFORE = ANCHOR_DAY - timedelta(days=1)
FALL_BEGINS = date(2025, 12, 10)
CREEP_BEGINS = date(2025, 12, 5)
CREEPING_SERVICE = "BigQuery"


@dataclass(frozen=True)
class Expected:
    """What must be said: a finding about the data, or each of `kpis` out of place in `direction`.

    A KPI counts whether it is told of the whole table or of one of its segments.
    """

    finding: FindingKind | None = None
    column: str = ""
    kpis: tuple[str, ...] = ()
    direction: str = ""

    def is_said_in(self, alert: Alert, directions: Directions) -> bool:
        """Whether the alert says it."""
        if self.finding is not None:
            return (f"{self.finding}:{self.column}" if self.column else self.finding) in alert.subjects
        right = {
            subject.partition(" (")[0]
            for subject in alert.subjects
            if directions.get((alert.table, alert.day, subject)) == self.direction
        }
        return set(self.kpis) <= right

    def __str__(self) -> str:
        if self.finding is not None:
            return f"{self.finding} {self.column}".strip()
        return f"{', '.join(self.kpis)} {self.direction}"


@dataclass(frozen=True)
class Scenario:
    """One thing that goes wrong, or only looks so, in one table.

    Play it so: check `days_before` with the table healthy; put the incident in; check `days`, in order.
    Where there are no `days_before` the incident may be in the table from the start: a check reads nothing
    later than its day. `expected` is None for a trap, which must stay silent on every one of its `days`.
    """

    name: str
    title: str
    table: str
    days: tuple[date, ...]
    apply: Callable[[SampleTable], SampleTable]
    expected: Expected | None
    found_by: date = ANCHOR_DAY
    days_before: tuple[date, ...] = ()

    @property
    def changes_shape(self) -> bool:
        """Whether the table must be known healthy before it changes."""
        return bool(self.days_before)


@dataclass(frozen=True)
class Told:
    """What was said about one scenario: the alert that said it, None where nothing was said."""

    scenario: Scenario
    alert: Alert | None
    came_right: bool


def told_of(scenario: Scenario, alerts: Collection[Alert], directions: Directions) -> Told:
    """The first of `alerts`, in order, that says what had to be said; of a trap, that says anything."""
    heard = [
        alert
        for alert in alerts
        if alert.table == scenario.table and alert.day in scenario.days and alert.state is AlertState.SENT
    ]
    expected = scenario.expected
    if expected is None:
        return Told(scenario, heard[0] if heard else None, not heard)
    said = next((alert for alert in heard if expected.is_said_in(alert, directions)), None)
    return Told(scenario, said, said is not None and said.day <= scenario.found_by)


def with_incidents(tables: Mapping[str, SampleTable]) -> Mapping[str, SampleTable]:
    """`tables` with every incident in them that may be there from the start: all but changes of shape."""
    changed = dict(tables)
    for scenario in SCENARIOS:
        if not scenario.changes_shape:
            changed[scenario.table] = scenario.apply(changed[scenario.table])
    return changed


def _every(first: date, last: date, step: int = 1) -> tuple[date, ...]:
    return tuple(first + timedelta(days=number) for number in range(0, (last - first).days + 1, step))


SCENARIOS = (
    Scenario(
        "sale_week",
        "A sale week, seen once before: everything is up, and nothing is wrong",
        "recsys.item_slot_daily",
        _every(date(2026, 1, 5), date(2026, 1, 11)),
        lambda table: table,
        None,
    ),
    Scenario(
        "new_year",
        "New Year: everything is down, and nothing is wrong",
        "recsys.home_module_daily",
        _every(date(2025, 12, 31), date(2026, 1, 2)),
        lambda table: table,
        None,
    ),
    Scenario(
        "slow_fall",
        "LINE deliveries fall by 0.7 % a day",
        "marketing.line_daily",
        _every(FALL_BEGINS + timedelta(days=6), ANCHOR_DAY, 3),
        lambda table: drifting(table, FALL_BEGINS, -0.007, ("deliveries", "opens", "visits", "orders")),
        Expected(kpis=("deliveries",), direction="down"),
    ),
    Scenario(
        "outage",
        "No mail goes out for a day; its rows are there, all zeros",
        "marketing.mail_daily",
        (ANCHOR_DAY,),
        lambda table: multiplied(
            table, ANCHOR_DAY, dict.fromkeys(("deliveries", "opens", "visits", "orders"), 0.0)
        ),
        Expected(kpis=("deliveries",), direction="down"),
    ),
    Scenario(
        "dropped_column",
        "A table is built again without one of its columns",
        "recsys.item_slot_daily",
        (ANCHOR_DAY,),
        lambda table: without_column(table, "favourites"),
        Expected(FindingKind.COLUMN_DROPPED, "favourites"),
        days_before=(DAY_BEFORE,),
    ),
    Scenario(
        "retyped_column",
        "A column of numbers comes as text",
        "marketing.push_daily",
        (ANCHOR_DAY,),
        lambda table: retyped_to_text(table, "visits"),
        Expected(FindingKind.COLUMN_RETYPED, "visits"),
        days_before=(DAY_BEFORE,),
    ),
    Scenario(
        "bot_traffic",
        "Bots: impressions threefold, clicks fourfold, conversions as usual",
        "ads.campaign_daily",
        (ANCHOR_DAY,),
        lambda table: multiplied(table, ANCHOR_DAY, {"impressions": 3.0, "clicks": 4.0}),
        Expected(kpis=("impressions", "clicks"), direction="up"),
    ),
    Scenario(
        "not_built",
        "A table of recommendations is not built",
        "recsys.similar_items_daily",
        (ANCHOR_DAY,),
        lambda table: not_built(table, ANCHOR_DAY),
        Expected(FindingKind.NO_ROWS),
    ),
    Scenario(
        "creeping_cost",
        "One cloud service costs 1 % more every day",
        "costs.cloud_daily",
        _every(CREEP_BEGINS + timedelta(days=4), DAY_BEFORE, 3),
        lambda table: drifting(table, CREEP_BEGINS, 0.01, ("cost",), service=CREEPING_SERVICE),
        Expected(kpis=("cost",), direction="up"),
        found_by=DAY_BEFORE,  # the bill comes a day later than everything else
    ),
)
