"""Objects and takedown slots against the storage emulator: who may change what, and how often."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from shared.errors import ConfigError, StorageUnavailable
from shared.gcp import takedown_slots
from shared.gcp.clients import storage_client
from shared.gcp.object_store import ObjectChanged, ObjectStore
from shared.gcp.takedown_slots import TakedownSlots
from shared.settings import Cloud

DAY = date(2026, 11, 22)


@pytest.fixture
def cloud(storage_emulator: str) -> Cloud:
    return Cloud("sekisho-local", "sekisho", storage_emulator=storage_emulator)


@pytest.fixture
def bucket(cloud: Cloud) -> str:
    name = f"slots-{uuid.uuid4().hex}"
    storage_client(cloud).create_bucket(name)
    return name


@pytest.fixture
def open_bucket(cloud: Cloud) -> Callable[[str], ObjectStore]:
    """Opens a bucket with a client of its own, as every run of a function does."""
    return lambda bucket: ObjectStore(storage_client(cloud), bucket)


def test_an_object_is_changed_only_by_who_knows_its_generation(
    open_bucket: Callable[[str], ObjectStore], bucket: str
) -> None:
    objects = open_bucket(bucket)
    assert objects.read("current.json") is None
    first = objects.swap("current.json", b"1", 0)
    assert objects.read("current.json") == (b"1", first)
    second = objects.swap("current.json", b"2", first)
    assert second != first
    for stale in (0, first):
        with pytest.raises(ObjectChanged, match=f"gs://{bucket}/current.json"):
            objects.swap("current.json", b"3", stale)
    assert objects.read("current.json") == (b"2", second)
    assert objects.write_once("models/v1", b"\x00\xff")
    assert not objects.write_once("models/v1", b"other")
    written = objects.read("models/v1")
    assert written is not None
    assert written[0] == b"\x00\xff"


def test_a_missing_bucket_is_a_mistake_not_an_empty_answer(
    open_bucket: Callable[[str], ObjectStore],
) -> None:
    objects = open_bucket("no-such-bucket")
    with pytest.raises(ConfigError, match="gs://no-such-bucket/a"):
        objects.read("a")
    with pytest.raises(ConfigError, match="gs://no-such-bucket/a"):
        objects.write_once("a", b"")


def test_a_slot_is_given_once_a_day_and_again_to_who_holds_it(
    open_bucket: Callable[[str], ObjectStore], bucket: str
) -> None:
    slots = TakedownSlots(open_bucket(bucket))
    assert slots.reserve(DAY, [], 2) == frozenset()
    assert slots.reserve(DAY, ["a"], 0) == frozenset()
    assert slots.reserve(DAY, ["b", "b", "a", "c"], 2) == {"b", "a"}  # the first ones are the most urgent
    assert slots.reserve(DAY, ["c", "a"], 2) == {"a"}
    assert slots.reserve(DAY, ["a", "b", "c"], 1) == {"a", "b"}  # a lowered cap takes nothing back
    assert slots.reserve(DAY, ["c", "d"], 3) == {"c"}
    assert slots.reserve(DAY + timedelta(days=1), ["d"], 3) == {"d"}


def test_overlapping_runs_together_never_pass_the_cap(
    open_bucket: Callable[[str], ObjectStore], bucket: str
) -> None:
    cap, runs, keys_each = 10, 4, 5
    together = threading.Barrier(runs)

    def run(number: int) -> frozenset[str]:
        slots = TakedownSlots(open_bucket(bucket))
        granted: frozenset[str] = frozenset()
        together.wait()
        for n in range(keys_each):
            granted |= slots.reserve(DAY, [f"run-{number}-{n}", "shared"], cap)
        return granted

    with ThreadPoolExecutor(runs) as pool:
        granted = list(pool.map(run, range(runs)))
    assert len(frozenset().union(*granted)) == cap
    assert all("shared" in keys for keys in granted)


def test_nothing_is_granted_where_it_can_not_be_written_down(
    cloud: Cloud, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Contended(ObjectStore):
        """A real bucket in which somebody else is always faster."""

        def swap(self, name: str, data: bytes, generation: int) -> int:
            super().swap(name, b'["other"]', generation)
            return super().swap(name, data, generation)

    monkeypatch.setattr(takedown_slots, "FIRST_PAUSE_SECONDS", 0.0)
    with pytest.raises(StorageUnavailable, match=r"takedown_slots/2026-11-22\.json"):
        TakedownSlots(Contended(storage_client(cloud), bucket)).reserve(DAY, ["a"], 5)

    objects = ObjectStore(storage_client(cloud), bucket)
    damaged = DAY + timedelta(days=1)
    objects.write_once(f"takedown_slots/{damaged.isoformat()}.json", b'{"a": 1}')
    with pytest.raises(ConfigError, match="expected a JSON list of takedown keys"):
        TakedownSlots(objects).reserve(damaged, ["a"], 5)
