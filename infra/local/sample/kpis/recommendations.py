"""Recommendations: the item slot of product pages, home modules by mall and gender, and similar items."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from infra.local.sample.kpis.chance import deviations, parts, shares, volumes
from infra.local.sample.kpis.rows import SampleTable, columns, segment_rows, table
from infra.local.sample.kpis.seasons import Numbers, Rhythm

VISITING = Rhythm(
    week=(1.0, 0.96, 0.97, 0.98, 0.97, 1.05, 1.11),
    yearly_growth=0.12,
    year_swing=0.06,
    holiday=1.02,
    quiet_days=1.0,
    sale=0.35,
)
CLICKING = Rhythm(week=(1.0, 1.0, 1.0, 1.0, 0.99, 0.98, 0.98), yearly_growth=0.03, sale=0.06)
BUYING = Rhythm(week=(1.02, 1.0, 1.0, 1.0, 1.04, 0.98, 0.97), year_swing=0.03, quiet_days=0.2, sale=0.15)
PRICES = Rhythm(year_swing=-0.05, sale=-0.12)  # winter coats cost more, sale goods less
VARIETY = Rhythm(sale=-0.1)

FUNNEL = {"impressions": "INTEGER", "clicks": "INTEGER", "cart_adds": "INTEGER", "favourites": "INTEGER"}
FUNNEL |= {"orders": "INTEGER", "revenue": "NUMERIC"}
SEGMENTS = {
    ("main", "women"): (1_900_000, 0.031, 6200),
    ("main", "men"): (900_000, 0.027, 6800),
    ("main", "kids"): (450_000, 0.029, 3900),
    ("outlet", "women"): (800_000, 0.034, 4100),
    ("outlet", "men"): (420_000, 0.030, 4400),
    ("outlet", "kids"): (330_000, 0.032, 2700),
}
"""Impressions a day, clicks per impression and yen per order, by mall and gender."""
SHARDS = 8


def item_slot(days: Sequence[date]) -> SampleTable:
    """The slot with similar items on product pages, one row a day."""
    kinds = columns(**FUNNEL, coverage="FLOAT")
    shown = volumes("item_slot impressions", days, 2_400_000, VISITING, 0.04)
    numbers = funnel("item_slot", days, shown, 0.021, 5800)
    numbers["coverage"] = shares("item_slot coverage", days, 0.62, 0.03, VARIETY)
    return table("recsys.item_slot_daily", kinds, segment_rows(kinds, days, {}, numbers))


def home_modules(days: Sequence[date]) -> SampleTable:
    """The home page's modules, one row a day for each mall and gender."""
    kinds = columns(
        mall="STRING", gender="STRING", **FUNNEL, coverage="FLOAT", diversity="FLOAT", serendipity="FLOAT"
    )
    everybody = deviations("home everybody", len(days), 0.03)
    segments = []
    for (mall, gender), (base, click_rate, price) in SEGMENTS.items():
        seed = f"home {mall} {gender}"
        shown = volumes(f"{seed} impressions", days, base, VISITING, 0.03, everybody)
        numbers = funnel(seed, days, shown, click_rate, price)
        numbers["coverage"] = shares(f"{seed} coverage", days, 0.48, 0.04, VARIETY)
        numbers["diversity"] = shares(f"{seed} diversity", days, 0.81, 0.03, VARIETY)
        numbers["serendipity"] = shares(f"{seed} serendipity", days, 0.23, 0.05)
        segments.append(segment_rows(kinds, days, {"mall": mall, "gender": gender}, numbers))
    return table("recsys.home_module_daily", kinds, *segments)


def funnel(
    seed: str, days: Sequence[date], shown: Numbers, click_rate: float, price: float
) -> dict[str, Numbers]:
    """What comes of impressions: clicks, of these cart adds and favourites, of cart adds orders, then yen."""
    clicks = parts(f"{seed} clicks", days, shown, click_rate, CLICKING, 0.02)
    cart_adds = parts(f"{seed} cart_adds", days, clicks, 0.11, BUYING, 0.02)
    orders = parts(f"{seed} orders", days, cart_adds, 0.27, BUYING, 0.025)
    return {
        "impressions": shown,
        "clicks": clicks,
        "cart_adds": cart_adds,
        "favourites": parts(f"{seed} favourites", days, clicks, 0.14, Rhythm(), 0.025),
        "orders": orders,
        "revenue": np.rint(orders * volumes(f"{seed} price", days, price, PRICES, 0.02)),
    }


def similar_items(days: Sequence[date]) -> SampleTable:
    """The table of similar items that is built every night: what was written, one row a day and shard."""
    kinds = columns(shard="STRING", items="INTEGER", pairs="INTEGER", mean_score="FLOAT")
    catalogue = deviations("similar catalogue", len(days), 0.01)
    growing = Rhythm(yearly_growth=0.08, year_swing=0.03)
    segments = []
    for number in range(SHARDS):
        seed = f"similar {number}"
        items = volumes(f"{seed} items", days, 24_000 + 150 * number, growing, 0.004, catalogue)
        degree = 38.5 * np.exp(deviations(f"{seed} degree", len(days), 0.012))
        score = shares(f"{seed} score", days, 0.41, 0.012)
        numbers = {"items": items, "pairs": np.rint(items * degree), "mean_score": score}
        segments.append(segment_rows(kinds, days, {"shard": f"{number}"}, numbers))
    return table("recsys.similar_items_daily", kinds, *segments)
