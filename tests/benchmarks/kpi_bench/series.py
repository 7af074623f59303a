"""The series that are measured on: real ones beside the project, and the sample's for what costs time."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np

from infra.local.sample.kpis.chance import volumes
from infra.local.sample.kpis.seasons import Rhythm
from shared.kpi.calendar import LOOKS_AHEAD, Calendar
from shared.kpi.detection.judging import Context
from shared.kpi.events import Event, MonthDay
from shared.kpi.series import WHOLE, Series
from shared.kpi.tables import Direction

FOLDER = Path(__file__).resolve().parents[4] / "shared/data/series"
COUNTRIES = {"web_visitors": "US", "power_demand_tokyo": "JP", "bike_rentals": "US", "wiki_page_log": "US"}
"""Real files, and whose holidays they keep. The raw table of advertisements beside them is no series."""
DAYS = 1_095
LAST_DAY = date(2026, 11, 10)
SENSITIVITY = 6.0
CALENDAR = Calendar("JP", (Event("winter sale", yearly=(MonthDay(1, 5), MonthDay(1, 11))),))
"""Japan's holidays and one event, as the sample's shops keep both."""


def sample_series(count: int, days: int = DAYS) -> list[Series]:
    """So many series of shops, seeded: `days` days of history and the day in question, and the day before.

    All have a week, a year, holidays and sales, each of a strength of its own.
    """
    dates = tuple(LAST_DAY - timedelta(days=back) for back in range(days + 1, -1, -1))
    return [_sample(f"shop {number}", dates) for number in range(count)]


def _sample(name: str, dates: tuple[date, ...]) -> Series:
    random = np.random.default_rng(list(name.encode()))
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = random.uniform(0.8, 1.25, 7)
    rhythm = Rhythm(
        week=(monday, tuesday, wednesday, thursday, friday, saturday, sunday),
        yearly_growth=random.uniform(-0.1, 0.3),
        year_swing=random.uniform(0.0, 0.1),
        quiet_days=random.uniform(0.0, 1.0),
        sale=random.uniform(0.05, 0.3),
    )
    level, spread = 10 ** random.uniform(2.5, 6.5), random.uniform(0.02, 0.1)
    return Series(name, WHOLE, dates, volumes(name, dates, level, rhythm, spread))


def today(series: Series) -> Series:
    """As it is checked on its last day, by the days of history a table's check reads."""
    return Series(series.kpi, series.segment, series.days[1:], series.values[1:])


def yesterday(series: Series) -> Series:
    """As it was checked on the day before."""
    return Series(series.kpi, series.segment, series.days[:-1], series.values[:-1])


def context_of(series: Series) -> Context:
    """What production knows besides the numbers."""
    occasions = CALENDAR.occasions(series.days[0], series.day + LOOKS_AHEAD)
    return Context(occasions, Direction.BOTH, SENSITIVITY, frozenset())
