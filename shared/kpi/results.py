"""Results: what is kept of a check, and of days before any check, for something to compare with."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, timedelta

from shared.keys import key_of
from shared.kpi.checks import CheckState, EarlierChecks, Kept, TableCheck
from shared.kpi.judgement import Judgement, Status
from shared.kpi.series import WHOLE, Series
from shared.kpi.tables import Average, Ratio, Watched

PAST_DAYS = 400
"""As far back as a weekly summary looks: the same week a year ago, and some days for rows that come late. Not
all there is: each day is a partition, and of kpi_results BigQuery changes 30,000 a day by load jobs."""

CHECKED, FAILED = CheckState.CHECKED, CheckState.FAILED


def check_id_of(check: TableCheck) -> str:
    """The id of a check: of a table's day looked at in one moment."""
    parts = (check.table, check.day.isoformat(), check.checked_at.astimezone(UTC).isoformat())
    return key_of("check", *parts)


def past_of(
    series: Sequence[Series], watched: Watched, earlier: EarlierChecks, day: date
) -> tuple[tuple[Judgement, ...], Mapping[str, Kept]]:
    """What a check of `day` adds to the results of days before, and how far each KPI's past is kept then.

    Days with a value of the whole table, exactly as `series` have it. All of them for a KPI that is new, or
    made of something else by now; otherwise those since its past was kept: what was checked then may have
    been checked without it. Days that stand as waiting, missing or broken are left out.
    """
    wrong = earlier.days_but(FAILED, CHECKED)
    added: list[Judgement] = []
    # A check without a KPI hides what older checks of the day told of it: its past ends there.
    kept = {
        kpi: each if kpi in watched.kpis else Kept(each.made_of, min(each.until, day))
        for kpi, each in earlier.kept.items()
    }
    first, end = day - timedelta(days=PAST_DAYS), day + timedelta(days=1)
    made = made_of(series, watched)
    for each in series:
        if each.segment != WHOLE:
            continue
        before = earlier.kept.get(each.kpi)
        if before is None or before.made_of != made[each.kpi]:
            before = Kept(made[each.kpi], first)
        added += _figures(each, max(first, before.until), day, wrong)
        kept[each.kpi] = Kept(before.made_of, max(before.until, end))
    return tuple(added), kept


def made_of(series: Iterable[Series], watched: Watched) -> dict[str, str]:
    """How the values of each KPI are made, such as clicks / impressions."""
    return {each.kpi: _made_of(each, watched) for each in series}


def _figures(series: Series, first: date, end: date, without: frozenset[date]) -> Iterator[Judgement]:
    for place, day in enumerate(series.days):
        value = float(series.values[place])
        if first <= day < end and day not in without and math.isfinite(value):
            volume = None if series.volumes is None else float(series.volumes[place])
            yield Judgement(series.kpi, WHOLE, day, Status.HISTORY, value, volume)


def _made_of(series: Series, watched: Watched) -> str:
    match watched.derived.get(series.kpi):
        case Ratio(numerator, denominator):
            return f"{numerator} / {denominator}"
        case Average(column, weight):
            return f"average of {column} by {weight or 'rows'}"
        case None:
            return "sum" if series.is_additive else "average"
