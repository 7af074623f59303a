"""Webhooks that receive_new_post must not take: answered as docs/platform-api.md says, never published."""

import json
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import grpc
import pytest
import requests
from google.api_core.exceptions import DeadlineExceeded
from google.pubsub_v1 import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from infra.local.cloud import NEW_POSTS, PROJECT, LocalCloud
from infra.local.processes import free_ports
from shared.spam.posts import Post
from tests.functions.stage import MARKER, Crew, Texts, signed, wait_for

SEVENTEEN_MEGABYTES = 17_000_000
LISTENER = f"projects/{PROJECT}/subscriptions/listener"


@pytest.fixture(scope="module")
def listener(cloud: LocalCloud) -> Iterator[SubscriberClient]:
    """Hears all that is published while this module runs."""
    with grpc.insecure_channel(cloud.environment["PUBSUB_EMULATOR_HOST"]) as channel:
        subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        subscriber.create_subscription(name=LISTENER, topic=f"projects/{PROJECT}/topics/{NEW_POSTS}")
        yield subscriber
        subscriber.delete_subscription(subscription=LISTENER)


@pytest.fixture(autouse=True)
def nothing_is_published(cloud: LocalCloud, listener: SubscriberClient, texts: Texts) -> Iterator[None]:
    """After each test a good webhook is still taken, and is the only one that came through."""
    yield
    (post,) = texts.write(ordinary=1)
    assert send(cloud, event(post)).status_code == 202, "the process lives on"
    heard: list[dict[str, Any]] = []

    def hear() -> bool:
        try:
            pulled = listener.pull(subscription=LISTENER, max_messages=10, timeout=5).received_messages
        except DeadlineExceeded:
            return False
        heard.extend(json.loads(each.message.data) for each in pulled)
        if pulled:
            listener.acknowledge(subscription=LISTENER, ack_ids=[each.ack_id for each in pulled])
        return bool(heard)

    wait_for("the good webhook's message", hear)
    assert [each["data"]["post_id"] for each in heard] == [post.post_id]


def event(post: Post, **changes: Any) -> bytes:
    told = post.to_event()
    told["data"] |= changes
    return json.dumps(told).encode()


def send(
    cloud: LocalCloud,
    body: bytes,
    at: datetime | None = None,
    headers: Mapping[str, str | None] | None = None,
) -> requests.Response:
    """Sends a webhook signed as the platform signs, but for `headers` (None: left out)."""
    whole = signed(cloud.environment["SEKISHO_WEBHOOK_SECRET"], body, at) | dict(headers or {})
    kept = {name: value for name, value in whole.items() if value is not None}
    return requests.post(cloud.function_url("receive_new_post"), data=body, headers=kept, timeout=30)


@pytest.fixture
def post(texts: Texts) -> Post:
    return texts.write(violating=1)[0]


def test_a_forged_signature_is_401(cloud: LocalCloud, post: Post) -> None:
    forged = signed("whsec_" + "A" * 32, event(post))["webhook-signature"]
    response = send(cloud, event(post), headers={"webhook-signature": forged})
    assert (response.status_code, "signature" in response.json()["error"]) == (401, True)


def test_a_body_that_was_changed_on_its_way_is_401(cloud: LocalCloud, post: Post) -> None:
    headers = signed(cloud.environment["SEKISHO_WEBHOOK_SECRET"], event(post))
    changed = event(post, revision=2)
    response = requests.post(
        cloud.function_url("receive_new_post"), data=changed, headers=headers, timeout=30
    )
    assert response.status_code == 401


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_webhook_from_another_time_is_401(cloud: LocalCloud, post: Post, minutes: int) -> None:
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    response = send(cloud, event(post), at=at)
    assert (response.status_code, "5 minutes" in response.json()["error"]) == (401, True)


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, "nonsense"])
def test_a_missing_or_senseless_header_is_401(
    cloud: LocalCloud, post: Post, header: str, value: str | None
) -> None:
    response = send(cloud, event(post), headers={header: value})
    assert response.status_code == 401, response.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("revision", 0),
        ("revision", "1"),
        ("post_id", "with space"),
        ("posted_at", "2026-11-22T01:02:03"),
        ("revised_at", "1999-01-01T00:00:00+00:00"),
        ("title", MARKER * 1_000),
        ("body", None),
        ("attributes", {"pay": 1_000}),
    ],
)
def test_a_body_that_cannot_be_used_is_400_and_names_the_field(
    cloud: LocalCloud, post: Post, field: str, value: Any
) -> None:
    response = send(cloud, event(post, **{field: value}))
    assert response.status_code == 400, response.text
    assert response.json()["field"].startswith(f"data.{field}")
    assert MARKER not in response.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"zqsirushi7f3a"])
def test_a_body_that_is_no_event_is_400(cloud: LocalCloud, body: bytes) -> None:
    response = send(cloud, body)
    assert response.status_code == 400, response.text
    assert response.json()["error"].startswith("event: ")


def test_an_event_that_is_too_large_is_413_with_its_length_told(cloud: LocalCloud, post: Post) -> None:
    response = send(cloud, event(post, body="x" * SEVENTEEN_MEGABYTES))
    assert response.status_code == 413
    assert response.json()["error"].startswith("event: expected at most 16,777,216 bytes, came 17,")


def test_an_event_that_is_too_large_is_413_with_its_length_untold(cloud: LocalCloud, post: Post) -> None:
    body = event(post, body="x" * SEVENTEEN_MEGABYTES)
    headers = signed(cloud.environment["SEKISHO_WEBHOOK_SECRET"], body)
    pieces = (body[start : start + 65_536] for start in range(0, len(body), 65_536))
    response = requests.post(cloud.function_url("receive_new_post"), data=pieces, headers=headers, timeout=30)
    assert response.status_code == 413
    assert response.json()["field"] == ""


def test_a_length_that_is_a_lie_does_not_take_the_process_down(cloud: LocalCloud) -> None:
    where = urlsplit(cloud.url("receive_new_post"))
    with socket.create_connection((str(where.hostname), where.port), timeout=10) as line:
        head = f"POST / HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: 99999999999\r\n\r\n"
        line.sendall(head.encode())
        assert b" 413 " in line.recv(100)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_request_that_is_no_webhook_is_401(cloud: LocalCloud, method: str) -> None:
    response = requests.request(method, cloud.function_url("receive_new_post"), timeout=30)
    assert response.status_code == 401


def test_while_pubsub_is_down_the_platform_is_told_to_send_again(
    cloud: LocalCloud, crew: Crew, post: Post
) -> None:
    nobody = f"127.0.0.1:{free_ports(1)[0]}"
    receiver = crew.start("receive_new_post", PUBSUB_EMULATOR_HOST=nobody)
    headers = signed(cloud.environment["SEKISHO_WEBHOOK_SECRET"], event(post))
    response = requests.post(receiver.url, data=event(post), headers=headers, timeout=60)
    assert response.status_code == 503, response.text
    assert "topic projects/sekisho-local/topics/new-posts" in response.json()["error"]


def test_a_missing_topic_is_told_by_its_name_and_the_webhook_is_not_taken(
    cloud: LocalCloud, crew: Crew, post: Post
) -> None:
    receiver = crew.start("receive_new_post", SEKISHO_NEW_POSTS_TOPIC="no-such-topic")
    headers = signed(cloud.environment["SEKISHO_WEBHOOK_SECRET"], event(post))
    response = requests.post(receiver.url, data=event(post), headers=headers, timeout=60)
    assert (response.status_code, response.json()["kind"]) == (500, "ConfigError")
    assert "no-such-topic" in response.json()["error"]
