"""Anchors: the days on which is chosen what stands for a while, so that earlier forecasts stand as well.

The scale a KPI is read on, the first day it is learnt from, the rules of the month it keeps: chosen anew
every day, each would move all forecasts so far by a hair, and none of them could be kept.
"""

import zlib
from datetime import date, timedelta

PACES = ((420, 28), (126, 7), (0, 1))
"""From so many days of history on, an anchor every so many days: of a young KPI each day says something."""


def anchor_of(name: str, first: date, last: date) -> tuple[date, date]:
    """The first day a KPI is learnt from, and the newest anchor, for a forecast of `last`.

    `first` is its first day with a value. What is chosen at an anchor depends on the days before it only. The
    KPIs of a table take turns, by their names: not all are read anew on one day.
    """
    length = (last - first).days
    pace = next(pace for least, pace in PACES if length >= least)
    turn = zlib.crc32(name.encode()) % pace
    # History that is cut off at one end, day by day, must not begin anew every day.
    start = first + timedelta(days=-(first.toordinal() - turn) % pace)
    return start, last - timedelta(days=(last.toordinal() - turn) % pace)
