"""The stand-in Slack fails as a test orders: the way Slack and the line to it do."""

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from tests.slack_stand_in import (
    client,
    error_of,
    inbox,
)


def order(url: str, kind: str, **more: object) -> None:
    fault = {"endpoint": "chat.postMessage", "kind": kind, **more}
    assert requests.post(f"{url}/control/faults", json=fault, timeout=10).status_code == 201


def test_a_rate_limit_is_waited_out_by_slack_sdk(slack: WebClient, url: str, channel: str) -> None:
    order(url, "429", retry_after=0)
    patient = client(url, retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=1)])
    assert patient.chat_postMessage(channel=channel, text="late")["ok"]
    assert [message["text"] for message in inbox(url, channel)] == ["late"]


def test_a_rate_limit_says_when_to_come_back(slack: WebClient, url: str, channel: str) -> None:
    order(url, "429", retry_after=7)
    with pytest.raises(SlackApiError) as refused:
        slack.chat_postMessage(channel=channel, text="x")
    response = refused.value.response
    assert (response.status_code, response["error"]) == (429, "ratelimited")
    assert response.headers["Retry-After"] == "7"


def test_a_server_error_is_over_after_its_times(slack: WebClient, url: str, channel: str) -> None:
    order(url, "500", times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            slack.chat_postMessage(channel=channel, text="x")
        assert refused.value.response.status_code == 500
    assert slack.chat_postMessage(channel=channel, text="x")["ok"]


def test_a_slow_answer_runs_into_the_callers_timeout(slack: WebClient, url: str, channel: str) -> None:
    order(url, "timeout", seconds=3)
    with pytest.raises(TimeoutError):
        client(url, timeout=1, retry_handlers=[]).chat_postMessage(channel=channel, text="x")


def test_a_malformed_answer_comes_after_the_message_was_posted(
    slack: WebClient, url: str, channel: str
) -> None:
    order(url, "malformed")
    with pytest.raises((SlackApiError, ValueError)):
        slack.chat_postMessage(channel=channel, text="posted")
    assert [message["text"] for message in inbox(url, channel)] == ["posted"]


def test_ordered_faults_can_be_taken_back_and_wrong_ones_are_refused(
    slack: WebClient, url: str, channel: str
) -> None:
    order(url, "500", times=5)
    requests.delete(f"{url}/control/faults", timeout=10)
    assert slack.chat_postMessage(channel=channel, text="x")["ok"]
    wishes: list[object] = [
        {"endpoint": "chat.shout", "kind": "500"},
        {"endpoint": "auth.test", "kind": "fire"},
        [],
    ]
    for wrong in wishes:
        assert requests.post(f"{url}/control/faults", json=wrong, timeout=10).status_code == 400


def refuse(url: str, error: str, **more: object) -> None:
    wish = {"method": "chat.postMessage", "error": error, **more}
    assert requests.post(f"{url}/control/refusals", json=wish, timeout=10).status_code == 201


def test_an_ordered_refusal_is_spent_once_and_can_be_taken_back(
    slack: WebClient, url: str, channel: str
) -> None:
    slack.chat_postMessage(channel=channel, text="root")
    refuse(url, "is_archived", messages=["why"], times=2)
    refused = error_of(lambda: slack.chat_postMessage(channel=channel, text="x"))
    assert (refused["error"], refused["response_metadata"]) == ("is_archived", {"messages": ["why"]})
    requests.delete(f"{url}/control/refusals", timeout=10)
    assert slack.chat_postMessage(channel=channel, text="x")["ok"]


def test_a_refusal_may_have_another_status_and_headers(slack: WebClient, url: str, channel: str) -> None:
    refuse(url, "ratelimited", status=429, headers={"Retry-After": "3600"})
    refuse(url, "ratelimited", status=429)
    for said in ("3600", None):
        with pytest.raises(SlackApiError) as refused:
            slack.chat_postMessage(channel=channel, text="x")
        response = refused.value.response
        assert (response.status_code, response.headers.get("Retry-After")) == (429, said)
    assert inbox(url, channel) == []


def test_a_refusal_may_come_late_of_a_message_that_was_posted(
    slack: WebClient, url: str, channel: str
) -> None:
    refuse(url, "internal_error", after_acting=True)
    assert error_of(lambda: slack.chat_postMessage(channel=channel, text="one"))["error"] == "internal_error"
    refuse(url, "internal_error", after_acting=True, seconds=3)
    with pytest.raises(TimeoutError):
        client(url, timeout=1, retry_handlers=[]).chat_postMessage(channel=channel, text="two")
    assert [message["text"] for message in inbox(url, channel)] == ["one", "two"]


WRONG_PARTS: tuple[dict[str, object], ...] = (
    {"times": 0},
    {"status": 700},
    {"status": "429"},
    {"headers": []},
    {"seconds": -1},
    {"seconds": 9_999},
    {"after_acting": "yes"},
    {"messages": "why"},
)


@pytest.mark.parametrize(
    "wish",
    [
        [],
        {},
        {"method": "chat.postMessage"},
        *({"method": "a", "error": "b", **wrong} for wrong in WRONG_PARTS),
    ],
)
def test_a_refusal_nobody_can_order_is_a_bad_request(url: str, wish: object) -> None:
    assert requests.post(f"{url}/control/refusals", json=wish, timeout=10).status_code == 400
