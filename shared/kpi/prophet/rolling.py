"""Prophet refitted day by day: what it expected of each day from the days before it.

A day's forecast depends on nothing but the days before it, the day the rolling began, and the fits of each
week's first day, from which those of the next days start. So it can be kept, and comes out the same to the
last bit when it is made again.
"""

from dataclasses import replace

import numpy as np

from shared.kpi.forecasts import FAR_DAYS, WEEK, Forecasts
from shared.kpi.kept import DAILY, WEEKLY, Rolled
from shared.kpi.prophet.features import CalendarColumns
from shared.kpi.prophet.history import History
from shared.kpi.prophet.outages import GROSS, NEW_LEVEL_DAYS, find_outages, without
from shared.kpi.prophet.refit import Optimise, Refit, exact
from shared.kpi.series import Numbers

LEAST_DAYS = 28
"""Days with a value from which on Prophet is fitted at all."""
ROLLED_DAYS = 90
"""Before the anchor."""
FAR_WEEKS = 32
"""Weeks before the anchor that were foreseen from long before, to compare the last one with."""
UNSURE = 1.5
UNLIKE = 2.0
"""A day of an occasion (spread beyond UNSURE) this many times the noise away from what earlier ones were like
is not learnt from while it is fresh: the year's curve would bend to it, and the days after be off. Nor is a
day of an outage, unless that lasts."""


def roll(
    values: Numbers,
    calendar: CalendarColumns,
    anchor: int,
    *,
    kept: Rolled | None = None,
    is_far: bool = True,
    optimise: Optimise = exact,
) -> Rolled:
    """Forecasts of the 90 days before day number `anchor` and of all from there on to the last.

    `values` has a transformed value per day of `calendar`, NaN where a day is not to be learnt from. `kept`
    is what rolling from the same anchor came to earlier: the same values before its last day are presumed.
    """
    count = len(values)
    if kept is not None and kept.until == count and (len(kept.last_far) or not is_far or count < FAR_DAYS):
        return kept
    return _Rolling(values, calendar, anchor, kept, is_far, optimise).roll()


def forecast_next(values: Numbers, calendar: CalendarColumns, optimise: Optimise = exact) -> Forecasts:
    """The forecast of the last day alone, from the days before it: one fit, without any memory."""
    last = len(values) - 1
    forecasts = Forecasts.none(len(values))
    history = History(values, calendar)
    if history.learn_until(last) >= LEAST_DAYS:
        Refit(history, optimise=optimise).foresee(last, forecasts)
    return forecasts


class _Rolling:
    """One rolling: the history, and the forecasts as they are filled in."""

    def __init__(
        self,
        values: Numbers,
        calendar: CalendarColumns,
        anchor: int,
        kept: Rolled | None,
        is_far: bool,
        optimise: Optimise,
    ) -> None:
        self.values, self.is_far, self.optimise = values, is_far, optimise
        self.count = len(values)
        self.first = max(anchor - ROLLED_DAYS, 0)
        self.first_far = max(anchor - FAR_WEEKS * WEEK, anchor % WEEK)
        self.found = kept.begun(self.count) if kept else Forecasts.none(self.count)
        self.done = kept.until if kept else self.first
        self.far_done = self.first_far + (len(kept.far) if kept else 0)
        self.outages = kept.outages if kept else find_outages(values, calendar, self.first, anchor, optimise)
        self.starts = {
            self.first + WEEK * week: mode for week, mode in enumerate(kept.starts if kept else ())
        }
        self.gross = 0
        left_out = [day for day in range(self.first, self.done) if self._is_left_out(day, calendar)]
        learnt = without(values, np.concatenate([self.outages, np.array(left_out, dtype=np.int_)]))
        self.history = History(learnt, calendar)

    def roll(self) -> Rolled:
        """Fit each day that is still to be foreseen."""
        weeks = range(self.far_done, self.count - WEEK + 1, WEEK) if self.is_far else range(0)
        looks = {week - FAR_DAYS + WEEK: range(week, week + WEEK) for week in weeks}
        last_look = self.count - FAR_DAYS if self.is_far else -1
        last = Forecasts.none(self.count)
        earlier, nearby = self.history.again(), None
        self.history.learn_until(self.first)
        for day in sorted({*looks, last_look, *range(self.done, self.count)}):
            history = earlier if day < self.first else self.history
            if day < 0 or history.learn_until(day) < LEAST_DAYS:
                continue
            if day > self.first:
                nearby = self.starts.get(day - 1 - (day - 1 - self.first) % WEEK)
            refit = Refit(history, nearby if day != self.first else None, self.optimise)
            nearby = refit.mode
            if day in looks:
                refit.foresee_far(looks[day], self.found)
            if day == last_look:
                refit.foresee_far(range(day, self.count), last)
            if day >= self.done:
                if (day - self.first) % WEEK == 0:
                    self.starts[day] = replace(refit.mode, ridge=np.zeros(0))  # all that starting takes
                refit.foresee(day, self.found)
                if day < self.count - 1 and self._is_left_out(day, history.calendar):
                    history.drop(day)
        weekly = slice(self.first_far, self.far_done + WEEK * len(weeks))
        last_days = slice(last_look, self.count) if last_look >= 0 else slice(0)
        return Rolled(
            first=self.first,
            outages=self.outages,
            starts=tuple(self.starts.get(day) for day in range(self.first, self.count, WEEK)),
            **{name: getattr(self.found, name)[self.first :] for name in DAILY},
            first_far=self.first_far,
            **{name: getattr(self.found, name)[weekly] for name in WEEKLY},
            last_far=last.far[last_days],
            last_far_spread=last.far_spread[last_days],
        )

    def _is_left_out(self, day: int, calendar: CalendarColumns) -> bool:
        """Whether a day that was foreseen is not to be learnt. To be asked of each, in their order."""
        off = abs(float(self.values[day]) - float(self.found.expected[day])) / float(self.found.noise[day])
        spread = float(self.found.spread[day])
        is_gross = off > GROSS * spread
        self.gross = self.gross + 1 if is_gross else 0
        is_unlike = off > UNLIKE and spread > UNSURE and calendar.has_occasion(day)
        return is_unlike or (is_gross and self.gross <= NEW_LEVEL_DAYS)
