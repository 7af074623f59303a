"""A series: one KPI of one segment, day by day."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # whoever only passes series on, such as check_kpis, carries no numpy
    import numpy as np
    from numpy.typing import NDArray

type Numbers = NDArray[np.float64]

WHOLE = ""
"""The segment that is the whole table."""


@dataclass(frozen=True, eq=False)
class Series:
    """One KPI's observations on consecutive calendar days, the oldest first; the last is the day in question.

    `values` has one float per day, NaN where there is none. `volumes` are a ratio's denominators, None for
    other KPIs. `is_additive` is False for ratios and averages.
    """

    kpi: str
    segment: str
    days: tuple[date, ...]
    values: Numbers
    volumes: Numbers | None = None
    is_additive: bool = True

    @property
    def day(self) -> date:
        """The day in question."""
        return self.days[-1]

    @property
    def name(self) -> str:
        """KPI and segment in one word."""
        return f"{self.kpi} ({self.segment})" if self.segment else self.kpi
