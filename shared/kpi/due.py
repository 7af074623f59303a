"""Due: which tables' days are to be looked at now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.kpi.asking import CheckRequest
from shared.kpi.checks import CheckState
from shared.kpi.tables import KpiTable

DAYS_LOOKED_AT = 30
"""How many days of states to read: they tell a new table from one that nobody looked at during an outage."""
LOOKED_AT_AGAIN_DAYS = 7
"""How many due days back a day that is not settled is looked at again by ourselves."""
TRY_AGAIN_AFTER = timedelta(minutes=55)
"""A failed check is tried every hour: by an hourly run, which is never to the second."""


@dataclass(frozen=True)
class DayState:
    """Where a table's day stood after its newest check, and when that was."""

    state: CheckState
    checked_at: datetime


def due_checks(
    tables: Sequence[KpiTable],
    states: Mapping[tuple[str, date], DayState],
    unsent: Collection[tuple[str, date]],
    now: datetime,
    days_back: int = 3,
) -> list[tuple[str, date]]:
    """The tables' days to be checked at `now`, the oldest day first.

    Days past `arrives_by` only. A table without any state starts with its newest such day; one with states
    catches up with up to `days_back` days. A day that was waiting, missing or broken is looked at again until
    it is whole, a failed one once an hour, both for a week. A day in `unsent` is due until its alert is out.
    """
    due = []
    known_of, unsent_of = _by_table(states), _by_table(dict.fromkeys(unsent))
    for table in tables:
        newest = table.newest_due_day(now)
        known = known_of.get(table.table, {})
        first = min(known, default=newest)
        unseen = {newest - timedelta(days=n) for n in range(days_back)} - known.keys()
        days = {day for day in unseen if day >= first}
        days |= {day for day, state in known.items() if _is_again(day, state, newest, now)}
        days |= unsent_of.get(table.table, {}).keys()
        due += [(table.table, day) for day in days if day <= newest]
    return sorted(due, key=lambda each: (each[1], each[0]))


def requests_due(
    tables: Sequence[KpiTable],
    broken: Collection[str],
    states: Mapping[tuple[str, date], DayState],
    unsent: Collection[tuple[str, date]],
    now: datetime,
    today: date,
) -> list[CheckRequest]:
    """What to ask for at `now`: each table's due days in one request, those that take longest first.

    `broken` are the files that can't be read. Such a file has no table nor hour: it is asked for all the
    same, as of the day before `today`, so that it is told; and once more when it can be read again.
    """
    days: dict[str, list[date]] = {}
    for name, day in due_checks(tables, states, unsent, now):
        days.setdefault(name, []).append(day)
    due = [table for table in tables if table.table in days]
    due.sort(key=lambda table: -len(days[table.table]) * (1 + len(table.segments)))
    files = {table.where for table in tables}
    mended = sorted(key for key, found in states.items() if key[0] in files and not found.state.is_settled)
    return [
        *(CheckRequest(table.table, tuple(days[table.table]), table.where) for table in due),
        *(CheckRequest(location, (today - timedelta(days=1),), location) for location in sorted(broken)),
        *(CheckRequest(location, (day,), location) for location, day in mended),
    ]


def _is_again(day: date, found: DayState, newest: date, now: datetime) -> bool:
    if found.state.is_settled or (newest - day).days >= LOOKED_AT_AGAIN_DAYS:
        return False
    return found.state is not CheckState.FAILED or abs(now - found.checked_at) >= TRY_AGAIN_AFTER


def _by_table[Found](found: Mapping[tuple[str, date], Found]) -> dict[str, dict[date, Found]]:
    by_table: dict[str, dict[date, Found]] = {}
    for (name, day), each in found.items():
        by_table.setdefault(name, {})[day] = each
    return by_table
