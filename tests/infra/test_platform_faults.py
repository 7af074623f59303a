"""Faults ordered of the stand-in platform: what a caller sees, and whether the post went down."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from infra.local.processes import Processes
from shared.errors import ConfigError, PlatformRefused, PlatformUnavailable
from shared.platform_api import PlatformTakedowns
from shared.spam.takedowns import TakedownState
from tests.infra.marketplace import NOBODY, TOKEN, Market, error_of, new_id, takedown_of


@pytest.fixture(scope="module")
def market(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with Market(processes, tmp_path_factory.mktemp("platform"), NOBODY) as market:
        yield market


@pytest.fixture
def faulty(market: Market) -> Iterator[Market]:
    yield market
    market.ask("DELETE", "faults")


@pytest.mark.parametrize(
    ("kind", "status", "acted"),
    [
        ("500", 500, 0),
        ("429", 429, 0),
        ("in_progress", 409, 0),
        ("500_after_acting", 500, 1),
        ("malformed", 200, 1),
    ],
)
def test_an_ordered_fault_is_met_as_often_as_ordered(
    faulty: Market, kind: str, status: int, acted: int
) -> None:
    post_id = faulty.post()
    faulty.fail(kind, 2)
    answers = [faulty.act("takedown", post_id) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status] * 2
    assert faulty.show(post_id)["acts"]["taken_down"] == acted
    assert faulty.ask("GET", "faults") == {}
    assert faulty.act("takedown", post_id).json()["state"] == "taken_down"
    assert faulty.show(post_id)["acts"]["taken_down"] == 1


def test_a_malformed_answer_is_no_json(faulty: Market) -> None:
    faulty.fail("malformed")
    answer = faulty.act("takedown", faulty.post())
    assert answer.headers["Content-Type"] == "application/json"
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize("retry_after", ["7", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_too_many_requests_says_when_to_come_back(faulty: Market, retry_after: str) -> None:
    faulty.fail("429", retry_after=retry_after)
    answer = faulty.act("takedown", faulty.post())
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, retry_after)


def test_a_line_dropped_after_acting_leaves_the_caller_in_doubt_and_the_post_down_once(
    faulty: Market,
) -> None:
    post_id = faulty.post()
    faulty.fail("drop_after_acting")
    with pytest.raises(requests.ConnectionError):
        faulty.act("takedown", post_id)
    assert faulty.show(post_id)["acts"]["taken_down"] == 1
    assert faulty.act("takedown", post_id).status_code == 200
    assert faulty.show(post_id)["acts"]["taken_down"] == 1


def test_a_time_out_outlasts_the_callers_patience_and_does_not_act(faulty: Market) -> None:
    post_id = faulty.post()
    faulty.fail("timeout", seconds=2)
    with pytest.raises(requests.ReadTimeout):
        requests.post(
            f"{faulty.url}/api/v1/posts/{post_id}/takedown",
            json={"revision": 1},
            headers={"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": new_id()},
            timeout=0.2,
        )
    assert faulty.show(post_id)["state"] == "visible"


def test_faults_are_spent_in_order_on_their_own_endpoint_and_cleared_on_demand(faulty: Market) -> None:
    post_id = faulty.post()
    faulty.fail("500")
    faulty.fail("429", 2)
    faulty.fail("500", endpoint="restore")
    assert faulty.call("POST", f"posts/{post_id}/takedown", {}).status_code == 400, "a bad call spends none"
    assert faulty.act("takedown", post_id).status_code == 500
    assert faulty.ask("GET", "faults") == {"takedown": ["429", "429"], "restore": ["500"]}
    faulty.ask("DELETE", "faults")
    assert faulty.ask("GET", "faults") == {}
    assert faulty.act("takedown", post_id).status_code == 200


@pytest.mark.parametrize(
    "wish",
    [
        [],
        {"endpoint": "nowhere", "kind": "500"},
        {"endpoint": "takedown", "kind": "boom"},
        {"endpoint": "takedown"},
        {"endpoint": "takedown", "kind": "500", "times": 0},
        {"endpoint": "takedown", "kind": "500", "times": 1e300},
        {"endpoint": "takedown", "kind": "timeout", "seconds": 1e6},
        {"endpoint": "takedown", "kind": "429", "retry_after": "1\r\nX: y"},
    ],
)
def test_a_fault_nobody_can_mean_is_refused(faulty: Market, wish: Any) -> None:
    assert error_of(faulty.call("POST", "faults", wish)) == (400, "bad_request")
    assert faulty.ask("GET", "faults") == {}


def test_production_reads_every_answer_as_documented(faulty: Market) -> None:
    platform = PlatformTakedowns(faulty.url, TOKEN, sleep=lambda _: None)
    takedown = takedown_of(faulty.post())
    with pytest.raises(ConfigError):
        PlatformTakedowns(faulty.url, "wrong").take_down(takedown)
    faulty.fail("malformed", 3)
    with pytest.raises(PlatformUnavailable):
        platform.take_down(takedown)
    assert platform.take_down(takedown) is TakedownState.TAKEN_DOWN
    assert platform.restore(takedown) is TakedownState.RESTORED
    assert faulty.show(takedown.post_id)["acts"] == {"taken_down": 1, "restored": 1}
    deleted = takedown_of(faulty.post())
    faulty.ask("DELETE", f"posts/{deleted.post_id}")
    with pytest.raises(PlatformRefused, match="410 deleted"):
        platform.take_down(deleted)
