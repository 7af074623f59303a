"""The sample tables: what is watched of the marketplace, as it looks while all is well."""

from collections.abc import Mapping
from datetime import date

from infra.local.sample.kpis.recommendations import home_modules, item_slot, similar_items
from infra.local.sample.kpis.rows import SampleTable
from infra.local.sample.kpis.seasons import ANCHOR_DAY, FIRST_DAY, all_days
from infra.local.sample.kpis.spending import CHANNELS, campaigns, channel, costs


def sample_tables(until: date = ANCHOR_DAY) -> Mapping[str, SampleTable]:
    """Every sample table by its name (dataset.table), healthy, from FIRST_DAY up to and with `until`.

    The same days are the same whatever comes after them, number by number.
    """
    if until < FIRST_DAY:
        raise ValueError(f"until: expected {FIRST_DAY} or later, came {until}")
    days = all_days(until)
    found = [
        item_slot(days),
        home_modules(days),
        similar_items(days),
        *(channel(name, days) for name in CHANNELS),
        campaigns(days),
        costs(days),
    ]
    return {table.name: table for table in found}
