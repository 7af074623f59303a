"""The last weeks as forecasts saw them: how far off they were, and the band around the day that follows."""

from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from shared.kpi.detection.calibration import calibrate, point_probability
from shared.kpi.detection.drifting import UNSURE, find_drifting
from shared.kpi.detection.plain import ROUNDING
from shared.kpi.detection.sides import is_watched, side_of
from shared.kpi.detection.transforms import Kind, Transform, step_of
from shared.kpi.detection.uncertainty import volume_spread
from shared.kpi.forecasts import FAR_DAYS, Forecasts
from shared.kpi.judgement import Band, Interval, Judgement, Status
from shared.kpi.series import Numbers
from shared.kpi.tables import Direction

BAND_DAYS = 90
NEW_OWN_EVENT = 3.0
NEW_HOLIDAY = 2.0
"""How many times as wide the band is on a day the history has no like of."""
SMALL_VOLUME = 30
FAR_OUT = 2.0
ROUNDING_ERROR = 1e-9
"""Of this computer, not of the KPI."""
DROP, RISE = 0.7, 1.5
OFTEN_SEEN = 0.8


class Sight:
    """A series up to the day in question, and what was forecast of it.

    `values` are what was observed, `learnt` what forecasts were made of, NaN where there is nothing; both in
    the KPI's own unit. `forecasts` are those the band is made of, `before` those of a model that never heard
    of a new level. `sensitivity` is the expected number of false alarms a year.
    """

    def __init__(
        self,
        days: tuple[date, ...],
        values: Numbers,
        learnt: Numbers,
        transform: Transform,
        forecasts: Forecasts,
        before: Forecasts,
        sensitivity: float,
    ) -> None:
        self.days = days
        self.values = values
        self.learnt = learnt
        self.transform = transform
        self.forecasts = forecasts
        self.before = before
        self.sensitivity = sensitivity
        self.scaled = transform.forward(learnt)
        # The first time of an own event teaches nothing about ordinary days.
        known = np.where(forecasts.is_new_own, np.nan, self.scaled)
        errors = ((known - forecasts.expected) / forecasts.volatility)[:-1]
        self.calibration = calibrate(errors, forecasts.spread[:-1], float(forecasts.noise[-1]))
        self.limits = self.calibration.tails.limits(point_probability(sensitivity))
        carried = self.calibration.carried(errors, forecasts.spread[:-1])
        self.centre = forecasts.expected + carried * forecasts.volatility
        new = np.where(forecasts.is_new_own, NEW_OWN_EVENT, np.where(forecasts.is_new, NEW_HOLIDAY, 1.0))
        self.spread = forecasts.spread * forecasts.volatility * new
        self.today = float(transform.forward(values[-1:])[0])

    @property
    def is_blind(self) -> bool:
        """Whether nothing can be expected of the day."""
        return not (np.isfinite(self.centre[-1]) and self.calibration.noise > 0)

    def widen_by_volume(self, volumes: Numbers) -> float:
        """Make the day's band as wide as its volume needs, where that is less than usual; how many times."""
        usual = np.where(np.isnan(self.learnt), np.nan, volumes)
        usual[-1] = volumes[-1]
        rate = float(self.transform.back(self.centre[-1:])[0])
        noise = self.calibration.noise * float(self.forecasts.volatility[-1])
        wider = volume_spread(usual, rate, noise, self.transform.kind)
        self.spread[-1] *= wider
        return wider

    def band(self) -> Band:
        """Around the last days, in the KPI's own unit, never narrower than the KPI is rounded."""
        return self._band(self.centre, self.spread, self.limits)

    def intervals(self, levels: tuple[float, ...]) -> tuple[Interval, ...]:
        """Those of the day at each of `levels`, by the same measured errors as the band's limits."""
        found = []
        for level in levels:
            limits = self.calibration.tails.limits(1 - level)
            band = self._band(self.centre[-1:], self.spread[-1:], limits)
            found.append(Interval(level, float(band.lower[-1]), float(band.upper[-1])))
        return tuple(found)

    def _band(self, centre: Numbers, spread: Numbers, limits: tuple[float, float]) -> Band:
        below, above = (np.maximum(limit * spread, self._least) for limit in limits)
        step = step_of(self.learnt)
        expected = self.transform.back(centre)
        lower = np.minimum(self.transform.back(centre - below), expected - step)
        upper = np.maximum(self.transform.back(centre + above), expected + step)
        if self.transform.kind is not Kind.NONE:
            lower = np.maximum(lower, 0.0)
        if self.transform.kind is Kind.LOGIT:
            upper = np.minimum(upper, 1.0)
        last = slice(-BAND_DAYS, None)
        return Band(self.days[-len(centre) :][last], expected[last], lower[last], upper[last])

    @property
    def _least(self) -> float:
        """What is too small to be news, on the transformed scale."""
        return 0.0 if self.transform.kind is Kind.NONE else ROUNDING

    def judge(self, blank: Judgement, watched: Direction, is_small: bool) -> Judgement:
        """The day against its own band, then together with the days before. `is_small`: of so small a volume
        that only what is far out is told."""
        band = self.band()
        off = self.today - float(self.centre[-1])
        side = side_of(off)
        edge = band.upper[-1:] if off > 0 else band.lower[-1:]
        # Where the band is as wide as the KPI is rounded, rather than as its noise, that is the limit.
        limit = self.limits[1 if off > 0 else 0] * float(self.spread[-1])
        half = max(limit, self._least, abs(float(self.transform.forward(edge)[0] - self.centre[-1])))
        score = abs(off) / half
        is_out = not band.lower[-1] <= self.values[-1] <= band.upper[-1] and score > 1 + ROUNDING_ERROR
        judged = replace(
            blank,
            status=Status.NORMAL,
            expected=float(band.expected[-1]),
            lower=float(band.lower[-1]),
            upper=float(band.upper[-1]),
            score=score,
            direction=side,
            band=band,
        )
        if is_small and score < FAR_OUT:
            return judged
        drifted = self._drift(judged, watched)
        if not (is_out and is_watched(side, watched)):
            return drifted or judged
        since = self._out_since(band, side)
        note = ""
        if drifted is not None and drifted.since is not None:
            note = f"drifting {drifted.direction} since {drifted.since.isoformat()}"
        return replace(judged, status=Status.ANOMALY, since=since, note=note)

    def _drift(self, judged: Judgement, watched: Direction) -> Judgement | None:
        """The judgement if the last days are out together, with what was expected before they were."""
        values = np.append(self.scaled[:-1], self.today)
        found = find_drifting(values, self.before, self._least, self.sensitivity, watched)
        if found is None:
            return None
        known = np.isfinite(self.before.far) & (self.before.far_spread <= UNSURE)
        known[:-FAR_DAYS] = False
        centre = np.where(known, self.before.far, self.centre)
        band = self._band(centre, np.where(known, self.before.far_spread, self.spread), self.limits)
        return replace(
            judged,
            status=Status.DRIFT,
            expected=float(band.expected[-1]),
            lower=float(band.lower[-1]),
            upper=float(band.upper[-1]),
            score=found.score,
            direction=found.side,
            since=self.days[len(self.days) - found.days],
            band=band,
        )

    def _out_since(self, band: Band, side: str) -> date:
        """The first day of the unbroken run out of band on this side; days without a value don't end it."""
        values = self.values[-len(band.days) :]
        is_out: NDArray[np.bool_] = values > band.upper if side == "up" else values < band.lower
        ends = np.flatnonzero(np.isfinite(values) & ~is_out)
        run = slice(int(ends[-1]) + 1 if len(ends) else 0, None)
        first = int(np.flatnonzero(is_out[run])[0])
        return band.days[run][first]

    def noise_note(self, watched: Direction) -> str:
        """What would go unseen, where that is much."""
        band = self._band(self.centre[-1:], self.spread[-1:], self.limits)
        expected, spread = float(band.expected[-1]), float(self.spread[-1])
        if not expected > 0:
            return ""
        is_up = watched is Direction.UP
        # A day is seen if what it would have been, changed by so much, lies beyond the edge.
        edge = (band.upper if is_up else band.lower) / (RISE if is_up else DROP)
        error = (float(self.transform.forward(edge)[0]) - float(self.centre[-1])) / spread
        share = self.calibration.tails.beyond(error)
        share = share if is_up else 1 - share
        if share >= OFTEN_SEEN:
            return ""
        what = "50 % rise" if is_up else "30 % drop"
        return f"noisy: a {what} would be seen in {round(10 * share)} of 10 cases"
