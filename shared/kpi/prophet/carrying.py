"""Carrying on: a day's forecasts from what is kept of an earlier one, the same to the last bit as without it.

What was kept is used as far as all it was made of is as it was: a value that came late, a day that is masked
or accepted by now, another calendar make the forecasts after it, or all of them, anew.
"""

import hashlib
import logging
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import scipy  # type: ignore[import-untyped]
from numpy.typing import NDArray

from shared.kpi.forecasts import WEEK, Forecasts
from shared.kpi.kept import FORMAT, Kept, Shift
from shared.kpi.prophet.features import CalendarColumns, touches
from shared.kpi.prophet.levels import (
    ACCEPTED_DAYS,
    TOLD_WITHIN,
    find_shifts,
    lift_of,
    lifted,
)
from shared.kpi.prophet.months import find_months, with_months
from shared.kpi.prophet.refit import Optimise, exact
from shared.kpi.prophet.rolling import roll
from shared.kpi.series import Numbers

if TYPE_CHECKING:
    from shared.kpi.calendar import Occasion

ALIKE = 0.2
"""The share by which the size of a level is found another week by week, without being another."""

SETTLED_DAYS = 60
"""A level that is younger is looked at every day, older ones every week: it may turn out to be a drift."""

NEW_ANCHOR = "a new anchor"

log = logging.getLogger("shared.kpi.prophet.carrying")


def both_forecasts(
    values: Numbers,
    calendar: CalendarColumns,
    accepted: NDArray[np.bool_],
    anchor: int,
    kept: Kept | None = None,
    optimise: Optimise = exact,
) -> tuple[Forecasts, Forecasts, Kept]:
    """Forecasts of the last day and 90 before: on the level that lasts, and as if nobody knew that it would;
    and what to keep.

    `values` has a transformed value per day of `calendar`, NaN where a day is not to be learnt from. The
    first forecasts are the band's; the second tell drifts, which a level nobody accepted still is. With
    `kept` of the same day nothing is fitted at all. Raises LinAlgError where nothing can be.
    """
    count, last = len(values), len(values) - 1
    past = _past(values, calendar, anchor, optimise)
    told = tuple(np.flatnonzero(accepted[:last]).tolist())
    own: tuple[Shift, ...] = ()
    lasting: tuple[Shift, ...] = ()
    until = _holds_until(kept, values, calendar, past, told, anchor) if kept else None
    if kept is None or until is None:
        months = find_months(values[:anchor], calendar.until(anchor))
        searched, before, band = anchor - 1, None, None
    else:
        months, searched, own, lasting = kept.months, kept.searched, kept.own, kept.lasting
        before, band = kept.before.cut(until + 1), kept.band and kept.band.cut(until + 1)
    whole = with_months(calendar, months)
    for day in range(searched + 1, count):
        is_young = any(day - begun < SETTLED_DAYS for begun, _ in lasting)
        is_told = any(ACCEPTED_DAYS <= day - each <= TOLD_WITHIN for each in told)
        if (day - anchor) % WEEK and not (is_young or is_told):
            continue
        searched = day
        found = _search(values[:day], whole.until(day), accepted[:day], own, lasting)
        if found != (own, lasting):
            before, band = (before if found[0] == own else None), None
            own, lasting = found
    before = roll(lifted(values, own), whole, anchor, kept=before, optimise=optimise)
    forecasts = on_level = before.forecasts(count).lowered(lift_of(count, own))
    if lasting:
        both = own + lasting
        band = roll(lifted(values, both), whole, anchor, kept=band, is_far=False, optimise=optimise)
        on_level = band.forecasts(count).lowered(lift_of(count, both))
    now = Kept(
        first=calendar.first,
        anchor=anchor,
        day=calendar.first + timedelta(days=last),
        past=past,
        calendar=_calendar(whole, last),
        recent=values[anchor:last],
        accepted=told,
        months=months,
        searched=searched,
        own=own,
        lasting=lasting,
        before=before,
        band=band if lasting else None,
    )
    return on_level, forecasts, now


