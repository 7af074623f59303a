"""Coverage, diversity, serendipity and costs: the views against figures worked out by hand in Python."""

import math
import shutil
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.cloud import bigquery

from infra.local.tables import SCHEMAS, create_tables
from shared.gcp.loads import load_rows
from shared.gcp.queries import read_rows

TOKYO = ZoneInfo("Asia/Tokyo")
PACIFIC = ZoneInfo("America/Los_Angeles")
TODAY = datetime.now(TOKYO).date()  # the views look back from the real today
MEASURES = ("coverage", "diversity", "intra_list_diversity", "serendipity")
VOLUMES = ("impressions", "clicks", "cart_adds", "favourites", "orders", "revenue")
FILES = (
    *("impressions.json", "items_on_sale.json", "billing_export.json", "cloud_costs_daily.sql"),
    *("recommendation_measures_daily.sql", "item_slot_measures_daily.sql", "home_module_measures_daily.sql"),
)

type Row = dict[str, Any]
type Segment = tuple[date, str, str, str]


@pytest.fixture
def shop(bigquery_api: bigquery.Client, tmp_path: Path) -> "Shop":
    """A dataset of a test's own, with the raw tables and the views on them and nothing else."""
    for name in FILES:
        shutil.copy(SCHEMAS / name, tmp_path)
    return Shop(bigquery_api, tmp_path)


class Shop:
    """Raw tables that a test fills, and the views on them."""

    def __init__(self, client: bigquery.Client, schemas: Path) -> None:
        self.client, self.dataset = client, f"test_{uuid.uuid4().hex[:12]}"
        create_tables(client, self.dataset, schemas)

    def load(self, table: str, rows: Iterable[Row]) -> None:
        as_json = [{name: said(value) for name, value in row.items()} for row in rows]
        load_rows(self.client, f"{self.client.project}.{self.dataset}.{table}", as_json, uuid.uuid4().hex)

    def read(self, view: str) -> list[Row]:
        return [dict(row) for row in read_rows(self.client, self.dataset, f"SELECT * FROM {view}")]  # noqa: S608

    def slot(self) -> dict[tuple[date, str], Row]:
        return {(row["day"], row["mall"]): row for row in self.read("item_slot_measures_daily")}

    def home(self) -> dict[tuple[date, str, str], Row]:
        return {
            (row["day"], row["mall"], row["gender"]): row for row in self.read("home_module_measures_daily")
        }


