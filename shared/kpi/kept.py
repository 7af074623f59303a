"""What is kept of a KPI from one day to the next, so that a day costs one fit; and as plain types."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.kpi.forecasts import FAR_DAYS, WEEK, Forecasts
from shared.kpi.series import Numbers

type KpiKey = tuple[str, str]
"""A KPI and its segment."""
type Days = NDArray[np.int_]
type Month = tuple[str, int]
"""A rule of the month: its name, and the number of the first day it is kept from."""
type Shift = tuple[int, float]
"""A level that was left: the first day on the next, and by how much the days before are to be lifted."""

FORMAT = 4
"""Of what is kept. One more whenever the same history comes to other forecasts, or is kept otherwise."""


class BadKept(ValueError):
    """Not to be used: made by another version, or damaged."""


@dataclass(frozen=True, eq=False)
class Mode:
    """The most probable parameters: the ridge ones, the changepoints' and the noise."""

    ridge: Numbers
    delta: Numbers
    sigma: float

    @property
    def parameters(self) -> Numbers:
        """All coefficients in the columns' order."""
        return np.concatenate([self.ridge, self.delta])


@dataclass(frozen=True, eq=False)
class Rolled:
    """What was forecast day by day, from day number `first` on; `far` things from `first_far` on, in whole
    weeks; `last_far` are the last day's and the 41 before, by what was known before the first of them.

    `starts` are the changepoints and the noise that were fitted on the first day of each week from `first`
    on, None where there were too few days; `outages` the days before the anchor that were not learnt.
    """

    first: int
    outages: Days
    starts: tuple[Mode | None, ...]
    expected: Numbers
    noise: Numbers
    spread: Numbers
    volatility: Numbers
    is_new: NDArray[np.bool_]
    is_new_own: NDArray[np.bool_]
    first_far: int
    far: Numbers
    far_spread: Numbers
    last_far: Numbers
    last_far_spread: Numbers

    @property
    def until(self) -> int:
        """The number of the day after the last."""
        return self.first + len(self.expected)

    def cut(self, until: int) -> "Rolled":
        """What of it was known when day number `until` was still to come; the last far ones are lost."""
        if until >= self.until:
            return self
        days = max(until - self.first, 0)
        begun = -(-days // WEEK)
        weeks = max((until - self.first_far) // WEEK * WEEK, 0)
        return replace(
            self,
            starts=self.starts[:begun],
            **{name: getattr(self, name)[:days] for name in DAILY},
            **{name: getattr(self, name)[:weeks] for name in WEEKLY},
            last_far=np.zeros(0),
            last_far_spread=np.zeros(0),
        )

    def forecasts(self, count: int) -> Forecasts:
        """As forecasts of all `count` days, the last of which is the last day rolled."""
        found = self.begun(count)
        last = slice(max(count - FAR_DAYS, 0), count)
        found.far[last], found.far_spread[last] = np.nan, 1.0
        if len(self.last_far):
            found.far[last], found.far_spread[last] = self.last_far, self.last_far_spread
        return found

    def begun(self, count: int) -> Forecasts:
        """Forecasts of `count` days that begin with these; nothing of what is the last day's only."""
        found = Forecasts.none(count)
        for names, first in ((DAILY, self.first), (WEEKLY, self.first_far)):
            for name in names:
                mine = getattr(self, name)
                getattr(found, name)[first : first + len(mine)] = mine
        return found


MARKS = ("is_new", "is_new_own")
DAILY = ("expected", "noise", "spread", "volatility", *MARKS)
WEEKLY = ("far", "far_spread")
NUMBERS = (*DAILY[:4], *WEEKLY, "last_far", "last_far_spread")


@dataclass(frozen=True, eq=False)
class Kept:
    """Everything forecasts of one KPI up to `day` came to, and what they were made of, to be recognised by.

    Days are numbered from `first` on. `past` stands for all that was known before day number `anchor`,
    `recent` has the transformed values from there to the day before `day`; `calendar` stands for the
    occasions up to `day`, `accepted` are the days people said are right. `months` are the rules of the month
    that are kept; `own` the shifts people accepted, `lasting` those that lasted, as of day number `searched`.
    `before` was forecast on the first of these levels, `band` on the second, None where that is no other.
    """

    first: date
    anchor: int
    day: date
    past: str
    calendar: str
    recent: Numbers
    accepted: tuple[int, ...]
    months: tuple[Month, ...]
    searched: int
    own: tuple[Shift, ...]
    lasting: tuple[Shift, ...]
    before: Rolled
    band: Rolled | None

    @property
    def number(self) -> int:
        """That of the last day."""
        return (self.day - self.first).days

    def to_plain(self) -> dict[str, Any]:
        """As JSON has it: strings, numbers, lists; arrays as base64 of doubles, to the last bit."""
        plain = {
            "first": self.first.isoformat(),
            "anchor": self.anchor,
            "day": self.day.isoformat(),
            "past": self.past,
            "calendar": self.calendar,
            "recent": _packed(self.recent),
            "accepted": list(self.accepted),
            "months": [list(each) for each in self.months],
            "searched": self.searched,
            "own": [list(each) for each in self.own],
            "lasting": [list(each) for each in self.lasting],
            "before": _plain(self.before),
            "band": _plain(self.band) if self.band else None,
        }
        return {"format": FORMAT, "seal": _seal(plain), **plain}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Kept":
        """Raises BadKept where `to_plain` of this version did not make it, or it was changed since."""
        try:
            content = {name: value for name, value in plain.items() if name not in ("format", "seal")}
            if plain["format"] != FORMAT:
                raise BadKept(f"expected format {FORMAT}, came {plain['format']!r:.40}")
            if plain["seal"] != _seal(content):
                raise BadKept("expected what was kept, came something that was changed since")
            return cls(
                first=date.fromisoformat(plain["first"]),
                anchor=int(plain["anchor"]),
                day=date.fromisoformat(plain["day"]),
                past=str(plain["past"]),
                calendar=str(plain["calendar"]),
                recent=_unpacked(plain["recent"]),
                accepted=tuple(int(each) for each in plain["accepted"]),
                months=tuple((str(name), int(since)) for name, since in plain["months"]),
                searched=int(plain["searched"]),
                own=_shifts(plain["own"]),
                lasting=_shifts(plain["lasting"]),
                before=_rolled(plain["before"]),
                band=_rolled(plain["band"]) if plain["band"] else None,
            )
        except BadKept:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, binascii.Error) as error:
            raise BadKept(f"expected what was kept, came {type(error).__name__}: {error}"[:200]) from error

    def day_of(self, number: int) -> date:
        """The date of a day's number."""
        return self.first + timedelta(days=number)


def _plain(rolled: Rolled) -> dict[str, Any]:
    return {
        "first": rolled.first,
        "outages": rolled.outages.tolist(),
        "starts": [each and [_packed(each.delta), each.sigma] for each in rolled.starts],
        "first_far": rolled.first_far,
        **{name: _packed(getattr(rolled, name)) for name in (*NUMBERS, *MARKS)},
    }


def _rolled(plain: Mapping[str, Any]) -> Rolled:
    numbers: dict[str, Any] = {name: _unpacked(plain[name]) for name in NUMBERS}
    marks: dict[str, Any] = {name: _unpacked(plain[name]) != 0 for name in MARKS}
    return Rolled(
        first=int(plain["first"]),
        outages=np.array(plain["outages"], dtype=np.int_),
        starts=tuple(_mode(each) if each else None for each in plain["starts"]),
        first_far=int(plain["first_far"]),
        **numbers,
        **marks,
    )


def _mode(plain: Any) -> Mode:
    delta, sigma = plain
    return Mode(np.zeros(0), _unpacked(delta), float(sigma))


def _shifts(plain: Any) -> tuple[Shift, ...]:
    return tuple((int(day), float(size)) for day, size in plain)


def _packed(numbers: Numbers) -> str:
    return base64.b64encode(np.asarray(numbers, dtype="<f8").tobytes()).decode()


def _unpacked(text: str) -> Numbers:
    return np.frombuffer(base64.b64decode(text, validate=True), dtype="<f8").astype(np.float64)


def _seal(plain: Mapping[str, Any]) -> str:
    said = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
