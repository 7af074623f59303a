"""The days of a backtest: which of a file are judged, by which calendar, and which get faults."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from infra.cli.backtest_series import Label, SeriesFile
from shared.errors import BadRow, ConfigError
from shared.kpi.backtest.absences import Arrivals
from shared.kpi.backtest.faults import Faults, choose
from shared.kpi.backtest.scoring import Absent
from shared.kpi.backtest.walk import Track
from shared.kpi.calendar import NO_COUNTRY, Calendar, is_country
from shared.kpi.configuration.calendar_file import parse_calendar
from shared.kpi.detection.judging import LEAST_DAYS, PROPHET_FROM_DAYS

QUARTER_DAYS = 91
QUARTER = 4


@dataclass(frozen=True, eq=False)
class Backtest:
    """What is judged: the KPIs, and by number which of their days."""

    tracks: tuple[Track, ...]
    judged: range
    faults: tuple[Faults, ...]
    absent: tuple[Absent, ...]
    has_labels: bool

    @property
    def days(self) -> tuple[date, ...]:
        """All days of the file."""
        return self.tracks[0].days


def prepare(
    file: SeriesFile, labels: Sequence[Label], first: date | None, inject: bool, has_labels: bool
) -> Backtest:
    """What is to be judged of a file. Raises BadRow where nothing can be, ConfigError for a wrong `first`."""
    days = file.days
    tracks = tuple(
        Track(kpi, days, file.values(kpi), frozenset(each.day for each in labels if each.kpi in ("", kpi)))
        for kpi in file.kpis
    )
    judged = range(_first(file, first), len(days))
    _refuse_short(file, tracks, judged)
    arrivals = Arrivals(file.kpis, file.rows)
    absent = _absences(file, days, judged, arrivals, inject)
    faults = tuple(
        choose(each.kpi, days, each.values, judged, each.labelled) if inject else Faults() for each in tracks
    )
    return Backtest(tracks, judged, faults, absent, has_labels)


def _first(file: SeriesFile, first: date | None) -> int:
    """The number of the first day that is judged."""
    days = file.days
    if first is None:
        return len(days) - min(QUARTER_DAYS, max(1, len(days) // QUARTER))
    if not days[0] <= first <= days[-1]:
        raise ConfigError(f"--from: expected a day of {file.path} ({days[0]} to {days[-1]}), came {first}")
    return bisect_left(days, first)


def _refuse_short(file: SeriesFile, tracks: Sequence[Track], judged: range) -> None:
    """Raises BadRow where no KPI has a day that can be judged."""
    most = 0
    for track in tracks:
        known = np.isfinite(track.values)
        last = np.flatnonzero(known[judged.start :])
        if len(last):
            most = max(most, int(known[: judged.start + int(last[-1])].sum()))
    if most < LEAST_DAYS:
        raise BadRow(
            f"{file.path}: expected at least {LEAST_DAYS} days with a value before one that is judged (and "
            f"{PROPHET_FROM_DAYS} for Prophet to be fitted; a year for it to know the year), came {most}"
        )


def _absences(
    file: SeriesFile, days: Sequence[date], judged: range, arrivals: Arrivals, inject: bool
) -> tuple[Absent, ...]:
    """By KPI: the days that have no value, whether arrival finds them, and whether it would find others."""
    seen = [days[number] for number in judged]
    rows = [day for day in seen if day in file.rows]
    missed = frozenset(day for day in seen if day not in file.rows and arrivals.finds_no_row(day))
    noticed = sum(arrivals.finds_no_row(day) for day in rows) if inject else 0
    empty = {day: arrivals.finds_empty(day) for day in rows if None in file.rows[day].values()}
    found = []
    for kpi in file.kpis:
        absent = tuple(day for day in seen if file.rows.get(day, {}).get(kpi) is None)
        told = missed | {day for day, kpis in empty.items() if kpi in kpis}
        found.append(
            Absent(absent, frozenset(told.intersection(absent)), len(rows) if inject else 0, noticed)
        )
    return tuple(found)


def read_calendar(location: Path | None, country: str | None) -> Calendar:
    """The calendar of the file, with the country asked for. Raises ConfigError."""
    if country is not None and country != NO_COUNTRY and not is_country(country):
        raise ConfigError(
            f"--country: expected a country whose holidays are known, such as JP, or none, came {country!r}"
        )
    try:
        found = parse_calendar(location.read_text("utf-8"), str(location)) if location else Calendar()
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{location}: expected UTF-8, came byte {error.object[error.start]:#04x}"
        ) from error
    return found if country is None else replace(found, country=country)
