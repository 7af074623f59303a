"""Responses: what a person did about an alert. What they call an incident never trains a band."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

LONGEST_DAYS = 366
"""A response is about at most so many days: of longer stretches somebody mistyped the year."""
EVERY_KPI = ""


class Branch(StrEnum):
    """What was wrong: the three branches of the response flow."""

    DATA = "data"
    """The data was, or what it counts: a confirmed incident, its days never train a band."""
    MODEL = "model"
    """The model was: the number is right, and is learnt from."""
    SETTING = "setting"
    """What is watched was, or how: the KPI, the columns or the file is as it is meant to be now."""

    @property
    def accepts(self) -> bool:
        """Whether the table is right as it is, in its new shape too."""
        return self is not Branch.DATA


@dataclass(frozen=True)
class Response:
    """One person's answer about the days `first` to `last` of a table. `kpi` "" is all of them."""

    table: str
    first: date
    last: date
    kpi: str
    branch: Branch
    note: str
    responder: str
    responded_at: datetime

    @property
    def days(self) -> frozenset[date]:
        """Every day it is about."""
        return frozenset(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


type DaysByKpi = dict[str, frozenset[date]]
"""The days by KPI; EVERY_KPI is all of them."""


def confirmed(responses: Iterable[Response], first: date, last: date) -> DaysByKpi:
    """The days from `first` to `last` of confirmed incidents: they never train a band."""
    return _answered(responses, first, last, lambda branch: branch is Branch.DATA)


def accepted(responses: Iterable[Response], first: date, last: date) -> DaysByKpi:
    """The days from `first` to `last` that people said are right as they are: a new level is its own."""
    return _answered(responses, first, last, lambda branch: branch.accepts)


def _answered(
    responses: Iterable[Response], first: date, last: date, is_wanted: Callable[[Branch], bool]
) -> DaysByKpi:
    """The days with an answer that is wanted.

    Of two answers on a day the newer counts: who was mistaken answers again. One about all KPIs replaces what
    was said of each; one about a KPI leaves alone what was said of all.
    """
    found: dict[str, set[date]] = {}
    for response in sorted(responses, key=lambda each: each.responded_at):
        days = {day for day in response.days if first <= day <= last}
        for kpi in [response.kpi, *(found if response.kpi == EVERY_KPI else ())]:
            found[kpi] = found.get(kpi, set()) - days
        if is_wanted(response.branch):
            found[response.kpi] |= days
    return {kpi: frozenset(days) for kpi, days in found.items() if days}


def is_accepted(responses: Iterable[Response], day: date, column: str) -> bool:
    """Whether the newest answer about a column on `day`, or about everything, says it is right as it is."""
    about = [each for each in responses if each.kpi in (EVERY_KPI, column) and day in each.days]
    return bool(about) and max(about, key=lambda each: each.responded_at).branch.accepts
