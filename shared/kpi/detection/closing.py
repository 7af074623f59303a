"""Closing: days on which a KPI is 0 because nobody works: a season, a weekday, days off.

They teach nothing about open days, and a 0 on such a day is no news.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from shared.kpi.forecasts import WEEK
from shared.kpi.series import Numbers

SEASON_DAYS = 14
"""Zeros for this long are no outage any more, but the time before a launch or between seasons."""
YEAR = 364
"""Days after which season and weekday are the same again."""
ROUND_ABOUT = 10
"""Days by which a season begins or ends later or earlier than last year's."""
LEAST_OF_KIND = 3
CLOSED_SHARE = 0.75
"""Of the days of a kind, to take it for closed; with none open at all an open one is news."""
MIXED_ZEROS = 0.1
"""With more zeros than this among open days, zeros are ordinary: then nothing is closed."""
RECENT_DAYS = 182


@dataclass(frozen=True, eq=False)
class Closing:
    """Which days of the history were closed, and why the day after it is: empty where it is not.

    `is_sure`: no such day was open lately.
    """

    days: NDArray[np.bool_]
    why: str = ""
    is_sure: bool = False


def find_closing(history: Numbers, days: tuple[date, ...], days_off: frozenset[date]) -> Closing:
    """The closed days among `history`, which has the values of `days` but the last."""
    today = len(history)
    zero = history == 0
    known = np.isfinite(history)
    season = _long_runs(zero, known)
    weekday = (np.arange(today + 1) + days[0].weekday()) % WEEK
    off = np.array([day in days_off for day in days])
    recent = known & ~season & (np.arange(today) >= today - RECENT_DAYS)
    kinds = [(f"a {day:%A}", weekday == day.weekday()) for day in days[-WEEK:]]
    if off.any():
        kinds.append(("a day off", off & ~np.isin(weekday, [5, 6])))
    closed, why, is_sure = season, "", False
    for name, is_kind in kinds:
        such = (recent if name != "a day off" else known & ~season) & is_kind[:today]
        count, zeros = int(such.sum()), int((such & zero).sum())
        if count < LEAST_OF_KIND or zeros < CLOSED_SHARE * count:
            continue
        closed = closed | (is_kind[:today] & zero)
        if is_kind[today]:
            why, is_sure = f"closed, as {zeros} of {count} times it was {name}", zeros == count
    is_open = known & ~closed
    if not is_open.any() or float(zero[is_open].mean()) > MIXED_ZEROS:
        return Closing(np.zeros(today, dtype=bool))
    if not why:
        why = _season(season, known)
    return Closing(closed, why, is_sure)


def _season(season: NDArray[np.bool_], known: NDArray[np.bool_]) -> str:
    """Why the day after is between seasons, empty where it is not."""
    places = np.flatnonzero(known)
    if len(places) and season[places[-1]]:
        return "closed: 0 for weeks already"
    last_year = len(season) - YEAR
    around = season[max(last_year - ROUND_ABOUT, 0) : max(last_year + ROUND_ABOUT + 1, 0)]
    return "closed at this time last year" if around.any() else ""


def was_open_last_year(closing: Closing, history: Numbers) -> bool:
    """Whether the KPI was not closed all the time a year before the day after `history`."""
    last_year = len(history) - YEAR
    if last_year < 0:
        return False
    around = slice(max(last_year - ROUND_ABOUT, 0), last_year + ROUND_ABOUT + 1)
    return bool((np.isfinite(history[around]) & ~closing.days[around]).any())


def _long_runs(zero: NDArray[np.bool_], known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The zeros of runs that are long; days without a value don't end one."""
    places = np.flatnonzero(known)
    found = np.zeros(len(zero), dtype=bool)
    if not len(places):
        return found
    for run in np.split(places, np.flatnonzero(np.diff(zero[places])) + 1):
        if zero[run[0]] and len(run) >= SEASON_DAYS:
            found[run] = True
    return found
