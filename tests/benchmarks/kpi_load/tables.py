"""The benchmark's tables: eight columns and two ratios of a shop each, seeded; some with a bad last day."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from google.cloud import bigquery

from infra.local.sample.kpis.chance import deviations, parts, volumes
from infra.local.sample.kpis.rows import SampleTable, columns, segment_rows
from infra.local.sample.kpis.seasons import Rhythm
from infra.local.sample_tables import AT_ONCE, rebuild_table

DATASET = "bench"
LAST_DAY = date(2026, 11, 10)
"""The day that is checked: an ordinary Tuesday. The sample's sales reach three years back from here."""
ANOMALY_EVERY = 20
LOST_CLICKS = 0.6
KPIS = 10
RATIOS = "kpis:\n  ctr: clicks / impressions\n  cvr: orders / clicks\n"
KINDS = columns(
    impressions="INTEGER",
    visitors="INTEGER",
    clicks="INTEGER",
    cart_adds="INTEGER",
    favourites="INTEGER",
    orders="INTEGER",
    revenue="FLOAT",
    cost="FLOAT",
)


@dataclass(frozen=True)
class Load:
    """Tables to check: so many called `kind`, with a row for each of `days` days and the day in question."""

    kind: str
    count: int
    days: int

    @property
    def names(self) -> list[str]:
        """All tables."""
        return [f"{DATASET}.{self.kind}_{number:04}" for number in range(self.count)]

    @property
    def planted(self) -> set[str]:
        """Those whose last day lost most of its clicks."""
        return set(self.names[::ANOMALY_EVERY])

    def configure(self, folder: Path) -> None:
        """Writes one file per table into a new folder."""
        folder.mkdir()
        self.configure_in(folder)

    def configure_in(self, folder: Path) -> None:
        """Writes one file per table into a folder."""
        for name in self.names:
            file_of(name, folder).write_text(f"table: {name}\n{RATIOS}", "utf-8")

    def fill(self, client: bigquery.Client, on_loaded: Callable[[], None]) -> None:
        """Builds every table by a load job, several at once."""
        client.create_dataset(DATASET, exists_ok=True)
        with ThreadPoolExecutor(AT_ONCE) as loads:
            for _ in loads.map(lambda name: rebuild_table(client, self.table(name)), self.names):
                on_loaded()

    def table(self, name: str) -> SampleTable:
        """A shop's numbers: all have a week, a year, holidays and sales, each of a strength of its own."""
        dates = tuple(LAST_DAY - timedelta(days=back) for back in range(self.days, -1, -1))
        random = np.random.default_rng(list(name.encode()))
        week = random.uniform(0.9, 1.25, 7)
        rhythm = Rhythm(
            week=(week[0], week[1], week[2], week[3], week[4], week[5], week[6]),
            yearly_growth=random.uniform(-0.1, 0.3),
            year_swing=random.uniform(0.0, 0.08),
            quiet_days=random.uniform(0.0, 1.0),
            sale=random.uniform(0.05, 0.3),
        )
        spread = random.uniform(0.02, 0.06)
        shown = volumes(f"{name} impressions", dates, random.uniform(3e5, 3e6), rhythm, spread)
        clicks = parts(f"{name} clicks", dates, shown, random.uniform(0.01, 0.04), Rhythm(sale=0.05), 0.03)
        carts = parts(f"{name} carts", dates, clicks, random.uniform(0.1, 0.3), Rhythm(sale=0.1), 0.03)
        orders = parts(f"{name} orders", dates, carts, random.uniform(0.2, 0.4), Rhythm(sale=0.1), 0.03)
        price = 4_000 * np.exp(deviations(f"{name} price", len(dates), 0.03))
        numbers = {
            "impressions": shown,
            "visitors": volumes(f"{name} visitors", dates, random.uniform(5e4, 5e5), rhythm, spread),
            "clicks": clicks,
            "cart_adds": carts,
            "favourites": parts(f"{name} favourites", dates, clicks, 0.05, Rhythm(sale=0.1), 0.04),
            "orders": orders,
            "revenue": np.round(orders * price, 2),
            "cost": np.round(volumes(f"{name} cost", dates, 50_000, rhythm, spread), 2),
        }
        if name in self.planted:
            clicks[-1] = np.rint(clicks[-1] * (1 - LOST_CLICKS))
        return SampleTable(name, KINDS, tuple(segment_rows(KINDS, dates, {}, numbers)))


def file_of(name: str, folder: Path) -> Path:
    """The file that watches the table."""
    return folder / f"{name.partition('.')[2]}.yaml"
