"""Sample KPI tables: the same every time, with a year's seasons in them; incidents change what they say."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import holidays
import numpy as np
import pytest

from infra.local.sample.kpis.incidents import drifting, multiplied, without_column
from infra.local.sample.kpis.rows import Row, SampleTable, Value
from infra.local.sample.kpis.scenarios import SCENARIOS, Expected, Scenario, Told, told_of, with_incidents
from infra.local.sample.kpis.seasons import ANCHOR_DAY, FIRST_DAY, all_sales
from infra.local.sample.kpis.tables import sample_tables
from shared.kpi.arrival.findings import FindingKind
from shared.kpi.configuration.calendar_file import parse_calendar
from shared.kpi.configuration.table_file import parse_table
from shared.kpi.configuration.watched import resolve
from shared.kpi.history import Shape
from shared.kpi.incidents import Alert, AlertKind, AlertState
from shared.kpi.tables import KpiTable

INFRA = Path(__file__).parents[2] / "infra"
TABLES = sample_tables()
ROWS_A_DAY = {
    "recsys.item_slot_daily": 1,
    "recsys.home_module_daily": 6,
    "recsys.similar_items_daily": 8,
    "marketing.mail_daily": 1,
    "marketing.line_daily": 1,
    "marketing.push_daily": 1,
    "ads.campaign_daily": 4,
    "costs.cloud_daily": 5,
}
VOLUMES = {
    "recsys.item_slot_daily": "impressions",
    "recsys.home_module_daily": "impressions",
    "marketing.mail_daily": "deliveries",
    "marketing.line_daily": "deliveries",
    "marketing.push_daily": "deliveries",
    "ads.campaign_daily": "impressions",
}
FUNNELS = {
    "recsys.item_slot_daily": ("impressions", "clicks", "cart_adds", "orders"),
    "recsys.home_module_daily": ("impressions", "clicks", "favourites"),
    "marketing.mail_daily": ("deliveries", "opens", "visits", "orders"),
    "marketing.line_daily": ("deliveries", "opens", "visits", "orders"),
    "marketing.push_daily": ("deliveries", "opens", "visits", "orders"),
    "ads.campaign_daily": ("impressions", "clicks", "conversions"),
}
PYTHON_TYPES: dict[str, type] = {"DATE": date, "STRING": str, "INTEGER": int, "NUMERIC": int, "FLOAT": float}
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def total(table: SampleTable, column: str) -> dict[date, float]:
    sums: dict[date, float] = {}
    for row in table.rows:
        day = table.day_of(row)
        sums[day] = sums.get(day, 0) + number(row[column])
    return sums


def number(value: Value) -> float:
    assert isinstance(value, int | float)
    return value


def span(first: date, last: date) -> list[date]:
    return [first + timedelta(days=more) for more in range((last - first).days + 1)]


def around(sums: dict[date, float], days: Iterable[date]) -> float:
    """These days against the same weekdays two to four weeks before and after: a factor."""
    ratios = []
    for day in days:
        near = [sums.get(day + timedelta(weeks=weeks)) for weeks in (-4, -3, -2, 2, 3, 4)]
        ratios.append(sums[day] / np.median([value for value in near if value is not None]))
    return float(np.mean(ratios))


def test_the_same_tables_are_drawn_every_time() -> None:
    assert sample_tables() == TABLES


@pytest.mark.parametrize("until", [FIRST_DAY, date(2024, 6, 21), date(2025, 12, 31)])
def test_a_day_is_the_same_whatever_comes_after_it(until: date) -> None:
    for name, table in sample_tables(until).items():
        assert table.rows == TABLES[name].rows[: len(table.rows)]
        assert table.day_of(table.rows[-1]) == until


def test_before_the_first_day_there_is_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match=r"expected 2024-01-12 or later, came 2024-01-11"):
        sample_tables(FIRST_DAY - timedelta(days=1))


def test_two_years_of_days_are_whole() -> None:
    assert (ANCHOR_DAY - FIRST_DAY).days == 731
    assert {name: len(table.rows) for name, table in TABLES.items()} == {
        name: rows * 732 for name, rows in ROWS_A_DAY.items()
    }
    for table in TABLES.values():
        days = [table.day_of(row) for row in table.rows]
        assert days == sorted(days)
        assert set(days) == set(span(FIRST_DAY, ANCHOR_DAY))


@pytest.mark.parametrize("name", TABLES)
def test_rows_are_what_the_columns_say_and_no_two_have_one_key(name: str) -> None:
    table = TABLES[name]
    types = {column.name: column.type for column in table.columns}
    assert types["day"] == "DATE"
    for row in table.rows:
        assert row.keys() == types.keys()
        assert all(type(value) is PYTHON_TYPES[types[column]] for column, value in row.items())
    labels = [column for column, type_ in types.items() if type_ in ("DATE", "STRING")]
    assert len({tuple(row[label] for label in labels) for row in table.rows}) == len(table.rows)


@pytest.mark.parametrize(("name", "steps"), FUNNELS.items())
def test_nobody_does_the_second_step_without_the_first(name: str, steps: tuple[str, ...]) -> None:
    for row in TABLES[name].rows:
        counts = [number(row[step]) for step in steps]
        assert counts == sorted(counts, reverse=True)
        assert counts[-1] > 0


def test_shares_stay_within_0_and_1_and_move() -> None:
    for name, columns in [
        ("recsys.item_slot_daily", ["coverage"]),
        ("recsys.home_module_daily", ["coverage", "diversity", "serendipity"]),
        ("recsys.similar_items_daily", ["mean_score"]),
    ]:
        for column in columns:
            values = [number(row[column]) for row in TABLES[name].rows]
            assert 0 < min(values) < max(values) < 1
            assert len(set(values)) > 0.9 * len(set(map(TABLES[name].day_of, TABLES[name].rows)))


@pytest.mark.parametrize(("name", "column"), VOLUMES.items())
def test_chance_moves_a_volume_by_3_to_7_percent(name: str, column: str) -> None:
    """Against the same weekday of the weeks around, on ordinary days: the median of six others adds a bit."""
    table = TABLES[name]
    labels = [each.name for each in table.columns if each.type == "STRING"]
    segments: dict[tuple[Value, ...], dict[date, float]] = {}
    for row in table.rows:
        key = tuple(row[label] for label in labels)
        segments.setdefault(key, {})[table.day_of(row)] = number(row[column])
    public = holidays.country_holidays("JP", years=[2024, 2025, 2026])
    for sums in segments.values():
        ordinary = [
            day
            for day in span(date(2025, 5, 12), date(2025, 12, 20))
            if day.month not in (6, 7, 8, 11) and day not in public and not is_near_sale(day)
        ]
        spread = np.std([np.log(around(sums, [day])) for day in ordinary])
        assert 0.03 < spread < 0.075


def is_near_sale(day: date) -> bool:
    margin = timedelta(days=2)
    return any(sale.start - margin <= day <= sale.end + margin for sale in all_sales(2026))


@pytest.mark.parametrize(("name", "column"), VOLUMES.items())
@pytest.mark.parametrize("year", [2024, 2025])
def test_new_year_is_quiet_and_sale_weeks_are_not(name: str, column: str, year: int) -> None:
    sums = total(TABLES[name], column)
    new_year = span(date(year, 12, 30), date(year + 1, 1, 3))
    assert around(sums, new_year) < 0.9
    gains = {
        sale: around(sums, span(sale.start, sale.end))
        for sale in all_sales(2026)
        if FIRST_DAY <= sale.start <= sale.end < ANCHOR_DAY
    }
    assert len(gains) == 10
    assert all(gain > 1.05 for sale, gain in gains.items() if sale.strength >= 0.9)
    assert np.mean(list(gains.values())) > 1.08


def test_obon_is_a_little_quiet() -> None:
    dips = [
        around(total(TABLES[name], column), span(date(year, 8, 13), date(year, 8, 16)))
        for name, column in VOLUMES.items()
        for year in (2024, 2025)
    ]
    assert 0.9 < np.mean(dips) < 0.97


def shipped_tables() -> dict[str, KpiTable]:
    """The shipped configurations, but for the checkpoint's own tables."""
    found = [
        parse_table(path.read_text(encoding="utf-8"), path.name)
        for path in sorted((INFRA / "kpi_tables").glob("*.yaml"))
    ]
    return {table.table: table for table in found if not table.table.startswith("sekisho.")}


