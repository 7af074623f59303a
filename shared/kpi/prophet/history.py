"""A history as refits see it: the days with a value, and running sums over those learnt so far.

The next day's normal equations are yesterday's and a row: of the calendar columns they are kept running, and
those of a changepoint column (t - c)+ are differences of cumulative sums. Every sum is added up in the order
of the days, so that it has the same bits however many days come after.
"""

import copy

import numpy as np

from shared.kpi.prophet.features import CalendarColumns
from shared.kpi.series import Numbers

UNIT = 1024.0
"""Days. The unit of the first column: of the size of the others, and a power of two, which rounds nothing."""


class History:
    """A row is (day, 1, calendar columns, value), the day in units since the first one with a value.

    `values` has a transformed value per day of `calendar`, NaN where a day is not to be learnt from.
    """

    def __init__(self, values: Numbers, calendar: CalendarColumns) -> None:
        self.calendar = calendar
        self.numbers = np.flatnonzero(np.isfinite(values))
        self.start = int(self.numbers[0]) if len(self.numbers) else 0
        count, width = calendar.columns.shape
        rows = np.empty((count, width + 3))
        rows[:, 0] = (np.arange(count) - self.start) / UNIT
        rows[:, 1] = 1.0
        rows[:, 2:-1] = calendar.columns
        rows[:, -1] = values
        self.every = rows[:, :-1]
        self.gram = np.zeros((width + 3, width + 3))
        self.learnt, self.has_begun = 0, False
        self._sum_up(rows[self.numbers])

    def _sum_up(self, rows: Numbers) -> None:
        self.rows = rows
        self.sums = np.cumsum(rows, axis=0)
        self.moments = np.cumsum(rows[:, :1] * rows, axis=0)
        self.largest = np.maximum.accumulate(np.abs(rows[:, -1]))

    def again(self) -> "History":
        """The same, with nothing learnt yet."""
        other = copy.copy(self)
        other.gram, other.learnt, other.has_begun = np.zeros_like(self.gram), 0, False
        return other

    def drop(self, day: int) -> None:
        """Never learn day number `day`, which is still to be learnt."""
        kept = self.numbers != day
        self.numbers = self.numbers[kept]
        self._sum_up(self.rows[kept])

    def learn_until(self, day: int) -> int:
        """Learn the days before number `day`; how many are learnt.

        The days of the first call are learnt at once, all others one by one.
        """
        until = max(int(np.searchsorted(self.numbers, day)), self.learnt)
        rows = self.rows[self.learnt : until]
        if self.has_begun:
            for row in rows:
                self.gram += row[:, None] * row
        else:
            # Columns nothing is known of yet must not change how the others are added up.
            seen = np.flatnonzero(rows.any(axis=0))
            part = rows[:, seen]
            self.gram[seen[:, None], seen] = part.T @ part
        self.learnt, self.has_begun = until, True
        return until