def _search(
    values: Numbers,
    calendar: CalendarColumns,
    accepted: NDArray[np.bool_],
    own: tuple[Shift, ...],
    lasting: tuple[Shift, ...],
) -> tuple[tuple[Shift, ...], tuple[Shift, ...]]:
    """The shifts by what is known now: as they were, where they are about the same."""
    now = find_shifts(values, calendar, accepted) if accepted.any() else ()
    own = own if _are_alike(own, now) else now
    now = find_shifts(lifted(values, own), calendar)
    return own, lasting if _are_alike(lasting, now) else now


def _are_alike(before: tuple[Shift, ...], now: tuple[Shift, ...]) -> bool:
    """Whether these are the same shifts, found again a few days later."""
    return len(before) == len(now) and all(
        abs(day - other) <= WEEK and abs(size - found) <= ALIKE * abs(size)
        for (day, size), (other, found) in zip(sorted(before), sorted(now), strict=True)
    )


def _holds_until(
    kept: Kept, values: Numbers, calendar: CalendarColumns, past: str, told: tuple[int, ...], anchor: int
) -> int | None:
    """The number of the last day that would be forecast as it was kept; None where nothing would."""
    last = len(values) - 1
    until = min(kept.number, last)
    why = ""
    if (kept.first, kept.anchor) != (calendar.first, anchor):
        why = NEW_ANCHOR
    elif not _is_whole(kept):
        why = "not made of one piece"
    elif kept.past != past:
        why = "other values before the anchor"
    elif [day for day in told if day < until] != [day for day in kept.accepted if day < until]:
        why = "other days accepted"
    elif kept.calendar != _calendar(with_months(calendar, kept.months), kept.number):
        why = "another calendar"
    else:
        ours, theirs = values[anchor:until], kept.recent[: until - anchor]
        other = np.flatnonzero(ours.view(np.int64) != theirs.view(np.int64))
        until = anchor + int(other[0]) if len(other) else until
        if until < kept.searched:
            why = "other values before a level was looked for"
    if not why:
        return until
    if why != NEW_ANCHOR:  # which is nothing worth a line
        _tell(kept, last, why)
    return None


def _tell(kept: Kept, last: int, why: str) -> None:
    log.info("forecasts made anew", extra={"facts": {"kept": kept.day, "day": kept.day_of(last), "why": why}})


def _is_whole(kept: Kept) -> bool:
    """Whether its parts fit each other."""
    rolls = [each for each in (kept.before, kept.band) if each is not None]
    return (
        len(kept.recent) == kept.number - kept.anchor
        and all(each.until == kept.number + 1 for each in rolls)
        and (kept.band is not None) == bool(kept.lasting)
    )


def _past(values: Numbers, calendar: CalendarColumns, anchor: int, optimise: Optimise) -> str:
    """All that was known before the anchor, and what it is read by, as one short word."""
    read_by = (FORMAT, np.__version__, scipy.__version__, optimise.__name__)
    said = repr((read_by, calendar.first, anchor)).encode()
    return hashlib.blake2b(said + values[:anchor].tobytes(), digest_size=16).hexdigest()


def _calendar(calendar: CalendarColumns, until: int) -> str:
    """The occasions up to day number `until` as one short word, those of the months among them."""
    said = _occasions(calendar.occasions, calendar.first, calendar.first + timedelta(days=until))
    months = np.flatnonzero(calendar.columns[: until + 1, calendar.columns.shape[1] - calendar.months :])
    return hashlib.blake2b(said + months.tobytes(), digest_size=16).hexdigest()


@lru_cache(maxsize=256)
def _occasions(occasions: "tuple[Occasion, ...]", first: date, last: date) -> bytes:
    near = [each for each in occasions if touches(each, first, last)]
    return hashlib.blake2b(repr(near).encode()).digest()