def test_every_sample_table_has_a_shipped_configuration_that_fits_its_columns() -> None:
    shipped = shipped_tables()
    assert shipped.keys() == TABLES.keys()
    for name, table in TABLES.items():
        watched = resolve(shipped[name], Shape(table.columns, table.partition_column), "day")
        assert watched.date_column == "day"
        labels = {column.name for column in table.columns if column.type == "STRING"}
        assert set(watched.key) - {"day"} == labels
        numbers = {column.name for column in table.columns if column.type in ("INTEGER", "NUMERIC", "FLOAT")}
        assert numbers <= set(watched.kpis)


def test_what_a_scenario_expects_is_watched() -> None:
    shipped = shipped_tables()
    for scenario in SCENARIOS:
        if scenario.expected is None:
            continue
        table = TABLES[scenario.table]
        kpis = resolve(shipped[scenario.table], Shape(table.columns, "day"), "day").kpis
        assert {*scenario.expected.kpis} <= set(kpis)
        assert scenario.expected.column in {"", *kpis}
        for kpi in scenario.expected.kpis:
            assert shipped[scenario.table].direction_of(kpi) in ("both", scenario.expected.direction)


def test_sale_weeks_are_those_of_the_shipped_calendar() -> None:
    path = INFRA / "calendar.yaml"
    calendar = parse_calendar(path.read_text(encoding="utf-8"), str(path))
    known = {
        (event.name, event.start, event.end)
        for event in calendar.events_between(date(FIRST_DAY.year, 1, 1), date(2025, 12, 31))
    }
    assert known == {
        (sale.name, sale.start, sale.end) for sale in all_sales(2025) if sale.start.year >= FIRST_DAY.year
    }


