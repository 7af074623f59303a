"""Days of a KPI table, and what is found of the last of them: for the tests of arrival."""

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from shared.kpi.arrival.day import check_arrival
from shared.kpi.arrival.findings import Arrival, Finding, FindingKind
from shared.kpi.history import Cell, Column, DayRows, History, Shape
from shared.kpi.tables import KpiTable, Ratio, Watched

DAY = date(2026, 1, 20)  # a Tuesday
TABLE = KpiTable("recsys.item_slot_daily", derived={"ctr": Ratio("clicks", "views")})
WATCHED = Watched(
    "day", ("clicks", "views", "orders"), {"ctr": Ratio("clicks", "views")}, (), ("day", "mall")
)
COLUMNS = (
    *(Column("day", "DATE"), Column("mall", "STRING"), Column("clicks", "INTEGER")),
    *(Column("views", "INTEGER"), Column("orders", "INTEGER")),
)
SHAPE = Shape(COLUMNS, "day")
DUE = TABLE.due_at(DAY)
SOON = DUE + timedelta(minutes=1)
UNTIL = DUE + timedelta(hours=3)
EVERY_KPI = frozenset({"clicks", "views", "orders", "ctr"})


def past(days: int) -> list[date]:
    """`days` days that end with DAY."""
    return [DAY - timedelta(days=n) for n in reversed(range(days))]


def history(
    rows: Sequence[int | DayRows | None],
    cells: Mapping[str, Sequence[float | None]] | None = None,
    shape: Shape = SHAPE,
) -> History:
    """What a table holds of the days that end with DAY: rows a day, and totals by column (None: NULL)."""
    days = past(len(rows))
    found = {
        day: each if isinstance(each, DayRows) else DayRows(each)
        for day, each in zip(days, rows, strict=True)
        if each
    }
    made = {
        name: {
            day: Cell(total, found[day].rows if total is not None else 0)
            for day, total in zip(days[-len(totals) :], totals, strict=True)
            if day in found
        }
        for name, totals in (cells or {}).items()
    }
    return History(shape, DAY, found, {"": made})


def check(
    found: History | None,
    previous: Shape | None = SHAPE,
    now: datetime = UNTIL,
    table: KpiTable = TABLE,
    watched: Watched | None = WATCHED,
) -> Arrival:
    return check_arrival(table, watched, found, previous, now, UNTIL)


def kinds(found: Arrival) -> list[FindingKind]:
    return [each.kind for each in found.findings]


def only(found: Arrival) -> Finding:
    assert len(found.findings) == 1, found.findings
    return found.findings[0]


def noisy(days: int, level: float = 10_000, noise: float = 0.1, seed: int = 1) -> list[int | DayRows | None]:
    """Rows of a table whose size follows the shop: quieter on weekends."""
    draw = random.Random(seed)
    return [
        round(level * (0.7 if day.weekday() >= 5 else 1.0) * draw.lognormvariate(0, noise))
        for day in past(days)
    ]
