"""A history as refits see it: the days with a value, and running sums over those learnt so far.

The next day's normal equations are yesterday's and a row: of the calendar columns they are kept running, and
those of a changepoint column (t - c)+ are differences of cumulative sums.
"""

import numpy as np

from shared.kpi.prophet.features import CalendarColumns
from shared.kpi.series import Numbers


class History:
    """A row is (day, 1, calendar columns, value), the day in units of the whole history.

    `values` has a transformed value per day of `calendar`, NaN where a day is not to be learnt from.
    """

    def __init__(self, values: Numbers, calendar: CalendarColumns) -> None:
        self.calendar = calendar
        self.numbers = np.flatnonzero(np.isfinite(values))
        self.start = int(self.numbers[0]) if len(self.numbers) else 0
        self.unit = float(max(len(values) - 1 - self.start, 1))
        days = (np.arange(len(values)) - self.start) / self.unit
        every = np.column_stack([days, np.ones(len(values)), calendar.columns])
        self.every = every
        self.gram = np.zeros((every.shape[1] + 1, every.shape[1] + 1))
        self.learnt = 0
        self._sum_up(np.column_stack([every, values])[self.numbers])

    def _sum_up(self, rows: Numbers) -> None:
        self.rows = rows
        self.sums = np.cumsum(rows, axis=0)
        self.moments = np.cumsum(rows[:, :1] * rows, axis=0)
        self.largest = np.maximum.accumulate(np.abs(rows[:, -1]))

    def has_occasion(self, day: int) -> bool:
        """Whether day number `day` is one of an occasion."""
        calendar = self.calendar
        return bool(np.any((calendar.occasion >= 0) & (calendar.columns[day] != 0)))

    def drop(self, day: int) -> None:
        """Never learn day number `day`, which is still to be learnt."""
        kept = self.numbers != day
        self.numbers = self.numbers[kept]
        self._sum_up(self.rows[kept])

    def learn_until(self, day: int) -> int:
        """Learn the days before number `day`; how many are learnt."""
        until = int(np.searchsorted(self.numbers, day))
        rows = self.rows[self.learnt : until]
        self.gram += rows.T @ rows
        self.learnt = until
        return until