def test_a_public_holiday_passes_like_a_sunday() -> None:
    sums = total(TABLES["recsys.item_slot_daily"], "impressions")
    mondays = [date(2024, 2, 12), date(2024, 9, 23), date(2024, 11, 4), date(2025, 2, 24), date(2025, 10, 13)]
    assert around(sums, mondays) > 1.05


def test_volumes_grow_and_each_winter_sale_is_about_as_strong_as_the_last() -> None:
    for name, column in VOLUMES.items():
        sums = total(TABLES[name], column)
        one_october, next_october = (
            sum(sums[day] for day in span(date(year, 10, 1), date(year, 10, 31))) for year in (2024, 2025)
        )
        assert 1.02 < next_october / one_october < 1.15
        first, second = (
            np.mean([sums[day] for day in span(date(year, 1, 5), date(year, 1, 11))])
            / np.mean([sums[day] for day in span(date(year - 1, 12, 8), date(year - 1, 12, 21))])
            for year in (2025, 2026)
        )
        assert abs(second / first - 1) < 0.12


def test_days_repeat_by_the_week() -> None:
    sums = total(TABLES["marketing.mail_daily"], "deliveries")
    by_weekday = [
        np.mean([value for day, value in sums.items() if day.weekday() == weekday]) for weekday in range(7)
    ]
    assert int(np.argmax(by_weekday)) == 4
    assert max(by_weekday) > 1.15 * min(by_weekday)


def changed_cells(before: SampleTable, after: SampleTable) -> set[tuple[date, str]]:
    """Days and columns in which tables of the same rows differ."""
    assert before.columns == after.columns
    return {
        (before.day_of(old), column)
        for old, new in zip(before.rows, after.rows, strict=True)
        for column in old
        if old[column] != new[column]
    }


@pytest.mark.parametrize(
    ("name", "columns", "since"),
    [
        ("slow_fall", {"deliveries", "opens", "visits", "orders"}, date(2025, 12, 10)),
        ("outage", {"deliveries", "opens", "visits", "orders"}, ANCHOR_DAY),
        ("bot_traffic", {"impressions", "clicks"}, ANCHOR_DAY),
        ("creeping_cost", {"cost"}, date(2025, 12, 5)),
    ],
)
def test_an_incident_changes_only_what_it_says(name: str, columns: set[str], since: date) -> None:
    scenario = BY_NAME[name]
    before = TABLES[scenario.table]
    changed = changed_cells(before, scenario.apply(before))
    assert {column for _, column in changed} == columns
    assert {day for day, _ in changed} == set(span(since, ANCHOR_DAY))
    assert min(scenario.days) >= since


