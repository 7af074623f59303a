"""Marketing and money: mails, LINE messages and push notices, advertising campaigns, the cloud's bill."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from infra.local.sample.kpis.chance import deviations, parts, volumes
from infra.local.sample.kpis.rows import SampleTable, columns, segment_rows, table
from infra.local.sample.kpis.seasons import Rhythm, season


@dataclass(frozen=True)
class Channel:
    """One way to write to customers: how much is sent, and what follows of each step."""

    deliveries: float
    open_rate: float
    visit_rate: float
    order_rate: float
    spread: float
    week: tuple[float, float, float, float, float, float, float]


CHANNELS = {
    "mail": Channel(850_000, 0.18, 0.075, 0.028, 0.05, (0.95, 1.0, 1.02, 1.08, 1.15, 0.95, 0.9)),
    "line": Channel(420_000, 0.42, 0.09, 0.025, 0.04, (0.97, 0.98, 1.0, 1.0, 1.1, 1.05, 1.0)),
    "push": Channel(1_300_000, 0.035, 0.8, 0.02, 0.06, (1.0, 0.98, 0.98, 1.0, 1.06, 1.04, 1.02)),
}
OPENING = Rhythm(week=(1.02, 1.0, 1.0, 1.0, 0.98, 0.96, 0.99), quiet_days=0.4, sale=0.05)
ORDERING = Rhythm(week=(1.0, 1.0, 1.0, 1.0, 1.02, 1.03, 1.04), year_swing=0.03, quiet_days=0.2, sale=0.18)

CAMPAIGNS = {
    "brand": (600_000, 0.012, 0.031, 32.0),
    "retargeting": (450_000, 0.016, 0.036, 41.0),
    "lookalike": (380_000, 0.009, 0.024, 38.0),
    "new_arrivals": (260_000, 0.011, 0.027, 36.0),
}
"""Impressions a day, clicks per impression, conversions per click and yen per click, by campaign."""
ADVERTISING = Rhythm(
    week=(1.0, 1.0, 1.0, 1.0, 1.03, 1.06, 1.05), yearly_growth=0.1, year_swing=0.05, quiet_days=0.8, sale=0.3
)

SERVICES = {
    "BigQuery": (42_000, 0.05, 0.18, 0.12),
    "Vertex AI": (27_000, 0.04, 0.10, 0.05),
    "Cloud Run Functions": (12_500, 0.03, 0.12, 0.20),
    "Cloud Storage": (9_800, 0.008, 0.15, 0.0),
    "Cloud Pub/Sub": (3_200, 0.03, 0.12, 0.25),
}
"""Yen a day, standard deviation, yearly growth and gain in a sale, by service."""


def channel(name: str, days: Sequence[date]) -> SampleTable:
    """One channel of marketing automation, one row a day."""
    kinds = columns(deliveries="INTEGER", opens="INTEGER", visits="INTEGER", orders="INTEGER")
    way = CHANNELS[name]
    sending = Rhythm(way.week, yearly_growth=0.1, year_swing=0.03, holiday=0.97, quiet_days=0.9, sale=0.2)
    deliveries = volumes(f"{name} deliveries", days, way.deliveries, sending, way.spread)
    opens = parts(f"{name} opens", days, deliveries, way.open_rate, OPENING, 0.02)
    visits = parts(f"{name} visits", days, opens, way.visit_rate, Rhythm(sale=0.04), 0.025)
    orders = parts(f"{name} orders", days, visits, way.order_rate, ORDERING, 0.025)
    numbers = {"deliveries": deliveries, "opens": opens, "visits": visits, "orders": orders}
    return table(f"marketing.{name}_daily", kinds, segment_rows(kinds, days, {}, numbers))


def campaigns(days: Sequence[date]) -> SampleTable:
    """Advertising, one row a day and campaign."""
    kinds = columns(
        campaign="STRING", impressions="INTEGER", clicks="INTEGER", conversions="INTEGER", cost="FLOAT"
    )
    segments = []
    for name, (base, click_rate, conversion_rate, price) in CAMPAIGNS.items():
        shown = volumes(f"ads {name} impressions", days, base, ADVERTISING, 0.05)
        clicks = parts(f"ads {name} clicks", days, shown, click_rate, Rhythm(sale=0.05), 0.03)
        numbers = {
            "impressions": shown,
            "clicks": clicks,
            "conversions": parts(f"ads {name} conversions", days, clicks, conversion_rate, ORDERING, 0.03),
            "cost": np.round(clicks * price * np.exp(deviations(f"ads {name} cost", len(days), 0.03)), 2),
        }
        segments.append(segment_rows(kinds, days, {"campaign": name}, numbers))
    return table("ads.campaign_daily", kinds, *segments)


def costs(days: Sequence[date]) -> SampleTable:
    """The cloud's bill, one row a day and service."""
    kinds = columns(service="STRING", cost="FLOAT")
    segments = []
    for name, (base, spread, growth, sale) in SERVICES.items():
        seed = f"costs {name}"
        working = (1.0, 1.02, 1.02, 1.01, 1.0, 0.97, 0.96) if sale else (1.0,) * 7
        rhythm = Rhythm(working, yearly_growth=growth, sale=sale)
        level = base * season(rhythm, days, seed) * np.exp(deviations(seed, len(days), spread))
        segments.append(segment_rows(kinds, days, {"service": name}, {"cost": np.round(level, 2)}))
    return table("costs.cloud_daily", kinds, *segments)
