"""Scenarios: the incidents of the demo, which days are checked, and what must be said of them, or nothing."""

from collections.abc import Callable, Collection, Iterable, Mapping
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
from shared.kpi.checks import TableCheck

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

    def is_said_by(self, check: TableCheck) -> bool:
        """Whether one check of the table says it."""
        if self.finding is not None:
            found = {(each.kind, each.column) for each in check.arrival.findings if each.is_serious}
            return (self.finding, self.column) in found
        told = {(each.kpi, each.direction) for each in check.alarming}
        return told >= {(kpi, self.direction) for kpi in self.kpis}

    def is_in(self, subjects: Collection[str]) -> bool:
        """Whether an alert about `subjects` says it."""
        if self.finding is not None:
            return (f"{self.finding}:{self.column}" if self.column else self.finding) in subjects
        return set(self.kpis) <= {subject.partition(" (")[0] for subject in subjects}

    def __str__(self) -> str:
        if self.finding is not None:
            return f"{self.finding} {self.column}".strip()
        return f"{', '.join(self.kpis)} {self.direction}"


@dataclass(frozen=True)
class Outcome:
    """What came of a scenario: whether it came right, and the first day that said what must be said."""

    came_right: bool
    day_found: date | None


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

    def judge(self, checks: Iterable[TableCheck]) -> Outcome:
        """Whether the checks of `days`, in any order, say what they must; of a day the newest counts."""
        newest: dict[date, TableCheck] = {}
        for check in sorted(checks, key=lambda each: each.checked_at):
            if check.table == self.table and check.day in self.days:
                newest[check.day] = check
        if self.expected is None:
            silent = all(not check.is_alarming for check in newest.values())
            return Outcome(silent and newest.keys() == set(self.days), None)
        found = min((day for day, check in newest.items() if self.expected.is_said_by(check)), default=None)
        return Outcome(found is not None and found <= self.found_by, found)


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