def test_deliveries_fall_and_costs_creep_by_what_they_say() -> None:
    fall = BY_NAME["slow_fall"]
    before, after = TABLES[fall.table], fall.apply(TABLES[fall.table])
    ratio = total(after, "deliveries")[ANCHOR_DAY] / total(before, "deliveries")[ANCHOR_DAY]
    assert ratio == pytest.approx(0.993**34, rel=1e-4)
    creep = BY_NAME["creeping_cost"]
    hit = {row["service"]: row["cost"] for row in creep.apply(TABLES[creep.table]).rows[-5:]}
    was = {row["service"]: row["cost"] for row in TABLES[creep.table].rows[-5:]}
    assert number(hit["BigQuery"]) / number(was["BigQuery"]) == pytest.approx(1.01**39, rel=1e-4)
    assert {name for name in was if hit[name] != was[name]} == {"BigQuery"}


def test_in_an_outage_all_rows_are_there_and_all_are_zero() -> None:
    outage = BY_NAME["outage"].apply(TABLES["marketing.mail_daily"])
    assert outage.rows[-1] == {"day": ANCHOR_DAY, "deliveries": 0, "opens": 0, "visits": 0, "orders": 0}


def test_bots_click_but_do_not_buy() -> None:
    before = TABLES["ads.campaign_daily"].rows[-4:]
    after = BY_NAME["bot_traffic"].apply(TABLES["ads.campaign_daily"]).rows[-4:]
    for old, new in zip(before, after, strict=True):
        assert new == {
            **old,
            "impressions": 3 * number(old["impressions"]),
            "clicks": 4 * number(old["clicks"]),
        }


def test_a_column_is_dropped_or_retyped_and_all_else_stays() -> None:
    slot = TABLES["recsys.item_slot_daily"]
    dropped = BY_NAME["dropped_column"].apply(slot)
    assert [column.name for column in slot.columns if column not in dropped.columns] == ["favourites"]
    assert all(
        {**row, "favourites": old["favourites"]} == old
        for old, row in zip(slot.rows, dropped.rows, strict=True)
    )
    push = TABLES["marketing.push_daily"]
    retyped = BY_NAME["retyped_column"].apply(push)
    assert [(column.name, column.type) for column in retyped.columns if column not in push.columns] == [
        ("visits", "STRING")
    ]
    assert all(
        {**old, "visits": str(old["visits"])} == row for old, row in zip(push.rows, retyped.rows, strict=True)
    )


def test_a_table_that_was_not_built_lacks_its_newest_day_only() -> None:
    table = TABLES["recsys.similar_items_daily"]
    assert BY_NAME["not_built"].apply(table).rows == table.rows[:-8]


def test_incidents_that_make_no_sense_are_refused() -> None:
    slot = TABLES["recsys.item_slot_daily"]
    with pytest.raises(KeyError, match="expected a column favorites"):
        without_column(slot, "favorites")
    with pytest.raises(TypeError, match="expected a number to multiply"):
        multiplied(TABLES["costs.cloud_daily"], ANCHOR_DAY, {"service": 2.0})
    assert drifting(slot, ANCHOR_DAY + timedelta(days=1), -0.5, ("clicks",)) == slot


def test_all_that_may_be_there_from_the_start_is_put_in_at_once() -> None:
    changed = with_incidents(TABLES)
    assert changed.keys() == TABLES.keys()
    for scenario in SCENARIOS:
        if not scenario.changes_shape:
            assert changed[scenario.table] == scenario.apply(TABLES[scenario.table])
    assert changed["marketing.push_daily"] == TABLES["marketing.push_daily"]


def test_scenarios_do_not_get_into_each_others_way() -> None:
    assert len(BY_NAME) == len(SCENARIOS) == 9
    assert sum(scenario.expected is None for scenario in SCENARIOS) == 2
    wrong = [scenario.table for scenario in SCENARIOS if scenario.expected]
    assert len(set(wrong)) == len(wrong)
    for scenario in SCENARIOS:
        assert list(scenario.days) == sorted(set(scenario.days))
        assert max(scenario.days) <= scenario.found_by <= ANCHOR_DAY or scenario.expected is None
        assert all(day < min(scenario.days) for day in scenario.days_before)