def said(value: object) -> object:
    """A value as BigQuery's JSON takes it."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def days_ago(number: int) -> date:
    return TODAY - timedelta(days=number)


def at(day: date, hour: int = 12, minute: int = 0, second: int = 0, zone: ZoneInfo = TOKYO) -> datetime:
    return datetime.combine(day, time(hour, minute, second), zone).astimezone(UTC)


def shown(shown_at: datetime, item: str, category: str | None, **changes: object) -> Row:
    row: Row = {
        "shown_at": shown_at,
        "user_id": "u-1",
        "surface": "item_slot",
        "module": "similar",
        "mall": "main",
        "gender": None,
        "item_id": item,
        "category": category,
        "position": 1,
        "was_clicked": False,
        "was_added_to_cart": None,
        "was_favourited": None,
        "orders": None,
        "revenue": None,
    }
    return row | changes


def on_sale(day: date, item: str, category: str | None, mall: str = "main", gender: str | None = None) -> Row:
    return {"day": day, "mall": mall, "gender": gender, "item_id": item, "category": category}


def day_of(row: Row) -> date:
    moment: datetime = row["shown_at"]
    return moment.astimezone(TOKYO).date()


def is_liked(row: Row) -> bool:
    return bool(row["was_clicked"] or row["was_added_to_cart"] or row["was_favourited"] or row["orders"])


def measured(impressions: list[Row], items: list[Row]) -> dict[Segment, Row]:
    """The definitions of docs/kpi-measures.md, one row and one pair at a time."""
    by_segment: dict[Segment, list[Row]] = defaultdict(list)
    for row in impressions:
        gender = (row["gender"] or "all") if row["surface"] == "home" else "all"
        by_segment[day_of(row), row["surface"], row["mall"], gender].append(row)
    habits = usual_categories(impressions)
    return {
        segment: measured_segment(segment, rows, items, habits)
        for segment, rows in by_segment.items()
        if segment[0] >= days_ago(399)
    }


def measured_segment(
    segment: Segment, rows: list[Row], items: list[Row], habits: Mapping[tuple[str, date], set[str]]
) -> Row:
    day, _surface, mall, gender = segment
    offered = [
        item
        for item in items
        if (item["day"], item["mall"]) == (day, mall)
        and (gender == "all" or item["gender"] in (None, gender))
    ]
    for_sale = {item["item_id"] for item in offered}
    seen = [row["category"] for row in rows if row["category"] is not None]
    categories = {item["category"] for item in offered if item["category"] is not None} | set(seen)
    shares = [count / len(seen) for count in Counter(seen).values()]
    is_diverse = for_sale and seen and len(categories) > 1
    entropy = -math.fsum(share * math.log(share) for share in shares)
    lists: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for row in rows:
        if row["user_id"] and row["category"] is not None:
            lists[row["user_id"], row["module"], row["shown_at"]].append(row["category"])
    pairs = [
        [one != other for one, other in combinations(each, 2)] for each in lists.values() if len(each) > 1
    ]
    surprises = [
        row["category"] not in habits[row["user_id"], day]
        for row in rows
        if is_liked(row) and row["category"] is not None and (row["user_id"], day) in habits
    ]
    return {
        "impressions": len(rows),
        "clicks": sum(bool(row["was_clicked"]) for row in rows),
        "cart_adds": sum(bool(row["was_added_to_cart"]) for row in rows),
        "favourites": sum(bool(row["was_favourited"]) for row in rows),
        "orders": sum(row["orders"] or 0 for row in rows),
        "revenue": sum((row["revenue"] or Decimal(0) for row in rows), Decimal(0)),
        "coverage": mean([item in {row["item_id"] for row in rows} for item in for_sale]),
        "diversity": entropy / math.log(len(categories)) if is_diverse else None,
        "intra_list_diversity": mean([sum(each) / len(each) for each in pairs]),
        "serendipity": mean(surprises),
    }


def usual_categories(impressions: list[Row]) -> dict[tuple[str, date], set[str]]:
    """By user and day with any sight in the 28 days before: the three categories seen most."""
    sights: dict[str, list[tuple[date, str]]] = defaultdict(list)
    for row in impressions:
        if row["user_id"] and row["category"] is not None:
            sights[row["user_id"]].append((day_of(row), row["category"]))
    found = {}
    for user, seen in sights.items():
        for day in {day_of(row) for row in impressions}:
            counts = Counter(
                category for when, category in seen if timedelta(1) <= day - when <= timedelta(28)
            )
            if counts:
                found[user, day] = set(sorted(counts, key=lambda name: (-counts[name], name))[:3])
    return found


def mean(numbers: Iterable[float]) -> float | None:
    found = list(numbers)
    return math.fsum(found) / len(found) if found else None


def assert_same(came: Row, expected: Row, where: object) -> None:
    for name in VOLUMES:
        assert came[name] == expected[name], (where, name)
    for name in MEASURES:
        if expected[name] is None:
            assert came[name] is None, (where, name, came[name])
        else:
            assert came[name] == pytest.approx(expected[name], rel=0, abs=1e-9), (where, name)


def random_shop(seed: int) -> tuple[list[Row], list[Row]]:
    """45 days of a small shop with everything that is awkward: unknown users, missing categories, days."""
    random = Random(seed)
    categories = ["coats", "shoes", "bags", "hats", "rings"]
    catalogue = {f"i-{number}": random.choice([*categories, None]) for number in range(30)}
    impressions, items = [], []
    for ago in range(45):
        day = days_ago(ago)
        if ago == 20:
            continue  # nothing was shown
        for mall, gender in [("main", "women"), ("main", "men"), ("outlet", None)]:
            listed = random.sample(sorted(catalogue), random.randint(1, 20))
            if ago != 10:  # no catalogue came that day
                items += [on_sale(day, item, catalogue[item], mall, gender) for item in listed]
        for _ in range(random.randint(1, 14)):
            where = {
                "surface": random.choice(["item_slot", "home"]),
                "mall": random.choice(["main", "outlet"]),
                "gender": random.choice(["women", "men", None]),
                "module": random.choice(["a", "b"]),
                "user_id": random.choice([None, *(f"u-{number}" for number in range(5))]),
            }
            moment = at(day, random.randrange(24), random.randrange(60), random.randrange(60))
            for item in random.choices(sorted(catalogue), k=random.randint(1, 6)):
                orders = random.choice([None, 0, 0, 2])
                impressions.append(
                    shown(
                        moment,
                        item,
                        catalogue[item],
                        **where,
                        was_clicked=random.choice([True, False, False, None]),
                        was_added_to_cart=random.choice([True, False, False, None]),
                        was_favourited=random.choice([True, False, None]),
                        orders=orders,
                        revenue=Decimal(random.randrange(1, 10**6)) / 100 if orders else None,
                    )
                )
    return impressions, items


def test_random_days_measure_as_worked_out_by_hand(shop: Shop) -> None:
    impressions, items = random_shop(7)
    shop.load("impressions", impressions)
    shop.load("items_on_sale", items)
    expected = measured(impressions, items)
    slot, home = shop.slot(), shop.home()
    assert {(day, "item_slot", mall, "all") for day, mall in slot} | {
        (day, "home", mall, gender) for day, mall, gender in home
    } == set(expected)
    for (day, mall), row in slot.items():
        assert_same(row, expected[day, "item_slot", mall, "all"], (day, mall))
    for (day, mall, gender), row in home.items():
        assert_same(row, expected[day, "home", mall, gender], (day, mall, gender))
    assert days_ago(20) not in {day for day, *_ in expected}
    for name in MEASURES:  # the data is awkward enough to matter
        values = [row[name] for row in expected.values()]
        assert None in values, name
        assert len({value for value in values if value is not None}) > 10, name


def test_an_empty_shop_measures_nothing(shop: Shop) -> None:
    assert shop.slot() == {}
    assert shop.home() == {}
    assert shop.read("cloud_costs_daily") == []


def test_what_cannot_be_measured_is_null_and_what_is_nothing_is_zero(shop: Shop) -> None:
    alone, same, bare, uncatalogued, gone = (days_ago(number) for number in (3, 4, 5, 6, 7))
    shop.load(
        "impressions",
        [
            shown(at(alone), "i-1", "coats"),
            *(shown(at(same), f"i-{number}", "coats") for number in (1, 2)),
            *(shown(at(bare), f"i-{number}", None, was_clicked=True) for number in (1, 2)),
            *(shown(at(uncatalogued), f"i-{number}", name) for number, name in ((1, "coats"), (2, "bags"))),
            *(shown(at(gone), f"i-{number}", name) for number, name in ((8, "coats"), (9, "bags"))),
        ],
    )
    shop.load(
        "items_on_sale",
        [
            on_sale(alone, "i-1", "coats"),
            *(
                on_sale(same, f"i-{number}", name)
                for number, name in ((1, "coats"), (2, "coats"), (3, "bags"))
            ),
            *(on_sale(bare, f"i-{number}", None) for number in range(4)),
            on_sale(gone, "i-1", "hats"),
        ],
    )
    slot = shop.slot()

    def measures(day: date) -> tuple[Any, ...]:
        return tuple(slot[day, "main"][name] for name in MEASURES)

    assert measures(alone) == (1.0, None, None, None)  # one item, one category: no choice, no list
    assert measures(same) == (pytest.approx(2 / 3), 0.0, 0.0, None)  # of two categories always the same
    assert measures(bare) == (0.5, None, None, None)  # no item has a category
    assert measures(uncatalogued) == (None, None, 1.0, None)
    assert measures(gone) == (0.0, pytest.approx(math.log(2) / math.log(3), abs=1e-9), 1.0, None)


def test_a_day_ends_at_midnight_in_tokyo(shop: Shop) -> None:
    last, first = days_ago(3), days_ago(2)
    moments = [at(last, 23, 59, 59) + timedelta(microseconds=999_999), at(first, 0)]
    shop.load("impressions", [shown(moment, "i-1", "coats", was_clicked=True) for moment in moments])
    shop.load("items_on_sale", [on_sale(last, "i-1", "coats"), on_sale(last, "i-2", "bags")])
    slot = shop.slot()
    assert {day: row["impressions"] for (day, _mall), row in slot.items()} == {last: 1, first: 1}
    assert (slot[last, "main"]["coverage"], slot[first, "main"]["coverage"]) == (0.5, None)
    # The day before is the past of the day after it, and nothing is its own past.
    assert (slot[last, "main"]["serendipity"], slot[first, "main"]["serendipity"]) == (None, 0.0)


@pytest.mark.parametrize(("gap", "expected"), [(1, 1.0), (28, 1.0), (29, None)])
def test_a_habit_is_what_was_seen_in_the_28_days_before(shop: Shop, gap: int, expected: float | None) -> None:
    day = days_ago(5)
    shop.load(
        "impressions",
        [
            *(shown(at(day - timedelta(days=gap)), "i-1", name) for name in ("bags", "coats", "hats")),
            shown(at(day), "i-2", "shoes", was_clicked=True),
        ],
    )
    assert shop.slot()[day, "main"]["serendipity"] == expected


def test_of_equally_usual_categories_the_first_three_by_name_are_expected(shop: Shop) -> None:
    day = days_ago(5)
    shop.load(
        "impressions",
        [
            *(shown(at(days_ago(9)), "i-1", name) for name in ("a", "b", "c", "d")),
            shown(at(days_ago(9)), "i-1", "e", surface="home"),  # seen elsewhere is seen
            shown(at(days_ago(8)), "i-1", "e", surface="home"),
            *(shown(at(day), "i-2", name, was_favourited=True) for name in ("a", "b", "c", "d", "e")),
            shown(at(day), "i-2", "z"),  # unexpected, but nobody liked it
            shown(at(day), "i-2", "z", was_clicked=True, user_id="u-new"),  # liked by somebody without a past
        ],
    )
    assert shop.slot()[day, "main"]["serendipity"] == pytest.approx(2 / 5, abs=1e-9)  # c and d


def test_the_view_reads_400_days_and_the_28_before_them(shop: Shop) -> None:
    oldest = days_ago(399)
    shop.load(
        "impressions",
        [
            shown(at(days_ago(428)), "i-1", "shoes"),
            shown(at(days_ago(427)), "i-1", "coats"),
            shown(at(days_ago(400), 23, 59, 59), "i-1", "coats"),
            *(shown(at(oldest, 0), "i-1", name, was_clicked=True) for name in ("coats", "shoes")),
        ],
    )
    slot = shop.slot()
    assert [day for day, _mall in slot] == [oldest]
    assert slot[oldest, "main"]["serendipity"] == 0.5


def charge(moment: datetime, service: str | None, cost: float, *credits: float, **changes: object) -> Row:
    row: Row = {
        "usage_start_time": moment,
        "cost": cost,
        "currency": "JPY",
        "cost_type": "regular",
        "service": {"id": "s", "description": service} if service else None,
        "credits": [{"name": "discount", "amount": amount} for amount in credits],
        "sku": {"id": "k", "description": "a sku"},
        "project": {"id": "p", "name": "p"},
    }
    return row | changes


def test_costs_are_after_credits_by_the_days_of_cloud_billing(shop: Shop) -> None:
    last, first = days_ago(10), days_ago(9)
    shop.load(
        "billing_export",
        [
            charge(at(last, 23, zone=PACIFIC), "BigQuery", 100.5),
            charge(at(first, 0, zone=PACIFIC), "BigQuery", 200.25, -50.0, -0.25),
            charge(at(first, 1, zone=PACIFIC), "BigQuery", 10.0, project={"id": "q", "name": "q"}),
            charge(at(first, 1, zone=PACIFIC), "Cloud Storage", 7.0, -7.0, cost_type=None),
            charge(at(first, 1, zone=PACIFIC), None, 3.0),
            charge(at(first, 1, zone=PACIFIC), "BigQuery", 1.0, currency="USD"),
            *(charge(at(first, 2), "Invoice", 999.0, cost_type=kind) for kind in ("tax", "adjustment")),
            charge(at(days_ago(402), zone=PACIFIC), "BigQuery", 5.0),
        ],
    )
    rows = shop.read("cloud_costs_daily")
    found = {(row["day"], row["service"], row["currency"]): row["cost"] for row in rows}
    assert found == {
        (last, "BigQuery", "JPY"): pytest.approx(100.5, abs=1e-9),
        (first, "BigQuery", "JPY"): pytest.approx(160.0, abs=1e-9),
        (first, "Cloud Storage", "JPY"): 0.0,
        (first, "unknown", "JPY"): 3.0,
        (first, "BigQuery", "USD"): 1.0,
    }


def test_random_charges_add_up_as_by_hand(shop: Shop) -> None:
    random = Random(11)
    rows = [
        charge(
            at(days_ago(20), zone=PACIFIC) + timedelta(hours=random.randrange(24 * 15)),
            random.choice(["BigQuery", "Cloud Storage", "Cloud Run Functions"]),
            random.expovariate(0.01),
            *(-random.random() for _ in range(random.randrange(3))),
        )
        for _ in range(400)
    ]
    shop.load("billing_export", rows)
    expected: dict[tuple[date, str], list[float]] = defaultdict(list)
    for row in rows:
        day = row["usage_start_time"].astimezone(PACIFIC).date()
        expected[day, row["service"]["description"]] += [row["cost"], *(c["amount"] for c in row["credits"])]
    found = {(row["day"], row["service"]): row["cost"] for row in shop.read("cloud_costs_daily")}
    assert found == {key: pytest.approx(math.fsum(parts), abs=1e-9) for key, parts in expected.items()}
