"""Checking: one table's day. Did it arrive? Then: is each KPI where it should be? In that order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from shared.kpi.arrival.day import check_arrival
from shared.kpi.arrival.findings import ArrivalState
from shared.kpi.calendar import LOOKS_AHEAD, Calendar
from shared.kpi.checks import CheckState, EarlierChecks, TableCheck
from shared.kpi.configuration.watched import resolve
from shared.kpi.history import Column, History, Shape, remembered
from shared.kpi.judgement import Judgement, Status
from shared.kpi.kept import Kept, KpiKey
from shared.kpi.observations import series_of
from shared.kpi.responses import EVERY_KPI
from shared.kpi.results import made_of, past_of
from shared.kpi.series import WHOLE, Series
from shared.kpi.tables import KpiTable, Watched

PATIENCE = timedelta(hours=3)
"""How long after `arrives_by` a partial day is waited for before somebody is told."""


@dataclass(frozen=True)
class Known:
    """What is known of a table besides its rows."""

    calendar: Calendar
    previous: Shape | None = None
    """Its columns at the last check; None: nothing to compare with."""
    broken_days: frozenset[date] = frozenset()
    """Days whose data was wrong: they never train a band."""
    confirmed_days: Mapping[str, frozenset[date]] = field(default_factory=dict)
    """Incidents people confirmed, by KPI ("" is every one): they never train a band either."""
    accepted_days: Mapping[str, frozenset[date]] = field(default_factory=dict)
    """Days of which people said the KPI is right as it is, likewise: the level it came to is its own now."""
    earlier: EarlierChecks | None = None
    """What is kept of days before; None: this check does not add to it."""
    forecasts: Mapping[KpiKey, Kept] = field(default_factory=dict)
    """What earlier checks left of each KPI and segment, to carry on from."""
    optimiser: str = "exact"
    """What fits; see prophet.optimisers."""

    def masked(self, kpi: str) -> frozenset[date]:
        """The days that must not teach what is normal of `kpi`."""
        return self.broken_days | _of(self.confirmed_days, kpi)

    def accepted(self, kpi: str) -> frozenset[date]:
        """The days people said `kpi` is right on."""
        return _of(self.accepted_days, kpi) - self.masked(kpi)


def _of(days: Mapping[str, frozenset[date]], kpi: str) -> frozenset[date]:
    return days.get(EVERY_KPI, frozenset()) | days.get(kpi, frozenset())


def watch(
    table: KpiTable, columns: tuple[Column, ...], partition: str | None, previous: Shape | None
) -> Watched:
    """What is watched of a table that has `columns` now and had those of `previous` at the last check.

    A column that is gone or of another type is still watched: that it can't be judged is the data's fault,
    and told as such. Raises ConfigError where the configuration never fitted.
    """
    shape = Shape(remembered(columns, previous), previous.date_column if previous else "")
    known = frozenset(column.name for column in previous.columns) if previous else frozenset[str]()
    return resolve(table, shape, partition or shape.date_column or None, known)


def check_table(
    table: KpiTable, watched: Watched, history: History | None, known: Known, day: date, now: datetime
) -> TableCheck:
    """Look at `day` of one table at `now`. `history` None: there is no such table."""
    arrival = check_arrival(table, watched, history, known.previous, now, table.due_at(day) + PATIENCE)
    state = _STATES[arrival.state]
    shape = history.shape if history else None
    rows = history.days[day].rows if history and day in history.days else 0
    if state in (CheckState.WAITING, CheckState.MISSING) or history is None:
        return TableCheck(table.table, day, state, now, arrival, shape=shape, rows=rows)
    series, notes = series_of(table, watched, history, arrival.muted, arrival.muted_segments)
    parts = len({each.segment for each in series} - {WHOLE})
    judged = [_judged(each, table, known, parts) for each in series]
    judgements = tuple(judgement for judgement, _ in judged)
    forecasts = {(each.kpi, each.segment): kept for each, kept in judged if kept is not None}
    muted = tuple(Judgement(kpi, WHOLE, day, Status.MUTED) for kpi in sorted(arrival.muted))
    earlier = known.earlier or EarlierChecks()
    past, kept = past_of(series, watched, earlier, day) if known.earlier else ((), {})
    return TableCheck(
        *(table.table, day, state, now, arrival, judgements + muted, shape, rows),
        notes=notes, made_of=made_of(series, watched), past=past, kept=kept, kept_before=earlier.kept,
        forecasts=forecasts,
    )  # fmt: skip


def check_missing_table(table: KpiTable, day: date, now: datetime) -> TableCheck:
    """The check of a table that is not there at all."""
    watched = Watched(table.date_column or "", (), {}, (), ())
    return check_table(table, watched, None, Known(Calendar()), day, now)


def failed(table: str, day: date, now: datetime, error: str) -> TableCheck:
    """The check of a table that could not be done: told like any other."""
    return TableCheck(table, day, CheckState.FAILED, now, error=error)


_STATES = {
    ArrivalState.ARRIVED: CheckState.CHECKED,
    ArrivalState.WAITING: CheckState.WAITING,
    ArrivalState.MISSING: CheckState.MISSING,
    ArrivalState.BROKEN: CheckState.BROKEN,
}


def _judged(series: Series, table: KpiTable, known: Known, parts: int) -> tuple[Judgement, Kept | None]:
    # What forecasts loads as slowly as all else together: so it does once there is something to judge.
    from shared.kpi.detection.judging import Context, judge_kept  # noqa: PLC0415

    # A KPI's false alarms are those of its segments too: the whole has half of them, the segments the rest.
    share = 1.0 if not parts else 0.5 if series.segment == WHOLE else 0.5 / parts
    context = Context(
        occasions=known.calendar.occasions(series.days[0], series.day + LOOKS_AHEAD, table.events),
        direction=table.direction_of(series.kpi),
        sensitivity=table.sensitivity * share,
        masked=known.masked(series.kpi),
        accepted=known.accepted(series.kpi),
        optimiser=known.optimiser,
    )
    kept = known.forecasts.get((series.kpi, series.segment))
    try:
        return judge_kept(series, context, kept)
    except Exception as error:  # one KPI that can't be judged must not hide the others
        note = f"expected a judgement, came {type(error).__name__}: {error}"
        return Judgement(series.kpi, series.segment, series.day, Status.REFUSED, note=note[:500]), None