def an_alert(
    scenario: Scenario, day: date, *subjects: str, table: str = "", state: AlertState = AlertState.SENT
) -> Alert:
    return Alert(
        alert_id=f"{day} {subjects}",
        table=table or scenario.table,
        day=day,
        kind=AlertKind.RAISED,
        state=state,
        incident=day,
        subjects=frozenset(subjects),
        headline="",
        channel="",
        thread="",
        recorded_at=datetime(2026, 1, 13, tzinfo=UTC),
    )


def found(
    scenario: Scenario, alerts: Sequence[Alert], down: Iterable[str] = (), up: Iterable[str] = ()
) -> Told:
    """What was told, where these KPIs were found low or high on every day."""
    ways = dict.fromkeys(down, "down") | dict.fromkeys(up, "up")
    directions = {(scenario.table, day, kpi): way for day in scenario.days for kpi, way in ways.items()}
    return told_of(scenario, alerts, directions)


def test_a_trap_comes_right_only_when_nothing_is_said_on_any_of_its_days() -> None:
    trap = BY_NAME["sale_week"]
    last = trap.days[-1]
    assert found(trap, []).came_right
    elsewhere = an_alert(trap, last, "clicks", table="ads.campaign_daily")
    later = an_alert(trap, last + timedelta(days=1), "clicks")
    unsent = an_alert(trap, last, "clicks", state=AlertState.UNSENT)
    assert found(trap, [elsewhere, later, unsent]).came_right
    loud = an_alert(trap, last, "clicks")
    told = found(trap, [loud], up=["clicks"])
    assert (told.came_right, told.alert) == (False, loud)


def test_a_drift_comes_right_on_the_first_day_it_is_told_in_the_right_direction() -> None:
    fall = BY_NAME["slow_fall"]
    days = fall.days
    other = an_alert(fall, days[1], "opens")
    right = an_alert(fall, days[3], "deliveries", "opens")
    alerts = [other, right, an_alert(fall, days[4], "deliveries")]
    told = found(fall, alerts, down=["deliveries", "opens"])
    assert (told.came_right, told.alert) == (True, right)
    assert not found(fall, alerts, up=["deliveries"]).came_right, "told, but as a rise"
    assert not found(fall, alerts[:1], down=["deliveries", "opens"]).came_right
    late = replace(fall, found_by=days[2])
    told = found(late, alerts, down=["deliveries"])
    assert (told.came_right, told.alert) == (False, right)


def test_a_kpi_of_a_segment_counts_as_that_kpi() -> None:
    creep = BY_NAME["creeping_cost"]
    name = "cost (service=BigQuery)"
    assert found(creep, [an_alert(creep, creep.days[0], name)], up=[name]).came_right


def test_bots_come_right_only_when_both_kpis_are_told() -> None:
    bots = BY_NAME["bot_traffic"]
    up = ["impressions", "clicks"]
    assert not found(bots, [an_alert(bots, ANCHOR_DAY, "impressions")], up=up).came_right
    assert not found(bots, [an_alert(bots, ANCHOR_DAY, *up)], up=["clicks"]).came_right
    assert found(bots, [an_alert(bots, ANCHOR_DAY, *up)], up=up).came_right


def test_a_finding_comes_right_only_for_its_own_column() -> None:
    dropped = BY_NAME["dropped_column"]
    for column, right in (("favourites", True), ("clicks", False)):
        alert = an_alert(dropped, ANCHOR_DAY, f"column_dropped:{column}")
        assert found(dropped, [alert]).came_right is right
    assert found(BY_NAME["not_built"], [an_alert(BY_NAME["not_built"], ANCHOR_DAY, "no_rows")]).came_right


def test_what_is_expected_can_be_put_into_words() -> None:
    assert str(Expected(FindingKind.NO_ROWS)) == "no_rows"
    assert str(Expected(FindingKind.COLUMN_DROPPED, "visits")) == "column_dropped visits"
    assert str(Expected(kpis=("impressions", "clicks"), direction="up")) == "impressions, clicks up"


def rows_of(table: SampleTable, day: date) -> list[Row]:
    return [row for row in table.rows if table.day_of(row) == day]


def test_all_segments_are_large_enough_to_be_judged() -> None:
    for row in rows_of(TABLES["recsys.home_module_daily"], ANCHOR_DAY):
        assert number(row["orders"]) > 100
    for row in rows_of(TABLES["ads.campaign_daily"], ANCHOR_DAY):
        assert number(row["conversions"]) > 50
