"""Kept forecasts against the storage emulator: whatever goes wrong, a check goes on and spoils nothing."""

import json
import logging
import uuid
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest

from shared.gcp.clients import storage_client
from shared.gcp.kept_forecasts import UNUSED_DAYS, KeptForecasts
from shared.gcp.object_store import ObjectStore
from shared.kpi.detection.judging import Context, judge_kept
from shared.kpi.kept import Kept, KpiKey
from shared.kpi.series import Series
from shared.kpi.tables import Direction
from shared.settings import Cloud

DAY = date(2026, 11, 5)
TABLE = "recsys.slot_daily"
NAME = f"forecasts/{TABLE}.json"
log = logging.getLogger("test")


def kept_of(day: date, kpi: str = "clicks") -> dict[KpiKey, Kept]:
    values = 1000 * np.exp(np.random.default_rng(3).normal(0, 0.05, 80))
    days = tuple(day - timedelta(days=79 - number) for number in range(80))
    context = Context((), Direction.BOTH, 6.0, frozenset())
    kept = judge_kept(Series(kpi, "", days, values), context, None)[1]
    assert kept is not None
    return {(kpi, ""): kept}


def plain(kept: dict[KpiKey, Kept]) -> dict[KpiKey, object]:
    return {key: each.to_plain() for key, each in kept.items()}


@pytest.fixture
def objects(storage_emulator: str) -> Callable[[], ObjectStore]:
    cloud = Cloud("sekisho-local", "sekisho", storage_emulator=storage_emulator)
    name = f"kept-{uuid.uuid4().hex}"
    storage_client(cloud).create_bucket(name)
    return lambda: ObjectStore(storage_client(cloud), name)


def test_what_a_check_leaves_the_next_one_reads(objects: Callable[[], ObjectStore]) -> None:
    first = KeptForecasts(objects(), TABLE, log)
    assert first.read() == {}
    left = kept_of(DAY)
    first.write(DAY, left)
    after = kept_of(DAY + timedelta(days=1), "orders")
    first.write(DAY + timedelta(days=1), after)
    found = dict(KeptForecasts(objects(), TABLE, log).read())
    assert plain(found) == plain(left | after)
    assert KeptForecasts(objects(), "recsys.other", log).read() == {}


def test_a_check_of_a_day_long_past_leaves_what_newer_ones_kept(objects: Callable[[], ObjectStore]) -> None:
    newest = KeptForecasts(objects(), TABLE, log)
    newest.read()
    newest.write(DAY, kept_of(DAY))
    past = KeptForecasts(objects(), TABLE, log)
    past.read()
    past.write(DAY - timedelta(days=10), kept_of(DAY - timedelta(days=10)))
    found = dict(KeptForecasts(objects(), TABLE, log).read())
    assert plain(found) == plain(kept_of(DAY))


def test_of_two_checks_at_once_one_is_kept_and_both_go_on(objects: Callable[[], ObjectStore]) -> None:
    both = [KeptForecasts(objects(), TABLE, log) for _ in range(2)]
    for each in both:
        each.read()
    for each in both:
        each.write(DAY, kept_of(DAY))
    assert plain(dict(KeptForecasts(objects(), TABLE, log).read())) == plain(kept_of(DAY))


def test_what_nobody_carried_on_for_weeks_is_dropped(objects: Callable[[], ObjectStore]) -> None:
    store = KeptForecasts(objects(), TABLE, log)
    store.read()
    store.write(DAY, kept_of(DAY, "gone"))
    later = DAY + timedelta(days=UNUSED_DAYS + 1)
    store.write(later, kept_of(later))
    assert set(KeptForecasts(objects(), TABLE, log).read()) == {("clicks", "")}


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"kpis": 3}', b'{"kpis": [[1]]}', b"[" * 5000]
)
def test_a_damaged_object_is_told_and_replaced(
    objects: Callable[[], ObjectStore], damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    objects().swap(NAME, damage, 0)
    store = KeptForecasts(objects(), TABLE, log)
    assert store.read() == {}
    assert "kept forecasts" in caplog.text
    store.write(DAY, kept_of(DAY))
    assert plain(dict(KeptForecasts(objects(), TABLE, log).read())) == plain(kept_of(DAY))


def test_of_one_damaged_kpi_the_others_are_used(
    objects: Callable[[], ObjectStore], caplog: pytest.LogCaptureFixture
) -> None:
    store = KeptForecasts(objects(), TABLE, log)
    store.read()
    store.write(DAY, kept_of(DAY) | kept_of(DAY, "orders"))
    found = objects().read(NAME)
    assert found is not None
    said = json.loads(found[0])
    said["kpis"][0][2]["anchor"] += 1
    objects().swap(NAME, json.dumps(said).encode(), found[1])
    assert set(KeptForecasts(objects(), TABLE, log).read()) == {("orders", "")}
    assert "kept forecasts of a KPI not used" in caplog.text


def test_without_a_bucket_the_check_goes_on(storage_emulator: str, caplog: pytest.LogCaptureFixture) -> None:
    cloud = Cloud("sekisho-local", "sekisho", storage_emulator=storage_emulator)
    store = KeptForecasts(ObjectStore(storage_client(cloud), f"none-{uuid.uuid4().hex}"), TABLE, log)
    assert store.read() == {}
    store.write(DAY, kept_of(DAY))
    assert "kept forecasts not read" in caplog.text
