"""Claims on alerts against the storage emulator: nothing is told twice, nothing is lost."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import ConfigError
from shared.gcp.alert_claims import LONGEST_SENDING, AlertClaims, Claim
from shared.gcp.clients import storage_client
from shared.gcp.object_store import ObjectStore
from shared.settings import Cloud

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
STALE = NOW + LONGEST_SENDING
RUNS = 16


@pytest.fixture
def objects(storage_emulator: str) -> Callable[[], ObjectStore]:
    """Opens one bucket with a client of its own, as every instance does."""
    cloud = Cloud("sekisho-local", "sekisho", storage_emulator=storage_emulator)
    name = f"claims-{uuid.uuid4().hex}"
    storage_client(cloud).create_bucket(name)
    return lambda: ObjectStore(storage_client(cloud), name)


def race(objects: Callable[[], ObjectStore], now: datetime) -> list[Claim]:
    """What 16 instances get that claim the same alert at the same moment."""
    instances = [AlertClaims(objects()) for _ in range(RUNS)]
    together = threading.Barrier(RUNS)

    def claim(claims: AlertClaims) -> Claim:
        together.wait()
        return claims.claim("alert-1", now)

    with ThreadPoolExecutor(RUNS) as pool:
        return sorted(pool.map(claim, instances))


def test_of_many_at_once_one_sends_and_one_takes_over_from_the_dead(
    objects: Callable[[], ObjectStore],
) -> None:
    assert race(objects, NOW) == [Claim.MINE, *[Claim.TAKEN] * (RUNS - 1)]
    assert race(objects, NOW) == [Claim.TAKEN] * RUNS
    assert race(objects, STALE) == [Claim.STALE_MINE, *[Claim.TAKEN] * (RUNS - 1)]


def test_of_threads_of_one_instance_one_sends(objects: Callable[[], ObjectStore]) -> None:
    claims, together = AlertClaims(objects()), threading.Barrier(4)

    def claim(_: int) -> Claim:
        together.wait()
        return claims.claim("alert-1", NOW)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(claim, range(4))) == [Claim.MINE, *[Claim.TAKEN] * 3]
    claims.release("alert-1")  # by whichever thread
    assert claims.claim("alert-1", NOW) is Claim.MINE


def test_a_claim_is_stale_after_ten_minutes_and_then_the_one_who_took_it_over_s(
    objects: Callable[[], ObjectStore],
) -> None:
    first, second, third = (AlertClaims(objects()) for _ in range(3))
    assert first.claim("alert-1", NOW) is Claim.MINE
    assert second.claim("alert-1", STALE - timedelta(seconds=1)) is Claim.TAKEN
    assert first.claim("alert-1", NOW) is Claim.TAKEN
    assert second.claim("alert-2", NOW) is Claim.MINE
    assert second.claim("alert-1", STALE) is Claim.STALE_MINE
    assert third.claim("alert-1", STALE) is Claim.TAKEN


def test_a_released_alert_may_be_sent_at_once(objects: Callable[[], ObjectStore]) -> None:
    first, second = AlertClaims(objects()), AlertClaims(objects())
    first.release("alert-1")  # never claimed
    assert first.claim("alert-1", NOW) is Claim.MINE
    second.release("alert-1")  # not its own to release
    assert second.claim("alert-1", NOW) is Claim.TAKEN
    first.release("alert-1")
    assert second.claim("alert-1", NOW) is Claim.MINE


def test_the_slow_one_can_not_release_what_was_taken_over(objects: Callable[[], ObjectStore]) -> None:
    slow, quick = AlertClaims(objects()), AlertClaims(objects())
    slow.claim("alert-1", NOW)
    assert quick.claim("alert-1", STALE) is Claim.STALE_MINE
    slow.release("alert-1")
    assert slow.claim("alert-1", STALE) is Claim.TAKEN


def test_clocks_that_disagree_give_nothing_away_and_block_nothing_for_ever(
    objects: Callable[[], ObjectStore],
) -> None:
    ahead, behind = AlertClaims(objects()), AlertClaims(objects())
    assert ahead.claim("alert-1", NOW + timedelta(minutes=5)) is Claim.MINE
    assert behind.claim("alert-1", NOW) is Claim.TAKEN
    assert ahead.claim("alert-2", NOW + timedelta(days=9)) is Claim.MINE
    assert behind.claim("alert-2", NOW) is Claim.STALE_MINE


def test_a_claim_whose_answer_was_lost_is_still_ours(
    objects: Callable[[], ObjectStore], storage_emulator: str
) -> None:
    class Forgetful(ObjectStore):
        """A real bucket whose answer is lost, so that the client writes again."""

        def swap(self, name: str, data: bytes, generation: int) -> int:
            super().swap(name, data, generation)
            return super().swap(name, data, generation)

    bucket = objects().where("").removeprefix("gs://").rstrip("/")
    cloud = Cloud("sekisho-local", "sekisho", storage_emulator=storage_emulator)
    assert AlertClaims(Forgetful(storage_client(cloud), bucket)).claim("alert-1", NOW) is Claim.MINE
    assert AlertClaims(objects()).claim("alert-1", NOW) is Claim.TAKEN


@pytest.mark.parametrize("damaged", [b"", b"[]", b'{"holder": "a"}', b'{"holder": "a", "taken_at": "now"}'])
def test_a_damaged_claim_is_named(objects: Callable[[], ObjectStore], damaged: bytes) -> None:
    objects().write_once("claims/alerts/alert-1.json", damaged)
    with pytest.raises(ConfigError, match=r"gs://.*/claims/alerts/alert-1\.json: expected JSON"):
        AlertClaims(objects()).claim("alert-1", NOW)


def test_nothing_is_claimed_where_it_can_not_be_written_down(storage_emulator: str) -> None:
    cloud = Cloud("sekisho-local", "sekisho", storage_emulator=storage_emulator)
    with pytest.raises(ConfigError, match="gs://no-such-bucket/claims/alerts/alert-1"):
        AlertClaims(ObjectStore(storage_client(cloud), "no-such-bucket")).claim("alert-1", NOW)
